"""Addresses: which paragraphs count, what their visible text is, and which node holds which stretch of it.

``model.Anchor`` says the rules; reading, filling and the checks all take them from here.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache

from lxml import etree

from .package import W_STRICT, W_TRANSITIONAL

MC = "{http://schemas.openxmlformats.org/markup-compatibility/2006}"
CHOICE, FALLBACK = MC + "Choice", MC + "Fallback"
EMPTY_BOX, CHECKED_BOX, UNKNOWN_SYMBOL = "\u2610", "\u2612", "\ufffc"
EMPTY_BOX_CODES = frozenset({"F06F", "F070", "F071", "F072", "F0A8", "2610", "2751", "25A1"})  # Wingdings and its kin
CHECKED_BOX_CODES = frozenset({"F0FD", "F0FE", "2611", "2612"})
BOXES_OF_FONT = {                      # codes that are boxes in one font and something else in others
    ("Wingdings 2", "F0A3"): EMPTY_BOX,
    ("Webdings", "F063"): EMPTY_BOX,
    **dict.fromkeys((("Wingdings 2", code) for code in ("F051", "F052", "F053", "F054")), CHECKED_BOX),
}


@dataclass(frozen=True, slots=True)
class Piece:
    """A node of visible text and the code points ``[start, end)`` of its paragraph's text that it stands for."""

    node: etree._Element
    start: int
    end: int
    text: str


@dataclass(frozen=True, slots=True)
class _Tags:
    """The names that decide about text, in one of the two namespaces."""

    p: str
    t: str
    sym: str
    tabs: str
    field_char: str
    field_char_type: str
    char: str
    font: str
    single: dict[str, str]             # tags that read as one fixed character
    hidden: frozenset[str]             # tags whose inside is not this paragraph's text
    wanted: tuple[str, ...]            # all that a paragraph is searched for


@lru_cache(maxsize=2)
def _tags(w: str) -> _Tags:
    single = {w + "tab": "\t", w + "ptab": "\t", w + "br": "\n", w + "cr": "\n", w + "noBreakHyphen": "-"}
    hidden = frozenset({w + "p", w + "del", w + "moveFrom", w + "pPr", w + "rPr", w + "sdtPr", FALLBACK})
    wanted = (w + "t", w + "sym", *single, w + "p", w + "del", w + "moveFrom", w + "fldChar", FALLBACK)
    return _Tags(p=w + "p", t=w + "t", sym=w + "sym", tabs=w + "tabs", field_char=w + "fldChar",
                 field_char_type=w + "fldCharType", char=w + "char", font=w + "font", single=single, hidden=hidden,
                 wanted=wanted)


def namespace(root: etree._Element) -> str:
    """``{…}`` of the w: names in this part, transitional or strict."""
    return W_STRICT if root.tag.startswith(W_STRICT) else W_TRANSITIONAL


def iter_paragraphs(root: etree._Element, w: str) -> Iterator[etree._Element]:
    """Every w:p in document order but those inside mc:Fallback; an anchor's ``p`` is the index in this order."""
    doubled = {p for fallback in root.iter(FALLBACK) for p in fallback.iter(w + "p")}
    return (p for p in root.iter(w + "p") if p not in doubled) if doubled else root.iter(w + "p")


def paragraph_text(p: etree._Element, w: str) -> str:
    return "".join([text for _, text in _visible(p, _tags(w))])


def pieces(p: etree._Element, w: str) -> list[Piece]:
    """The nodes that have width, in order, without gaps."""
    found, position = [], 0
    for node, text in _visible(p, _tags(w)):
        if text:
            found.append(Piece(node, position, position + len(text), text))
            position += len(text)
    return found


def symbol_text(code: str | None, font: str | None = None) -> str:
    """The one character a w:sym reads as."""
    code = (code or "").upper()
    if code in EMPTY_BOX_CODES:
        return EMPTY_BOX
    return CHECKED_BOX if code in CHECKED_BOX_CODES else BOXES_OF_FONT.get((font or "", code), UNKNOWN_SYMBOL)


def node_text(node: etree._Element, w: str) -> str:
    """What a single text node reads as, empty for every other node."""
    return _node_text(node, _tags(w))


def _node_text(node: etree._Element, tags: _Tags) -> str:
    tag = node.tag
    if tag == tags.t:
        return node.text or ""
    if tag == tags.sym:
        return symbol_text(node.get(tags.char), node.get(tags.font))
    return tags.single.get(tag, "")


def _visible(p: etree._Element, tags: _Tags) -> list[tuple[etree._Element, str]]:
    """Text nodes with their text. One flat pass does it for nearly all paragraphs; the rest is walked."""
    found = []
    for node in p.iter(*tags.wanted):
        tag = node.tag
        if tag == tags.t:
            found.append((node, node.text or ""))
        elif tag == tags.field_char or (tag in tags.hidden and node is not p):
            return _walked(p, tags)
        elif node is not p and _is_in_run(node, tags):
            found.append((node, _node_text(node, tags)))
    return found


def _is_in_run(node: etree._Element, tags: _Tags) -> bool:
    """A w:tab in w:tabs is a tab stop, not a tab."""
    parent = node.getparent()
    return parent is not None and parent.tag != tags.tabs


def _walked(p: etree._Element, tags: _Tags) -> list[tuple[etree._Element, str]]:
    """As ``_visible``, leaving out hidden parts and the codes of complex fields that end in this paragraph."""
    found: list[tuple[etree._Element, str]] = []
    codes: list[int] = []              # for each open field, len(found) at its begin; -1 once its result is reached
    waiting = [iter(p)]
    while waiting:
        node = next(waiting[-1], None)
        if node is None:
            waiting.pop()
        elif node.tag == tags.field_char:
            _pass_field_char(node.get(tags.field_char_type), found, codes)
        elif isinstance(node.tag, str) and node.tag not in tags.hidden:
            text = _node_text(node, tags)
            if text:
                found.append((node, text))
            elif len(node):
                waiting.append(iter(node))
    return found


def _pass_field_char(kind: str | None, found: list[tuple[etree._Element, str]], codes: list[int]) -> None:
    """What stood between begin and separate, or begin and end, was code: results of nested fields among it."""
    if kind == "begin":
        codes.append(len(found))
    elif codes and kind in ("separate", "end"):
        if codes[-1] >= 0:
            del found[codes[-1]:]
        codes[-1] = -1
        if kind == "end":
            codes.pop()
