"""Which fact fills which field: by a person's word, by key, by label, or by a concept both mean; never by a guess."""

from __future__ import annotations

import uuid
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from django.db import transaction

from accounts_app.access import Actor, record_audit
from accounts_app.errors import NotFound
from templates_app.choices import FieldType
from templates_app.concepts import Concept, concept_of, fold_label, is_about_another_party, is_generic
from templates_app.facts import facts_of
from templates_app.fields import get_field
from templates_app.models import Fact, FactLink, Template, TemplateField, TemplateSection
from templates_app.templates import check_not_archived, locked_template
from templates_app.values import WrongValue, clean_value


class How(StrEnum):
    """Why a fact belongs to a field."""

    LINK = "link"
    KEY = "key"
    LABEL = "label"
    CONCEPT = "concept"


HOW_SAID = {
    How.LINK: "set by hand",
    How.KEY: "same key",
    How.LABEL: "same label",
    How.CONCEPT: "same meaning",
}


@dataclass(frozen=True, slots=True)
class Match:
    """What the fact sheet has for one field. ``value`` fits the field; ``problem`` says why there is none."""

    field: TemplateField
    fact: Fact | None = None
    how: How | None = None
    value: Any = None
    problem: str = ""
    is_detached: bool = False

    @property
    def fills(self) -> bool:
        return self.fact is not None and not self.problem

    @property
    def how_said(self) -> str:
        return HOW_SAID[self.how] if self.how else ""


class _Sheet:
    """A customer's facts as they are looked up. What two facts claim belongs to neither."""

    def __init__(self, facts: Iterable[Fact]) -> None:
        self.by_key = {fact.key: fact for fact in facts}
        self.concepts = {fact.key: concept_of(key=fact.key, label=fact.label) for fact in self.by_key.values()}
        self.by_label = _claimed((fold_label(fact.label), fact) for fact in self.by_key.values())
        self.by_concept = _claimed((self._concept_id(fact), fact) for fact in self.by_key.values())

    def _concept_id(self, fact: Fact) -> str:
        concept = self.concepts[fact.key]
        return concept.id if concept else ""

    def find(self, field: TemplateField) -> tuple[Fact, How] | None:
        if (fact := self.by_key.get(field.key)) is not None and not is_generic(field.key):
            return fact, How.KEY
        if (fact := self.by_label.get(fold_label(field.label))) is not None and not is_generic(field.label):
            return fact, How.LABEL
        concept = concept_of(key=field.key, label=field.label)
        if concept is not None and (fact := self.by_key.get(concept.id) or self.by_concept.get(concept.id)):
            return fact, How.CONCEPT
        return None

    def concept(self, fact: Fact) -> Concept | None:
        return self.concepts[fact.key]


def _claimed(claims: Iterable[tuple[str, Fact]]) -> dict[str, Fact]:
    """Those claims that one fact alone makes."""
    found: dict[str, Fact | None] = {}
    for name, fact in claims:
        found[name] = fact if name not in found else None
    return {name: fact for name, fact in found.items() if name and fact is not None}


def match_facts(template: Template, fields: Sequence[TemplateField] | None = None) -> dict[str, Match]:
    """What the customer's fact sheet has for each field, by key; fields it has nothing for are in it, too."""
    if fields is None:
        fields = list(template.fields.select_related("section"))
    sheet = _Sheet(facts_of(template.customer_id))
    links = dict(template.fact_links.values_list("field_key", "fact_key"))
    above = headings_above(template.sections.all()) if sheet.by_key else {}
    return {one.key: _match(one, sheet, links, above) for one in fields}


def headings_above(sections: Iterable[TemplateSection]) -> dict[uuid.UUID | None, list[str]]:
    """By section: its own heading and those it stands under."""
    above: dict[uuid.UUID | None, list[str]] = {}
    path: list[TemplateSection] = []
    for section in sections:
        path = [*(one for one in path if one.level < section.level), section]
        above[section.pk] = [one.heading for one in path]
    return above


def _match(
    field: TemplateField, sheet: _Sheet, links: Mapping[str, str], above: Mapping[Any, list[str]]
) -> Match:
    if (linked := links.get(field.key)) is not None:
        return _linked(field, sheet.by_key.get(linked), is_detached=not linked)
    if field.type in (FieldType.SIGNATURE, FieldType.TABLE) or (found := sheet.find(field)) is None:
        return Match(field)
    fact, how = found
    concept = sheet.concept(fact)
    context = [field.label, *above.get(field.section_id, [])]
    if concept is not None and concept.of_party and is_about_another_party(context):
        return Match(field)
    return _fitted(field, fact, how)


def _linked(field: TemplateField, fact: Fact | None, *, is_detached: bool) -> Match:
    if is_detached:
        return Match(field, is_detached=True)
    if fact is None:
        return Match(field, how=How.LINK, problem="The fact it was set to is no longer on the sheet.")
    return _fitted(field, fact, How.LINK)


def _fitted(field: TemplateField, fact: Fact, how: How) -> Match:
    try:
        return Match(field, fact, how, value=clean_value(field, fact.value))
    except WrongValue as wrong:
        return Match(field, fact, how, problem=str(wrong))


def known_values(matches: Mapping[str, Match]) -> dict[str, Any]:
    """What the fact sheet fills."""
    return {key: match.value for key, match in matches.items() if match.fills}


def link_fact(template_id: Any, field_key: str, fact_key: str | None, *, actor: Actor) -> None:
    """Fill a field from this fact, or with None from no fact, whatever they are called. Safe to call twice.

    Raises ``NotFound`` for a field or fact there is not, ``TemplateArchived`` and ``NotAllowed``.
    """
    with transaction.atomic():
        template = locked_template(template_id, actor=actor)
        check_not_archived(template)
        get_field(template, field_key)
        if fact_key is not None and not facts_of(template.customer_id).filter(key=fact_key).exists():
            raise NotFound(f"There is no fact {fact_key!r}.")
        wanted = fact_key or ""
        before = template.fact_links.filter(field_key=field_key).first()
        if before is not None and before.fact_key == wanted:
            return
        FactLink.objects.update_or_create(
            template=template,
            field_key=field_key,
            defaults={"customer_id": template.customer_id, "fact_key": wanted, "created_by": actor.user},
        )
        record_audit(actor, "field.fact_linked", template, key=field_key, fact=wanted)


def unlink_fact(template_id: Any, field_key: str, *, actor: Actor) -> None:
    """Let keys, labels and concepts decide again. Safe to call twice."""
    with transaction.atomic():
        template = locked_template(template_id, actor=actor)
        check_not_archived(template)
        get_field(template, field_key)
        if template.fact_links.filter(field_key=field_key).delete()[0]:
            record_audit(actor, "field.fact_unlinked", template, key=field_key)
