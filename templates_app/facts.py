"""A customer's fact sheet: what is known once and fills every template. A changed fact is a new row; none is lost."""

from __future__ import annotations

import re
import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django.db import transaction
from django.utils import timezone

from accounts_app.access import Actor, CustomerOwnedQuerySet, record_audit
from accounts_app.choices import Role
from accounts_app.errors import NotFound
from accounts_app.models import Customer
from templates_app.choices import FACT_TYPES, Author, FieldType
from templates_app.concepts import concept_of, concepts
from templates_app.docx.naming import key_of
from templates_app.errors import BadFact
from templates_app.models import Fact, TemplateField
from templates_app.names import is_name, one_line
from templates_app.values import WrongValue, clean_value

MAX_FACTS = 2_000
"""Of one customer: a fact sheet is read whole for every document."""
_KEY = re.compile(r"[a-z][a-z0-9_]{0,59}")
_TAKEN_KEYS = frozenset({"import"})
_MAX_LABEL_CHARACTERS = 200
_MAX_SOURCE_CHARACTERS = 500


@dataclass(frozen=True, slots=True)
class GivenFact:
    """A fact as somebody states it, checked."""

    key: str
    label: str
    type: FieldType
    value: Any
    source: str = ""

    def says_the_same_as(self, fact: Fact) -> bool:
        return (self.label, self.type, self.value) == (fact.label, fact.type, fact.value)


def check_fact(
    *, key: str = "", label: str = "", type: str = "", value: Any, source: str = "", known: Fact | None = None
) -> GivenFact:
    """A fact in the form it is kept, or ``BadFact`` with ``field`` in its details.

    What is left out is taken from the fact that is ``known``, then from the concept that key or label mean; a key is
    made of the label.
    """
    concept = concept_of(key=key, label=label)
    key = key.strip() or (concept.id if concept else key_of(label)[:60])
    if not _KEY.fullmatch(key):
        raise BadFact("A key has small letters, digits and _, begins with a letter, and has at most 60.", field="key")
    if key in _TAKEN_KEYS:
        raise BadFact(f"“{key}” is an address of the API, where no fact can be found. Choose another key.", field="key")
    label = one_line(label) or (known.label if known else concept.name if concept else _label_of(key))
    if not is_name(label, _MAX_LABEL_CHARACTERS):
        raise BadFact(f"A label has at most {_MAX_LABEL_CHARACTERS} printable characters.", field="label")
    source = one_line(source)
    if not is_name(source, _MAX_SOURCE_CHARACTERS):
        raise BadFact(f"A source has at most {_MAX_SOURCE_CHARACTERS} printable characters.", field="source")
    kind = _checked_type(type.strip() or (known.type if known else concept.type if concept else FieldType.TEXT))
    return GivenFact(key, label, kind, _checked_value(key, kind, value), source)


def _label_of(key: str) -> str:
    return key.replace("_", " ").capitalize()


def _checked_type(name: str) -> FieldType:
    if name not in FACT_TYPES:
        raise BadFact(f"There is no type {name!r}; use one of {', '.join(FACT_TYPES)}.", field="type")
    return FieldType(name)


def _checked_value(key: str, kind: FieldType, value: Any) -> Any:
    if value is None or (isinstance(value, str) and not value.strip()):
        raise BadFact("Give a value. To take a fact away, remove it.", field="value")
    stand_in = TemplateField(key=key, type=kind, options=[], places=[], parsed={})
    try:
        return clean_value(stand_in, value.strip() if isinstance(value, str) else value)
    except WrongValue as wrong:
        raise BadFact(str(wrong), field="value") from None


def facts_of(customer_id: uuid.UUID) -> CustomerOwnedQuerySet[Fact]:
    """Those that count, by label."""
    return Fact.objects.filter(customer_id=customer_id, replaced_at=None).select_related("created_by")


def visible_facts(actor: Actor, customer_id: uuid.UUID) -> CustomerOwnedQuerySet[Fact]:
    return facts_of(customer_id).visible_to(actor)


def fact_history(key: str, *, actor: Actor, customer_id: uuid.UUID) -> list[Fact]:
    """All that was ever said under this key, the latest first; ``NotFound`` where there never was anything."""
    rows = Fact.objects.visible_to(actor).filter(customer_id=customer_id, key=key)
    found = list(rows.select_related("created_by", "replaced_by").order_by("-created_at", "-id"))
    if not found:
        raise NotFound(f"There is no fact {key!r}.")
    return found


def state_fact(*, actor: Actor, customer_id: uuid.UUID, author: Author = Author.PERSON, **given: Any) -> Fact:
    """Say one fact, in place of what was said before under its key. The same again does nothing.

    ``given`` as ``check_fact`` takes it. Raises ``BadFact`` and ``NotAllowed``.
    """
    actor.check(Role.EDITOR, customer_id)
    with transaction.atomic():
        known = _locked_facts(customer_id)
        fact = check_fact(**given, known=known.get(given.get("key", "")))
        return write_facts([fact], known, customer_id=customer_id, author=author, actor=actor)[0]


def _locked_facts(customer_id: uuid.UUID) -> dict[str, Fact]:
    """The sheet by key, with its customer's row locked until the transaction ends: of two statements one is later."""
    Customer.objects.select_for_update(no_key=True).get(id=customer_id)
    return {fact.key: fact for fact in facts_of(customer_id)}


def state_facts(
    given: Sequence[GivenFact], *, customer_id: uuid.UUID, author: Author, actor: Actor | None
) -> tuple[list[Fact], int]:
    """Many at once, all or none: the facts, and how many of them say something new. Without an actor: a command."""
    if actor is not None:
        actor.check(Role.EDITOR, customer_id)
    with transaction.atomic():
        known = _locked_facts(customer_id)
        new = sum(one.key not in known or not one.says_the_same_as(known[one.key]) for one in given)
        return write_facts(given, known, customer_id=customer_id, author=author, actor=actor), new


def write_facts(
    given: Sequence[GivenFact],
    known: Mapping[str, Fact],
    *,
    customer_id: uuid.UUID,
    author: Author,
    actor: Actor | None,
) -> list[Fact]:
    """Call while holding the customer's lock, with ``known`` as read under it."""
    if len(known.keys() | {one.key for one in given}) > MAX_FACTS:
        raise BadFact(f"A fact sheet has at most {MAX_FACTS:,} facts. Remove some that no template asks for.")
    return [_write(one, known.get(one.key), customer_id, author, actor) for one in given]


def _write(given: GivenFact, before: Fact | None, customer_id: uuid.UUID, author: Author, actor: Actor | None) -> Fact:
    # Where an import found the same is no news; a person may mend where a fact is from.
    is_source_new = author == Author.PERSON and given.source not in ("", before.source if before else "")
    if before is not None and given.says_the_same_as(before) and not is_source_new:
        return before
    user = actor.user if actor else None
    if before is not None:
        _replace(before, actor)
    fact = Fact.objects.create(
        customer_id=customer_id,
        key=given.key,
        label=given.label,
        type=given.type,
        value=given.value,
        source=given.source,
        author=author,
        created_by=user,
    )
    record_audit(actor, "fact.stated", fact, key=given.key)
    return fact


def _replace(fact: Fact, actor: Actor | None) -> None:
    fact.replaced_at, fact.replaced_by = timezone.now(), actor.user if actor else None
    fact.save(update_fields=["replaced_at", "replaced_by"])


def remove_fact(key: str, *, actor: Actor, customer_id: uuid.UUID) -> None:
    """It counts no more; its history stays. Safe to call twice; ``NotFound`` where there never was such a fact."""
    actor.check(Role.EDITOR, customer_id)
    fact_history(key, actor=actor, customer_id=customer_id)
    with transaction.atomic():
        fact = _locked_facts(customer_id).get(key)
        if fact is not None:
            _replace(fact, actor)
            record_audit(actor, "fact.removed", fact, key=key)


def facts_not_stated(facts: Sequence[Fact]) -> list[dict[str, str]]:
    """What templates often ask for and the sheet does not say, for forms to offer."""
    said = {fact.key for fact in facts}
    return [{"key": one.id, "label": one.name, "type": one.type} for one in concepts().values() if one.id not in said]
