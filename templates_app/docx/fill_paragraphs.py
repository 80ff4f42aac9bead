"""Long texts: their paragraphs, lists and emphasis, as far as the place has room for them.

A place at the end of its paragraph goes on in new paragraphs of the same style. One with text behind it, inside a field
or a control within a line, has lines; a control for plain text and one that is bound to data have no emphasis.
"""

from __future__ import annotations

from collections.abc import Sequence
from copy import deepcopy
from enum import IntEnum

from lxml import etree

from .bindings import binding_of
from .draft import Draft
from .fill_lists import Lists
from .fill_looks import isolate, spread, turn_paragraph
from .fill_text import Stand
from .markdown import Block, Stretch
from .nodes import insert_after, make
from .properties import drop_property, set_property
from .structures import Kind
from .targets import Target
from .text import paragraph_text

NOT_COPIED = ("pageBreakBefore", "sectPr", "pPrChange", "cnfStyle")  # what holds for the first paragraph alone
MARK_CHANGES = ("ins", "del", "moveFrom", "moveTo", "rPrChange")
INDENT = "\u2002\u2002"                # of nested items where lists are only lines


class Room(IntEnum):
    """What a place can show of a long text."""

    LINES = 0                          # text and line breaks
    RUNS = 1                           # and emphasis
    PARAGRAPHS = 2                     # and paragraphs of its own


def room_for(draft: Draft, target: Target) -> Room:
    w, controls = target.w, [*target.controls, *target.p.iterancestors(target.w + "sdt")]
    if any(binding_of(sdt, w) is not None or sdt.find(f"{w}sdtPr/{w}text") is not None for sdt in controls):
        return Room.LINES
    if target.structure is not None and target.structure.kind not in (Kind.MERGE, Kind.PROMPT):
        return Room.RUNS
    behind = paragraph_text(target.p, w)[target.end:]
    in_line = any(target.p in sdt.iterancestors() for sdt in target.controls)
    section_ends = target.p.find(f"{w}pPr/{w}sectPr") is not None
    if behind.strip() or in_line or section_ends or draft.is_heading(target.p):
        return Room.RUNS
    return Room.PARAGRAPHS


def in_lines(blocks: Sequence[Block]) -> list[Stretch]:
    """A text as lines: marks and numbers of lists are written out."""
    lines: list[Stretch] = []
    for block in blocks:
        lead = "\n" * block.gap
        if block.level is not None:
            mark = "\u2022" if block.number is None else f"{block.number}."
            lead += f"{INDENT * block.level}{mark} "
        lines += [Stretch(lead)] if lead else []
        lines += block.stretches
    return lines


def lay_out(draft: Draft, target: Target, stand: Stand, blocks: Sequence[Block], *, room: Room) -> None:
    """Give a value that stands as plain text the look and the paragraphs of its blocks; ``stand`` follows."""
    run = isolate(stand, target.w)
    if run is None:
        return
    splits = room is Room.PARAGRAPHS and run.getparent() is target.p and not _has_fields_behind(run, target.w)
    groups = [block.stretches for block in blocks] if splits else [in_lines(blocks)]
    runs = spread(run, target.w, groups)
    stand.nodes = [node for group in runs for one in group for node in one if node.tag != target.w + "rPr"]
    if splits:
        _into_paragraphs(draft, target, stand, blocks, runs)
    else:
        turn_paragraph(target.p, target.w, "".join(stretch.text for stretch in groups[0]))
        stand.end = stand.start + sum(len(stretch.text) for stretch in groups[0])


def _has_fields_behind(run: etree._Element, w: str) -> bool:
    return any(True for sibling in run.itersiblings() for node in sibling.iter(w + "fldChar", w + "sdt", w + "drawing"))


def _into_paragraphs(draft: Draft, target: Target, stand: Stand, blocks: Sequence[Block],
                     runs: Sequence[Sequence[etree._Element]]) -> None:
    """The first block stays where the place is, but a list does not begin behind words; the rest follows."""
    p, w, lists = target.p, target.w, Lists(draft)
    pattern = _pattern(p, w)
    begins_here = blocks[0].level is None or not paragraph_text(p, w)[:stand.start].strip()
    current, stand.end = p, stand.start
    for number, (block, own) in enumerate(zip(blocks, runs, strict=True)):
        if number or not begins_here:
            current = _next_paragraph(current, w, pattern, own)
            stand.further.append(current)
        else:
            stand.end = stand.start + len(block.text)
        if block.level is not None:
            lists.make_item(current, w, block)
        turn_paragraph(current, w, block.text)


def _pattern(p: etree._Element, w: str) -> etree._Element | None:
    """The properties of the paragraphs that follow: those of the place, but no number of its own."""
    own = p.find(w + "pPr")
    if own is None:
        return None
    copy = deepcopy(own)
    copy.tail = None
    drop_property(copy, *(w + name for name in NOT_COPIED))
    drop_property(copy.find(w + "rPr"), *(w + name for name in MARK_CHANGES))
    if copy.find(w + "numPr") is not None:
        none = make(w + "numPr")
        none.append(make(w + "numId", val="0"))
        set_property(copy, w, none)
    return copy


def _next_paragraph(before: etree._Element, w: str, pattern: etree._Element | None,
                    runs: Sequence[etree._Element]) -> etree._Element:
    p = make(w + "p")
    if pattern is not None:
        p.append(deepcopy(pattern))
    p.extend(runs)
    insert_after(before, p)
    return p
