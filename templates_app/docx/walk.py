"""One pass over a story: every paragraph with its text, marks, formatting, cell and list number at once."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import Any

from . import errors
from .marks import control_mark, field_mark, is_contents, local
from .model import Cell, Mark, MarkKind, Paragraph, Span
from .numbering import Numbering
from .styles import PLAIN, Look, Style, Styles, has_border, is_on, read_look, value_of, whole
from .text import symbol_text

Element = Any
Handler = Callable[[Element], None]

MAX_DEPTH = 300  # libxml2 stops at 256 levels; this holds if a parser does not
MAX_SPAN = 63  # Word's own limit of columns
MAX_CONTROL_PARAGRAPHS = 3  # a control around more than that is a region, not a place
FALLBACK = "{http://schemas.openxmlformats.org/markup-compatibility/2006}Fallback"
PARAGRAPH_PROPERTIES = ("pStyle", "outlineLvl", "jc", "pageBreakBefore", "numPr")
LOOK_TAGS = ("b", "i", "u", "vanish", "caps", "highlight", "color", "sz", "rStyle", "shd")
CONTENTS_STYLES = ("toc ", "table of figures", "table of authorities", "index ")


@dataclass(slots=True)
class OpenField:
    """A complex field between its begin and its end."""

    line: Line | None
    start: int
    ordinal: int
    data: Element | None
    code: list[str] = field(default_factory=list)
    separated: bool = False

    def is_contents(self) -> bool:
        return "".join(self.code).split(None, 1)[:1] == ["TOC"]


@dataclass(slots=True)
class Line:
    """A paragraph being read."""

    paragraph: Paragraph
    style: Style
    base: Look
    pieces: list[str] = field(default_factory=list)
    length: int = 0
    marks: list[Mark] = field(default_factory=list)
    looks: list[tuple[int, int, Look]] = field(default_factory=list)
    look: Look = PLAIN
    codes: list[tuple[int, int, int] | None] = field(default_factory=list)  # per open field where its code began

    def add(self, text: str) -> None:
        if not text:
            return
        self.pieces.append(text)
        start, self.length = self.length, self.length + len(text)
        last = self.looks[-1] if self.looks else None
        if last is not None and last[2] is self.look:
            self.looks[-1] = (last[0], self.length, self.look)
        else:
            self.looks.append((start, self.length, self.look))

    def open_code(self) -> None:
        self.codes.append((len(self.pieces), self.length, len(self.marks)))

    def drop_code(self) -> None:
        """What stood between begin and separate (or end) was code, results of nested fields among it."""
        if not self.codes or self.codes[-1] is None:
            return
        pieces, length, marks = self.codes[-1]
        self.codes[-1] = None
        if self.length == length:
            return
        del self.pieces[pieces:]
        del self.marks[marks:]
        self.length = length
        self.looks = [(start, min(end, length), look) for start, end, look in self.looks if start < length]

    def close(self) -> None:
        self.paragraph.text = "".join(self.pieces)
        self.paragraph.marks = tuple(self.marks)
        size = self.paragraph.size
        self.paragraph.spans = tuple(
            _span(start, end, look, size)
            for start, end, look in self.looks
            if look is not PLAIN and _stands_out(look, size)
        )


def _stands_out(look: Look, size: float) -> bool:
    return bool(
        look.bold
        or look.highlighted
        or look.color
        or look.italic
        or look.underline
        or look.hidden
        or look.style
        or (look.size and look.size != size)
    )


def _span(start: int, end: int, look: Look, size: float) -> Span:
    return Span(
        start,
        end,
        bool(look.highlighted),
        look.color or "",
        bool(look.bold),
        bool(look.italic),
        bool(look.underline),
        bool(look.hidden),
        look.size if look.size and look.size != size else 0.0,
        look.style or "",
    )


@dataclass(slots=True)
class Table:
    """A table being read."""

    index: int
    depth: int
    bordered: bool
    row: int = -1
    column: int = 0
    header_row: bool = False


class StoryWalk:
    """Reads one part. ``paragraphs`` holds every ``w:p`` of it in document order, as anchors count them."""

    def __init__(self, part: str, w: str, styles: Styles, numbering: Numbering) -> None:
        self.part = part
        self.w = w
        self.styles = styles
        self.numbering = numbering
        self.paragraphs: list[Paragraph] = []
        self._line: Line | None = None
        self._table: Table | None = None
        self._cell: Cell | None = None
        self._box = False
        self._contents = 0
        self._fields: list[OpenField] = []
        self._counts = {"table": 0, "control": 0, "field": 0}
        self._depth = 0
        self._broken_page = False
        self._looks: dict[Any, Look] = {}
        self._look_tags = {w + name for name in LOOK_TAGS}
        self._val, self._fill = w + "val", w + "fill"
        self._properties_tag = w + "pPr"
        self._property_names = {w + name: name for name in PARAGRAPH_PROPERTIES}
        self._known_styles: dict[str | None, Style] = {}
        self._in_cell = 0
        self._handlers = self._make_handlers(w)

    def _make_handlers(self, w: str) -> dict[str, Handler]:
        handlers: dict[str, Handler] = {
            w + "p": self._paragraph,
            w + "r": self._run,
            w + "t": self._text,
            w + "sym": self._sym,
            w + "fldChar": self._field_char,
            w + "instrText": self._field_code,
            w + "fldSimple": self._simple_field,
            w + "sdt": self._control,
            w + "tbl": self._read_table,
            w + "tr": self._row,
            w + "tc": self._read_cell,
            w + "txbxContent": self._text_box,
            w + "del": self._muted,
            w + "moveFrom": self._muted,
            w + "drawing": self._drawing,
            w + "pict": self._drawing,
            w + "object": self._drawing,
            w + "br": self._break,
            w + "cr": self._newline,
            w + "tab": self._tab,
            w + "ptab": self._tab,
            w + "noBreakHyphen": self._hyphen,
            w + "rPr": self._run_properties,
        }
        for name in ("pPr", "sdtPr", "tblPr", "trPr", "tcPr", "tblGrid", "tblPrEx", "sectPr", "delText", "tabs"):
            handlers[w + name] = _skip
        handlers[FALLBACK] = _skip
        return handlers

    def read(self, root: Element) -> list[Paragraph]:
        self._children(root)
        return self.paragraphs

    def _children(self, element: Element) -> None:
        self._depth += 1
        if self._depth > MAX_DEPTH:
            raise errors.UnsafeFile
        handlers = self._handlers
        for child in element:
            handler = handlers.get(child.tag)
            if handler is None:
                self._children(child)
            else:
                handler(child)
        self._depth -= 1

    # paragraphs and runs

    def _paragraph(self, element: Element) -> None:
        outer = self._line
        stated = self._paragraph_properties(element)
        style_id = stated["pStyle"].get(self._val) if "pStyle" in stated else None
        style = self._style(style_id)
        paragraph = Paragraph(
            self.part,
            len(self.paragraphs),
            "",
            style=style.name,
            level=style.level,
            cell=self._cell_here(),
            text_box=self._box,
            in_toc=self._contents > 0 or style.name.casefold().startswith(CONTENTS_STYLES),
            centered=style.centered,
            after_page_break=self._broken_page,
            size=style.look.size or 0.0,
        )
        self._broken_page = False
        self.paragraphs.append(paragraph)
        line = self._line = Line(paragraph, style, style.look)
        if stated:
            self._apply(stated, paragraph)
        self._number(line, stated.get("numPr"), style_id)
        self._children(element)
        line.close()
        self._line = outer

    def _cell_here(self) -> Cell | None:
        """The open cell for its next paragraph, which is its first only once."""
        cell = self._cell
        if cell is not None and self._in_cell == 1:
            cell = self._cell = replace(cell, first=False)
        self._in_cell += 1
        return cell

    def _style(self, style_id: str | None) -> Style:
        style = self._known_styles.get(style_id)
        if style is None:
            style = self._known_styles[style_id] = self.styles.get(style_id)
        return style

    def _paragraph_properties(self, element: Element) -> dict[str, Element]:
        properties = element.find(self._properties_tag)
        if properties is None:
            return {}
        names = self._property_names
        return {name: child for child in properties if (name := names.get(child.tag)) is not None}

    def _apply(self, stated: dict[str, Element], paragraph: Paragraph) -> None:
        if "outlineLvl" in stated:
            outline = whole(stated["outlineLvl"].get(self._val))
            if outline is not None:
                paragraph.level = outline + 1 if 0 <= outline < 9 else None
        if "jc" in stated:
            paragraph.centered = stated["jc"].get(self._val) == "center"
        if "pageBreakBefore" in stated and is_on(stated["pageBreakBefore"], self.w):
            paragraph.after_page_break = True

    def _number(self, line: Line, direct: Element | None, style_id: str | None) -> None:
        num_id, level = line.style.num_id, line.style.num_level
        if direct is not None:
            own_id = value_of(direct.find(self.w + "numId"), self.w)
            own_level = whole(value_of(direct.find(self.w + "ilvl"), self.w))
            num_id = own_id if own_id is not None else num_id
            level = own_level if own_level is not None else level
        if num_id not in (None, "0"):
            self._count(line.paragraph, str(num_id), level, style_id)

    def _count(self, paragraph: Paragraph, num_id: str, level: int | None, style_id: str | None) -> None:
        if level is None:
            level = self.numbering.level_for_style(num_id, style_id)
        number = self.numbering.next(num_id, level)
        if number is not None:
            paragraph.number, paragraph.number_level = number, level

    def _run(self, element: Element) -> None:
        line = self._line
        if line is not None:
            line.look = line.base
        handlers = self._handlers
        for child in element:
            handler = handlers.get(child.tag)
            if handler is None:
                self._children(child)
            else:
                handler(child)

    def _run_properties(self, element: Element) -> None:
        if self._line is not None:
            self._line.look = self._look_of(element, self._line)

    def _look_of(self, properties: Element, line: Line) -> Look:
        tags, val, fill = self._look_tags, self._val, self._fill
        stated = [(tag, child.get(val), child.get(fill)) for child in properties if (tag := child.tag) in tags]
        if not stated:
            return line.base
        key = (line.style.name, *stated)
        look = self._looks.get(key)
        if look is None:
            look = self._looks[key] = self._resolve_look(properties, line)
        return look

    def _resolve_look(self, properties: Element, line: Line) -> Look:
        own = read_look(properties, self.w)
        if own.style is None:
            return own.over(line.base)
        character = self.styles.by_id.get(own.style)
        named = replace(own, style=character.name if character else own.style)
        return named.over(replace(character.look, style=None) if character else PLAIN).over(line.base)

    # what has width

    def _text(self, element: Element) -> None:
        if self._line is not None:
            self._line.add(element.text or "")

    def _sym(self, element: Element) -> None:
        if self._line is not None:
            self._line.add(symbol_text(element.get(self.w + "char")))

    def _break(self, element: Element) -> None:
        if element.get(self.w + "type") == "page":
            self._broken_page = True
        if self._line is not None:
            self._line.add("\n")

    def _newline(self, element: Element) -> None:
        if self._line is not None:
            self._line.add("\n")

    def _tab(self, element: Element) -> None:
        if self._line is not None:
            self._line.add("\t")

    def _hyphen(self, element: Element) -> None:
        if self._line is not None:
            self._line.add("-")

    def _drawing(self, element: Element) -> None:
        if self._line is not None:
            self._line.paragraph.drawing = True
        self._children(element)

    def _muted(self, element: Element) -> None:
        """Deleted and moved-away text is not read, but paragraphs inside it still count."""
        outer, self._line = self._line, None
        self._children(element)
        self._line = outer

    # fields

    def _field_char(self, element: Element) -> None:
        line, kind = self._line, element.get(self.w + "fldCharType")
        if line is None:
            return
        if kind == "begin":
            data = element.find(self.w + "ffData")
            self._fields.append(OpenField(line, line.length, self._next("field"), data))
            line.open_code()
        elif kind in ("separate", "end"):
            line.drop_code()
            if kind == "end" and line.codes:
                line.codes.pop()
            if self._fields:
                self._pass_separator(line) if kind == "separate" else self._close_field(self._fields.pop(), line)

    def _pass_separator(self, line: Line) -> None:
        opened = self._fields[-1]
        if opened.line is line:
            opened.start = line.length
        if opened.is_contents() and not opened.separated:
            self._contents += 1
            line.paragraph.in_toc = True
        opened.separated = True

    def _close_field(self, opened: OpenField, line: Line) -> None:
        if opened.separated and opened.is_contents():
            self._contents -= 1
        if opened.line is not line:
            return
        span = (opened.start, line.length)
        mark = field_mark("".join(opened.code).strip(), opened.data, self.w, opened.ordinal, span)
        if mark is not None:
            line.marks.append(mark)

    def _field_code(self, element: Element) -> None:
        if self._fields and not self._fields[-1].separated:
            self._fields[-1].code.append(element.text or "")

    def _simple_field(self, element: Element) -> None:
        line, ordinal = self._line, self._next("field")
        start = line.length if line is not None else 0
        self._children(element)
        if line is None:
            return
        code = element.get(self.w + "instr") or ""
        mark = field_mark(code.strip(), element.find(self.w + "ffData"), self.w, ordinal, (start, line.length))
        if mark is not None:
            line.marks.append(mark)

    def _next(self, what: str) -> int:
        ordinal = self._counts[what]
        self._counts[what] += 1
        return ordinal

    # content controls

    def _control(self, element: Element) -> None:
        mark = control_mark(element, self.w, self._next("control"))
        contents = mark.control == "block" and is_contents(element, self.w)
        self._contents += contents
        line = self._line
        start = line.length if line is not None else 0
        first = len(self.paragraphs)
        self._children(element)
        self._contents -= contents
        if mark.control == "block":
            return
        if line is not None:
            line.marks.append(replace(mark, start=start, end=line.length))
        else:
            self._mark_around(mark, first)

    def _mark_around(self, mark: Mark, first: int) -> None:
        inside = self.paragraphs[first : first + MAX_CONTROL_PARAGRAPHS + 1]
        if len(inside) > MAX_CONTROL_PARAGRAPHS:
            return
        for paragraph in inside:
            around = replace(mark, kind=MarkKind.CONTROL_AROUND, end=len(paragraph.text))
            paragraph.marks = (*paragraph.marks, around)

    # tables and text boxes

    def _read_table(self, element: Element) -> None:
        outer_line, outer_table, outer_cell = self._line, self._table, self._cell
        depth = outer_table.depth + 1 if outer_table is not None else 1
        self._table = Table(self._next("table"), depth, self._has_table_border(element))
        self._line = self._cell = None
        self._children(element)
        self._line, self._table, self._cell = outer_line, outer_table, outer_cell

    def _has_table_border(self, element: Element) -> bool:
        properties = element.find(self.w + "tblPr")
        if properties is None:
            return False
        borders = properties.find(self.w + "tblBorders")
        if borders is not None:
            return has_border(borders, self.w)
        return self.styles.get(value_of(properties.find(self.w + "tblStyle"), self.w)).bordered

    def _row(self, element: Element) -> None:
        table = self._table
        if table is not None:
            properties = element.find(self.w + "trPr")
            before = header = None
            if properties is not None:
                before = whole(value_of(properties.find(self.w + "gridBefore"), self.w))
                header = properties.find(self.w + "tblHeader")
            table.row += 1
            table.column = min(max(before or 0, 0), MAX_SPAN)
            table.header_row = header is not None and is_on(header, self.w)
        self._children(element)

    def _read_cell(self, element: Element) -> None:
        table = self._table
        if table is None:
            self._children(element)
            return
        outer = self._cell, self._in_cell
        self._cell = cell = self._cell_of(element, table)
        self._in_cell = 0
        self._children(element)
        table.column += cell.span
        self._cell, self._in_cell = outer

    def _cell_of(self, element: Element, table: Table) -> Cell:
        span, merged, shading, bordered = 1, False, "", table.bordered
        properties = element.find(self.w + "tcPr")
        for child in properties if properties is not None else ():
            name = local(child.tag)
            if name == "gridSpan":
                span = min(max(whole(child.get(self._val)) or 1, 1), MAX_SPAN)
            elif name == "vMerge":
                merged = (child.get(self._val) or "continue") != "restart"
            elif name == "shd":
                fill = child.get(self._fill) or "auto"
                shading = "" if fill in ("auto", "FFFFFF") else fill
            elif name == "tcBorders":
                bordered = has_border(child, self.w)
        nested = element.find(self.w + "tbl") is not None
        return Cell(
            table.index,
            table.row,
            table.column,
            span,
            header_row=table.header_row,
            depth=table.depth,
            merged=merged,
            shading=shading,
            bordered=bordered,
            nested=nested,
        )

    def _text_box(self, element: Element) -> None:
        outer = self._line, self._table, self._cell, self._in_cell, self._box, self._fields
        self._line, self._table, self._cell, self._in_cell, self._box, self._fields = None, None, None, 0, True, []
        self._children(element)
        self._line, self._table, self._cell, self._in_cell, self._box, self._fields = outer


def _skip(element: Element) -> None:
    return None
