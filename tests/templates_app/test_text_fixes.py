"""Texts that findings propose: written as tracked changes into the template's file, accepted or rejected there."""

from __future__ import annotations

import asyncio
import io
import zipfile

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.core.management import CommandError, call_command
from django.test import Client

from accounts_app.access import Actor
from accounts_app.models import AuditEntry, Customer, User
from jobs_app import artifacts
from jobs_app.choices import JobStatus
from jobs_app.models import Job
from llm_app.scripted.provider import ScriptedProvider
from llm_app.scripted.script import answering
from templates_app.choices import FindingKind, FindingStatus, TextDecision, VersionKind
from templates_app.docx.changes import accept, list_changes, reject
from templates_app.docx.package import Package
from templates_app.docx.read import read_outline
from templates_app.models import Finding, Review, Template
from templates_app.reviews import apply_findings, request_review
from templates_app.revising import REJECTED
from templates_app.templates import replace_file
from templates_app.text_fixes import GONE, TWICE, decide_texts
from tests.conftest import run_jobs_until_idle
from tests.llm_app.conftest import and_close
from tests.templates_app.conftest import read_file
from tests.templates_app.docx.libreoffice import LibreOffice
from tests.templates_app.review_files import audit_procedure
from tests.templates_app.test_api import API, error_of, post_json
from tests.templates_app.test_reviews import answer, said

pytestmark = pytest.mark.django_db(transaction=True)

QUOTE = "Nobody audits their own work."
NEW = "Nobody audits work that they did or are responsible for."
GUIDANCE = "Delete this page before use."


def work() -> None:
    asyncio.run(and_close(run_jobs_until_idle()))


def review(template: Template, actor: Actor) -> Review:
    made = request_review(template.id, actor=actor)
    work()
    return Review.objects.get(id=made.id)


@pytest.fixture
def procedure(actor: Actor, customer: Customer) -> Template:
    return read_file(audit_procedure(lines=(GUIDANCE,)), actor=actor, customer=customer)


@pytest.fixture
def reviewed(procedure: Template, actor: Actor, scripted: ScriptedProvider) -> Review:
    scripted.set_script(answering(answer(said(QUOTE, new_text=NEW))))
    return review(procedure, actor)


def finding_of(one: Review, text: str) -> Finding:
    return next(finding for finding in one.findings.all() if finding.fix.get("old") == text)


def data_of(template: Template) -> bytes:
    return artifacts.read_bytes(Template.objects.select_related("file__blob").get(id=template.id).file)


def texts(data: bytes) -> list[str]:
    return [one.text for one in read_outline(Package(data)).paragraphs]


def fields(template: Template) -> dict[str, tuple[str, str]]:
    return {one.key: (one.label, one.marker) for one in template.fields.all()}


def test_a_models_text_becomes_a_tracked_change_with_a_comment_that_names_the_clause(
    procedure: Template, reviewed: Review, client_of_editor: Client
) -> None:
    before, original = fields(procedure), data_of(procedure)
    finding = finding_of(reviewed, QUOTE)
    applied = post_json(client_of_editor, f"/reviews/{reviewed.id}/apply", {"findings": [str(finding.id)]}).json()
    assert (applied["applied"], applied["proposed"], applied["refused"]) == ([], [str(finding.id)], [])
    assert "is being written" in client_of_editor.get(f"/reviews/{reviewed.id}/").content.decode()
    work()
    assert Job.objects.get(id=applied["job_id"]).status == JobStatus.COMPLETED
    finding.refresh_from_db()
    data = data_of(procedure)
    assert finding.status == FindingStatus.APPLIED and {one.id for one in list_changes(data)} == set(finding.tracked)
    assert {one.author for one in list_changes(data)} == {"Ada Byron"}
    with zipfile.ZipFile(io.BytesIO(data)) as package:
        assert "ISO 9001:2015, clause 9.2.2: It is vague." in package.read("word/comments.xml").decode()
    assert texts(reject(data).data) == texts(original)
    assert texts(accept(data).data) == [one.replace(QUOTE, NEW) for one in texts(original)]
    assert fields(procedure) == before
    version = procedure.versions.first()
    assert version is not None and (version.number, version.kind) == (2, VersionKind.TEXT_PROPOSED)
    assert version.texts == [{"finding": str(finding.id), "clause": "9.2.2", "old": QUOTE, "new": NEW}]


def test_what_a_rule_proposes_needs_no_model(procedure: Template, actor: Actor) -> None:
    done = review(procedure, actor)
    finding = done.findings.get(kind=FindingKind.GUIDANCE_LEFT)
    assert (finding.fix["old"], finding.fix["new"]) == (GUIDANCE, "")
    outcome = apply_findings(done.id, "all", actor=actor)
    assert outcome.proposed == [finding]
    work()
    assert GUIDANCE not in texts(accept(data_of(procedure)).data)


@pytest.mark.parametrize(("decision", "verb"), [(TextDecision.ACCEPT, "accept"), (TextDecision.REJECT, "reject")])
def test_deciding_leaves_exactly_one_of_the_two_texts(
    procedure: Template,
    reviewed: Review,
    actor: Actor,
    client_of_editor: Client,
    client_of_viewer: Client,
    client_of_stranger: Client,
    decision: TextDecision,
    verb: str,
) -> None:
    original, before = texts(data_of(procedure)), fields(procedure)
    proposed = [one.replace(QUOTE, NEW).replace(GUIDANCE, "") for one in original]
    assert len(apply_findings(reviewed.id, "all", actor=actor).proposed) == 2
    work()
    path = f"/reviews/{reviewed.id}/{verb}"
    assert post_json(client_of_viewer, path, {"findings": "all"}).status_code == 403
    assert post_json(client_of_stranger, path, {"findings": "all"}).status_code == 404
    assert post_json(client_of_editor, path, {"findings": "some"}).status_code == 422
    assert post_json(client_of_editor, path, {"findings": "all"}).status_code == 202
    assert error_of(post_json(client_of_editor, path, {"findings": "all"}))["code"] == "template_busy"
    job_id = Template.objects.get(id=procedure.id).parse_job_id
    busy = client_of_editor.post(f"{API}/templates/{procedure.id}/parse")
    assert (busy.status_code, error_of(busy)["code"]) == (409, "template_busy")
    shown = client_of_editor.post(f"/templates/{procedure.id}/parse/", follow=True).content.decode()
    assert "is being read or changed" in shown and Template.objects.get(id=procedure.id).parse_job_id == job_id
    work()
    data = data_of(procedure)
    assert texts(data) == (proposed if decision is TextDecision.ACCEPT else original)
    assert list_changes(data) == [] and fields(procedure) == before
    assert error_of(post_json(client_of_editor, path, {"findings": "all"}))["code"] == "nothing_to_decide"
    decided = list(reviewed.findings.exclude(fix={}))
    assert all(one.tracked == [] for one in decided)
    if decision is TextDecision.REJECT:
        assert {(one.status, one.reason) for one in decided} == {(FindingStatus.IGNORED, REJECTED)}
    assert AuditEntry.objects.filter(action=f"finding.text_{verb}ed").count() == 2


def test_all_of_it_by_commands(procedure: Template, reviewed: Review, editor: User, viewer: User) -> None:
    told = io.StringIO()

    def command(*arguments: str, by: User = editor) -> None:
        call_command("apply_findings", "--review", str(reviewed.id), "--as", by.email, *arguments, stdout=told)

    first, second = finding_of(reviewed, QUOTE), finding_of(reviewed, GUIDANCE)
    command("--finding", str(second.id), "--ignore", "We keep it.")
    command("--all")
    assert "1 finding ignored." in told.getvalue() and "1 proposed as tracked changes." in told.getvalue()
    assert len(list_changes(data_of(procedure))) > 0
    command("--all", "--accept")
    assert list_changes(data_of(procedure)) == [] and NEW in " ".join(texts(data_of(procedure)))
    first.refresh_from_db()
    assert first.decided_by == editor
    assert AuditEntry.objects.get(action="finding.text_accepted").actor_id == editor.id
    for arguments, by, wrong in (
        (("--all",), viewer, "role"),
        (("--all", "--reject"), editor, "has tracked changes"),
        (("--all", "--ignore", "x"), editor, "Name the findings"),
        (("--finding", str(procedure.id)), editor, "no such finding"),
    ):
        with pytest.raises(CommandError, match=f"(?i){wrong}"):
            command(*arguments, by=by)


def test_libreoffice_reads_the_same_two_texts(
    procedure: Template, reviewed: Review, actor: Actor, tmp_path_factory: pytest.TempPathFactory
) -> None:
    original = [one for one in texts(data_of(procedure)) if one]
    apply_findings(reviewed.id, "all", actor=actor)
    work()
    office = LibreOffice(tmp_path_factory.mktemp("office"))
    data = data_of(procedure)
    rejected, accepted = (office.decide(data, verb) for verb in ("Reject", "Accept"))
    assert [one for one in texts(rejected) if one] == original
    assert [one for one in texts(accepted) if one] == [
        one.replace(QUOTE, NEW) for one in original if one != GUIDANCE
    ]


def test_one_of_two_is_accepted_and_the_other_waits(procedure: Template, reviewed: Review, actor: Actor) -> None:
    apply_findings(reviewed.id, "all", actor=actor)
    work()
    decide_texts(reviewed.id, [finding_of(reviewed, QUOTE).id], TextDecision.ACCEPT, actor=actor)
    work()
    data = data_of(procedure)
    assert {one.text for one in list_changes(data)} == {GUIDANCE} and NEW in " ".join(texts(data))
    assert finding_of(reviewed, GUIDANCE).tracked


def test_a_text_that_is_gone_or_taken_is_refused(procedure: Template, reviewed: Review, actor: Actor) -> None:
    twin = finding_of(reviewed, QUOTE)
    finding = finding_of(reviewed, GUIDANCE)
    Finding.objects.filter(id=twin.id).update(fix=finding.fix | {"new": "Somebody else."})
    outcome = apply_findings(reviewed.id, [finding.id, twin.id], actor=actor)
    assert outcome.refused == {twin.id: TWICE} and [one.id for one in outcome.proposed] == [finding.id]
    work()
    Finding.objects.filter(id=twin.id).update(fix=finding.fix | {"old": "Never there.", "new": "x"})
    assert apply_findings(reviewed.id, [twin.id], actor=actor).refused == {twin.id: GONE}


def test_what_was_decided_in_word_comes_back_as_a_changed_file(
    procedure: Template, reviewed: Review, actor: Actor
) -> None:
    apply_findings(reviewed.id, "all", actor=actor)
    work()
    in_word = SimpleUploadedFile("procedure.docx", accept(data_of(procedure)).data)
    replace_file(procedure.id, actor=actor, file=in_word)
    work()
    assert not Finding.objects.exclude(tracked=[]).exists()
    version = procedure.versions.first()
    assert version is not None and (version.kind, version.differences) == (VersionKind.REPLACED, [])


@pytest.mark.parametrize("new_text", ["a\x07b", "n" * 2_001, QUOTE])
def test_a_text_that_cannot_be_is_refused_and_the_finding_stands(
    procedure: Template, actor: Actor, scripted: ScriptedProvider, new_text: str
) -> None:
    scripted.set_script(answering(answer(said(QUOTE, new_text=new_text))))
    done = review(procedure, actor)
    assert done.refused == {"bad_text": 1}
    assert [one.fix for one in done.findings.all() if one.quote == QUOTE] == [{}]

