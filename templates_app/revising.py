"""The job that changes texts of a template: findings become tracked changes of Word, which are accepted or rejected.

Each is a new Word file beside the old one, written in a child process. The fields move with their places.
"""

from __future__ import annotations

import json
import tempfile
import uuid
from pathlib import Path
from typing import Any

from django.utils import timezone
from pydantic import BaseModel

from accounts_app.models import User
from jobs_app import artifacts, steps
from jobs_app.db import run_sync
from jobs_app.models import Artifact
from jobs_app.runs import Run
from jobs_app.workflows import workflow
from templates_app.choices import FindingStatus, TextDecision, VersionKind
from templates_app.docx.model import Parse
from templates_app.docx.moving import Movement
from templates_app.errors import TemplateChanged
from templates_app.models import Finding, Template
from templates_app.parsing import ParsedFile, keep_artifact, parse_bytes, read_parse, read_word_file, replace_reading
from templates_app.versions import Matched, add_version, find_differences, placed_fields
from templates_app.word import run_word_child

REVISE_WORKFLOW = "template.revise"
TEMPLATE_ENTITY = "template"
REJECTED = "Its change of the text was rejected."
_KINDS = {
    TextDecision.PROPOSE: VersionKind.TEXT_PROPOSED,
    TextDecision.ACCEPT: VersionKind.TEXT_ACCEPTED,
    TextDecision.REJECT: VersionKind.TEXT_REJECTED,
}


class Proposal(BaseModel):
    """One finding's text, for a span of the file that the job starts from, and the comment that names its reason."""

    finding_id: uuid.UUID
    part: str
    p: int
    start: int
    end: int
    old: str
    new: str
    comment: str


class ReviseRequest(BaseModel):
    """``decision`` on the findings' texts; for a proposal with the spans, else with the ids of the tracked changes."""

    template_id: uuid.UUID
    file_id: uuid.UUID
    decision: TextDecision
    proposals: list[Proposal] = []
    finding_ids: list[uuid.UUID] = []
    change_ids: list[int] = []
    author: str
    user_id: uuid.UUID | None = None


class RevisedFile(BaseModel):
    """The new Word file, and the ids of the tracked changes by finding."""

    artifact_id: uuid.UUID
    sha256: str
    changes: dict[str, list[int]] = {}


class ReviseResult(BaseModel):
    template_id: uuid.UUID
    version: int
    sha256: str
    findings_count: int


@workflow(REVISE_WORKFLOW, title="Change texts of a template", arguments=ReviseRequest, expected_seconds=3)
async def revise_template(run: Run, request: ReviseRequest) -> ReviseResult:
    await run.progress(10, "Writing the Word file")
    revised = await run.step("write", write_changes, request, run.now().isoformat())
    await run.progress(50, "Reading it again")
    parsed = await run.step("read", read_word_file, revised.artifact_id, request.template_id)
    await run.progress(95, "Saving")
    return await run.options(atomic=True).step("save", save_revision, request, revised, parsed)


async def write_changes(request: ReviseRequest, when: str) -> RevisedFile:
    """In a child process; the file it starts from is read, never written."""
    source, path = await run_sync(_source, request.file_id)
    with tempfile.TemporaryDirectory(prefix="dna-revise-") as folder:
        word_file, out, report = Path(folder, "in.docx"), Path(folder, "out.docx"), Path(folder, "report.json")
        word_file.symlink_to(path)
        changes: dict[str, list[int]] = {}
        if request.decision is TextDecision.PROPOSE:
            wanted = Path(folder, "revisions.json")
            wanted.write_text(json.dumps({"revisions": [_revision(one, request, when) for one in request.proposals]}))
            await run_word_child("revise", word_file, wanted, out, "--report", report)
            changes = {one["id"]: one["changes"] for one in json.loads(report.read_bytes())["written"]}
        else:
            await run_word_child(request.decision.value, word_file, out, "--ids", *map(str, request.change_ids))
        data = out.read_bytes()
    artifact = await run_sync(_keep, data, source, request.template_id)
    return RevisedFile(artifact_id=artifact.id, sha256=artifact.blob_id, changes=changes)


def _source(file_id: uuid.UUID) -> tuple[Artifact, Path]:
    artifact = Artifact.objects.get(id=file_id)
    return artifact, artifacts.verified_path(artifact)


def _revision(one: Proposal, request: ReviseRequest, when: str) -> dict[str, Any]:
    return {
        "id": str(one.finding_id),
        "anchor": {"part": one.part, "p": one.p, "start": one.start, "end": one.end},
        "new_text": one.new,
        "author": request.author,
        "when": when,
        "comment": one.comment,
    }


def _keep(data: bytes, source: Artifact, template_id: uuid.UUID) -> Artifact:
    return artifacts.store_bytes(
        data,
        customer_id=source.customer_id,
        job_id=steps.current_job_id(),
        filename=source.filename,
        media_type=source.media_type,
        entity_type=TEMPLATE_ENTITY,
        entity_id=template_id,
    )


def save_revision(request: ReviseRequest, revised: RevisedFile, parsed: ParsedFile) -> ReviseResult:
    """The template gets the new file, its fields their places in it, the findings what became of them.

    Raises ``TemplateChanged`` when another file took the place of the one that this began with.
    """
    template = Template.objects.select_for_update(no_key=True).get(id=request.template_id)
    if template.file_id != request.file_id or template.parsed_file is None:
        raise TemplateChanged()
    new, old = read_parse(Artifact.objects.get(id=parsed.artifact_id)), read_parse(template.parsed_file)
    moved = Parse(new.outline, placed_fields(Movement(old.outline, new.outline).fields(old.fields), new.outline))
    kept = list(template.fields.all())
    matched = Matched(moved, {one.key: one for one in kept if any(one.key == field.key for field in moved.fields)})
    template.file_id, template.file_sha256 = revised.artifact_id, revised.sha256
    template.save(update_fields=["file", "file_sha256"])
    artifact = keep_artifact(parse_bytes(moved), template.customer_id, template.id)
    replace_reading(template, moved, artifact, matched.before)
    differences = find_differences(matched, kept)
    user = User.objects.filter(id=request.user_id).first() if request.user_id else None
    texts = _settle_findings(request, revised, user)
    version = add_version(template, _KINDS[request.decision], user=user, differences=differences, texts=texts)
    return ReviseResult(
        template_id=template.id, version=version.number, sha256=revised.sha256, findings_count=len(texts)
    )


def _settle_findings(request: ReviseRequest, revised: RevisedFile, user: User | None) -> list[dict[str, Any]]:
    """What each proposed, for the version."""
    ids = [one.finding_id for one in request.proposals] or request.finding_ids
    found = list(Finding.objects.filter(id__in=ids).order_by("ordinal"))
    for one in found:
        one.tracked = revised.changes.get(str(one.id), [])
        if request.decision is TextDecision.REJECT:
            one.status, one.reason = FindingStatus.IGNORED, REJECTED
        else:
            one.status = FindingStatus.APPLIED
        one.decided_by, one.decided_at = user, timezone.now()
        one.save(update_fields=["tracked", "status", "reason", "decided_by", "decided_at"])
    return [
        {"finding": str(one.id), "clause": one.clause, "old": one.fix["old"], "new": one.fix["new"]} for one in found
    ]
