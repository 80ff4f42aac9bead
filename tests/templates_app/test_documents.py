"""Documents as functions: made of a template and values, found, filled again."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from django.db.models.functions import Now

from accounts_app.access import Actor, actor_for
from accounts_app.errors import BadInput, NotAllowed, NotFound
from accounts_app.models import User
from jobs_app import jobs
from jobs_app.errors import IdempotencyConflict
from jobs_app.models import Job
from templates_app.choices import OnUnfilled
from templates_app.documents import (
    Wishes,
    create_document,
    finished_file,
    search_documents,
    values_to_take_over,
)
from templates_app.errors import BadValues, DocumentNotReady, MissingValues, TemplateArchived, TemplateNotReady
from templates_app.models import Document, Template
from templates_app.preflight import missing_required
from templates_app.templates import archive_template

pytestmark = pytest.mark.django_db
VALUES = {"company_name": "Acme Ltd", "version": "1", "decision": "Approved"}


def test_a_document_and_its_job_come_together(template: Template, actor: Actor, editor: User) -> None:
    document = create_document(actor=actor, template_id=template.id, name=" Acme\n2026 ", values=VALUES)
    assert (document.name, document.values, document.created_by) == ("Acme 2026", VALUES, editor)
    assert document.template_sha256 == template.file_sha256
    assert document.job is not None and document.job.subject_id == document.id
    assert create_document(actor=actor, template_id=template.id, name="", values={}).name == template.name


def test_wrong_values_make_nothing(template: Template, actor: Actor) -> None:
    with pytest.raises(BadValues) as refused:
        create_document(actor=actor, template_id=template.id, name="x", values={"nope": "1", "date_of_issue": "soon"})
    assert set(refused.value.details) == {"nope", "date_of_issue"}
    assert not Document.objects.exists() and not Job.objects.filter(workflow="document.generate").exists()


def test_fields_without_a_value_are_listed_passed_over_or_refused(
    template: Template, actor: Actor, run_jobs: Callable[[], None]
) -> None:
    listed, kept = (
        create_document(actor=actor, template_id=template.id, name="x", values=VALUES, wishes=Wishes(on_unfilled=how))
        for how in (OnUnfilled.LIST, OnUnfilled.KEEP)
    )
    with pytest.raises(BadValues) as refused:
        refuse = Wishes(on_unfilled=OnUnfilled.REFUSE)
        create_document(actor=actor, template_id=template.id, name="x", values=VALUES, wishes=refuse)
    run_jobs()
    listed.refresh_from_db()
    kept.refresh_from_db()
    assert set(listed.unfilled) == set(refused.value.details) == {f.key for f in template.fields.all()} - set(VALUES)
    assert kept.file and listed.file
    assert kept.unfilled == [] and kept.file.blob_id == listed.file.blob_id
    assert Document.objects.count() == 2


@pytest.mark.parametrize("name", ["n" * 201, "a\x00b", "a\u202eb"])
def test_a_name_no_file_should_have_is_refused(template: Template, actor: Actor, name: str) -> None:
    with pytest.raises(BadInput, match="name"):
        create_document(actor=actor, template_id=template.id, name=name, values={})


def test_the_same_key_again_gets_the_same_document(template: Template, actor: Actor) -> None:
    first, second = (
        create_document(actor=actor, template_id=template.id, name="x", values=VALUES, idempotency_key="k")
        for _ in range(2)
    )
    assert first == second and Document.objects.count() == 1
    with pytest.raises(IdempotencyConflict):
        create_document(actor=actor, template_id=template.id, name="y", values=VALUES, idempotency_key="k")


def test_the_same_key_gets_its_document_whatever_has_become_of_the_template(template: Template, actor: Actor) -> None:
    first = create_document(actor=actor, template_id=template.id, name="x", values={}, idempotency_key="k")
    template.fields.update(required=True)
    assert create_document(actor=actor, template_id=template.id, name="x", values={}, idempotency_key="k") == first
    Template.objects.update(archived_at=Now())
    assert create_document(actor=actor, template_id=template.id, name="x", values={}, idempotency_key="k") == first
    with pytest.raises(TemplateArchived):
        create_document(actor=actor, template_id=template.id, name="x", values={}, idempotency_key="other")


def test_who_and_what_cannot_be_filled(
    uploaded: Template, viewer: User, stranger: User, actor: Actor, manager_actor: Actor
) -> None:
    def fill(who: Actor) -> None:
        create_document(actor=who, template_id=uploaded.id, name="x", values={})

    with pytest.raises(TemplateNotReady):
        fill(actor)
    with pytest.raises(NotAllowed):
        fill(actor_for(viewer))
    with pytest.raises(NotFound):
        fill(actor_for(stranger))
    archive_template(uploaded.id, actor=manager_actor)
    with pytest.raises(TemplateArchived):
        fill(actor)


def test_an_unfinished_document_says_why_it_has_no_file(template: Template, actor: Actor) -> None:
    document = create_document(actor=actor, template_id=template.id, name="x", values={})
    with pytest.raises(DocumentNotReady, match="still being made"):
        finished_file(document)
    jobs.cancel_job(document.job_id, actor=actor)  # type: ignore[arg-type]
    with pytest.raises(DocumentNotReady, match="cancelled"):
        finished_file(Document.objects.select_related("job").get(id=document.id))


def test_search_leaves_the_values_where_they_are(template: Template, actor: Actor, stranger: User) -> None:
    document = create_document(actor=actor, template_id=template.id, name="Acme 2026", values=VALUES)
    for found in ({"q": "acme"}, {"q": "supplier"}, {"template_id": template.id}, {"status": "pending"}):
        (one,) = search_documents(actor, **found)
        assert one == document and "values" in one.get_deferred_fields()
    assert not search_documents(actor, q="globex").exists()
    assert not search_documents(actor_for(stranger)).exists()


def test_values_are_taken_over_where_they_still_fit(template: Template, actor: Actor) -> None:
    document = create_document(actor=actor, template_id=template.id, name="x", values=VALUES | {"risk": "Low"})
    template.fields.filter(key="version").delete()
    template.fields.filter(key="risk").update(options=["None", "Some"])
    fields = list(template.fields.all())
    assert values_to_take_over(document, fields) == {"company_name": "Acme Ltd", "decision": "Approved"}


def test_an_entry_that_asks_to_choose_fills_nothing(template: Template, actor: Actor) -> None:
    risk = template.fields.get(key="risk")
    template.fields.filter(key="risk").update(required=True, options=["Choose an item.", *risk.options])
    with pytest.raises(MissingValues):
        create_document(actor=actor, template_id=template.id, name="x", values={"risk": "Choose an item."})


def test_what_must_be_filled_is_named_and_a_partial_document_asked_for(template: Template, actor: Actor) -> None:
    template.fields.filter(key__in=["company_name", "version", "the_supplier_was_told_the_result"]).update(
        required=True
    )
    fields = list(template.fields.all())
    missing = missing_required(fields, {"version": "1", "the_supplier_was_told_the_result": False})
    assert [field.key for field in missing] == ["company_name", "the_supplier_was_told_the_result"]
    with pytest.raises(MissingValues) as refused:
        create_document(actor=actor, template_id=template.id, name="x", values={"version": "1"})
    assert set(refused.value.details) == {"company_name", "the_supplier_was_told_the_result"}
    assert "Company name" in refused.value.user_message and not Document.objects.exists()
    partial = Wishes(partial=True)
    assert create_document(actor=actor, template_id=template.id, name="x", values={}, wishes=partial).job is not None
