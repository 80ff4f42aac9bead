"""Batches over the API: one template, a table, a document for each row."""

# No `from __future__ import annotations` here: ninja cannot resolve them behind `@paginate`.

from datetime import datetime
from typing import Any
from uuid import UUID

from django.db.models import QuerySet
from django.http import HttpRequest
from django.http.response import HttpResponseBase
from ninja import Field, File, Form, Router, Schema, Status, UploadedFile
from ninja.pagination import LimitOffsetPagination, paginate

from accounts_app.http import actor_of, error_responses
from jobs_app.choices import JobStatus
from jobs_app.downloads import send_file
from jobs_app.presentation import error_data
from templates_app.api import IdempotencyKey
from templates_app.batches import batches_of, create_batch, documents_of, get_batch, zipped_file
from templates_app.choices import OnUnfilled
from templates_app.documents import Wishes
from templates_app.models import Batch, Document
from templates_app.schemas import DocumentOut, JobAccepted, JobErrorOut, PersonOut, TemplateRef, accepted

router = Router()


class BatchForm(Schema):
    """What comes with a table."""

    name: str = Field("", max_length=180, description="Of the batch and of documents without a name of their own.")
    on_unfilled: OnUnfilled = Field(OnUnfilled.LIST, description="Fields without a value: keep, list or refuse.")
    facts: bool = Field(True, description="Take what is left out from the customer's fact sheet.")
    partial: bool = Field(False, description="Make them though required fields are empty or changes undecided.")
    pdf: bool = Field(False, description="Make PDFs, too, where LibreOffice is installed.")


class RefusedRow(Schema):
    row: int
    message: str


class BatchAccepted(JobAccepted):
    batch_id: UUID
    documents: int = Field(description="Rows that documents are made of.")
    refused: list[RefusedRow] = Field(description="Rows that none is made of, and why.")


class BatchOut(Schema):
    """One template filled for each row of a table; the zip is there once the status is completed."""

    id: UUID
    name: str
    filename: str
    status: JobStatus
    error: JobErrorOut | None
    job_id: UUID | None
    template: TemplateRef
    documents: int = Field(alias="documents_count")
    refused: list[RefusedRow]
    sha256: str | None = Field(description="Of the zip.")
    created_by: PersonOut | None
    created_at: datetime
    completed_at: datetime | None

    @staticmethod
    def resolve_error(batch: Batch) -> dict[str, Any] | None:
        return error_data(batch.job) if batch.job else None

    @staticmethod
    def resolve_sha256(batch: Batch) -> str | None:
        return batch.file.blob_id if batch.file else None


@router.post(
    "/templates/{uuid:template_id}/batches",
    response={202: BatchAccepted, **error_responses(409, 413)},
    summary="Make a document for each row of a table",
)
def make_batch(
    request: HttpRequest,
    template_id: UUID,
    details: Form[BatchForm],
    file: File[UploadedFile],
    idempotency_key: IdempotencyKey = None,
) -> Status[dict[str, Any]]:
    """CSV or XLSX; the first row names fields by key or label. Bad rows are told in `refused` and stop nobody."""
    batch = create_batch(
        actor=actor_of(request),
        template_id=template_id,
        file=file,
        name=details.name,
        wishes=Wishes(
            on_unfilled=details.on_unfilled, partial=details.partial, with_facts=details.facts, pdf=details.pdf
        ),
        idempotency_key=idempotency_key,
    )
    told: dict[str, Any] = {"documents": batch.documents.count(), "refused": batch.refused}
    return Status(202, accepted(batch.job, batch_id=batch.id) | told)


@router.get("/batches", response={200: list[BatchOut], **error_responses()}, summary="Batches, newest first")
@paginate(LimitOffsetPagination)
def list_batches(request: HttpRequest, template_id: UUID | None = None) -> Any:
    return batches_of(actor_of(request), template_id=template_id)


@router.get("/batches/{uuid:batch_id}", response={200: BatchOut, **error_responses()}, summary="One batch")
def one_batch(request: HttpRequest, batch_id: UUID) -> Batch:
    return get_batch(batch_id, actor=actor_of(request))


@router.get(
    "/batches/{uuid:batch_id}/documents",
    response={200: list[DocumentOut], **error_responses()},
    summary="A batch's documents, by row",
)
@paginate(LimitOffsetPagination)
def list_documents(request: HttpRequest, batch_id: UUID) -> QuerySet[Document]:
    return documents_of(get_batch(batch_id, actor=actor_of(request)))


@router.get(
    "/batches/{uuid:batch_id}/file",
    response={200: bytes, 304: None, **error_responses(409)},
    summary="All documents of a batch, zipped, with a report",
)
def download_batch(request: HttpRequest, batch_id: UUID) -> HttpResponseBase:
    return send_file(request, zipped_file(get_batch(batch_id, actor=actor_of(request))))
