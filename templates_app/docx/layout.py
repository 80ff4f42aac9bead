"""The outline as detectors look at it: tables as grids, neighbours of cells, the section around a paragraph."""

from __future__ import annotations

import re
from bisect import bisect_left, bisect_right
from dataclasses import dataclass, field

from .model import Cell, Outline, Paragraph

MAX_CELLS = 200  # Word ends at 63 columns
MAX_MERGED = 300  # rows that one cell may span
MAX_SPACER = 6  # points; words that small are hardly ever written into a form
MIN_LINE = 4  # blanks that look like a line when they are underlined; a tab is wide enough alone
WIDE = "\t\u3000"
TABS = re.compile(r"\t(?:[ \xa0]*\t)*")
INVISIBLE = "\u200b\u200c\u200d\u2060\ufeff"


def is_blank(text: str) -> bool:
    return not text or not text.strip() or not text.strip(INVISIBLE + " \t\n\xa0")


def is_counted(p: Paragraph) -> bool:
    """Whether the paragraph prints a number: then it is not empty, though it has no text. A bullet prints nothing."""
    return any(c.isalnum() for c in p.number)


def drawn_lines(p: Paragraph) -> list[tuple[int, int]]:
    """Underlined stretches with no letter in them; with one, the line goes on below words that stand there already."""
    merged: list[list[int]] = []
    for s in p.spans:
        if s.underline and not s.hidden:
            if merged and merged[-1][1] == s.start:
                merged[-1][1] = s.end
            else:
                merged.append([s.start, s.end])
    lines = [(start, end) for start, end in merged if _is_line(p.text[start:end])]
    return lines or (_ruled_tabs(p.text) if p.ruled else [])


def _ruled_tabs(text: str) -> list[tuple[int, int]]:
    """Tabs whose lines nothing follows: in a price list or a list of contents something stands at their end."""
    if not text.rstrip(" \xa0").endswith("\t"):
        return []
    indented = 0 if is_blank(text) else len(text) - len(text.lstrip())
    return [match.span() for match in TABS.finditer(text, indented)]


def _is_line(text: str) -> bool:
    return is_blank(text) and (len(text) >= MIN_LINE or any(c in WIDE for c in text))


@dataclass(slots=True)
class TableCell:
    """A cell with its paragraphs, in order."""

    cell: Cell
    paragraphs: list[Paragraph] = field(default_factory=list)
    text: str = ""
    empty: bool = False  # nothing in it at all: somebody may write here

    def index(self, p: Paragraph) -> int:
        """The position of one of its paragraphs."""
        return bisect_left(self.paragraphs, p.p, key=lambda q: q.p)

    def close(self) -> None:
        self.text = "\n".join(t for p in self.paragraphs if (t := p.text.strip()))
        self.empty = (
            not self.cell.merged
            and not self.cell.nested
            and all(is_blank(p.text) and not p.marks and not p.drawing and not is_counted(p) for p in self.paragraphs)
        )

    @property
    def column(self) -> int:
        return self.cell.column

    @property
    def end(self) -> int:
        return self.cell.column + self.cell.span


@dataclass(slots=True)
class Table:
    """A table of one story, row by row."""

    part: str
    index: int
    rows: list[list[TableCell]] = field(default_factory=list)
    width: int = 0  # grid columns
    form: bool = False  # filled through text form fields: where those stand, empty cells and colons ask nothing
    first: int = 0  # index of its first paragraph in the outline
    last: int = 0

    def close(self) -> None:
        self.rows = [row for row in self.rows if row]
        cells = [cell for row in self.rows for cell in row]
        self.form = any(m.control == "FORMTEXT" for cell in cells for p in cell.paragraphs for m in p.marks)
        self.width = max((row[-1].end for row in self.rows), default=0)
        for row in self.rows:
            for cell in row:
                cell.close()
        for above, row, below in zip(self.rows, self.rows[1:], [*self.rows[2:], []], strict=False):
            if not row[0].text and _is_low(row) and _is_taller(above, row) and (not below or _is_taller(below, row)):
                for cell in row:
                    cell.empty = False

    def above(self, row: int, column: int) -> TableCell | None:
        """The cell above a grid position; of a vertically merged one its beginning."""
        top = min(row, len(self.rows))
        for at in range(top - 1, max(top - MAX_MERGED, 0) - 1, -1):
            cells = self.rows[at]
            i = bisect_right(cells, column, key=_column) - 1
            found = cells[i] if i >= 0 and column < cells[i].end else None
            if found is None or not found.cell.merged:
                return found
        return None


def _is_low(row: list[TableCell]) -> bool:
    """Whether a row is empty and so low that it can only keep the rows above and below it apart."""
    return all(
        not c.text and all(0 < _mark_size(p) <= MAX_SPACER and not p.marks for p in c.paragraphs) for c in row
    )


def _is_taller(row: list[TableCell], low: list[TableCell]) -> bool:
    """Whether a row has words, all of them larger than what could be written into the low one."""
    sizes = [s.size or p.size for c in row for p in c.paragraphs for s in p.spans or (p,) if not is_blank(p.text)]
    return bool(sizes) and min(sizes) > max(_mark_size(p) for c in low for p in c.paragraphs)


def _mark_size(p: Paragraph) -> float:
    return p.mark_size or p.size


def _column(cell: TableCell) -> int:
    return cell.cell.column


class Layout:
    """Indexes over an outline; built once, in one pass."""

    def __init__(self, outline: Outline) -> None:
        self.outline = outline
        self.paragraphs = outline.paragraphs
        # where something may be found: not in a table of contents
        self.body = [p for p in outline.paragraphs if (p.text or p.marks) and not p.in_toc]
        self.marked = [p for p in self.body if p.marks]
        self.main = outline.paragraphs[0].part if outline.paragraphs else ""
        self.at = {(p.part, p.p): i for i, p in enumerate(outline.paragraphs)}
        self.tables: dict[tuple[str, int], Table] = {}
        self._cells: dict[tuple[str, int, int, int], TableCell] = {}
        self._rows: dict[tuple[str, int, int], list[TableCell]] = {}
        self._build_tables()
        self._section_at = [self.at[s.part, s.p] for s in outline.sections]
        self.headings = frozenset(self._section_at)

    def _build_tables(self) -> None:
        for i, p in enumerate(self.paragraphs):
            if p.cell is None or (p.text_box and not p.cell):
                continue
            self._add(i, p, p.cell)
        for table in self.tables.values():
            table.close()

    def _add(self, i: int, p: Paragraph, cell: Cell) -> None:
        table = self.tables.get((p.part, cell.table))
        if table is None:
            table = self.tables[p.part, cell.table] = Table(p.part, cell.table, first=i)
        table.last = i
        key = (p.part, cell.table, cell.row, cell.column)
        found = self._cells.get(key)
        if found is None:
            found = self._cells[key] = TableCell(cell)
            while len(table.rows) <= cell.row:
                table.rows.append([])
            table.rows[cell.row].append(found)
            self._rows[p.part, cell.table, cell.row] = table.rows[cell.row]
        found.paragraphs.append(p)

    def cell_of(self, p: Paragraph) -> TableCell | None:
        return self._cells.get((p.part, p.cell.table, p.cell.row, p.cell.column)) if p.cell is not None else None

    def table_of(self, p: Paragraph) -> Table | None:
        return self.tables.get((p.part, p.cell.table)) if p.cell is not None else None

    def row_of(self, p: Paragraph) -> list[TableCell]:
        """The cells of the paragraph's row, in order; none outside tables."""
        return self.row_at(p, 0)

    def row_at(self, p: Paragraph, below: int) -> list[TableCell]:
        """A row of the paragraph's table, so many below its own. Rows wider than Word allows are taken for none."""
        row = self._rows.get((p.part, p.cell.table, p.cell.row + below), []) if p.cell is not None else []
        return row if len(row) <= MAX_CELLS else []

    def section_index(self, p: Paragraph) -> int | None:
        """The section a paragraph stands in; None before the first and outside the main story."""
        if p.part != self.main or not self._section_at:
            return None
        found = bisect_right(self._section_at, self.at[p.part, p.p]) - 1
        return found if found >= 0 else None

    def heading_of(self, p: Paragraph) -> str:
        index = self.section_index(p)
        return self.outline.sections[index].heading if index is not None else ""

    def before(self, p: Paragraph, limit: int = 4) -> Paragraph | None:
        """The nearest paragraph with text above, in the same story, not further away than ``limit``."""
        i = self.at[p.part, p.p]
        nearby = (self.paragraphs[j] for j in range(i - 1, max(i - 1 - limit, -1), -1))
        return next((q for q in nearby if q.part == p.part and not is_blank(q.text)), None)

    def after(self, p: Paragraph, limit: int = 4) -> Paragraph | None:
        i = self.at[p.part, p.p]
        nearby = (self.paragraphs[j] for j in range(i + 1, min(i + 1 + limit, len(self.paragraphs))))
        return next((q for q in nearby if q.part == p.part and not is_blank(q.text)), None)
