"""Versions of templates: a changed file, matched fields, differences, edits with who and when, copies."""

from __future__ import annotations

import io
import zipfile
from typing import Any

import docx
import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from accounts_app.access import Actor, actor_for
from accounts_app.errors import NotAllowed
from accounts_app.models import Customer, User
from jobs_app import artifacts
from jobs_app.choices import JobStatus
from templates_app.choices import Difference, VersionKind
from templates_app.documents import create_document
from templates_app.facts import state_fact
from templates_app.fields import edit_field
from templates_app.matching import How, link_fact, match_facts
from templates_app.models import Correction, Document, Template
from templates_app.templates import duplicate_template, replace_file
from tests.templates_app.conftest import read_file
from tests.templates_app.test_api import API, error_of, post_json
from tests.templates_app.test_text_fixes import work

pytestmark = pytest.mark.django_db(transaction=True)

FIRST = (
    "Customer: [Customer name]",
    "Handover: ________________",
    "Sum of the order: ________________",
    "Word: [Note]",
)
SECOND = (
    "We thank you for your order.",
    "Customer: [Customer name]",
    "Day of the handover: ________________",
    "Date of the order: ________________",
    "Carrier: ________________",
)


def order(lines: tuple[str, ...]) -> bytes:
    document, made = docx.Document(), io.BytesIO()
    document.add_heading("Order", 1)
    for line in lines:
        document.add_paragraph(line)
    document.save(made)
    return made.getvalue()


def upload_again(template: Template, actor: Actor, data: bytes) -> Template:
    replace_file(template.id, actor=actor, file=SimpleUploadedFile("order v2.docx", data))
    work()
    return Template.objects.select_related("parse_job", "file").get(id=template.id)


@pytest.fixture
def template(actor: Actor, customer: Customer) -> Template:
    return read_file(order(FIRST), actor=actor, customer=customer, name="order.docx")


def said(differences: list[dict[str, Any]]) -> set[tuple[Any, ...]]:
    return {(one["what"], one["key"], one["before"], one["after"]) for one in differences}


def test_a_changed_file_keeps_keys_and_edits_and_says_what_differs(template: Template, actor: Actor) -> None:
    assert set(template.fields.values_list("key", flat=True)) == {
        "customer_name", "handover", "sum_of_the_order", "note",
    }
    edit_field(template.id, "customer_name", {"label": "Buyer", "required": True}, actor=actor)
    changed = upload_again(template, actor, order(SECOND))
    assert changed.status == JobStatus.COMPLETED and changed.file.filename == "order v2.docx"
    kept = changed.fields.get(key="customer_name")
    assert (kept.label, kept.required, kept.edited_by) == ("Buyer", True, actor.user)
    latest = changed.versions.first()
    assert latest is not None and (latest.number, latest.kind, latest.created_by) == (
        3, VersionKind.REPLACED, actor.user,
    )
    assert said(latest.differences) == {
        (Difference.RENAMED, "handover", "Handover", "Day of the handover"),
        (Difference.RETYPED, "handover", "text", "date"),
        (Difference.RENAMED, "sum_of_the_order", "Sum of the order", "Date of the order"),
        (Difference.RETYPED, "sum_of_the_order", "number", "date"),
        (Difference.ADDED, "carrier", None, None),
        (Difference.REMOVED, "note", None, None),
    }


def test_values_fill_the_new_file_under_the_old_keys(template: Template, actor: Actor) -> None:
    values = {"customer_name": "Acme", "handover": "in May"}
    older = create_document(actor=actor, template_id=template.id, name="One", values=values)
    work()
    upload_again(template, actor, order(("A new line.", *FIRST)))
    made = create_document(actor=actor, template_id=template.id, name="Two", values=values)
    work()
    for document in (older, made):
        done = Document.objects.select_related("job").get(id=document.id)
        assert done.status == JobStatus.COMPLETED and done.unfilled == ["sum_of_the_order", "note"]
    assert Document.objects.get(id=older.id).template_sha256 != Document.objects.get(id=made.id).template_sha256


def test_a_file_that_cannot_be_read_leaves_all_as_it_is(
    template: Template, actor: Actor, client_of_editor: Client
) -> None:
    path = f"{API}/templates/{template.id}/file"
    made = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(order(SECOND))) as old, zipfile.ZipFile(made, "w") as new:
        for name in old.namelist():
            new.writestr(name, b"<w:document" if name == "word/document.xml" else old.read(name))
    failed = upload_again(template, actor, made.getvalue())
    assert failed.status == JobStatus.FAILED and failed.is_ready and failed.file_id == template.file_id
    assert client_of_editor.post(path, {"file": SimpleUploadedFile("order.docx", b"Dear Sir")}).status_code == 422
    template.refresh_from_db()
    assert template.fields.count() == 4 and template.versions.count() == 1


def test_the_same_file_again_changes_nothing(template: Template, actor: Actor) -> None:
    before = template.parse_job_id
    replace_file(template.id, actor=actor, file=SimpleUploadedFile("order.docx", artifacts.read_bytes(template.file)))
    template.refresh_from_db()
    assert template.parse_job_id == before and template.versions.count() == 1


def test_versions_over_the_api_and_on_the_page(
    template: Template, actor: Actor, client_of_editor: Client, client_of_viewer: Client, client_of_stranger: Client
) -> None:
    first = artifacts.read_bytes(template.file)
    edit_field(template.id, "note", {"hint": "For us"}, actor=actor)
    path = f"{API}/templates/{template.id}"
    file = SimpleUploadedFile("order v2.docx", order(SECOND))
    assert client_of_viewer.post(f"{path}/file", {"file": file}).status_code == 403
    assert client_of_stranger.post(f"{path}/file", {"file": file}).status_code == 404
    file.seek(0)
    assert client_of_editor.post(f"{path}/file", {"file": file}).status_code == 202
    file.seek(0)
    assert error_of(client_of_editor.post(f"{path}/file", {"file": file}))["code"] == "template_busy"
    work()
    listed = client_of_viewer.get(f"{path}/versions").json()["items"]
    assert [(one["number"], one["kind"], one["created_by"]["name"]) for one in listed] == [
        (3, "replaced", "Ada Byron"), (2, "field_edited", "Ada Byron"), (1, "uploaded", "Ada Byron"),
    ]
    assert listed[1]["differences"][0]["after"] == {"hint": "For us"}
    assert client_of_stranger.get(f"{path}/versions").status_code == 404
    assert b"".join(client_of_viewer.get(f"{path}/versions/1/file")) == first
    assert client_of_viewer.get(f"{path}/versions/9/file").status_code == 404
    page = client_of_viewer.get(f"/templates/{template.id}/versions/").content.decode()
    assert "Changed Word file uploaded" in page and "Day of the handover" in page and "by Ada Byron" in page
    assert client_of_stranger.get(f"/templates/{template.id}/versions/").status_code == 404


def test_a_copy_is_a_template_of_its_own(
    template: Template, actor: Actor, client_of_editor: Client, client_of_viewer: Client, client_of_stranger: Client
) -> None:
    path = f"/templates/{template.id}/duplicate"
    assert post_json(client_of_viewer, path, {}).status_code == 403
    assert post_json(client_of_stranger, path, {}).status_code == 404
    assert post_json(client_of_editor, path, {"name": "n" * 201}).status_code == 422
    assert post_json(client_of_editor, path, {"name": "Order\u202e"}).status_code == 422
    state_fact(actor=actor, customer_id=template.customer_id, key="buyer", label="Buyer", value="Acme")
    link_fact(template.id, "customer_name", "buyer", actor=actor)
    link_fact(template.id, "handover", None, actor=actor)
    Correction.objects.create(
        customer_id=template.customer_id, template=template, ordinal=0, act="rename", field_keys=["note"],
        provider="claude", model="m",
    )
    made = post_json(client_of_editor, path, {"name": "Order for export"})
    assert made.status_code == 201 and made.json()["status"] == "completed" and made.json()["job_id"] is None
    assert [one["fields"] for one in made.json()["corrections"]] == [["note"]]
    assert "Order for export" in client_of_editor.get(f"/templates/{made.json()['id']}/").content.decode()
    copy = Template.objects.get(id=made.json()["id"])
    assert (copy.name, copy.fields.count(), copy.file_id) == ("Order for export", 4, template.file_id)
    filled = match_facts(copy)
    assert (filled["customer_name"].value, filled["customer_name"].how) == ("Acme", How.LINK)
    assert filled["handover"].is_detached and template.fact_links.count() == template.corrections.count() + 1 == 2
    edit_field(copy.id, "note", {"label": "Remark"}, actor=actor)
    assert template.fields.get(key="note").label == "Note" and template.versions.count() == 1
    assert [one.kind for one in copy.versions.all()] == [VersionKind.FIELD_EDITED, VersionKind.DUPLICATED]
    assert upload_again(copy, actor, order(SECOND)).fields.count() == 4
    template.refresh_from_db()
    assert template.fields.count() == 4 and template.fields.filter(key="note").exists()
    assert client_of_editor.post(f"/templates/{template.id}/duplicate/").status_code == 302
    assert Template.objects.filter(name="order (copy)").exists()


def test_the_page_takes_a_changed_file(template: Template, client_of_editor: Client, client_of_viewer: Client) -> None:
    path = f"/templates/{template.id}/replace/"
    file = SimpleUploadedFile("order v2.docx", order(SECOND))
    assert client_of_viewer.post(path, {"file": file}).status_code == 403
    file.seek(0)
    client_of_editor.post(path, {"file": file})
    work()
    assert template.versions.count() == 2
    said = client_of_editor.post(path, {}, follow=True).content.decode()
    assert "Choose a Word file." in said


def test_viewers_do_not_copy(template: Template, actor: Actor, viewer: User) -> None:
    with pytest.raises(NotAllowed):
        duplicate_template(template.id, actor=actor_for(viewer))
