"""A document is made of the template as it was asked for, whatever becomes of the template before its job runs."""

from __future__ import annotations

import io

import docx
import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from accounts_app.access import Actor
from accounts_app.models import Customer, User
from jobs_app.artifacts import read_bytes
from jobs_app.choices import JobStatus
from jobs_app.models import Artifact
from llm_app.scripted.provider import ScriptedProvider
from llm_app.scripted.script import answering
from templates_app.batches import create_batch
from templates_app.documents import Wishes, create_document, prepare
from templates_app.drafts import decide_draft
from templates_app.errors import TemplateChanged
from templates_app.fields import edit_field
from templates_app.models import Document, Template
from templates_app.pinning import FORM_ENTITY, pin_template
from templates_app.rounds import make_round
from templates_app.templates import reparse_template
from tests.templates_app.conftest import read_file
from tests.templates_app.test_generation import fresh, scripted, text_of, work, wrote  # noqa: F401 - a fixture
from tests.templates_app.test_versions import upload_again

pytestmark = pytest.mark.django_db(transaction=True)


def report(*lines: str) -> bytes:
    opened, made = docx.Document(), io.BytesIO()
    opened.add_heading("Scope", 1)
    for line in lines:
        opened.add_paragraph(line)
    opened.save(made)
    return made.getvalue()


@pytest.fixture
def template(actor: Actor, customer: Customer) -> Template:
    scope = "Remarks: [Describe the scope of the management system]"
    data = report("The first edition.", "Customer: [Customer name]", scope)
    return read_file(data, actor=actor, customer=customer, name="report.docx")


def upload_another(template: Template, actor: Actor) -> Template:
    """One without the field for remarks, and with its only field at another place."""
    changed = upload_again(template, actor, report("The second edition.", "More.", "More.", "Buyer: [Customer name]"))
    assert changed.status == JobStatus.COMPLETED and changed.fields.count() == 1
    return changed


def remarks(template: Template) -> str:
    return template.fields.get(type="long_text").key


def test_a_text_accepted_after_the_template_changed_goes_into_the_file_it_was_asked_for(
    template: Template, actor: Actor, scripted: ScriptedProvider, client_of_editor: Client  # noqa: F811
) -> None:
    scripted.set_script(answering(wrote("Pumps at two sites.")))
    key, asked_for = remarks(template), template.file_sha256
    wishes = Wishes(draft=[key])
    made = create_document(
        actor=actor, template_id=template.id, name="x", values={"customer_name": "Acme"}, wishes=wishes
    )
    work()
    upload_another(template, actor)
    decide_draft(made.id, key, "accepted", actor=actor)
    work()
    done = fresh(made)
    assert done.status == JobStatus.COMPLETED, done.job and done.job.error_message
    text = text_of(done)
    assert "The first edition." in text and "Customer: Acme" in text and "Pumps at two sites." in text
    assert done.template_sha256 == asked_for and done.checks["findings"] == [] and done.unfilled == []
    page = client_of_editor.get(f"/documents/{made.id}/").content.decode()
    assert "No longer in the template" not in page and "Pumps at two sites." in page


def test_rows_and_rounds_that_wait_are_made_of_what_they_were_asked_for(template: Template, actor: Actor) -> None:
    table = SimpleUploadedFile("rows.csv", f"customer_name,{remarks(template)}\nAcme,One\nGlobex,Two\n".encode())
    batch = create_batch(actor=actor, template_id=template.id, file=table)
    made = make_round(actor=actor, template_id=template.id, customers=[template.customer.slug]).documents
    assert Artifact.objects.filter(entity_type=FORM_ENTITY).count() == 1, "one form of the template serves them all"
    edit_field(template.id, "customer_name", {"type": "number"}, actor=actor)
    upload_another(template, actor)
    work()
    documents = [*batch.documents.order_by("row"), *made]
    for document, words in zip(documents, ("Customer: Acme", "Customer: Globex", "[Customer name]"), strict=True):
        done = fresh(document)
        assert done.status == JobStatus.COMPLETED and done.failure == ""
        assert "The first edition." in text_of(done) and words in text_of(done)
        assert done.template_file is not None and read_bytes(done.template_file) == read_bytes(template.file)


def test_fields_and_file_of_different_readings_are_never_taken_together(
    template: Template, actor: Actor, editor: User
) -> None:
    before = Template.objects.get(id=template.id)
    prepared = prepare(before, {}, Wishes(), actor=actor)
    reparse_template(template.id, actor=actor)
    work()
    with pytest.raises(TemplateChanged, match="read anew"):
        pin_template(before, prepared.fields)
    assert not Document.objects.exists()
