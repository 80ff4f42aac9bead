"""Pictures put in place, scaled, with the parts of the package they need."""

from __future__ import annotations

import hashlib
import posixpath
import struct
from collections.abc import Callable
from dataclasses import dataclass

from lxml import etree

from . import errors
from .draft import Draft
from .fill_room import EMU_PER_INCH, TALLEST, room_height, room_width
from .model import FieldType
from .nodes import detach
from .package import W_STRICT
from .package_parts import add_default_type, office_relationships, relate

MAX_HEIGHT = {FieldType.SIGNATURE: EMU_PER_INCH * 3 // 4}
SCREEN_DPI = 96
TRANSITIONAL = {"wp": "http://schemas.openxmlformats.org/drawingml/2006/wordprocessingDrawing",
                "a": "http://schemas.openxmlformats.org/drawingml/2006/main",
                "pic": "http://schemas.openxmlformats.org/drawingml/2006/picture"}
STRICT = {"wp": "http://purl.oclc.org/ooxml/drawingml/wordprocessingDrawing",
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
    """A PNG, JPEG or GIF and its natural size in EMU."""

    data: bytes
    extension: str
    width: int
    height: int


def read_picture(data: bytes) -> Picture:
    """Raise FillError for anything but PNG, JPEG and GIF."""
    try:
        for beginning, read in READERS:
            if data.startswith(beginning):
                return read(data)
    except (struct.error, ValueError) as error:
        raise errors.FillError("The picture is damaged.") from error
    raise errors.FillError("The picture is neither PNG, JPEG nor GIF.")


def _png(data: bytes) -> Picture:
    width, height = struct.unpack_from(">2L", data, 16)
    dpi = SCREEN_DPI
    found = data.find(b"pHYs", 24, 4096)
    if found > 0:
        per_metre, _, unit = struct.unpack_from(">2LB", data, found + 4)
        dpi = round(per_metre * 0.0254) if unit == 1 else dpi
    return _picture(data, "png", width, height, dpi)


def _jpeg(data: bytes) -> Picture:
    position, dpi = 2, SCREEN_DPI
    while True:
        marker, kind, length = struct.unpack_from(">BBH", data, position)
        if marker != 0xFF:
            raise ValueError("no marker")
        if kind == 0xE0 and data[position + 4:position + 9] == b"JFIF\0":
            unit, density = struct.unpack_from(">BH", data, position + 11)
            dpi = {1: density, 2: round(density * 2.54)}.get(unit, dpi)
        if 0xC0 <= kind <= 0xCF and kind not in (0xC4, 0xC8, 0xCC):
            height, width = struct.unpack_from(">2H", data, position + 5)
            return _picture(data, "jpeg", width, height, dpi)
        position += 2 + length


def _gif(data: bytes) -> Picture:
    width, height = struct.unpack_from("<2H", data, 6)
    return _picture(data, "gif", width, height, SCREEN_DPI)


READERS: tuple[tuple[bytes, Callable[[bytes], Picture]], ...] = (
    (b"\x89PNG\r\n\x1a\n", _png), (b"\xff\xd8", _jpeg), (b"GIF87a", _gif), (b"GIF89a", _gif))


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
    page = draft.root(draft.package.main_part)
    cx, cy = fitted(picture, room_width(p, w, page), min(MAX_HEIGHT.get(kind, TALLEST), room_height(p, w)))
    relationship, number = add_picture(draft, part, picture), draft.fresh_id("drawing")
    text = DRAWING.format(w=w[1:-1], cx=cx, cy=cy, number=number, rid=relationship, **_names(draft, part))
    return etree.fromstring(text)


def _names(draft: Draft, part: str) -> dict[str, str]:
    names = STRICT if draft.w(part) == W_STRICT else TRANSITIONAL
    return {**names, "r": office_relationships(draft, part)}


def add_picture(draft: Draft, part: str, picture: Picture) -> str:
    """Add the part, its content type and the relationship from ``part``; returns the relationship's id."""
    folder = posixpath.dirname(draft.package.main_part)
    name = posixpath.join(folder, "media", f"dna-{hashlib.sha256(picture.data).hexdigest()[:16]}.{picture.extension}")
    if name not in draft.package.names:
        draft.added[name] = picture.data
        add_default_type(draft, picture.extension, f"image/{picture.extension}")
    return relate(draft, part, "image", name)
