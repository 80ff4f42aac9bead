"""What a language model said of a reading, checked against the file: what cannot be is refused with the reason.

Nothing that an answer can say makes a field required or optional, changes a key or touches the Word file.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from pydantic import BaseModel, ConfigDict

from templates_app.choices import CorrectionAct, CorrectionRefusal, FieldType
from templates_app.correction.corrections import Add, Correction, Drop, Judged, Merge, Rename, Retype, Split
from templates_app.correction.questions import Question
from templates_app.correction.scores import model_score, place_score, type_score
from templates_app.docx.model import Anchor, Field, Paragraph, Parse
from templates_app.docx.model import FieldType as WordFieldType
from templates_app.docx.naming import clean_label
from templates_app.field_types import STRUCTURAL, possible_types
from templates_app.names import is_name
from templates_app.words import key_stems

_MOST_CORRECTIONS = 100
_MOST_LABEL_CHARACTERS = 120
_MOST_QUOTE_CHARACTERS = 300
_MOST_PLACE_CHARACTERS = 120
_MOST_OPTIONS = 50
# Of what a label is to be made of, so much must be words of the file or of the person's hints.
_WORDS_GIVEN = 0.6
# An answer that throws away more of a part than this did not understand it.
_MOST_DROPPED = 1 / 3
_ALWAYS_DROPPED = 2


def _without_titles(schema: dict[str, Any]) -> None:
    """They repeat the names, and each is paid for in every call."""
    schema.pop("title", None)
    for one in schema.get("properties", {}).values():
        one.pop("title", None)


class Said(BaseModel):
    """One correction as a model words it."""

    model_config = ConfigDict(extra="forbid", json_schema_extra=_without_titles)

    do: str
    fields: list[int] = []
    label: str = ""
    type: str = ""
    options: list[str] = []
    quote: str = ""
    why: str = ""


class CorrectionAnswer(BaseModel):
    """The form of an answer."""

    model_config = ConfigDict(extra="forbid", json_schema_extra=_without_titles)

    corrections: list[Said]


@dataclass(frozen=True, slots=True)
class Source:
    """Who said it."""

    provider: str
    model: str


class _Refused(Exception):
    def __init__(self, reason: CorrectionRefusal) -> None:
        super().__init__(reason)
        self.reason = reason


class Checker:
    """All answers on one reading, in order: what an earlier one took, a later one cannot have.

    ``margin``: readings whose scores are no further apart may be put to a person. ``edited``: fields that a person
    changed, with the places they had then.
    """

    def __init__(
        self, parse: Parse, rules: str, margin: float, edited: Mapping[str, frozenset[Anchor]] | None = None
    ) -> None:
        self.judged: list[Judged] = []
        self._rules, self._margin, self._edited = rules, margin, edited or {}
        self._taken: set[tuple[str, str]] = set()
        self._headings = [one.heading for one in parse.outline.sections]
        self._fields = {one.key: one for one in parse.fields}
        self._paragraphs = {(one.part, one.p): one for one in parse.outline.paragraphs}
        self._spans: dict[tuple[str, int], list[tuple[int, int]]] = {}
        for anchor in (anchor for one in parse.fields for anchor in one.anchors):
            self._spans.setdefault((anchor.part, anchor.p), []).append((anchor.start, anchor.end))

    def check(self, question: Question, answer: CorrectionAnswer, source: Source) -> None:
        dropped = sum(one.do.strip().lower() == CorrectionAct.DROP for one in answer.corrections)
        drops_too_much = dropped > max(_ALWAYS_DROPPED, _MOST_DROPPED * len(question.candidates))
        for number, said in enumerate(answer.corrections[: _MOST_CORRECTIONS + 1], 1):
            judged = _noted(f"{question.key}-{number}", question, said, source)
            try:
                if question.gives_orders:
                    raise _Refused(CorrectionRefusal.PART_GIVES_ORDERS)
                if number > _MOST_CORRECTIONS or (drops_too_much and judged.act == CorrectionAct.DROP):
                    raise _Refused(CorrectionRefusal.TOO_MANY)
                self._check(question, said, judged)
            except _Refused as refused:
                judged.correction, judged.refusal, judged.contested = None, refused.reason, False
            self.judged.append(judged)

    def _check(self, question: Question, said: Said, judged: Judged) -> None:
        shown = self._shown(question, said)
        match judged.act:
            case CorrectionAct.RENAME:
                self._quoted(question, said)
                correction: Correction = self._rename(_only(shown), said)
            case CorrectionAct.RETYPE:
                self._quoted(question, said)
                correction = self._retype(question, _only(shown), said, judged)
            case CorrectionAct.DROP:
                self._quoted(question, said)
                self._weigh(place_score(_only(shown)), judged)
                correction = Drop(field=_only(shown).key)
            case CorrectionAct.MERGE:
                correction = self._merge(shown)
            case CorrectionAct.SPLIT:
                correction = self._split(_only(shown))
            case CorrectionAct.ADD:
                correction = self._add(question, said)
            case _:
                raise _Refused(CorrectionRefusal.UNKNOWN_ACT)
        self._check_not_edited(correction)
        self._take(correction)
        judged.correction = correction

    def _shown(self, question: Question, said: Said) -> list[Field]:
        numbers = list(dict.fromkeys(said.fields))
        if not all(0 < number <= len(question.candidates) for number in numbers):
            raise _Refused(CorrectionRefusal.UNKNOWN_FIELD)
        return [self._fields[question.candidates[number - 1].key] for number in numbers]

    # --- what each may be -------------------------------------------------------------------------------------------

    def _rename(self, one: Field, said: Said) -> Rename:
        around = " ".join(self._paragraphs[anchor.part, anchor.p].text for anchor in one.anchors)
        heading = self._headings[one.section] if one.section is not None else ""
        label = self._label(said, f"{one.label} {one.key.replace('_', ' ')} {around} {heading}")
        if label == one.label:
            raise _Refused(CorrectionRefusal.NOTHING_CHANGES)
        return Rename(field=one.key, label=label)

    def _label(self, said: Said, known: str) -> str:
        """In words that stand in the quote, at the place, over it, or in the person's hints."""
        label = clean_label(said.label)
        wanted = key_stems(label)
        given = wanted & key_stems(f"{said.quote} {known} {self._rules}")
        if not wanted or not is_name(label, _MOST_LABEL_CHARACTERS) or len(given) < _WORDS_GIVEN * len(wanted):
            raise _Refused(CorrectionRefusal.BAD_LABEL)
        return label

    def _retype(self, question: Question, one: Field, said: Said, judged: Judged) -> Retype:
        kind, options = self._type(question, said)
        if (kind, options) == (one.type, one.options):
            raise _Refused(CorrectionRefusal.NOTHING_CHANGES)
        _check_possible(one, kind)
        self._weigh(type_score(one), judged)
        alike = next(candidate.alike for candidate in question.candidates if candidate.key == one.key)
        others = (key for key in alike if key not in self._edited)
        return Retype(fields=(one.key, *others), type=kind, options=options)

    def _type(self, question: Question, said: Said) -> tuple[WordFieldType, tuple[str, ...]]:
        """A choice comes with its options, which stand in that part of the file or in the hints."""
        name = said.type.strip().lower()
        if name not in FieldType.values:
            raise _Refused(CorrectionRefusal.UNKNOWN_TYPE)
        kind = WordFieldType(name)
        if kind is not WordFieldType.CHOICE:
            return kind, ()
        options = tuple(dict.fromkeys(one.strip() for one in said.options if one.strip()))
        if not 1 < len(options) <= _MOST_OPTIONS:
            raise _Refused(CorrectionRefusal.IMPOSSIBLE_TYPE)
        text = _folded(" ".join((self._text(question), self._rules)))
        if not all(_folded(one) in text for one in options):
            raise _Refused(CorrectionRefusal.QUOTE_NOT_FOUND)
        return kind, options

    def _merge(self, shown: Sequence[Field]) -> Merge:
        """Of one type, none a structure of its own, and no two in one row or column of a table."""
        alike = {(one.type, one.options, one.columns) for one in shown}
        if len(shown) < 2 or len(alike) > 1 or FieldType(shown[0].type) in STRUCTURAL or _has_boxes(shown[0]):
            raise _Refused(CorrectionRefusal.CANNOT_MERGE)
        lines = [line for one in shown for line in self._table_lines(one)]
        if len(set(lines)) < len(lines):
            raise _Refused(CorrectionRefusal.CANNOT_MERGE)
        return Merge(fields=tuple(one.key for one in shown))

    def _table_lines(self, one: Field) -> set[tuple[str, int, str, int]]:
        """The rows and columns of tables in which a field has a place."""
        lines: set[tuple[str, int, str, int]] = set()
        for anchor in one.anchors:
            if (cell := self._paragraphs[anchor.part, anchor.p].cell) is not None:
                lines.add((anchor.part, cell.table, "row", cell.row))
                lines.add((anchor.part, cell.table, "column", cell.column))
        return lines

    def _split(self, one: Field) -> Split:
        if len(one.anchors) < 2 or FieldType(one.type) in STRUCTURAL or _has_boxes(one):
            raise _Refused(CorrectionRefusal.CANNOT_SPLIT)
        return Split(field=one.key)

    def _add(self, question: Question, said: Said) -> Add:
        kind, options = self._type(question, said)
        if FieldType(kind) in STRUCTURAL:
            raise _Refused(CorrectionRefusal.IMPOSSIBLE_TYPE)
        paragraph, start, end = self._place(question, said.quote.strip())
        spans = self._spans.setdefault((paragraph.part, paragraph.p), [])
        if any((begun < end and start < ended) or begun == start for begun, ended in spans):
            raise _Refused(CorrectionRefusal.OVERLAPS)
        label = self._label(said, paragraph.text)
        spans.append((start, end))
        return Add(label=label, type=kind, options=options, part=paragraph.part, p=paragraph.p, start=start, end=end)

    def _place(self, question: Question, quote: str) -> tuple[Paragraph, int, int]:
        """Where the quote stands, letter by letter; behind it where it is a label with its colon."""
        if not 0 < len(quote) <= _MOST_PLACE_CHARACTERS:
            raise _Refused(CorrectionRefusal.QUOTE_NOT_FOUND)
        for address in question.paragraphs:
            start = self._paragraphs[address].text.find(quote)
            if start >= 0:
                end = start + len(quote)
                return self._paragraphs[address], end if quote.endswith((":", "：")) else start, end
        raise _Refused(CorrectionRefusal.QUOTE_NOT_FOUND)

    # --- what all have in common ------------------------------------------------------------------------------------

    def _quoted(self, question: Question, said: Said) -> None:
        """Verbatim but for white space and case: labels are shown with a capital."""
        quote = _folded(said.quote)
        if not 0 < len(quote) <= _MOST_QUOTE_CHARACTERS or quote not in _folded(self._text(question)):
            raise _Refused(CorrectionRefusal.QUOTE_NOT_FOUND)

    def _text(self, question: Question) -> str:
        return " ".join(self._paragraphs[address].text for address in question.paragraphs)

    def _weigh(self, of_rules: float, judged: Judged) -> None:
        """The surer reading counts; where they are close, a person may be asked which one."""
        ahead = of_rules - model_score(has_rules=bool(self._rules))
        judged.contested = abs(ahead) <= self._margin
        if ahead > self._margin:
            raise _Refused(CorrectionRefusal.RULES_ARE_SURER)
        if ahead > 0:
            judged.refusal = CorrectionRefusal.RULES_ARE_SURER

    def _check_not_edited(self, correction: Correction) -> None:
        """A person's word on a field outranks a model's. It may bring the field to the places that were edited."""
        places: frozenset[Anchor] | None = None
        match correction:
            case Merge():
                places = frozenset(anchor for key in correction.fields for anchor in self._fields[key].anchors)
            case Split():
                places = frozenset(self._fields[correction.field].anchors[:1])
        if any(key in self._edited and self._edited[key] != places for key in _touched(correction)[0]):
            raise _Refused(CorrectionRefusal.EDITED_BY_PERSON)

    def _take(self, correction: Correction) -> None:
        """A field is renamed once, retyped once, and merged, split or dropped only by itself."""
        keys, kind = _touched(correction)
        small = {CorrectionAct.RENAME, CorrectionAct.RETYPE}
        for key in keys:
            before = {act for taken, act in self._taken if taken == key}
            if kind in before or (before and (kind not in small or not before <= small)):
                raise _Refused(CorrectionRefusal.CONTRADICTS)
        self._taken |= {(key, kind) for key in keys}


def _noted(key: str, question: Question, said: Said, source: Source) -> Judged:
    """What was said, within bounds, before it is looked at."""
    inside = [question.candidates[number - 1].key for number in said.fields if 0 < number <= len(question.candidates)]
    told = {"label": said.label[:_MOST_QUOTE_CHARACTERS], "type": said.type[:20]}
    return Judged(
        key=key,
        act=said.do.strip().lower()[:20],
        field_keys=list(dict.fromkeys(inside)),
        said={**{name: text for name, text in told.items() if text}, **_with_options(said)},
        quote=said.quote[:_MOST_QUOTE_CHARACTERS],
        why=said.why[:_MOST_QUOTE_CHARACTERS],
        provider=source.provider,
        model=source.model,
    )


def _with_options(said: Said) -> dict[str, list[str]]:
    return {"options": [one[:_MOST_LABEL_CHARACTERS] for one in said.options[:_MOST_OPTIONS]]} if said.options else {}


def _only(shown: Sequence[Field]) -> Field:
    if len(shown) != 1:
        raise _Refused(CorrectionRefusal.UNKNOWN_FIELD)
    return shown[0]


def _check_possible(one: Field, kind: WordFieldType) -> None:
    if FieldType(kind) not in possible_types(FieldType(one.type), has_boxes=_has_boxes(one)):
        raise _Refused(CorrectionRefusal.IMPOSSIBLE_TYPE)


def _has_boxes(one: Field) -> bool:
    return one.type is WordFieldType.CHOICE and 1 < len(one.anchors) == len(one.options)


def _touched(correction: Correction) -> tuple[Iterable[str], CorrectionAct]:
    match correction:
        case Retype() | Merge():
            return correction.fields, correction.act
        case Add():
            return (), correction.act
    return (correction.field,), correction.act


def _folded(text: str) -> str:
    return re.sub(r"\s+", " ", text).strip().casefold()
