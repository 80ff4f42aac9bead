"""A finding as rules and model passes make it; a row of ``Finding`` is what becomes of it."""

from __future__ import annotations

from typing import Any

from pydantic import BaseModel

from templates_app.choices import FindingKind, FindingSource, Severity
from templates_app.review.content import FieldFacts, Line, SectionText

_QUOTE_CHARACTERS = 300


class Place(BaseModel):
    part: str
    p: int


class Fix(BaseModel):
    """Another text for a span of a paragraph, as a tracked change; with ``old``, by which the span is known again."""

    part: str
    p: int
    start: int
    end: int
    old: str
    new: str


class Found(BaseModel):
    """One thing that is wrong, where, and what would mend it: ``change`` for ``edit_field``, ``fix`` in the text."""

    kind: FindingKind
    severity: Severity
    sentence: str
    suggestion: str = ""
    source: FindingSource = FindingSource.RULE
    standard: str = ""
    clause: str = ""
    section: str = ""
    field_key: str = ""
    name: str = ""
    place: Place | None = None
    quote: str = ""
    change: dict[str, Any] = {}
    fix: Fix | None = None


def at_field(one: FieldFacts) -> dict[str, Any]:
    """Where a finding about a field is."""
    place = Place(part=one.line[0], p=one.line[1]) if one.line else None
    return {"field_key": one.key, "name": one.label, "section": one.section[:500], "place": place}


def at_line(section: SectionText, line: Line, *, start: int, end: int) -> dict[str, Any]:
    """Where a finding about a stretch of text is, with as much of the line around it as makes a quote."""
    spare = max(0, _QUOTE_CHARACTERS - (end - start)) // 2
    quote = line.text[max(0, start - spare) : start + _QUOTE_CHARACTERS - spare].strip()
    return {"section": section.title[:500], "place": Place(part=line.part, p=line.p), "quote": quote}
