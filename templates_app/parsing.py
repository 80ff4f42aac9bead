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

from jobs_app import artifacts, steps
from jobs_app.db import run_sync
from jobs_app.models import Artifact
from jobs_app.runs import Run
from jobs_app.workflows import workflow
from templates_app.classification import classify
from templates_app.correction.corrections import Judged
from templates_app.docx import jsonio
from templates_app.docx.model import Field, Parse, Section
from templates_app.losses import summarize_losses
from templates_app.models import Correction, Template, TemplateField, TemplateSection
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
    """A parse as JSON becomes an artifact of the job whose step this is called in."""
    found = json.loads(data)
    call = steps.current_call.get()
    artifact = artifacts.store_bytes(
        data,
        customer_id=customer_id,
        job_id=call.lease.job_id,
        filename="parse.json",
        media_type="application/json",
        entity_type=PARSED_ENTITY,
        entity_id=template_id,
    )
    return ParsedFile(
        artifact_id=artifact.id,
        sha256=artifact.blob_id,
        sections_count=len(found["sections"]),
        fields_count=len(found["fields"]),
    )


def read_parse(artifact: Artifact) -> Parse:
    """The outline and fields as the reading left them."""
    return jsonio.parse_from_json(json.loads(artifacts.read_bytes(artifact)))


def save_parse(template_id: uuid.UUID, parsed: ParsedFile, correcting: Correcting | None = None) -> ParseResult:
    """Replace the template's sections and fields by the ones read; edits of fields at the same places stay."""
    correcting = correcting or Correcting()
    template = Template.objects.select_for_update(no_key=True).get(id=template_id)
    artifact = Artifact.objects.get(id=parsed.artifact_id)
    parse = read_parse(artifact)
    edited = {_places_key(field.places): field for field in template.fields.exclude(edited_at=None)}
    template.fields.all().delete()
    template.sections.all().delete()
    sections = _save_sections(template, parse.outline.sections)
    _save_fields(template, parse.fields, sections, edited)
    template.parsed_file = artifact
    template.parsed_at = timezone.now()
    template.title = parse.outline.title[:500]
    template.language = parse.outline.language[:20]
    template.notes = list(parse.outline.notes)
    template.losses = summarize_losses(parse.outline.losses)
    template.read_by, template.reading_notes = correcting.providers, correcting.notes
    _save_corrections(template, correcting.judged)
    changed = [*classify(template, parse), "read_by", "reading_notes"]
    template.save(update_fields=["parsed_file", "parsed_at", "title", "language", "notes", "losses", *changed])
    refused = Counter(one.refusal.value for one in correcting.judged if one.refusal is not None)
    return ParseResult(
        template_id=template.id,
        sections_count=len(sections),
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
    template: Template, fields: list[Field], sections: list[TemplateSection], edited: Mapping[str, TemplateField]
) -> None:
    rows = [_field_row(template, ordinal, field, sections) for ordinal, field in enumerate(fields)]
    for row in rows:
        if (before := edited.get(_places_key(row.places))) is not None:
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


def _places_key(places: Any) -> str:
    return json.dumps(places, sort_keys=True)
