"""Comments beside changes: written with them, and taken away once the last change they stand at is decided."""

from __future__ import annotations

import posixpath
from collections.abc import Iterator

from lxml import etree

from .draft import Draft
from .fill_text import new_run
from .nodes import ancestor, detach, drop_if_empty, insert_after, make, text_nodes
from .package_parts import add_override_type, relate

CONTENT_TYPE = "application/vnd.openxmlformats-officedocument.wordprocessingml.comments+xml"
INITIALS = "DNA"                       # by which our comments are known: only they go with their changes


def add_comment(draft: Draft, text: str, author: str, date: str) -> int:
    """A comment in the comments part, which is made where the file has none; returns its w:id."""
    root = _comments_root(draft)
    w = root.tag.rpartition("}")[0] + "}"
    number = draft.fresh_id("annotation")
    comment = make(w + "comment", id=str(number), author=author, date=date, initials=INITIALS)
    p = make(w + "p")
    p.append(new_run(w, None, [make(w + "annotationRef")]))
    p.append(new_run(w, None, text_nodes(text, w)))
    comment.append(p)
    root.append(comment)
    return number


def _comments_root(draft: Draft) -> etree._Element:
    main = draft.package.main_part
    part = draft.package.related(main, "comments")
    if part is not None:
        draft.touch(part)
        return draft.root(part)
    folder = posixpath.dirname(main)
    names = (posixpath.join(folder, f"comments{number or ''}.xml") for number in range(1_000_000))
    part = next(name for name in names if draft.package.find(name) is None)
    touched = draft.touched(part)
    if touched is not None:
        return touched
    root = make(draft.w(main) + "comments")
    draft.put(part, root)
    add_override_type(draft, part, CONTENT_TYPE)
    relate(draft, main, "comments", part)
    return root


def set_comment(w: str, number: int, first: etree._Element, last: etree._Element) -> None:
    """Let a comment stand at what is from ``first`` to ``last``."""
    start, *rest = _marks(w, number)
    first.addprevious(start)
    insert_after(last, *rest)


def set_comment_behind(w: str, number: int, node: etree._Element) -> None:
    """Let a comment stand at a point."""
    insert_after(node, *_marks(w, number))


def _marks(w: str, number: int) -> list[etree._Element]:
    reference = new_run(w, None, [make(w + "commentReference", id=str(number))])
    return [make(w + "commentRangeStart", id=str(number)), make(w + "commentRangeEnd", id=str(number)), reference]


def own_comments(draft: Draft) -> dict[str, etree._Element]:
    """Those that were written with changes, by their w:id."""
    part = draft.package.related(draft.package.main_part, "comments")
    if part is None:
        return {}
    w = draft.w(part)
    return {comment.get(w + "id") or "": comment for comment in draft.root(part).iter(w + "comment")
            if comment.get(w + "initials") == INITIALS}


def commented_changes(root: etree._Element, w: str, changes: set[etree._Element]) -> dict[str, list[etree._Element]]:
    """Which of the changes stand at each comment; where none do, those of the mark of the comment's paragraph."""
    found: dict[str, list[etree._Element]] = {}
    standing: dict[str, list[etree._Element]] = {}
    for node in root.iter():
        if node.tag == w + "commentRangeStart":
            standing[node.get(w + "id") or ""] = found[node.get(w + "id") or ""] = []
        elif node.tag == w + "commentRangeEnd":
            number = node.get(w + "id") or ""
            if not standing.pop(number, [node]):
                found[number] = [change for change in _mark_changes(node, w) if change in changes]
        elif node in changes:
            for own in standing.values():
                own.append(node)
    return found


def _mark_changes(node: etree._Element, w: str) -> Iterator[etree._Element]:
    p = ancestor(node, w + "p")
    mark = p.find(f"{w}pPr/{w}rPr") if p is not None else None
    return iter(mark if mark is not None else ())


def remove_comments(draft: Draft, part: str, numbers: set[str]) -> None:
    """Take comments out of a text and out of the comments part."""
    if not numbers:
        return
    w = draft.w(part)
    for node in list(draft.root(part).iter(w + "commentRangeStart", w + "commentRangeEnd", w + "commentReference")):
        if node.get(w + "id") in numbers:
            run = node.getparent()
            detach(node)
            drop_if_empty(run, w)
    draft.touch(draft.package.related(draft.package.main_part, "comments") or "")
    for number, comment in own_comments(draft).items():
        if number in numbers:
            detach(comment)
