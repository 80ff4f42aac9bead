"""Styles of a document, resolved along ``w:basedOn`` into what reading needs."""

from __future__ import annotations

import re
from dataclasses import dataclass, field, replace
from typing import Any

from .package import Package
from .stream import local
from .text import namespace

Element = Any  # lxml elements: their stubs do not know iteration over mixed nodes

HEADING_NAME = re.compile(r"heading\s?([1-9])")
OFF = {"0", "false", "off"}


@dataclass(frozen=True, slots=True)
class Look:
    """How text looks; None where nothing is said, so that one look can be laid over another."""

    bold: bool | None = None
    italic: bool | None = None
    underline: bool | None = None
    hidden: bool | None = None
    caps: bool | None = None
    highlighted: bool | None = None
    color: str | None = None
    size: float | None = None
    style: str | None = None

    def over(self, base: Look) -> Look:
        if self is PLAIN:
            return base
        if base is PLAIN:
            return self
        pairs = ((mine, theirs) for mine, theirs in zip(_values(self), _values(base), strict=True))
        return Look(*(theirs if mine is None else mine for mine, theirs in pairs))


def _values(look: Look) -> tuple[Any, ...]:
    return (
        look.bold,
        look.italic,
        look.underline,
        look.hidden,
        look.caps,
        look.highlighted,
        look.color,
        look.size,
        look.style,
    )


PLAIN = Look()


@dataclass(frozen=True, slots=True)
class Style:
    """One paragraph, character or table style with everything it inherits."""

    name: str = ""
    kind: str = "paragraph"
    level: int | None = None  # outline level 1–9
    heading: bool = False  # named "heading n" itself or through its base
    num_id: str | None = None
    num_level: int | None = None
    look: Look = PLAIN
    centered: bool = False
    ruled: bool = False  # some tab of it draws a line
    bordered: bool = False  # of a table


@dataclass(slots=True)
class Styles:
    """All styles of a file by id. Files define far more of them than they use, so each is resolved when asked for."""

    default: Style = Style()
    language: str = ""
    w: str = ""
    elements: dict[str, Element] = field(default_factory=dict)
    ground: Style = Style()
    resolved: dict[str, Style] = field(default_factory=dict)

    def get(self, style_id: str | None) -> Style:
        """The style; the default one under that name where the file does not define it."""
        if style_id is None:
            return self.default
        return self.find(style_id) or replace(self.default, name=style_id)

    def find(self, style_id: str) -> Style | None:
        if style_id not in self.resolved and style_id in self.elements:
            _resolve(style_id, self.elements, self.resolved, self.ground, self.w)
        return self.resolved.get(style_id)


def read_styles(package: Package) -> Styles:
    part = package.related(package.main_part, "styles")
    if part is None:
        return Styles()
    root = package.xml(part)
    w = namespace(root)
    elements = {sid: el for el in root.iter(w + "style") if (sid := el.get(w + "styleId"))}
    ground = Style(look=read_look(root.find(f"{w}docDefaults/{w}rPrDefault/{w}rPr"), w))
    styles = Styles(ground, _language(root, w), w, elements, ground)
    default = next((sid for sid, el in elements.items() if _is_default(el, w)), "")
    if (base := styles.find(default)) is not None:
        styles.default = replace(base, name="")
    return styles


def _is_default(element: Element, w: str) -> bool:
    return element.get(w + "type") == "paragraph" and element.get(w + "default") in ("1", "true", "on")


def _language(root: Element, w: str) -> str:
    lang = root.find(f"{w}docDefaults/{w}rPrDefault/{w}rPr/{w}lang")
    return (lang.get(w + "val") or "") if lang is not None else ""


def _resolve(style_id: str, elements: dict[str, Element], resolved: dict[str, Style], ground: Style, w: str) -> None:
    """Resolve a style and its bases; a cycle of bases is cut where it closes."""
    chain: dict[str, None] = {}
    current: str | None = style_id
    while current is not None and current in elements and current not in resolved and current not in chain:
        chain[current] = None
        base = elements[current].find(w + "basedOn")
        current = base.get(w + "val") if base is not None else None
    parent = resolved.get(current, ground) if current is not None else ground
    for sid in reversed(chain):
        if parent is ground and elements[sid].get(w + "type") == "character":
            parent = Style()  # a character style adds to its paragraph, whose size stays
        parent = resolved[sid] = _lay_over(parent, elements[sid], sid, w)


def _lay_over(base: Style, element: Element, style_id: str, w: str) -> Style:
    name = value_of(element.find(w + "name"), w) or style_id
    named = HEADING_NAME.fullmatch(name.casefold())
    properties = element.find(w + "pPr")
    level = int(named[1]) if named else base.level
    style = replace(
        base,
        name=name,
        kind=element.get(w + "type") or "paragraph",
        level=level,
        heading=bool(named) or base.heading,
        look=read_look(element.find(w + "rPr"), w).over(base.look),
    )
    if properties is not None:
        style = _with_paragraph_properties(style, properties, w)
    table = element.find(w + "tblPr")
    if table is not None and (borders := table.find(w + "tblBorders")) is not None:
        style = replace(style, bordered=has_border(borders, w))
    return style


def _with_paragraph_properties(style: Style, properties: Element, w: str) -> Style:
    outline = whole(value_of(properties.find(w + "outlineLvl"), w))
    if outline is not None:
        style = replace(style, level=outline + 1 if 0 <= outline < 9 else None)
    align = value_of(properties.find(w + "jc"), w)
    if align:
        style = replace(style, centered=align == "center")
    tabs = properties.find(w + "tabs")
    if tabs is not None and has_leader(tabs, w):
        style = replace(style, ruled=True)
    numbering = properties.find(w + "numPr")
    if numbering is not None:
        num_id = value_of(numbering.find(w + "numId"), w)
        level = whole(value_of(numbering.find(w + "ilvl"), w))
        style = replace(
            style,
            num_id=num_id if num_id is not None else style.num_id,
            num_level=level if level is not None else style.num_level,
        )
    return style


def has_border(borders: Element, w: str) -> bool:
    return any((side.get(w + "val") or "nil") not in ("nil", "none") for side in borders)


def has_leader(tabs: Element, w: str) -> bool:
    """Whether a tab fills the way to its stop with a line or dots."""
    return any((tab.get(w + "leader") or "none") != "none" for tab in tabs)


def value_of(element: Element | None, w: str) -> str | None:
    return element.get(w + "val") if element is not None else None


def whole(value: str | None) -> int | None:
    """The value as an integer; None when it is none, whatever stands there."""
    try:
        return int(value) if value is not None else None
    except ValueError:
        return None


def is_on(element: Element, w: str) -> bool:
    return (element.get(w + "val") or "1") not in OFF


def read_look(properties: Element | None, w: str) -> Look:
    """The look that a ``w:rPr`` states; character styles are named, not resolved."""
    if properties is None:
        return PLAIN
    stated: dict[str, Any] = {}
    for child in properties:
        reader = READERS.get(local(child.tag))
        if reader is not None:
            name, read = reader
            stated[name] = read(child, w)
    return Look(**stated) if stated else PLAIN


def _color(element: Element, w: str) -> str:
    value = element.get(w + "val") or ""
    return "" if value == "auto" else value.upper()


def _size(element: Element, w: str) -> float | None:
    try:
        return float(element.get(w + "val")) / 2
    except (TypeError, ValueError):
        return None


def _is_set(element: Element, w: str) -> bool:
    return (element.get(w + "val") or "none") != "none"


SHADES_OF_GREY = re.compile(r"([0-9A-F]{2})\1\1", re.IGNORECASE)


def _shaded(element: Element, w: str) -> bool | None:
    """Shading of text reads as highlighting when it is a colour, not white or grey."""
    fill = element.get(w + "fill") or "auto"
    return None if fill == "auto" or SHADES_OF_GREY.fullmatch(fill) else True


READERS: dict[str, tuple[str, Any]] = {
    "b": ("bold", is_on),
    "i": ("italic", is_on),
    "u": ("underline", _is_set),
    "vanish": ("hidden", is_on),
    "caps": ("caps", is_on),
    "highlight": ("highlighted", _is_set),
    "color": ("color", _color),
    "sz": ("size", _size),
    "rStyle": ("style", lambda element, w: element.get(w + "val")),
    "shd": ("highlighted", _shaded),
}
