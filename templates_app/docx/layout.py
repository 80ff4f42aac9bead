"""The outline as detectors look at it: tables as grids, neighbours of cells, the section around a paragraph."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterator
from dataclasses import dataclass, field

from .model import Cell, Outline, Paragraph

INVISIBLE = "\u200b\u200c\u200d\u2060\ufeff"


def is_blank(text: str) -> bool:
    return not text or not text.strip() or not text.strip(INVISIBLE + " \t\n\xa0")


def is_counted(p: Paragraph) -> bool:
    """Whether the paragraph prints a number: then it is not empty, though it has no text. A bullet prints nothing."""
    return any(c.isalnum() for c in p.number)


@dataclass(slots=True)
class TableCell:
    """A cell with its paragraphs, in order."""

    cell: Cell
    paragraphs: list[Paragraph] = field(default_factory=list)
    text: str = ""
    empty: bool = False  # nothing in it at all: somebody may write here

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
    first: int = 0  # index of its first paragraph in the outline
    last: int = 0

    def above(self, row: int, column: int) -> TableCell | None:
        """The cell above a grid position; of a vertically merged one its beginning."""
        for at in range(row - 1, -1, -1):
            found = next((c for c in self.rows[at] if c.column <= column < c.end), None)
            if found is None or not found.cell.merged:
                return found
        return None

    @property
    def width(self) -> int:
        return max((row[-1].end for row in self.rows if row), default=0)


class Layout:
    """Indexes over an outline; built once, in one pass."""

    def __init__(self, outline: Outline) -> None:
        self.outline = outline
        self.paragraphs = outline.paragraphs
        self.main = outline.paragraphs[0].part if outline.paragraphs else ""
        self.at = {(p.part, p.p): i for i, p in enumerate(outline.paragraphs)}
        self.tables: dict[tuple[str, int], Table] = {}
        self._cells: dict[tuple[str, int, int, int], TableCell] = {}
        self._build_tables()
        self._section_at = [self.at[s.part, s.p] for s in outline.sections]
        self.headings = frozenset(self._section_at)

    def _build_tables(self) -> None:
        for i, p in enumerate(self.paragraphs):
            if p.cell is None or (p.text_box and not p.cell):
                continue
            self._add(i, p, p.cell)
        for table in self.tables.values():
            table.rows = [row for row in table.rows if row]
            for row in table.rows:
                for cell in row:
                    cell.close()

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
        found.paragraphs.append(p)

    def cell_of(self, p: Paragraph) -> TableCell | None:
        return self._cells.get((p.part, p.cell.table, p.cell.row, p.cell.column)) if p.cell is not None else None

    def table_of(self, p: Paragraph) -> Table | None:
        return self.tables.get((p.part, p.cell.table)) if p.cell is not None else None

    def row_of(self, p: Paragraph) -> list[TableCell]:
        """The cells of the paragraph's row, in order; none outside tables."""
        table = self.table_of(p)
        if table is None or p.cell is None:
            return []
        return next(
            (row for row in table.rows[min(p.cell.row, len(table.rows) - 1) :: -1] if row[0].cell.row == p.cell.row), []
        )

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

    def body(self) -> Iterator[Paragraph]:
        """Paragraphs in which something may be found: not those of a table of contents."""
        return (p for p in self.paragraphs if not p.in_toc)
