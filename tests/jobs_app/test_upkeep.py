"""Upkeep: retention, garbage collection, alerts, stale jobs; each once, by whoever comes first."""

from __future__ import annotations

import asyncio
import io
import json
import os
import threading
import time
import uuid
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.core.management import call_command
from django.db import connection
from django.test import Client
from django.utils import timezone

from accounts_app.access import Actor, record_audit
from accounts_app.models import AuditEntry, Customer
from jobs_app import alerts, artifacts, claims, upkeep
from jobs_app.artifacts import STEP_RESULT
from jobs_app.choices import EventType, JobStatus
from jobs_app.collection import collect_artifacts
from jobs_app.db import run_sync
from jobs_app.jobs import cancel_job, remember_idempotent, retry_job
from jobs_app.models import Alert, Artifact, Blob, Chore, Event, IdempotentRequest, Job, Question, StepResult, Worker
from jobs_app.replay import Check
from jobs_app.retention import apply_retention
from jobs_app.stale import mark_stale
from jobs_app.worker import JobWorker
from jobs_app.workflows import known_versions

Submit = Callable[..., Job]
RunJobs = Callable[[], None]
LONG_AGO = timezone.now() - timedelta(days=4000)


@pytest.fixture(autouse=True)
def _own_folder(settings: Any, tmp_path: Path) -> None:
    settings.ARTIFACT_ROOT = tmp_path


def store(customer: Customer, data: bytes = b"hello", **details: Any) -> Artifact:
    options = {"filename": "a.txt", "media_type": "text/plain", "entity_type": "test", **details}
    return artifacts.store_bytes(data, customer_id=customer.id, **options)


def unused(customer: Customer, data: bytes = b"hello", *, since: timedelta = timedelta(days=2)) -> Path:
    artifact = store(customer, data)
    artifact.delete()
    Blob.objects.filter(sha256=artifact.blob_id).update(unused_since=timezone.now() - since)
    return artifacts.blob_path(artifact.blob_id)


# --- garbage collection


def test_what_nothing_refers_to_goes_after_a_day(customer: Customer) -> None:
    used, old, fresh = store(customer, b"used"), unused(customer, b"old"), unused(customer, b"new", since=timedelta(0))
    found = collect_artifacts()
    assert (found.blobs, found.bytes) == (1, 3)
    assert not old.exists() and fresh.exists() and artifacts.read_bytes(used) == b"used"
    assert collect_artifacts().blobs == 0


def test_the_day_begins_when_it_is_seen_unused(customer: Customer) -> None:
    store(customer).delete()
    assert collect_artifacts().newly_unused == 1
    assert Blob.objects.get().unused_since is not None
    store(customer)
    assert Blob.objects.get().unused_since is None
    assert collect_artifacts().newly_unused == 0


def test_a_dry_run_takes_nothing(customer: Customer, tmp_path: Path) -> None:
    path = unused(customer)
    assert collect_artifacts(dry_run=True).blobs == 1
    assert path.exists() and Blob.objects.exists()
    out = io.StringIO()
    call_command("collect_artifacts", "--dry-run", stdout=out)
    assert "1 unused files (5 bytes) would be removed" in out.getvalue()
    call_command("collect_artifacts", stdout=out)
    assert not path.exists()


def test_files_without_a_row_and_old_drafts_go(customer: Customer, tmp_path: Path) -> None:
    used = artifacts.blob_path(store(customer).blob_id)
    orphan, young = artifacts.blob_path("ab" * 32), artifacts.blob_path("cd" * 32)
    draft, stray = orphan.with_name(f".{'ab' * 32}.0123456789ab"), orphan.with_name("README")
    for path in (orphan, young, draft, stray):
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(b"x")
    for path in (orphan, draft, stray, used):
        os.utime(path, (time.time() - 90_000,) * 2)
    found = collect_artifacts()
    assert (found.orphan_files, found.drafts, found.blobs) == (1, 1, 1)
    assert [path.exists() for path in (orphan, young, draft, stray, used)] == [False, True, False, True, True]


@pytest.mark.django_db(transaction=True)
def test_storing_and_collecting_at_once_never_lose_a_file(customer: Customer) -> None:
    for _ in range(15):
        unused(customer)
        kept: list[Artifact] = []

        def put() -> None:
            kept.append(store(customer))  # noqa: B023 - joined before the next round
            connection.close()

        def collect() -> None:
            collect_artifacts()
            connection.close()

        threads = [threading.Thread(target=work) for work in (collect, put, collect)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert artifacts.read_bytes(kept[0]) == b"hello"
        kept[0].delete()


# --- retention


@pytest.mark.django_db(transaction=True)
def test_old_content_goes_and_young_stays(submit: Submit, run_jobs: RunJobs, customer: Customer) -> None:
    old, young = submit("test.big", 70_000), submit("test.sum")
    run_jobs()
    product = store(customer, job_id=old.id)
    Job.objects.filter(id=old.id).update(completed_at=LONG_AGO)
    gone = apply_retention()
    assert gone["content of finished jobs"] == 1
    old.refresh_from_db()
    young.refresh_from_db()
    assert (old.arguments, old.result, young.arguments) == ({}, None, {"n": 1}) and old.erased_at is not None
    assert not old.step_results.exists() and young.step_results.exists()
    assert list(Artifact.objects.values_list("id", flat=True)) == [product.id]
    assert [d.column for d in Check(Job.objects.all()).differences()] == ["completed_at"]  # which this test moved
    assert not any(apply_retention().values())


@pytest.mark.django_db(transaction=True)
def test_the_memory_of_a_job_that_goes_on_is_kept(submit: Submit, run_jobs: RunJobs) -> None:
    waiting, ended = submit("test.ask"), submit("test.big", 70_000)
    run_jobs()
    StepResult.objects.update(expires_at=LONG_AGO)
    assert apply_retention()["step results"] == 1
    assert waiting.step_results.exists() and not ended.step_results.exists()
    assert not Artifact.objects.filter(entity_type=STEP_RESULT).exists()


def test_each_kind_has_its_time(submit: Submit, actor: Actor, customer: Customer, settings: Any) -> None:
    job = submit("test.sum")
    remember_idempotent(actor=actor, operation="x", key="k", inputs={}, job=job)
    IdempotentRequest.objects.update(created_at=timezone.now() - timedelta(days=8))
    AuditEntry.objects.all().delete()
    record_audit(actor, "customer.renamed", customer)
    AuditEntry.objects.create(action="user.sign_in_failed")
    AuditEntry.objects.update(created_at=timezone.now() - timedelta(days=31))
    lost = Worker.objects.create(host="a", process_id=1, concurrency=1, heartbeat_at=LONG_AGO)
    Worker.objects.create(host="b", process_id=2, concurrency=1)
    Alert.objects.create(kind="silent", job=job, customer=customer, closed_at=LONG_AGO)
    gone = apply_retention()
    expected = {"idempotency keys": 1, "sign-in attempts": 1, "workers": 1, "closed alerts": 1}
    assert {kind: count for kind, count in gone.items() if count} == expected
    assert not Worker.objects.filter(pk=lost.pk).exists() and AuditEntry.objects.get().action == "customer.renamed"
    AuditEntry.objects.update(created_at=LONG_AGO)
    settings.AUDIT_DAYS = 0
    assert not any(apply_retention().values())
    settings.AUDIT_DAYS = 1095
    out = io.StringIO()
    call_command("apply_retention", stdout=out)
    assert "audit entries: 1" in out.getvalue()


def test_tickets_that_dead_workers_left_go(submit: Submit) -> None:
    submit("test.sum")
    with connection.cursor() as cursor:
        cursor.execute("UPDATE procrastinate_jobs SET status = 'doing'")
        cursor.execute("UPDATE procrastinate_events SET at = %s", [LONG_AGO])
    assert apply_retention()["tickets of dead workers"] == 1


# --- alerts


def silent(job: Job, seconds: int = 400) -> None:
    Job.objects.filter(id=job.id).update(last_event_at=timezone.now() - timedelta(seconds=seconds))


def running(submit: Submit) -> Job:
    job = submit("test.sum")
    assert claims.claim_job(job.id, uuid.uuid4(), known_versions()) is not None
    return job


def test_a_silent_job_raises_one_alert_until_it_moves(submit: Submit, caplog: pytest.LogCaptureFixture) -> None:
    job, fine = running(submit), running(submit)
    silent(job)
    assert alerts.watch_jobs() == alerts.Watched(1, 0)
    assert alerts.watch_jobs() == alerts.Watched(0, 0)
    alert = Alert.objects.get()
    assert alert.job_id == job.id and "test.sum: no event since" in alert.detail
    assert [r.levelname for r in caplog.records if "is silent" in r.message] == ["ERROR"]
    Job.objects.filter(id=job.id).update(last_event_at=timezone.now() + timedelta(seconds=1))
    assert alerts.watch_jobs() == alerts.Watched(0, 1)
    silent(job)
    assert alerts.watch_jobs().opened == 1 and Alert.objects.count() == 2
    Job.objects.filter(id=job.id).update(status=JobStatus.FAILED)
    assert alerts.watch_jobs().closed == 1
    assert not Alert.objects.filter(job=fine).exists()


def test_jobs_that_wait_or_stand_in_line_are_no_alarm(submit: Submit) -> None:
    job = submit("test.sum")
    silent(job)
    assert alerts.watch_jobs().opened == 0


# --- stale jobs


def age(job: Job, hours: int) -> None:
    Job.objects.filter(id=job.id).update(created_at=timezone.now() - timedelta(hours=hours))


def test_jobs_unfinished_for_three_days_are_given_up_with_the_reason(submit: Submit, actor: Actor) -> None:
    job, young, ended = submit("test.sum"), submit("test.sum"), submit("test.sum")
    cancel_job(ended.id, actor=actor)
    for one, hours in ((job, 73), (young, 71), (ended, 100)):
        age(one, hours)
    assert mark_stale() == [job.id]
    job.refresh_from_db()
    assert (job.status, job.error_code, job.errored) == (JobStatus.FAILED, "stale", False)
    assert job.error_message == "Not finished within 72 hours; it was pending when it was given up."
    assert mark_stale() == [] and list(Check(Job.objects.all()).differences()) == []


def test_a_worker_that_still_holds_a_stale_job_writes_nothing_more(submit: Submit) -> None:
    job = submit("test.sum")
    claim = claims.claim_job(job.id, uuid.uuid4(), known_versions())
    assert claim is not None
    age(job, 100)
    mark_stale()
    from jobs_app import events
    from jobs_app.errors import LeaseLost
    from jobs_app.payloads import Ended

    with pytest.raises(LeaseLost):
        events.append(job.id, EventType.JOB_COMPLETED, Ended(), lease=claim.lease, status="completed")


def test_the_time_counts_from_the_retry_and_stops_for_a_time_set(submit: Submit, actor: Actor) -> None:
    retried, sleeping = submit("test.sum"), submit("test.sum")
    cancel_job(retried.id, actor=actor)
    retry_job(retried.id, actor=actor)
    later = timezone.now() + timedelta(days=1)
    Job.objects.filter(id=sleeping.id).update(status=JobStatus.WAITING, wake_at=later)
    age(retried, 100)
    age(sleeping, 100)
    assert mark_stale() == []


@pytest.mark.django_db(transaction=True)
def test_a_stale_question_and_its_parent(submit: Submit, run_jobs: RunJobs) -> None:
    job = submit("test.ask")
    run_jobs()
    age(job, 100)
    out = io.StringIO()
    call_command("cleanup_stale", stdout=out)
    assert str(job.id) in out.getvalue() and "1 jobs marked" in out.getvalue()
    call_command("cleanup_stale", "--hours", "1", stdout=out)


def test_the_api_cleans_up_for_who_has_the_admin_key(submit: Submit, settings: Any) -> None:
    job = submit("test.sum")
    age(job, 100)
    post, url = Client().post, "/api/v1/admin/cleanup/stale"
    refused = post(url, headers={"X-Admin-Key": "x"})
    assert (refused.status_code, refused.json()["error"]["code"]) == (403, "admin_key_not_set")
    settings.ADMIN_API_KEY = "the key of the house"
    for headers in ({}, {"X-Admin-Key": "wrong ä"}, {"X-API-Key": "the key of the house"}):
        wrong = post(url, headers=headers)
        assert (wrong.status_code, wrong.json()["error"]["code"]) == (401, "bad_admin_key")
    right = {"X-Admin-Key": "the key of the house"}
    assert post(url, headers=right).json() == {"marked": 1, "job_ids": [str(job.id)]}
    assert post(url, headers=right).json() == {"marked": 0, "job_ids": []}


# --- chores


def test_a_chore_is_done_once_and_again_when_due(db: None) -> None:
    assert set(upkeep.do_chores()) == {"alerts", "stale jobs", "retention", "artifacts", "ledger"}
    assert upkeep.do_chores() == []
    Chore.objects.filter(name="retention").update(
        started_at=timezone.now() - timedelta(days=2), finished_at=timezone.now() - timedelta(hours=25)
    )
    assert upkeep.do_chores() == ["retention"]
    assert json.dumps(Chore.objects.get(name="artifacts").outcome)


def test_a_chore_that_failed_is_done_again_after_a_while(db: None, caplog: pytest.LogCaptureFixture) -> None:
    def fail() -> dict[str, Any]:
        raise RuntimeError("no")

    broken = upkeep.Task("broken", timedelta(hours=24), fail)
    assert upkeep._take(broken) and not upkeep._do(broken)
    assert "broken failed" in caplog.text and not upkeep._take(broken)
    Chore.objects.update(started_at=timezone.now() - timedelta(hours=2))
    assert upkeep._take(broken)


@pytest.mark.django_db(transaction=True)
def test_of_many_workers_one_does_it() -> None:
    done: list[list[str]] = []

    def work() -> None:
        done.append(upkeep.do_chores())
        connection.close()

    threads = [threading.Thread(target=work) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    names = sorted(name for names in done for name in names)
    assert names == ["alerts", "artifacts", "ledger", "retention", "stale jobs"]


@pytest.mark.django_db(transaction=True)
async def test_a_worker_keeps_house(settings: Any) -> None:
    settings.UPKEEP_SECONDS = 0.05
    worker = JobWorker()
    task = asyncio.create_task(worker.run())
    async with asyncio.timeout(10):
        while await run_sync(Chore.objects.filter(finished_at__isnull=False).count) < len(upkeep.TASKS):
            await asyncio.sleep(0.05)
    worker.stop()
    await task
    done = await run_sync(lambda: set(Chore.objects.filter(finished_at__isnull=False).values_list("name", flat=True)))
    assert done == {"alerts", "artifacts", "ledger", "retention", "stale jobs"}


def test_events_are_left_alone(submit: Submit) -> None:
    submit("test.sum")
    apply_retention()
    assert Event.objects.count() == 1 and not Question.objects.exists()
