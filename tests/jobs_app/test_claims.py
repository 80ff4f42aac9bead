"""Claims: one worker per job, take-over of the dead, hand-over by the living."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection, transaction
from django.utils import timezone

from accounts_app.access import Actor, actor_for
from accounts_app.models import User
from jobs_app import claims, tickets
from jobs_app.choices import EventType, JobStatus, ReleaseReason
from jobs_app.errors import LeaseLost
from jobs_app.jobs import cancel_job, end_job, submit_job
from jobs_app.models import Job
from jobs_app.payloads import Ended
from jobs_app.waits import Condition, suspend_job
from jobs_app.workflows import known_versions
from tests.jobs_app.workflows import Numbers

Submit = Callable[..., Job]


def take(job: Job) -> claims.Claim | None:
    return claims.claim_job(job.id, uuid.uuid4(), known_versions())


def tickets_of(job: Job) -> int:
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM procrastinate_jobs WHERE args->>'job_id' = %s", [str(job.id)])
        return int(cursor.fetchone()[0])


def expire(job: Job) -> None:
    Job.objects.filter(id=job.id).update(lease_expires_at=timezone.now() - timedelta(seconds=1))


def test_only_one_worker_gets_a_job(submit: Submit) -> None:
    job = submit("test.sum")
    assert take(job) is not None
    assert take(job) is None


def test_a_worker_takes_only_versions_it_has(submit: Submit) -> None:
    job = submit("test.sum")
    Job.objects.filter(id=job.id).update(workflow_version=99)
    assert take(job) is None


def test_a_job_whose_worker_died_is_taken_over_with_a_higher_number(submit: Submit) -> None:
    job = submit("test.sum")
    first = take(job)
    expire(job)
    second = take(job)
    assert first is not None and second is not None
    assert second.lease.number == first.lease.number + 1
    with pytest.raises(LeaseLost):
        claims.release_job(first.lease, ReleaseReason.SHUTDOWN)


def test_a_job_that_kills_its_workers_is_given_up(submit: Submit, settings: object) -> None:
    job = submit("test.sum")
    for _ in range(5):
        assert take(job) is not None
        expire(job)
    assert take(job) is None
    job.refresh_from_db()
    assert (job.status, job.error_code, job.errored) == (JobStatus.FAILED, "abandoned", True)


def test_a_released_job_has_a_new_ticket_and_costs_no_claim(submit: Submit) -> None:
    job = submit("test.sum")
    claim = take(job)
    assert claim is not None
    claims.release_job(claim.lease, ReleaseReason.SHUTDOWN)
    job.refresh_from_db()
    assert (job.status, job.claims, job.worker_id, tickets_of(job)) == (JobStatus.QUEUED, 0, None, 2)
    assert take(job) is not None


def test_a_job_is_not_taken_before_its_time(submit: Submit) -> None:
    job = submit("test.sum")
    Job.objects.filter(id=job.id).update(wake_at=timezone.now() + timedelta(minutes=1))
    assert take(job) is None


def test_the_sweep_gives_tickets_to_jobs_that_lost_theirs(submit: Submit) -> None:
    lost, fine = submit("test.sum"), submit("test.sum")
    with connection.cursor() as cursor:
        cursor.execute("DELETE FROM procrastinate_jobs WHERE args->>'job_id' = %s", [str(lost.id)])
    assert tickets.give_missing_tickets(grace_seconds=0) == 1
    assert (tickets_of(lost), tickets_of(fine)) == (1, 1)
    assert tickets.give_missing_tickets(grace_seconds=0) == 0


def test_the_sweep_finds_jobs_of_dead_workers(submit: Submit) -> None:
    job = submit("test.sum")
    take(job)
    assert tickets.give_missing_tickets(grace_seconds=0) == 0
    expire(job)
    assert tickets.give_missing_tickets(grace_seconds=0) == 1


@pytest.mark.django_db(transaction=True)
def test_a_ticket_goes_with_its_transaction(submit: Submit) -> None:
    job = submit("test.sum")
    with pytest.raises(RuntimeError), transaction.atomic():
        tickets.issue_ticket(job.id, priority=5)
        raise RuntimeError
    assert tickets_of(job) == 1


def test_a_customer_has_only_so_many_tickets_at_a_time(submit: Submit, stranger: User, settings: Any) -> None:
    settings.JOB_CUSTOMER_CONCURRENCY = 2
    jobs = [submit("test.sum") for _ in range(5)]
    assert [tickets_of(job) for job in jobs] == [1, 1, 0, 0, 0]
    other = actor_for(stranger)
    assert other.current is not None
    single = submit_job(workflow="test.sum", arguments=Numbers(), customer_id=other.current, actor=other)
    assert tickets_of(single) == 1
    urgent = submit("test.sum", priority=9)
    claim = take(jobs[0])
    assert claim is not None and tickets_of(jobs[2]) == 0
    end_job(jobs[0].id, EventType.JOB_COMPLETED, Ended(), lease=claim.lease, status=JobStatus.COMPLETED.value)
    assert [tickets_of(job) for job in (urgent, *jobs[2:])] == [1, 0, 0, 0]


def test_jobs_in_line_go_on_when_one_is_cancelled_or_waits(submit: Submit, actor: Actor, settings: Any) -> None:
    settings.JOB_CUSTOMER_CONCURRENCY = 1
    jobs = [submit("test.sum") for _ in range(3)]
    cancel_job(jobs[0].id, actor=actor)
    assert [tickets_of(job) for job in jobs] == [1, 1, 0]
    claim = take(jobs[1])
    assert claim is not None
    suspend_job(claim.lease, (Condition("question", "x"),))
    assert tickets_of(jobs[2]) == 1
