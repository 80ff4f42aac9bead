"""Text changed as Word tracks it: runs parted exactly at the span, the old text in w:del, the new one in w:ins."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from lxml import etree

from .draft import Draft
from .fill_text import new_run, outermost, own_look, split_run
from .nodes import ancestor, detach, insert_after, make, plain_text, set_text, text_nodes
from .revisions import Edit
from .text import pieces

Element = etree._Element


@dataclass(frozen=True, slots=True)
class Stamp:
    """Who changes and when, as every change of a file says it."""

    draft: Draft
    author: str
    date: str

    def change(self, tag: str) -> Element:
        """An element of a tracked change, with a number of its own."""
        return make(tag, id=str(self.draft.fresh_id("annotation")), author=self.author, date=self.date)


def track_edit(stamp: Stamp, p: Element, w: str, edit: Edit) -> list[Element]:
    """The changes made, in their order. The new text looks like the first of the old, or like the text before it."""
    runs = _isolate(p, w, edit.start, edit.end) if edit.start < edit.end else []
    look = runs[0].find(w + "rPr") if runs else _look_at(p, w, edit.start)
    made = track_deletion(stamp, runs, w)
    if edit.text:
        insertion = inserted(stamp, w, look, edit.text)
        if made:
            insert_after(made[0], insertion)
        else:
            _place(p, w, edit.start, insertion)
        made.insert(1, insertion)
    return made


def inserted(stamp: Stamp, w: str, look: Element | None, text: str) -> Element:
    insertion = stamp.change(w + "ins")
    insertion.append(new_run(w, look, text_nodes(text, w)))
    return insertion


def track_deletion(stamp: Stamp, runs: Sequence[Element], w: str) -> list[Element]:
    """Put runs into w:del where they stand, neighbours into one."""
    made: list[Element] = []
    for run in runs:
        if made and run.getprevious() is made[-1]:
            detach(run)
        else:
            deletion = stamp.change(w + "del")
            insert_after(run, deletion)
            detach(run)
            made.append(deletion)
        made[-1].append(run)
        for text in run.findall(w + "t"):
            text.tag = w + "delText"
    return made


def _isolate(p: Element, w: str, start: int, end: int) -> list[Element]:
    """The runs that hold the span's text and nothing else, parted from their neighbours where needed."""
    _part_text(p, w, end)
    _part_text(p, w, start)
    hit = [piece.node for piece in pieces(p, w) if start <= piece.start and piece.end <= end]
    runs: list[Element] = []
    for node in hit:
        run = node.getparent()
        before, after = node.getprevious(), node.getnext()
        if run is None:
            continue
        if before is not None and before.tag != w + "rPr" and before not in hit:
            run = split_run(run, w, node)
        if after is not None and after not in hit:
            split_run(run, w, after)
        if run not in runs:
            runs.append(run)
    return runs


def _part_text(p: Element, w: str, at: int) -> None:
    """Make one text node two where the point is inside it."""
    piece = next((piece for piece in pieces(p, w) if piece.start < at < piece.end), None)
    if piece is not None:
        insert_after(piece.node, plain_text(piece.text[at - piece.start:], w))
        set_text(piece.node, piece.text[:at - piece.start])


def _place(p: Element, w: str, at: int, insertion: Element) -> None:
    """Put an insertion at a point: outside of links and controls that end or begin there."""
    _part_text(p, w, at)
    found = pieces(p, w)
    before = next((piece for piece in reversed(found) if piece.end <= at), None)
    after = next((piece for piece in found if piece.start >= at), None)
    if before is None:
        properties = p.find(w + "pPr")
        p.insert(0, insertion) if properties is None else insert_after(properties, insertion)
        return
    run = ancestor(before.node, w + "r", until=p)
    if run is None:
        return
    if after is not None and after.node.getparent() is run:
        split_run(run, w, after.node)
        insert_after(run, insertion)
    else:
        insert_after(outermost(p, w, run, after.node if after is not None else None), insertion)


def _look_at(p: Element, w: str, at: int) -> Element | None:
    """That of the text before the point, of the text behind it, or what is typed into an empty paragraph gets."""
    found = pieces(p, w)
    near = next((piece for piece in reversed(found) if piece.start < at), None) or next(iter(found), None)
    run = ancestor(near.node, w + "r", until=p) if near is not None else None
    return run.find(w + "rPr") if run is not None else own_look(p, w)
