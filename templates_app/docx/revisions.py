"""What somebody proposes to change in a Word file, and what became of it: plain data, no XML."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from difflib import SequenceMatcher
from enum import StrEnum
from itertools import accumulate
from re import compile as pattern

from . import errors
from .model import Anchor
from .values import ILLEGAL

WORD = pattern(r"\S+\s*|\s+")          # a word with the space behind it, so that neighbouring words change as one
MAX_COMPARED = 250_000                 # pairs of words; comparing more takes over a second
ALIKE = 0.5                            # share of words two texts have in common, below which all is replaced


class Act(StrEnum):
    """What is proposed for the place."""

    REPLACE = "replace"                # other text for the span; for an empty span text where none stands
    INSERT_AFTER = "insert_after"      # a new paragraph behind that of the anchor
    DELETE = "delete"                  # the anchor's paragraph, whole


@dataclass(frozen=True, slots=True)
class Revision:
    """One proposal. Line breaks and tabs of the text stay such; the comment says why and may be empty."""

    id: str
    anchor: Anchor                     # in the original file; paragraph acts look at its part and p alone
    new_text: str
    author: str
    when: datetime                     # with its zone
    comment: str = ""
    act: Act = Act.REPLACE


@dataclass(frozen=True, slots=True)
class Edit:
    """Text in place of the span ``[start, end)`` of a paragraph's text."""

    start: int
    end: int
    text: str


@dataclass(frozen=True, slots=True)
class Written:
    """How a revision stands in the file: the w:id of each of its changes, by which they are accepted or rejected."""

    id: str
    changes: tuple[int, ...]
    comment: int | None = None         # w:id of its comment
    note: str = ""                     # what is otherwise than asked for, a sentence


@dataclass(frozen=True, slots=True)
class Revised:
    """The new file and how each revision stands in it."""

    data: bytes
    written: tuple[Written, ...]
    notes: tuple[str, ...] = ()


def check_revision(revision: Revision) -> None:
    """Raise BadRevision for what no Word file can hold and NothingToChange for a paragraph without text."""
    for text in (revision.new_text, revision.comment, revision.author):
        if ILLEGAL.search(text):
            raise errors.BadRevision("The proposed change holds a control character that no Word file can hold.")
    if not revision.author.strip() or revision.when.tzinfo is None:
        raise errors.BadRevision
    if revision.act is Act.DELETE and revision.new_text:
        raise errors.BadRevision("A paragraph to be deleted takes no new text.")
    if revision.act is Act.INSERT_AFTER and not revision.new_text:
        raise errors.NothingToChange("A new paragraph needs a text.")


def plain(text: str) -> str:
    """With the line breaks of every system as one character."""
    return text.replace("\r\n", "\n").replace("\r", "\n")


def date_of(revision: Revision) -> str:
    """As Word writes it, in UTC."""
    return revision.when.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def edits(old: str, new: str, start: int) -> list[Edit]:
    """What makes the new text of the old one that begins at ``start``, word by word where the two are alike."""
    ours, theirs = WORD.findall(old), WORD.findall(new)
    if len(ours) * len(theirs) > MAX_COMPARED:
        return [Edit(start, start + len(old), new)]
    matcher = SequenceMatcher(None, ours, theirs, autojunk=False)
    if matcher.ratio() < ALIKE:
        return [Edit(start, start + len(old), new)]
    return list(_word_edits(matcher, ours, theirs, start))


def _word_edits(matcher: SequenceMatcher[str], ours: Sequence[str], theirs: Sequence[str],
                start: int) -> Iterator[Edit]:
    at = list(accumulate(map(len, ours), initial=start))
    for kind, i, j, k, m in matcher.get_opcodes():
        if kind != "equal":
            yield Edit(at[i], at[j], "".join(theirs[k:m]))
