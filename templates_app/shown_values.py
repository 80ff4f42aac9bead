"""A document's values as people read them."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import date
from typing import Any

from django.utils.formats import date_format

from accounts_app.models import User
from templates_app.choices import Author, FieldType
from templates_app.models import Document, Fact, TemplateField, TemplateSection
from templates_app.origins import Origin, Source
from templates_app.pinning import fields_of


@dataclass(frozen=True, slots=True)
class ShownValue:
    """One value: ``kind`` is text, picture or rows."""

    label: str
    kind: str
    value: Any
    columns: list[str] = field(default_factory=list)
    origin: str = ""
    """Where it is from, in words."""
    is_by_model: bool = False


@dataclass(frozen=True, slots=True)
class ShownGroup:
    section: TemplateSection | None
    values: list[ShownValue] = field(default_factory=list)


def shown_groups(document: Document) -> dict[str, Any]:
    """``groups`` of filled values by section, and the ``unfilled`` fields; keys the template lost since come last."""
    fields = fields_of(document)
    groups: dict[Any, ShownGroup] = {}
    people = _people(document)
    for one in fields:
        if one.key in document.values:
            group = groups.setdefault(one.section_id, ShownGroup(one.section))
            shown = _shown(one, document.values[one.key])
            group.values.append(_with_origin(shown, document.origins.get(one.key), people))
    known = {one.key for one in fields}
    if lost := [key for key in document.values if key not in known]:
        texts = [ShownValue(key, "text", str(document.values[key])) for key in lost]
        groups["lost"] = ShownGroup(TemplateSection(heading="No longer in the template"), texts)
    unfilled = [one for one in fields if one.key not in document.values]
    return {"groups": list(groups.values()), "unfilled": unfilled}


def _people(document: Document) -> dict[str, str]:
    """Who gave values, by id; those who are gone are left out."""
    ids = {origin.get("by") for origin in document.origins.values()} - {None, ""}
    return {str(user.pk): str(user) for user in User.objects.filter(id__in=ids)}


def _with_origin(shown: ShownValue, data: dict[str, Any] | None, people: dict[str, str]) -> ShownValue:
    if data is None:
        return shown
    origin = Origin.model_validate(data)
    who = people.get(origin.by, "")
    is_by_model = origin.author == Author.MODEL
    if origin.source == Source.DRAFT and not is_by_model:
        words = [f"Written by a language model, then changed by {who or 'somebody'}"]
    elif origin.source == Source.DRAFT:
        rests_on = f"rests on {', '.join(origin.sources)}" if origin.sources else "no source"
        words = [f"Written by a language model, accepted by {who or 'somebody'}", rests_on]
    elif origin.source == Source.FACT:
        words = [f"Fact {origin.fact_key}", origin.detail]
    else:
        words = [origin.detail, f"by {who}" if who and not origin.detail else ""]
    return replace(shown, origin="; ".join(filter(None, words)), is_by_model=is_by_model)


def shown_fact(fact: Fact) -> ShownValue:
    if isinstance(fact.value, dict):
        return ShownValue(fact.label, "picture", fact.value["base64"])
    return ShownValue(fact.label, "text", _text(FieldType(fact.type), fact.value))


def _shown(one: TemplateField, value: Any) -> ShownValue:
    if isinstance(value, dict):
        return ShownValue(one.label, "picture", value["base64"])
    if one.type == FieldType.TABLE and isinstance(value, list):
        cells = [[_text(FieldType(c["type"]), row.get(c["key"], "")) for c in one.columns] for row in value]
        return ShownValue(one.label, "rows", cells, [c["label"] or c["key"] for c in one.columns])
    return ShownValue(one.label, "text", _text(FieldType(one.type), value))


def _text(kind: FieldType, value: Any) -> str:
    if isinstance(value, bool):
        return "☒ Yes" if value else "☐ No"
    if isinstance(value, list):
        return ", ".join(map(str, value))
    if kind == FieldType.DATE and value:
        return date_format(date.fromisoformat(value), "j M Y")
    return str(value)
