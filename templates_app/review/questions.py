"""What a language model is asked: a template in parts, each with the clauses that matter for it.

All that comes from the file goes into the prompt as untrusted data, between two lines that it cannot contain.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

from django.conf import settings
from pydantic import BaseModel

from llm_app.choices import Role
from llm_app.exchange import Request
from llm_app.prompts import Untrusted, Value, ask_with, load_prompt
from templates_app.choices import FieldType
from templates_app.review.content import Content, FieldFacts, Line, SectionText
from templates_app.review.expectations import clauses_in_question
from templates_app.standards.catalogue import Clause, Standard
from templates_app.words import Wording

PROMPTS = Path(__file__).parent.parent / "prompts"
# Short sections share a call, long ones are split: much context makes findings vague, little makes calls many.
_PART_CHARACTERS = 6_000
_QUICK_CHARACTERS = 10_000
_MOST_PARTS = 60
_MOST_CLAUSES = 25
_EVIDENCE_NAMED = 3


class AskedField(BaseModel):
    """A field of the part, and the types it may be given."""

    key: str
    label: str
    type: FieldType
    types: list[FieldType]


class AskedSection(BaseModel):
    """A section or a piece of it; ``head`` is where its heading stands, in the first piece alone."""

    title: str
    lines: list[Line]
    head: tuple[str, int] | None = None


class Question(BaseModel):
    """One part of a template as it is asked about; what an answer says is checked against it."""

    key: str
    kind: str
    sections: list[AskedSection]
    fields: list[AskedField]
    clauses: list[str]
    """A line each: standard, number, title, what usually shows that it is met."""


def ask_in_parts(content: Content) -> tuple[list[Question], bool]:
    """The whole template in parts; with True where it is too long and its end is left out."""
    parts = list(_parts(content.sections))
    kept = parts[:_MOST_PARTS]
    return [_question(f"part-{number}", part, content) for number, part in enumerate(kept, 1)], len(parts) > len(kept)


def ask_briefly(content: Content) -> tuple[list[Question], bool]:
    """One question: the beginning of every section, each with the same share; True where something is left out."""
    share = _QUICK_CHARACTERS // max(1, len(content.sections))
    part = [AskedSection(title=one.title, lines=_beginning(one, share), head=_head(one)) for one in content.sections]
    cut = any(len(asked.lines) < len(one.lines) for asked, one in zip(part, content.sections, strict=True))
    return ([_question("quick", part, content)] if part else []), cut


def _beginning(section: SectionText, share: int) -> list[Line]:
    """Whole paragraphs as long as they fit."""
    lines: list[Line] = []
    for line in section.lines:
        share -= len(line.text)
        if share < 0:
            break
        lines.append(line)
    return lines


def _parts(sections: Sequence[SectionText]) -> Iterator[list[AskedSection]]:
    """Consecutive paragraphs up to the length of a part; a section begun in one may go on in the next."""
    part: list[AskedSection] = []
    room = _PART_CHARACTERS
    for section in sections:
        part.append(AskedSection(title=section.title, lines=[], head=_head(section)))
        room -= len(section.title)
        for line in section.lines:
            if len(line.text) > room and any(one.lines for one in part):
                begun = part.pop() if not part[-1].lines else AskedSection(title=section.title, lines=[])
                yield part
                part, room = [begun], _PART_CHARACTERS
            part[-1].lines.append(line)
            room -= len(line.text)
    if any(one.lines for one in part):
        yield part


def _head(section: SectionText) -> tuple[str, int] | None:
    return (section.part, section.p) if section.heading else None


def _question(key: str, part: list[AskedSection], content: Content) -> Question:
    inside = {(line.part, line.p) for section in part for line in section.lines} | {one.head for one in part}
    fields = [one for one in content.fields if one.home is not None and one.home in inside]
    return Question(
        key=key,
        kind=content.kind.name if content.kind else "",
        sections=part,
        fields=[_asked(one) for one in fields],
        clauses=[_clause_line(standard, clause) for standard, clause in _clauses_for(part, content)],
    )


def _asked(one: FieldFacts) -> AskedField:
    return AskedField(key=one.key, label=one.label, type=one.type, types=list(one.types))


def _clauses_for(part: list[AskedSection], content: Content) -> list[tuple[Standard, Clause]]:
    """Those the type answers to, then those whose keywords stand in this part."""
    expected = clauses_in_question(content)
    wording = Wording([text for section in part for text in (section.title, *(line.text for line in section.lines))])
    touched = [
        (standard, clause)
        for standard in content.standards
        for clause in standard.leaves
        if (standard, clause) not in expected and any(map(wording.has, clause.keywords))
    ]
    return [*expected, *touched][:_MOST_CLAUSES]


def _clause_line(standard: Standard, clause: Clause) -> str:
    evidence = "; ".join(clause.evidence[:_EVIDENCE_NAMED])
    return f"{standard.id} {clause.number} {clause.title}" + (f" ({evidence})" if evidence else "")


def as_request(question: Question, *, provider: str) -> Request:
    """The prompt with the clauses in our words and the part as data."""
    values: dict[str, Value] = {
        "kind": question.kind or "not known",
        "clauses": "\n".join(f"- {one}" for one in question.clauses),
        "part": Untrusted("\n".join(_data_lines(question)), "text of a template"),
    }
    prompt, keep_seconds = load_prompt(PROMPTS, "review"), settings.KEEP_ANSWERS_HOURS * 3600
    return ask_with(prompt, values, role=Role.REVIEWER, provider=provider, keep_seconds=keep_seconds)


def _data_lines(question: Question) -> Iterator[str]:
    for section in question.sections:
        yield f"# {section.title}" if section.title else "# (before the first heading)"
        yield from (line.text for line in section.lines)
        yield ""
    if question.fields:
        yield "Fields of this part (key | label | type):"
        yield from (f"{one.key} | {one.label} | {one.type.value}" for one in question.fields)
