"""The batch job: a document for each row, several at once, and all of them in one zip with a report."""

from __future__ import annotations

import uuid
from functools import partial

from django.utils import timezone
from pydantic import BaseModel

from accounts_app.errors import BadInput
from jobs_app import artifacts, steps
from jobs_app.runs import Run
from jobs_app.workflows import workflow
from templates_app.errors import WordChildFailed
from templates_app.finishing import finish_file
from templates_app.models import Batch, Document
from templates_app.packing import Package, outcome

BATCH_WORKFLOW = "document.batch"
BATCH_ENTITY = "document_batch"
# Each fills in a child process of its own; more at once than cores gain nothing.
_AT_ONCE = 3


class BatchRequest(BaseModel):
    batch_id: uuid.UUID
    list_unfilled: bool = True
    pdf: bool = False


class Row(BaseModel):
    number: int
    document_id: uuid.UUID


class Zipped(BaseModel):
    artifact_id: uuid.UUID
    sha256: str


class BatchResult(BaseModel):
    batch_id: uuid.UUID
    made: int
    failed: int
    refused: int
    sha256: str


@workflow(BATCH_WORKFLOW, title="Make many documents", arguments=BatchRequest, expected_seconds=20)
async def make_batch(run: Run, request: BatchRequest) -> BatchResult:
    rows = await run.step("rows", list_rows, request.batch_id)
    ended: list[int] = []
    make = partial(_make_row, run, request, len(rows), ended)
    await run.gather("row", make, rows, item_key=lambda row: str(row.number), limit=_AT_ONCE)
    await run.progress(95, "Packing the documents")
    zipped = await run.step("zip", zip_documents, request.batch_id)
    return await run.options(atomic=True).step("save", save_batch, request.batch_id, zipped)


async def _make_row(whole: Run, request: BatchRequest, total: int, ended: list[int], run: Run, row: Row) -> bool:
    """Whether its document was made; a row that cannot be is noted and holds up nobody."""
    try:
        await finish_file(run, row.document_id, list_unfilled=request.list_unfilled, pdf=request.pdf)
    except (BadInput, WordChildFailed) as error:
        await run.options(atomic=True).step("fail", note_failure, row.document_id, error.user_message)
    ended.append(row.number)
    await whole.progress(5 + 85 * len(ended) // total, "Making documents", done=len(ended), total=total)
    return True


def list_rows(batch_id: uuid.UUID) -> list[Row]:
    rows = Document.objects.filter(batch_id=batch_id).order_by("row").values_list("row", "id")
    return [Row(number=number or 0, document_id=document_id) for number, document_id in rows]


def note_failure(document_id: uuid.UUID, sentence: str) -> str:
    Document.objects.filter(id=document_id).update(failure=sentence[:1000])
    return sentence


def zip_documents(batch_id: uuid.UUID) -> Zipped:
    """The files under their documents' names, and ``report.csv`` with a line for every row of the table."""
    batch = Batch.objects.get(id=batch_id)
    documents = list(batch.documents.select_related("file", "pdf").defer("values").order_by("row"))
    package = Package()
    lines = [(one["row"], "", "refused", one["message"]) for one in batch.refused]
    lines += [(one.row or 0, package.add(one, one.name), *outcome(one)) for one in documents]
    data = package.packed(("row", "file", "outcome", "what to know"), sorted(lines))
    artifact = artifacts.store_bytes(
        data,
        customer_id=batch.customer_id,
        job_id=steps.current_job_id(),
        filename=f"{batch.name}.zip",
        media_type="application/zip",
        entity_type=BATCH_ENTITY,
        entity_id=batch.id,
    )
    return Zipped(artifact_id=artifact.id, sha256=artifact.blob_id)


def save_batch(batch_id: uuid.UUID, zipped: Zipped) -> BatchResult:
    batch = Batch.objects.select_for_update(no_key=True).get(id=batch_id)
    batch.file_id, batch.completed_at = zipped.artifact_id, timezone.now()
    batch.save(update_fields=["file", "completed_at"])
    made = batch.documents.exclude(file=None).count()
    return BatchResult(
        batch_id=batch.id,
        made=made,
        failed=batch.documents.filter(file=None).count(),
        refused=len(batch.refused),
        sha256=zipped.sha256,
    )
