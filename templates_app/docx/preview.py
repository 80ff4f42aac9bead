"""An outline as HTML with its fields marked: classes only, no scripts, everything escaped, self-contained.

The site's stylesheet styles the ``docx-…`` classes; the command line's page brings a small one of its own.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from html import escape
from itertools import groupby, pairwise

from .model import Cell, Field, Outline, Paragraph, Section, Span

Place = tuple[int, int, Field]
STYLE = """
:root { color-scheme: light dark; }
body { font: 1rem/1.5 system-ui, sans-serif; max-width: 60rem; margin: 2rem auto; padding: 0 1rem; }
table { border-collapse: collapse; margin: 1rem 0; max-width: 100%; }
td, th { border: 1px solid #8888; padding: .25rem .5rem; vertical-align: top; text-align: start; }
mark { background: #ffe9a8; color: #222; border-radius: .2rem; padding: 0 .15rem; }
.docx-empty { outline: 1px dashed #a67c00; }
td p, th p, li p { margin: .15rem 0; }
.docx-list { list-style: none; padding-inline-start: 1rem; }
.docx-number { margin-inline-end: .5em; }
.docx-header, .docx-footer, .docx-textbox { border: 1px solid #8888; margin: 1rem 0; padding: .5rem 1rem; }
.docx-sr { position: absolute; width: 1px; height: 1px; overflow: hidden; clip-path: inset(50%); white-space: nowrap; }
.docx-tab { white-space: pre; }
"""
PAGE = """<!doctype html>
<html lang="{language}">
<head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1"><title>{title}</title>
<style>{style}</style></head>
<body><main>{body}</main></body>
</html>
"""


def preview(outline: Outline, fields: Sequence[Field]) -> str:
    """A fragment: headers, the document, footers, each in a block of its own."""
    return _Preview(outline, fields).html()


def preview_page(outline: Outline, fields: Sequence[Field], *, title: str) -> str:
    """The fragment as a page that stands alone."""
    return PAGE.format(language=escape(outline.language or "en"), title=escape(title), style=STYLE,
                       body=preview(outline, fields))


class _Preview:
    """One outline with its fields by place."""

    def __init__(self, outline: Outline, fields: Sequence[Field]) -> None:
        self.outline = outline
        self.places: dict[tuple[str, int], list[Place]] = {}
        for field in fields:
            for anchor in field.anchors:
                self.places.setdefault((anchor.part, anchor.p), []).append((anchor.start, anchor.end, field))
        self.sections = {(section.part, section.p): section for section in outline.sections}
        self.main = outline.paragraphs[0].part if outline.paragraphs else ""

    def html(self) -> str:
        parts = [(part, list(group)) for part, group in groupby(self.outline.paragraphs, key=lambda p: p.part)]
        around = [(part, group) for part, group in self.distinct(parts) if part != self.main]
        headers = [self.block("header", "Page header", group) for part, group in around if "footer" not in part]
        footers = [self.block("footer", "Page footer", group) for part, group in around if "footer" in part]
        main = [self.block("body", "Document", group) for part, group in parts if part == self.main]
        return f'<article class="docx-preview">{"".join([*headers, *main, *footers])}</article>'

    def places_in(self, p: Paragraph) -> list[Place]:
        return self.places.get((p.part, p.p), [])

    def distinct(self, parts: Sequence[tuple[str, list[Paragraph]]]) -> Iterator[tuple[str, list[Paragraph]]]:
        """Without those that are empty or say the same as an earlier one, as headers of many sections do."""
        seen = set()
        for part, paragraphs in parts:
            said = tuple((p.text, tuple((start, end, field.key) for start, end, field in self.places_in(p)))
                         for p in paragraphs)
            if said not in seen and any(text or places for text, places in said):
                yield part, paragraphs
            seen.add(said)

    def block(self, kind: str, label: str, paragraphs: Sequence[Paragraph]) -> str:
        return f'<section class="docx-{kind}" aria-label="{label}">{self.flow(paragraphs, depth=0)}</section>'

    def flow(self, paragraphs: Sequence[Paragraph], *, depth: int) -> str:
        """Paragraphs of one container: tables, text boxes and lists each as one element."""
        out = []
        containers = self.containers(paragraphs, depth)
        for (kind, _), items in groupby(zip(containers, paragraphs, strict=True), key=lambda pair: pair[0]):
            group = [p for _, p in items]
            if kind == "table":
                out.append(self.table(group, depth=depth + 1))
            elif kind == "box":
                plain = [_outside_tables(p) for p in group]
                out.append(f'<aside class="docx-textbox" aria-label="Text box">{self.flow(plain, depth=depth)}</aside>')
            elif kind == "list":
                out.append(f'<ul class="docx-list">{"".join(self.item(p) for p in group)}</ul>')
            else:
                out += [self.paragraph(p) for p in group]
        return "".join(out)

    def containers(self, paragraphs: Sequence[Paragraph], depth: int) -> list[tuple[str, int]]:
        """For each paragraph the kind of element it goes into, and which table."""
        tables = _tables(paragraphs, depth + 1)
        return [("table", table) if table is not None else self.plain_container(p)
                for p, table in zip(paragraphs, tables, strict=True)]

    def plain_container(self, p: Paragraph) -> tuple[str, int]:
        if p.text_box:
            return "box", 0
        return ("list", 0) if p.number and (p.part, p.p) not in self.sections else ("text", 0)

    def table(self, paragraphs: Sequence[Paragraph], *, depth: int) -> str:
        rows: dict[int, dict[int, list[Paragraph]]] = {}
        first: dict[tuple[int, int], Cell] = {}
        for p, cell in _with_cells(paragraphs, depth):
            rows.setdefault(cell.row, {}).setdefault(cell.column, []).append(p)
            first.setdefault((cell.row, cell.column), cell)
        lines = (self.row(row, cells, first, depth) for row, cells in sorted(rows.items()))
        return f'<table class="docx-table"><tbody>{"".join(lines)}</tbody></table>'

    def row(self, row: int, cells: dict[int, list[Paragraph]], first: dict[tuple[int, int], Cell], depth: int) -> str:
        out = []
        for column, paragraphs in sorted(cells.items()):
            cell = first[row, column]
            if cell.merged:
                continue
            tag = "th" if cell.header_row else "td"
            spans = _attribute("colspan", cell.span) + _attribute("rowspan", _rows_spanned(first, row, column))
            scope = ' scope="col"' if cell.header_row else ""
            out.append(f"<{tag}{scope}{spans}>{self.flow(paragraphs, depth=depth)}</{tag}>")
        return f"<tr>{''.join(out)}</tr>"

    def item(self, p: Paragraph) -> str:
        return f'<li class="docx-level-{(p.number_level or 0) + 1}">{_number(p.number)}{self.text(p)}</li>'

    def paragraph(self, p: Paragraph) -> str:
        section = self.sections.get((p.part, p.p))
        if section is not None:
            return self.heading(p, section)
        if not p.text and not self.places_in(p):
            return f'<span id="{_paragraph_id(p)}"></span>' if p.drawing else ""
        return f'<p id="{_paragraph_id(p)}">{self.text(p)}</p>'

    def heading(self, p: Paragraph, section: Section) -> str:
        level = min(section.level + 1, 6)
        beyond = f' aria-level="{section.level + 1}"' if section.level > 5 else ""
        return f'<h{level} id="{_paragraph_id(p)}"{beyond}>{_number(section.number)}{self.text(p)}</h{level}>'

    def text(self, p: Paragraph) -> str:
        out, position = [], 0
        for start, end, field in sorted(self.places_in(p), key=lambda place: place[:2]):
            if start < position:
                continue
            out += [_formatted(p, position, start), _mark(field, _formatted(p, start, end))]
            position = end
        return "".join([*out, _formatted(p, position, len(p.text))])


def _mark(field: Field, content: str) -> str:
    """The place as it stands, or the field's label where it is empty; label and type are said to everybody."""
    label, kind = escape(field.label or field.key), escape(field.type.value.replace("_", " "))
    empty = "" if content.strip() else " docx-empty"
    shown = content if content.strip() else f'{content}<span class="docx-label">{label}</span>'
    return (f'<mark class="docx-field{empty}" data-field="{escape(field.key)}" data-type="{escape(field.type.value)}"'
            f' title="{label} ({kind})"><span class="docx-sr">Field {label}, {kind}: </span>{shown}</mark>')


def _formatted(p: Paragraph, start: int, end: int) -> str:
    spans = [span for span in p.spans if span.start < end and span.end > start]
    cuts = sorted({start, end, *(cut for span in spans for cut in (span.start, span.end) if start < cut < end)})
    return "".join(_stretch(p.text[a:b], next((s for s in spans if s.start <= a < s.end), None))
                   for a, b in pairwise(cuts))


def _stretch(text: str, span: Span | None) -> str:
    html = escape(text).replace("\n", "<br>").replace("\t", '<span class="docx-tab">\t</span>')
    if span is None or span.hidden:
        return html if span is None else f'<span class="docx-hidden">{html}</span>'
    for tag, wanted in (("u", span.underline), ("i", span.italic), ("b", span.bold)):
        html = f"<{tag}>{html}</{tag}>" if wanted else html
    return html


def _tables(paragraphs: Sequence[Paragraph], depth: int) -> list[int | None]:
    """The table at ``depth`` that each paragraph stands in: a nested one in that of the paragraph behind it, for a
    cell never ends with a table, and a text box in that of both its neighbours."""
    found: list[int | None] = []
    behind: int | None = None
    for p in reversed(paragraphs):
        if not p.text_box and (p.cell is None or p.cell.depth < depth):
            behind = None
        elif not p.text_box and p.cell is not None and p.cell.depth == depth:
            behind = p.cell.table
        found.append(behind)
    found.reverse()
    for index, p in enumerate(paragraphs):
        if p.text_box and (index == 0 or found[index - 1] != found[index]):
            found[index] = None
    return found


def _with_cells(paragraphs: Iterable[Paragraph], depth: int) -> Iterator[tuple[Paragraph, Cell]]:
    """Each paragraph with its cell at ``depth``: a nested table has the cell that goes on behind it."""
    waiting: list[Paragraph] = []
    last: Cell | None = None
    for p in paragraphs:
        if p.text_box and last is not None:
            yield p, last
        elif p.text_box or p.cell is None or p.cell.depth != depth:
            waiting.append(p)
        else:
            last = p.cell
            yield from ((nested, last) for nested in waiting)
            waiting = []
            yield p, last


def _rows_spanned(first: dict[tuple[int, int], Cell], row: int, column: int) -> int:
    below = row + 1
    while (cell := first.get((below, column))) is not None and cell.merged:
        below += 1
    return below - row


def _outside_tables(p: Paragraph) -> Paragraph:
    """A paragraph as the text box it stands in shows it."""
    return replace(p, cell=None, text_box=False)


def _number(number: str) -> str:
    return f'<span class="docx-number">{escape(number)}</span>' if number else ""


def _attribute(name: str, value: int) -> str:
    return f' {name}="{value}"' if value > 1 else ""


def _paragraph_id(p: Paragraph) -> str:
    return f"p-{escape(p.part.replace('/', '-').replace('.', '-'))}-{p.p}"
