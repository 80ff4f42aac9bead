"""Documents: made of a template and values, found, and what a new one can take over from an older one."""

from __future__ import annotations

import dataclasses
import uuid
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import Any, Literal, cast

from django.db.models import Q, QuerySet

from accounts_app.access import Actor, record_audit
from accounts_app.errors import BadInput
from jobs_app.choices import JobStatus
from jobs_app.jobs import submit_job
from jobs_app.models import Artifact, Job
from llm_app.errors import NoProvider
from llm_app.providers import check_provider
from templates_app.choices import FieldType, OnUnfilled
from templates_app.drafting import MAX_DRAFTS
from templates_app.errors import DocumentNotReady
from templates_app.generation import GENERATE_WORKFLOW
from templates_app.making import GenerationRequest
from templates_app.matching import match_facts
from templates_app.models import Document, Template, TemplateField
from templates_app.names import is_name, one_line
from templates_app.once import make_once
from templates_app.origins import Gathered, gather_values
from templates_app.pinning import pin_template
from templates_app.preflight import (
    Preflight,
    check_decided,
    look_before,
    missing_values,
    still_empty,
    still_missing,
    unfilled_values,
)
from templates_app.templates import check_usable, workable_template
from templates_app.values import WrongValue, bad_values, clean_value, clean_values

_MAX_NAME_CHARACTERS = 200


@dataclass(frozen=True, slots=True)
class Wishes:
    """How a document is to be made.

    ``on_unfilled`` says whether the document lists the fields without a value, passes over them or, partial or not,
    refuses them. ``partial``: those that must be filled may be empty, and tracked changes of the template undecided.
    ``with_facts``: what is not given is taken from the customer's fact sheet; None leaves a field empty all the same.
    ``draft``: keys of empty long texts for a language model to write, or "all" of them; ``provider`` names the one to
    ask. ``pdf``: a PDF, too.
    """

    on_unfilled: OnUnfilled = OnUnfilled.LIST
    partial: bool = False
    with_facts: bool = True
    draft: Sequence[str] | Literal["all"] = ()
    provider: str = ""
    pdf: bool = False

    def as_asked(self) -> dict[str, Any]:
        """The usual way is left out, so that what was asked for before it could be said stays the same."""
        asked = {item.name: getattr(self, item.name) for item in dataclasses.fields(self)}
        usual = Wishes()
        return {name: value for name, value in asked.items() if value != getattr(usual, name)}


@dataclass(frozen=True, slots=True)
class Prepared:
    """A document about to be made: the values as given, all that there will be, and how each field stands."""

    fields: list[TemplateField]
    given: dict[str, Any]
    gathered: Gathered
    draft: list[str]
    preflight: Preflight


def prepare(template: Template, values: Mapping[str, Any], wishes: Wishes, *, actor: Actor | None) -> Prepared:
    """Writes nothing. Raises ``BadValues``, ``UnknownProvider`` and ``NoProvider`` for a provider that is named."""
    check_asked_provider(wishes)
    fields = list(template.fields.select_related("section"))
    given = clean_values(fields, values)
    matches = match_facts(template, fields)
    left_empty = values.keys() if wishes.with_facts else matches.keys()
    gathered = gather_values(given, matches, actor=actor, left_empty=left_empty)
    draft = _fields_to_draft(fields, gathered.values, wishes)
    missing = _missing(fields, gathered.values, wishes, draft)
    preflight = look_before(template, fields, gathered, matches, missing=missing, draft=draft)
    return Prepared(fields, given, gathered, draft, preflight)


def check_asked_provider(wishes: Wishes) -> None:
    """Raise ``UnknownProvider``, and ``NoProvider`` for one that cannot be used where texts are to be drafted."""
    if wishes.provider and wishes.draft:
        check_provider(wishes.provider)
    elif wishes.provider:
        with suppress(NoProvider):
            check_provider(wishes.provider)


def missing_fields(
    fields: Sequence[TemplateField], values: Mapping[str, Any], wishes: Wishes
) -> list[TemplateField]:
    """Those for want of which ``create_document`` would refuse these values, where they are all there will be."""
    if wishes.partial and wishes.on_unfilled != OnUnfilled.REFUSE:
        return []
    return _missing(fields, values, wishes, _fields_to_draft(fields, values, wishes))


def _missing(
    fields: Sequence[TemplateField], values: Mapping[str, Any], wishes: Wishes, draft: Sequence[str]
) -> list[TemplateField]:
    wanted = still_empty if wishes.on_unfilled == OnUnfilled.REFUSE else still_missing
    return wanted(fields, values, draft)


def missing_error(missing: Sequence[TemplateField], wishes: Wishes) -> BadInput:
    """What is said where these are missing."""
    return unfilled_values(missing) if wishes.on_unfilled == OnUnfilled.REFUSE else missing_values(missing)


def _fields_to_draft(fields: Sequence[TemplateField], values: Mapping[str, Any], wishes: Wishes) -> list[str]:
    """Empty long texts only: what is there is not written over."""
    known = {one.key: one for one in fields}
    possible = [one.key for one in fields if one.type == FieldType.LONG_TEXT and one.key not in values]
    if wishes.draft == "all":
        return possible[:MAX_DRAFTS]
    problems = {}
    for key in wishes.draft:
        if key not in known:
            problems[key] = "The template has no such field."
        elif known[key].type != FieldType.LONG_TEXT:
            problems[key] = "Only long texts are drafted."
    if problems:
        raise bad_values(problems)
    chosen = [key for key in possible if key in set(wishes.draft)]
    if len(chosen) > MAX_DRAFTS:
        raise BadInput(f"At most {MAX_DRAFTS} texts are drafted for one document.", field="draft")
    return chosen


def create_document(
    *,
    actor: Actor | None,
    template_id: uuid.UUID,
    name: str,
    values: Mapping[str, Any],
    wishes: Wishes | None = None,
    idempotency_key: str | None = None,
    round_id: uuid.UUID | None = None,
) -> Document:
    """Check the values and start making the document. Fields without a value stay as they are in the file.

    Without an actor it is whoever runs the installation who asks. Raises ``BadValues`` with a sentence per field key,
    ``MissingValues`` and ``UndecidedChanges`` unless a partial document is wanted, ``BadInput`` for the name,
    ``UnknownProvider``, ``NoProvider``, ``TemplateNotReady``, ``TemplateArchived``, ``TemplateChanged``,
    ``NotAllowed``, ``NotFound`` and ``IdempotencyConflict``.
    """
    wishes = wishes or Wishes()
    template = workable_template(template_id, actor=actor)
    job = make_once(
        lambda: _make(template, name, values, wishes, actor=actor, round_id=round_id),
        actor=actor,
        customer_id=template.customer_id,
        operation="document.create",
        key=idempotency_key,
        inputs={"template_id": str(template.id), "name": name, "values": values, **wishes.as_asked()},
    )
    return Document.objects.select_related("job").get(id=cast(uuid.UUID, job.subject_id))


def checked_document_name(name: str) -> str:
    name = one_line(name)
    if not name:
        raise BadInput("Give the document a name.", field="name")
    if not is_name(name, _MAX_NAME_CHARACTERS):
        raise BadInput(f"A document's name has at most {_MAX_NAME_CHARACTERS} printable characters.", field="name")
    return name


def _make(
    template: Template,
    name: str,
    values: Mapping[str, Any],
    wishes: Wishes,
    *,
    actor: Actor | None,
    round_id: uuid.UUID | None,
) -> Job:
    check_usable(template)
    checked_name = checked_document_name(name or template.name)
    prepared = prepare(template, values, wishes, actor=actor)
    if missing := missing_fields(prepared.fields, prepared.gathered.values, wishes):
        raise missing_error(missing, wishes)
    if not wishes.partial:
        check_decided(template)
    return _start(template, checked_name, prepared, wishes, actor=actor, round_id=round_id)


def _start(
    template: Template,
    name: str,
    prepared: Prepared,
    wishes: Wishes,
    *,
    actor: Actor | None,
    round_id: uuid.UUID | None,
) -> Job:
    document = new_document(template, name, prepared.gathered, actor=actor)
    document.round = round_id
    pin_template(template, prepared.fields).hold(document)
    document.save(force_insert=True)
    record_audit(actor, "document.created", document, template_id=str(template.id))
    document.job = submit_job(
        workflow=GENERATE_WORKFLOW,
        arguments=GenerationRequest(
            document_id=document.id,
            list_unfilled=wishes.on_unfilled == OnUnfilled.LIST,
            partial=wishes.partial,
            refuse=wishes.on_unfilled == OnUnfilled.REFUSE,
            pdf=wishes.pdf,
            draft=prepared.draft,
            provider=wishes.provider,
        ),
        customer_id=template.customer_id,
        actor=actor,
        subject=document,
    )
    document.save(update_fields=["job"])
    return document.job


def new_document(template: Template, name: str, gathered: Gathered, *, actor: Actor | None) -> Document:
    """Not yet saved."""
    return Document(
        customer_id=template.customer_id,
        template=template,
        template_sha256=template.file_sha256,
        name=name,
        values=gathered.values,
        origins=gathered.origins_as_data(),
        created_by=actor.user if actor else None,
    )


def search_documents(
    actor: Actor,
    *,
    q: str = "",
    template_id: uuid.UUID | None = None,
    status: str | None = None,
    round_id: uuid.UUID | None = None,
) -> QuerySet[Document]:
    """Visible documents, newest first, without their values; ready to be paged."""
    found = Document.objects.visible_to(actor)
    if q := q.strip():
        found = found.filter(Q(name__icontains=q) | Q(template__name__icontains=q))
    if template_id is not None:
        found = found.filter(template_id=template_id)
    if status:
        found = found.filter(job__status=status)
    if round_id is not None:
        found = found.filter(round=round_id)
    return found.select_related("customer", "template", "job", "file__blob", "pdf", "created_by").defer("values")


def finished_file(document: Document) -> Artifact:
    """The document's Word file; ``DocumentNotReady`` while there is none, and why."""
    if document.file is not None:
        return document.file
    if document.failure:
        raise DocumentNotReady(f"The document could not be made: {document.failure}")
    if document.status == JobStatus.FAILED and document.job is not None:
        raise DocumentNotReady(f"The document could not be made: {document.job.error_message} Fill the template again.")
    if document.status == JobStatus.CANCELLED:
        raise DocumentNotReady("Making the document was cancelled. Fill the template again.")
    raise DocumentNotReady()


def finished_pdf(document: Document) -> Artifact:
    """``DocumentNotReady`` where there is none, and why."""
    if document.pdf is not None:
        return document.pdf
    finished_file(document)
    raise DocumentNotReady("This document was made without a PDF. Make it again with one.")


def values_to_take_over(document: Document, fields: Sequence[TemplateField]) -> dict[str, Any]:
    """The document's values that still fit the fields of its template, which may have been read again since."""
    known = {field.key: field for field in fields}
    fitting = {}
    for key, value in document.values.items():
        try:
            fitting[key] = clean_value(known[key], value)
        except (KeyError, WrongValue):
            continue
    return fitting
