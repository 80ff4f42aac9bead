"""Templates and documents over the API."""

# No `from __future__ import annotations` here: ninja cannot resolve them behind `@paginate`.

from typing import Annotated, Any
from uuid import UUID

from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from ninja import File, Form, Header, Router, Schema, Status, UploadedFile
from ninja.pagination import LimitOffsetPagination, paginate
from pydantic import Field

from accounts_app.http import actor_of, error_responses
from jobs_app.choices import JobStatus
from jobs_app.jobs import DEFAULT_PRIORITY
from templates_app.documents import (
    create_document,
    finished_file,
    finished_pdf,
    prepare,
    search_documents,
)
from templates_app.downloads import html_fragment, send_file
from templates_app.drafts import decide_draft
from templates_app.fields import edit_field
from templates_app.models import Document, Draft, Template, TemplateField
from templates_app.preflight import Preflight
from templates_app.previews import template_preview
from templates_app.schemas import (
    CopyWanted,
    DocumentAccepted,
    DocumentDetail,
    DocumentOut,
    DocumentRequest,
    DraftDecision,
    DraftOut,
    FieldChanges,
    FieldOut,
    PreflightOut,
    TemplateAccepted,
    TemplateChanges,
    TemplateDetail,
    TemplateOut,
    VersionOut,
    accepted,
)
from templates_app.templates import (
    archive_template,
    change_template,
    duplicate_template,
    get_whole_template,
    reparse_template,
    replace_file,
    restore_template,
    search_templates,
    upload_template,
    usable_template,
)
from templates_app.versions import get_version, versions_of

router = Router()

IdempotencyKey = Annotated[
    str | None,
    Header(None, alias="Idempotency-Key", description="The same key again gets the same job; nothing is made twice."),
]


class UploadForm(Schema):
    """What comes with an uploaded file."""

    name: str = Field("", max_length=200, description="Empty: the file's name.")
    standard: str = Field("", max_length=60, description="For instance iso-9001-2015.")
    provider: str = Field("", max_length=100, description="Language model to use; empty: the default, if any.")
    custom_rules: str = Field("", max_length=20_000, description="Hints for reading, such as “section headers are H1”.")
    priority: int = Field(DEFAULT_PRIORITY, ge=0, le=10, description="0 to 10, higher first.")
    allow_questions: bool = Field(False, description="The job may wait for a person's answer where readings are close.")


@router.post(
    "/templates/upload",
    response={202: TemplateAccepted, **error_responses(409, 413)},
    summary="Upload a Word template and start reading it",
)
def upload(
    request: HttpRequest, details: Form[UploadForm], file: File[UploadedFile], idempotency_key: IdempotencyKey = None
) -> Status[dict[str, Any]]:
    actor = actor_of(request)
    template = upload_template(
        actor=actor,
        customer_id=actor.customer_id(),
        file=file,
        idempotency_key=idempotency_key,
        **details.dict(),
    )
    return Status(202, accepted(template.parse_job, template_id=template.id))


@router.get("/templates", response={200: list[TemplateOut], **error_responses()}, summary="Templates, newest first")
@paginate(LimitOffsetPagination)
def list_templates(
    request: HttpRequest, status: JobStatus | None = None, standard: str = "", q: str = "", archived: bool = False
) -> Any:
    """`q` is looked for in name, title, standard and file name. Archived ones are listed only with `archived`."""
    return search_templates(actor_of(request), q=q, status=status, standard=standard, archived=archived)


@router.get(
    "/templates/{uuid:template_id}", response={200: TemplateDetail, **error_responses()}, summary="One template"
)
def get_template(request: HttpRequest, template_id: UUID) -> Template:
    return get_whole_template(template_id, actor=actor_of(request))


@router.patch(
    "/templates/{uuid:template_id}",
    response={200: TemplateDetail, **error_responses(409)},
    summary="Change a template's name and how it is read; set its document type and standards by hand",
)
def change(request: HttpRequest, template_id: UUID, changes: TemplateChanges) -> Template:
    """How it is read counts from the next reading on: `POST …/parse`."""
    actor = actor_of(request)
    change_template(template_id, actor=actor, **changes.dict())
    return get_whole_template(template_id, actor=actor)


@router.patch(
    "/templates/{uuid:template_id}/fields/{key}",
    response={200: FieldOut, **error_responses(409)},
    summary="Change a field",
)
def change_field(request: HttpRequest, template_id: UUID, key: str, changes: FieldChanges) -> TemplateField:
    return edit_field(template_id, key, changes.dict(exclude_unset=True), actor=actor_of(request))


@router.get(
    "/templates/{uuid:template_id}/file",
    response={200: bytes, 304: None, **error_responses()},
    summary="The Word file as it is now",
)
def download_template(request: HttpRequest, template_id: UUID) -> HttpResponseBase:
    template = Template.objects.select_related("file__blob").get_for(actor_of(request), id=template_id)
    return send_file(request, template.file)


@router.get(
    "/templates/{uuid:template_id}/preview",
    response={200: str, **error_responses(409)},
    summary="The template as HTML with its fields marked",
)
def preview_template(request: HttpRequest, template_id: UUID) -> HttpResponse:
    template = Template.objects.select_related("parsed_file").get_for(actor_of(request), id=template_id)
    return html_fragment(template_preview(template))


@router.post(
    "/templates/{uuid:template_id}/parse",
    response={202: TemplateAccepted, **error_responses(409)},
    summary="Read the file again",
)
def parse_again(request: HttpRequest, template_id: UUID) -> Status[dict[str, Any]]:
    template = reparse_template(template_id, actor=actor_of(request))
    return Status(202, accepted(template.parse_job, template_id=template.id))


@router.post(
    "/templates/{uuid:template_id}/file",
    response={202: TemplateAccepted, **error_responses(409, 413)},
    summary="Upload a changed Word file of a template",
)
def upload_again(request: HttpRequest, template_id: UUID, file: File[UploadedFile]) -> Status[dict[str, Any]]:
    """Once it is read it takes the old one's place; fields that are the same keep their keys and edits."""
    template = replace_file(template_id, actor=actor_of(request), file=file)
    return Status(202, accepted(template.parse_job, template_id=template.id))


@router.get(
    "/templates/{uuid:template_id}/versions",
    response={200: list[VersionOut], **error_responses()},
    summary="A template's versions, newest first",
)
@paginate(LimitOffsetPagination)
def list_versions(request: HttpRequest, template_id: UUID) -> Any:
    return versions_of(template_id, actor=actor_of(request))


@router.get(
    "/templates/{uuid:template_id}/versions/{int:number}/file",
    response={200: bytes, 304: None, **error_responses()},
    summary="The Word file as it was in a version",
)
def download_version(request: HttpRequest, template_id: UUID, number: int) -> HttpResponseBase:
    return send_file(request, get_version(template_id, number, actor=actor_of(request)).file)


@router.post(
    "/templates/{uuid:template_id}/duplicate",
    response={201: TemplateDetail, **error_responses(409)},
    summary="Make a copy of a template",
)
def duplicate(request: HttpRequest, template_id: UUID, wanted: CopyWanted) -> Status[Template]:
    actor = actor_of(request)
    made = duplicate_template(template_id, actor=actor, name=wanted.name)
    return Status(201, get_whole_template(made.id, actor=actor))


@router.delete("/templates/{uuid:template_id}", response={204: None, **error_responses()}, summary="Archive a template")
def archive(request: HttpRequest, template_id: UUID) -> Status[None]:
    archive_template(template_id, actor=actor_of(request))
    return Status(204, None)


@router.post(
    "/templates/{uuid:template_id}/restore",
    response={200: TemplateDetail, **error_responses()},
    summary="Take an archived template back into use",
)
def restore(request: HttpRequest, template_id: UUID) -> Template:
    actor = actor_of(request)
    restore_template(template_id, actor=actor)
    return get_whole_template(template_id, actor=actor)


@router.post(
    "/templates/{uuid:template_id}/documents",
    response={202: DocumentAccepted, **error_responses(409, 413, 503)},
    summary="Make a document of a template",
)
def make_document(
    request: HttpRequest, template_id: UUID, wanted: DocumentRequest, idempotency_key: IdempotencyKey = None
) -> Status[dict[str, Any]]:
    document = create_document(
        actor=actor_of(request),
        template_id=template_id,
        name=wanted.name,
        values=wanted.values,
        wishes=wanted.wishes,
        idempotency_key=idempotency_key,
    )
    return Status(202, accepted(document.job, document_id=document.id))


@router.post(
    "/templates/{uuid:template_id}/preflight",
    response={200: PreflightOut, **error_responses(409, 413, 503)},
    summary="What a document would be made of, and what is missing",
)
def look_before_making(request: HttpRequest, template_id: UUID, wanted: DocumentRequest) -> Preflight:
    actor = actor_of(request)
    template = usable_template(template_id, actor=actor)
    return prepare(template, wanted.values, wanted.wishes, actor=actor).preflight


@router.get("/documents", response={200: list[DocumentOut], **error_responses()}, summary="Documents, newest first")
@paginate(LimitOffsetPagination)
def list_documents(
    request: HttpRequest,
    template_id: UUID | None = None,
    round_id: UUID | None = None,
    status: JobStatus | None = None,
    q: str = "",
) -> Any:
    """`q` is looked for in the names of the document and its template."""
    return search_documents(actor_of(request), template_id=template_id, round_id=round_id, status=status, q=q)


@router.get(
    "/documents/{uuid:document_id}", response={200: DocumentDetail, **error_responses()}, summary="One document"
)
def get_document(request: HttpRequest, document_id: UUID) -> Document:
    related = Document.objects.select_related("template", "job", "file__blob", "pdf", "created_by")
    return related.prefetch_related("drafts__decided_by").get_for(actor_of(request), id=document_id)


@router.post(
    "/documents/{uuid:document_id}/drafts/{key}",
    response={200: DraftOut, **error_responses(409)},
    summary="Accept, change or reject a text that a language model wrote",
)
def decide(request: HttpRequest, document_id: UUID, key: str, decision: DraftDecision) -> Draft:
    """When the last one is decided, the document is made of those accepted."""
    return decide_draft(document_id, key, decision.status, text=decision.text, actor=actor_of(request))


@router.get(
    "/documents/{uuid:document_id}/file",
    response={200: bytes, 304: None, **error_responses(409)},
    summary="The finished Word file",
)
def download_document(request: HttpRequest, document_id: UUID) -> HttpResponseBase:
    document = Document.objects.select_related("job", "file__blob").get_for(actor_of(request), id=document_id)
    return send_file(request, finished_file(document))



@router.get(
    "/documents/{uuid:document_id}/pdf",
    response={200: bytes, 304: None, **error_responses(409)},
    summary="The document as a PDF",
)
def download_pdf(request: HttpRequest, document_id: UUID) -> HttpResponseBase:
    document = Document.objects.select_related("job", "file", "pdf__blob").get_for(actor_of(request), id=document_id)
    return send_file(request, finished_pdf(document))
