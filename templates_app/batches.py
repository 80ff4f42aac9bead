"""Batches: one template, a table, a document for each row. A bad row is told and never stops the others."""

from __future__ import annotations

import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import PurePath
from typing import Any, cast

from django.core.files.base import File
from django.db.models import Count, QuerySet

from accounts_app.access import Actor, record_audit
from accounts_app.errors import BadInput
from accounts_app.ids import uuid7
from jobs_app.choices import JobStatus
from jobs_app.jobs import submit_job
from jobs_app.models import Artifact, Job
from templates_app.batching import BATCH_WORKFLOW, BatchRequest
from templates_app.choices import FieldType, OnUnfilled
from templates_app.concepts import fold_label
from templates_app.documents import (
    Wishes,
    check_asked_provider,
    checked_document_name,
    missing_error,
    missing_fields,
    new_document,
)
from templates_app.errors import BatchNotReady, TableRefused
from templates_app.fact_import import bad_rows
from templates_app.fields import has_boxes
from templates_app.matching import Match, match_facts
from templates_app.models import Batch, Document, Template, TemplateField
from templates_app.once import make_once
from templates_app.origins import gather_values
from templates_app.pinning import pin_template
from templates_app.preflight import check_decided
from templates_app.tables import Table, TableRow, read_table, typed
from templates_app.templates import check_usable, workable_template
from templates_app.values import check_values

MAX_DOCUMENTS = 500
"""Of one batch: all of them are in one file."""
_NAMES = frozenset(map(fold_label, ("name of the document", "document name", "document_name")))
# No cell of a table of texts can hold them.
_NO_COLUMN = frozenset({FieldType.TABLE, FieldType.IMAGE})


@dataclass(slots=True)
class _Rows:
    """What the table says by the template's fields: documents to be made, and rows that none is made of."""

    fields: list[TemplateField] = field(default_factory=list)
    documents: list[Document] = field(default_factory=list)
    refused: dict[int, str] = field(default_factory=dict)


def create_batch(
    *,
    actor: Actor | None,
    template_id: uuid.UUID,
    file: File[Any],
    name: str = "",
    wishes: Wishes | None = None,
    idempotency_key: str | None = None,
) -> Batch:
    """Check every row and start making a document of each good one.

    The first row names fields by key or label; a column "document name" names the documents. Raises ``TableRefused``
    for columns that are no fields, ``BadRows`` when no row is left, and otherwise as ``create_document`` does.
    """
    wishes = wishes or Wishes()
    if wishes.draft:
        raise BadInput("Texts are drafted for one document at a time.", field="draft")
    template = workable_template(template_id, actor=actor)
    filename = PurePath(file.name or "table").name[:255]
    table = read_table(file)
    asked = {"template_id": str(template.id), "name": name, **wishes.as_asked()}
    job = make_once(
        lambda: _make(template, table, name, filename, wishes, actor=actor),
        actor=actor,
        customer_id=template.customer_id,
        operation="batch.create",
        key=idempotency_key,
        inputs=asked | {"rows": [[row.number, row.cells] for row in table.rows]},
    )
    return _presentable(Batch.objects.all()).get(id=cast(uuid.UUID, job.subject_id))


def _make(
    template: Template, table: Table, name: str, filename: str, wishes: Wishes, *, actor: Actor | None
) -> Job:
    check_usable(template)
    check_asked_provider(wishes)
    if not wishes.partial:
        check_decided(template)
    checked_name = checked_document_name(name or template.name)
    rows = _read_rows(template, table, checked_name, filename, wishes, actor)
    if not rows.documents:
        raise bad_rows(rows.refused) if rows.refused else TableRefused("The table has no rows below the first one.")
    batch = Batch(id=uuid7(), customer_id=template.customer_id, template=template, name=checked_name, filename=filename)
    batch.refused = [{"row": number, "message": sentence} for number, sentence in rows.refused.items()]
    batch.created_by = actor.user if actor else None
    return _start(batch, rows, wishes, actor=actor)


def _start(batch: Batch, rows: _Rows, wishes: Wishes, *, actor: Actor | None) -> Job:
    job = submit_job(
        workflow=BATCH_WORKFLOW,
        arguments=BatchRequest(
            batch_id=batch.id, list_unfilled=wishes.on_unfilled == OnUnfilled.LIST, pdf=wishes.pdf
        ),
        customer_id=batch.customer_id,
        actor=actor,
        subject=batch,
    )
    batch.job = job
    batch.save(force_insert=True)
    pin = pin_template(batch.template, rows.fields)
    for document in rows.documents:
        document.batch, document.job = batch, job
        pin.hold(document)
    Document.objects.bulk_create(rows.documents, batch_size=200)
    record_audit(actor, "batch.created", batch, template_id=str(batch.template_id), documents=len(rows.documents))
    return job


# --- rows -----------------------------------------------------------------------------------------------------------


def _read_rows(
    template: Template, table: Table, name: str, filename: str, wishes: Wishes, actor: Actor | None
) -> _Rows:
    if len(table.rows) > MAX_DOCUMENTS:
        raise TableRefused(f"A batch has at most {MAX_DOCUMENTS} rows. Split the table into several.")
    fields = list(template.fields.select_related("section"))
    columns = _columns(table, fields)
    matches = match_facts(template, fields)
    rows = _Rows(fields)
    for row in table.rows:
        values, own_name, problem = _read_row(row, columns, fields)
        gathered = gather_values(
            values, matches, actor=actor, row=f"{filename}, row {row.number}", left_empty=_left_empty(matches, wishes)
        )
        problem = problem or _what_is_missing(fields, gathered.values, wishes)
        if problem:
            rows.refused[row.number] = problem
            continue
        document = new_document(template, own_name or f"{name} {row.number - 1}"[-200:], gathered, actor=actor)
        document.row = row.number
        rows.documents.append(document)
    return rows


def _left_empty(matches: Mapping[str, Match], wishes: Wishes) -> Sequence[str]:
    return () if wishes.with_facts else list(matches)


def _columns(table: Table, fields: Sequence[TemplateField]) -> dict[str, TemplateField | None]:
    """The field each column names, by key or by the label that it alone has; None for the documents' own names."""
    by_key = {one.key: one for one in fields}
    labels: dict[str, list[TemplateField]] = {}
    for one in fields:
        labels.setdefault(fold_label(one.label), []).append(one)
    columns: dict[str, TemplateField | None] = {}
    for name in table.columns:
        found = by_key.get(name) or _only(name, labels.get(fold_label(name), []))
        if found is None and fold_label(name) not in _NAMES:
            raise TableRefused(f"The template has no field {name!r}. Name columns by the keys or labels of its fields.")
        if found is not None and found.type in _NO_COLUMN:
            raise TableRefused(f"The column {name!r} is a {FieldType(found.type).label.lower()}; no cell can hold one.")
        if found is not None and found in columns.values():
            raise TableRefused(f"The column {name!r} and another one are the same field.")
        columns[name] = found
    return columns


def _only(name: str, found: Sequence[TemplateField]) -> TemplateField | None:
    if len(found) > 1:
        keys = ", ".join(one.key for one in found[:5])
        raise TableRefused(f"Several fields are called {name!r}. Name the column by a key: {keys}.")
    return found[0] if found else None


def _read_row(
    row: TableRow, columns: Mapping[str, TemplateField | None], fields: Sequence[TemplateField]
) -> tuple[dict[str, Any], str, str]:
    """The values, the document's own name, and what is wrong in a sentence."""
    values: dict[str, Any] = {}
    name = ""
    for column, cell in row.cells.items():
        if (one := columns[column]) is None:
            name = cell
        elif has_boxes(one) and ";" in cell:
            values[one.key] = [option.strip() for option in cell.split(";") if option.strip()]
        else:
            values[one.key] = typed(cell, is_checkbox=one.type == FieldType.CHECKBOX)
    cleaned, problems = check_values(fields, values)
    labels = {one.key: one.label for one in fields}
    told = [f"{labels[key]}: {sentence}" for key, sentence in problems.items()]
    try:
        name = checked_document_name(name) if name else ""
    except BadInput as error:
        told.append(error.user_message)
    return cleaned, name, " ".join(told)


def _what_is_missing(fields: Sequence[TemplateField], values: Mapping[str, Any], wishes: Wishes) -> str:
    missing = missing_fields(fields, values, wishes)
    return missing_error(missing, wishes).user_message if missing else ""


# --- found again ----------------------------------------------------------------------------------------------------


def batches_of(actor: Actor, *, template_id: uuid.UUID | None = None) -> QuerySet[Batch]:
    """Visible batches, newest first; ready to be paged."""
    found = Batch.objects.visible_to(actor)
    return _presentable(found.filter(template_id=template_id) if template_id else found)


def get_batch(batch_id: uuid.UUID, *, actor: Actor) -> Batch:
    Batch.objects.get_for(actor, id=batch_id)
    return batches_of(actor).get(id=batch_id)


def _presentable(batches: QuerySet[Batch]) -> QuerySet[Batch]:
    """With all that is shown of a batch itself."""
    related = batches.select_related("template", "job", "file__blob", "created_by")
    return related.annotate(documents_count=Count("documents"))


def documents_of(batch: Batch) -> QuerySet[Document]:
    """In the order of their rows, without their values."""
    found = batch.documents.select_related("template", "job", "file__blob", "pdf", "created_by").defer("values")
    return found.order_by("row")


def zipped_file(batch: Batch) -> Artifact:
    """All documents in one file; ``BatchNotReady`` while there is none, and why."""
    if batch.file is not None:
        return batch.file
    if batch.status in (JobStatus.FAILED, JobStatus.CANCELLED):
        reason = batch.job.error_message if batch.job else ""
        raise BatchNotReady(f"The documents were not all made. {reason}".strip())
    raise BatchNotReady()
