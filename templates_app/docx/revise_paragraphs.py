"""Whole paragraphs inserted and deleted: the change is that of their marks, which Word tracks in w:pPr/w:rPr."""

from __future__ import annotations

from copy import deepcopy

from lxml import etree

from .fill_text import own_look
from .nodes import detach, insert_after, make
from .properties import drop_property, paragraph_properties, set_property
from .revise_guard import CHANGES, next_paragraph
from .revise_text import Stamp, inserted, track_deletion
from .text import pieces

Element = etree._Element
NOT_COPIED = ("sectPr", "pPrChange")


def delete_paragraph(stamp: Stamp, p: Element, w: str) -> list[Element]:
    """Its text and its mark; comments of others and bookmarks stay."""
    runs = [run for run in p.iter(w + "r") if run.find(w + "commentReference") is None]
    return [*track_deletion(stamp, runs, w), _change_mark(stamp, p, w, "del")]


def insert_paragraph(stamp: Stamp, p: Element, w: str, text: str) -> tuple[Element, list[Element]]:
    """A paragraph behind ``p``; returns it with the changes, that of its text first.

    Without a changed mark of its own it would merge, once rejected, with what follows it. So where a paragraph follows
    that has nothing to do with it, the new mark is tracked; else that of ``p``, and the new paragraph takes over all
    that belonged to it - as Word does when Enter is pressed at the end of the last paragraph.
    """
    look = _look_of(p, w)
    new = make(w + "p")
    if next_paragraph(p, w) is None or p.find(f"{w}pPr/{w}sectPr") is not None or _ends_inserted(p, w):
        _take_over(p, new, w)
        marked = p
    else:
        _follow(stamp, p, new, w)
        marked = new
    insertion = inserted(stamp, w, look, text)
    new.append(insertion)
    insert_after(p, new)
    return new, [insertion, _change_mark(stamp, marked, w, "ins")]


def _change_mark(stamp: Stamp, p: Element, w: str, name: str) -> Element:
    properties = paragraph_properties(p, w)
    mark = properties.find(w + "rPr")
    if mark is None:
        mark = make(w + "rPr")
        set_property(properties, w, mark)
    change = stamp.change(w + name)
    set_property(mark, w, change)
    return change


def _take_over(p: Element, new: Element, w: str) -> None:
    """The old mark, with its properties, ids and section, becomes that of the new paragraph; ``p`` keeps its look."""
    for name, value in p.attrib.items():
        new.set(name, value)
    p.attrib.clear()
    properties = p.find(w + "pPr")
    if properties is None:
        return
    copy = deepcopy(properties)
    copy.tail = None
    drop_property(copy, *(w + name for name in NOT_COPIED))
    insert_after(properties, copy)
    detach(properties)
    new.append(properties)


def _follow(stamp: Stamp, p: Element, new: Element, w: str) -> None:
    """The properties of a paragraph begun behind ``p``: its own, or those of the style that follows a heading."""
    properties = p.find(w + "pPr")
    style = stamp.draft.style_after(p, w)
    if style is not None:
        own = make(w + "pPr")
        own.append(make(w + "pStyle", val=style))
        new.append(own)
    elif properties is not None and not stamp.draft.is_heading(p):
        copy = deepcopy(properties)
        copy.tail = None
        drop_property(copy, *(w + name for name in NOT_COPIED))
        drop_property(copy.find(w + "rPr"), *(w + name for name in (*CHANGES, "rPrChange")))
        new.append(copy)


def _look_of(p: Element, w: str) -> Element | None:
    """Of the last text, unless the paragraph is a heading, whose look is not that of what follows."""
    found = pieces(p, w)
    run = found[-1].node.getparent() if found else None
    return run.find(w + "rPr") if run is not None else own_look(p, w)


def _ends_inserted(p: Element, w: str) -> bool:
    """LibreOffice takes the mark of ``p`` for a part of an insertion before it and one behind it.

    A mark that is tracked itself belongs to another revision and stays where it is.
    """
    found, own = pieces(p, w), p.find(f"{w}pPr/{w}rPr/{w}ins")
    return own is None and bool(found) and next(found[-1].node.iterancestors(w + "ins"), None) is not None
