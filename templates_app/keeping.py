"""Values of a document become facts: what was given or accepted once need not be given again."""

from __future__ import annotations

import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal

from django.db import transaction

from accounts_app.access import Actor
from accounts_app.choices import Role
from templates_app.choices import FACT_TYPES, Author
from templates_app.concepts import concept_of, is_about_another_party, is_generic
from templates_app.errors import BadFact
from templates_app.facts import check_fact, state_facts
from templates_app.matching import Match, headings_above, match_facts
from templates_app.models import Document, Fact
from templates_app.origins import Source


@dataclass(slots=True)
class Kept:
    """The facts by field key, and why other fields have none, a sentence each."""

    facts: dict[str, Fact] = field(default_factory=dict)
    refused: dict[str, str] = field(default_factory=dict)


def keepable_fields(document: Document) -> list[Match]:
    """The fields whose values can become facts and are none yet, in the order of the template."""
    return _keepable(document, match_facts(document.template))


def _keepable(document: Document, matches: Mapping[str, Match]) -> list[Match]:
    above = headings_above(document.template.sections.all())

    def is_known(key: str, match: Match) -> bool:
        return match.fills and match.value == document.values[key]

    possible = (match for key, match in matches.items() if not _why_not(document, key, match, above))
    return [match for match in possible if not is_known(match.field.key, match)]


def keep_values(document_id: uuid.UUID, keys: Sequence[str] | Literal["all"], *, actor: Actor) -> Kept:
    """State the values of these fields as facts of the document's customer; their authors stay who they are.

    ``all`` means those of ``keepable_fields``. A named field that cannot become a fact is refused, the others are kept.
    The same again does nothing. Raises ``NotFound`` and ``NotAllowed``.
    """
    document = Document.objects.select_related("template").get_for(actor, id=document_id)
    actor.check(Role.EDITOR, document.customer_id)
    kept = Kept()
    with transaction.atomic():
        matches, above = match_facts(document.template), headings_above(document.template.sections.all())
        wanted = [match.field.key for match in _keepable(document, matches)] if keys == "all" else keys
        for key in dict.fromkeys(wanted):
            match = matches.get(key)
            why_not = _why_not(document, key, match, above) if match else "The template has no such field."
            if match is None or why_not:
                kept.refused[key] = why_not
            else:
                _keep(document, match, kept, actor)
    return kept


def _why_not(document: Document, key: str, match: Match, above: Mapping[uuid.UUID | None, list[str]]) -> str:
    """A sentence; empty where nothing is against it. ``above``: the headings over each section, its own among them."""
    label = match.field.label
    if key not in document.values:
        return "The document has no value for it."
    if document.origins.get(key, {}).get("source") == Source.FACT:
        return "It is from the fact sheet."
    if match.field.type not in FACT_TYPES:
        return "Only single values can be facts."
    if is_about_another_party([label, *above.get(match.field.section_id, [])]):
        return "It is about another party than the customer."
    if match.fact is None and is_generic(label):
        return f"“{label}” means something else in every place. Give the field a fuller label first."
    return ""


def _keep(document: Document, match: Match, kept: Kept, actor: Actor) -> None:
    key = match.field.key
    origin = document.origins.get(key, {})
    author = Author(origin.get("author", Author.PERSON))
    source = f"Document “{document.name}”" + (f", written by {origin['detail']}" if author == Author.MODEL else "")
    concept = concept_of(key=key, label=match.field.label)
    of_its_own = {} if match.fact or concept else {"label": match.field.label, "type": match.field.type}
    fact_key = match.fact.key if match.fact else concept.id if concept else key
    try:
        given = check_fact(
            key=fact_key, value=document.values[key], source=source[:500], known=match.fact, **of_its_own
        )
        (fact,), _ = state_facts([given], customer_id=document.customer_id, author=author, actor=actor)
    except BadFact as refused:
        kept.refused[key] = refused.user_message
    else:
        kept.facts[key] = fact
