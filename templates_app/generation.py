"""A template and values become a filled Word file, in a child process.

The job that does so, and what comes before and after, is in ``making`` and ``finishing``; its first version stays here
until its last job is drained.
"""

from __future__ import annotations

import json
import tempfile
import uuid
from pathlib import Path
from typing import Any

from django.utils import timezone
from pydantic import BaseModel, SerializerFunctionWrapHandler, model_serializer

from jobs_app import artifacts, steps
from jobs_app.db import run_sync
from jobs_app.models import Artifact
from jobs_app.runs import Run
from jobs_app.workflows import workflow
from templates_app.errors import TemplateNotReady
from templates_app.models import Document, TemplateField
from templates_app.pinning import fields_of, file_of
from templates_app.result_check import Place, Skip, places_like_markers
from templates_app.word import run_word_child

GENERATE_WORKFLOW = "document.generate"
DOCUMENT_ENTITY = "document"


class GenerateRequest(BaseModel):
    document_id: uuid.UUID
    template_sha256: str
    list_unfilled: bool = True


class FilledFile(BaseModel):
    """The finished file, and the keys of the fields that were left as they stand.

    ``places``: where values stand that could be read as places to be filled in.
    """

    artifact_id: uuid.UUID
    sha256: str
    unfilled: list[str]
    skipped: list[Skip] = []
    places: list[Place] = []

    @model_serializer(mode="wrap")
    def _as_asked(self, handler: SerializerFunctionWrapHandler) -> dict[str, Any]:
        """Without places where there are none, so that steps asked before they were told are asked the same."""
        data: dict[str, Any] = handler(self)
        return data if self.places else {name: value for name, value in data.items() if name != "places"}


class GenerateResult(BaseModel):
    document_id: uuid.UUID
    sha256: str
    unfilled: list[str]


@workflow(GENERATE_WORKFLOW, title="Make a document", arguments=GenerateRequest, expected_seconds=1)
async def generate_document(run: Run, request: GenerateRequest) -> GenerateResult:
    await run.progress(10, "Loading template")
    filled = await run.step("fill", fill_word_file, request.document_id)
    if not request.list_unfilled:
        filled = filled.model_copy(update={"unfilled": []})
    await run.progress(90, "Saving document")
    return await run.options(atomic=True).step("save", save_document, request.document_id, filled)


class _Source(BaseModel):
    """What the child needs: where the template lies, and the values with the fields they belong to."""

    path: Path
    data: str
    customer_id: uuid.UUID
    filename: str
    media_type: str
    unfilled: list[str]


async def fill_word_file(document_id: uuid.UUID) -> FilledFile:
    """Fill in a child process; the template's file is read, never written."""
    source = await run_sync(_source, document_id)
    with tempfile.TemporaryDirectory(prefix="dna-fill-") as folder:
        word_file, data, out = Path(folder, "template.docx"), Path(folder, "data.json"), Path(folder, "out.docx")
        word_file.symlink_to(source.path)
        data.write_text(source.data)
        report = Path(folder, "report.json")
        await run_word_child("fill", word_file, data, out, "--report", report)
        filled, told = out.read_bytes(), json.loads(report.read_text(encoding="utf-8"))
    artifact = await run_sync(_keep, filled, document_id, source)
    skipped = [Skip(key=one["key"], reason=one["reason"]) for one in told["skipped"]]
    return FilledFile(
        artifact_id=artifact.id,
        sha256=artifact.blob_id,
        unfilled=source.unfilled,
        skipped=skipped,
        places=places_like_markers(told["placed"]),
    )


def _source(document_id: uuid.UUID) -> _Source:
    related = Document.objects.select_related("template__file", "template_file", "template_form")
    document = related.get(id=document_id)
    if not document.template.is_ready:
        raise TemplateNotReady()
    file, fields = file_of(document), fields_of(document)
    return _Source(
        path=artifacts.verified_path(file),
        data=json.dumps({"values": document.values, "fields": [field_for_library(field) for field in fields]}),
        customer_id=document.customer_id,
        filename=f"{document.name}{Path(file.filename).suffix or '.docx'}",
        media_type=file.media_type,
        unfilled=[field.key for field in fields if field.key not in document.values],
    )


def field_for_library(field: TemplateField) -> dict[str, object]:
    """A stored field in the Word library's JSON form."""
    return {
        "key": field.key,
        "label": field.label,
        "type": field.type,
        "required": field.required,
        "options": field.options,
        "confidence": field.confidence,
        "anchors": field.places,
        "marker": field.marker,
        "detector": field.detector,
        "section": field.section.ordinal if field.section else None,
        "columns": field.columns,
        "hint": field.hint,
        "date_format": field.date_format,
    }


def _keep(data: bytes, document_id: uuid.UUID, source: _Source) -> Artifact:
    return artifacts.store_bytes(
        data,
        customer_id=source.customer_id,
        job_id=steps.current_job_id(),
        filename=source.filename,
        media_type=source.media_type,
        entity_type=DOCUMENT_ENTITY,
        entity_id=document_id,
    )


def save_document(document_id: uuid.UUID, filled: FilledFile) -> GenerateResult:
    """Tie the finished file to its document."""
    document = Document.objects.select_for_update(no_key=True).get(id=document_id)
    document.file_id = filled.artifact_id
    document.unfilled = filled.unfilled
    document.completed_at = timezone.now()
    document.save(update_fields=["file", "unfilled", "completed_at"])
    return GenerateResult(document_id=document.id, sha256=filled.sha256, unfilled=filled.unfilled)
