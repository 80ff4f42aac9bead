"""One pass over a story: every paragraph with its text, marks, formatting, cell and list number at once."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from . import errors
from .limits import LIMITS
from .line import Line, OpenControl, OpenField, OpenTable
from .marks import control_mark, field_mark, is_contents
from .model import Cell, LossKind, Mark, MarkKind, Paragraph
from .noting import NotingWalk
from .numbering import Numbering
from .stream import Element, Handler, child, ignore, release
from .styles import PLAIN, Look, Style, Styles, has_border, has_leader, is_on, read_look, value_of, whole
from .text import symbol_text

MAX_DIGITS = 4
MAX_CONTROL_PARAGRAPHS = 3  # a control around more than that is a region, not a place
PARAGRAPH_TAGS = ("pStyle", "numPr", "outlineLvl", "jc", "pageBreakBefore", "tabs", "shd", "rPr")
CELL_TAGS = ("gridSpan", "vMerge", "shd", "tcBorders")
TALL_TWIPS = 1000                      # four lines of text
LOOK_TAGS = ("b", "i", "u", "vanish", "caps", "highlight", "color", "sz", "rStyle", "shd", "rPrChange")
CONTENTS_STYLES = ("toc ", "table of figures", "table of authorities", "index ")
IGNORED = ("sectPr", "tblGrid", "tblPrEx", "tabs")
COLUMNS = ("gridSpan", "gridBefore", "gridAfter")
OUTER = ("sdt", "sdtPr", "tbl", "tblPr", "tblGrid", "tblPrEx", "tr", "trPr", "tc", "tcPr", "sectPr", "del", "moveFrom",
         "ins", "moveTo", "altChunk", *COLUMNS)
WIDTHS = {"cr": "\n", "tab": "\t", "ptab": "\t", "noBreakHyphen": "-"}


def check_paragraphs(count: int) -> None:
    if count > LIMITS.paragraphs:
        raise errors.TooComplex(f"The file has more than {LIMITS.paragraphs:,} paragraphs. Split it.")


class StoryWalk(NotingWalk):
    """Reads one part. ``paragraphs`` holds every ``w:p`` of it in document order, as anchors count them."""

    def __init__(self, part: str, styles: Styles, numbering: Numbering) -> None:
        super().__init__(part)
        self.styles = styles
        self.numbering = numbering
        self._outer: list[tuple[Any, ...]] = []  # what stands around each open element that changes it
        self._table: OpenTable | None = None
        self._cell: Cell | None = None
        self._cell_open = False
        self._in_cell = 0
        self._box = False
        self._contents = 0
        self._fields: list[OpenField] = []
        self._simple_fields: list[OpenField] = []
        self._controls: list[OpenControl] = []
        self._counts = {"table": 0, "control": 0, "field": 0}
        self._broken_page = False
        self._looks: dict[Any, Look] = {}
        self._known_styles: dict[str | None, tuple[Style, bool]] = {}

    def begin(self, root: str) -> None:
        super().begin(root)
        w = self.w
        self._val, self._fill, self._char, self._font = w + "val", w + "fill", w + "char", w + "font"
        self._size = w + "sz"
        self._look_tags = {w + name for name in LOOK_TAGS}
        self._paragraph_tags = {w + name for name in PARAGRAPH_TAGS} | self.changes
        self._cell_tags = {w + name for name in CELL_TAGS}
        self._changed_look = w + "rPrChange"  # the last of them where there is one
        self.units = frozenset({w + "p"})
        self.outer = frozenset(w + name for name in OUTER)
        self.leaves |= {w + name: handler for name, handler in self._leaf_handlers().items()}
        self.leaves |= {w + name: self._width(text) for name, text in WIDTHS.items()}
        self.leaves |= {w + name: ignore for name in IGNORED}
        self.leaves |= {w + name: self._check_columns for name in COLUMNS}
        self.frames |= {w + name: handlers for name, handlers in self._frame_handlers().items()}

    def run(self, data: bytes, *, max_elements: int) -> None:
        super().run(data, max_elements=max_elements)
        if self.units_seen != len(self.paragraphs):
            raise errors.DamagedFile  # paragraphs in places where none belong: anchors would miss

    def _leaf_handlers(self) -> dict[str, Handler]:
        return {
            "pPr": self._settle,
            "rPr": self._take_look,
            "t": self._text,
            "sym": self._symbol,
            "br": self._break,
            "fldChar": self._field_char,
            "instrText": self._field_code,
            "sdtPr": self._control_properties,
            "tblPr": self._table_properties,
            "trPr": self._row_properties,
            "tcPr": self._cell_properties,
        }

    def _frame_handlers(self) -> dict[str, tuple[Handler, Handler]]:
        return {
            "p": (self._open_paragraph, self._close_paragraph),
            "r": (self._open_run, ignore),
            "fldSimple": (self._open_simple_field, self._close_simple_field),
            "sdt": (self._open_control, self._close_control),
            "tbl": (self._open_table, self._close_table),
            "tr": (self._open_row, release),
            "tc": (self._open_cell, self._close_cell),
            "txbxContent": (self._open_box, self._close_box),
            "del": (self._mute, self._unmute),
            "moveFrom": (self._mute, self._unmute),
            "drawing": (self._drawing, ignore),
            "pict": (self._drawing, ignore),
            "object": (self._object, ignore),
        }

    # paragraphs and runs

    def _open_paragraph(self, _: Element) -> None:
        paragraph = Paragraph(
            self.part,
            len(self.paragraphs),
            "",
            cell=self._cell_here() if self._cell_open else None,
            text_box=self._box,
            in_toc=self._contents > 0,
            after_page_break=self._broken_page,
        )
        check_paragraphs(paragraph.p + 1)
        self._broken_page = False
        self.paragraphs.append(paragraph)
        self._outer.append((self.line,))
        style, _ = self._style(None)
        self.line = Line(paragraph, style, style.look)

    def _close_paragraph(self, _: Element) -> None:
        line = self.line
        if line is not None:
            if not line.settled:
                self._take_style(line, None)
                self._number(line, None, None)
            line.close()
            self.look_at(line)
        self.line, = self._outer.pop()

    def _cell_here(self) -> Cell:
        """The open cell for its next paragraph, which is its first only once."""
        cell = self._cell
        if cell is None:
            cell = self._cell = self._make_cell()
        if self._in_cell == 1:
            cell = self._cell = replace(cell, first=False)
        self._in_cell += 1
        return cell

    def _style(self, style_id: str | None) -> tuple[Style, bool]:
        """A style, and whether it is one of the lists of contents."""
        known = self._known_styles.get(style_id)
        if known is None:
            style = self.styles.get(style_id)
            known = self._known_styles[style_id] = style, style.name.casefold().startswith(CONTENTS_STYLES)
        return known

    def _take_style(self, line: Line, style_id: str | None) -> None:
        style, of_contents = self._style(style_id)
        paragraph, line.style, line.base = line.paragraph, style, style.look
        paragraph.style = style.name
        paragraph.level = style.level
        paragraph.centered = style.centered
        paragraph.ruled = style.ruled
        paragraph.size = style.look.size or 0.0
        paragraph.in_toc = paragraph.in_toc or of_contents

    def _settle(self, properties: Element) -> None:
        """Apply the paragraph's own properties, which stand before anything else in it."""
        line = self.line
        if line is None or line.settled:
            return
        line.settled = True
        w, val = self.w, self._val
        tags = self._paragraph_tags
        stated = {tag: found for found in properties if (tag := found.tag) in tags}
        style_id = stated[w + "pStyle"].get(val) if w + "pStyle" in stated else None
        self._take_style(line, style_id)
        self._apply(stated, line)
        self._number(line, stated.get(w + "numPr"), style_id)
        self.note_property_changes(stated)

    def _apply(self, stated: dict[str, Element], line: Line) -> None:
        w, paragraph = self.w, line.paragraph
        if (outline := whole(value_of(stated.get(w + "outlineLvl"), w))) is not None:
            paragraph.level = outline + 1 if 0 <= outline < 9 else None
        if w + "jc" in stated:
            paragraph.centered = stated[w + "jc"].get(self._val) == "center"
        if w + "pageBreakBefore" in stated and is_on(stated[w + "pageBreakBefore"], w):
            paragraph.after_page_break = True
        if w + "tabs" in stated and has_leader(stated[w + "tabs"], w):
            paragraph.ruled = True
        line.shaded = w + "shd" in stated
        if paragraph.cell is not None and (mark := stated.get(w + "rPr")) is not None:
            size = mark.find(self._size)
            paragraph.mark_size = (whole(size.get(self._val)) or 0) / 2 if size is not None else 0.0

    def _number(self, line: Line, direct: Element | None, style_id: str | None) -> None:
        num_id, level = line.style.num_id, line.style.num_level
        if direct is not None:
            own_id = value_of(child(direct, self.w + "numId"), self.w)
            own_level = whole(value_of(child(direct, self.w + "ilvl"), self.w))
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

    def _open_run(self, _: Element) -> None:
        line = self.line
        if line is not None:
            line.look = line.base

    def _take_look(self, properties: Element) -> None:
        """The most frequent properties by far: each combination is resolved once for each style."""
        line = self.line
        if line is None:
            return
        tags, val, fill = self._look_tags, self._val, self._fill
        stated = [(tag, found.get(val), found.get(fill)) for found in properties if (tag := found.tag) in tags]
        if not stated:
            line.look = line.base
            return
        if stated[-1][0] == self._changed_look:
            self.note(LossKind.TRACKED_CHANGE)
        key = (line.style.name, *stated)
        look = self._looks.get(key)
        if look is None:
            look = self._looks[key] = self._resolve_look(properties, line)
        line.look = look

    def _resolve_look(self, properties: Element, line: Line) -> Look:
        own = read_look(properties, self.w)
        if own.style is None:
            return own.over(line.base)
        character = self.styles.find(own.style)
        named = replace(own, style=character.name if character else own.style)
        return named.over(replace(character.look, style=None) if character else PLAIN).over(line.base)

    # what has width

    def _text(self, element: Element) -> None:
        line, text = self.line, element.text or ""
        if line is not None:
            line.worded += len(text)
            line.add(text)
        else:
            self.miss(text)

    def _symbol(self, element: Element) -> None:
        if self.line is not None:
            self.line.add(symbol_text(element.get(self._char), element.get(self._font)))

    def _break(self, element: Element) -> None:
        if element.get(self.w + "type") == "page":
            self._broken_page = True
        if self.line is not None:
            self.line.add("\n")

    def _width(self, text: str) -> Handler:
        def add(_: Element) -> None:
            if self.line is not None:
                self.line.add(text)

        return add

    def _drawing(self, _: Element) -> None:
        if self.line is not None:
            self.line.paragraph.drawing = True

    def _object(self, element: Element) -> None:
        self._drawing(element)
        self.note(LossKind.EMBEDDED_OBJECT)

    def _mute(self, _: Element) -> None:
        """Deleted and moved-away text is not read, but paragraphs inside it still count."""
        self.note(LossKind.TRACKED_CHANGE)
        self._outer.append((self.line, self.muted_at))
        self.muted_at = self.here()
        self.line = None

    def _unmute(self, _: Element) -> None:
        self.line, self.muted_at = self._outer.pop()

    # fields

    def _field_char(self, element: Element) -> None:
        line, kind = self.line, element.get(self.w + "fldCharType")
        if line is None:
            return
        if kind == "begin":
            data = child(element, self.w + "ffData")
            self._fields.append(OpenField(line, line.length, self._next("field"), data))
            line.open_code()
        elif kind in ("separate", "end"):
            self.miss_code(*line.drop_code())
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
        if opened.line is line:
            self._mark_field(opened, "".join(opened.code), line)

    def _mark_field(self, opened: OpenField, code: str, line: Line) -> None:
        mark = field_mark(code.strip(), opened.data, self.w, opened.ordinal, (opened.start, line.length))
        if mark is not None:
            line.marks.append(mark)

    def _field_code(self, element: Element) -> None:
        if self._fields and not self._fields[-1].separated:
            self._fields[-1].code.append(element.text or "")

    def _open_simple_field(self, element: Element) -> None:
        line, code = self.line, element.get(self.w + "instr") or ""
        start = line.length if line is not None else 0
        data = child(element, self.w + "ffData")
        self._simple_fields.append(OpenField(line, start, self._next("field"), data, [code]))

    def _close_simple_field(self, _: Element) -> None:
        opened = self._simple_fields.pop()
        if opened.line is not None:
            self._mark_field(opened, "".join(opened.code), opened.line)

    def _next(self, what: str) -> int:
        ordinal = self._counts[what]
        self._counts[what] += 1
        return ordinal

    # content controls

    def _open_control(self, _: Element) -> None:
        start = self.line.length if self.line is not None else 0
        mark = Mark(MarkKind.CONTROL, 0, 0, control="rich", ordinal=self._next("control"))
        self._controls.append(OpenControl(self.line, start, len(self.paragraphs), mark))

    def _control_properties(self, properties: Element) -> None:
        if self._controls:
            control = self._controls[-1]
            control.mark = control_mark(properties, self.w, control.mark.ordinal)
            control.contents = control.mark.control == "block" and is_contents(properties, self.w)
            self._contents += control.contents

    def _close_control(self, _: Element) -> None:
        control = self._controls.pop()
        self._contents -= control.contents
        if control.mark.locked:
            self.note(LossKind.LOCKED_CONTROL, excerpt=control.mark.name or control.mark.tag)
        if control.mark.control == "block":
            return
        line = control.line
        if line is not None:
            line.marks.append(replace(control.mark, start=control.start, end=line.length))
        else:
            self._mark_around(control.mark, control.first)

    def _mark_around(self, mark: Mark, first: int) -> None:
        inside = self.paragraphs[first : first + MAX_CONTROL_PARAGRAPHS + 1]
        if len(inside) > MAX_CONTROL_PARAGRAPHS:
            return
        for paragraph in inside:
            around = replace(mark, kind=MarkKind.CONTROL_AROUND, end=len(paragraph.text))
            paragraph.marks = (*paragraph.marks, around)

    # tables and text boxes

    def _open_table(self, _: Element) -> None:
        outer = self._table
        if outer is not None and self._cell_open:
            outer.nesting = True
        self._outer.append((self.line, outer, self._cell, self._cell_open))
        self._table = OpenTable(self._next("table"), outer.depth + 1 if outer is not None else 1)
        self.line, self._cell, self._cell_open = None, None, False

    def _close_table(self, _: Element) -> None:
        self.line, self._table, self._cell, self._cell_open = self._outer.pop()

    def _table_properties(self, properties: Element) -> None:
        if self._table is None:
            return
        borders = child(properties, self.w + "tblBorders")
        if borders is not None:
            self._table.bordered = has_border(borders, self.w)
        else:
            self._table.bordered = self._style(value_of(child(properties, self.w + "tblStyle"), self.w))[0].bordered

    def _open_row(self, _: Element) -> None:
        table = self._table
        if table is not None:
            table.row += 1
            table.column, table.header_row, table.tall = 0, False, False

    def _row_properties(self, properties: Element) -> None:
        self.note_property_changes({found.tag: found for found in properties})
        table = self._table
        if table is not None:
            table.column = self._columns(properties, "gridBefore")
            self._columns(properties, "gridAfter")
            header = child(properties, self.w + "tblHeader")
            table.header_row = header is not None and is_on(header, self.w)
            height = value_of(child(properties, self.w + "trHeight"), self.w)
            table.tall = (whole(height) or 0) >= TALL_TWIPS

    def _open_cell(self, _: Element) -> None:
        table = self._table
        self._outer.append((self._cell, self._cell_open, self._in_cell, len(self.paragraphs)))
        self._cell, self._cell_open, self._in_cell = None, table is not None, 0
        if table is not None:
            table.span, table.nesting = 1, False

    def _close_cell(self, _: Element) -> None:
        table = self._table
        cell = self._cell
        self._cell, self._cell_open, self._in_cell, first = self._outer.pop()
        if table is None:
            return
        table.column += table.span
        if table.nesting and cell is not None:
            self._mark_nesting(cell, first)
        table.nesting = False

    def _mark_nesting(self, cell: Cell, first: int) -> None:
        """Only its end shows that a cell holds a table of its own."""
        place = (cell.table, cell.row, cell.column)
        for paragraph in self.paragraphs[first:]:
            own = paragraph.cell
            if own is not None and not own.nested and (own.table, own.row, own.column) == place:
                paragraph.cell = replace(own, nested=True)

    def _make_cell(self) -> Cell:
        table = self._table or OpenTable(0, 1)
        return Cell(
            table.index,
            table.row,
            table.column,
            header_row=table.header_row,
            tall=table.tall,
            depth=table.depth,
            bordered=table.bordered,
        )

    def _cell_properties(self, properties: Element) -> None:
        table = self._table
        if table is None or not self._cell_open or self._cell is not None:
            return
        w, val = self.w, self._val
        merged, shading, bordered = False, "", table.bordered
        tags = self._cell_tags
        stated = {tag: found for found in properties if (tag := found.tag) in tags}
        if (span := stated.get(w + "gridSpan")) is not None:
            table.span = max(self._check_columns(span), 1)
        if (merge := stated.get(w + "vMerge")) is not None:
            merged = (merge.get(val) or "continue") != "restart"
        if (shade := stated.get(w + "shd")) is not None:
            fill = shade.get(self._fill) or "auto"
            shading = "" if fill in ("auto", "FFFFFF") else fill
        if (borders := stated.get(w + "tcBorders")) is not None:
            bordered = has_border(borders, w)
        self._cell = Cell(
            table.index,
            table.row,
            table.column,
            table.span,
            header_row=table.header_row,
            tall=table.tall,
            depth=table.depth,
            merged=merged,
            shading=shading,
            bordered=bordered,
        )

    def _columns(self, bag: Element, name: str) -> int:
        """A number of grid columns, 0 where none is given. Raises TooComplex for more than Word has."""
        found = child(bag, self.w + name)
        return self._check_columns(found) if found is not None else 0

    def _check_columns(self, element: Element) -> int:
        value = element.get(self._val)
        number = max(whole(value) or 0, 0)
        if number > LIMITS.grid_span or len(value or "") > MAX_DIGITS:
            raise errors.TooComplex(f"A table cell claims more than {LIMITS.grid_span} columns.")
        return number

    def _open_box(self, _: Element) -> None:
        self._outer.append((self.line, self._table, self._cell, self._cell_open, self._in_cell, self._box,
                            self._fields, self.muted_at))
        self.line, self._table, self._cell, self._cell_open, self._in_cell = None, None, None, False, 0
        self._box, self._fields, self.muted_at = True, [], None

    def _close_box(self, _: Element) -> None:
        (self.line, self._table, self._cell, self._cell_open, self._in_cell, self._box,
         self._fields, self.muted_at) = self._outer.pop()
