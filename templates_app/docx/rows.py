"""Places that only show their meaning together: a row of markers is a record, and a marker's words may return bare."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterator, Sequence

from .finding import Finding, Rank, place
from .kinds import infer_type
from .layout import Layout, Table, TableCell, is_blank
from .model import Column, FieldType
from .naming import key_of
from .wording import LEAD, MARKERS

MAX_UP = 200  # rows above records in which their title is looked for
MAX_NAMES = 200
MIN_ECHO = 5  # letters; shorter words in capitals are often acronyms of something else
CAPITALS = re.compile(r"[A-Z][A-Z ]*[A-Z]")


def join_rows(layout: Layout, findings: Sequence[Finding]) -> list[Finding]:
    """Rows whose every cell asks to "<Enter …>" under column titles become one table field each."""
    by_cell: defaultdict[tuple[str, int, int, int], list[Finding]] = defaultdict(list)
    for f in findings:
        p = layout.paragraphs[layout.at[f.anchors[0].part, f.anchors[0].p]]
        if f.rank is Rank.TOKEN and p.cell is not None:
            by_cell[p.part, p.cell.table, p.cell.row, p.cell.column].append(f)
    tables = {(f.anchors[0].part, f.anchors[0].p): f for f in findings if f.type is FieldType.TABLE}
    joined: list[Finding] = []
    gone: set[int] = set()
    for table in layout.tables.values():
        for at, row in enumerate(table.rows):
            members = _members(by_cell, table, row) if at else []
            if members and _is_titles(table.rows[at - 1], row):
                joined.append(_table(layout, table, at, members))
                gone |= {id(f) for f in members} | _records_below(table, at, tables)
    return [f for f in findings if id(f) not in gone] + joined


def _members(
    by_cell: dict[tuple[str, int, int, int], list[Finding]], table: Table, row: Sequence[TableCell]
) -> list[Finding]:
    """The one finding of each cell, if there is one in each, it fills its cell, and one of them says "enter"."""
    found = []
    for cell in row:
        inside = by_cell.get((table.part, table.index, cell.cell.row, cell.column), [])
        if len(inside) != 1 or inside[0].anchors[0].end - inside[0].anchors[0].start < len(cell.text) - 1:
            return []
        found.append(inside[0])
    asking = [f for f in found if LEAD.match(f.name)]
    return found if len(found) > 1 and len(asking) * 2 >= len(found) else []


def _is_titles(titles: Sequence[TableCell], row: Sequence[TableCell]) -> bool:
    return len(titles) == len(row) and all(c.text and not c.text.startswith(("<", "[")) for c in titles)


def _table(layout: Layout, table: Table, at: int, members: Sequence[Finding]) -> Finding:
    titles = [" ".join(c.text.split()) for c in table.rows[at - 1]]
    columns = tuple(Column(key_of(t) or f"column_{n}", t, infer_type(t, column=True)) for n, t in enumerate(titles, 1))
    return Finding(
        "rows",
        Rank.TOKEN,
        tuple(f.anchors[0] for f in members),
        0.75,
        label=table_title(layout, table, at),
        type=FieldType.TABLE,
        columns=columns,
    )


def _records_below(table: Table, at: int, tables: dict[tuple[str, int], Finding]) -> set[int]:
    """Empty rows under such a row are further records of the same table."""
    gone = set()
    for row in table.rows[at + 1 :]:
        if not any(c.empty for c in row):
            break
        found = (tables.get((table.part, c.paragraphs[0].p)) for c in row if c.empty)
        gone |= {id(f) for f in found if f is not None}
    return gone


def table_title(layout: Layout, table: Table, at: int) -> str:
    """The nearest title: a banner row above the records, the paragraph above the table, the section."""
    for i in range(at - 1, max(at - MAX_UP, 0) - 1, -1):
        if len(table.rows[i]) == 1 and table.rows[i][0].text and table.width > 1:
            return table.rows[i][0].text
    first = layout.paragraphs[table.first]
    before = layout.before(first, 3)
    heading = layout.heading_of(first)
    if before is not None and before.cell is None and not MARKERS.search(before.text):
        text = " ".join(before.text.split())
        if len(text.split()) <= 6 or not heading or (text.endswith(":") and len(text) > 300):
            return text.rstrip(":：")
    return heading or "Records"


def find_echoes(layout: Layout, findings: Sequence[Finding]) -> Iterator[Finding]:
    """<<COMPANY>> on a hundred places, and COMPANY without its marks on one: the author forgot them."""
    names = {
        f.name: f
        for f in findings
        if f.same and len(f.name) >= MIN_ECHO and f.detector in ("brackets", "angles") and CAPITALS.fullmatch(f.name)
    }
    if not names or len(names) > MAX_NAMES:
        return
    pattern = re.compile(
        rf"(?<![^\W_])(?:{'|'.join(re.escape(n) for n in sorted(names, key=len, reverse=True))})(?![^\W_])"
    )
    for i, p in enumerate(layout.paragraphs):
        if p.in_toc or i in layout.headings or is_blank(p.text) or p.text.isupper():
            continue
        for match in pattern.finditer(p.text):
            origin = names[match[0]]
            yield Finding(
                "bare",
                Rank.BARE,
                (place(p, *match.span()),),
                0.6,
                label=origin.label,
                name=origin.name,
                same=origin.same,
                type=origin.type,
            )
