"""The shapes in which the API takes and gives templates, fields and documents."""

from __future__ import annotations

from datetime import datetime
from typing import Any, Literal
from uuid import UUID

from ninja import Field, Schema
from pydantic import ConfigDict, StrictBool

from jobs_app.choices import JobStatus
from jobs_app.models import Job
from jobs_app.presentation import error_data
from templates_app.choices import Difference, DraftStatus, FieldType, OnUnfilled, VersionKind
from templates_app.documents import Wishes
from templates_app.models import Correction, Document, Template, TemplateField
from templates_app.origins import Origin
from templates_app.preflight import Preflight, SectionCheck, Standing


class JobAccepted(Schema):
    """Work was accepted; the addresses say how it goes."""

    job_id: UUID
    status: JobStatus
    status_url: str = Field(description="GET it for status, progress, result or error.")
    events_url: str = Field(description="GET it for the log so far.")
    websocket_url: str = Field(
        description="The log live; add ?token= of POST /api/v1/auth/websocket-token, and &after=N to resume."
    )


class TemplateAccepted(JobAccepted):
    template_id: UUID


class DocumentAccepted(JobAccepted):
    document_id: UUID


def accepted(job: Job | None, **ids: UUID) -> dict[str, Any]:
    """The body of a 202."""
    assert job is not None  # noqa: S101 - it was submitted in this request
    status_url = f"/api/v1/jobs/{job.id}"
    return {
        "job_id": job.id,
        "status": job.status,
        "status_url": status_url,
        "events_url": f"{status_url}/events",
        "websocket_url": f"/ws/jobs/{job.id}/",
        **ids,
    }


class JobErrorOut(Schema):
    code: str
    message: str
    errored: bool = Field(description="True when the fault is the program's, not the input's.")


class PersonOut(Schema):
    id: UUID
    name: str

    @staticmethod
    def resolve_name(person: Any) -> str:
        return str(person)


class TemplateOut(Schema):
    """A template without its content. It can be filled once ``ready``, whatever a later reading comes to."""

    id: UUID
    name: str
    standard: str
    document_type: str = Field(description="Of GET /document-types; empty: not known.")
    document_type_by_hand: bool = Field(description="A person set it; a later reading leaves it as it is.")
    standards: list[str] = Field(description="Of GET /standards: what it is reviewed against.")
    standards_by_hand: bool
    status: JobStatus = Field(description="Of the latest reading of the file.")
    ready: bool = Field(alias="is_ready")
    progress: int
    error: JobErrorOut | None
    job_id: UUID | None = Field(alias="parse_job_id")
    filename: str = Field(alias="file.filename")
    size_bytes: int = Field(alias="file.blob.size_bytes")
    sha256: str = Field(alias="file_sha256")
    title: str
    language: str
    provider: str = Field(description="Language model asked for; empty: the default.")
    read_by: list[str] = Field(description="Language models that corrected the reading; empty: rules alone.")
    sections_count: int
    fields_count: int
    created_by: PersonOut | None
    created_at: datetime
    parsed_at: datetime | None
    archived_at: datetime | None

    @staticmethod
    def resolve_progress(template: Template) -> int:
        return template.parse_job.progress if template.parse_job else 100 * template.is_ready

    @staticmethod
    def resolve_error(template: Template) -> dict[str, Any] | None:
        return error_data(template.parse_job) if template.parse_job else None


class SectionOut(Schema):
    """A heading; fields name it by its index in the list."""

    level: int
    number: str
    heading: str
    part: str
    p: int = Field(description="Ordinal of the paragraph in its part.")


class PlaceOut(Schema):
    """Where a value goes: paragraph ``p`` of a part, from ``start`` to ``end`` in code points of its visible text."""

    part: str
    p: int
    start: int
    end: int


class ColumnOut(Schema):
    key: str
    label: str
    type: FieldType
    options: list[str]


class FieldOut(Schema):
    """Something to fill in: one value, one or more places."""

    key: str
    label: str
    type: FieldType
    required: bool
    options: list[str]
    section: int | None = Field(description="Index into sections; null before the first heading.")
    confidence: float = Field(description="0 to 1: how sure the reading is.")
    places: list[PlaceOut]
    marker: str = Field(description="What stands at the first place now.")
    hint: str
    columns: list[ColumnOut] = Field(description="Of a table.")
    date_format: str
    detector: str
    edited_at: datetime | None

    @staticmethod
    def resolve_section(field: TemplateField) -> int | None:
        return field.section.ordinal if field.section else None


class LossPlaceOut(Schema):
    """Where something was left out: a part, and the ordinal of its paragraph where there is one."""

    part: str
    p: int | None
    excerpt: str


class LossOut(Schema):
    """Everything of one kind that the file holds but that was not read, will not be filled or cannot be seen."""

    kind: str = Field(description="For instance tracked_change, comment, hidden_text, external_content.")
    count: int
    unread: int = Field(description="Characters of it that stand in no paragraph's text.")
    sentence: str = Field(description="What it means and what to do, for people.")
    places: list[LossPlaceOut] = Field(description="The first 20.")


class CorrectionOut(Schema):
    """What a language model said of the rules' reading, and what became of it."""

    act: str = Field(description="rename, retype, merge, split, drop or add; as said, where there is no such act.")
    fields: list[str] = Field(alias="field_keys", description="Keys as the rules gave them.")
    proposal: dict[str, Any] = Field(alias="said", description="The label, type and options proposed.")
    quote: str
    why: str
    provider: str
    model: str
    made: bool
    refusal: str = Field(description="Why it was not made, as a code; empty: it was.")
    reason: str = Field(alias="get_refusal_display", description="The same in words.")
    was_asked: bool = Field(description="A person was asked about it.")

    @staticmethod
    def resolve_made(correction: Correction) -> bool:
        return not correction.refusal


class TemplateDetail(TemplateOut):
    """A template with everything it was read as."""

    custom_rules: str
    allow_questions: bool
    reading_notes: list[str] = Field(description="What a reader must know of the reading, one sentence each.")
    corrections: list[CorrectionOut]
    recognition: dict[str, Any] = Field(description="What its words spoke for: type_score, and standards with scores.")
    notes: list[str] = Field(description="What was odd about the file, one sentence each.")
    losses: list[LossOut] = Field(description="What was not read, will not be filled or cannot be seen.")
    sections: list[SectionOut]
    fields: list[FieldOut]


class DifferenceOut(Schema):
    """How one field differs from the version before."""

    what: Difference
    key: str
    label: str
    before: Any
    after: Any


class TextChangeOut(Schema):
    """A text that a finding changed."""

    finding: UUID
    clause: str
    old: str
    new: str


class VersionOut(Schema):
    """One step in the history of a template."""

    number: int
    kind: VersionKind
    sha256: str = Field(alias="file.blob_id", description="Of the Word file as it was then.")
    differences: list[DifferenceOut]
    texts: list[TextChangeOut]
    created_by: PersonOut | None
    created_at: datetime


class CopyWanted(Schema):
    name: str = Field("", max_length=200, description="Empty: the template's name with (copy).")

    model_config = ConfigDict(extra="forbid")


class TemplateChanges(Schema):
    """What to change of a template; what is left out stays, empty means that there is none."""

    name: str | None = Field(None, max_length=200)
    custom_rules: str | None = Field(None, max_length=20_000, description="Hints for the next reading.")
    provider: str | None = Field(None, max_length=100, description="Language model to use; empty: the default, if any.")
    allow_questions: StrictBool | None = Field(None, description="Its readings may wait for a person's answer.")
    document_type: str | None = Field(None, max_length=60)
    standards: list[str] | None = None

    model_config = ConfigDict(extra="forbid")


class FieldChanges(Schema):
    """What to change of a field; what is left out stays."""

    label: str = Field("", max_length=500)
    type: FieldType = FieldType.TEXT
    required: StrictBool = False
    options: list[str] = Field([], description="Of a choice.")
    hint: str = Field("", max_length=2000)

    model_config = ConfigDict(extra="forbid")


class Making(Schema):
    """How documents are to be made."""

    name: str = Field("", max_length=200, description="Empty: the template's name.")
    on_unfilled: OnUnfilled = Field(
        OnUnfilled.LIST,
        description="Fields without a value: keep (as they stand), list (and name them), refuse (no document is made).",
    )
    facts: bool = Field(True, description="Take what is left out from the customer's fact sheet; null stays empty.")
    partial: bool = Field(False, description="Make it though required fields are empty or changes undecided.")
    draft: list[str] | Literal["all"] = Field(
        [], description="Keys of empty long texts for a language model to write; a person decides about each."
    )
    provider: str = Field("", max_length=100, description="Language model to ask; empty: the default.")
    pdf: bool = Field(False, description="Make a PDF, too, where LibreOffice is installed.")

    model_config = ConfigDict(extra="forbid")

    @property
    def wishes(self) -> Wishes:
        return Wishes(
            on_unfilled=self.on_unfilled,
            partial=self.partial,
            with_facts=self.facts,
            draft=self.draft,
            provider=self.provider,
            pdf=self.pdf,
        )


class DocumentRequest(Making):
    """Values by field key; keys left out, and null, leave the place as it stands.

    A date is YYYY-MM-DD, a check box true or false, a choice one of its options, a table a list of rows (objects by
    column key, or lists), a picture (PNG, JPEG, GIF) {"base64": "…"} or a data URL. A long text may have paragraphs
    parted by an empty line, **bold**, *italic* and lists ("- ", "1. ", nested by indentation).
    """

    values: dict[str, Any]


class FieldCheckOut(Schema):
    """How one field stands before the document is made."""

    key: str = Field(alias="field.key")
    label: str = Field(alias="field.label")
    required: bool = Field(alias="field.required")
    reason: str = Field(description="Of an empty one that is not required: why the type of document asks for it.")
    standing: Standing = Field(description="filled, to_draft, missing (must be filled and is not) or empty.")
    origin: Origin | None = Field(description="Of a filled one: who gave the value, and out of what.")
    problem: str = Field(description="Why the fact that belongs here does not fit.")


class SectionCheckOut(Schema):
    section: int | None = Field(description="Index into the template's sections; null before the first heading.")
    heading: str
    fields: list[FieldCheckOut]

    @staticmethod
    def resolve_section(check: SectionCheck) -> int | None:
        return check.section.ordinal if check.section else None

    @staticmethod
    def resolve_heading(check: SectionCheck) -> str:
        return str(check.section) if check.section else ""


class PreflightOut(Schema):
    """What a document would be made of, and what is missing, by section. Nothing is written."""

    ready: bool = Field(alias="is_ready", description="Nothing is missing, and no tracked change is undecided.")
    missing: list[str] = Field(description="Keys.")
    undecided_changes: int = Field(alias="undecided.changes", description="Tracked changes in the template's file.")
    comments: int = Field(alias="undecided.comments", description="Comments in the template's file.")
    notes: list[str] = Field(description="What every reader of the document would see, a sentence each.")
    asked_for: list[str] = Field(description="Keys of empty fields that the type of document asks for all the same.")
    sections: list[SectionCheckOut]

    @staticmethod
    def resolve_missing(preflight: Preflight) -> list[str]:
        return [one.key for one in preflight.missing]

    @staticmethod
    def resolve_asked_for(preflight: Preflight) -> list[str]:
        return [one.field.key for section in preflight.sections for one in section.fields if one.reason]


class DraftOut(Schema):
    """A text a language model wrote. It is in no document unless it was accepted."""

    key: str = Field(alias="field_key")
    label: str
    text: str
    sources: list[str] = Field(description="What it rests on, in words; empty: no source.")
    invented: list[str] = Field(description="Sources the model named that do not exist.")
    provider: str
    model: str
    status: DraftStatus
    edited_text: str
    decided_by: PersonOut | None
    decided_at: datetime | None


class DraftDecision(Schema):
    """``edited`` takes the text to use instead."""

    status: str = Field(description="accepted, edited or rejected.")
    text: str = ""

    model_config = ConfigDict(extra="forbid")


class TemplateRef(Schema):
    id: UUID
    name: str


class DocumentOut(Schema):
    """A document without its values. Its file is there once the status is completed."""

    id: UUID
    name: str
    status: JobStatus
    progress: int
    error: JobErrorOut | None
    job_id: UUID | None
    template: TemplateRef
    template_sha256: str = Field(description="Of the Word file it was made from.")
    sha256: str | None = Field(description="Of the finished Word file.")
    size_bytes: int | None
    unfilled: list[str] = Field(description="Keys of the fields left as they stand.")
    pdf_sha256: str | None
    notes: list[str] = Field(description="What a reader must know, one sentence each.")
    failure: str = Field(description="Why this document of a batch could not be made.")
    batch_id: UUID | None
    row: int | None = Field(description="Of the batch's table.")
    round_id: UUID | None = Field(alias="round", description="Of documents asked for at once for several customers.")
    created_by: PersonOut | None
    created_at: datetime
    completed_at: datetime | None

    @staticmethod
    def resolve_progress(document: Document) -> int:
        return document.job.progress if document.job else 0

    @staticmethod
    def resolve_error(document: Document) -> dict[str, Any] | None:
        return error_data(document.job) if document.job else None

    @staticmethod
    def resolve_sha256(document: Document) -> str | None:
        return document.file.blob_id if document.file else None

    @staticmethod
    def resolve_pdf_sha256(document: Document) -> str | None:
        return document.pdf.blob_id if document.pdf else None

    @staticmethod
    def resolve_size_bytes(document: Document) -> int | None:
        return document.file.blob.size_bytes if document.file else None


class DocumentDetail(DocumentOut):
    values: dict[str, Any]
    drafts: list[DraftOut] = Field(description="Texts of a language model that a person decides about.")
    checks: dict[str, Any] = Field(description="findings in the finished file; pages and template_pages, as artifacts.")
    made_with: dict[str, Any] = Field(description="Workflow with its version, prompts with their SHA-256.")
    origins: dict[str, Origin] = Field(description="By field key: who gave the value, and out of what.")
