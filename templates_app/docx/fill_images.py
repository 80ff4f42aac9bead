"""Pictures put in place, scaled, with the parts of the package they need."""

from __future__ import annotations

import hashlib
import posixpath
import struct
from dataclasses import dataclass

from lxml import etree

from . import errors
from .draft import Draft
from .model import FieldType
from .nodes import ancestor, detach
from .package import CONTENT_TYPES, W_STRICT, parse_xml, relationships_name

EMU_PER_INCH, EMU_PER_TWIP = 914_400, 635
DEFAULT_WIDTH = 6 * EMU_PER_INCH
MAX_HEIGHT = {FieldType.SIGNATURE: EMU_PER_INCH * 3 // 4}
TALLEST = 8 * EMU_PER_INCH
SCREEN_DPI = 96
PACKAGE_RELATIONSHIPS = "http://schemas.openxmlformats.org/package/2006/relationships"
TRANSITIONAL = {"r": "http://schemas.openxmlformats.org/officeDocument/2006/relationships",
                "wp": "http://schemas.openxmlformats.org/drawingml/2006/wordprocessingDrawing",
                "a": "http://schemas.openxmlformats.org/drawingml/2006/main",
                "pic": "http://schemas.openxmlformats.org/drawingml/2006/picture"}
STRICT = {"r": "http://purl.oclc.org/ooxml/officeDocument/relationships",
          "wp": "http://purl.oclc.org/ooxml/drawingml/wordprocessingDrawing",
          "a": "http://purl.oclc.org/ooxml/drawingml/main",
          "pic": "http://purl.oclc.org/ooxml/drawingml/picture"}
DRAWING = """<w:drawing xmlns:w="{w}" xmlns:r="{r}" xmlns:wp="{wp}" xmlns:a="{a}" xmlns:pic="{pic}">\
<wp:inline distT="0" distB="0" distL="0" distR="0"><wp:extent cx="{cx}" cy="{cy}"/>\
<wp:docPr id="{number}" name="Picture {number}" descr=""/><a:graphic><a:graphicData uri="{pic}"><pic:pic>\
<pic:nvPicPr><pic:cNvPr id="{number}" name="Picture {number}"/><pic:cNvPicPr/></pic:nvPicPr>\
<pic:blipFill><a:blip r:embed="{rid}"/><a:stretch><a:fillRect/></a:stretch></pic:blipFill>\
<pic:spPr><a:xfrm><a:off x="0" y="0"/><a:ext cx="{cx}" cy="{cy}"/></a:xfrm><a:prstGeom prst="rect"><a:avLst/>\
</a:prstGeom></pic:spPr>\
</pic:pic></a:graphicData></a:graphic></wp:inline></w:drawing>"""


@dataclass(frozen=True, slots=True)
class Picture:
    """A PNG or JPEG and its natural size in EMU."""

    data: bytes
    extension: str
    width: int
    height: int


def read_picture(data: bytes) -> Picture:
    """Raise FillError for anything but PNG and JPEG."""
    try:
        if data.startswith(b"\x89PNG\r\n\x1a\n"):
            return _png(data)
        if data.startswith(b"\xff\xd8"):
            return _jpeg(data)
    except (struct.error, ValueError) as error:
        raise errors.FillError("The picture is damaged.") from error
    raise errors.FillError("The picture is neither PNG nor JPEG.")


def _png(data: bytes) -> Picture:
    width, height = struct.unpack_from(">2L", data, 16)
    dpi = SCREEN_DPI
    found = data.find(b"pHYs", 24, 4096)
    if found > 0:
        per_metre, _, unit = struct.unpack_from(">2LB", data, found + 4)
        dpi = round(per_metre * 0.0254) if unit == 1 else dpi
    return _picture(data, "png", width, height, dpi)


def _jpeg(data: bytes) -> Picture:
    position = 2
    while True:
        marker, kind, length = struct.unpack_from(">BBH", data, position)
        if marker != 0xFF:
            raise ValueError("no marker")
        if 0xC0 <= kind <= 0xCF and kind not in (0xC4, 0xC8, 0xCC):
            height, width = struct.unpack_from(">2H", data, position + 5)
            return _picture(data, "jpeg", width, height, SCREEN_DPI)
        position += 2 + length


def _picture(data: bytes, extension: str, width: int, height: int, dpi: int) -> Picture:
    if not width or not height:
        raise ValueError("no size")
    dpi = dpi if 30 <= dpi <= 2400 else SCREEN_DPI
    return Picture(data, extension, width * EMU_PER_INCH // dpi, height * EMU_PER_INCH // dpi)


def fitted(picture: Picture, width: int, height: int, *, enlarge: bool = False) -> tuple[int, int]:
    """Width and height in EMU inside a box, the picture's proportions kept."""
    scale = min(width / picture.width, height / picture.height)
    scale = scale if enlarge else min(1.0, scale)
    return max(1, round(picture.width * scale)), max(1, round(picture.height * scale))


def swap_picture(draft: Draft, part: str, drawing: etree._Element, data: bytes) -> bool:
    """Show another picture in the frame of the one that stands there; False when there is none."""
    picture = read_picture(data)
    blip = next(drawing.iter("{*}blip"), None)
    if blip is None:
        return False
    names = _names(draft, part)
    blip.set(f"{{{names['r']}}}embed", add_picture(draft, part, picture))
    link = f"{{{names['r']}}}link"
    if link in blip.attrib:
        del blip.attrib[link]
    for crop in list(drawing.iter("{*}srcRect")):
        detach(crop)
    extents = [node for node in drawing.iter("{*}extent", "{*}ext") if node.get("cx") and node.get("cy")]
    if extents:
        cx, cy = fitted(picture, int(extents[0].get("cx", "1")), int(extents[0].get("cy", "1")), enlarge=True)
        for node in extents:
            node.set("cx", str(cx))
            node.set("cy", str(cy))
    return True


def new_drawing(draft: Draft, part: str, p: etree._Element, data: bytes, kind: FieldType) -> etree._Element:
    """A w:drawing in line with the text, no wider than its cell or its column."""
    picture, w = read_picture(data), draft.w(part)
    cx, cy = fitted(picture, _room(p, w), MAX_HEIGHT.get(kind, TALLEST))
    relationship, number = add_picture(draft, part, picture), draft.fresh_id("drawing")
    text = DRAWING.format(w=w[1:-1], cx=cx, cy=cy, number=number, rid=relationship, **_names(draft, part))
    return etree.fromstring(text)


def _names(draft: Draft, part: str) -> dict[str, str]:
    return STRICT if draft.w(part) == W_STRICT else TRANSITIONAL


def _room(p: etree._Element, w: str) -> int:
    """Width of the cell, or of the page without its margins."""
    cell = ancestor(p, w + "tc")
    if cell is not None:
        width = cell.find(f"{w}tcPr/{w}tcW")
        fixed = width is not None and width.get(w + "type", "dxa") == "dxa"
        return max(_number(width, w + "w") * EMU_PER_TWIP, EMU_PER_INCH // 4) if fixed else 2 * EMU_PER_INCH
    page = next(p.getroottree().getroot().iter(w + "sectPr"), None)
    size, margin = (page.find(w + "pgSz"), page.find(w + "pgMar")) if page is not None else (None, None)
    twips = _number(size, w + "w") - _number(margin, w + "left") - _number(margin, w + "right")
    return twips * EMU_PER_TWIP if twips > 0 else DEFAULT_WIDTH


def _number(element: etree._Element | None, name: str) -> int:
    try:
        return int(element.get(name) or 0) if element is not None else 0
    except ValueError:
        return 0


def add_picture(draft: Draft, part: str, picture: Picture) -> str:
    """Add the part, its content type and the relationship from ``part``; returns the relationship's id."""
    folder = posixpath.dirname(draft.package.main_part)
    name = posixpath.join(folder, "media", f"dna-{hashlib.sha256(picture.data).hexdigest()[:16]}.{picture.extension}")
    if name not in draft.package.names:
        draft.added[name] = picture.data
        _add_content_type(draft, picture.extension)
    return _relate(draft, part, name)


def _relate(draft: Draft, part: str, target: str) -> str:
    name = draft.package.find(relationships_name(part)) or relationships_name(part)
    root = _index(draft, name, f'<Relationships xmlns="{PACKAGE_RELATIONSHIPS}"/>')
    address = "/" + target
    known = next((r.get("Id", "") for r in root if r.get("Target") == address), None)
    if known is not None:
        return known
    taken = {relationship.get("Id") for relationship in root}
    number = next(n for n in range(1, 1_000_000) if f"rIdDna{n}" not in taken)
    etree.SubElement(root, f"{{{PACKAGE_RELATIONSHIPS}}}Relationship", Id=f"rIdDna{number}",
                     Type=_names(draft, part)["r"] + "/image", Target=address)
    draft.put(name, root)
    return f"rIdDna{number}"


def _add_content_type(draft: Draft, extension: str) -> None:
    name = draft.package.find(CONTENT_TYPES) or CONTENT_TYPES
    root = _index(draft, name, "")
    if any((entry.get("Extension") or "").lower() == extension for entry in root):
        return
    default = root.makeelement(root.tag.rpartition("}")[0] + "}Default")
    default.set("Extension", extension)
    default.set("ContentType", f"image/{extension}")
    root.insert(0, default)
    draft.put(name, root)


def _index(draft: Draft, name: str, empty: str) -> etree._Element:
    """The tree of a relationships or content types part as changed so far."""
    touched = draft.touched(name)
    if touched is not None:
        return touched
    data = draft.package.read_index(name) if name in draft.package.names else empty.encode()
    return parse_xml(data, max_elements=100_000)
