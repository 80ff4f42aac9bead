"""Templates as functions: upload, read again, archive, find."""

from __future__ import annotations

import pytest
from django.conf import LazySettings
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import IntegrityError, transaction

from accounts_app.access import Actor, actor_for
from accounts_app.errors import BadInput, NotAllowed, NotFound, TooLarge
from accounts_app.models import AuditEntry, Customer, User
from jobs_app.artifacts import store_bytes
from jobs_app.choices import JobStatus
from jobs_app.errors import IdempotencyConflict
from jobs_app.models import Artifact, Job
from templates_app.documents import checked_document_name
from templates_app.errors import TemplateArchived, WordFileRefused
from templates_app.models import Template
from templates_app.sample import sample_template
from templates_app.templates import (
    archive_template,
    find_parsed_copy,
    get_whole_template,
    reparse_template,
    restore_template,
    search_templates,
    upload_template,
)
from tests.templates_app.bad_files import BAD_FILES

pytestmark = pytest.mark.django_db


def word_file(name: str = "form.docx", data: bytes | None = None) -> SimpleUploadedFile:
    return SimpleUploadedFile(name, sample_template() if data is None else data)


def test_an_upload_makes_file_template_and_job_together(uploaded: Template, editor: User) -> None:
    job = uploaded.parse_job
    assert job is not None and job.status == JobStatus.PENDING
    assert (job.workflow, job.subject_id, job.created_by) == ("template.parse", uploaded.id, editor)
    assert uploaded.file.blob_id == uploaded.file_sha256
    assert (uploaded.file.entity_type, uploaded.file.entity_id) == ("template", uploaded.id)
    assert AuditEntry.objects.filter(action="template.uploaded", subject_id=str(uploaded.id)).exists()
    assert not uploaded.is_ready


@pytest.mark.parametrize("kind", BAD_FILES)
def test_a_bad_file_is_refused_with_a_sentence_and_leaves_nothing(actor: Actor, customer: Customer, kind: str) -> None:
    data, code = BAD_FILES[kind]
    with pytest.raises(WordFileRefused) as refused:
        upload_template(actor=actor, customer_id=customer.id, file=word_file("report.docx", data))
    assert refused.value.code == code
    assert refused.value.user_message.endswith(".") and refused.value.http_status == 422
    assert not (Template.objects.exists() or Job.objects.exists() or Artifact.objects.exists())


def test_too_large_is_refused_before_it_is_looked_at(actor: Actor, customer: Customer, settings: LazySettings) -> None:
    settings.MAX_UPLOAD_BYTES = 20_000
    with pytest.raises(TooLarge, match="larger than 20 kB"):
        upload_template(actor=actor, customer_id=customer.id, file=word_file())
    assert not Artifact.objects.exists()


@pytest.mark.parametrize(
    ("name", "kept"),
    [
        ("form.docx", "form.docx"),
        ("FORM.DOCX", "FORM.DOCX"),
        ("old.doc", "old.docx"),
        ("no suffix", "no suffix.docx"),
        ("version 1.2", "version 1.2.docx"),
        ("macro.docm", "macro.docx"),
        ("a\tb\u202e \x07c\u200d.docx", "a b c.docx"),
        ("\u202e.docx", ".docx.docx"),
    ],
)
def test_the_name_kept_has_the_suffix_of_the_content(actor: Actor, customer: Customer, name: str, kept: str) -> None:
    template = upload_template(actor=actor, customer_id=customer.id, file=word_file(name))
    assert template.file.filename == kept and checked_document_name(template.name) == template.name
    assert template.file.media_type.endswith("wordprocessingml.document")


@pytest.mark.parametrize(
    "wrong",
    [
        {"name": "n" * 201},
        {"name": "a\tb\u202e"},
        {"standard": "s" * 61},
        {"standard": "zzz"},
        {"custom_rules": "r" * 20_001},
        {"custom_rules": "H1\0"},
        {"provider": "p" * 101},
    ],
)
def test_words_too_long_not_printable_or_unknown_are_refused(
    actor: Actor, customer: Customer, wrong: dict[str, str]
) -> None:
    with pytest.raises(BadInput, match=r"at most|no standard 'zzz'; known are"):
        upload_template(actor=actor, customer_id=customer.id, file=word_file(), **wrong)  # type: ignore[arg-type]


@pytest.mark.parametrize("priority", [-1, 11])
def test_priority_is_0_to_10(actor: Actor, customer: Customer, priority: int) -> None:
    with pytest.raises(BadInput, match="0 to 10"):
        upload_template(actor=actor, customer_id=customer.id, file=word_file(), priority=priority)


def test_the_same_key_again_gets_the_same_template(actor: Actor, customer: Customer) -> None:
    first, second = (
        upload_template(actor=actor, customer_id=customer.id, file=word_file(), idempotency_key="k") for _ in range(2)
    )
    assert first == second and Job.objects.count() == 1 and Artifact.objects.count() == 1
    with pytest.raises(IdempotencyConflict):
        upload_template(actor=actor, customer_id=customer.id, file=word_file(), name="Other", idempotency_key="k")


def test_a_viewer_and_a_stranger_may_not_upload(viewer: User, stranger: User, customer: Customer) -> None:
    for user in (viewer, stranger):
        with pytest.raises(NotAllowed):
            upload_template(actor=actor_for(user), customer_id=customer.id, file=word_file())


def test_reading_again_starts_one_job_and_keeps_edits(template: Template, actor: Actor) -> None:
    again = reparse_template(template.id, actor=actor)
    assert again.parse_job_id != template.parse_job_id and again.is_ready
    assert reparse_template(template.id, actor=actor).parse_job_id == again.parse_job_id
    assert AuditEntry.objects.filter(action="template.reparsed").count() == 1


def test_archiving_needs_a_manager_and_is_safe_twice(template: Template, actor: Actor, manager_actor: Actor) -> None:
    with pytest.raises(NotAllowed):
        archive_template(template.id, actor=actor)
    for _ in range(2):
        archive_template(template.id, actor=manager_actor)
    assert AuditEntry.objects.filter(action="template.archived").count() == 1
    assert not search_templates(actor).exists() and search_templates(actor, archived=True).get() == template
    with pytest.raises(TemplateArchived):
        reparse_template(template.id, actor=actor)
    for _ in range(2):
        restore_template(template.id, actor=manager_actor)
    assert search_templates(actor).get() == template


def test_archiving_cancels_the_reading(uploaded: Template, manager_actor: Actor) -> None:
    archive_template(uploaded.id, actor=manager_actor)
    assert Job.objects.get().status == JobStatus.CANCELLED


def test_a_parsed_copy_is_found_for_its_customer_alone(
    template: Template, customer: Customer, other_customer: Customer, manager_actor: Actor
) -> None:
    assert find_parsed_copy(customer.id, template.file_sha256) == template
    assert find_parsed_copy(other_customer.id, template.file_sha256) is None
    archive_template(template.id, actor=manager_actor)
    assert find_parsed_copy(customer.id, template.file_sha256) is None


def test_an_unparsed_copy_does_not_count(uploaded: Template, customer: Customer) -> None:
    assert find_parsed_copy(customer.id, uploaded.file_sha256) is None


def test_search_looks_at_names_standard_and_status(template: Template, actor: Actor) -> None:
    for found in ({"q": "SUPPLIER"}, {"q": "9001"}, {"status": "completed"}, {"standard": "ISO-9001-2015"}):
        assert search_templates(actor, **found).count() == 1  # type: ignore[arg-type]
    for nothing in ({"q": "invoice"}, {"status": "failed"}, {"standard": "iso-27001"}):
        assert search_templates(actor, **nothing).count() == 0  # type: ignore[arg-type]


def test_a_stranger_sees_nothing(template: Template, stranger: User) -> None:
    actor = actor_for(stranger)
    assert not search_templates(actor).exists()
    with pytest.raises(NotFound):
        get_whole_template(template.id, actor=actor)


@pytest.mark.django_db(transaction=True)
def test_the_database_keeps_references_within_one_customer(template: Template, other_customer: Customer) -> None:
    theirs = store_bytes(b"x", customer_id=other_customer.id, filename="x", media_type="x/x", entity_type="x")
    for change in ({"customer": other_customer}, {"file": theirs}, {"parsed_file": theirs}):
        with pytest.raises(IntegrityError, match="same_customer"), transaction.atomic():
            Template.objects.filter(id=template.id).update(**change)
