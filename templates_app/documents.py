"""Documents: made of a template and values, found, and what a new one can take over from an older one."""

from __future__ import annotations

import uuid
from collections.abc import Mapping, Sequence
from typing import Any, cast

from django.db.models import Q, QuerySet

from accounts_app.access import Actor, record_audit
from accounts_app.choices import Role
from accounts_app.errors import BadInput
from jobs_app.choices import JobStatus
from jobs_app.jobs import submit_job
from jobs_app.models import Artifact, Job
from templates_app.choices import FieldType, OnUnfilled
from templates_app.errors import DocumentNotReady, TemplateNotReady
from templates_app.generation import GENERATE_WORKFLOW, GenerateRequest
from templates_app.matching import match_facts
from templates_app.models import Document, Template, TemplateField
from templates_app.once import make_once
from templates_app.origins import Gathered, gather_values
from templates_app.templates import check_not_archived
from templates_app.values import WrongValue, check_filled, clean_value, clean_values

_MAX_NAME_CHARACTERS = 200


def create_document(
    *,
    actor: Actor,
    template_id: uuid.UUID,
    name: str,
    values: Mapping[str, Any],
    on_unfilled: OnUnfilled = OnUnfilled.LIST,
    with_facts: bool = True,
    idempotency_key: str | None = None,
) -> Document:
    """Check the values and start making the document. Fields without a value stay as they are in the file.

    ``with_facts``: what is not given is taken from the customer's fact sheet; None leaves a field empty all the same.
    ``on_unfilled`` says whether the document lists those, or whether they are values that do not fit. Raises
    ``BadValues`` with a sentence per field key, ``BadInput`` for the name, ``TemplateNotReady``, ``TemplateArchived``,
    ``NotAllowed``, ``NotFound`` and ``IdempotencyConflict``.
    """
    template = Template.objects.get_for(actor, id=template_id)
    check_fillable(template, actor=actor)
    checked_name = _checked_name(name or template.name)
    fields = list(template.fields.select_related("section"))
    given = clean_values(fields, values)
    matches = match_facts(template, fields)
    gathered = gather_values(given, matches, actor=actor, left_empty=values.keys() if with_facts else matches.keys())
    if on_unfilled == OnUnfilled.REFUSE:
        check_filled(fields, gathered.values)
    job = make_once(
        lambda: _keep(template, checked_name, gathered, on_unfilled, actor=actor),
        actor=actor,
        customer_id=template.customer_id,
        operation="document.create",
        key=idempotency_key,
        # What was asked for: facts may have changed before the same request comes again.
        inputs={"template_id": str(template.id), "name": checked_name, "values": given, **_asked(on_unfilled)},
    )
    return Document.objects.select_related("job").get(id=cast(uuid.UUID, job.subject_id))


def check_fillable(template: Template, *, actor: Actor) -> None:
    """Whether the actor may make documents of the template, and whether anybody can yet."""
    actor.check(Role.EDITOR, template.customer_id)
    check_not_archived(template)
    if not template.is_ready:
        raise TemplateNotReady()


def _checked_name(name: str) -> str:
    name = " ".join(name.split())
    if not name:
        raise BadInput("Give the document a name.", field="name")
    if len(name) > _MAX_NAME_CHARACTERS or not name.isprintable():
        raise BadInput(f"A document's name has at most {_MAX_NAME_CHARACTERS} printable characters.", field="name")
    return name


def _asked(on_unfilled: OnUnfilled) -> dict[str, str]:
    """The usual way is left out, so that what was asked for before this could be said stays the same."""
    return {} if on_unfilled == OnUnfilled.LIST else {"on_unfilled": on_unfilled.value}


def _keep(template: Template, name: str, gathered: Gathered, on_unfilled: OnUnfilled, *, actor: Actor) -> Job:
    document = Document.objects.create(
        customer_id=template.customer_id,
        template=template,
        template_sha256=template.file_sha256,
        name=name,
        values=gathered.values,
        origins=gathered.origins_as_data(),
        created_by=actor.user,
    )
    record_audit(actor, "document.created", document, template_id=str(template.id))
    document.job = submit_job(
        workflow=GENERATE_WORKFLOW,
        arguments=GenerateRequest(
            document_id=document.id,
            template_sha256=template.file_sha256,
            list_unfilled=on_unfilled == OnUnfilled.LIST,
        ),
        customer_id=template.customer_id,
        actor=actor,
        subject=document,
    )
    document.save(update_fields=["job"])
    return document.job


def search_documents(
    actor: Actor, *, q: str = "", template_id: uuid.UUID | None = None, status: str | None = None
) -> QuerySet[Document]:
    """Visible documents, newest first, without their values; ready to be paged."""
    found = Document.objects.visible_to(actor)
    if q := q.strip():
        found = found.filter(Q(name__icontains=q) | Q(template__name__icontains=q))
    if template_id is not None:
        found = found.filter(template_id=template_id)
    if status:
        found = found.filter(job__status=status)
    return found.select_related("template", "job", "file__blob", "created_by").defer("values")


def finished_file(document: Document) -> Artifact:
    """The document's Word file; ``DocumentNotReady`` while there is none, and why."""
    if document.file is not None:
        return document.file
    if document.status == JobStatus.FAILED and document.job is not None:
        raise DocumentNotReady(f"The document could not be made: {document.job.error_message} Fill the template again.")
    if document.status == JobStatus.CANCELLED:
        raise DocumentNotReady("Making the document was cancelled. Fill the template again.")
    raise DocumentNotReady()


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


def missing_required(fields: Sequence[TemplateField], values: Mapping[str, Any]) -> list[TemplateField]:
    """Fields that should be filled and are not. A document may be made all the same: its ``unfilled`` lists them."""
    return [field for field in fields if field.required and _is_empty(field, values.get(field.key))]


def _is_empty(field: TemplateField, value: Any) -> bool:
    if field.type == FieldType.CHECKBOX:
        return value is not True
    return value is None or value in ("", [])
