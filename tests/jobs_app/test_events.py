"""The log: append-only in the database itself, closed after an end, fenced by the lease."""

from __future__ import annotations

import uuid
from collections.abc import Callable

import pytest
from django.db import DatabaseError, connection, transaction

from accounts_app.models import AuditEntry
from jobs_app import claims, events
from jobs_app.choices import EventType, JobStatus
from jobs_app.errors import JobEnded, JobNotEnded, LeaseLost
from jobs_app.events import Lease
from jobs_app.models import Event, Job
from jobs_app.payloads import Ended, Progressed, Retried
from jobs_app.workflows import known_versions

Submit = Callable[..., Job]


def progressed(percent: int) -> Progressed:
    return Progressed(progress=percent, step="Working")


def test_append_numbers_events_and_keeps_the_summary(submit: Submit) -> None:
    job = submit("test.sum")
    appended = events.append(job.id, EventType.JOB_PROGRESSED, progressed(30), progress=30, current_step="Working")
    job.refresh_from_db()
    assert (appended.number, job.last_event_number, job.progress, job.current_step) == (2, 2, 30, "Working")
    assert job.last_event_at == appended.created_at


def test_progress_never_falls(submit: Submit) -> None:
    job = submit("test.sum")
    events.append(job.id, EventType.JOB_PROGRESSED, progressed(50), progress=50)
    events.append(job.id, EventType.JOB_PROGRESSED, progressed(20), progress=20)
    job.refresh_from_db()
    assert job.progress == 50


@pytest.mark.parametrize("sql", ["UPDATE jobs_app_event SET type = 'x'", "DELETE FROM jobs_app_event"])
def test_the_database_refuses_to_change_the_log(submit: Submit, sql: str) -> None:
    submit("test.sum")
    with pytest.raises(DatabaseError, match="append-only"), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(sql)
    assert Event.objects.count() == 1


def test_only_an_erasure_recorded_in_its_own_transaction_deletes_events(submit: Submit) -> None:
    submit("test.sum")
    with transaction.atomic(), connection.cursor() as cursor:
        entry = AuditEntry.objects.create(action="erase")
        cursor.execute("SELECT set_config('dna.erase_entry', %s, true)", [str(entry.id)])
        cursor.execute("DELETE FROM jobs_app_event")
    assert Event.objects.count() == 0


@pytest.mark.django_db(transaction=True)
def test_an_old_erasure_is_no_licence(submit: Submit) -> None:
    submit("test.sum")
    entry = AuditEntry.objects.create(action="erase")
    with pytest.raises(DatabaseError, match="append-only"), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SELECT set_config('dna.erase_entry', %s, true)", [str(entry.id)])
        cursor.execute("DELETE FROM jobs_app_event")
    assert Event.objects.count() == 1


def test_nothing_follows_an_end_but_a_retry(submit: Submit) -> None:
    job = submit("test.sum")
    events.append(job.id, EventType.JOB_COMPLETED, Ended(), status=JobStatus.COMPLETED.value)
    with pytest.raises(JobEnded):
        events.append(job.id, EventType.JOB_PROGRESSED, progressed(50))
    events.append(job.id, EventType.JOB_RETRIED, Retried(attempt=2))
    with pytest.raises(JobNotEnded):
        events.append(job.id, EventType.JOB_RETRIED, Retried(attempt=3))
    events.append(job.id, EventType.JOB_PROGRESSED, progressed(50))
    assert list(Event.objects.values_list("attempt", flat=True).order_by("number")) == [1, 1, 2, 2]


def test_a_worker_whose_job_was_taken_over_writes_nothing(submit: Submit) -> None:
    job = submit("test.sum")
    claim = claims.claim_job(job.id, uuid.uuid4(), known_versions())
    assert claim is not None
    with pytest.raises(LeaseLost):
        events.append(job.id, EventType.JOB_PROGRESSED, progressed(9), lease=Lease(job.id, claim.lease.number - 1))
    events.append(job.id, EventType.JOB_PROGRESSED, progressed(9), lease=claim.lease)


def test_a_payload_belongs_to_its_type(submit: Submit) -> None:
    job = submit("test.sum")
    with pytest.raises(TypeError):
        events.append(job.id, EventType.JOB_COMPLETED, progressed(9))
