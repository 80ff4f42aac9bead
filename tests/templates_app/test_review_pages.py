"""Pages, admin and command of reviews and standards: they work, refuse the wrong caller, and are safe twice."""

from __future__ import annotations

import io
from collections.abc import Callable
from typing import Any
from uuid import UUID

import pytest
from django.core.management import CommandError, call_command
from django.test import Client

from accounts_app.access import Actor
from accounts_app.models import Customer, User
from llm_app.scripted.provider import ScriptedProvider
from templates_app.choices import FindingKind, FindingStatus
from templates_app.fields import edit_field
from templates_app.models import Finding, Review, Template
from templates_app.reviews import request_review

pytestmark = pytest.mark.django_db(transaction=True)
RunJobs = Callable[[], None]


@pytest.fixture
def reviewed(procedure: Template, actor: Actor, run_jobs: RunJobs) -> Review:
    """One finding, of a type that the label contradicts."""
    edit_field(procedure.id, "effective_date", {"type": "text"}, actor=actor)
    made = request_review(procedure.id, actor=actor)
    run_jobs()
    return Review.objects.get(id=made.id)


def text_of(response: Any) -> str:
    assert response.status_code == 200
    return str(response.content.decode())


def test_from_no_review_to_a_decided_finding(
    procedure: Template, reviewed: Review, client_of_editor: Client, client_of_viewer: Client
) -> None:
    finding = reviewed.findings.get()
    page = f"/reviews/{reviewed.id}/"
    assert client_of_viewer.get(f"/templates/{procedure.id}/reviews/").headers["Location"] == page
    shown = text_of(client_of_viewer.get(page))
    assert finding.sentence.replace("“", "") in shown.replace("“", "") and "Apply" not in shown
    assert "Apply" in text_of(client_of_editor.get(page))
    assert client_of_viewer.post(f"{page}apply/", {"finding": str(finding.id)}).status_code == 403
    for _ in range(2):
        assert client_of_editor.post(f"{page}apply/", {"finding": str(finding.id)}).headers["Location"] == page
    assert procedure.fields.get(key="effective_date").type == "date"
    assert "1 changed" in text_of(client_of_editor.get(page))
    assert client_of_editor.post(f"{page}apply/", {"finding": "x"}).status_code == 422


def test_ignoring_on_the_page_takes_a_reason(reviewed: Review, client_of_editor: Client) -> None:
    finding, page = reviewed.findings.get(), f"/reviews/{reviewed.id}/"
    client_of_editor.post(f"{page}ignore/", {"finding": str(finding.id), "reason": ""})
    assert "Say why" in text_of(client_of_editor.get(page))
    client_of_editor.post(f"{page}ignore/", {"finding": str(finding.id), "reason": "Typed by hand."})
    assert "Typed by hand." in text_of(client_of_editor.get(page))
    assert Finding.objects.get(id=finding.id).status == FindingStatus.IGNORED


def test_a_review_is_asked_for_on_the_page(
    procedure: Template, client_of_editor: Client, client_of_viewer: Client, client_of_stranger: Client
) -> None:
    assert "not been reviewed" in text_of(client_of_viewer.get(f"/templates/{procedure.id}/reviews/"))
    path = f"/templates/{procedure.id}/review/"
    assert client_of_viewer.post(path).status_code == 403
    assert client_of_stranger.post(path).status_code == 404
    assert client_of_editor.post(path, {"mode": "slow"}).status_code == 422
    assert client_of_editor.post(path, {"mode": "quick", "provider": "hal"}).status_code == 422
    first, second = (client_of_editor.post(path, {"mode": "quick"}).headers["Location"] for _ in range(2))
    assert first == second and "is being reviewed" in text_of(client_of_editor.get(first))
    assert client_of_stranger.get(first).status_code == 404


def test_who_reviews_can_be_chosen(
    procedure: Template, client_of_editor: Client, scripted: ScriptedProvider
) -> None:
    assert '<option value="openai">' in text_of(client_of_editor.get(f"/templates/{procedure.id}/reviews/"))
    client_of_editor.post(f"/templates/{procedure.id}/review/", {"mode": "quick", "provider": "openai"})
    assert Review.objects.get().provider == "openai"


def test_type_and_standards_are_set_on_the_page(procedure: Template, client_of_editor: Client) -> None:
    path = f"/templates/{procedure.id}/kind/"
    sent = {"document_type": "audit-checklist", "standards": ["iso-9001-2015", "iso-14001-2015"]}
    assert client_of_editor.post(path, sent).status_code == 302
    procedure.refresh_from_db()
    assert procedure.standards == sent["standards"] and procedure.document_type_by_hand
    assert client_of_editor.post(path, {"document_type": "poem"}).status_code == 422


def test_standards_are_open_to_browse(client_of_viewer: Client) -> None:
    assert "ISO 22301:2019" in text_of(client_of_viewer.get("/standards/"))
    assert "9.2.2" in text_of(client_of_viewer.get("/standards/iso-9001-2015/"))
    assert client_of_viewer.get("/standards/iso-1/").status_code == 404


def test_the_admin_shows_reviews_and_findings(
    reviewed: Review, staff: User, signed_in: Callable[[User], Client]
) -> None:
    User.objects.filter(id=staff.id).update(is_superuser=True)
    client = signed_in(User.objects.get(id=staff.id))
    for path in ("review/", "finding/", f"review/{reviewed.id}/change/", f"finding/{_finding_id()}/change/"):
        assert client.get(f"/admin/templates_app/{path}").status_code == 200, path


def _finding_id() -> UUID:
    return Finding.objects.get(kind=FindingKind.WRONG_TYPE).id


def test_the_command_reviews_what_was_read(procedure: Template, uploaded: Template, customer: Customer) -> None:
    said = io.StringIO()
    call_command("review_templates", "--customer", customer.slug, "--mode", "quick", stdout=said)
    done = Review.objects.get()
    assert (done.template_id, done.mode, done.created_by) == (procedure.id, "quick", None)
    assert str(done.overall) in said.getvalue().splitlines()[1]
    with pytest.raises(CommandError, match="have been read"):
        call_command("review_templates", "--customer", customer.slug, "--template", str(uploaded.id))
