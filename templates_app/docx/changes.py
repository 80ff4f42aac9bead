"""Tracked changes of a Word file, listed, accepted and rejected: insertions and deletions of text and paragraphs.

Moves, changed formatting and changed tables are left to Word, and counted.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import dataclass
from enum import StrEnum

from lxml import etree

from . import errors
from .comments import commented_changes, own_comments, remove_comments
from .draft import Draft
from .nodes import detach, insert_after
from .revise_guard import MARKERS, next_paragraph
from .text import node_text

Element = etree._Element
OTHER_CHANGES = ("moveFrom", "moveTo", "rPrChange", "pPrChange", "sectPrChange", "tblPrChange", "tblGridChange",
                 "trPrChange", "tcPrChange", "tblPrExChange", "numberingChange", "cellIns", "cellDel", "cellMerge")
NOT_TEXT = ("rPr", "trPr", "ctrlPr", "numPr")  # where w:ins and w:del say something of a row, formula or number
HOLDERS = ("hyperlink", "smartTag")    # that have no meaning without content


class ChangeKind(StrEnum):
    """What a change did."""

    INSERTION = "insertion"
    DELETION = "deletion"
    PARAGRAPH_INSERTION = "paragraph_insertion"
    PARAGRAPH_DELETION = "paragraph_deletion"


@dataclass(frozen=True, slots=True)
class Change:
    """One tracked change. A text box stored in two versions has each of its changes twice."""

    id: int
    kind: ChangeKind
    part: str
    author: str
    date: str                          # as the file has it
    text: str                          # inserted or deleted; empty for the mark of a paragraph


@dataclass(frozen=True, slots=True)
class Decided:
    """The new file, how many changes were decided, and how many it still has of those only Word can decide."""

    data: bytes
    decided: int
    left: int


def list_changes(data: bytes) -> list[Change]:
    """In the order of the file. Raises ``errors.Refused``, as the functions below do."""
    draft = Draft(data)
    return [_described(node, part, draft.w(part)) for part in draft.text_parts()
            for node in _changes(draft.root(part), draft.w(part))]


def accept(data: bytes, ids: Collection[int] | None = None) -> Decided:
    """The file with these changes (their w:id), or all, made for good; a comment of ours goes with its last change.

    Raises ``errors.NoSuchChange``.
    """
    return _decide(data, ids, kept="ins")


def reject(data: bytes, ids: Collection[int] | None = None) -> Decided:
    """The file with these changes, or all, undone; as ``accept`` otherwise."""
    return _decide(data, ids, kept="del")


def _decide(data: bytes, ids: Collection[int] | None, *, kept: str) -> Decided:
    draft = Draft(data)
    found = {part: _chosen(draft, part, ids) for part in draft.text_parts()}
    known = {_number(node, draft.w(part)) for part, nodes in found.items() for node in nodes}
    if ids is not None and not set(ids) <= known:
        raise errors.NoSuchChange
    ours = own_comments(draft)
    for part, nodes in found.items():
        if nodes:
            _decide_part(draft, part, nodes, ours, kept=kept)
    left = sum(_others(draft.root(part), draft.w(part)) for part in draft.text_parts())
    return Decided(draft.finish(), sum(map(len, found.values())), left)


def _chosen(draft: Draft, part: str, ids: Collection[int] | None) -> list[Element]:
    w = draft.w(part)
    return [node for node in _changes(draft.root(part), w) if ids is None or _number(node, w) in ids]


def _decide_part(draft: Draft, part: str, nodes: list[Element], ours: dict[str, Element], *, kept: str) -> None:
    root, w = draft.root(part), draft.w(part)
    draft.touch(part)
    standing = {number: [node for node in own if _is_of(node, ours[number], w)]
                for number, own in commented_changes(root, w, set(_changes(root, w))).items() if number in ours}
    remove_comments(draft, part, {number for number, own in standing.items() if own and set(nodes).issuperset(own)})
    marks = [node for node in nodes if _is_mark(node, w)]
    for node in nodes:
        if node not in marks:
            (_unwrap if node.tag == w + kept else _remove)(node, w)
    for node in marks:
        _decide_mark(node, w, is_kept=node.tag == w + kept)


def _is_of(change: Element, comment: Element, w: str) -> bool:
    """Whether both were written together: others' changes may stand within the range of our comment."""
    return all(change.get(w + name) == comment.get(w + name) for name in ("author", "date"))


def _changes(root: Element, w: str) -> Iterator[Element]:
    for node in root.iter(w + "ins", w + "del"):
        parent = node.getparent()
        name = str(parent.tag).rpartition("}")[2] if parent is not None else ""
        if name not in NOT_TEXT or _is_mark(node, w):
            yield node


def _others(root: Element, w: str) -> int:
    simple = set(_changes(root, w))
    return sum(1 for node in root.iter(w + "ins", w + "del", *(w + name for name in OTHER_CHANGES))
               if node not in simple)


def _is_mark(node: Element, w: str) -> bool:
    parent = node.getparent()
    above = parent.getparent() if parent is not None else None
    return parent is not None and above is not None and (parent.tag, above.tag) == (w + "rPr", w + "pPr")


def _number(node: Element, w: str) -> int | None:
    text = node.get(w + "id") or ""
    return int(text) if text.lstrip("-").isdecimal() else None


def _described(node: Element, part: str, w: str) -> Change:
    inserted = node.tag == w + "ins"
    if _is_mark(node, w):
        kind = ChangeKind.PARAGRAPH_INSERTION if inserted else ChangeKind.PARAGRAPH_DELETION
        text = ""
    else:
        kind = ChangeKind.INSERTION if inserted else ChangeKind.DELETION
        text = _text(node, w)
    return Change(_number(node, w) or 0, kind, part, node.get(w + "author") or "", node.get(w + "date") or "", text)


def _text(node: Element, w: str) -> str:
    return "".join(text.text or "" if text.tag == w + "delText" else node_text(text, w) for text in node.iter())


def _unwrap(node: Element, w: str) -> None:
    """Let the content stand in the change's place; deleted text becomes text again."""
    if node.tag == w + "del":
        for text in node.iter(w + "delText", w + "delInstrText"):
            text.tag = w + ("t" if text.tag == w + "delText" else "instrText")
    insert_after(node, *node)
    detach(node)


def _remove(node: Element, w: str) -> None:
    """Take the content away but for the ends of ranges, whose other ends may stand elsewhere."""
    markers = {w + name for name in MARKERS}
    parent = node.getparent()
    insert_after(node, *(child for child in node if child.tag in markers))
    detach(node)
    if parent is not None and not len(parent) and str(parent.tag).removeprefix(w) in HOLDERS:
        detach(parent)


def _decide_mark(node: Element, w: str, *, is_kept: bool) -> None:
    p = next(node.iterancestors(w + "p"))
    mark = node.getparent()
    detach(node)
    for holder in (mark, mark.getparent() if mark is not None else None):
        if holder is not None and not len(holder) and not holder.attrib:
            detach(holder)
    if not is_kept:
        _merge(p, w)


def _merge(p: Element, w: str) -> None:
    """Without its mark a paragraph's content belongs to the next one; with none behind it, it goes if it is empty."""
    after = next_paragraph(p, w)
    content = [child for child in p if child.tag != w + "pPr"]
    if after is not None:
        properties = after.find(w + "pPr")
        if properties is not None:
            insert_after(properties, *content)
        else:
            for child in reversed(content):
                after.insert(0, child)
        detach(p)
    elif not any(str(child.tag).removeprefix(w) not in MARKERS for child in content) and _may_go(p, w):
        insert_after(p, *content)
        detach(p)


def _may_go(p: Element, w: str) -> bool:
    """Whether a table follows and a paragraph or nothing precedes: what else ends with a paragraph must do so."""
    after = next((node for node in p.itersiblings() if isinstance(node.tag, str)), None)
    before = next((node for node in p.itersiblings(preceding=True) if isinstance(node.tag, str)), None)
    return after is not None and after.tag == w + "tbl" and (before is None or before.tag == w + "p")
