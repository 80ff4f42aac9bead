"""How much room a place has for a picture: the cell, the text box or the column of the page around it."""

from __future__ import annotations

from collections.abc import Iterator

from lxml import etree

from .nodes import ancestor
from .styles import whole

EMU_PER_INCH, EMU_PER_TWIP = 914_400, 635
DEFAULT_WIDTH, TALLEST = 6 * EMU_PER_INCH, 8 * EMU_PER_INCH
NARROWEST = EMU_PER_INCH // 4
CELL_MARGIN_TWIPS = 108                # left and right of a cell, where the table says nothing
BOX_INSET = EMU_PER_INCH // 10         # left and right in a text box, where it says nothing
MAX_GRID_COLUMNS = 63


def room_width(p: etree._Element, w: str, main: etree._Element) -> int:
    """Width in EMU. ``main`` is the root of the main part, where the pages are described."""
    cell, box = ancestor(p, w + "tc"), ancestor(p, w + "txbxContent")
    in_box = box is not None and (cell is None or (box in p.iterancestors() and cell in box.iterancestors()))
    if in_box and box is not None:
        width = _box_width(box)
    elif cell is not None:
        width = _cell_width(cell, w)
    else:
        width = _page_width(p, w, main)
    return max(width - _indents(p, w) * EMU_PER_TWIP, NARROWEST)


def room_height(p: etree._Element, w: str) -> int:
    """A row of exact height would cut off what is taller."""
    row = ancestor(p, w + "tr")
    height = row.find(f"{w}trPr/{w}trHeight") if row is not None else None
    exact = height is not None and height.get(w + "hRule") == "exact"
    return max(_number(height, w + "val") * EMU_PER_TWIP, NARROWEST) if exact else TALLEST


def _cell_width(cell: etree._Element, w: str) -> int:
    """Without its margins, from the cell itself or the grid of its table; two inches where neither says anything."""
    table = ancestor(cell, w + "tbl")
    width = cell.find(f"{w}tcPr/{w}tcW")
    twips = _number(width, w + "w") if width is not None and width.get(w + "type", "dxa") == "dxa" else 0
    twips = twips or (_grid_width(cell, table, w) if table is not None else 0)
    if not twips:
        return 2 * EMU_PER_INCH
    margins = sum(_margin(cell, table, w, side) for side in ("left", "right"))
    return (twips - margins) * EMU_PER_TWIP


def _grid_width(cell: etree._Element, table: etree._Element, w: str) -> int:
    columns = [_number(column, w + "w") for column in table.findall(f"{w}tblGrid/{w}gridCol")]
    row = ancestor(cell, w + "tr")
    before = [other for other in row.iter(w + "tc") if ancestor(other, w + "tr") is row] if row is not None else []
    start = sum(_span(other, w) for other in before[:before.index(cell)]) if cell in before else 0
    return sum(columns[start:start + _span(cell, w)])


def _span(cell: etree._Element, w: str) -> int:
    return min(max(_number(cell.find(f"{w}tcPr/{w}gridSpan"), w + "val"), 1), MAX_GRID_COLUMNS)


def _margin(cell: etree._Element, table: etree._Element | None, w: str, side: str) -> int:
    names = (side, "start" if side == "left" else "end")
    for holder, path in ((cell, f"{w}tcPr/{w}tcMar"), (table, f"{w}tblPr/{w}tblCellMar")):
        for name in names:
            margin = holder.find(f"{path}/{w}{name}") if holder is not None else None
            if margin is not None:
                return _number(margin, w + "w")
    return CELL_MARGIN_TWIPS


def _box_width(box: etree._Element) -> int:
    """Of the shape around a text box, where it is given in DrawingML."""
    frame = next(box.iterancestors("{*}inline", "{*}anchor"), None)
    extent = frame.find("{*}extent") if frame is not None else None
    width = whole(extent.get("cx")) if extent is not None else None
    return (width - 2 * BOX_INSET) if width else 2 * EMU_PER_INCH


def _page_width(p: etree._Element, w: str, main: etree._Element) -> int:
    """Of the column of the section the paragraph is in; for headers of the narrowest section."""
    body = p.getroottree().getroot()
    sections = list(main.iter(w + "sectPr"))
    if body is main:
        sections = [next(_sections_from(p, w), sections[-1])] if sections else []
    return min((_column_width(section, w) for section in sections), default=DEFAULT_WIDTH)


def _sections_from(p: etree._Element, w: str) -> Iterator[etree._Element]:
    """The w:sectPr that end the section of a paragraph and those behind it."""
    yield from p.iter(w + "sectPr")
    for node in (p, *p.iterancestors()):
        for sibling in node.itersiblings():
            yield from sibling.iter(w + "sectPr")


def _column_width(section: etree._Element, w: str) -> int:
    size, margin, columns = (section.find(w + name) for name in ("pgSz", "pgMar", "cols"))
    twips = _number(size, w + "w") - _number(margin, w + "left") - _number(margin, w + "right")
    count = min(max(_number(columns, w + "num"), 1), MAX_GRID_COLUMNS)
    twips = (twips - (count - 1) * _number(columns, w + "space")) // count
    return twips * EMU_PER_TWIP if twips > 0 else DEFAULT_WIDTH


def _indents(p: etree._Element, w: str) -> int:
    own = p.find(f"{w}pPr/{w}ind")
    pairs = (("left", "start"), ("right", "end"))
    return sum(max(_number(own, w + one) or _number(own, w + other), 0) for one, other in pairs)


def _number(element: etree._Element | None, name: str) -> int:
    return whole(element.get(name)) or 0 if element is not None else 0
