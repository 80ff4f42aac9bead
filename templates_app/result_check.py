"""What is wrong with a finished document: markers left over, empty fields, places not written, stale contents, pages.

The file is read as any template is, so that a place to be filled in is found wherever it stands.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from enum import StrEnum
from typing import Any

from pydantic import BaseModel

from templates_app.concepts import fold_label
from templates_app.docx.model import Anchor, Outline, Parse
from templates_app.losses import summarize_losses, undecided_in
from templates_app.models import TemplateField

_MOST_NAMED = 5
_OPENING = "[{<«$(%#"
_BRACKETED = re.compile(rf"[{re.escape(_OPENING)}].*\w.*", re.DOTALL)
_ENTRY = re.compile(r"\t\s*(?:\d+|[ivxlc]+)\s*$")
_END_OF_ENTRY = re.compile(r"[\s.…·]*$")
_NUMBER = re.compile(r"^(?:[A-Z]\.)?\d+(?:\.\d+)*\.?[\s-]+")


class CheckKind(StrEnum):
    MARKER_LEFT = "marker_left"
    REQUIRED_EMPTY = "required_empty"
    NOT_WRITTEN = "not_written"
    UNDECIDED_CHANGES = "undecided_changes"
    COMMENTS = "comments"
    STALE_CONTENTS = "stale_contents"
    EMPTY_PAGE = "empty_page"


class CheckFinding(BaseModel):
    """One thing to look at before the document goes out."""

    kind: CheckKind
    sentence: str
    field: str = ""
    page: int | None = None


class Skip(BaseModel):
    """A place that was not written, and why, as the Word library says."""

    key: str
    reason: str


class Place(BaseModel):
    """A stretch of a paragraph of the finished file, as an anchor of the Word library."""

    part: str
    p: int
    start: int
    end: int

    @classmethod
    def of(cls, anchor: Anchor) -> Place:
        return cls(part=anchor.part, p=anchor.p, start=anchor.start, end=anchor.end)

    def holds(self, character: int) -> bool:
        return self.start <= character < self.end


def places_like_markers(placed: Iterable[Mapping[str, Any]]) -> list[Place]:
    """Where values stand that could be read as places to be filled in; ``placed`` as the Word library reports it."""
    alike = (one for one in placed if any(character in one["text"] for character in _OPENING))
    return [Place(**place) for one in alike for place in (one["place"], *one["further"])]


def check_values(
    fields: Sequence[TemplateField], empty: Collection[str], skipped: Sequence[Skip]
) -> Iterator[CheckFinding]:
    """``empty``: keys of the required fields without a value."""
    labels = {one.key: one.label for one in fields}
    for key in empty:
        sentence = f"“{labels.get(key, key)}” must be filled and is empty."
        yield CheckFinding(kind=CheckKind.REQUIRED_EMPTY, sentence=sentence, field=key)
    for skip in skipped:
        sentence = f"“{labels.get(skip.key, skip.key)}” was not written at one of its places: {skip.reason}"
        yield CheckFinding(kind=CheckKind.NOT_WRITTEN, sentence=sentence, field=skip.key)


def check_markers(
    result: Parse, fields: Sequence[TemplateField], values: Mapping[str, Any], filled: Sequence[Place]
) -> Iterator[CheckFinding]:
    """Places to be filled in that still stand in the file, other than those of fields left empty.

    What begins in a place that was ``filled`` is what somebody wrote there.
    """
    left_empty = {one.marker.strip() for one in fields if one.key not in values}
    written: dict[tuple[str, int], list[Place]] = {}
    for place in filled:
        written.setdefault((place.part, place.p), []).append(place)
    seen: set[str] = set()
    for found in result.fields:
        marker = found.marker.strip()
        if marker in seen or marker in left_empty or not _BRACKETED.fullmatch(marker):
            continue
        if all(any(place.holds(a.start) for place in written.get((a.part, a.p), ())) for a in found.anchors):
            continue
        seen.add(marker)
        yield CheckFinding(
            kind=CheckKind.MARKER_LEFT, sentence=f"“{marker[:80]}” still stands in the document, to be filled in."
        )


def check_undecided(outline: Outline) -> Iterator[CheckFinding]:
    """Tracked changes and comments, which are nothing for who gets the document."""
    undecided = undecided_in(summarize_losses(outline.losses))
    kinds = [CheckKind.UNDECIDED_CHANGES] * bool(undecided.changes) + [CheckKind.COMMENTS] * bool(undecided.comments)
    for kind, sentence in zip(kinds, undecided.told("The document"), strict=True):
        yield CheckFinding(kind=kind, sentence=sentence)


def check_contents(outline: Outline) -> Iterator[CheckFinding]:
    """Entries of the contents, or of a list of figures, that no paragraph says. Page numbers are not compared."""
    entries = [_entry_text(one.text) for one in outline.paragraphs if one.in_toc and _ENTRY.search(one.text)]
    if not entries:
        return
    texts = [text for one in outline.paragraphs if not one.in_toc for text in (one.text, *one.text.split("\n"))]
    said = {fold_label(text) for one in texts for text in (one, _bare(one))}
    if stale := [entry for entry in entries if entry and fold_label(entry) not in said]:
        named = ", ".join(f"“{entry[:60]}”" for entry in stale[:_MOST_NAMED])
        more = f" and {len(stale) - _MOST_NAMED} more" if len(stale) > _MOST_NAMED else ""
        sentence = f"The table of contents names {named}{more}, which no heading says. Update it in Word (F9)."
        yield CheckFinding(kind=CheckKind.STALE_CONTENTS, sentence=sentence)


def _entry_text(line: str) -> str:
    """``1.2⇥Purpose⇥⇥3`` → ``Purpose``."""
    parts = [part.strip() for part in line.split("\t") if part.strip()]
    words = [part for part in parts if re.search(r"[^\W\d]", part) and not re.fullmatch(r"[ivxlc]+", part)]
    return _bare(_END_OF_ENTRY.sub("", words[-1] if words else ""))


def _bare(heading: str) -> str:
    """Without a number typed before it."""
    return _NUMBER.sub("", heading.strip())


def check_pages(blank_pages: Sequence[int], template_blank_pages: Sequence[int]) -> Iterator[CheckFinding]:
    """Pages with nothing on them, where the template has fewer of them. Pages count from 1."""
    if len(blank_pages) <= len(template_blank_pages):
        return
    for page in blank_pages:
        yield CheckFinding(kind=CheckKind.EMPTY_PAGE, sentence=f"Page {page} is empty.", page=page)
