"""How a value looks: emphasis, the direction of its script, and the mark of its place taken off."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby

from lxml import etree

from .fill_text import Stand, new_run, split_run
from .markdown import Stretch
from .nodes import detach, insert_after, make, text_nodes
from .properties import drop_property, paragraph_properties, run_properties, set_property
from .text import Piece, paragraph_text, pieces

FIRST_RTL = "\u0590"                   # no script below it is written from right to left
RTL = ("R", "AL")
HIGHLIGHTED, COLORED = "highlighted", "colored"  # detectors whose places are marked by their look


@dataclass(frozen=True, slots=True)
class Marks:
    """Formatting that is there only to say that something goes here."""

    highlight: bool = False
    color: bool = False


def marks_of(p: etree._Element, w: str, start: int, end: int, detector: str) -> Marks:
    """Highlighting that the place has and the text around it has not, and whatever the place was found by."""
    inside = [piece for piece in pieces(p, w) if piece.start < end and piece.end > start and piece.text.strip()]
    lit = bool(inside) and all(_is_highlighted(piece, w) for piece in inside)
    around = (piece for piece in pieces(p, w) if piece.text.strip() and (piece.end <= start or piece.start >= end))
    alone = detector == HIGHLIGHTED or not any(_is_highlighted(piece, w) for piece in around)
    return Marks(highlight=lit and alone, color=detector == COLORED)


def _is_highlighted(piece: Piece, w: str) -> bool:
    run = piece.node.getparent()
    light = run.find(f"{w}rPr/{w}highlight") if run is not None else None
    return light is not None and light.get(w + "val") != "none"


def take_off(run: etree._Element, w: str, marks: Marks) -> None:
    names = ("highlight", "shd") if marks.highlight else ()
    look = run.find(w + "rPr")
    drop_property(look, *(w + name for name in (*names, *(("color",) if marks.color else ()))))
    if look is not None and not len(look):
        detach(look)


def isolate(stand: Stand, w: str) -> etree._Element | None:
    """The run that holds the value and nothing else; what stood before and behind it gets runs of the same look."""
    run = stand.run(w)
    if run is None or stand.nodes[0].getparent() is not run:
        return None
    behind = stand.nodes[-1].getnext()
    if behind is not None:
        split_run(run, w, behind)
    before = stand.nodes[0].getprevious()
    return run if before is None or before.tag == w + "rPr" else split_run(run, w, stand.nodes[0])


def has_right_to_left(text: str) -> bool:
    return any(character >= FIRST_RTL and unicodedata.bidirectional(character) in RTL for character in text)


def spread(run: etree._Element, w: str, groups: Sequence[Sequence[Stretch]]) -> list[list[etree._Element]]:
    """Runs for each group of stretches in place of the one run; what is empty gets none."""
    look, made = run.find(w + "rPr"), []
    for group in groups:
        runs = [_run(w, look, stretch, rtl=rtl) for stretch in group for text, rtl in directions(stretch.text)
                for stretch in [Stretch(text, stretch.bold, stretch.italic)]]
        made.append(runs)
    insert_after(run, *(one for runs in made for one in runs))
    detach(run)
    return made


def _run(w: str, look: etree._Element | None, stretch: Stretch, *, rtl: bool) -> etree._Element:
    run = new_run(w, look, text_nodes(stretch.text, w))
    wanted = [*(("b", "bCs") if stretch.bold else ()), *(("i", "iCs") if stretch.italic else ()),
              *(("rtl",) if rtl else ())]
    for name in wanted:
        set_property(run_properties(run, w), w, make(w + name))
    return run


def directions(text: str) -> Iterator[tuple[str, bool]]:
    """Stretches of one direction, and whether it is from right to left; neutral characters go with what is before."""
    if not has_right_to_left(text):
        yield text, False
        return
    strong = [unicodedata.bidirectional(character) for character in text]
    current = next(kind in RTL for kind in strong if kind in (*RTL, "L"))
    sides = []
    for kind in strong:
        current = kind in RTL if kind in (*RTL, "L") else current
        sides.append(current)
    position = 0
    for rtl, group in groupby(sides):
        length = len(list(group))
        yield text[position:position + length], rtl
        position += length


def turn_paragraph(p: etree._Element, w: str, text: str) -> None:
    """A paragraph that holds nothing but a text from right to left runs that way too."""
    strong = next((kind for kind in map(unicodedata.bidirectional, text) if kind in (*RTL, "L")), "L")
    if strong not in RTL or paragraph_text(p, w).strip() != text.strip():
        return
    properties = paragraph_properties(p, w)
    if properties.find(w + "bidi") is None:
        set_property(properties, w, make(w + "bidi"))
