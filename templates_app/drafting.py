"""Long texts that a language model proposes: what it is asked, and what of its answer can stand.

It gets the field, what stands around it and what is known, as data; it answers with a text and the ids of what that
text rests on. Code checks that these exist. Nothing of it is in a document until a person accepts it (``drafts``).
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from enum import StrEnum
from pathlib import Path
from typing import Any

from pydantic import BaseModel, ConfigDict

from llm_app.choices import Role
from llm_app.exchange import Request
from llm_app.prompts import Untrusted, Value, ask_with, load_prompt
from templates_app.choices import FieldType
from templates_app.docx.model import Outline
from templates_app.models import Fact, Template, TemplateField
from templates_app.review.content import SectionText, read_homes, read_sections
from templates_app.values import WrongValue, clean_value

MAX_DRAFTS = 40
"""Of one document: each is a paid call."""
_PROMPTS = Path(__file__).parent / "prompts"
_MOST_WORDS = 250
_MOST_CHARACTERS = 8_000
# Short contexts: the paragraphs just before the field and a few behind it, facts in a line each.
_CONTEXT_BEFORE_CHARACTERS, _CONTEXT_AFTER_CHARACTERS = 1_500, 500
_KNOWN_CHARACTERS, _KNOWN_LINE_CHARACTERS = 6_000, 400
_PLACEHOLDER = re.compile(r"\[[^\]\n]{1,80}\]|\{\{[^}\n]{1,80}\}\}|<<[^>\n]{1,80}>>|_{4,}|\bTB[ACD]\b|\bXXX+\b")


class DraftAnswer(BaseModel):
    """The form of an answer: one text for the field that was asked about, and no place for anything else."""

    model_config = ConfigDict(extra="forbid")

    text: str
    sources: list[str]


class Known(BaseModel):
    """One thing a text may rest on. ``said`` names it for people."""

    id: str
    said: str
    line: str


class DraftQuestion(BaseModel):
    """One field as it is asked about; what an answer says is checked against it."""

    key: str
    label: str
    marker: str
    known: list[Known]
    request: Request


class Refusal(StrEnum):
    """Why a text is left out."""

    NOTHING_SAID = "nothing_said"
    TOO_LONG = "too_long"
    NOT_WRITABLE = "not_writable"
    PLACEHOLDER_LEFT = "placeholder_left"


REFUSAL_SAID = {
    Refusal.NOTHING_SAID: "it was empty",
    Refusal.TOO_LONG: "it was too long",
    Refusal.NOT_WRITABLE: "it held characters that no Word file can hold",
    Refusal.PLACEHOLDER_LEFT: "it still held places to be filled in",
}


class Checked(BaseModel):
    """What of an answer stands: a text with the sources that exist, or why there is none."""

    text: str = ""
    sources: list[str] = []
    invented: list[str] = []
    refusal: Refusal | None = None


def ask_for_texts(
    template: Template,
    fields: Sequence[TemplateField],
    outline: Outline,
    known: Sequence[Known],
    *,
    provider: str,
) -> list[DraftQuestion]:
    """A question for each of the fields, complete, so that what was asked stays the same when prompts change."""
    sections, homes = read_sections(outline), read_homes(outline)
    return [
        DraftQuestion(
            key=one.key,
            label=one.label,
            marker=one.marker,
            known=list(known),
            request=_request(template, one, _context(one, sections, homes), known, provider=provider),
        )
        for one in fields
    ]


def _request(
    template: Template, one: TemplateField, context: str, known: Sequence[Known], *, provider: str
) -> Request:
    about = [f"label: {one.label}", f"section: {one.section or '-'}", f"hint: {one.hint or one.marker or '-'}"]
    values: dict[str, Value] = {
        "language": template.language or "as it stands below",
        "field": Untrusted("\n".join(about), "field"),
        "kind": template.kind.name if template.kind else "not known",
        "context": Untrusted(context or "(nothing)", "text of the template"),
        "known": Untrusted("\n".join(item.line for item in known) or "(nothing)", "facts and values"),
        "most_words": _MOST_WORDS,
    }
    return ask_with(load_prompt(_PROMPTS, "draft"), values, role=Role.GENERATOR, provider=provider)


def _context(
    one: TemplateField, sections: Sequence[SectionText], homes: Mapping[tuple[str, int], tuple[str, int]]
) -> str:
    """The paragraphs of its section around its first place."""
    if not one.places:
        return ""
    place = (one.places[0]["part"], one.places[0]["p"])
    home = homes.get(place, place)
    for section in sections:
        at = next((index for index, line in enumerate(section.lines) if (line.part, line.p) == home), None)
        if at is not None or (section.part, section.p) == home:
            texts, middle = [line.text for line in section.lines], at or 0
            before = _as_much(reversed(texts[: middle + 1]), _CONTEXT_BEFORE_CHARACTERS)
            after = _as_much(iter(texts[middle + 1 :]), _CONTEXT_AFTER_CHARACTERS)
            return "\n".join([section.title, *reversed(before), *after]).strip()
    return ""


def _as_much(texts: Iterator[str], characters: int) -> list[str]:
    """As many of the texts as fit; the first one is cut rather than left out."""
    taken: list[str] = []
    for text in texts:
        if taken and len(text) > characters:
            break
        taken.append(text[:characters])
        characters -= len(text)
    return taken


def gather_known(facts: Sequence[Fact], values: Mapping[str, Any], fields: Sequence[TemplateField]) -> list[Known]:
    """What a text may rest on: the fact sheet and the document's own values, a line each, as much as fits."""
    labels = {one.key: one.label for one in fields}
    stated = [(f"F{number}", f"Fact “{fact.label}”", fact.label, fact.value) for number, fact in enumerate(facts, 1)]
    given = [(key, value) for key, value in values.items() if key in labels]
    filled = [
        (f"V{number}", f"Field “{labels[key]}”", labels[key], value) for number, (key, value) in enumerate(given, 1)
    ]
    known, room = [], _KNOWN_CHARACTERS
    for id_, said, label, value in [*stated, *filled]:
        if not isinstance(value, str | int | float) or isinstance(value, bool):
            continue
        line = " ".join(f"{id_} {label}: {value}".split())[:_KNOWN_LINE_CHARACTERS]
        room -= len(line)
        if room < 0:
            break
        known.append(Known(id=id_, said=said, line=line))
    return known


def check_draft(question: DraftQuestion, answer: DraftAnswer) -> Checked:
    """The text and its sources against what was asked. A source that does not exist is none, and told."""
    text = answer.text.strip()
    said = {item.id: item.said for item in question.known}
    named = list(dict.fromkeys(one.strip() for one in answer.sources))
    checked = Checked(
        text=text,
        sources=[said[one] for one in named if one in said],
        invented=[one[:60] for one in named if one not in said][:20],
    )
    if (refusal := _refusal(question, text)) is not None:
        return Checked(refusal=refusal, invented=checked.invented)
    return checked


def _refusal(question: DraftQuestion, text: str) -> Refusal | None:
    if not text:
        return Refusal.NOTHING_SAID
    if len(text) > _MOST_CHARACTERS:
        return Refusal.TOO_LONG
    try:
        clean_value(TemplateField(key=question.key, type=FieldType.LONG_TEXT), text)
    except WrongValue:
        return Refusal.NOT_WRITABLE
    marker = question.marker.strip()
    has_marker = len(marker) > 3 and marker in text
    return Refusal.PLACEHOLDER_LEFT if has_marker or _PLACEHOLDER.search(text) else None


def tell_of_refused(refused: Mapping[str, str]) -> list[str]:
    """Sentences for people: which texts there are not, and why; ``refused`` is reasons in words by label."""
    return [f"No text was drafted for “{label}”: {reason}." for label, reason in refused.items()]


def count_reasons(reasons: Sequence[str]) -> str:
    """For the job's log, which holds no content: ``2 refused (too_long, nothing_said)``."""
    counted = Counter(reasons)
    told = ", ".join(f"{name} × {count}" if count > 1 else name for name, count in sorted(counted.items()))
    return f"{len(reasons)} refused ({told})" if reasons else "none refused"
