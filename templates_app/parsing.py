"""A Word file becomes sections and fields: read by rules in a child process, saved in one step.

The job that does so is in ``reading``; its first version, by rules alone, stays here until its last job is drained.
"""

from __future__ import annotations

import json
import tempfile
import uuid
from collections import Counter
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from django.utils import timezone
from pydantic import BaseModel

from accounts_app.models import User
from jobs_app import artifacts, steps
from jobs_app.db import run_sync
from jobs_app.models import Artifact, Job
from jobs_app.runs import Run
from jobs_app.workflows import workflow
from templates_app.choices import VersionKind
from templates_app.classification import classify
from templates_app.correction.corrections import Judged
from templates_app.docx import jsonio
from templates_app.docx.model import Field, Parse, Section
from templates_app.losses import summarize_losses
from templates_app.models import Correction, Finding, Template, TemplateField, TemplateSection
from templates_app.versions import Matched, add_version, find_differences, match_fields
from templates_app.word import run_word_child

PARSE_WORKFLOW = "template.parse"
PARSED_ENTITY = "template_parse"


class ParseRequest(BaseModel):
    template_id: uuid.UUID
    file_id: uuid.UUID
    file_sha256: str
    size_bytes: int = 0


class ParsedFile(BaseModel):
    """Where the parse lies, and what it counted."""

    artifact_id: uuid.UUID
    sha256: str
    sections_count: int
    fields_count: int


class Correcting(BaseModel):
    """What a language model did to the reading: who it was, what became of each correction, what a reader must know."""

    providers: list[str] = []
    notes: list[str] = []
    judged: list[Judged] = []


class ParseResult(BaseModel):
    """What is there now; corrections of a language model made, and refused, those counted by reason."""

    template_id: uuid.UUID
    sections_count: int
    fields_count: int
    places_count: int
    providers: list[str] = []
    corrections_count: int = 0
    refused: dict[str, int] = {}
    notes: list[str] = []


@workflow(PARSE_WORKFLOW, title="Read a template", arguments=ParseRequest, expected_seconds=2)
async def parse_template(run: Run, request: ParseRequest) -> ParseResult:
    await run.progress(5, "Loading document")
    parsed = await run.step("read", read_word_file, request.file_id, request.template_id)
    await run.progress(90, "Saving sections and fields", done=parsed.fields_count, total=parsed.fields_count)
    return await run.options(atomic=True).step("save", save_parse, request.template_id, parsed)


async def read_word_file(file_id: uuid.UUID, template_id: uuid.UUID) -> ParsedFile:
    """Parse in a child process and keep what it found as an artifact."""
    source, path = await run_sync(_source, file_id)
    with tempfile.TemporaryDirectory(prefix="dna-parse-") as folder:
        word_file = Path(folder, "template.docx")
        word_file.symlink_to(path)
        await run_word_child("parse", word_file, "--json", folder, "--progress")
        data = Path(folder, "template.json").read_bytes()
    return await run_sync(keep_parse, data, source.customer_id, template_id)


def _source(file_id: uuid.UUID) -> tuple[Artifact, Path]:
    artifact = Artifact.objects.get(id=file_id)
    return artifact, artifacts.verified_path(artifact)


def keep_parse(data: bytes, customer_id: uuid.UUID, template_id: uuid.UUID) -> ParsedFile:
    """A parse as JSON becomes an artifact, and is counted."""
    found = json.loads(data)
    artifact = keep_artifact(data, customer_id, template_id)
    return ParsedFile(
        artifact_id=artifact.id,
        sha256=artifact.blob_id,
        sections_count=len(found["sections"]),
        fields_count=len(found["fields"]),
    )


def keep_artifact(data: bytes, customer_id: uuid.UUID, template_id: uuid.UUID) -> Artifact:
    """Of the job whose step this is called in."""
    return artifacts.store_bytes(
        data,
        customer_id=customer_id,
        job_id=steps.current_job_id(),
        filename="parse.json",
        media_type="application/json",
        entity_type=PARSED_ENTITY,
        entity_id=template_id,
    )


def parse_bytes(parse: Parse) -> bytes:
    return json.dumps(jsonio.parse_to_json(parse), ensure_ascii=False).encode()


def read_parse(artifact: Artifact) -> Parse:
    """The outline and fields as the reading left them."""
    return jsonio.parse_from_json(json.loads(artifacts.read_bytes(artifact)))


def save_parse(
    template_id: uuid.UUID,
    parsed: ParsedFile,
    correcting: Correcting | None = None,
    file_id: uuid.UUID | None = None,
) -> ParseResult:
    """Replace the template's sections and fields by the ones read. Fields that are the same keep key and edits.

    With the file that was read, if it is not the template's yet, it becomes that, as a new version; so does a reading
    of the same file that finds other fields than the one before.
    """
    correcting = correcting or Correcting()
    template = Template.objects.select_for_update(no_key=True).get(id=template_id)
    artifact = Artifact.objects.get(id=parsed.artifact_id)
    read, kept = read_parse(artifact), list(template.fields.all())
    matched = _matched(template, read, kept)
    _save_corrections(template, correcting.judged)
    differences = find_differences(matched, kept)
    if file_id is not None and file_id != template.file_id:
        _take_file(template, file_id, differences)
    elif template.parsed_file is not None and differences:
        add_version(template, VersionKind.READ_AGAIN, user=_asked_by(), differences=differences)
    if [one.key for one in matched.parse.fields] != [one.key for one in read.fields]:
        artifact = keep_artifact(parse_bytes(matched.parse), template.customer_id, template.id)
    replace_reading(template, matched.parse, artifact, matched.before)
    template.read_by, template.reading_notes = correcting.providers, correcting.notes
    template.parsed_at = timezone.now()
    changed = classify(template, matched.parse)
    template.save(update_fields=["file", "file_sha256", "read_by", "reading_notes", "parsed_at", *changed])
    return _result(template, matched.parse, correcting)


def _matched(template: Template, read: Parse, kept: list[TemplateField]) -> Matched:
    if template.parsed_file is None:
        return Matched(read, {})
    return match_fields(read, read_parse(template.parsed_file), kept)


def _take_file(template: Template, file_id: uuid.UUID, differences: list[dict[str, Any]]) -> None:
    """Tracked changes of the old file were decided in Word."""
    artifact = Artifact.objects.get(id=file_id)
    template.file, template.file_sha256 = artifact, artifact.blob_id
    Finding.objects.filter(review__template=template).exclude(tracked=[]).update(tracked=[])
    add_version(template, VersionKind.REPLACED, user=_asked_by(), differences=differences)


def _asked_by() -> User | None:
    """Whoever asked for the job made the version that it makes."""
    return Job.objects.select_related("created_by").get(id=steps.current_job_id()).created_by


def replace_reading(
    template: Template, parse: Parse, artifact: Artifact, before: Mapping[str, TemplateField]
) -> None:
    """Sections, fields and what the outline says of the file; ``before``: fields whose edits stay, by key."""
    template.fields.all().delete()
    template.sections.all().delete()
    sections = _save_sections(template, parse.outline.sections)
    _save_fields(template, parse.fields, sections, before)
    template.parsed_file = artifact
    template.title = parse.outline.title[:500]
    template.language = parse.outline.language[:20]
    template.notes = list(parse.outline.notes)
    template.losses = summarize_losses(parse.outline.losses)
    template.save(update_fields=["parsed_file", "title", "language", "notes", "losses"])


def _result(template: Template, parse: Parse, correcting: Correcting) -> ParseResult:
    refused = Counter(one.refusal.value for one in correcting.judged if one.refusal is not None)
    return ParseResult(
        template_id=template.id,
        sections_count=len(parse.outline.sections),
        fields_count=len(parse.fields),
        places_count=sum(len(field.anchors) for field in parse.fields),
        providers=correcting.providers,
        corrections_count=len(correcting.judged) - refused.total(),
        refused=dict(refused),
        notes=correcting.notes,
    )


def _save_corrections(template: Template, judged: list[Judged]) -> None:
    """Of this reading alone: those of an earlier one speak of fields that are gone."""
    template.corrections.all().delete()
    Correction.objects.bulk_create(
        Correction(
            customer_id=template.customer_id,
            template=template,
            ordinal=ordinal,
            act=one.act,
            field_keys=one.field_keys,
            said=one.said,
            quote=one.quote,
            why=one.why,
            provider=one.provider,
            model=one.model,
            refusal=one.refusal or "",
            was_asked=one.was_asked,
        )
        for ordinal, one in enumerate(judged)
    )


def _save_sections(template: Template, sections: list[Section]) -> list[TemplateSection]:
    return TemplateSection.objects.bulk_create(
        TemplateSection(
            customer_id=template.customer_id,
            template=template,
            ordinal=ordinal,
            part=section.part,
            p=section.p,
            level=section.level,
            number=section.number[:60],
            heading=section.heading,
        )
        for ordinal, section in enumerate(sections)
    )


def _save_fields(
    template: Template, fields: list[Field], sections: list[TemplateSection], kept: Mapping[str, TemplateField]
) -> None:
    rows = [_field_row(template, ordinal, field, sections) for ordinal, field in enumerate(fields)]
    for row in rows:
        if (before := kept.get(row.key)) is not None and before.edited_at is not None:
            for name in (*EDITABLE, "edited_at", "edited_by_id"):
                setattr(row, name, getattr(before, name))
    TemplateField.objects.bulk_create(rows, batch_size=500)


EDITABLE = ("label", "type", "required", "options", "hint")
"""What a person may change of a field; its key and places are what documents and programs rely on."""


def _field_row(template: Template, ordinal: int, field: Field, sections: list[TemplateSection]) -> TemplateField:
    data = jsonio.fields_to_json([field])[0]
    return TemplateField(
        customer_id=template.customer_id,
        template=template,
        ordinal=ordinal,
        section=sections[field.section] if field.section is not None else None,
        key=field.key[:200],
        label=field.label[:500],
        type=field.type.value,
        required=field.required,
        options=list(field.options),
        hint=field.hint,
        confidence=field.confidence,
        places=data["anchors"],
        marker=field.marker,
        detector=field.detector[:60],
        columns=data["columns"],
        date_format=field.date_format[:60],
        parsed={name: data[name] for name in EDITABLE},
    )

