"""The pages: what they show to whom, and the forms without JavaScript."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.test.utils import CaptureQueriesContext

from accounts_app.access import Actor
from accounts_app.models import Customer
from jobs_app.choices import JobStatus
from jobs_app.jobs import cancel_job
from templates_app.documents import create_document
from templates_app.drafting import MAX_DRAFTS
from templates_app.models import Document, Template, TemplateField
from templates_app.sample import sample_template
from templates_app.templates import archive_template, upload_template
from tests.templates_app.bad_files import BAD_FILES
from tests.templates_app.test_values import PNG

pytestmark = pytest.mark.django_db
HTMX = {"HX-Request": "true"}


def word_file() -> SimpleUploadedFile:
    return SimpleUploadedFile("form.docx", sample_template())


def page(client: Client, path: str, status: int = 200, *, headers: dict[str, str] | None = None) -> str:
    response = client.get(path, headers=headers)
    assert response.status_code == status, response.content[:500]
    return response.content.decode()


# --- templates ------------------------------------------------------------------------------------------------------


def test_the_list_shows_each_template_and_the_way_in(client_of_editor: Client, template: Template) -> None:
    shown = page(client_of_editor, "/")
    assert template.name in shown and "iso-9001-2015" in shown and 'data-status="ready"' in shown
    assert 'type="file"' in shown and f"/templates/{template.id}/fill/" in shown


def test_the_list_alone_for_htmx(client_of_editor: Client, template: Template) -> None:
    shown = page(client_of_editor, "/?q=supplier", headers=HTMX)
    assert template.name in shown and "<html" not in shown
    assert "Nothing found" in page(client_of_editor, "/?q=invoice", headers=HTMX)
    assert "<html" in page(client_of_editor, "/", headers=HTMX | {"HX-History-Restore-Request": "true"})


def test_an_empty_list_says_what_to_do(client_of_editor: Client) -> None:
    assert "No templates yet" in page(client_of_editor, "/")


def test_a_viewer_cannot_upload_edit_or_fill(client_of_viewer: Client, template: Template) -> None:
    assert 'type="file"' not in page(client_of_viewer, "/")
    shown = page(client_of_viewer, f"/templates/{template.id}/")
    assert "/fields/" not in shown and "Read again" not in shown
    page(client_of_viewer, f"/templates/{template.id}/fill/", 403)
    assert client_of_viewer.post(f"/templates/{template.id}/parse/").status_code == 403


@pytest.mark.parametrize("path", ["", "file/", "preview/", "fill/", "fields/version/"])
def test_strangers_see_nothing_and_visitors_sign_in(
    client_of_stranger: Client, client: Client, template: Template, path: str
) -> None:
    page(client_of_stranger, f"/templates/{template.id}/{path}", 404)
    response = client.get(f"/templates/{template.id}/{path}")
    assert response.status_code == 302 and "/sign-in/" in response["Location"]


def test_lists_take_the_same_queries_however_long(
    client_of_editor: Client,
    template: Template,
    actor: Actor,
    customer: Customer,
    django_assert_max_num_queries: Callable[[int], CaptureQueriesContext],
) -> None:
    for number in range(4):
        upload_template(actor=actor, customer_id=customer.id, file=SimpleUploadedFile("x.docx", sample_template()))
        create_document(actor=actor, template_id=template.id, name=str(number), values={})
    with django_assert_max_num_queries(9):
        page(client_of_editor, "/")
    with django_assert_max_num_queries(7):
        page(client_of_editor, "/documents/")
    with django_assert_max_num_queries(10):
        page(client_of_editor, f"/templates/{template.id}/")


def test_several_files_are_each_taken_or_refused(client_of_editor: Client) -> None:
    files = [
        SimpleUploadedFile("one.docx", sample_template()),
        SimpleUploadedFile("bad.docx", BAD_FILES["text"][0]),
        SimpleUploadedFile("two.docx", sample_template()),
    ]
    response = client_of_editor.post("/templates/upload/", {"file": files, "standard": "ISO 9001"}, follow=True)
    shown = response.content.decode()
    assert Template.objects.count() == 2 and "bad.docx: This is not a Word file" in shown
    assert set(Template.objects.values_list("standard", flat=True)) == {"ISO 9001"}
    unknown = client_of_editor.post("/templates/upload/", {"file": word_file(), "standard": "zzz"}, follow=True)
    assert "There is no standard" in unknown.content.decode() and Template.objects.count() == 2
    assert "Choose at least one" in client_of_editor.post("/templates/upload/", follow=True).content.decode()


def test_one_uploaded_file_leads_to_its_page(client_of_editor: Client) -> None:
    file = SimpleUploadedFile("one.docx", sample_template())
    response = client_of_editor.post("/templates/upload/", {"file": file})
    assert response["Location"] == f"/templates/{Template.objects.get().id}/"


def test_a_template_on_its_way_is_followed(client_of_editor: Client, uploaded: Template) -> None:
    shown = page(client_of_editor, f"/templates/{uploaded.id}/")
    assert f'data-follow-job="{uploaded.parse_job_id}"' in shown and "workbench" not in shown
    assert f'data-follow-job="{uploaded.parse_job_id}"' in page(client_of_editor, "/")


def test_a_template_that_was_not_read_says_so(client_of_editor: Client, uploaded: Template, actor: Actor) -> None:
    cancel_job(uploaded.parse_job_id, actor=actor)  # type: ignore[arg-type]
    assert "Reading was cancelled." in page(client_of_editor, f"/templates/{uploaded.id}/")
    assert client_of_editor.post(f"/templates/{uploaded.id}/parse/").status_code == 302
    assert "is being read" in page(client_of_editor, f"/templates/{uploaded.id}/")


def test_a_template_shows_outline_preview_and_fields(client_of_editor: Client, template: Template) -> None:
    shown = page(client_of_editor, f"/templates/{template.id}/")
    assert "What is supplied" in shown and 'id="field-company_name"' in shown
    assert 'data-field="company_name"' in page(client_of_editor, f"/templates/{template.id}/preview/", headers=HTMX)


def test_uncertain_fields_are_marked(client_of_editor: Client, template: Template) -> None:
    template.fields.filter(key="version").update(confidence=0.5)
    shown = page(client_of_editor, f"/templates/{template.id}/")
    assert "Only the 1 unsure" in shown and shown.count("data-unsure") == 1


def test_the_upload_takes_what_the_api_takes(client_of_editor: Client) -> None:
    shown = page(client_of_editor, "/")
    assert 'name="allow_questions"' in shown and 'name="provider"' in shown and "ISO 9001:2015" in shown
    told = {
        "name": "Order", "standard": "iso-9001-2015", "custom_rules": "H1", "provider": "openai", "priority": "8",
        "allow_questions": "true",
    }
    client_of_editor.post("/templates/upload/", {"file": word_file(), **told})
    made = Template.objects.select_related("parse_job").get()
    assert (made.name, made.standards, made.provider, made.allow_questions) == (
        "Order", ["iso-9001-2015"], "openai", True,
    )
    assert made.parse_job is not None and made.parse_job.priority == 8
    for priority in ("high", "11", "²"):
        wrong = client_of_editor.post("/templates/upload/", {"file": word_file(), "priority": priority}, follow=True)
        assert "Priority is a number from 0 to 10." in wrong.content.decode()
    client_of_editor.post("/templates/upload/", {"file": [word_file(), word_file()], "name": "Both"})
    assert Template.objects.filter(name="Both").count() == 0 and Template.objects.count() == 3


def test_name_and_reading_are_set_on_the_page(
    client_of_editor: Client, client_of_viewer: Client, client_of_stranger: Client, template: Template
) -> None:
    path = f"/templates/{template.id}/settings/"
    told = {"name": "New name", "custom_rules": "One\r\ntwo", "provider": "openai", "allow_questions": "true"}
    assert client_of_viewer.post(path, told).status_code == 403
    assert client_of_stranger.post(path, told).status_code == 404
    shown = client_of_editor.post(path, told, follow=True).content.decode()
    assert "Saved." in shown and "New name" in shown and '<option value="openai" selected>' in shown
    template.refresh_from_db()
    assert (template.custom_rules, template.provider, template.allow_questions) == ("One\ntwo", "openai", True)
    assert template.status == JobStatus.COMPLETED
    wrong = client_of_editor.post(path, told | {"name": "a\u202e"}, follow=True).content.decode()
    assert "at most 200 printable characters" in wrong
    client_of_editor.post(path, {"name": "New name", "custom_rules": "Three", "read": "again"})
    read = Template.objects.select_related("parse_job").get(id=template.id)
    assert (read.status, read.custom_rules, read.allow_questions) == (JobStatus.PENDING, "Three", False)
    busy = client_of_editor.post(path, {"name": "Newer", "custom_rules": "Four"}, follow=True).content.decode()
    assert "is being read or changed" in busy and Template.objects.get(id=template.id).name == "New name"


def test_an_archived_template_can_be_seen_and_restored(
    client_of_manager: Client, client_of_editor: Client, template: Template
) -> None:
    assert client_of_manager.post(f"/templates/{template.id}/archive/").status_code == 302
    assert "was archived on" in page(client_of_editor, f"/templates/{template.id}/")
    assert template.name not in page(client_of_editor, "/") and template.name in page(client_of_editor, "/?archived=1")
    page(client_of_editor, f"/templates/{template.id}/fill/", 409)
    assert client_of_manager.post(f"/templates/{template.id}/restore/").status_code == 302
    page(client_of_editor, f"/templates/{template.id}/fill/")


def test_editing_a_field_in_the_page(client_of_editor: Client, template: Template) -> None:
    path = f"/templates/{template.id}/fields/version/"
    assert "<form" in page(client_of_editor, path, headers=HTMX) and "<html" not in page(
        client_of_editor, path, headers=HTMX
    )
    form = {"label": "Issue", "type": "choice", "options": "1\n2\n", "hint": "", "required": "on"}
    saved = client_of_editor.post(path, form, headers=HTMX).content.decode()
    assert "Issue" in saved and "Required" in saved and "<form" not in saved
    assert template.fields.get(key="version").options == ["1", "2"]
    assert "Issue" in page(client_of_editor, path + "?line=1", headers=HTMX)


def test_editing_a_field_without_javascript(client_of_editor: Client, template: Template) -> None:
    path = f"/templates/{template.id}/fields/version/"
    assert "<html" in page(client_of_editor, path)
    wrong = client_of_editor.post(path, {"label": "Issue", "type": "choice", "options": " "})
    assert wrong.status_code == 422 and "needs at least one option" in wrong.content.decode()
    done = client_of_editor.post(path, {"label": "Issue", "type": "text"})
    assert done["Location"] == f"/templates/{template.id}/#field-version"


# --- filling --------------------------------------------------------------------------------------------------------


def test_the_form_has_an_input_for_each_field(client_of_editor: Client, template: Template) -> None:
    shown = page(client_of_editor, f"/templates/{template.id}/fill/")
    for key in template.fields.values_list("key", flat=True):
        assert f'id="v-{key}"' in shown, key
    assert 'type="date" id="v-date_of_issue"' in shown and 'placeholder="[Remarks]"' in shown
    assert 'name="v-findings.0.finding"' in shown and "<option>Medium</option>" not in shown
    assert 'type="radio" name="v-risk" value="Medium"' in shown
    assert "<code>**bold**</code>" in shown


def test_the_form_makes_a_document(client_of_editor: Client, template: Template) -> None:
    form = {
        "name": "Acme 2026",
        "v-company_name": "Acme",
        "v-date_of_issue": "2026-11-30",
        "v-version": " ",
        "v-kind_of_supply": "Service",
        "v-the_supplier_was_told_the_result": "1",
        "v-findings.0.finding": "Late",
        "v-findings.3.due_date": "",
        "v-findings.7.finding": "Wrong",
        "v-risk": "",
        "f-signature": SimpleUploadedFile("s.png", PNG),
    }
    response = client_of_editor.post(f"/templates/{template.id}/fill/", form)
    document = Document.objects.get()
    assert response["Location"] == f"/documents/{document.id}/"
    values = document.values
    assert (document.name, values["company_name"], values["date_of_issue"]) == ("Acme 2026", "Acme", "2026-11-30")
    assert [row["finding"] for row in values["findings"]] == ["Late", "Wrong"]
    assert values["the_supplier_was_told_the_result"] is True and False not in values.values()
    assert values["signature"]["base64"] and not {"version", "risk"} & values.keys()


def test_a_box_that_nobody_answered_has_no_value(client_of_editor: Client, template: Template) -> None:
    path, boxes = f"/templates/{template.id}/fill/", template.fields.filter(type="checkbox")
    told, other, third = boxes.values_list("key", flat=True)[:3]
    boxes.filter(key=third).update(marker="\u2612")
    shown = page(client_of_editor, path)
    assert f'name="v-{third}" value="1" checked' in shown and f'name="v-{told}" value="" checked' in shown
    form = {f"v-{told}": "1", f"v-{other}": "0", f"v-{third}": "", "v-number_of_deliveries_last_year": "many"}
    shown = client_of_editor.post(path, form).content.decode()
    for key, answer in ((told, "1"), (other, "0"), (third, "")):
        assert f'name="v-{key}" value="{answer}" checked' in shown
    client_of_editor.post(path, form | {"v-number_of_deliveries_last_year": ""})
    document = Document.objects.get()
    assert document.values == {told: True, other: False} and set(document.origins) == {told, other}


def test_a_form_sent_twice_makes_one_document_and_a_changed_one_another(
    client_of_editor: Client, template: Template
) -> None:
    path = f"/templates/{template.id}/fill/"
    once = page(client_of_editor, path).split('name="once" value="')[1].split('"')[0]
    wrong = {"once": once, "v-company_name": "Acme", "v-number_of_deliveries_last_year": "many"}
    assert f'name="once" value="{once}"' in client_of_editor.post(path, wrong).content.decode()
    form = {"once": once, "v-company_name": "Acme"}
    first, again = (client_of_editor.post(path, form)["Location"] for _ in range(2))
    assert first == again and Document.objects.count() == 1
    assert client_of_editor.post(path, form | {"v-company_name": "Globex"})["Location"] != first
    assert page(client_of_editor, path).split('name="once" value="')[1].split('"')[0] != once


def test_wrong_values_are_said_beside_the_fields_and_nothing_is_lost(
    client_of_editor: Client, template: Template
) -> None:
    form = {
        "name": "Acme 2026",
        "v-company_name": "Acme <b>",
        "v-number_of_deliveries_last_year": "many",
        "v-findings.0.finding": "Late",
        "v-findings.0.due_date": "soon",
        "f-signature": SimpleUploadedFile("s.bmp", b"BM"),
    }
    response = client_of_editor.post(f"/templates/{template.id}/fill/", form)
    shown = response.content.decode()
    assert response.status_code == 422 and not Document.objects.exists()
    assert "takes a number" in shown and 'value="many"' in shown and "Acme &lt;b&gt;" in shown
    assert "PNG, JPEG or GIF" in shown and ">Late<" in shown and 'value="Acme 2026"' in shown


def test_a_picture_survives_another_fields_error(client_of_editor: Client, template: Template) -> None:
    form = {"v-number_of_deliveries_last_year": "many", "f-signature": SimpleUploadedFile("s.png", PNG)}
    shown = client_of_editor.post(f"/templates/{template.id}/fill/", form).content.decode()
    kept = shown.split('name="k-signature" value="')[1].split('"')[0]
    client_of_editor.post(f"/templates/{template.id}/fill/", {"k-signature": kept})
    assert Document.objects.get().values["signature"] == {"base64": kept}


def test_fields_without_a_value_may_be_refused(client_of_editor: Client, template: Template) -> None:
    path = f"/templates/{template.id}/fill/"
    assert '<option value="list" selected>' in page(client_of_editor, path)
    form = {"v-company_name": "Acme", "on_unfilled": "refuse"}
    refused = client_of_editor.post(path, form)
    shown = refused.content.decode()
    assert refused.status_code == 422 and "have no value" in shown and '<option value="refuse" selected>' in shown
    assert not Document.objects.exists()
    assert client_of_editor.post(path, form | {"incomplete": "1"}).status_code == 302
    round_page = f"/templates/{template.id}/customers/"
    sent = client_of_editor.post(round_page, {"customer": ["acme"], "on_unfilled": "refuse"})
    assert sent.status_code == 422 and "have no value" in sent.content.decode()
    assert client_of_editor.post(round_page, {"customer": ["acme"], "on_unfilled": "keep"}).status_code == 302


def test_what_must_be_filled_is_asked_for_once(client_of_editor: Client, template: Template) -> None:
    template.fields.filter(key="version").update(required=True)
    path = f"/templates/{template.id}/fill/"
    response = client_of_editor.post(path, {"v-company_name": "Acme"})
    shown = response.content.decode()
    assert response.status_code == 422 and "This must be filled." in shown and 'name="incomplete"' in shown
    assert client_of_editor.post(path, {"v-company_name": "Acme", "incomplete": "1"}).status_code == 302
    assert client_of_editor.post(path, {"v-version": "1"}).status_code == 302


def test_texts_beyond_what_is_drafted_at_once_are_asked_for(client_of_editor: Client, template: Template) -> None:
    last = template.fields.order_by("-ordinal").values_list("ordinal", flat=True)[0]
    TemplateField.objects.bulk_create(
        TemplateField(
            customer_id=template.customer_id, template=template, ordinal=last + number, key=f"text_{number}",
            label=f"Text {number}", type="long_text", required=True, places=[], parsed={}, confidence=1,
        )
        for number in range(1, MAX_DRAFTS + 2)
    )  # fmt: skip
    response = client_of_editor.post(f"/templates/{template.id}/fill/", {"v-company_name": "Acme", "draft": "1"})
    shown = response.content.decode()
    assert response.status_code == 422 and "This must be filled." in shown and 'value="Acme"' in shown


def test_more_rows_without_javascript(client_of_editor: Client, template: Template) -> None:
    form = {"v-findings.0.finding": "Late", "more_rows": "findings", "v-company_name": "Acme"}
    shown = client_of_editor.post(f"/templates/{template.id}/fill/", form).content.decode()
    assert 'name="v-findings.2.finding"' in shown and ">Late<" in shown and 'value="Acme"' in shown


def test_filling_again_starts_from_an_older_document(
    client_of_editor: Client, template: Template, actor: Actor
) -> None:
    values = {"company_name": "Acme", "findings": [{"finding": "Late"}], "the_supplier_was_told_the_result": True}
    document = create_document(actor=actor, template_id=template.id, name="x", values=values)
    shown = page(client_of_editor, f"/templates/{template.id}/fill/?from={document.id}")
    assert 'value="Acme"' in shown and ">Late<" in shown
    page(client_of_editor, f"/templates/{template.id}/fill/?from=0", 404)


def test_a_form_of_thousands_of_fields_is_shown_and_taken(client_of_editor: Client, template: Template) -> None:
    TemplateField.objects.bulk_create(
        TemplateField(
            customer_id=template.customer_id,
            template=template,
            ordinal=1_000 + number,
            key=f"extra_{number}",
            label=f"Extra {number}",
            type="text",
            places=[{"part": "word/document.xml", "p": number, "start": 0, "end": 0}],
        )
        for number in range(4_000)
    )
    path = f"/templates/{template.id}/fill/"
    assert page(client_of_editor, path).count('id="v-extra_') == 4_000
    form = {f"v-extra_{number}": "x" for number in range(4_000)}
    assert client_of_editor.post(path, form).status_code == 302
    assert len(Document.objects.get().values) >= 4_000


# --- documents ------------------------------------------------------------------------------------------------------


def test_documents_are_listed_and_shown(client_of_viewer: Client, template: Template, actor: Actor) -> None:
    values = {
        "company_name": "Acme",
        "date_of_issue": "2026-11-30",
        "findings": [{"finding": "Late"}],
        "the_supplier_was_told_the_result": True,
    }
    document = create_document(actor=actor, template_id=template.id, name="Acme 2026", values=values)
    assert "Acme 2026" in page(client_of_viewer, "/documents/")
    assert "Acme 2026" in page(client_of_viewer, "/documents/?q=acme", headers=HTMX)
    shown = page(client_of_viewer, f"/documents/{document.id}/")
    for text in (
        "Company name",
        "Acme",
        "30 Nov 2026",
        "Late",
        "☒ Yes",
        "Left empty",
        f'data-follow-job="{document.job_id}"',
    ):
        assert text in shown
    assert "Fill again" not in shown
    page(client_of_viewer, f"/documents/{document.id}/file/", 409)


def test_values_of_fields_that_are_gone_are_still_shown(
    client_of_viewer: Client, template: Template, actor: Actor
) -> None:
    document = create_document(actor=actor, template_id=template.id, name="x", values={"version": "7b"})
    template.fields.filter(key="version").delete()
    assert "7b" in page(client_of_viewer, f"/documents/{document.id}/")


def test_documents_of_others_are_not_there(client_of_stranger: Client, template: Template, actor: Actor) -> None:
    document = create_document(actor=actor, template_id=template.id, name="Acme 2026", values={})
    assert "Acme 2026" not in page(client_of_stranger, "/documents/")
    page(client_of_stranger, f"/documents/{document.id}/", 404)


def test_a_document_of_an_archived_template_stays(
    client_of_editor: Client, template: Template, actor: Actor, manager_actor: Actor
) -> None:
    document = create_document(actor=actor, template_id=template.id, name="x", values={})
    archive_template(template.id, actor=manager_actor)
    assert "Fill again" not in page(client_of_editor, f"/documents/{document.id}/")


@pytest.mark.parametrize("path", ["/", "/documents/", "/templates/{}/", "/templates/{}/fill/"])
def test_no_inline_scripts_styles_or_foreign_addresses(client_of_editor: Client, template: Template, path: str) -> None:
    shown = page(client_of_editor, path.format(template.id))
    assert " style=" not in shown and "<style" not in shown and " onclick" not in shown
    assert all('src="' in tag for tag in shown.split("<script")[1:]) and "https://" not in shown
