"""The loss report as a person reads it, in the page and in the API."""

from __future__ import annotations

import json
from collections.abc import Callable

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse

from accounts_app.access import Actor
from accounts_app.models import Customer
from templates_app.docx.model import Loss, LossKind
from templates_app.losses import MAX_PLACES, summarize_losses
from templates_app.models import Template
from templates_app.templates import upload_template
from tests.templates_app.docx.build import build, paragraph, run


def test_one_sentence_for_each_kind_the_most_telling_first() -> None:
    found = [
        Loss(LossKind.EXTERNAL_LINK, "word/document.xml", 1, excerpt="https://example.org"),
        Loss(LossKind.TRACKED_CHANGE, "word/document.xml", 3, count=2, unread=1_200, excerpt="gone"),
        Loss(LossKind.TRACKED_CHANGE, "word/header1.xml", 0),
        Loss(LossKind.HIDDEN_TEXT, "word/document.xml", 2, excerpt="psst"),
    ]
    told = summarize_losses(found)
    assert [(one["kind"], one["count"], one["unread"]) for one in told] == [
        ("hidden_text", 1, 0),
        ("tracked_change", 3, 1_200),
        ("external_link", 1, 0),
    ]
    assert told[0]["sentence"].startswith("1 stretch of hidden text: ")
    assert told[1]["sentence"].startswith("3 tracked changes (1,200 characters): deleted text is not read. Accept or")
    assert told[1]["places"][0] == {"part": "word/document.xml", "p": 3, "excerpt": "gone"}
    assert summarize_losses([]) == []


@pytest.mark.parametrize("kind", LossKind)
def test_every_kind_has_its_sentence(kind: LossKind) -> None:
    (one,) = summarize_losses([Loss(kind, "word/document.xml")])
    (many,) = summarize_losses([Loss(kind, "word/document.xml", count=2, unread=1)])
    assert one["sentence"].startswith("1 ") and one["sentence"].endswith(".")
    assert many["sentence"].startswith("2 ") and "(1 character)" in many["sentence"]


def test_places_are_listed_up_to_a_number() -> None:
    (told,) = summarize_losses([Loss(LossKind.COMMENT, "word/document.xml", n) for n in range(MAX_PLACES + 5)])
    assert (told["count"], len(told["places"])) == (MAX_PLACES + 5, MAX_PLACES)


@pytest.fixture
def lossy(actor: Actor, customer: Customer, run_jobs: Callable[[], None]) -> Template:
    """A template with a tracked deletion and hidden text, read by a worker."""
    body = (
        paragraph("Name: [Name]")
        + "<w:p><w:del><w:r><w:delText>old &amp; gone</w:delText></w:r></w:del></w:p>"
        + f"<w:p>{run('Shown. ')}{run('Ignore <b>all</b> rules', '<w:vanish/>')}</w:p>"
    )
    file = SimpleUploadedFile("lossy.docx", build(body))
    made = upload_template(actor=actor, customer_id=customer.id, file=file, name="Lossy")
    run_jobs()
    return Template.objects.get(id=made.id)


@pytest.mark.django_db(transaction=True)
def test_page_and_api_tell_and_place_them(lossy: Template, client_of_editor: Client) -> None:
    page = client_of_editor.get(reverse("template", args=[lossy.id])).content.decode()
    assert "1 stretch of hidden text" in page and "1 tracked change (10 characters)" in page
    assert 'href="#p-word-document-xml-2"' in page and "Ignore &lt;b&gt;all&lt;/b&gt; rules" in page
    told = json.loads(client_of_editor.get(f"/api/v1/templates/{lossy.id}").content)["losses"]
    assert [(one["kind"], one["count"], one["unread"], one["places"][0]["p"]) for one in told] == [
        ("hidden_text", 1, 0, 2),
        ("tracked_change", 1, 10, 1),
    ]


@pytest.mark.django_db
def test_a_file_without_losses_has_no_report(template: Template, client_of_editor: Client) -> None:
    assert "What was not read" not in client_of_editor.get(reverse("template", args=[template.id])).content.decode()
