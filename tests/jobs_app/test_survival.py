"""What the chaos runs found, made to happen on purpose: cut connections, lost answers, wrong clocks, old tickets."""

from __future__ import annotations

import asyncio
import threading
import uuid
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.db import OperationalError, connection, transaction
from django.utils import timezone

from accounts_app.access import Actor
from accounts_app.outage import is_connection_lost
from jobs_app import claims, steps, tickets
from jobs_app.choices import EventType, JobStatus, ReleaseReason
from jobs_app.db import persisted, run_sync
from jobs_app.errors import JobEnded, LeaseLost
from jobs_app.jobs import cancel_job, retry_job
from jobs_app.models import Event, Job, StepResult
from jobs_app.waits import CancelRequested, Condition, suspend_job
from jobs_app.worker import JobWorker
from jobs_app.workflows import known_versions
from tests.conftest import run_jobs_until_idle
from tests.jobs_app.test_worker import fresh, until, working
from tests.jobs_app.workflows import calls, release

Submit = Callable[..., Job]
pytestmark = pytest.mark.django_db(transaction=True)


def taken(job: Job) -> claims.Claim:
    claim = claims.claim_job(job.id, uuid.uuid4(), known_versions())
    assert claim is not None
    return claim


def call_of(claim: claims.Claim, key: str = "it") -> steps.StepCall:
    return steps.StepCall(claim.lease, claim.job.customer_id, key, "0" * 64, steps.StepOptions())


def types_of(job: Job) -> list[str]:
    return list(Event.objects.filter(job=job).order_by("number").values_list("type", flat=True))


def cut() -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_terminate_backend(pg_backend_pid())")


def fetch_ticket_of(job: Job) -> None:
    with connection.cursor() as cursor:
        cursor.execute("UPDATE procrastinate_jobs SET status = 'doing' WHERE args->>'job_id' = %s", [str(job.id)])


def has_ticket(job: Job) -> bool:
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM procrastinate_jobs WHERE args->>'job_id' = %s", [str(job.id)])
        return bool(cursor.fetchone()[0])


def test_an_atomic_step_whose_connection_is_cut_is_done_once(submit: Submit, run_jobs: Callable[[], None]) -> None:
    job = submit("test.cut")
    run_jobs()
    job.refresh_from_db()
    assert (job.status, calls["cut"], job.customer.name) == (JobStatus.COMPLETED, 2, "Cut")
    assert types_of(job).count(EventType.STEP_COMPLETED) == 1 and EventType.STEP_FAILED not in types_of(job)


async def test_what_must_be_written_down_is_tried_until_the_database_is_back() -> None:
    def flaky() -> int:
        calls["persisted"] += 1
        if calls["persisted"] < 3:
            cut()
        return calls["persisted"]

    assert await persisted(flaky) == 3


async def test_a_fault_of_the_statement_is_not_tried_again() -> None:
    def wrong() -> None:
        calls["wrong"] += 1
        with connection.cursor() as cursor:
            cursor.execute("SET LOCAL lock_timeout = 'never'")

    with pytest.raises(Exception, match="lock_timeout"):
        await persisted(wrong)
    assert calls["wrong"] == 1 and is_connection_lost(OperationalError("server closed the connection unexpectedly"))


def test_a_step_is_recorded_once_though_the_answer_to_its_commit_was_lost(submit: Submit) -> None:
    from jobs_app.runs import _record

    job = submit("test.sum")
    call = call_of(taken(job))
    assert [_record(call, value, 5) for value in ("first", "second")] == ["first", "first"]
    assert StepResult.objects.get(job=job).value == "first"
    assert types_of(job).count(EventType.STEP_COMPLETED) == 1


def test_the_next_try_is_due_by_the_clock_of_the_database(
    submit: Submit, run_jobs: Callable[[], None], monkeypatch: pytest.MonkeyPatch
) -> None:
    now = timezone.now
    monkeypatch.setattr(timezone, "now", lambda: now() + timedelta(minutes=1))
    job = submit("test.flaky")
    run_jobs()
    job.refresh_from_db()
    assert (job.status, calls["flaky"], (job.duration_ms or 0) < 10_000) == (JobStatus.COMPLETED, 3, True)


def test_a_job_that_is_to_be_cancelled_does_not_begin_to_wait(
    submit: Submit, run_jobs: Callable[[], None], actor: Actor
) -> None:
    job = submit("test.ask")
    claim = taken(job)
    cancel_job(job.id, actor=actor)
    with pytest.raises(CancelRequested):
        suspend_job(claim.lease, (Condition("question", "colour"),))
    late = submit("test.cancelled_before_it_asks")
    run_jobs_of(late, run_jobs, claim)
    assert late.status == JobStatus.CANCELLED


def run_jobs_of(job: Job, run_jobs: Callable[[], None], other: claims.Claim) -> None:
    claims.release_job(other.lease, ReleaseReason.SHUTDOWN)
    run_jobs()
    job.refresh_from_db()


def test_a_worker_that_gave_a_job_back_may_not_pay_for_it(submit: Submit) -> None:
    claim = taken(submit("test.sum"))
    steps.record_intent(call_of(claim))
    claims.release_job(claim.lease, ReleaseReason.SHUTDOWN)
    with pytest.raises(LeaseLost):
        steps.record_intent(call_of(claim))


def test_the_sweep_throws_away_tickets_that_died_with_a_worker(submit: Submit, actor: Actor) -> None:
    ended, running = submit("test.sum"), submit("test.sum")
    cancel_job(ended.id, actor=actor)
    taken(running)
    fetch_ticket_of(ended)
    fetch_ticket_of(running)
    tickets.give_missing_tickets()
    assert has_ticket(ended) and has_ticket(running)
    tickets.give_missing_tickets(grace_seconds=0)
    assert not has_ticket(ended) and has_ticket(running)


async def test_jobs_run_on_while_the_queue_breaks_off_and_begins_anew(submit: Submit) -> None:
    waiting = await run_sync(submit, "test.wait", 5)
    async with working():
        await until(lambda: calls["wait"] == 1)
        await run_sync(_forget_workers_of_the_queue)  # as another worker does when this one was frozen for long
        other = await run_sync(submit, "test.sum")
        async with asyncio.timeout(15):
            while (await fresh(other)).status != JobStatus.COMPLETED:
                await asyncio.sleep(0.05)
        release.set()
        async with asyncio.timeout(10):
            while (await fresh(waiting)).status != JobStatus.COMPLETED:
                await asyncio.sleep(0.05)
    assert calls["wait"] == 1


def _forget_workers_of_the_queue() -> None:
    with connection.cursor() as cursor:
        cursor.execute("DELETE FROM procrastinate_workers")


async def test_a_worker_may_take_over_a_job_from_itself(submit: Submit) -> None:
    job = await run_sync(submit, "test.wait", 5)
    async with working() as worker:
        await until(lambda: calls["wait"] == 1)
        await run_sync(_expire, job)
        again = asyncio.create_task(worker.run_job(job.id))
        await until(lambda: calls["wait"] == 2)
        await until(lambda: len(worker.running) == 1)
        release.set()
        await again
        assert (await fresh(job)).status == JobStatus.COMPLETED and not worker.running


def _expire(job: Job) -> None:
    Job.objects.filter(id=job.id).update(lease_expires_at=timezone.now() - timedelta(seconds=1))


async def test_stopping_waits_for_a_claim_under_way(submit: Submit) -> None:
    job = await run_sync(submit, "test.wait", 5)
    worker = JobWorker()
    working = asyncio.create_task(worker.run_job(job.id))
    await asyncio.sleep(0)
    worker.stop()
    await worker._hand_over()
    await working
    assert (await fresh(job)).status in (JobStatus.PENDING, JobStatus.QUEUED)
    release.set()
    await run_jobs_until_idle()
    assert (await fresh(job)).status == JobStatus.COMPLETED


def test_a_frozen_transaction_is_cut_by_the_server(settings: Any) -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT setting::int FROM pg_settings WHERE name = 'idle_in_transaction_session_timeout'")
        assert cursor.fetchone()[0] == settings.JOB_LEASE_SECONDS * 2 * 1000


async def test_a_job_retried_while_its_child_is_still_being_cancelled_starts_another(
    submit: Submit, actor: Actor
) -> None:
    job = await run_sync(submit, "test.parent_of_waiting", 5)
    async with working():
        await until(lambda: calls["wait"] == 1)
        async with asyncio.timeout(10):
            while (await fresh(job)).status != JobStatus.WAITING:
                await asyncio.sleep(0.02)
        await run_sync(_cancel_and_retry, job, actor)
        await until(lambda: calls["wait"] == 2)
        async with asyncio.timeout(10):
            while await run_sync(_children, job) != [JobStatus.CANCELLED, JobStatus.PROCESSING]:
                await asyncio.sleep(0.02)
        release.set()
        async with asyncio.timeout(10):
            while (await fresh(job)).status != JobStatus.COMPLETED:
                await asyncio.sleep(0.02)
    assert await run_sync(_children, job) == [JobStatus.CANCELLED, JobStatus.COMPLETED]


def _children(job: Job) -> list[str]:
    return list(Job.objects.filter(parent=job).order_by("created_at").values_list("status", flat=True))


def _cancel_and_retry(job: Job, actor: Actor) -> None:
    cancel_job(job.id, actor=actor)
    retry_job(job.id, actor=actor)


async def test_cancelling_a_job_that_ends_at_that_moment_is_refused(submit: Submit, actor: Actor) -> None:
    claim = await run_sync(lambda: taken(submit("test.sum")))
    ended, asked = threading.Event(), threading.Event()
    ending = asyncio.create_task(run_sync(_end_slowly, claim, ended, asked))
    await until(ended.is_set)
    cancelling = asyncio.create_task(run_sync(cancel_job, claim.job.id, actor=actor))
    await asyncio.sleep(0.3)  # it has found the job running, and waits for its lock
    asked.set()
    await ending
    with pytest.raises(JobEnded):
        await cancelling
    assert EventType.JOB_CANCEL_REQUESTED not in await run_sync(types_of, claim.job)


def _end_slowly(claim: claims.Claim, ended: threading.Event, asked: threading.Event) -> None:
    with transaction.atomic():
        claims.fail_job(claim.lease, RuntimeError("over"), errored=True)
        ended.set()
        asked.wait(10)
