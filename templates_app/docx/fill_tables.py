"""Record tables: one row for each record, in the empty rows first, then in copies of the last of them."""

from __future__ import annotations

import re
from collections.abc import Sequence
from copy import deepcopy
from dataclasses import dataclass

from lxml import etree

from . import errors
from .draft import PARAGRAPH_IDS, Draft
from .fill_text import replace_text
from .model import Anchor, Field
from .nodes import ancestor, detach
from .properties import drop_property
from .text import paragraph_text
from .values import Row, Scalar, cells_of, column_fields

W15_BINDING = "{http://schemas.microsoft.com/office/word/2012/wordml}dataBinding"
ROW_ONLY = ("bookmarkStart", "bookmarkEnd", "commentRangeStart", "commentRangeEnd", "commentReference",
            "permStart", "permEnd")
COUNTED = re.compile(r"(.*?)(\d{1,6})([.)]?)\s*", re.DOTALL)
DRAWING_ID = "{http://schemas.openxmlformats.org/drawingml/2006/wordprocessingDrawing}docPr"


@dataclass(frozen=True, slots=True)
class CellPlace:
    """Where one cell of one record goes. ``anchor`` is that of its column in the first row; the span holds in ``p``."""

    field: Field                       # the column, as a field of its own
    anchor: Anchor
    p: etree._Element
    span: tuple[int, int]
    value: Scalar
    row: int
    added: bool                        # whether its row was cloned for it


def record_places(draft: Draft, field: Field, rows: Sequence[Row]) -> list[CellPlace]:
    """The places of all cells; rows the table lacks are added to it, before anything is written."""
    if not rows:
        return []
    part = field.anchors[0].part
    cells = [draft.paragraph(anchor) for anchor in field.anchors]
    w = draft.w(part)
    texts = [paragraph_text(p, w) for p in cells]
    first = _row_of(field, cells, w)
    within = [list(first.iter(w + "p")).index(p) for p in cells]
    lines = _lines(draft, first, within, w, len(rows))
    columns = column_fields(field)
    places = []
    for number, ((line, added), record) in enumerate(zip(lines, rows, strict=True)):
        paragraphs = list(line.iter(w + "p"))
        values = cells_of(field, record)
        for column, index, text, value in zip(columns, within, texts, values, strict=True):
            if value is not None:
                p, anchor = paragraphs[index], column.anchors[0]
                span = _span(anchor, text, paragraph_text(p, w))
                places.append(CellPlace(column, anchor, p, span, value, number, added))
    return places


def _span(anchor: Anchor, first: str, here: str) -> tuple[int, int]:
    """The anchor's span where the same text stands, all of the text (white space) elsewhere."""
    return (anchor.start, anchor.end) if here == first else (0, len(here))


def _row_of(field: Field, cells: list[etree._Element], w: str) -> etree._Element:
    """The row all cells stand in, with the control around it if there is one for this row alone."""
    rows = {next(p.iterancestors(w + "tr"), None) for p in cells}
    row = rows.pop()
    if row is None or rows:
        raise errors.FillError(f"The places of “{field.label}” ({field.key}) do not stand in one table row.")
    around = row.getparent()
    control = around.getparent() if around is not None and around.tag == w + "sdtContent" else None
    return control if control is not None and len(around) == 1 else row  # type: ignore[arg-type]


def _lines(draft: Draft, first: etree._Element, within: list[int], w: str,
           count: int) -> list[tuple[etree._Element, bool]]:
    """As many rows as there are records, and whether each was added: the first, the empty ones behind it, copies."""
    lines = [first]
    following = first.getnext()
    while len(lines) < count and following is not None and _is_like(following, first, within, w):
        lines.append(following)
        following = following.getnext()
    there, pattern = len(lines), deepcopy(lines[-1])
    counters = _counters(lines, within, w)
    while len(lines) < count:
        copy = _fresh(draft, deepcopy(pattern), w)
        _continue_merges(copy, within, w)
        _count_on(copy, counters, len(lines) - there + 1, w)
        copy.tail = lines[-1].tail
        lines[-1].addnext(copy)
        lines.append(copy)
    return [(line, number >= there) for number, line in enumerate(lines)]


def _counters(lines: Sequence[etree._Element], within: list[int], w: str) -> dict[int, re.Match[str]]:
    """Paragraphs outside the record's cells that number the rows ("1." alone, or "R-07" below "R-06")."""
    found: dict[int, re.Match[str]] = {}
    rows = [[paragraph_text(p, w) for p in line.iter(w + "p")] for line in lines[-2:]]
    for index, text in enumerate(rows[-1]):
        match, before = COUNTED.fullmatch(text), COUNTED.fullmatch(rows[0][index])
        if index in within or match is None or before is None:
            continue
        alone = len(rows) == 1 and not match[1] and match[2] == "1"
        if alone or (match[1] == before[1] and int(match[2]) == int(before[2]) + 1):
            found[index] = match
    return found


def _count_on(row: etree._Element, counters: dict[int, re.Match[str]], further: int, w: str) -> None:
    paragraphs = list(row.iter(w + "p"))
    for index, match in counters.items():
        replace_text(paragraphs[index], w, *match.span(2), str(int(match[2]) + further).zfill(len(match[2])))


def _continue_merges(row: etree._Element, within: list[int], w: str) -> None:
    """Cells that begin to span rows downwards go on in the copy, and say nothing there."""
    records = {list(row.iter(w + "p"))[index] for index in within}
    for merge in [m for m in row.iter(w + "vMerge") if m.get(w + "val") == "restart"]:
        cell = ancestor(merge, w + "tc")
        paragraphs = list(cell.iter(w + "p")) if cell is not None else []
        if records.isdisjoint(paragraphs):
            del merge.attrib[w + "val"]
            for node in [node for p in paragraphs for node in p if node.tag != w + "pPr"]:
                detach(node)


def _is_like(line: etree._Element, first: etree._Element, within: list[int], w: str) -> bool:
    """Whether a row has the same cells and, where records go, nothing or what the first row has there."""
    theirs, ours = list(line.iter(w + "p")), list(first.iter(w + "p"))
    cells = len(list(line.iter(w + "tc"))) == len(list(first.iter(w + "tc")))
    if line.tag != first.tag or len(theirs) != len(ours) or not cells:
        return False
    texts = ((paragraph_text(theirs[index], w), paragraph_text(ours[index], w)) for index in within)
    return all(not text.strip() or text == own for text, own in texts)


def _fresh(draft: Draft, row: etree._Element, w: str) -> etree._Element:
    """A copy without what may exist once only, and with ids of its own; bound to the data of the row it is like, its
    controls would all show that row's values.
    """
    for node in list(row.iter(*(w + name for name in ROW_ONLY))):
        detach(node)
    for node in row.iter():
        for name in PARAGRAPH_IDS:
            if node.get(name) is not None:
                node.set(name, f"{draft.fresh_id('paragraph'):08X}")
        if node.tag == DRAWING_ID:
            node.set("id", str(draft.fresh_id("drawing")))
    for header in list(row.iter(w + "tblHeader")):
        detach(header)
    for properties in row.iter(w + "sdtPr"):
        drop_property(properties, w + "dataBinding", W15_BINDING)
        for number in properties.findall(w + "id"):
            number.set(w + "val", str(draft.fresh_id("control")))
    return row
