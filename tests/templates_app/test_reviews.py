"""Reviews through the worker and the API: by rules alone, with the scripted provider, and with one that means harm."""

from __future__ import annotations

import asyncio
import io
import random
import re
import time
from collections.abc import Callable
from typing import Any
from uuid import uuid4

import docx
import pytest
from django.db import connection, transaction
from django.db.models.functions import Now
from django.test import Client
from django.test.utils import CaptureQueriesContext
from pytest_django import DjangoAssertNumQueries

from accounts_app.access import Actor, actor_for
from accounts_app.errors import NotAllowed
from accounts_app.models import AuditEntry, Customer, User
from jobs_app.choices import JobStatus
from jobs_app.erasing import erase_customer
from jobs_app.models import Event
from llm_app import lite
from llm_app.models import LedgerEntry, Provider
from llm_app.scripted.provider import ScriptedProvider
from llm_app.scripted.script import Answer, Rule, Script, Stop, answering
from templates_app.choices import FindingKind, FindingSource, FindingStatus
from templates_app.fields import edit_field
from templates_app.models import Finding, Review, Template
from templates_app.parsing import ParsedFile, save_parse
from templates_app.review.answers import Refusal
from templates_app.reviews import apply_findings, ignore_findings, request_review
from templates_app.templates import archive_template, change_template
from tests.conftest import run_jobs_until_idle
from tests.llm_app.conftest import and_close
from tests.templates_app.conftest import read_file
from tests.templates_app.review_files import ORDERS, SECTIONS, audit_procedure
from tests.templates_app.test_api import API, error_of, post_json

pytestmark = pytest.mark.django_db(transaction=True)


def work() -> None:
    asyncio.run(and_close(run_jobs_until_idle()))


def review(template: Template, actor: Actor, **wanted: Any) -> Review:
    """A finished review."""
    made = request_review(template.id, actor=actor, **wanted)
    work()
    done = Review.objects.select_related("job", "template").get(id=made.id)
    assert done.status == JobStatus.COMPLETED, done.job and done.job.error_message
    return done


@pytest.fixture
def flawed(actor: Actor, customer: Customer) -> Template:
    """Without two sections, and with guidance left in."""
    data = audit_procedure(without=("Follow-up", "Reporting"), lines=("Delete this page before use.",))
    template = read_file(data, actor=actor, customer=customer)
    edit_field(template.id, "effective_date", {"type": "text"}, actor=actor)
    return template


# --- type and standards ---------------------------------------------------------------------------------------------


def test_type_and_standards_are_recognised_and_what_a_hand_set_stays(procedure: Template, actor: Actor) -> None:
    assert (procedure.document_type, procedure.standards) == ("internal-audit-procedure", ["iso-9001-2015"])
    assert procedure.recognition["type_score"] > 0.5 and not procedure.document_type_by_hand
    change_template(procedure.id, actor=actor, document_type="audit-checklist", standards=[])
    assert procedure.parsed_file is not None
    parsed = ParsedFile(artifact_id=procedure.parsed_file.id, sha256="", sections_count=0, fields_count=0)
    with transaction.atomic():
        save_parse(procedure.id, parsed)
    procedure.refresh_from_db()
    assert (procedure.document_type, procedure.standards) == ("audit-checklist", [])
    entries = AuditEntry.objects.filter(action="template.classified")
    change_template(procedure.id, actor=actor, document_type="audit-checklist")
    assert entries.count() == 1


def test_the_standard_named_at_upload_counts_as_set_by_hand(template: Template) -> None:
    assert (template.standards, template.standards_by_hand) == (["iso-9001-2015"], True)


def test_the_type_is_set_through_the_api(
    procedure: Template, client_of_editor: Client, client_of_viewer: Client, client_of_stranger: Client
) -> None:
    path = f"{API}/templates/{procedure.id}"

    def patch(client: Client, **changes: Any) -> Any:
        return client.patch(path, changes, content_type="application/json")

    changed = patch(client_of_editor, document_type="backup-policy", standards=["iso-27001-2022"])
    assert changed.status_code == 200
    assert (changed.json()["document_type"], changed.json()["document_type_by_hand"]) == ("backup-policy", True)
    assert patch(client_of_editor).json()["standards"] == ["iso-27001-2022"]
    assert error_of(patch(client_of_editor, document_type="poem"))["details"]["field"] == "document_type"
    assert patch(client_of_editor, standards=["iso-1"]).status_code == 422
    assert patch(client_of_editor, title="x").status_code == 422
    assert patch(client_of_viewer, document_type="").status_code == 403
    assert patch(client_of_stranger, document_type="").status_code == 404


# --- by rules alone -------------------------------------------------------------------------------------------------


def test_ten_reviews_without_a_provider_are_one_score(flawed: Template, actor: Actor) -> None:
    reviews = [review(flawed, actor) for _ in range(10)]
    scores = {(one.overall, one.completeness, one.compliance, one.soundness) for one in reviews}
    assert len(scores) == 1 and None not in scores.pop()
    assert "No language model can be used, so this review is by rules alone." in reviews[0].notes
    found = {(one.kind, one.name or one.quote) for one in reviews[0].findings.all()}
    assert found == {
        (FindingKind.MISSING_SECTION, "Follow-up"),
        (FindingKind.MISSING_SECTION, "Reporting"),
        (FindingKind.WRONG_TYPE, "Effective date"),
        (FindingKind.GUIDANCE_LEFT, "Delete this page before use."),
    }
    assert {one.source for one in Finding.objects.all()} == {FindingSource.RULE}


def test_a_review_over_the_api(flawed: Template, client_of_editor: Client, client_of_viewer: Client) -> None:
    accepted = post_json(client_of_editor, f"/templates/{flawed.id}/review", {"mode": "quick"})
    assert accepted.status_code == 202
    path = f"{API}/reviews/{accepted.json()['review_id']}"
    assert client_of_viewer.get(path).json()["overall"] is None
    work()
    job = client_of_viewer.get(accepted.json()["status_url"]).json()
    assert job["result"]["findings_count"] == 4 and job["result"]["refused"] == {}
    shown = client_of_viewer.get(path).json()
    assert (shown["mode"], shown["status"], shown["asked_providers"]) == ("quick", "completed", [])
    assert shown["overall"] == job["result"]["overall"] and 0 < shown["completeness"] < 100
    (suggestion,) = shown["suggestions"]
    assert suggestion["field"] == "effective_date" and "date" in suggestion["suggestion"]
    assert (shown["missing_fields"], shown["compliance_issues"]) == ([], [])
    listed = client_of_viewer.get(f"{API}/templates/{flawed.id}/reviews").json()
    assert (listed["count"], listed["items"][0]["id"]) == (1, shown["id"])


def test_who_may_not_and_what_cannot_be_reviewed(
    flawed: Template,
    uploaded: Template,
    client_of_editor: Client,
    client_of_viewer: Client,
    client_of_stranger: Client,
    manager_actor: Actor,
) -> None:
    path = f"/templates/{flawed.id}/review"
    assert post_json(client_of_viewer, path, {}).status_code == 403
    assert post_json(client_of_stranger, path, {}).status_code == 404
    assert client_of_stranger.get(f"{API}/templates/{flawed.id}/reviews").status_code == 404
    assert post_json(client_of_editor, path, {"mode": "slow"}).status_code == 422
    assert error_of(post_json(client_of_editor, path, {"reviewer_llm": "hal"}))["code"] == "unknown_provider"
    assert error_of(post_json(client_of_editor, f"/templates/{uploaded.id}/review", {}))["code"] == "template_not_ready"
    archive_template(flawed.id, actor=manager_actor)
    assert error_of(post_json(client_of_editor, path, {}))["code"] == "template_archived"
    assert Review.objects.count() == 0


def test_a_provider_that_is_named_and_cannot_be_used_is_refused(flawed: Template, client_of_editor: Client) -> None:
    Provider.objects.filter(name="local").update(enabled=False)
    refused = post_json(client_of_editor, f"/templates/{flawed.id}/review", {"provider": "local"})
    assert refused.status_code in (422, 503) and Review.objects.count() == 0


def test_asking_twice_makes_one_review(flawed: Template, client_of_editor: Client) -> None:
    path, headers = f"/templates/{flawed.id}/review", {"Idempotency-Key": "a"}
    first = post_json(client_of_editor, path, {}, **headers).json()
    assert post_json(client_of_editor, path, {}).json()["review_id"] == first["review_id"]
    work()
    assert post_json(client_of_editor, path, {}, **headers).json()["review_id"] == first["review_id"]
    assert post_json(client_of_editor, path, {"mode": "quick"}, **headers).status_code == 409
    assert post_json(client_of_editor, path, {}).json()["review_id"] != first["review_id"]
    Template.objects.update(archived_at=Now())
    assert post_json(client_of_editor, path, {}, **headers).json()["review_id"] == first["review_id"]
    assert post_json(client_of_editor, path, {}).status_code == 409


def test_a_list_of_reviews_takes_the_same_queries_however_long(
    flawed: Template, actor: Actor, client_of_viewer: Client, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    review(flawed, actor)
    path = f"{API}/templates/{flawed.id}/reviews"
    with CaptureQueriesContext(connection) as few:
        client_of_viewer.get(path)
    review(flawed, actor)
    with django_assert_num_queries(len(few)):
        assert client_of_viewer.get(path).json()["count"] == 2


# --- deciding -------------------------------------------------------------------------------------------------------


def test_a_finding_is_applied_at_once_and_safely_twice(
    flawed: Template, actor: Actor, client_of_editor: Client, client_of_viewer: Client, client_of_stranger: Client
) -> None:
    done = review(flawed, actor)
    finding = done.findings.get(kind=FindingKind.WRONG_TYPE)
    path = f"/reviews/{done.id}/apply"
    assert post_json(client_of_viewer, path, {"findings": "all"}).status_code == 403
    assert post_json(client_of_stranger, path, {"findings": "all"}).status_code == 404
    assert flawed.fields.get(key="effective_date").type == "text"
    for _ in range(2):
        applied = post_json(client_of_editor, path, {"findings": [str(finding.id)]})
        assert applied.json() == {
            "applied": [str(finding.id)], "proposed": [], "job_id": None, "refused": [],
        }
    assert flawed.fields.get(key="effective_date").type == "date"
    assert post_json(client_of_editor, path, {"findings": "all"}).json()["applied"] == []
    finding.refresh_from_db()
    assert (finding.status, finding.decided_by) == (FindingStatus.APPLIED, actor.user)
    changed = AuditEntry.objects.filter(action="field.edited", data__after__type="date")
    assert changed.count() == 1
    again = review(flawed, actor)
    assert not again.findings.filter(kind=FindingKind.WRONG_TYPE).exists()
    assert again.soundness is not None and done.soundness is not None and again.soundness > done.soundness


def test_what_cannot_be_applied_is_refused(flawed: Template, actor: Actor, client_of_editor: Client) -> None:
    done = review(flawed, actor)
    path = f"/reviews/{done.id}/apply"
    section = done.findings.filter(kind=FindingKind.MISSING_SECTION)[0]
    refused = error_of(post_json(client_of_editor, path, {"findings": [str(section.id)]}))
    assert refused["code"] == "nothing_to_apply" and refused["details"]["finding"] == str(section.id)
    assert post_json(client_of_editor, path, {"findings": [str(uuid4())]}).status_code == 404
    assert post_json(client_of_editor, path, {"findings": "some"}).status_code == 422
    flawed.fields.filter(key="effective_date").delete()
    gone = post_json(client_of_editor, path, {"findings": "all"}).json()
    assert gone["applied"] == [] and "no field" in gone["refused"][0]["message"]


def test_a_review_under_way_has_nothing_to_decide(flawed: Template, actor: Actor, client_of_editor: Client) -> None:
    made = request_review(flawed.id, actor=actor)
    refused = post_json(client_of_editor, f"/reviews/{made.id}/apply", {"findings": "all"})
    assert error_of(refused)["code"] == "review_not_ready"


def test_ignoring_takes_a_reason(flawed: Template, actor: Actor, viewer: User, client_of_editor: Client) -> None:
    done = review(flawed, actor)
    finding, other = done.findings.filter(kind=FindingKind.MISSING_SECTION)
    path = f"/reviews/{done.id}/ignore"
    assert post_json(client_of_editor, path, {"findings": [str(finding.id)], "reason": " "}).status_code == 422
    for _ in range(2):
        (shown,) = post_json(client_of_editor, path, {"findings": [str(finding.id)], "reason": "In the manual."}).json()
    assert (shown["status"], shown["reason"], shown["decided_by"]["name"]) == ("ignored", "In the manual.", "Ada Byron")
    assert AuditEntry.objects.filter(action="finding.ignored").count() == 1
    with pytest.raises(NotAllowed):
        ignore_findings(done.id, [other.id], "no", actor=actor_for(viewer))
    applied = done.findings.get(kind=FindingKind.WRONG_TYPE)
    apply_findings(done.id, [applied.id], actor=actor)
    refused = post_json(client_of_editor, path, {"findings": [str(applied.id), str(other.id)], "reason": "Late."})
    assert error_of(refused)["code"] == "finding_decided"
    other.refresh_from_db()
    assert other.status == FindingStatus.OPEN


def test_reviews_go_with_their_customer(flawed: Template, actor: Actor, customer: Customer) -> None:
    review(flawed, actor)
    erase_customer(customer.id, actor=None)
    assert (Review.objects.count(), Finding.objects.count()) == (0, 0)


# --- with a model ---------------------------------------------------------------------------------------------------


@pytest.fixture
def scripted(scripted: ScriptedProvider) -> ScriptedProvider:
    """With LiteLLM loaded, which on a busy machine takes longer than a job may take here."""
    lite.litellm()
    return scripted


def said(quote: str, clause: str = "9.2.2", severity: str = "medium", **more: Any) -> dict[str, Any]:
    about = {"standard": "iso-9001-2015", "clause": clause, "quote": quote, "severity": severity}
    return {**about, "problem": "It is vague.", "fix": "Say when.", **more}


QUOTES = [
    "Audits are planned at set intervals for a year",
    "Nobody audits their own work.",
    "Corrections are made and checked without undue delay.",
    "The audit report goes to the manager of the process within ten days.",
    "The audit programme and reports are kept for five years.",
]


def answer(*findings: dict[str, Any]) -> Answer:
    return Answer(data={"findings": list(findings)})


@pytest.mark.parametrize("provider", ["claude", "openai", "gemini"])
def test_a_models_findings_arrive_with_their_evidence(
    procedure: Template, actor: Actor, scripted: ScriptedProvider, provider: str
) -> None:
    proposal: dict[str, Any] = {"field": "owner", "change": {"hint": "The quality manager"}}
    scripted.set_script(answering(answer(said(QUOTES[0]), said(QUOTES[1], severity="high", **proposal))))
    done = review(procedure, actor, provider=provider)
    assert (done.asked_providers, done.refused, done.notes) == ([provider], {}, [])
    first, second = done.findings.filter(source=FindingSource.MODEL)
    assert {first.quote, second.quote} == set(QUOTES[:2])
    hinted = first if first.change else second
    assert (hinted.field_key, hinted.change, hinted.section) == (
        "owner", {"hint": "The quality manager"}, "Auditor competence and impartiality",
    )
    assert hinted.place is not None and hinted.clause == "9.2.2" and done.compliance == 79
    assert done.job is not None and done.job.cost_usd > 0
    apply_findings(done.id, "all", actor=actor)
    assert procedure.fields.get(key="owner").hint == "The quality manager"


def test_another_provider_than_the_parsers_is_asked(
    procedure: Template, actor: Actor, scripted: ScriptedProvider
) -> None:
    scripted.set_script(answering(answer()))
    assert review(procedure, actor).asked_providers == ["openai"]
    Template.objects.filter(id=procedure.id).update(provider="openai")
    assert review(procedure, actor).asked_providers == ["claude"]
    Provider.objects.exclude(name="openai").update(enabled=False)
    assert review(procedure, actor).asked_providers == ["openai"]


def test_kept_answers_cost_nothing_a_second_time(
    procedure: Template, actor: Actor, scripted: ScriptedProvider, settings: Any
) -> None:
    settings.KEEP_ANSWERS_HOURS = 1
    scripted.set_script(answering(answer(said(QUOTES[0]))))
    first, second = review(procedure, actor), review(procedure, actor)
    assert first.job is not None and second.job is not None and first.job.cost_usd > 0 == second.job.cost_usd
    assert [one.sentence for one in first.findings.all()] == [one.sentence for one in second.findings.all()]
    assert len(scripted.calls) == LedgerEntry.objects.filter(cache="hit").count() > 0


def test_parts_are_asked_at_once_and_quick_asks_once(
    actor: Actor, customer: Customer, scripted: ScriptedProvider
) -> None:
    long = tuple(f"Step {number}: the auditor looks at the evidence. " * 60 for number in range(8))
    template = read_file(audit_procedure(lines=long), actor=actor, customer=customer)
    scripted.set_script(answering(Answer(data={"findings": []}, delay_seconds=1)))
    started = time.monotonic()
    review(template, actor)
    calls = len(scripted.calls)
    assert calls >= 4
    begun = sorted(call.connected_at for call in scripted.calls)
    assert begun[-1] - begun[0] < calls - 1 and time.monotonic() - started < 30
    done = review(template, actor, mode="quick")
    assert len(scripted.calls) == calls + 1 and "saw a part of it" in done.notes[0]


def test_a_part_that_touches_no_clause_costs_nothing(
    actor: Actor, customer: Customer, scripted: ScriptedProvider
) -> None:
    document, made = docx.Document(), io.BytesIO()
    document.add_heading("Cake", 1)
    document.add_paragraph("Butter and sugar: ________________")
    document.save(made)
    template = read_file(made.getvalue(), actor=actor, customer=customer)
    change_template(template.id, actor=actor, standards=["iso-9001-2015"])
    scripted.set_script(answering(answer()))
    done = review(template, actor)
    assert scripted.calls == [] and done.asked_providers == []
    assert any("touches no clause" in note for note in done.notes)


def perturbed(findings: list[dict[str, Any]], seed: int) -> Answer:
    """The same, reworded, reordered, some twice, some in halves, all of them up to one severity off."""
    chance = random.Random(seed)
    scale, told = ["low", "medium", "high"], []
    for one in findings:
        quote = one["quote"]
        halves = [quote[: len(quote) // 2], quote[len(quote) // 2 :]] if chance.random() < 0.4 else [quote]
        for part in halves * chance.choice([1, 1, 2]):
            step = scale.index(one["severity"]) + chance.choice([-1, 0, 1])
            severity = scale[min(2, max(0, step))]
            wording = " ".join(chance.sample(["unclear", "vague", "open", "loose", "incomplete"], 3))
            told.append({**one, "quote": part, "severity": severity, "problem": f"It is {wording}."})
    chance.shuffle(told)
    return answer(*told)


def test_ten_perturbed_answers_move_no_score_by_more_than_two_points(
    procedure: Template, actor: Actor, scripted: ScriptedProvider
) -> None:
    clauses = ["9.2.1", "9.2.2", "7.2", "10.2.1", "7.5.3.2"]
    findings = [said(quote, clause) for quote, clause in zip(QUOTES, clauses, strict=True)]
    reviews = []
    for seed in range(10):
        scripted.set_script(answering(perturbed(findings, seed)))
        reviews.append(review(procedure, actor))
    assert {one.findings.filter(source=FindingSource.MODEL).count() for one in reviews} == {len(findings)}
    for name in ("overall", "completeness", "compliance", "soundness"):
        scores = [getattr(one, name) for one in reviews]
        assert max(scores) - min(scores) <= 2, (name, scores)
    assert all(one.compliance is not None and one.compliance < 80 for one in reviews)


@pytest.mark.parametrize(
    ("finding", "reason"),
    [
        (said("Audits are planned by the moon and the stars."), Refusal.QUOTE_NOT_FOUND),
        (said("Nobody"), Refusal.QUOTE_TOO_SHORT),
        (said(QUOTES[0], clause="99.1"), Refusal.NO_SUCH_CLAUSE),
        (said(QUOTES[0], standard="iso-14001-2015"), Refusal.NO_SUCH_CLAUSE),
        (said(QUOTES[0], severity="catastrophic"), Refusal.UNKNOWN_SEVERITY),
        (said(QUOTES[0], problem=" "), Refusal.NOTHING_SAID),
    ],
)
def test_what_cannot_be_shown_is_refused_with_the_reason(
    procedure: Template, actor: Actor, scripted: ScriptedProvider, finding: dict[str, Any], reason: Refusal
) -> None:
    scripted.set_script(answering(answer(finding, said(QUOTES[2]))))
    done = review(procedure, actor)
    assert done.refused == {reason: 1} and "could not be shown" in done.notes[0]
    assert [one.quote for one in done.findings.filter(source=FindingSource.MODEL)] == [QUOTES[2]]
    told = [str(event.payload) for event in Event.objects.filter(job=done.job)]
    assert any("1 of the model's refused" in one for one in told)
    assert not any(QUOTES[2] in one or finding["quote"] in one for one in told)


def test_white_space_alone_makes_no_quote_false(procedure: Template, actor: Actor, scripted: ScriptedProvider) -> None:
    scripted.set_script(answering(answer(said("Nobody  audits\ntheir own\twork."))))
    assert review(procedure, actor).findings.get(source=FindingSource.MODEL).quote == QUOTES[1]


# --- with one that means harm, or cannot do better ------------------------------------------------------------------

OBEYED = answer(
    said(QUOTES[1], field="owner", change={"required": False}),
    said(QUOTES[2], field="nothing", change={"label": "PWNED"}),
    said(QUOTES[3], field="owner", change={"type": "image"}),
)
HOSTILE: dict[str, tuple[str, Answer, str, dict[str, int]]] = {
    "nonsense": (ORDERS["plain"], Answer(text="I like turtles."), "gave no answer that could be used", {}),
    "wrong JSON": (ORDERS["as the system"], Answer(data={"score": 100}), "gave no answer that could be used", {}),
    "invented quotes": (
        ORDERS["as an answer"],
        answer(said("The auditor is a fraud and a liar."), said("All of it is perfect.")),
        "could not be shown",
        {Refusal.QUOTE_NOT_FOUND: 2},
    ),
    "half an answer": (
        ORDERS["closing the fence"],
        Answer(text='{"findings": [{"standard": "iso-9001-2015", "cl', stop=Stop.LENGTH),
        "gave no answer that could be used",
        {},
    ),
    "obedience": (ORDERS["in the field"], OBEYED, "could not be shown", {Refusal.BAD_CHANGE: 3}),
}


@pytest.mark.parametrize("name", HOSTILE)
def test_a_hostile_file_and_a_model_that_falls_for_it_change_nothing(
    actor: Actor, customer: Customer, scripted: ScriptedProvider, name: str
) -> None:
    order, given, note, refused = HOSTILE[name]
    template = read_file(audit_procedure(lines=(order,)), actor=actor, customer=customer)
    before = list(template.fields.values())
    scripted.set_script(answering(given))
    done = review(template, actor)
    assert any(note in one for one in done.notes), done.notes
    assert done.refused == refused
    assert apply_findings(done.id, "all", actor=actor).applied == []
    assert list(template.fields.values()) == before
    assert done.completeness == 100 and done.overall is not None
    check_order_is_data(scripted, order)


def check_order_is_data(scripted: ScriptedProvider, order: str) -> None:
    """What the file says stands between the two lines that fence it, and nowhere before them."""
    told = "\n".join(texts_in(next(call.body for call in scripted.calls if call.body)))
    mark = re.findall(r"^--- begin (\w+) ---$", told, re.MULTILINE)[-1]
    before, rest = told.split(f"--- begin {mark} ---", 1)
    data, _ = rest.split(f"--- end {mark} ---")
    for line in order.splitlines():
        assert line in data and line not in before
    assert SECTIONS["Scope"] in data


def texts_in(body: Any) -> list[str]:
    """Every text of a request, in whatever wire format."""
    if isinstance(body, dict | list):
        inner = body.values() if isinstance(body, dict) else body
        return [text for one in inner for text in texts_in(one)]
    return [body] if isinstance(body, str) else []


def test_a_part_without_an_answer_is_told_and_the_others_count(
    actor: Actor, customer: Customer, scripted: ScriptedProvider
) -> None:
    long = tuple(f"Step {number}: the auditor looks at the evidence. " * 100 for number in range(2))
    template = read_file(audit_procedure(lines=long), actor=actor, customer=customer)
    broken = Rule(answer=Answer(text="no"), contains="Step 1:")
    asked_again = Rule(answer=Answer(text="no"), contains="does not fit the schema")
    scripted.set_script(Script(rules=(broken, asked_again, Rule(answer=answer(said(QUOTES[0]))))))
    done = review(template, actor)
    assert any("of 2 parts" in one or "of 3 parts" in one for one in done.notes), done.notes
    assert done.findings.filter(source=FindingSource.MODEL).count() == 1


def test_the_parties_to_a_review_are_known(flawed: Template, actor: Actor, run_jobs: Callable[[], None]) -> None:
    """Its job is about the template, and asked for by who asked for the review."""
    made = request_review(flawed.id, actor=actor)
    run_jobs()
    job = made.job
    assert job is not None
    assert (job.subject_type, job.subject_id, job.created_by) == ("template", flawed.id, actor.user)
    assert AuditEntry.objects.filter(action="template.review_requested", subject_id=str(flawed.id)).count() == 1
