"""Typed corrections of a reading, and the fields as they are with them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field

from templates_app.choices import CorrectionAct, CorrectionRefusal
from templates_app.correction.scores import ADDED_CONFIDENCE
from templates_app.docx.layout import Layout
from templates_app.docx.model import Anchor, Parse
from templates_app.docx.model import Field as WordField
from templates_app.docx.model import FieldType as WordFieldType
from templates_app.docx.naming import key_of, unique_key


class _Correction(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Rename(_Correction):
    act: Literal[CorrectionAct.RENAME] = CorrectionAct.RENAME
    field: str
    label: str


class Retype(_Correction):
    """Also of those like it further down in the table, which the model did not see."""

    act: Literal[CorrectionAct.RETYPE] = CorrectionAct.RETYPE
    fields: tuple[str, ...]
    type: WordFieldType
    options: tuple[str, ...] = ()


class Merge(_Correction):
    """The first field takes the places of all."""

    act: Literal[CorrectionAct.MERGE] = CorrectionAct.MERGE
    fields: tuple[str, ...]


class Split(_Correction):
    """A field for each of its places; the first keeps the key."""

    act: Literal[CorrectionAct.SPLIT] = CorrectionAct.SPLIT
    field: str


class Drop(_Correction):
    act: Literal[CorrectionAct.DROP] = CorrectionAct.DROP
    field: str


class Add(_Correction):
    act: Literal[CorrectionAct.ADD] = CorrectionAct.ADD
    label: str
    type: WordFieldType
    options: tuple[str, ...] = ()
    part: str
    p: int
    start: int
    end: int


Correction = Annotated[Rename | Retype | Merge | Split | Drop | Add, Field(discriminator="act")]


class Judged(BaseModel):
    """What became of one thing that a model said: the correction to make, or why there is none.

    ``contested``: the readings score so close that a person may be asked. ``key`` is its address in the answers.
    """

    key: str
    act: str
    field_keys: list[str] = []
    said: dict[str, str | list[str]] = {}
    quote: str = ""
    why: str = ""
    provider: str = ""
    model: str = ""
    correction: Correction | None = None
    refusal: CorrectionRefusal | None = None
    contested: bool = False
    was_asked: bool = False


def make_corrections(parse: Parse, corrections: Sequence[Correction]) -> Parse:
    """The parse with its fields as corrected, in reading order; the corrections must have been checked against it."""
    fields = {one.key: one for one in parse.fields}
    texts = {(one.part, one.p): one.text for one in parse.outline.paragraphs}
    layout = Layout(parse.outline)
    for one in corrections:
        match one:
            case Rename():
                fields[one.field] = replace(fields[one.field], label=one.label)
            case Retype():
                fields |= {key: _retyped(fields[key], one) for key in one.fields}
            case Merge():
                first, *others = one.fields
                fields[first] = _merged([fields[key] for key in one.fields], layout)
                for key in others:
                    del fields[key]
            case Split():
                fields |= _split(fields[one.field], fields, texts)
            case Drop():
                del fields[one.field]
            case Add():
                added = _added(one, fields, texts, layout)
                fields[added.key] = added
    ordered = sorted(fields.values(), key=lambda one: _reading_order(one.anchors[0], layout))
    return Parse(parse.outline, ordered)


def _reading_order(anchor: Anchor, layout: Layout) -> tuple[int, int]:
    return layout.at[anchor.part, anchor.p], anchor.start


def _retyped(field: WordField, wanted: Retype) -> WordField:
    date_format = field.date_format if wanted.type is WordFieldType.DATE else ""
    return replace(field, type=wanted.type, options=wanted.options, date_format=date_format)


def _merged(fields: Sequence[WordField], layout: Layout) -> WordField:
    anchors = sorted((anchor for one in fields for anchor in one.anchors), key=lambda one: _reading_order(one, layout))
    is_required = any(one.required for one in fields)
    return replace(fields[0], anchors=tuple(anchors), required=is_required)


def _split(
    field: WordField, fields: dict[str, WordField], texts: dict[tuple[str, int], str]
) -> dict[str, WordField]:
    taken = dict.fromkeys(fields, 0)
    parts = {field.key: replace(field, anchors=field.anchors[:1])}
    for number, anchor in enumerate(field.anchors[1:], 2):
        key = unique_key(field.key, taken)
        marker = texts[anchor.part, anchor.p][anchor.start : anchor.end]
        parts[key] = replace(field, key=key, label=f"{field.label} ({number})", anchors=(anchor,), marker=marker)
    return parts


def _added(
    wanted: Add, fields: dict[str, WordField], texts: dict[tuple[str, int], str], layout: Layout
) -> WordField:
    anchor = Anchor(wanted.part, wanted.p, wanted.start, wanted.end)
    return WordField(
        key=unique_key(key_of(wanted.label) or "field", dict.fromkeys(fields, 0)),
        label=wanted.label,
        type=wanted.type,
        anchors=(anchor,),
        options=wanted.options,
        confidence=ADDED_CONFIDENCE,
        marker=texts[wanted.part, wanted.p][wanted.start : wanted.end],
        detector="model",
        section=layout.section_index(layout.paragraphs[layout.at[wanted.part, wanted.p]]),
    )
