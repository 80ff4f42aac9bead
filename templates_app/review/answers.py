"""What a language model said, checked word by word and made comparable: what cannot be shown is refused with a reason.

A model's findings differ from run to run in wording, order, number and severity. Those about one clause whose quotes
touch one paragraph are one finding here, so that scores hardly move.
"""

from __future__ import annotations

import re
import unicodedata
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from pydantic import BaseModel, ConfigDict, Field

from templates_app.choices import FindingKind, FindingSource, Severity
from templates_app.review.content import Line
from templates_app.review.findings import Fix, Found, Place
from templates_app.review.questions import AskedField, Question
from templates_app.standards.catalogue import catalogue

_FEWEST_QUOTE_CHARACTERS = 8
_MOST_QUOTE_CHARACTERS = 2_000
_MOST_SENTENCE_CHARACTERS = 1_000
# The prompt asks for twenty; said twice or in pieces they are more, and still the same once merged.
_MOST_FINDINGS = 60
_MOST_NEW_CHARACTERS = 2_000
_LIMITS = {"label": 500, "hint": 2_000}


class Change(BaseModel):
    """What may be changed of a field. Nothing can be made optional here: that loosens a template."""

    model_config = ConfigDict(extra="forbid")

    type: str | None = None
    label: str | None = None
    hint: str | None = None
    required: bool | None = None


class Said(BaseModel):
    """One finding as a model words it."""

    model_config = ConfigDict(extra="forbid")

    standard: str
    clause: str
    quote: str
    severity: str = Field(description="high, medium or low")
    problem: str
    fix: str = ""
    new_text: str | None = None
    field: str = ""
    change: Change | None = None


class ReviewAnswer(BaseModel):
    """The form of an answer. It has no place for a number."""

    model_config = ConfigDict(extra="forbid")

    findings: list[Said]


class Refusal(StrEnum):
    """Why a finding, or a part of it, is left out."""

    NO_SUCH_CLAUSE = "no_such_clause"
    UNKNOWN_SEVERITY = "unknown_severity"
    QUOTE_NOT_FOUND = "quote_not_found"
    QUOTE_TOO_SHORT = "quote_too_short"
    NOTHING_SAID = "nothing_said"
    TOO_MANY = "too_many"
    BAD_CHANGE = "bad_change"
    BAD_TEXT = "bad_text"


@dataclass(slots=True)
class Checked:
    """What of an answer stands, each finding with where its quote lies, and why the rest does not."""

    found: list[Located] = field(default_factory=list)
    refused: Counter[str] = field(default_factory=Counter)


@dataclass(frozen=True, slots=True)
class Located:
    """A finding with its quote's span in the text of its part."""

    finding: Found
    part: str
    start: int
    end: int
    paragraphs: frozenset[int]

    def touches(self, other: Located) -> bool:
        """Whether both say the same: of one clause, with quotes that share a paragraph."""
        mine, others = self.finding, other.finding
        same = (self.part, mine.standard, mine.clause) == (other.part, others.standard, others.clause)
        return same and bool(self.paragraphs & other.paragraphs)


def check_answer(question: Question, answer: ReviewAnswer) -> Checked:
    """Each finding against the very text that was asked about."""
    checked, text = Checked(), _Text(question)
    for number, said in enumerate(answer.findings):
        if number >= _MOST_FINDINGS:
            checked.refused[Refusal.TOO_MANY] += 1
            continue
        outcome = _check(said, text)
        if isinstance(outcome, Refusal):
            checked.refused[outcome] += 1
            continue
        change = _checked_change(said, question.fields)
        if change is None:
            checked.refused[Refusal.BAD_CHANGE] += 1
        located = _located(said, text, outcome, change or {})
        if said.new_text is not None and located.finding.fix is None:
            checked.refused[Refusal.BAD_TEXT] += 1
        checked.found.append(located)
    return checked


class _Text:
    """The text of a part in one line, white space made equal, with where each paragraph of it begins."""

    def __init__(self, question: Question) -> None:
        self.question = question
        self.lines = [(section, line) for section in question.sections for line in section.lines]
        pieces = [_one_line(line.text) for _, line in self.lines]
        self.text = " ".join(pieces)
        self.starts: list[int] = []
        position = 0
        for piece in pieces:
            self.starts.append(position)
            position += len(piece) + 1

    def paragraphs(self, start: int, end: int) -> frozenset[int]:
        last = [*self.starts[1:], len(self.text) + 1]
        return frozenset(index for index, begin in enumerate(self.starts) if begin < end and start < last[index] - 1)


def _one_line(text: str) -> str:
    return " ".join(text.split())


def _check(said: Said, text: _Text) -> Refusal | tuple[str, str, int]:
    """Standard, clause and where the quote begins; or why not."""
    known = catalogue().standards.get(said.standard.strip().lower())
    number = re.sub(r"^(?:clause|control)\s+", "", said.clause.strip(), flags=re.IGNORECASE).rstrip(".")
    if known is None or number not in known.by_number or not _is_asked(known.id, text.question):
        return Refusal.NO_SUCH_CLAUSE
    if said.severity.strip().lower() not in Severity.values:
        return Refusal.UNKNOWN_SEVERITY
    if not said.problem.strip():
        return Refusal.NOTHING_SAID
    quote = _one_line(said.quote)
    if not _FEWEST_QUOTE_CHARACTERS <= len(quote) <= _MOST_QUOTE_CHARACTERS:
        return Refusal.QUOTE_TOO_SHORT if len(quote) < _FEWEST_QUOTE_CHARACTERS else Refusal.QUOTE_NOT_FOUND
    start = text.text.find(quote)
    return Refusal.QUOTE_NOT_FOUND if start < 0 else (known.id, number, start)


def _is_asked(standard_id: str, question: Question) -> bool:
    return any(line.startswith(f"{standard_id} ") for line in question.clauses)


def _checked_change(said: Said, fields: Sequence[AskedField]) -> dict[str, Any] | None:
    """The change as data; empty where none is proposed, None where it cannot be made."""
    if said.change is None:
        return {}
    change = said.change.model_dump(exclude_none=True)
    change = {name: value.strip() if isinstance(value, str) else value for name, value in change.items()}
    target = next((one for one in fields if one.key == said.field), None)
    texts_fit = all(0 < len(change[name]) <= limit for name, limit in _LIMITS.items() if name in change)
    if not change:
        return {}
    if target is None or not texts_fit or change.get("required") is False:
        return None
    # A choice would need options, which a type alone does not bring.
    possible = {kind.value for kind in target.types} - {"choice"} | {target.type.value}
    return None if "type" in change and change["type"] not in possible else change


def _located(said: Said, text: _Text, outcome: tuple[str, str, int], change: dict[str, Any]) -> Located:
    standard, clause, start = outcome
    end = start + len(_one_line(said.quote))
    paragraphs = text.paragraphs(start, end)
    section, line = text.lines[min(paragraphs)]
    asked = next((one for one in text.question.fields if one.key == said.field), None)
    finding = Found(
        kind=FindingKind.CONTENT,
        severity=Severity(said.severity.strip().lower()),
        source=FindingSource.MODEL,
        standard=standard,
        clause=clause,
        section=section.title[:500],
        field_key=asked.key if asked else "",
        name=asked.label if asked else "",
        place=Place(part=line.part, p=line.p),
        quote=text.text[start:end],
        sentence=said.problem.strip()[:_MOST_SENTENCE_CHARACTERS],
        suggestion=said.fix.strip()[:_MOST_SENTENCE_CHARACTERS],
        change=change,
        fix=_fix(said, line) if len(paragraphs) == 1 else None,
    )
    return Located(finding, text.question.key, start, end, paragraphs)


def _fix(said: Said, line: Line) -> Fix | None:
    """For the very letters of the quote, where they stand once in the paragraph; None where the text cannot be."""
    new, quote = said.new_text, said.quote.strip()
    if new is None or line.text.count(quote) != 1 or len(new) > _MOST_NEW_CHARACTERS or new == quote:
        return None
    if any(unicodedata.category(letter) == "Cc" and letter not in "\n\t" for letter in new):
        return None
    start = line.text.index(quote)
    return Fix(part=line.part, p=line.p, start=start, end=start + len(quote), old=quote, new=new)


def merge_findings(found: Iterable[Located]) -> list[Found]:
    """One finding for all that touch each other, whatever the order they come in."""
    groups: list[list[Located]] = []
    for one in sorted(found, key=_reading_order):
        touching = [group for group in groups if any(one.touches(other) for other in group)]
        groups = [group for group in groups if group not in touching]
        groups.append([other for group in touching for other in group] + [one])
    return [_merged(group) for group in sorted(groups, key=lambda group: min(map(_reading_order, group)))]


def _reading_order(one: Located) -> tuple[Any, ...]:
    number = int(re.sub(r"\D", "", one.part) or 0)
    finding = one.finding
    return (number, one.start, one.end, finding.standard, finding.clause, finding.sentence, finding.suggestion)


def _merged(group: list[Located]) -> Found:
    """The most serious of them, with the change and the text that one of them proposes."""
    first = min(group, key=lambda one: (one.finding.severity.rank, _reading_order(one))).finding
    in_order = [one.finding for one in sorted(group, key=_reading_order)]
    taken: dict[str, Any] = {}
    if not first.change and (changing := next((one for one in in_order if one.change), None)):
        taken = {"change": changing.change, "field_key": changing.field_key, "name": changing.name}
    if first.fix is None and (mending := next((one for one in in_order if one.fix), None)):
        taken |= {"fix": mending.fix, "quote": mending.quote, "place": mending.place}
    return first.model_copy(update=taken)
