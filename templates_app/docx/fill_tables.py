"""Record tables: one row for each record, in the empty rows first, then in copies of the first one."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from copy import deepcopy
from dataclasses import dataclass

from lxml import etree

from . import errors
from .draft import PARAGRAPH_IDS, Draft
from .model import Anchor, Field
from .nodes import detach
from .text import paragraph_text
from .values import Row, Scalar

ROW_ONLY = ("bookmarkStart", "bookmarkEnd", "commentRangeStart", "commentRangeEnd", "commentReference",
            "permStart", "permEnd")
DRAWING_ID = "{http://schemas.openxmlformats.org/drawingml/2006/wordprocessingDrawing}docPr"


@dataclass(frozen=True, slots=True)
class CellPlace:
    """Where one cell of one record goes. ``anchor`` is that of its column in the first row; the span holds in ``p``."""

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
    places = []
    for number, ((line, added), record) in enumerate(zip(lines, rows, strict=True)):
        paragraphs = list(line.iter(w + "p"))
        values = _cells(field, record)
        for anchor, index, text, value in zip(field.anchors, within, texts, values, strict=True):
            if value is not None:
                p = paragraphs[index]
                places.append(CellPlace(anchor, p, _span(anchor, text, paragraph_text(p, w)), value, number, added))
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


def _cells(field: Field, record: Row) -> list[Scalar]:
    """A record's values in the order of the anchors; columns and anchors run parallel."""
    if isinstance(record, Mapping):
        keys = [column.key for column in field.columns][:len(field.anchors)]
        values = [record.get(key) for key in keys]
    else:
        values = list(record)[:len(field.anchors)]
    return values + [None] * (len(field.anchors) - len(values))


def _lines(draft: Draft, first: etree._Element, within: list[int], w: str,
           count: int) -> list[tuple[etree._Element, bool]]:
    """As many rows as there are records, and whether each was added: the first, the empty ones behind it, copies."""
    lines = [first]
    following = first.getnext()
    while len(lines) < count and following is not None and _is_like(following, first, within, w):
        lines.append(following)
        following = following.getnext()
    there, pattern = len(lines), deepcopy(first)
    while len(lines) < count:
        copy = _fresh(draft, deepcopy(pattern), w)
        copy.tail = lines[-1].tail
        lines[-1].addnext(copy)
        lines.append(copy)
    return [(line, number >= there) for number, line in enumerate(lines)]


def _is_like(line: etree._Element, first: etree._Element, within: list[int], w: str) -> bool:
    """Whether a row has the same cells and, where records go, nothing or what the first row has there."""
    theirs, ours = list(line.iter(w + "p")), list(first.iter(w + "p"))
    cells = len(list(line.iter(w + "tc"))) == len(list(first.iter(w + "tc")))
    if line.tag != first.tag or len(theirs) != len(ours) or not cells:
        return False
    texts = ((paragraph_text(theirs[index], w), paragraph_text(ours[index], w)) for index in within)
    return all(not text.strip() or text == own for text, own in texts)


def _fresh(draft: Draft, row: etree._Element, w: str) -> etree._Element:
    """A copy without what may exist once only, and with ids of its own."""
    for node in list(row.iter(*(w + name for name in ROW_ONLY))):
        detach(node)
    for node in row.iter():
        for name in PARAGRAPH_IDS:
            if node.get(name) is not None:
                node.set(name, f"{draft.fresh_id('paragraph'):08X}")
        if node.tag == DRAWING_ID:
            node.set("id", str(draft.fresh_id("drawing")))
    for properties in row.iter(w + "sdtPr"):
        for number in properties.findall(w + "id"):
            number.set(w + "val", str(draft.fresh_id("control")))
    return row
