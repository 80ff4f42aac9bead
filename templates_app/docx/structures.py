"""Word's own structures in a paragraph - controls and fields - with the span each covers, as filling finds them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum

from lxml import etree

from .nodes import W14
from .text import FALLBACK, pieces


class Kind(StrEnum):
    """How a structure is filled."""

    CONTROL = "control"
    CHECKBOX_CONTROL = "checkbox_control"
    PICTURE_CONTROL = "picture_control"
    FORM_TEXT = "form_text"
    FORM_CHECKBOX = "form_checkbox"
    FORM_DROPDOWN = "form_dropdown"
    MERGE = "merge"
    PROMPT = "prompt"
    PROPERTY = "property"
    OTHER = "other"                    # any other field: its result may be replaced, its code stays


BOXES = frozenset({Kind.CHECKBOX_CONTROL, Kind.FORM_CHECKBOX})
CODES = {"FORMTEXT": Kind.FORM_TEXT, "FORMCHECKBOX": Kind.FORM_CHECKBOX, "FORMDROPDOWN": Kind.FORM_DROPDOWN,
         "MERGEFIELD": Kind.MERGE, "MACROBUTTON": Kind.PROMPT}
PROPERTIES = frozenset({"DOCPROPERTY", "DOCVARIABLE", "AUTHOR", "TITLE", "SUBJECT", "KEYWORDS", "COMMENTS"})


@dataclass(slots=True)
class Structure:
    """One control or field. ``node`` is the w:sdt, the w:fldSimple or the w:fldChar that begins a complex field."""

    kind: Kind
    node: etree._Element
    start: int
    end: int
    code: str = ""
    separate: etree._Element | None = None
    stop: etree._Element | None = None

    @property
    def is_control(self) -> bool:
        return self.kind in (Kind.CONTROL, Kind.CHECKBOX_CONTROL, Kind.PICTURE_CONTROL)


def structures(p: etree._Element, w: str) -> list[Structure]:
    """Those that begin in the paragraph itself, inner ones first; one that ends later covers the rest of it."""
    walk = _Walk(p, w)
    walk.inside(p)
    for structure in walk.open:
        structure.end = walk.position
        walk.close(structure)
    return walk.found


class _Walk:
    """Runs through a paragraph once and keeps the position in its visible text."""

    def __init__(self, p: etree._Element, w: str) -> None:
        self.w = w
        self.ends = {piece.node: piece.end for piece in pieces(p, w)}
        self.hidden = frozenset({w + "p", w + "del", w + "moveFrom", w + "pPr", w + "rPr", w + "sdtPr", FALLBACK})
        self.position = 0
        self.open: list[Structure] = []
        self.found: list[Structure] = []

    def inside(self, parent: etree._Element) -> None:
        for node in parent:
            if isinstance(node.tag, str) and node.tag not in self.hidden:
                self.visit(node)

    def visit(self, node: etree._Element) -> None:
        w = self.w
        if node in self.ends:
            self.position = self.ends[node]
        elif node.tag == w + "fldChar":
            self.field_char(node)
        elif node.tag == w + "instrText" and self.open and self.open[-1].separate is None:
            self.open[-1].code += node.text or ""
        elif node.tag in (w + "sdt", w + "fldSimple"):
            structure = Structure(Kind.OTHER, node, self.position, self.position, node.get(w + "instr") or "")
            self.inside(node)
            structure.end = self.position
            self.close(structure)
        else:
            self.inside(node)

    def field_char(self, node: etree._Element) -> None:
        kind = node.get(self.w + "fldCharType")
        if kind == "begin":
            self.open.append(Structure(Kind.OTHER, node, self.position, self.position))
        elif kind == "separate" and self.open:
            self.open[-1].separate = node
        elif kind == "end" and self.open:
            structure = self.open.pop()
            structure.stop, structure.end = node, self.position
            self.close(structure)

    def close(self, structure: Structure) -> None:
        is_control = structure.node.tag == self.w + "sdt"
        structure.kind = control_kind(structure.node, self.w) if is_control else field_kind(structure.code)
        self.found.append(structure)


def control_kind(sdt: etree._Element, w: str) -> Kind:
    properties = sdt.find(w + "sdtPr")
    if properties is None:
        return Kind.CONTROL
    if properties.find(W14 + "checkbox") is not None:
        return Kind.CHECKBOX_CONTROL
    return Kind.PICTURE_CONTROL if properties.find(w + "picture") is not None else Kind.CONTROL


def field_kind(code: str) -> Kind:
    word = (code.split() or [""])[0].upper()
    return CODES.get(word, Kind.PROPERTY if word in PROPERTIES else Kind.OTHER)


def controls_around(p: etree._Element, w: str) -> Iterator[etree._Element]:
    """Controls around the paragraph, its cell or its row, nearest first; those outside its text box do not count."""
    for node in p.iterancestors():
        if node.tag == w + "txbxContent":
            return
        if node.tag == w + "sdt":
            yield node
