"""Erasing: content goes, the log's shape stays; a customer goes whole."""

from __future__ import annotations

import io
import uuid
from collections.abc import Callable
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.core.management import CommandError, call_command
from django.test import Client
from django.urls import reverse

from accounts_app.access import Actor, actor_for
from accounts_app.errors import NotFound
from accounts_app.models import ApiKey, AuditEntry, Customer, Membership, User
from jobs_app import artifacts
from jobs_app.choices import JobStatus
from jobs_app.erasing import erase_customer, erase_job, erase_person
from jobs_app.errors import JobErased, JobRunning
from jobs_app.jobs import cancel_job, retry_job, submit_job
from jobs_app.models import Artifact, Blob, Event, FeedEntry, Job, Question, StepResult
from jobs_app.questions import answer_question
from jobs_app.replay import Check
from templates_app.documents import create_document
from templates_app.models import Document, Template
from templates_app.sample import SAMPLE_FILENAME, sample_template
from templates_app.templates import upload_template
from tests.jobs_app.workflows import Numbers

Submit = Callable[..., Job]
RunJobs = Callable[[], None]
pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture(autouse=True)
def _own_folder(settings: Any, tmp_path: Any) -> None:
    settings.ARTIFACT_ROOT = tmp_path


@pytest.fixture
def asked(submit: Submit, run_jobs: RunJobs, actor: Actor) -> Job:
    """A job that asked, was answered and completed, with a file."""
    job = submit("test.ask", 5)
    run_jobs()
    answer_question(Question.objects.get(job=job).id, {"colour": "secret red", "count": 3}, actor=actor)
    run_jobs()
    artifacts.store_bytes(
        b"its file", customer_id=job.customer_id, job_id=job.id, filename="a", media_type="b", entity_type="c"
    )
    return Job.objects.get(id=job.id)


def test_a_job_becomes_a_shell_with_its_log(asked: Job, actor: Actor) -> None:
    before = list(Event.objects.filter(job=asked).values())
    blob = artifacts.blob_path(Artifact.objects.get().blob_id)
    erased = erase_job(asked.id, actor=None)
    asked.refresh_from_db()
    assert (erased.jobs, erased.artifacts) == (1, 1)
    assert (asked.arguments, asked.result, asked.error_message, asked.current_step) == ({}, None, "", "")
    assert asked.status == JobStatus.COMPLETED and asked.erased_at is not None
    assert not StepResult.objects.exists() and not Artifact.objects.exists() and not Blob.objects.exists()
    assert not blob.exists()
    question = Question.objects.get()
    assert (question.text, question.answer, question.schema) == ("", None, {})
    assert list(Event.objects.filter(job=asked).values()) == before
    assert list(Check(Job.objects.all()).differences()) == []
    entry = AuditEntry.objects.get(action="erase")
    assert (entry.subject_id, entry.data) == (str(asked.id), {"jobs": 1, "artifacts": 1})
    assert erase_job(asked.id, actor=None).artifacts == 0


def test_a_file_that_others_have_too_stays_on_the_disk(asked: Job, other_customer: Customer) -> None:
    theirs = artifacts.store_bytes(
        b"its file", customer_id=other_customer.id, filename="x", media_type="y", entity_type="z"
    )
    erase_job(asked.id, actor=None)
    assert artifacts.read_bytes(theirs) == b"its file"


def test_an_unfinished_job_is_not_erased_and_an_erased_one_not_run(submit: Submit, actor: Actor) -> None:
    job = submit("test.sum")
    with pytest.raises(JobRunning, match="Cancel first"):
        erase_job(job.id, actor=None)
    cancel_job(job.id, actor=actor)
    erase_job(job.id, actor=None)
    with pytest.raises(JobErased):
        retry_job(job.id, actor=actor)
    with pytest.raises(NotFound):
        erase_job(uuid.uuid4(), actor=None)


def test_the_children_of_a_job_are_emptied_with_it(submit: Submit, run_jobs: RunJobs) -> None:
    job = submit("test.parent")
    run_jobs()
    assert erase_job(job.id, actor=None).jobs == 4
    assert not Job.objects.filter(erased_at=None).exists()
    assert not StepResult.objects.exists()


def test_what_people_were_told_of_it_is_emptied_too(submit: Submit, run_jobs: RunJobs) -> None:
    job = submit("test.no")
    run_jobs()
    assert "This number will not do." in str(FeedEntry.objects.get().data)
    erase_job(job.id, actor=None)
    assert FeedEntry.objects.get().data == {"job_id": str(job.id), "job_type": "test.no", "status": "failed"}


@pytest.fixture
def template(actor: Actor, customer: Customer, run_jobs: RunJobs) -> Template:
    upload_template(
        actor=actor,
        customer_id=customer.id,
        file=SimpleUploadedFile(SAMPLE_FILENAME, sample_template()),
        name="Mine",
    )
    run_jobs()
    return Template.objects.get()


def test_the_job_that_read_a_template_leaves_it_whole_and_a_document_goes_with_its_job(
    template: Template, actor: Actor, run_jobs: RunJobs
) -> None:
    create_document(template_id=template.id, name="Filled", values={}, actor=actor)
    run_jobs()
    document = Document.objects.get()
    assert document.job_id is not None and template.parse_job_id is not None
    erase_job(template.parse_job_id, actor=None)
    template.refresh_from_db()
    assert template.is_ready and template.parsed_file is not None
    assert artifacts.read_bytes(template.parsed_file)
    erase_job(document.job_id, actor=None)
    assert not Document.objects.exists()


def test_a_person_goes_and_what_the_customer_has_stays(
    template: Template, asked: Job, editor: User, actor: Actor
) -> None:
    events = Event.objects.count()
    erase_person(editor.pk, actor=None)
    assert not User.objects.filter(pk=editor.pk).exists() and not Membership.objects.exists()
    template.refresh_from_db()
    assert template.created_by is None and template.is_ready
    asked.refresh_from_db()
    assert asked.result is None and asked.created_by is None and Event.objects.count() == events
    told = " ".join(str(row) for row in AuditEntry.objects.values())
    assert "ada@example.org" not in told and "Ada Byron" not in told
    assert AuditEntry.objects.filter(action="erase", subject_id=str(editor.pk)).exists()


def test_a_person_whose_job_runs_stays(submit: Submit, editor: User) -> None:
    submit("test.sum")
    with pytest.raises(JobRunning):
        erase_person(editor.pk, actor=None)
    assert User.objects.filter(pk=editor.pk).exists()


def test_a_customer_goes_whole_and_the_others_keep_everything(
    template: Template, asked: Job, customer: Customer, stranger: User, actor: Actor, submit: Submit
) -> None:
    create_document(template_id=template.id, name="Filled", values={}, actor=actor)
    other = actor_for(stranger)
    assert other.current is not None
    kept = submit_job(workflow="test.sum", arguments=Numbers(), customer_id=other.current, actor=other)
    files = [artifacts.blob_path(blob.sha256) for blob in Blob.objects.all()]
    assert files
    erase_customer(customer.pk, actor=None)
    for model in (Template, Document, Artifact, Blob, StepResult, Question, ApiKey):
        assert not model._default_manager.exists(), model
    assert list(Job.objects.values_list("id", flat=True)) == [kept.id]
    assert set(Event.objects.values_list("job_id", flat=True)) == {kept.id}
    assert not any(path.exists() for path in files)
    assert not Customer.objects.filter(pk=customer.pk).exists()
    entries = AuditEntry.objects.filter(customer_id=customer.pk).exclude(action="erase")
    assert entries.exists() and not entries.exclude(data={}, actor_name="").exists()
    with pytest.raises(NotFound):
        erase_customer(customer.pk, actor=None)


def test_a_customer_with_a_running_job_stays(submit: Submit, customer: Customer) -> None:
    job = submit("test.sum")
    Job.objects.filter(id=job.id).update(status=JobStatus.PROCESSING)
    with pytest.raises(JobRunning):
        erase_customer(customer.pk, actor=None)
    assert Job.objects.exists()


def test_the_commands_ask_for_a_yes(asked: Job, editor: User, customer: Customer) -> None:
    for command, name in (("erase_job", str(asked.id)), ("erase_person", editor.email), ("erase_customer", "acme")):
        with pytest.raises(CommandError, match="Add --yes"):
            call_command(command, name)
        out = io.StringIO()
        call_command(command, name, "--yes", stdout=out)
        assert "rased" in out.getvalue()
        with pytest.raises(CommandError, match="no"):
            call_command(command, "nobody" if command != "erase_job" else str(uuid.uuid4()), "--yes")


def test_the_admin_erases_after_a_confirmation(asked: Job, staff: User, signed_in: Callable[[User], Client]) -> None:
    client = signed_in(staff)
    url = reverse("admin:jobs_app_job_changelist")
    chosen = {"action": "erase_selected", "_selected_action": [str(asked.id)]}
    page = client.post(url, chosen).content.decode()
    asked.refresh_from_db()
    assert "for ever" in page and asked.erased_at is None
    assert client.post(url, {**chosen, "confirmed": "yes"}).status_code == 302
    asked.refresh_from_db()
    assert asked.erased_at is not None
    assert AuditEntry.objects.get(action="erase").actor_id == staff.pk


def test_the_admin_erases_customers_and_people(
    customer: Customer, other_customer: Customer, stranger: User, staff: User, signed_in: Callable[[User], Client]
) -> None:
    client = signed_in(staff)
    for model, row in (("customer", other_customer), ("user", stranger)):
        url = reverse(f"admin:accounts_app_{model}_changelist")
        chosen = {"action": "erase_selected", "_selected_action": [str(row.pk)]}
        assert "for ever" in client.post(url, chosen).content.decode()
        client.post(url, {**chosen, "confirmed": "yes"})
    assert not Customer.objects.filter(pk=other_customer.pk).exists()
    assert not User.objects.filter(pk=stranger.pk).exists()
