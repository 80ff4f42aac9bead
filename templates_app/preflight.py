"""Before a document is made: which values there will be, where each is from, and what is missing, by section."""

from __future__ import annotations

import uuid
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from templates_app.choices import FieldType
from templates_app.errors import BadValues, MissingValues, UndecidedChanges
from templates_app.losses import Undecided, undecided_in
from templates_app.matching import Match
from templates_app.models import Document, Template, TemplateField, TemplateSection
from templates_app.origins import Gathered, Origin
from templates_app.pinning import fields_of
from templates_app.standards.needs import why_needed

_MOST_NAMED = 5


class Standing(StrEnum):
    """How a field stands before the document is made."""

    FILLED = "filled"
    TO_DRAFT = "to_draft"
    MISSING = "missing"
    EMPTY = "empty"


@dataclass(frozen=True, slots=True)
class FieldCheck:
    """``problem``: why the fact that belongs here does not fit."""

    field: TemplateField
    standing: Standing
    origin: Origin | None
    problem: str

    @property
    def reason(self) -> str:
        """Why the type of document asks for a value, where there is none and neither file nor person asks for it."""
        is_open = self.standing == Standing.EMPTY and not self.field.required
        return needed_for_type(self.field) if is_open else ""


@dataclass(frozen=True, slots=True)
class SectionCheck:
    section: TemplateSection | None
    fields: list[FieldCheck]


@dataclass(frozen=True, slots=True)
class Preflight:
    """``is_ready``: nothing that must be filled is missing, and no tracked change of the template is undecided."""

    sections: list[SectionCheck]
    missing: list[TemplateField]
    undecided: Undecided

    @property
    def is_ready(self) -> bool:
        return not self.missing and not self.undecided.changes

    @property
    def notes(self) -> list[str]:
        return told_of_template(self.undecided)


def look_before(
    template: Template,
    fields: Sequence[TemplateField],
    gathered: Gathered,
    matches: Mapping[str, Match],
    *,
    missing: list[TemplateField],
    draft: Collection[str] = (),
) -> Preflight:
    """Every field by section, in the file's order; those in ``draft`` get a text before the document is made."""
    missing_keys = {one.key for one in missing}
    sections: dict[Any, SectionCheck] = {}
    for one in fields:
        check = FieldCheck(
            one,
            _standing(one.key, gathered, missing_keys, draft),
            gathered.origins.get(one.key),
            matches[one.key].problem,
        )
        sections.setdefault(one.section_id, SectionCheck(one.section, [])).fields.append(check)
    return Preflight(list(sections.values()), missing, undecided_in(template.losses))


def _standing(key: str, gathered: Gathered, missing: Collection[str], draft: Collection[str]) -> Standing:
    if key in missing:
        return Standing.MISSING
    if key in gathered.values:
        return Standing.FILLED
    return Standing.TO_DRAFT if key in draft else Standing.EMPTY


def needed_for_type(field: TemplateField) -> str:
    """The reason in words; empty where the type of the template asks for no such field, or is not known."""
    if not field.template_id or field.template.kind is None:
        return ""
    template = field.template
    return why_needed(template.kind, template.known_standards, label=field.label, field_type=field.type)


def missing_required(fields: Sequence[TemplateField], values: Mapping[str, Any]) -> list[TemplateField]:
    """Fields that must be filled and are not; a box that must be ticked counts as empty without its tick."""
    return [field for field in fields if field.required and _is_empty(field, values.get(field.key))]


def still_missing(
    fields: Sequence[TemplateField], values: Mapping[str, Any], draft: Collection[str]
) -> list[TemplateField]:
    """Those that must be filled, are not, and get no text in ``draft`` either."""
    return [one for one in missing_required(fields, values) if one.key not in draft]


def still_empty(
    fields: Sequence[TemplateField], values: Mapping[str, Any], draft: Collection[str]
) -> list[TemplateField]:
    """Those without a value that get no text in ``draft`` either, or with one that leaves empty what must be filled."""
    missing = {one.key for one in still_missing(fields, values, draft)}
    return [one for one in fields if one.key in missing or (one.key not in values and one.key not in draft)]


def _is_empty(field: TemplateField, value: Any) -> bool:
    if field.type == FieldType.CHECKBOX:
        return value is not True
    return value is None or value in ("", [])


def missing_values(missing: Sequence[TemplateField]) -> MissingValues:
    """One error that names the first fields by section; its details have all of them, by key."""
    sentence = f"{len(missing)} of the fields that must be filled {'is' if len(missing) == 1 else 'are'} empty: "
    return MissingValues(
        f"{sentence}{_named(missing)}. Give values, or make a partial document.", **_not_given(missing)
    )


def unfilled_values(empty: Sequence[TemplateField]) -> BadValues:
    """As ``missing_values``, where no field at all may be left without a value."""
    sentence = f"{len(empty)} {'field has' if len(empty) == 1 else 'fields have'} no value: {_named(empty)}."
    otherwise = "Give values, or let documents be made though fields have none."
    return BadValues(f"{sentence} {otherwise}", **_not_given(empty))


def _named(fields: Sequence[TemplateField]) -> str:
    named = [f"{one.label} ({one.section})" if one.section else one.label for one in fields[:_MOST_NAMED]]
    return "; ".join(named) + (f" and {len(fields) - _MOST_NAMED} more" if len(fields) > _MOST_NAMED else "")


def _not_given(fields: Sequence[TemplateField]) -> dict[str, str]:
    return {one.key: "No value was given." for one in fields}


def told_of_template(undecided: Undecided) -> list[str]:
    return undecided.told("The template")


def check_decided(template: Template) -> None:
    """Raise ``UndecidedChanges`` where a document made of the template would show its readers tracked changes."""
    undecided = undecided_in(template.losses)
    if undecided.changes:
        told = told_of_template(undecided)[0]
        how = "Decide in the review that proposed them, or in Word, or make a partial document."
        raise UndecidedChanges(f"{told} {how}")


def check_nothing_missing(document_id: uuid.UUID) -> int:
    """How many fields were looked at. Raises ``MissingValues``: a text may not have been drafted, or was rejected."""
    fields = fields_of(document := Document.objects.select_related("template_form").get(id=document_id))
    if missing := missing_required(fields, document.values):
        raise missing_values(missing)
    return len(fields)


def check_all_filled(document_id: uuid.UUID) -> int:
    """As ``check_nothing_missing``, of all fields. Raises ``BadValues``."""
    fields = fields_of(document := Document.objects.select_related("template_form").get(id=document_id))
    if empty := still_empty(fields, document.values, ()):
        raise unfilled_values(empty)
    return len(fields)
