"""Bare tokens: words to be replaced that nothing but their form marks — MM/DD/YYYY, XXX, LINK_TO_DOCS,"
" COMPANY NAME."""

from __future__ import annotations

import re
from collections.abc import Iterator

from ..finding import Finding, Rank, place
from ..layout import Layout
from ..lexicon import DATE as DATE_WORDS
from ..model import FieldType, Paragraph
from ..wording import DATE_JOINS, DATE_SHAPE, MARKERS, is_date_shape, sameness, title_of

CROSSES = re.compile(r"(?<![\w(])\(?X{3,}(?:\)\s?X{2,})?(?:[\-–. ]X{2,})*(?!\w)\)?|(?<![\w#])#{3,}(?![\w#])|\?{3,}")
SNAKE = re.compile(r"(?<![\w@./\\-])[A-Z][A-Z0-9]*(?:[@.\-][A-Z0-9]+)*_[A-Z0-9_@.\-]*[A-Z0-9](?![\w@/\\])")
LINK = re.compile(r":\s*(LINK|URL)\s*$")
NOUN = re.compile(
    r"(?:(?:your|the|insert|enter) )?(?:(?:company|organi[sz]ation|client|customer|project|system"
    r"|information system|agency|business"
    r"|department|vendor|supplier|school|firm|product|document|plan|policy|author|contract|provider|facility"
    r"|school|site"
    r"|last revision|revision|effective|review|issue|release|publication|approval|submission|prepared|firmen"
    r"|unternehmens)"
    r"[ -]?){1,3}(?:name|title|date|address|logo|number|version|owner|id|here|type|classification)"
    r"|version (?:#|no\.?|number|x(?:\.x)*)|(?:your )?(?:company|organi[sz]ation)|date of issue"
    r"|name of (?:company|organi[sz]ation)"
    r"|document classification|firmenname|nom de (?:l'|l’)?(?:entreprise|organisation|société)"
    r"|nombre de la (?:empresa|organización)|nome d[ae] (?:empresa|azienda|organização)",
    re.IGNORECASE,
)
CAPITAL_WORDS = re.compile("[A-Z] [A-Z]")
CAPITALS = re.compile(
    r"(?<![^\W_])(?:YOUR |THE |INSERT )?(?:COMPANY|ORGANI[SZ]ATION|CLIENT|CUSTOMER|PROJECT|AGENCY|BUSINESS"
    r"|VENDOR|SUPPLIER|SYSTEM)"
    r"(?:'S|’S)? (?:NAME|TITLE|ADDRESS|NUMBER|LOGO|DATE)(?![^\W_])|(?<![^\W_])(?:YOUR"
    r"|INSERT) [A-Z]{3,}(?: [A-Z]{3,}){0,3}(?![^\W_])"
)


def find_bare(layout: Layout) -> Iterator[Finding]:
    cover = _cover_end(layout)
    for p in layout.body:
        if (i := layout.at[p.part, p.p]) not in layout.headings:
            yield from _in_paragraph(layout, p)
            if i < cover:
                yield from _on_cover(p)


def _in_paragraph(layout: Layout, p: Paragraph) -> Iterator[Finding]:
    text = p.text
    for match in DATE_SHAPE.finditer(text) if DATE_JOINS.search(text) else ():
        if is_date_shape(match[0]) and not _is_remark(layout, p, match):
            yield Finding("bare", Rank.BARE, (place(p, *match.span()),), 0.8, type=FieldType.DATE, date_format=match[0])
    if "XXX" in text or "##" in text or "???" in text:
        for match in CROSSES.finditer(text):
            yield Finding("bare", Rank.BARE, (place(p, *match.span()),), 0.7)
    if "_" in text:
        for match in SNAKE.finditer(text):
            yield Finding(
                "bare",
                Rank.BARE,
                (place(p, *match.span()),),
                0.75,
                label=title_of(match[0]),
                name=match[0],
                same=sameness(match[0]),
            )
    for match in LINK.finditer(text) if ":" in text else ():
        yield Finding("bare", Rank.BARE, (place(p, *match.span(1)),), 0.7, name=match[1])
    for match in CAPITALS.finditer(text) if CAPITAL_WORDS.search(text) else ():
        yield Finding(
            "bare",
            Rank.BARE,
            (place(p, *match.span()),),
            0.8,
            label=title_of(match[0]),
            name=match[0],
            same=sameness(match[0]),
        )


def _is_remark(layout: Layout, p: Paragraph, match: re.Match[str]) -> bool:
    """ "Date (DD/MM/YYYY)" says how to write what goes behind it, or into the empty cell beside or below."""
    before, after = p.text[: match.start()].rstrip(), p.text[match.end() :].lstrip()
    if not before.endswith(("(", "（")) or not after.startswith((")", "）")):
        return False
    rest = after[1:].strip()
    if rest or any(m.start >= match.end() for m in p.marks):
        return rest in (":", "：") or MARKERS.search(rest) is not None or bool(p.marks)
    cell = layout.cell_of(p)
    beside = next((c for c in layout.row_of(p) if cell is not None and c.column >= cell.end), None)
    below = next((c for c in layout.row_at(p, 1) if cell is not None and c.column == cell.column), None)
    takes = (c for c in (beside, below) if c is not None)
    return any(c.empty or any(q.marks for q in c.paragraphs) or MARKERS.search(c.text) for c in takes)


def _cover_end(layout: Layout) -> int:
    """Where the cover page ends: at the first section, the table of contents or a page break, at most 60"
    " paragraphs in."""
    limit = min(len(layout.paragraphs), 60)
    for i, p in enumerate(layout.paragraphs[:limit]):
        if i in layout.headings or p.in_toc or p.part != layout.main or (p.after_page_break and i > 0):
            return i
    return limit if layout.headings else 0


def _on_cover(p: Paragraph) -> Iterator[Finding]:
    """Words for a value, alone on a line of the cover: "Version #", "Plan Date"."""
    words = p.text.strip()
    if p.cell is None and words and NOUN.fullmatch(words):
        start = p.text.index(words)
        kind = FieldType.DATE if DATE_WORDS.search(words) else None
        yield Finding(
            "bare",
            Rank.BARE,
            (place(p, start, start + len(words)),),
            0.7,
            label=title_of(words),
            name=words,
            same=sameness(words),
            type=kind,
        )
