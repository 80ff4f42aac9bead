"""Empty cells of tables: beside or under their label, in a grid of rows and columns, or record rows to be filled."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from itertools import pairwise

from ..finding import Finding, Rank, place
from ..kinds import infer_type, is_only_unit, tell_type
from ..layout import MAX_CELLS, Layout, Table, TableCell, is_blank, is_counted
from ..lexicon import DATE, DAY_PARTS, GENERIC, NAME, RATINGS, SIGNATURE, VERDICTS, YES_NO_WORDS, words_of
from ..model import Column, FieldType
from ..naming import NUMBERING, key_of
from ..rows import table_title
from ..surroundings import title_part
from ..wording import MACHINE_TAG, without_markers
from .alternatives import OFFERED, YES_OR_NO

COLON = (":", "：")
ORDINAL = re.compile(
    r"(?:#|no\.?|nr\.?|№)?\s*\d{1,3}(?:\.\d{1,3})*\s*[.)]?|[a-z][.)]|[A-Z]{1,3}[-.]?\d{1,3}[.)]?", re.IGNORECASE
)
TOTAL = re.compile(
    r"(?:sub-?)?total|sum|summe|gesamt|somme|итого|всего|sum|suma|totaal|razem|合计|小计|合計", re.IGNORECASE
)
ANSWER = re.compile(
    r"(?:your )?(?:response|answer|value|input|entry|details?|antwort|angaben|eingabe|réponse|respuesta|resposta"
    r"|risposta|svar|ответ|значение)s?",
    re.IGNORECASE,
)
LETTER = re.compile(r"[^\W\d_]")
BREAK = re.compile(r"\s[-–—]\s|\n|\.\s|\(")
COUNTED = re.compile(
    r"^(?:section|part|step|teil|abschnitt|partie|parte|sección|seção|sezione|deel|del|раздел|часть)\s+\w{1,4}\s*[-–—:.]\s*"
    r"(?=\S)",
    re.IGNORECASE,
)
SIGNED = re.compile(f"{SIGNATURE.pattern}|{DATE.pattern}|{NAME.pattern}", re.IGNORECASE)
ANSWERS = YES_NO_WORDS | RATINGS | VERDICTS
SIGNERS = (FieldType.PERSON, FieldType.SIGNATURE, FieldType.DATE)
MAX_CAPTION = 40
MAX_SIGN = 2
MIN_SCALE = 3
MIN_GIVEN = 3  # cells with a field below their label that tell how the table is filled in
MIN_MADE = 2  # cells with a label and room below it
MAX_ROOM_WORDS = 15
MAX_BESIDE_WORDS = 6
MAX_SENTENCE = 4  # words with a full stop behind that may be a label: "Leave fr.o.m."
MAX_SAMPLE = 200  # rows that tell what a column holds
MAX_LABEL = 400
MAX_BESIDE_TALL = 60  # a longer label may have made the row as tall as it is
MAX_HEADER = 120
MAX_KNOWN = 3  # words of a label in a page header: "Document No.", "Effective date"
MAX_TITLE_LINES = 2  # of what stands over several column titles; more are a block of its own
LONG_PARAGRAPHS = 3  # so many empty paragraphs in a cell ask for a longer text


@dataclass(slots=True)
class Grid:
    """A table with what its rows are."""

    table: Table
    header: int | None = None  # row with the column titles that hold for the rows below
    outlined: bool = True  # lines that show where to write
    bordered: bool = True  # lines, though in a header or footer they may be there for the looks
    ticked: frozenset[int] = frozenset()  # columns of crosses and single letters, in which a blank says no
    captions: set[tuple[int, int]] = field(default_factory=set)  # cells that name the cell above them


def find_cells(layout: Layout) -> Iterator[Finding]:
    for table in layout.tables.values():
        if (
            any(c.empty for row in table.rows for c in row)
            and not table.form
            and all(len(row) <= MAX_CELLS for row in table.rows)
        ):
            yield from _in_table(layout, table)
        if table.part == layout.main and not table.form:
            yield from _below_labels(table)


def _in_table(layout: Layout, table: Table) -> Iterator[Finding]:
    outlined = any(c.cell.bordered or c.cell.shading for row in table.rows for c in row)
    if len(table.rows) == 1 and len(table.rows[0]) == 1:
        yield from _box(layout, table, outlined)
        return
    grid = Grid(table, outlined=outlined and table.part == layout.main, bordered=outlined)
    done: set[int] = set()
    for at, row in enumerate(table.rows):
        if _is_header(table, at):
            grid.header = at
            grid.ticked = _ticked_columns(table, at)
        if at in done or not any(c.empty for c in row):
            continue
        records = _record_rows(grid, at)
        if records and (len(records) > 1 or (_continues_records(grid, at) and not _is_signed(grid, records))):
            done.update(records)
            yield from _records(layout, grid, records)
        else:
            yield from _in_row(layout, grid, at)


# a table of one cell


def _box(layout: Layout, table: Table, outlined: bool) -> Iterator[Finding]:
    """A frame to write in; the paragraph above it says what."""
    cell = table.rows[0][0]
    above = layout.before(cell.paragraphs[0], 3)
    if cell.empty and outlined and above is not None and table.part == layout.main:
        yield _finding(cell, above.text.strip(), 0.75)


def _finding(
    cell: TableCell, label: str, confidence: float, kind: FieldType | None = None, banner: str = ""
) -> Finding:
    roomy = kind is None and cell.cell.tall and len(label) <= MAX_BESIDE_TALL and tell_type(label) is None
    long = len(cell.paragraphs) >= LONG_PARAGRAPHS or roomy
    kind = kind or infer_type(label, context=banner)
    if banner and all(w in GENERIC for w in words_of(label)):
        label = f"{banner}: {label.rstrip(' :：')}"
    if kind is FieldType.TEXT and long:
        kind = FieldType.LONG_TEXT
    offered = OFFERED.search(label) if kind is FieldType.CHOICE else None
    return Finding(
        "cells",
        Rank.CELL,
        (place(cell.paragraphs[0], 0, 0),),
        confidence,
        label=" ".join(label.split()),
        type=kind,
        options=tuple(offered[0].split("/")) if offered is not None else (),
    )


# cells that hold their label and, below it, room for the value


def _below_labels(table: Table) -> Iterator[Finding]:
    """Where most cells of a table are made so, as in the forms of authorities: "1. Name" over an empty line."""
    cells = [c for row in table.rows for c in row if c.text and not c.cell.merged and not c.cell.nested]
    labels = {id(a) for row in table.rows for a, b in pairwise(row) if b.empty}
    given = sum(_has_value_below(c) for c in cells)
    made = [c for c in cells if id(c) not in labels and _has_room(c, colon=given >= MIN_GIVEN)]
    known = [c for c in made if NUMBERING.match(c.text) or tell_type(c.text) is not None]
    if len(made) + given < MIN_MADE or (len(made) + given) * 2 < len(cells) or len(known) * 2 < len(made):
        made = [c for c in made if _is_signed_below(table, c)]
    for c in made:
        yield _below_label(c)


def _is_signed_below(table: Table, cell: TableCell) -> bool:
    """Whether it asks for a signature, which goes into the room below, with no empty cell under it for that."""
    below = table.rows[cell.cell.row + 1 : cell.cell.row + 2]
    under = next((c for row in below for c in row if c.column <= cell.column < c.end), None)
    return tell_type(cell.text) is FieldType.SIGNATURE and (under is None or not is_blank(under.text))


def _has_value_below(cell: TableCell) -> bool:
    """A label in its first paragraph, and further down nothing but the field for its value."""
    label, *rest = cell.paragraphs
    marked = [p for p in rest if p.marks]
    return (
        len(marked) == 1
        and not label.marks
        and LETTER.search(label.text) is not None
        and all(is_blank(p.text) for p in rest)
    )


def _has_room(cell: TableCell, *, colon: bool) -> bool:
    """A short label in the first paragraph, which rather asks without a colon, and nothing in those after it."""
    label, *rest = cell.paragraphs
    words = label.text.split()
    return (
        bool(rest)
        and cell.cell.bordered
        and 0 < len(words) <= MAX_ROOM_WORDS
        and (colon or not cell.text.endswith(COLON))
        and not (cell.text.endswith(".") and len(words) > MAX_SENTENCE)
        and LETTER.search(without_markers(cell.text)) is not None
        and without_markers(cell.text) == cell.text
        and not any(p.marks or p.drawing for p in cell.paragraphs)
        and all(is_blank(p.text) and not is_counted(p) for p in rest)
    )


def _below_label(cell: TableCell) -> Finding:
    found = _finding(cell, cell.text, 0.6)
    found.anchors = (place(cell.paragraphs[1], 0, 0),)
    return found


# what rows are


def _is_label(cell: TableCell) -> bool:
    return (
        not cell.cell.merged
        and 0 < len(cell.text) <= MAX_LABEL
        and LETTER.search(without_markers(cell.text)) is not None
    )


def _is_header(table: Table, at: int) -> bool:
    """Column titles: several cells, all but the first with words, none asking for a value, rows alike below."""
    row = table.rows[at]
    if len(row) < 2 or at + 1 >= len(table.rows):
        return False
    if _is_scale(row):
        return True
    titled = [c for c in row[1:] if not (c.cell.merged and at)]
    if not titled or not all(_is_label(c) and len(c.text) <= MAX_HEADER and not c.text.endswith(COLON) for c in titled):
        return False
    if not (is_blank(row[0].text) or _is_label(row[0]) or row[0].text == "#"):
        return False
    if row[0].text.endswith(COLON) or any(p.marks for c in row for p in c.paragraphs):
        return False
    if row[0].cell.header_row:
        return True
    following = table.rows[at + 1]
    if len(following) != len(row) or not any(c.empty for r in table.rows[at + 1 : at + 4] for c in r):
        return False
    if at and any("?" in c.text or YES_OR_NO.fullmatch(c.text) for c in row):
        return False
    if at > 1 and all(c.empty for c in (*table.rows[at - 1], *following)):
        return True  # titles over the next row, as over the one before
    return at == 0 or _looks_like_header(row) or (at == 1 and (_is_banner(table, 0) or _goes_on(table, row)))


def _goes_on(table: Table, row: Sequence[TableCell]) -> bool:
    """Whether titles in two rows stand over the same columns: the upper ones over several each."""
    over = [table.above(1, c.column) for c in row]
    spanning = [c for c in over if c is not None and c.cell.span > 1 and c.text]
    return bool(spanning) and all(c is not None and (c.text or c is over[0]) for c in over)


def _is_scale(row: Sequence[TableCell]) -> bool:
    """Figures over columns to tick: 1, 2, 3, 4, 5."""
    if row[0].text.isdecimal():
        return False  # the numbers of the columns
    figures = [int(c.text) if c.text.isdecimal() else None for c in row[1:]]
    steps = {b - a for a, b in pairwise(figures) if a is not None and b is not None}
    return len(figures) >= MIN_SCALE and None not in figures and steps in ({1}, {-1})


def _looks_like_header(row: Sequence[TableCell]) -> bool:
    shaded = all(c.cell.shading for c in row)
    bold = all(any(s.bold for p in c.paragraphs for s in p.spans) for c in row if c.text)
    return shaded or bold


def _ticked_columns(table: Table, header: int) -> frozenset[int]:
    """Columns whose filled cells hold a sign each, as in a matrix of responsibilities."""
    shortest: dict[int, int] = {}
    for row in table.rows[header + 1 : header + MAX_SAMPLE]:
        for c in row[1:]:
            if c.text and not c.text.isdigit() and c.text == without_markers(c.text):
                shortest[c.column] = max(shortest.get(c.column, 0), len(c.text))
    return frozenset(column for column, length in shortest.items() if length <= MAX_SIGN)


def _is_banner(table: Table, at: int) -> bool:
    """A row of one cell with words: the title of the rows below it."""
    row = table.rows[at]
    return len(row) == 1 and _is_label(row[0]) and table.width > 1


def _record_rows(grid: Grid, at: int) -> list[int]:
    """The rows from here that are empty throughout but for an ordinal in front, if they stand under column titles."""
    if grid.header is None or grid.header >= at:
        return []
    width = len(grid.table.rows[grid.header])
    found = []
    for i in range(at, len(grid.table.rows)):
        row = grid.table.rows[i]
        if len(row) != width or not _is_record(row):
            break
        found.append(i)
    return found if width > 1 else []


def _is_record(row: Sequence[TableCell]) -> bool:
    first = row[0]
    leads = (
        first.empty
        or first.cell.merged
        or ORDINAL.fullmatch(first.text) is not None
        or (is_blank(first.text) and any(is_counted(p) for p in first.paragraphs))
    )
    rest = row[1:]
    return leads and sum(c.empty for c in rest) >= 1 and all(c.empty or c.cell.merged for c in rest)


def _is_signed(grid: Grid, records: Sequence[int]) -> bool:
    """One row under "Prepared by", "Approved by" or "Name", "Signature", "Date" is signed, once."""
    if grid.header is None or records[0] != grid.header + 1:
        return False
    kinds = [infer_type(c.text, column=True) for c in grid.table.rows[grid.header]]
    return all(kind in SIGNERS for kind in kinds)


def _continues_records(grid: Grid, at: int) -> bool:
    """One empty row under filled rows, or under titles marked as such, still is a row for records."""
    header = grid.header
    if header is None:
        return False
    row = grid.table.rows[at]
    return at > header + 1 or (row[0].empty and len(row) > 2 and at == len(grid.table.rows) - 1)


def _records(layout: Layout, grid: Grid, rows: Sequence[int]) -> Iterator[Finding]:
    if grid.header is None:
        return
    first = grid.table.rows[rows[0]]
    titles = [" ".join(c.text.split()) for c in grid.table.rows[grid.header]]
    cells = [(c, title) for c, title in zip(first, titles, strict=True) if c.empty]
    columns = tuple(
        Column(key_of(title) or f"column_{n}", title or f"Column {n}", infer_type(title, column=True))
        for n, (_, title) in enumerate(cells, 1)
    )
    yield Finding(
        "records",
        Rank.CELL,
        tuple(place(c.paragraphs[0], 0, 0) for c, _ in cells),
        0.8,
        label=table_title(layout, grid.table, rows[0]),
        type=FieldType.TABLE,
        columns=columns,
    )
    for i in rows[1:]:
        for c in grid.table.rows[i]:
            if c.empty:
                yield Finding("records", Rank.CELL, (place(c.paragraphs[0], 0, 0),), 0.8, ignored=True)


# cells of a row that names them


def _in_row(layout: Layout, grid: Grid, at: int) -> Iterator[Finding]:
    row = grid.table.rows[at]
    if len(row) == 1:
        yield from _under_banner(grid, at)
        return
    titles = _titles(grid, at) if grid.outlined else {}
    named = _row_label(row)
    if (TOTAL.match(named) and (titles or not _asks_total(grid, at))) or _is_group_title(grid, at):
        return
    ticked = [c for c in row[1:] if c.empty and _is_answer_title(titles.get(c.column, ""))]
    if named and len(ticked) > 1:
        yield _choice(named, ticked, [titles[c.column] for c in ticked])
    taken: TableCell | None = None  # the label that already has its cell
    for n, cell in enumerate(row):
        if not cell.empty or (titles and cell.column in grid.ticked) or (len(ticked) > 1 and cell in ticked):
            continue
        left = next((c for c in reversed(row[:n]) if not c.empty and not c.cell.merged and not is_blank(c.text)), None)
        title = titles.get(cell.column, "")
        if title and named and (n > 0 or _is_open(grid, cell)):
            yield _in_grid(cell, named, title, alone=len(row) == 2)
        elif n and left is not None and left is not taken and left is row[n - 1] and _names_cell(grid, left):
            taken = left
            if _is_day_part(left):
                yield _finding(cell, f"{_date_before(row[:n])}: {left.text}".strip(" :"), 0.8)
                continue
            signed = n > 1 and infer_type(named) is FieldType.SIGNATURE and len(words_of(named)) > 1
            over = _title_beside(grid.table, at, left) or _banner_over(grid.table, at)
            counted = n + 1 < len(row) and is_only_unit(row[n + 1].text)
            kind = FieldType.NUMBER if counted else None
            yield _finding(cell, _own_words(left), 0.8, kind, banner="" if signed else over)
        elif left is None and not named:
            yield from _under_label(grid, at, cell) or _over_label(grid, at, cell)


def _is_day_part(label: TableCell) -> bool:
    return label.text.strip(" :：").casefold() in DAY_PARTS


def _date_before(row: Sequence[TableCell]) -> str:
    """The label whose day, month and year have cells of their own."""
    return next((c.text.rstrip(" :：") for c in reversed(row) if c.text and not _is_day_part(c)), "")


def _asks_total(grid: Grid, at: int) -> bool:
    """Whether a total is asked for: beside other labels, or below rows that wait for their values."""
    row = grid.table.rows[at]
    above = grid.table.rows[at - 1] if at else []
    return sum(_is_label(c) for c in row) > 1 or (bool(above) and all(c.empty for c in above))


def _is_group_title(grid: Grid, at: int) -> bool:
    """Words over several columns, with empty cells behind them where the row below has its values."""
    row, rows = grid.table.rows[at], grid.table.rows
    if at + 1 >= len(rows) or row[0].cell.span < 2 or len(row) < 3 or not row[0].text:
        return False
    below = {c.column: c for c in rows[at + 1]}
    return all(c.empty and c.column in below and below[c.column].text for c in row[1:])


def _is_answer_title(title: str) -> bool:
    """A column to tick: Yes, No, Agree, Often."""
    words = words_of(title)
    return bool(words) and all(word in ANSWERS or word.isdecimal() for word in words)


def _choice(named: str, cells: Sequence[TableCell], options: Sequence[str]) -> Finding:
    """A row that is answered by a cross in one of its cells."""
    places = tuple(place(c.paragraphs[0], 0, 0) for c in cells)
    return Finding(
        "cells", Rank.CELL, places, 0.75, label=named.rstrip(" :："), type=FieldType.CHOICE, options=tuple(options)
    )


def _is_open(grid: Grid, cell: TableCell) -> bool:
    """Whether the first column waits for values: none of the rows under its title has any."""
    rows = grid.table.rows[grid.header + 1 :] if grid.header is not None else []
    return all(row[0].empty for row in rows[:MAX_SAMPLE] if row[0].column == cell.column)


def _own_words(label: TableCell) -> str:
    """The label without the remark below it."""
    first = label.text.split("\n")[0]
    return first if first.rstrip().endswith(COLON) else label.text


def _banner_over(table: Table, at: int) -> str:
    """The title of the rows around this one, cut to what names them."""
    for i in range(at - 1, max(at - 40, -1), -1):
        if len(table.rows[i]) == 1:
            text = table.rows[i][0].text if _is_banner(table, i) else ""
            if text.endswith(".") and not BREAK.search(text):
                continue  # a sentence
            text = BREAK.split(COUNTED.sub("", text, count=1))[0].strip(" :：")
            return text if len(text.split()) <= 12 else ""
    return ""


def _title_beside(table: Table, at: int, label: TableCell) -> str:
    """The words of a cell that stands beside several rows and names them together."""
    first = table.rows[at][0]
    if first is label or first.column != 0:
        return ""
    below = table.rows[at + 1][0] if at + 1 < len(table.rows) else None
    begins = below is not None and below.column == 0 and below.cell.merged
    title = table.above(at, 0) if first.cell.merged else first if begins else None
    text = " ".join(title.text.split()).strip(" :：") if title is not None and _is_label(title) else ""
    return text if len(text.split()) <= MAX_BESIDE_WORDS else ""


def _in_grid(cell: TableCell, named: str, title: str, *, alone: bool) -> Finding:
    """A cell between a row label and a column title, which says nothing when it only says "Response"."""
    named = named.rstrip(" :：")
    if not LETTER.search(named):
        return _finding(cell, f"{title} ({named})", 0.75, infer_type(title, column=True))
    if alone or ANSWER.fullmatch(title.strip()):
        return _finding(cell, named, 0.75, infer_type(named))
    return _finding(cell, f"{named}: {title}", 0.75, infer_type(title, column=True))


def _titles(grid: Grid, at: int) -> dict[int, str]:
    """Column titles by grid column that hold for a row: of the header, when the row has its shape."""
    if grid.header is None or grid.header >= at:
        return {}
    header = grid.table.rows[grid.header]
    if len(header) != len(grid.table.rows[at]):
        return {}
    return {c.column: _full_title(grid.table, c) for c in header}


def _full_title(table: Table, title: TableCell) -> str:
    """With the words over it that stand over several: "Date: From"."""
    above = table.above(title.cell.row, title.column) if title.cell.row else None
    words = [" ".join(title.text.split())]
    if above is not None and len(above.text.split("\n")) <= MAX_TITLE_LINES and (
        title.cell.merged or title.cell.span < above.cell.span < table.width
    ):
        words.insert(0, " ".join(above.text.split()))
    return ": ".join(filter(None, words))


def _row_label(row: Sequence[TableCell]) -> str:
    """The first words of a row, an ordinal in front left out."""
    texts = [c.text for c in row if not c.empty and not c.cell.merged and not is_blank(c.text)]
    if not texts:
        return ""
    named = next((t for t in texts if not ORDINAL.fullmatch(t) and LETTER.search(t)), texts[0])
    named = without_markers(named).strip() or named
    return named.split("\n")[0][:MAX_HEADER] if len(named) <= MAX_LABEL else ""


def _names_cell(grid: Grid, left: TableCell) -> bool:
    if not _is_label(left) or (left.cell.row, left.cell.column) in grid.captions:
        return False
    if any(p.marks and not all(m.kind.value.startswith("control") for m in p.marks) for p in left.paragraphs):
        return False
    if MACHINE_TAG.search(left.text) or "<<" in left.text or "{" in left.text:
        return False  # what a program repeats or fills in, not a label
    known = grid.bordered and len(left.text.split()) <= MAX_KNOWN and tell_type(left.text) is not None
    return grid.outlined or left.text.rstrip().endswith(COLON) or known


def _under_banner(grid: Grid, at: int) -> Iterator[Finding]:
    """An empty row of one cell under a row of one cell with words."""
    cell = grid.table.rows[at][0]
    if at == 0 or not grid.outlined or not cell.empty:
        return
    above = grid.table.rows[at - 1]
    if len(above) == 1 and _is_label(above[0]):
        wide = grid.table.width > 1 or len(cell.paragraphs) > 1
        kind = FieldType.LONG_TEXT if wide and infer_type(above[0].text) is FieldType.TEXT else None
        yield _finding(cell, above[0].text, 0.75, kind)


def _under_label(grid: Grid, at: int, cell: TableCell) -> list[Finding]:
    """One empty row under a row of labels: each cell belongs to the label above it."""
    above = grid.table.above(at, cell.column)
    if at == 0 or not grid.outlined or above is None or not _is_label(above) or above.cell.row != cell.cell.row - 1:
        return []
    if above.cell.span == cell.cell.span:
        return [_finding(cell, above.text, 0.7)]
    part = title_part(grid.table, above, cell)
    return [_finding(cell, part, 0.7)] if part else []


def _over_label(grid: Grid, at: int, cell: TableCell) -> list[Finding]:
    """A line to sign on, drawn by the cell or the one below, with "Signature" or "Date" below it."""
    if not grid.outlined or at + 1 >= len(grid.table.rows):
        return []
    below = next((c for c in grid.table.rows[at + 1] if c.column == cell.column), None)
    if below is None or not (cell.cell.bordered or below.cell.bordered):
        return []
    if len(below.text) > MAX_CAPTION or not SIGNED.search(below.text):
        return []
    grid.captions.add((below.cell.row, below.cell.column))
    return [_finding(cell, below.text, 0.65)]
