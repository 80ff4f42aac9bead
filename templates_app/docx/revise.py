"""Proposed changes put into a Word file as tracked changes, which a person accepts or rejects here or in Word.

Nothing but the places changes. Every revision is checked against the original before anything is written; one that is
refused refuses them all, and its error says which. The same inputs give the same bytes.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from lxml import etree

from . import errors
from .comments import add_comment, set_comment, set_comment_behind
from .draft import Draft
from .properties import paragraph_properties
from .revise_guard import Guard
from .revise_paragraphs import delete_paragraph, insert_paragraph
from .revise_text import Stamp, track_edit
from .revisions import Act, Edit, Revised, Revision, Written, check_revision, date_of, edits, plain
from .text import paragraph_text

Element = etree._Element
PROTECTED = "The document is protected: Word lets nobody decide the changes before the protection is taken off."
IN_HEADER = "Word has no comments in headers and footers: the change stands there without its comment."
IN_BOX = "Word has no comments in text boxes: the comment stands at the box."


@dataclass(slots=True)
class Place:
    """A revision with the paragraphs it changes - two where a text box is stored in two versions - and its changes."""

    revision: Revision
    w: str
    paragraphs: list[Element]
    edits: list[Edit] = field(default_factory=list)
    made: list[Element] = field(default_factory=list)      # where it stands, in order
    changes: list[Element] = field(default_factory=list)   # everything tracked, marks and second versions included


def revise(data: bytes, revisions: Sequence[Revision]) -> Revised:
    """Raise ``errors.Refused`` for a file that cannot be read and ``errors.ReviseError`` for what cannot be changed."""
    draft = Draft(data)
    places = _find_places(draft, revisions)
    _check_overlaps(places)
    for place in reversed(sorted(places, key=lambda place: place.revision.anchor)):
        _write_text(draft, place)
    last: dict[Element, Element] = {}
    for place in places:
        _write_paragraphs(draft, place, last)
    _note_protection(draft)
    written = tuple(_written(draft, place) for place in places)
    return Revised(draft.finish(), written, tuple(draft.notes))


def _find_places(draft: Draft, revisions: Sequence[Revision]) -> list[Place]:
    guard, places = Guard(draft), []
    for revision in revisions:
        try:
            places.append(_find_place(draft, guard, revision))
        except errors.ReviseError as error:
            error.revision = revision.id
            raise
    return places


def _find_place(draft: Draft, guard: Guard, revision: Revision) -> Place:
    check_revision(revision)
    anchor = revision.anchor
    p = _paragraph(draft, revision)
    w = draft.w(anchor.part)
    twin = draft.double(p, w)
    place = Place(revision, w, [p] if twin is None else [p, twin])
    for q in place.paragraphs:
        if revision.act is Act.INSERT_AFTER:
            guard.check_insert_after(anchor.part, q)
        elif revision.act is Act.DELETE:
            guard.check_delete(anchor.part, q)
        else:
            guard.check_span(anchor.part, q, anchor.start, anchor.end)
    if revision.act is Act.REPLACE:
        old = paragraph_text(p, w)[anchor.start:anchor.end]
        place.edits = edits(old, plain(revision.new_text), anchor.start)
        if old == plain(revision.new_text):
            raise errors.NothingToChange
    return place


def _paragraph(draft: Draft, revision: Revision) -> Element:
    try:
        return draft.paragraph(revision.anchor)
    except errors.FillError as error:
        raise errors.NoSuchPlace from error


def _check_overlaps(places: Sequence[Place]) -> None:
    for number, place in enumerate(places):
        for other in places[:number]:
            if _overlap(place.revision, other.revision):
                raise errors.OverlappingRevisions(revision=place.revision.id)


def _overlap(one: Revision, other: Revision) -> bool:
    a, b = one.anchor, other.anchor
    if (a.part, a.p) != (b.part, b.p) or Act.INSERT_AFTER in (one.act, other.act):
        return False
    return Act.DELETE in (one.act, other.act) or (a.start < b.end and b.start < a.end)


def _write_text(draft: Draft, place: Place) -> None:
    stamp = _stamp(draft, place)
    for p in place.paragraphs:
        made: list[Element] = []
        for edit in reversed(place.edits):
            made = track_edit(stamp, p, place.w, edit) + made
        place.made = place.made or made
        place.changes += made


def _write_paragraphs(draft: Draft, place: Place, last: dict[Element, Element]) -> None:
    """``last`` knows the paragraph inserted last behind each, so that several stand in the order they came."""
    stamp, revision = _stamp(draft, place), place.revision
    for p in place.paragraphs:
        if revision.act is Act.DELETE:
            changes = delete_paragraph(stamp, p, place.w)
        elif revision.act is Act.INSERT_AFTER:
            last[p], changes = insert_paragraph(stamp, last.get(p, p), place.w, plain(revision.new_text))
        else:
            continue
        place.made = place.made or changes[:-1]
        place.changes += changes


def _stamp(draft: Draft, place: Place) -> Stamp:
    return Stamp(draft, place.revision.author, date_of(place.revision))


def _written(draft: Draft, place: Place) -> Written:
    revision, w = place.revision, place.w
    draft.touch(revision.anchor.part)
    changes = tuple(int(change.get(w + "id") or 0) for change in place.changes)
    if not revision.comment:
        return Written(revision.id, changes)
    if revision.anchor.part != draft.package.main_part:
        return Written(revision.id, changes, note=IN_HEADER)
    number = add_comment(draft, plain(revision.comment), revision.author, date_of(revision))
    p = place.paragraphs[0]
    around = list(p.iterancestors(w + "r"))
    if around:
        set_comment(w, number, around[-1], around[-1])
    elif place.made:
        set_comment(w, number, place.made[0], place.made[-1])
    else:                              # of a paragraph without text only the mark goes
        set_comment_behind(w, number, paragraph_properties(p, w))
    return Written(revision.id, changes, number, IN_BOX if around else "")


def _note_protection(draft: Draft) -> None:
    part = draft.package.related(draft.package.main_part, "settings")
    if part is None:
        return
    w = draft.w(part)
    protection = draft.root(part).find(w + "documentProtection")
    if protection is not None and protection.get(w + "enforcement") in ("1", "true", "on"):
        draft.note(PROTECTED)
