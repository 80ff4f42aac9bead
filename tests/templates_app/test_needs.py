"""What a type of document asks to be filled though the file does not: told before a document is made, and why."""

from __future__ import annotations

import pytest
from django.test import Client

from accounts_app.access import Actor
from templates_app.models import Template
from templates_app.standards.catalogue import catalogue, get_standard
from templates_app.standards.needs import why_needed
from templates_app.templates import change_template
from tests.templates_app.test_api import API

REGISTER, POLICY = catalogue().document_types["risk-register"], catalogue().document_types["backup-policy"]


@pytest.mark.parametrize("label", ["Version", "Document version", "Document number", "Effective date", "The owner"])
def test_what_identifies_a_document_is_asked_for_by_the_standard(label: str) -> None:
    security = get_standard("iso-27001-2022")
    said = why_needed(POLICY, [security], label=label, field_type="text")
    assert said == "ISO/IEC 27001:2022, 7.5.2 asks for it in every document."


def test_what_the_type_has_is_asked_for_with_its_clauses() -> None:
    said = why_needed(REGISTER, [get_standard("iso-9001-2015")], label="Risk owner", field_type="person")
    assert said.startswith("A document of the type “Risk and opportunity register” has it (ISO 9001:2015, 6.1.1")
    unknown = why_needed(REGISTER, [get_standard("iso-13485-2016")], label="Risk owner", field_type="person")
    assert "ISO 9001:2015" in unknown


@pytest.mark.parametrize(
    ("label", "field_type"),
    [
        ("Next review date", "date"),
        ("Version of the software in use", "text"),
        ("Colour", "text"),
        ("Approved by", "signature"),
        ("Owner", "checkbox"),
    ],
)
def test_what_can_be_left_out_or_comes_later_is_not(label: str, field_type: str) -> None:
    assert why_needed(POLICY, [], label=label, field_type=field_type) == ""
    assert why_needed(None, [], label="Version", field_type="text") == ""


@pytest.mark.django_db
def test_the_preflight_tells_what_the_type_asks_for(template: Template, actor: Actor, client_of_editor: Client) -> None:
    def look(**values: object) -> dict[str, object]:
        path, body = f"{API}/templates/{template.id}/preflight", {"values": values}
        told: dict[str, object] = client_of_editor.post(path, body, content_type="application/json").json()
        return told

    change_template(template.id, actor=actor, document_type="", standards=[])
    assert look()["asked_for"] == []
    change_template(template.id, actor=actor, document_type="backup-policy", standards=["iso-27001-2022"])
    empty = look()
    assert empty["asked_for"] == ["document_number", "version", "approved_by"]
    reasons = [one["reason"] for section in empty["sections"] for one in section["fields"] if one["reason"]]  # type: ignore[attr-defined]
    assert set(reasons) == {"ISO/IEC 27001:2022, 7.5.2 asks for it in every document."}
    assert look(version="2")["asked_for"] == ["document_number", "approved_by"]
    page = client_of_editor.get(f"/templates/{template.id}/fill/").content.decode()
    assert page.count("7.5.2 asks for it in every document.") >= 3
