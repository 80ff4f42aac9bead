"""Rounds: one template, a document for each of several customers out of its fact sheet.

Every customer's document is made of its own copy of the template, which it gets where it has none: documents and facts
of one customer are never in another's template. A customer whose document cannot be made never stops the others.
"""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from dataclasses import dataclass

from django.db import transaction

from accounts_app.access import Actor
from accounts_app.choices import Role
from accounts_app.errors import BadInput, DnaError, NotFound, TooLarge
from accounts_app.ids import uuid7
from accounts_app.models import Customer
from templates_app.documents import Wishes, create_document, prepare, search_documents
from templates_app.errors import NobodyServed, NothingMade
from templates_app.models import Document, Template, TemplateField
from templates_app.packing import Package, outcome
from templates_app.templates import find_parsed_copy, own_copy, usable_template

MAX_CUSTOMERS = 100
"""Of one round: each is looked at before its document is asked for, while somebody waits."""
MAX_ZIP_BYTES = 200 * 1024 * 1024
"""Of the files in one download, which is packed while somebody waits."""


@dataclass(frozen=True, slots=True)
class Candidate:
    """A customer that a document could be made for. ``template``: its own copy; None: it gets one with its document.

    ``missing``: fields that must be filled and that its fact sheet has nothing for; not known without a copy.
    """

    customer: Customer
    template: Template | None
    missing: list[TemplateField]


@dataclass(frozen=True, slots=True)
class Refusal:
    customer: Customer
    message: str


@dataclass(frozen=True, slots=True)
class Round:
    id: uuid.UUID
    documents: list[Document]
    refused: list[Refusal]


def candidates(template_id: uuid.UUID, *, actor: Actor) -> list[Candidate]:
    """All customers for whom the actor may make documents, by name. Raises as ``usable_template``."""
    template = usable_template(template_id, actor=actor)
    customers = Customer.objects.filter(id__in=actor.customers_as(Role.EDITOR)).order_by("name")
    return [_look_at(customer, template, actor) for customer in customers]


def _look_at(customer: Customer, template: Template, actor: Actor) -> Candidate:
    is_own = customer.id == template.customer_id
    copy = template if is_own else find_parsed_copy(customer.id, template.file_sha256)
    missing = prepare(copy, {}, Wishes(), actor=actor).preflight.missing if copy is not None else []
    return Candidate(customer, copy, missing)


def make_round(
    *,
    actor: Actor | None,
    template_id: uuid.UUID,
    customers: Sequence[str],
    name: str = "",
    wishes: Wishes | None = None,
    idempotency_key: str | None = None,
) -> Round:
    """Start making a document for each customer, named by slug. Without an actor: for who runs the installation.

    A customer's copy and its document come to be together or not at all. Raises ``NobodyServed`` when every customer
    was refused, ``BadInput`` for the list itself, and otherwise as ``usable_template``.
    """
    template = usable_template(template_id, actor=actor)
    slugs = list(dict.fromkeys(customers))
    if not slugs:
        raise BadInput("Choose at least one customer.", field="customers")
    if len(slugs) > MAX_CUSTOMERS:
        raise BadInput(f"A round has at most {MAX_CUSTOMERS} customers.", field="customers")
    made = Round(uuid7(), [], [])
    for customer in _named(slugs, actor):
        try:
            document = _make(template, customer, made.id, name, wishes, actor=actor, key=idempotency_key)
            made.documents.append(document)
        except DnaError as error:
            made.refused.append(Refusal(customer, error.user_message))
    if not made.documents:
        raise NobodyServed(**{one.customer.slug: one.message for one in made.refused})
    return Round(made.documents[0].round or made.id, made.documents, made.refused)


def _named(slugs: Sequence[str], actor: Actor | None) -> list[Customer]:
    known = Customer.objects.filter(slug__in=slugs, archived_at=None)
    found = {one.slug: one for one in (known if actor is None else known.filter(id__in=actor.roles))}
    if unknown := [slug for slug in slugs if slug not in found]:
        whose = "" if actor is None else " that you are a member of"
        raise NotFound(f"There is no customer {unknown[0]!r}{whose}.")
    return [found[slug] for slug in slugs]


@transaction.atomic
def _make(
    template: Template,
    customer: Customer,
    round_id: uuid.UUID,
    name: str,
    wishes: Wishes | None,
    *,
    actor: Actor | None,
    key: str | None,
) -> Document:
    copy = own_copy(template, customer.id, actor=actor)
    document = create_document(
        actor=actor,
        template_id=copy.id,
        name=name,
        values={},
        wishes=wishes,
        idempotency_key=key,
        round_id=round_id,
    )
    document.customer = customer
    return document


def documents_of(round_id: uuid.UUID, *, actor: Actor) -> list[Document]:
    """The visible documents of a round, by customer. Raises ``NotFound``."""
    found = search_documents(actor, round_id=round_id).select_related("pdf__blob")
    documents = sorted(found, key=lambda one: (one.customer.name, one.id))
    if not documents:
        raise NotFound("There is no such round of documents, or you may not see it.")
    return documents


def zipped_round(round_id: uuid.UUID, *, actor: Actor) -> tuple[str, bytes]:
    """Filename and contents: the documents that are there, and ``report.csv`` with a line for every customer.

    Raises ``NothingMade``, ``TooLarge`` and ``NotFound``.
    """
    documents = documents_of(round_id, actor=actor)
    package = Package()
    lines = [(one.customer.slug, package.add(one, f"{one.customer.slug} {one.name}"), *_told(one)) for one in documents]
    if not any(file for _, file, *_ in lines):
        raise NothingMade()
    if package.size_bytes > MAX_ZIP_BYTES:
        raise TooLarge(f"The files have more than {MAX_ZIP_BYTES // (1024 * 1024)} MB. Download them one by one.")
    data = package.packed(("customer", "file", "outcome", "what to know"), lines)
    return f"{documents[0].template.name}.zip", data


def _told(document: Document) -> tuple[str, str]:
    if document.file is None and document.job is not None and not document.job.is_terminal:
        return "not made yet", f"Its job is {document.status.label.lower()}."
    failure = document.job.error_message if document.file is None and document.job else ""
    said, notes = outcome(document)
    return said, notes or failure
