"""The pages of facts: each works, refuses the wrong person and bad input, and is safe twice."""

from __future__ import annotations

import base64

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from pytest_django import DjangoAssertNumQueries

from accounts_app.access import Actor
from accounts_app.models import Customer, User
from templates_app.facts import facts_of, state_fact
from templates_app.models import Document, Fact, Template
from tests.templates_app.test_values import PICTURE

pytestmark = pytest.mark.django_db


def text_of(client: Client, path: str) -> str:
    response = client.get(path)
    assert response.status_code == 200
    return response.content.decode()


def test_a_fact_is_stated_changed_and_taken_off(client_of_editor: Client, customer: Customer) -> None:
    assert "No facts yet" in text_of(client_of_editor, "/facts/")
    for _ in range(2):
        form = {"label": "Company name", "value": "Acme & Söhne", "source": "Letterhead"}
        assert client_of_editor.post("/facts/", form).status_code == 302
    assert Fact.objects.count() == 1
    shown = text_of(client_of_editor, "/facts/")
    assert "Acme &amp; Söhne" in shown and "Letterhead" in shown and 'value="Name of the organisation"' not in shown
    changed = client_of_editor.post("/facts/company_name/", {"label": "Company name", "value": "Acme plc"})
    assert changed.status_code == 302
    history = text_of(client_of_editor, "/facts/company_name/")
    assert "Acme &amp; Söhne" in history and "Acme plc" in history and "Counts" in history
    for _ in range(2):
        assert client_of_editor.post("/facts/company_name/remove/").status_code == 302
    assert not facts_of(customer.id).exists()
    assert "Off the sheet" in text_of(client_of_editor, "/facts/company_name/")


@pytest.mark.parametrize(
    ("form", "said"),
    [
        ({"label": "Issue date", "value": "soon"}, "YYYY-MM-DD"),
        ({"label": "", "value": "x"}, "required"),
        ({"label": "!", "value": "x"}, "small letters"),
        ({"label": "Shoe size", "value": ""}, "Give a value"),
        ({"label": "Shoe size", "value": "x", "type": "table"}, "valid choice"),
    ],
)
def test_what_does_not_fit_is_said_beside_it(client_of_editor: Client, form: dict[str, str], said: str) -> None:
    refused = client_of_editor.post("/facts/", form)
    assert refused.status_code == 422 and said in refused.content.decode() and not Fact.objects.exists()


def test_a_logo_is_a_picture(client_of_editor: Client, customer: Customer) -> None:
    logo = SimpleUploadedFile("logo.png", base64.b64decode(PICTURE))
    assert client_of_editor.post("/facts/", {"label": "Logo", "picture": logo}).status_code == 302
    assert facts_of(customer.id).get().value == {"base64": PICTURE}
    assert PICTURE in text_of(client_of_editor, "/facts/")
    bad = SimpleUploadedFile("logo.png", b"none")
    refused = client_of_editor.post("/facts/company_logo/", {"label": "Logo", "picture": bad})
    assert refused.status_code == 422 and "PNG, JPEG or GIF" in refused.content.decode()


def test_a_tick_is_yes_or_no(client_of_editor: Client, customer: Customer) -> None:
    form = {"label": "Certified", "type": "checkbox", "value": "no"}
    assert client_of_editor.post("/facts/", form).status_code == 302
    assert facts_of(customer.id).get().value is False
    assert client_of_editor.post("/facts/certified/", {"label": "Certified", "value": "yes"}).status_code == 302
    assert facts_of(customer.id).get().value is True


def test_an_import_names_each_bad_row(client_of_editor: Client, client_of_viewer: Client, customer: Customer) -> None:
    def send(client: Client, data: bytes) -> tuple[int, str]:
        response = client.post("/facts/import/", {"file": SimpleUploadedFile("a.csv", data)}, follow=True)
        return response.status_code, response.content.decode()

    status, said = send(client_of_editor, b"label,value\nCompany name,\nVersion,1\n")
    assert status == 422 and "Row 2: Give a value" in said and not Fact.objects.exists()
    assert "2 facts read, 2 new" in send(client_of_editor, b"label,value\nCompany name,Acme\nVersion,1\n")[1]
    assert "is empty" in send(client_of_editor, b"")[1]
    assert "role editor" in send(client_of_viewer, b"label,value\nVersion,2\n")[1]
    assert client_of_editor.post("/facts/import/", follow=True).status_code == 200
    assert facts_of(customer.id).count() == 2


def test_who_may_not(
    client_of_viewer: Client, client_of_stranger: Client, actor: Actor, customer: Customer, template: Template
) -> None:
    state_fact(actor=actor, customer_id=customer.id, key="company_name", value="Acme Ltd")
    shown = text_of(client_of_viewer, "/facts/")
    assert "Acme Ltd" in shown and "State a fact" not in shown
    assert client_of_viewer.post("/facts/", {"label": "Version", "value": "1"}).status_code == 403
    assert client_of_viewer.post("/facts/company_name/remove/").status_code == 403
    assert "Acme Ltd" not in text_of(client_of_stranger, "/facts/")
    assert client_of_stranger.get("/facts/company_name/").status_code == 404
    path = f"/templates/{template.id}/facts/"
    assert client_of_viewer.post(path, {"field": "remarks", "fact": "-"}).status_code == 403
    assert client_of_stranger.get(path).status_code == 404
    assert facts_of(customer.id).get().value == "Acme Ltd"


def test_which_fact_fills_which_field_is_shown_and_set(
    client_of_editor: Client, actor: Actor, customer: Customer, template: Template
) -> None:
    path = f"/templates/{template.id}/facts/"
    assert "Nothing found" in text_of(client_of_editor, path)
    state_fact(actor=actor, customer_id=customer.id, key="company_name", value="Acme Ltd")
    assert "same key" in text_of(client_of_editor, path)
    for chosen, said in (("-", "from none, set by hand"), ("company_name", "set by hand"), ("", "same key")):
        for _ in range(2):
            assert client_of_editor.post(path, {"field": "company_name", "fact": chosen}).status_code == 302
        assert said in text_of(client_of_editor, path)
    assert client_of_editor.post(path, {"field": "nothing", "fact": "-"}).status_code == 404
    assert client_of_editor.post(path, {"field": "remarks", "fact": "nothing"}).status_code == 404


def test_a_new_document_asks_only_what_is_missing(
    client_of_editor: Client, actor: Actor, customer: Customer, template: Template, editor: User
) -> None:
    state_fact(actor=actor, customer_id=customer.id, key="company_name", value="Acme Ltd")
    state_fact(actor=actor, customer_id=customer.id, key="version", value="3")
    path = f"/templates/{template.id}/fill/"
    shown = text_of(client_of_editor, path)
    known, asked = shown.split('id="known"')[1].split("</details>", 1)
    assert 'value="Acme Ltd"' in known and 'value="3"' in known and "v-document_number" not in known
    assert "v-document_number" in asked and 'name="v-company_name"' not in asked
    form = {"name": "x", "v-company_name": "Acme Ltd", "v-version": "", "v-document_number": "QF-7"}
    assert client_of_editor.post(path, form).status_code == 302
    made = Document.objects.get()
    assert made.values == {"company_name": "Acme Ltd", "document_number": "QF-7"} | {
        key: False for key in made.values if made.values[key] is False
    }
    assert made.origins["company_name"]["source"] == "fact" and made.origins["document_number"]["source"] == "given"


def test_lists_take_the_same_queries_however_long(
    client_of_viewer: Client, actor: Actor, customer: Customer, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    state_fact(actor=actor, customer_id=customer.id, key="company_name", value="Acme Ltd")
    with CaptureQueriesContext(connection) as few:
        client_of_viewer.get("/facts/")
    for key in ("version", "approver", "author"):
        state_fact(actor=actor, customer_id=customer.id, key=key, value="x")
    with django_assert_num_queries(len(few)):
        client_of_viewer.get("/facts/")
