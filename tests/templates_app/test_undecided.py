"""Tracked changes and comments in a template: nobody gets a document with them unnoticed."""

from __future__ import annotations

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.core.management import CommandError, call_command
from django.test import Client

from accounts_app.access import Actor
from accounts_app.models import Customer
from llm_app.scripted.provider import ScriptedProvider
from templates_app.choices import TextDecision
from templates_app.documents import Wishes, create_document
from templates_app.docx.changes import list_changes
from templates_app.models import Document, Review, Template
from templates_app.reviews import apply_findings
from templates_app.templates import duplicate_template
from templates_app.text_fixes import decide_texts
from tests.templates_app.test_api import API, error_of, post_json
from tests.templates_app.test_generation import fresh
from tests.templates_app.test_text_fixes import data_of, procedure, reviewed, work  # noqa: F401 - fixtures

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def proposed(procedure: Template, reviewed: Review, actor: Actor, scripted: ScriptedProvider) -> Template:  # noqa: F811
    """Two texts proposed, which nobody has decided about."""
    assert len(apply_findings(reviewed.id, "all", actor=actor).proposed) == 2
    work()
    return Template.objects.get(id=procedure.id)


def test_what_waits_to_be_decided_is_told_and_refused(
    proposed: Template, reviewed: Review, actor: Actor, client_of_editor: Client  # noqa: F811
) -> None:
    path, changes = f"/templates/{proposed.id}", len(list_changes(data_of(proposed)))
    looked = post_json(client_of_editor, f"{path}/preflight", {"values": {}}).json()
    assert (looked["ready"], looked["undecided_changes"], looked["comments"]) == (False, changes, 2)
    assert f"{changes} tracked changes" in looked["notes"][0] and "2 comments" in looked["notes"][1]
    refused = post_json(client_of_editor, f"{path}/documents", {"values": {}})
    assert (refused.status_code, error_of(refused)["code"]) == (409, "undecided_changes")
    assert f"{changes} tracked changes" in error_of(refused)["message"] and not Document.objects.exists()
    decide_texts(reviewed.id, None, TextDecision.ACCEPT, actor=actor)
    work()
    looked = post_json(client_of_editor, f"{path}/preflight", {"values": {}}).json()
    assert (looked["ready"], looked["undecided_changes"], looked["comments"], looked["notes"]) == (True, 0, 0, [])
    made = create_document(actor=actor, template_id=proposed.id, name="x", values={})
    work()
    assert fresh(made).checks["findings"] == []


def test_a_partial_document_says_what_it_still_holds(
    proposed: Template, actor: Actor, client_of_editor: Client
) -> None:
    made = create_document(actor=actor, template_id=proposed.id, name="x", values={}, wishes=Wishes(partial=True))
    work()
    found = {one["kind"]: one["sentence"] for one in fresh(made).checks["findings"]}
    assert set(found) == {"undecided_changes", "comments"} and "2 comments" in found["comments"]
    page = client_of_editor.get(f"/documents/{made.id}/").content.decode()
    assert found["undecided_changes"] in page and found["comments"] in page


def test_the_fill_page_says_so_and_makes_it_all_the_same_when_told(
    proposed: Template, client_of_editor: Client
) -> None:
    path = f"/templates/{proposed.id}/fill/"
    assert "tracked changes" in client_of_editor.get(path).content.decode()
    refused = client_of_editor.post(path, {"name": "x"})
    assert refused.status_code == 409 and 'name="incomplete"' in refused.content.decode()
    assert client_of_editor.post(path, {"name": "x", "incomplete": "1"}).status_code == 302
    assert Document.objects.count() == 1


def test_rows_and_customers_copies_are_refused_too(
    proposed: Template, actor: Actor, customer: Customer, client_of_editor: Client
) -> None:
    copy = duplicate_template(proposed.id, actor=actor)
    key = copy.fields.all()[0].key
    for path in (f"/templates/{copy.id}/batch/", f"/templates/{copy.id}/customers/"):
        assert "tracked changes" in client_of_editor.get(path).content.decode()
    table = SimpleUploadedFile("rows.csv", f"{key}\nAcme\n".encode())
    sent = client_of_editor.post(f"{API}/templates/{copy.id}/batches", {"file": table})
    assert (sent.status_code, error_of(sent)["code"]) == (409, "undecided_changes")
    table.seek(0)
    assert client_of_editor.post(f"/templates/{copy.id}/batch/", {"file": table}).status_code == 409
    asked = post_json(client_of_editor, f"/templates/{copy.id}/rounds", {"customers": [customer.slug]})
    assert asked.status_code == 422 and "tracked changes" in str(error_of(asked)["details"])
    with pytest.raises((SystemExit, CommandError)):
        call_command("generate_documents", "--template", str(copy.id))
    assert not Document.objects.exists()
