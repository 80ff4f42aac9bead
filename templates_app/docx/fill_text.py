"""Text put in place of text, or where none stands, with the formatting of the place."""

from __future__ import annotations

from collections.abc import Sequence
from copy import deepcopy
from dataclasses import dataclass, field

from lxml import etree

from .nodes import ancestor, detach, drop_if_empty, insert_after, make, set_text, text_nodes
from .text import Piece, paragraph_text, pieces

WIDE_SCRIPTS = 0x2E80                  # from here on (CJK and its kin) words are not parted by spaces
OPENING = "([{<«„“‚‘\"'/_-\u2013\u2014#@"
MARK_ONLY = ("ins", "del", "moveFrom", "moveTo", "rPrChange")  # what only a paragraph mark's w:rPr may hold


@dataclass(slots=True)
class Stand:
    """Where a value stands now: its span in the paragraph's text and the nodes that are the value.

    ``further`` are the paragraphs it goes on in, which hold nothing else.
    """

    start: int
    end: int
    nodes: Sequence[etree._Element] = ()
    further: list[etree._Element] = field(default_factory=list)

    def run(self, w: str) -> etree._Element | None:
        return ancestor(self.nodes[0], w + "r") if self.nodes else None


def put_text(p: etree._Element, w: str, start: int, end: int, text: str) -> Stand:
    return replace_text(p, w, start, end, text) if start < end else insert_text(p, w, start, text)


def replace_text(p: etree._Element, w: str, start: int, end: int, text: str) -> Stand:
    """The first run of the span takes the whole text; the others lose theirs."""
    hit = [piece for piece in pieces(p, w) if piece.start < end and piece.end > start]
    for piece in hit[1:]:
        _cut(piece, w, start, end)
    nodes = text_nodes(text, w)
    _split(hit[0], w, start, end, nodes)
    return Stand(start, start + len(text), nodes)


def _split(piece: Piece, w: str, start: int, end: int, nodes: list[etree._Element]) -> None:
    """Put nodes where the span stands inside one piece, the text around it before and behind them."""
    before, after = piece.text[:max(0, start - piece.start)], piece.text[end - piece.start:] if piece.end > end else ""
    rest = text_nodes(after, w) if piece.node.tag == w + "t" else []
    insert_after(piece.node, *nodes, *rest)
    if before:
        set_text(piece.node, before)
    else:
        run = piece.node.getparent()
        detach(piece.node)
        drop_if_empty(run, w)


def _cut(piece: Piece, w: str, start: int, end: int) -> None:
    kept = piece.text[:max(0, start - piece.start)] + (piece.text[end - piece.start:] if piece.end > end else "")
    if kept:
        set_text(piece.node, kept)
        return
    run = piece.node.getparent()
    detach(piece.node)
    drop_if_empty(run, w)


def insert_text(p: etree._Element, w: str, at: int, text: str) -> Stand:
    """Where nothing stands; parted by a space from words it would run into."""
    there = paragraph_text(p, w)
    lead = " " if text and at and _runs_into(there[at - 1]) else ""
    trail = " " if text and at < len(there) and _is_word(there[at]) else ""
    nodes = text_nodes(text, w)
    spaced = [*text_nodes(lead, w), *nodes, *text_nodes(trail, w)]
    _insert_nodes(p, w, at, spaced)
    return Stand(at + len(lead), at + len(lead) + len(text), nodes)


def _runs_into(character: str) -> bool:
    return not character.isspace() and ord(character) < WIDE_SCRIPTS and character not in OPENING


def _is_word(character: str) -> bool:
    return character.isalnum() and ord(character) < WIDE_SCRIPTS


def _insert_nodes(p: etree._Element, w: str, at: int, nodes: list[etree._Element]) -> None:
    found = pieces(p, w)
    before = next((piece for piece in reversed(found) if piece.start < at), None)
    if before is None:
        _insert_first(p, w, nodes, found[0].node if found else None)
    elif before.end > at:
        _split(before, w, at, at, nodes)
    else:
        after = next((piece for piece in found if piece.start >= at), None)
        _insert_behind(p, w, before.node, after.node if after else None, nodes)


def _insert_first(p: etree._Element, w: str, nodes: list[etree._Element], first: etree._Element | None) -> None:
    """At the start: before the first text, or at the end of a paragraph that has none."""
    run = new_run(w, own_look(p, w), nodes)
    if first is None:
        p.append(run)
        return
    properties = p.find(w + "pPr")
    if properties is not None:
        insert_after(properties, run)
    else:
        p.insert(0, run)


def _insert_behind(p: etree._Element, w: str, before: etree._Element, after: etree._Element | None,
                   nodes: list[etree._Element]) -> None:
    run = ancestor(before, w + "r", until=p)
    if run is None or (after is not None and ancestor(after, w + "r", until=p) is run):
        insert_after(before, *nodes)
        return
    mark = p.find(f"{w}pPr/{w}rPr")
    look = mark if after is None and mark is not None and len(mark) else run.find(w + "rPr")
    insert_after(outermost(p, w, run, after), new_run(w, look, nodes))


def outermost(p: etree._Element, w: str, run: etree._Element, after: etree._Element | None) -> etree._Element:
    """The last node that may stand before the insertion: out of links, controls and fields that end here."""
    node = run
    while True:
        parent = node.getparent()
        if parent is not None and parent is not p and (after is None or parent not in after.iterancestors()):
            node = parent
            continue
        stop = _end_of_open_field(p, w, node, after)
        if stop is None:
            return node
        node = stop


def _end_of_open_field(p: etree._Element, w: str, node: etree._Element,
                       after: etree._Element | None) -> etree._Element | None:
    """The run that ends the field around ``node``, if it comes before the next text."""
    inside = set(node.iter())
    depth, passed = 0, False
    for element in p.iter():
        if element is after:
            return None
        passed = passed or element in inside
        if element.tag != w + "fldChar":
            continue
        kind = element.get(w + "fldCharType")
        depth += (kind == "begin") - (kind == "end")
        if passed and element not in inside:
            return ancestor(element, w + "r") if kind == "end" and depth >= 0 else None
    return None


def new_run(w: str, look: etree._Element | None, nodes: Sequence[etree._Element]) -> etree._Element:
    """A run with a copy of the formatting, without what only a paragraph mark's formatting may hold.

    A property that stands there twice, as other programs leave it, does so once: what is written is valid.
    """
    run = make(w + "r")
    if look is not None and len(look):
        copy = deepcopy(look)
        copy.tail = None
        unwanted = {w + name for name in MARK_ONLY}
        for child in list(reversed(copy)):
            if child.tag in unwanted:
                copy.remove(child)
            unwanted.add(child.tag)
        run.append(copy)
    run.extend(nodes)
    return run


def split_run(run: etree._Element, w: str, child: etree._Element) -> etree._Element:
    """Part a run before one of its children; returns the new run, of the same look, that begins with it."""
    behind = [child, *child.itersiblings()]
    rest = new_run(w, run.find(w + "rPr"), behind)
    for name, value in run.attrib.items():
        rest.set(name, value)
    insert_after(run, rest)
    return rest


def own_look(p: etree._Element, w: str) -> etree._Element | None:
    """The formatting that text typed into an empty paragraph gets."""
    mark = p.find(f"{w}pPr/{w}rPr")
    if mark is not None and len(mark):
        return mark
    return next((run.find(w + "rPr") for run in p.findall(w + "r") if run.find(w + "rPr") is not None), None)


def language_of(p: etree._Element, w: str, start: int) -> str:
    """The language that the run at a place names for its script; empty where it names none."""
    node = next((piece.node for piece in pieces(p, w) if piece.end > start), None)
    run = ancestor(node, w + "r", until=p) if node is not None else None
    look = run.find(w + "rPr") if run is not None else p.find(f"{w}pPr/{w}rPr")
    language = look.find(w + "lang") if look is not None else None
    if look is None or language is None:
        return ""
    return language.get(w + ("bidi" if look.find(w + "rtl") is not None else "val")) or ""
