"""The worker: cancelling, timing out, handing over, taking up where another left off."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager

import pytest

from accounts_app.access import Actor
from jobs_app import jobs
from jobs_app.choices import EventType, JobStatus
from jobs_app.db import run_sync
from jobs_app.errors import JobEnded, JobNotEnded
from jobs_app.models import Event, Job, Worker
from jobs_app.worker import JobWorker
from tests.conftest import run_jobs_until_idle
from tests.jobs_app.workflows import calls, release

Submit = Callable[..., Job]
pytestmark = pytest.mark.django_db(transaction=True)


@asynccontextmanager
async def working() -> AsyncIterator[JobWorker]:
    worker = JobWorker()
    task = asyncio.create_task(worker.run())
    try:
        yield worker
    finally:
        worker.stop()
        await task


async def until(condition: Callable[[], bool], *, seconds: float = 10) -> None:
    async with asyncio.timeout(seconds):
        while not condition():
            await asyncio.sleep(0.01)


async def fresh(job: Job) -> Job:
    return await run_sync(Job.objects.get, id=job.id)


async def test_a_worker_that_stops_hands_its_job_over(submit: Submit) -> None:
    job = await run_sync(submit, "test.wait", 5)
    async with working():
        await until(lambda: calls["wait"] == 1)
    handed = await fresh(job)
    assert (handed.status, handed.worker_id, handed.claims) == (JobStatus.QUEUED, None, 0)
    release.set()
    await run_jobs_until_idle()
    assert (await fresh(job)).result == {"total": 5}
    assert (calls["add"], calls["wait"]) == (1, 2)


async def test_stopping_takes_well_under_five_seconds(submit: Submit) -> None:
    await run_sync(submit, "test.wait", 5)
    async with working() as worker:
        await until(lambda: calls["wait"] == 1)
        started = asyncio.get_running_loop().time()
        worker.stop()
    assert asyncio.get_running_loop().time() - started < 3


async def test_a_running_job_can_be_cancelled(submit: Submit, actor: Actor) -> None:
    job = await run_sync(submit, "test.wait", 5)
    async with working():
        await until(lambda: calls["wait"] == 1)
        await run_sync(jobs.cancel_job, job.id, actor=actor)
        again = await run_sync(jobs.cancel_job, job.id, actor=actor)
        assert again.cancel_requested_at is not None
        async with asyncio.timeout(5):
            while (await fresh(job)).status != JobStatus.CANCELLED:
                await asyncio.sleep(0.02)
    last = await run_sync(Event.objects.filter(job=job).order_by("-number").first)
    assert last is not None and last.type == EventType.JOB_CANCELLED


async def test_a_job_nobody_runs_is_cancelled_at_once(submit: Submit, actor: Actor) -> None:
    job = await run_sync(submit, "test.wait", 5)
    assert (await run_sync(jobs.cancel_job, job.id, actor=actor)).status == JobStatus.CANCELLED
    await run_jobs_until_idle()
    assert calls["wait"] == 0


async def test_an_ended_job_cannot_be_cancelled_nor_a_completed_one_retried(submit: Submit, actor: Actor) -> None:
    job = await run_sync(submit, "test.sum")
    await run_jobs_until_idle()
    with pytest.raises(JobEnded):
        await run_sync(jobs.cancel_job, job.id, actor=actor)
    with pytest.raises(JobNotEnded):
        await run_sync(jobs.retry_job, job.id, actor=actor)


async def test_a_job_that_takes_too_long_fails_and_says_so(submit: Submit, settings: object) -> None:
    settings.JOB_TIMEOUT_SECONDS = 0.2  # type: ignore[attr-defined]
    job = await run_sync(submit, "test.wait", 5)
    await run_jobs_until_idle()
    ended = await fresh(job)
    assert (ended.status, ended.error_code, ended.errored) == (JobStatus.FAILED, "timed_out", False)


async def test_a_worker_registers_and_signs_off(submit: Submit) -> None:
    async with working() as worker:
        async with asyncio.timeout(5):
            while not await run_sync(Worker.objects.filter(id=worker.id, stopped_at=None).exists):
                await asyncio.sleep(0.01)
    assert (await run_sync(Worker.objects.get, id=worker.id)).stopped_at is not None


async def test_a_worker_that_stops_while_it_connects_leaves_nothing_behind() -> None:
    worker, before = JobWorker(), asyncio.all_tasks()
    task = asyncio.create_task(worker.run())
    async with asyncio.timeout(10):
        while not any(one.get_name().startswith("pool-") for one in asyncio.all_tasks()):
            await asyncio.sleep(0)
    worker.stop()
    await task
    _, left = await asyncio.wait([*asyncio.all_tasks() - before, asyncio.create_task(asyncio.sleep(0))], timeout=5)
    assert not left


async def test_higher_priority_goes_first(submit: Submit) -> None:
    low = await run_sync(submit, "test.sum", 1, priority=2)
    high = await run_sync(submit, "test.sum", 2, priority=8)
    worker = JobWorker(concurrency=1)
    task = asyncio.create_task(worker.run())
    async with asyncio.timeout(10):
        while not (await fresh(low)).is_terminal:
            await asyncio.sleep(0.02)
    worker.stop()
    await task
    first, second = (await fresh(high)).started_at, (await fresh(low)).started_at
    assert first is not None and second is not None and first < second
