"""Check boxes that are only characters: glyphs, symbols of Wingdings and its kin, bracket pairs."""

from __future__ import annotations

import re

from lxml import etree

from .fill_text import Stand, put_text
from .nodes import make, swap
from .text import CHECKED_BOX, EMPTY_BOX, pieces, symbol_text

CHECKED = {"☐": "☒", "□": "☒", "▢": "☒", "❏": "☒", "❑": "☒", "❒": "☒", "◻": "☒", "○": "●", "◯": "●", "◌": "●",
           "\uf06f": "\uf0fe", "\uf0a8": "\uf0fe", "\uf071": "\uf0fe", "\uf072": "\uf0fe"}
UNCHECKED = {"☒": "☐", "☑": "☐", "■": "□", "●": "○", "⬤": "○", "\uf0fe": "\uf0a8", "\uf0fd": "\uf0a8"}
SHAPES = frozenset(CHECKED) | frozenset(UNCHECKED)
BRACKETS = re.compile(r"([\[({])([\s_]*)[xX✓✔]?([\s_]*)([\])}])")
PLAIN_FONT = {"F06F", "F071", "F072", "F0A8"}                       # where the tick of the same font is F0FE
MARK = "X"


def is_box(text: str) -> bool:
    return text in SHAPES or bool(BRACKETS.fullmatch(text))


def tick_character(p: etree._Element, w: str, start: int, end: int, *, checked: bool) -> Stand:
    """Set the box that stands at the span; an empty place gets a mark, or stays empty."""
    piece = next((piece for piece in pieces(p, w) if piece.start <= start < piece.end), None)
    if piece is not None and piece.node.tag == w + "sym" and start < end:
        return _tick_symbol(p, w, Stand(start, end), piece.node, checked=checked)
    text = "".join(piece.text for piece in pieces(p, w))[start:end]
    return put_text(p, w, start, end, ticked(text, checked=checked)) if text or checked else Stand(start, end)


def ticked(text: str, *, checked: bool) -> str:
    match = BRACKETS.fullmatch(text)
    if match:
        return match[1] + ("x" if checked else match[2] + match[3] or " ") + match[4]
    if not text:
        return MARK if checked else ""
    return CHECKED.get(text, text if text in UNCHECKED else CHECKED_BOX) if checked else UNCHECKED.get(text, text)


def _tick_symbol(p: etree._Element, w: str, stand: Stand, symbol: etree._Element, *, checked: bool) -> Stand:
    font = symbol.get(w + "font") or ""
    shown = symbol_text(symbol.get(w + "char"), font)
    if not checked and shown != CHECKED_BOX:
        return stand
    if font.startswith("Wingdings") and font.strip() == "Wingdings":
        symbol.set(w + "char", "F0FE" if checked else "F0A8")
        return Stand(stand.start, stand.end, (symbol,))
    text = make(w + "t")
    text.text = CHECKED_BOX if checked else EMPTY_BOX
    swap(symbol, text)
    return Stand(stand.start, stand.end, (text,))
