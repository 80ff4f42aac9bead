"""From values to a finished file, step by step, for one document or for each of a batch."""

from __future__ import annotations

import asyncio
import json
import tempfile
import uuid
from collections.abc import Sequence
from pathlib import Path

from django.db import models
from django.utils import timezone
from pydantic import BaseModel

from jobs_app import artifacts, steps
from jobs_app.db import run_sync
from jobs_app.models import Artifact, Job
from jobs_app.runs import Run
from templates_app.docx import jsonio
from templates_app.docx.model import Parse
from templates_app.errors import PagesUnavailable, PdfFailed, PdfUnavailable, WordFileRefused
from templates_app.generation import FilledFile, fill_word_file
from templates_app.models import Document, Template
from templates_app.page_pictures import Pages, look_at_pages
from templates_app.pdf import convert_to_pdf
from templates_app.pinning import fields_of, file_of
from templates_app.preflight import missing_required
from templates_app.result_check import (
    CheckFinding,
    check_contents,
    check_markers,
    check_pages,
    check_undecided,
    check_values,
)
from templates_app.word import run_word_child

PDF_ENTITY, PAGE_ENTITY = "document_pdf", "document_page"
TEMPLATE_PDF_ENTITY, TEMPLATE_PAGE_ENTITY = "template_pdf", "template_page"
_BLANK = "blank-page-"


class PdfMade(BaseModel):
    """The PDF, or in a sentence why there is none."""

    artifact_id: uuid.UUID | None = None
    sha256: str = ""
    note: str = ""


class Looked(BaseModel):
    """What was found in the finished file; pictures of its pages and of the template's, as ids of artifacts."""

    findings: list[CheckFinding]
    notes: list[str]
    pages: list[uuid.UUID] = []
    template_pages: list[uuid.UUID] = []


class KeptPages(BaseModel):
    """Pictures of a template's first pages, as ids of artifacts, and the numbers of the empty ones among all."""

    pictures: list[uuid.UUID]
    blank: list[int]


class Finished(BaseModel):
    sha256: str
    unfilled: list[str]
    pdf_sha256: str
    findings_count: int
    notes: list[str]


async def finish_file(run: Run, document_id: uuid.UUID, *, list_unfilled: bool, pdf: bool) -> Finished:
    """Fill, convert, look, save: the document has its file only once all of it is done."""
    filled = await run.step("fill", fill_word_file, document_id)
    if not list_unfilled:
        filled = filled.model_copy(update={"unfilled": []})
    made = PdfMade()
    if pdf:
        made = await run.step("pdf", make_pdf, document_id, filled.artifact_id)
    looked = await run.step("check", look_at_result, document_id, filled, made.artifact_id)
    return await run.options(atomic=True).step("save", save_finished, document_id, filled, made, looked)


# --- PDF ------------------------------------------------------------------------------------------------------------


async def make_pdf(document_id: uuid.UUID, word_file_id: uuid.UUID) -> PdfMade:
    """In a thread of its own: LibreOffice takes seconds, and holds no database connection meanwhile."""
    document, data, suffix = await run_sync(_word_file, document_id, word_file_id)
    try:
        pdf = await asyncio.to_thread(convert_to_pdf, data, suffix=suffix)
    except (PdfUnavailable, PdfFailed) as error:
        return PdfMade(note=error.user_message)
    kept = await run_sync(_keep, pdf, document.customer_id, f"{document.name}.pdf", PDF_ENTITY, document_id)
    return PdfMade(artifact_id=kept.id, sha256=kept.blob_id)


def _word_file(document_id: uuid.UUID, word_file_id: uuid.UUID) -> tuple[Document, bytes, str]:
    document = Document.objects.defer("values").get(id=document_id)
    artifact = Artifact.objects.get(id=word_file_id)
    return document, artifacts.read_bytes(artifact), Path(artifact.filename).suffix


def _keep(
    data: bytes, customer_id: uuid.UUID, filename: str, entity: str, entity_id: uuid.UUID, *, tags: Sequence[str] = ()
) -> Artifact:
    return artifacts.store_bytes(
        data,
        customer_id=customer_id,
        job_id=steps.current_job_id(),
        filename=filename,
        media_type="image/png" if filename.endswith(".png") else "application/pdf",
        entity_type=entity,
        entity_id=entity_id,
        tags=tags,
    )


# --- the look at the result -----------------------------------------------------------------------------------------


async def look_at_result(document_id: uuid.UUID, filled: FilledFile, pdf_id: uuid.UUID | None) -> Looked:
    """What a person should look at before the document goes out. Nothing that goes wrong here stops the document."""
    document = await run_sync(_document, document_id)
    looked = Looked(findings=await run_sync(_look_at_values, document, filled), notes=[])
    try:
        parse = await _read_again(filled.artifact_id)
    except WordFileRefused as refused:
        looked.notes.append(f"The finished file could not be looked at: {refused.user_message}")
    else:
        fields = await run_sync(fields_of, document)
        looked.findings += check_markers(parse, fields, document.values, filled.places)
        looked.findings += [*check_undecided(parse.outline), *check_contents(parse.outline)]
    if pdf_id is not None:
        await _look_at_pages(document, pdf_id, looked)
    return looked


def _document(document_id: uuid.UUID) -> Document:
    return Document.objects.select_related("template__file", "template_file", "template_form").get(id=document_id)


def _look_at_values(document: Document, filled: FilledFile) -> list[CheckFinding]:
    fields = fields_of(document)
    empty = [one.key for one in missing_required(fields, document.values)]
    return list(check_values(fields, empty, filled.skipped))


async def _read_again(word_file_id: uuid.UUID) -> Parse:
    path = await run_sync(lambda: artifacts.verified_path(Artifact.objects.get(id=word_file_id)))
    with tempfile.TemporaryDirectory(prefix="dna-look-") as folder:
        word_file = Path(folder, "result.docx")
        word_file.symlink_to(path)
        await run_word_child("parse", word_file, "--json", folder)
        return jsonio.parse_from_json(json.loads(Path(folder, "result.json").read_text(encoding="utf-8")))


async def _look_at_pages(document: Document, pdf_id: uuid.UUID, looked: Looked) -> None:
    """Pages beside the template's; where they cannot be drawn a note says so."""
    pdf = await run_sync(lambda: artifacts.read_bytes(Artifact.objects.get(id=pdf_id)))
    try:
        template_pages = await _template_pages(document.template, file_of(document))
        pages = await asyncio.to_thread(look_at_pages, pdf)
    except (PagesUnavailable, PdfUnavailable, PdfFailed) as error:
        looked.notes.append(error.user_message)
        return
    looked.findings += check_pages(pages.blank, template_pages.blank)
    looked.pages = await run_sync(_keep_pictures, document.customer_id, pages, PAGE_ENTITY, document.id)
    looked.template_pages = template_pages.pictures


async def _template_pages(template: Template, file: Artifact) -> KeptPages:
    """Drawn once for each file a template had."""
    if (kept := await run_sync(_kept_pages, template, file)) is not None:
        return kept
    data = await run_sync(artifacts.read_bytes, file)
    pdf = await asyncio.to_thread(convert_to_pdf, data, suffix=Path(file.filename).suffix)
    return await run_sync(_keep_template_pages, template, file, pdf, await asyncio.to_thread(look_at_pages, pdf))


def _kept_pages(template: Template, file: Artifact) -> KeptPages | None:
    pdf = _of_template_file(template, file, TEMPLATE_PDF_ENTITY).first()
    if pdf is None:
        return None
    blank = [int(tag.removeprefix(_BLANK)) for tag in pdf.tags if tag.startswith(_BLANK)]
    pictures = dict(_of_template_file(template, file, TEMPLATE_PAGE_ENTITY).values_list("filename", "id"))
    return KeptPages(pictures=list(pictures.values()), blank=blank)


def _keep_template_pages(template: Template, file: Artifact, pdf: bytes, pages: Pages) -> KeptPages:
    """The PDF last, with its empty pages as tags: where it is, the pictures are."""
    of_file = [file.blob_id]
    pictures = _keep_pictures(template.customer_id, pages, TEMPLATE_PAGE_ENTITY, template.id, of_file)
    tags = [*of_file, *(f"{_BLANK}{number}" for number in pages.blank)]
    _keep(pdf, template.customer_id, f"{template.name}.pdf", TEMPLATE_PDF_ENTITY, template.id, tags=tags)
    return KeptPages(pictures=pictures, blank=pages.blank)


def _of_template_file(template: Template, file: Artifact, entity: str) -> models.QuerySet[Artifact]:
    known = Artifact.objects.filter(customer_id=template.customer_id, entity_type=entity, entity_id=template.id)
    return known.filter(tags__contains=[file.blob_id]).order_by("filename", "created_at")


def _keep_pictures(
    customer_id: uuid.UUID, pages: Pages, entity: str, entity_id: uuid.UUID, tags: Sequence[str] = ()
) -> list[uuid.UUID]:
    names = [f"page-{number:02}.png" for number in range(1, len(pages.pictures) + 1)]
    pairs = zip(pages.pictures, names, strict=True)
    return [_keep(picture, customer_id, name, entity, entity_id, tags=tags).id for picture, name in pairs]


# --- the end --------------------------------------------------------------------------------------------------------


def save_finished(document_id: uuid.UUID, filled: FilledFile, pdf: PdfMade, looked: Looked) -> Finished:
    """Tie the finished files to their document, with what was found in them and what made them."""
    document = Document.objects.select_for_update(no_key=True).get(id=document_id)
    job = Job.objects.get(id=steps.current_job_id())
    notes = [*([pdf.note] if pdf.note else []), *looked.notes]
    document.file_id, document.pdf_id = filled.artifact_id, pdf.artifact_id
    document.unfilled = filled.unfilled
    document.notes = [*document.notes, *notes]
    document.checks = looked.model_dump(mode="json", exclude={"notes"})
    document.made_with = document.made_with | {"workflow": job.workflow, "workflow_version": job.workflow_version}
    document.completed_at = timezone.now()
    changed = ["file", "pdf", "unfilled", "notes", "checks", "made_with", "completed_at"]
    document.save(update_fields=changed)
    return Finished(
        sha256=filled.sha256,
        unfilled=filled.unfilled,
        pdf_sha256=pdf.sha256,
        findings_count=len(looked.findings),
        notes=document.notes,
    )
