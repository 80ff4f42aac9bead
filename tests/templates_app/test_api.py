"""The API of templates and documents: each route works, refuses the wrong caller and bad input, and is safe twice."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from uuid import uuid4

import pytest
from django.conf import LazySettings
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.test.utils import CaptureQueriesContext
from pytest_django import DjangoAssertNumQueries

from accounts_app.access import Actor
from accounts_app.api_keys import create_api_key
from accounts_app.models import AuditEntry, Customer, User
from templates_app.documents import create_document
from templates_app.models import Document, Template, TemplateField
from templates_app.sample import SAMPLE_FILENAME, sample_template
from templates_app.templates import upload_template
from tests.templates_app.bad_files import BAD_FILES

pytestmark = pytest.mark.django_db
API = "/api/v1"


def send(client: Client, data: bytes | None = None, **form: Any) -> Any:
    file = SimpleUploadedFile("form.docx", sample_template() if data is None else data)
    headers = form.pop("headers", {})
    return client.post(f"{API}/templates/upload", {"file": file, **form}, headers=headers)


def patch_json(client: Client, path: str, data: Any) -> Any:
    return client.patch(path, data, content_type="application/json")


def post_json(client: Client, path: str, data: Any, **headers: str) -> Any:
    return client.post(f"{API}{path}", data, content_type="application/json", headers=headers)


def error_of(response: Any) -> dict[str, Any]:
    error: dict[str, Any] = response.json()["error"]
    return error


# --- upload ---------------------------------------------------------------------------------------------------------


def test_an_upload_is_accepted_and_says_where_it_goes_on(client_of_editor: Client) -> None:
    response = send(client_of_editor, name="Form", standard="iso-9001-2015", custom_rules="H1 is a section", priority=7)
    assert response.status_code == 202
    accepted = response.json()
    job = f"{API}/jobs/{accepted['job_id']}"
    assert (accepted["status"], accepted["status_url"], accepted["events_url"]) == ("pending", job, f"{job}/events")
    assert accepted["websocket_url"] == f"/ws/jobs/{accepted['job_id']}/"
    assert client_of_editor.get(accepted["status_url"]).json()["priority"] == 7
    template = client_of_editor.get(f"{API}/templates/{accepted['template_id']}").json()
    assert (template["name"], template["standard"], template["custom_rules"]) == (
        "Form",
        "iso-9001-2015",
        "H1 is a section",
    )
    assert (template["ready"], template["fields"], template["created_by"]["name"]) == (False, [], "Ada Byron")


def test_an_upload_with_an_api_key(editor: User, customer: Customer) -> None:
    _, secret = create_api_key(user=editor, customer=customer, name="script")
    assert send(Client(), headers={"X-API-Key": secret}).status_code == 202


def test_the_same_idempotency_key_makes_one_template(client_of_editor: Client) -> None:
    first, second = (send(client_of_editor, headers={"Idempotency-Key": "a"}).json() for _ in range(2))
    assert first["template_id"] == second["template_id"] and Template.objects.count() == 1
    other = send(client_of_editor, name="Other", headers={"Idempotency-Key": "a"})
    assert (other.status_code, error_of(other)["code"]) == (409, "idempotency_conflict")


@pytest.mark.parametrize("kind", BAD_FILES)
def test_each_kind_of_bad_file_is_a_4xx_with_a_sentence(client_of_editor: Client, kind: str) -> None:
    data, code = BAD_FILES[kind]
    response = send(client_of_editor, data)
    assert (response.status_code, error_of(response)["code"]) == (422, code)
    assert len(error_of(response)["message"]) > 30 and not Template.objects.exists()


def test_too_large_is_413(client_of_editor: Client, settings: LazySettings) -> None:
    settings.MAX_UPLOAD_BYTES = 10_000
    response = send(client_of_editor)
    assert (response.status_code, error_of(response)["code"]) == (413, "too_large")


@pytest.mark.parametrize("form", [{"priority": "11"}, {"priority": "high"}, {"name": "n" * 201}, {"name": "a\x00b"}])
def test_a_bad_form_is_422(client_of_editor: Client, form: dict[str, Any]) -> None:
    response = send(client_of_editor, **form)
    assert (response.status_code, error_of(response)["code"]) == (422, "bad_input")


def test_no_file_is_422(client_of_editor: Client) -> None:
    assert client_of_editor.post(f"{API}/templates/upload", {"name": "x"}).status_code == 422


def test_who_may_not_upload(client: Client, client_of_viewer: Client) -> None:
    assert send(client).status_code == 401
    assert send(client_of_viewer).status_code == 403


# --- templates ------------------------------------------------------------------------------------------------------


def test_the_list_is_paged_and_filtered(client_of_editor: Client, template: Template, uploaded: Template) -> None:
    page = client_of_editor.get(f"{API}/templates?limit=1&offset=0").json()
    assert page["count"] == 1 and page["items"][0]["id"] == str(template.id)
    assert page["items"][0]["fields_count"] == 24 and page["items"][0]["sections_count"] == 8
    for query, count in (
        ("q=suppl", 1),
        ("q=invoice", 0),
        ("status=completed", 1),
        ("standard=iso-1", 0),
        ("offset=1", 0),
    ):
        assert len(client_of_editor.get(f"{API}/templates?{query}").json()["items"]) == count
    assert client_of_editor.get(f"{API}/templates?status=lost").status_code == 422


def test_lists_take_the_same_queries_however_long(
    client_of_editor: Client,
    template: Template,
    actor: Actor,
    customer: Customer,
    django_assert_max_num_queries: Callable[[int], CaptureQueriesContext],
) -> None:
    for number in range(3):
        file = SimpleUploadedFile(f"{number}.docx", sample_template())
        upload_template(actor=actor, customer_id=customer.id, file=file)
        create_document(actor=actor, template_id=template.id, name=str(number), values={})
    for path in ("/templates", "/documents"):
        with django_assert_max_num_queries(5):  # session, user, memberships, count, page
            assert len(client_of_editor.get(f"{API}{path}").json()["items"]) >= 3


def test_an_upload_takes_few_statements(
    actor: Actor, customer: Customer, django_assert_max_num_queries: Callable[[int], CaptureQueriesContext]
) -> None:
    file = SimpleUploadedFile("a.docx", sample_template())
    with django_assert_max_num_queries(14):  # each is a millisecond of every client's waiting
        upload_template(actor=actor, customer_id=customer.id, file=file)


def test_one_template_whole(
    client_of_viewer: Client, template: Template, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    with django_assert_num_queries(7):  # session, user, memberships; template, sections, fields, corrections
        whole = client_of_viewer.get(f"{API}/templates/{template.id}").json()
    assert [section["heading"] for section in whole["sections"]][:2] == ["Document control", "The supplier"]
    fields = {field["key"]: field for field in whole["fields"]}
    company = fields["company_name"]
    assert (company["label"], company["type"], company["section"]) == ("Company name", "text", None)
    assert len(company["places"]) == 2 and set(company["places"][0]) == {"part", "p", "start", "end"}
    assert fields["findings"]["columns"][1]["label"] == "Finding" and fields["findings"]["section"] == 6
    assert fields["decision"]["options"] == ["Approved", "Approved with conditions", "Rejected"]


@pytest.mark.parametrize("path", ["", "/file", "/preview"])
def test_a_hidden_template_is_not_there(
    client_of_stranger: Client, client: Client, template: Template, path: str
) -> None:
    assert client_of_stranger.get(f"{API}/templates/{template.id}{path}").status_code == 404
    assert client.get(f"{API}/templates/{template.id}{path}").status_code == 401


def test_a_field_is_changed(client_of_editor: Client, template: Template) -> None:
    path = f"{API}/templates/{template.id}/fields/version"
    for _ in range(2):
        changes = {"label": "Issue", "type": "choice", "options": ["1", "2"], "required": True}
        response = client_of_editor.patch(path, changes, content_type="application/json")
        assert response.status_code == 200
    changed = response.json()
    assert (changed["label"], changed["type"], changed["options"]) == ("Issue", "choice", ["1", "2"])
    assert changed["required"] and changed["edited_at"] and changed["hint"] == ""


@pytest.mark.parametrize(
    "changes",
    [{"type": "table"}, {"label": ""}, {"key": "x"}, {"required": "yes"}, {"type": "nothing"}, {"options": 1}],
)
def test_a_bad_change_is_422(client_of_editor: Client, template: Template, changes: dict[str, Any]) -> None:
    path = f"{API}/templates/{template.id}/fields/version"
    assert client_of_editor.patch(path, changes, content_type="application/json").status_code == 422


def test_who_may_not_change_a_field(
    client_of_viewer: Client, client_of_stranger: Client, client_of_editor: Client, template: Template
) -> None:
    path = f"{API}/templates/{template.id}/fields/"
    for client, key, status in (
        (client_of_viewer, "version", 403),
        (client_of_stranger, "version", 404),
        (client_of_editor, "no_such", 404),
    ):
        assert client.patch(path + key, {"label": "x"}, content_type="application/json").status_code == status


def test_the_file_comes_back_as_it_was(client_of_viewer: Client, template: Template) -> None:
    response = client_of_viewer.get(f"{API}/templates/{template.id}/file")
    assert b"".join(response) == sample_template()
    assert response["Content-Type"].endswith("wordprocessingml.document")
    assert response["Content-Disposition"] == f'attachment; filename="{SAMPLE_FILENAME}"'
    assert response["ETag"] == f'"{template.file_sha256}"'
    assert int(response["Content-Length"]) == len(sample_template())
    again = client_of_viewer.get(f"{API}/templates/{template.id}/file", headers={"If-None-Match": response["ETag"]})
    assert again.status_code == 304


def test_a_name_in_any_script_survives_the_download(client_of_editor: Client, template: Template) -> None:
    template.file.filename = "Prüfung 評価/“2026”.docx"
    template.file.save()
    disposition = client_of_editor.get(f"{API}/templates/{template.id}/file")["Content-Disposition"]
    assert disposition.startswith("attachment; filename*=utf-8''Pr%C3%BCfung%20") and "/" not in disposition[30:]


def test_the_preview_marks_the_fields(client_of_viewer: Client, template: Template) -> None:
    response = client_of_viewer.get(f"{API}/templates/{template.id}/preview")
    assert response.status_code == 200 and b'data-field="company_name"' in response.content
    assert "sandbox" in response["Content-Security-Policy"]


def test_no_preview_before_the_file_was_read(client_of_viewer: Client, uploaded: Template) -> None:
    response = client_of_viewer.get(f"{API}/templates/{uploaded.id}/preview")
    assert (response.status_code, error_of(response)["code"]) == (409, "template_not_ready")


def test_reading_again(client_of_editor: Client, client_of_viewer: Client, template: Template) -> None:
    path = f"{API}/templates/{template.id}/parse"
    first, second = (client_of_editor.post(path) for _ in range(2))
    assert first.status_code == 202 and first.json()["job_id"] == second.json()["job_id"] != str(template.parse_job_id)
    assert client_of_viewer.post(path).status_code == 403


def test_archiving(client_of_manager: Client, client_of_editor: Client, template: Template) -> None:
    path = f"{API}/templates/{template.id}"
    assert client_of_editor.delete(path).status_code == 403
    assert [client_of_manager.delete(path).status_code for _ in range(2)] == [204, 204]
    assert client_of_editor.get(f"{API}/templates").json()["count"] == 0
    assert client_of_editor.get(f"{API}/templates?archived=true").json()["count"] == 1
    assert client_of_editor.get(path).json()["archived_at"]
    refused = post_json(client_of_editor, f"/templates/{template.id}/documents", {"name": "x", "values": {}})
    assert (refused.status_code, error_of(refused)["code"]) == (409, "template_archived")
    assert patch_json(client_of_editor, path, {"name": "Other"}).status_code == 409
    assert client_of_editor.post(f"{path}/restore").status_code == 403
    restored = [client_of_manager.post(f"{path}/restore") for _ in range(2)]
    assert [(one.status_code, one.json()["archived_at"]) for one in restored] == [(200, None)] * 2
    assert client_of_editor.get(f"{API}/templates").json()["count"] == 1


def test_name_and_ways_of_reading_are_changed(
    client_of_editor: Client, client_of_viewer: Client, client_of_stranger: Client, template: Template
) -> None:
    path = f"{API}/templates/{template.id}"
    rules = "Headings\nare H1."
    wanted = {"name": " New \t name", "custom_rules": rules, "provider": "openai", "allow_questions": True}
    changed = patch_json(client_of_editor, path, wanted)
    assert changed.status_code == 200
    shown = changed.json()
    assert (shown["name"], shown["custom_rules"], shown["provider"], shown["allow_questions"]) == (
        "New name", rules, "openai", True,
    )
    assert shown["standards"] == template.standards and shown["document_type"] == template.document_type
    assert patch_json(client_of_editor, path, wanted).status_code == 200
    (entry,) = AuditEntry.objects.filter(action="template.changed")
    assert entry.data == {"changed": ["name", "custom_rules", "provider", "allow_questions"]}
    for wrong in ({"name": " "}, {"name": "a\u202e"}, {"custom_rules": "\0"}, {"provider": "hal"}, {"standard": "x"}):
        assert patch_json(client_of_editor, path, wrong).status_code == 422, wrong
    assert patch_json(client_of_viewer, path, {"name": "Mine"}).status_code == 403
    assert patch_json(client_of_stranger, path, {"name": "Mine"}).status_code == 404
    assert patch_json(client_of_editor, path, {"provider": "", "custom_rules": ""}).json()["custom_rules"] == ""
    assert Template.objects.get(id=template.id).name == "New name"


# --- documents ------------------------------------------------------------------------------------------------------


def test_a_document_is_accepted(client_of_editor: Client, client_of_viewer: Client, template: Template) -> None:
    wanted = {"name": "Acme 2026", "values": {"company_name": "Acme", "findings": [["1", "None", None, "Ada"]]}}
    response = post_json(client_of_editor, f"/templates/{template.id}/documents", wanted)
    assert response.status_code == 202
    accepted = response.json()
    assert accepted["status_url"] == f"{API}/jobs/{accepted['job_id']}" and accepted["status"] == "pending"
    document = client_of_viewer.get(f"{API}/documents/{accepted['document_id']}").json()
    assert (document["name"], document["status"], document["sha256"]) == ("Acme 2026", "pending", None)
    assert document["values"]["company_name"] == "Acme" and len(document["values"]["findings"][0]) == 3
    assert document["template"] == {"id": str(template.id), "name": template.name}
    listed = client_of_viewer.get(f"{API}/documents?template_id={template.id}").json()
    assert listed["count"] == 1 and "values" not in listed["items"][0]
    assert client_of_viewer.get(f"{API}/documents?template_id={uuid4()}").json()["count"] == 0


def test_wrong_values_are_said_by_key(client_of_editor: Client, template: Template) -> None:
    wanted = {"name": "x", "values": {"date_of_issue": "tomorrow", "risk": "None", "nope": 1}}
    response = post_json(client_of_editor, f"/templates/{template.id}/documents", wanted)
    assert (response.status_code, error_of(response)["code"]) == (422, "bad_values")
    assert set(error_of(response)["details"]) == {"date_of_issue", "risk", "nope"}
    assert not Document.objects.exists()


def test_a_document_with_fields_left_is_refused_when_asked_to(client_of_editor: Client, template: Template) -> None:
    wanted = {"values": {"company_name": "Acme"}, "on_unfilled": "refuse"}
    response = post_json(client_of_editor, f"/templates/{template.id}/documents", wanted)
    assert (response.status_code, error_of(response)["code"]) == (422, "bad_values")
    assert error_of(response)["details"]["date_of_issue"] == "No value was given."
    assert "company_name" not in error_of(response)["details"] and not Document.objects.exists()


@pytest.mark.parametrize(
    "wanted",
    [
        {},
        {"name": "x"},
        {"values": []},
        {"values": {}, "more": 1},
        {"name": 1, "values": {}},
        {"values": {}, "on_unfilled": "ask"},
    ],
)
def test_a_bad_request_for_a_document_is_422(client_of_editor: Client, template: Template, wanted: Any) -> None:
    assert post_json(client_of_editor, f"/templates/{template.id}/documents", wanted).status_code == 422


def test_the_same_request_twice_makes_one_document(client_of_editor: Client, template: Template) -> None:
    wanted = {"name": "x", "values": {"version": "1"}}
    path = f"/templates/{template.id}/documents"
    ids = {post_json(client_of_editor, path, wanted, **{"Idempotency-Key": "k"}).json()["document_id"] for _ in "ab"}
    assert len(ids) == Document.objects.count() == 1


def test_who_may_not_make_or_see_a_document(
    client_of_viewer: Client, client_of_stranger: Client, client_of_editor: Client, template: Template
) -> None:
    path, wanted = f"/templates/{template.id}/documents", {"name": "x", "values": {}}
    assert post_json(client_of_viewer, path, wanted).status_code == 403
    assert post_json(client_of_stranger, path, wanted).status_code == 404
    document = post_json(client_of_editor, path, wanted).json()["document_id"]
    for end in ("", "/file"):
        assert client_of_stranger.get(f"{API}/documents/{document}{end}").status_code == 404


def test_an_unread_template_cannot_be_filled(client_of_editor: Client, uploaded: Template) -> None:
    response = post_json(client_of_editor, f"/templates/{uploaded.id}/documents", {"name": "x", "values": {}})
    assert (response.status_code, error_of(response)["code"]) == (409, "template_not_ready")


def test_the_file_of_an_unfinished_document_is_409(client_of_editor: Client, template: Template, actor: Actor) -> None:
    document = create_document(actor=actor, template_id=template.id, name="x", values={})
    response = client_of_editor.get(f"{API}/documents/{document.id}/file")
    assert (response.status_code, error_of(response)["code"]) == (409, "document_not_ready")


def test_every_route_documents_its_errors(client: Client) -> None:
    paths = client.get(f"{API}/openapi.json").json()["paths"]
    nouns = ("templates", "documents", "reviews", "standards", "document-types", "facts", "batches", "rounds")
    prefixes = tuple(f"{API}/{noun}" for noun in nouns)
    ours = {path: methods for path, methods in paths.items() if path.startswith(prefixes)}
    assert len(ours) == 43
    for path, methods in ours.items():
        for method, operation in methods.items():
            assert {"401", "403", "404", "422", "500"} <= operation["responses"].keys(), (method, path)
    assert {"409", "413"} <= ours[f"{API}/templates/upload"]["post"]["responses"].keys()


def test_a_template_with_thousands_of_fields_comes_whole(client_of_editor: Client, template: Template) -> None:
    section = template.sections.first()
    TemplateField.objects.bulk_create(
        TemplateField(
            customer_id=template.customer_id,
            template=template,
            ordinal=1_000 + n,
            key=f"extra_{n}",
            label=f"Extra {n}",
            type="checkbox",
            places=[{"part": "word/document.xml", "p": n, "start": 0, "end": 1}],
            section=section,
        )
        for n in range(4_000)
    )
    assert len(client_of_editor.get(f"{API}/templates/{template.id}").json()["fields"]) == 4_024
