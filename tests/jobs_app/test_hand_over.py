"""A worker that is told to stop: paid calls under way end first, nothing else begins, and the process ends in time."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from django.conf import LazySettings

from jobs_app.choices import EventType, JobStatus
from jobs_app.db import run_sync
from jobs_app.models import Event, Job
from tests.conftest import run_jobs_until_idle
from tests.jobs_app.test_worker import fresh, until, working
from tests.jobs_app.workflows import calls

Submit = Callable[..., Job]
pytestmark = pytest.mark.django_db(transaction=True)


def released(job: Job) -> list[str]:
    return list(Event.objects.filter(job=job, type=EventType.JOB_RELEASED).values_list("payload__reason", flat=True))


async def test_a_paid_call_under_way_ends_before_its_job_is_handed_over(submit: Submit) -> None:
    job = await run_sync(submit, "test.buy", 3)
    async with working() as worker:
        await until(lambda: calls["buy begun"] == 1)
        worker.stop()
    assert (calls["buy begun"], calls["buy"]) == (1, 1)
    assert (await fresh(job)).status == JobStatus.QUEUED and await run_sync(released, job) == ["shutdown"]
    await run_jobs_until_idle()
    done = await fresh(job)
    assert (done.status, done.result, calls["buy begun"]) == (JobStatus.COMPLETED, {"total": 3}, 3)


async def test_without_a_grace_a_paid_call_is_cut_off_and_paid_again(submit: Submit, settings: LazySettings) -> None:
    settings.WORKER_PAID_GRACE_SECONDS = 0
    job = await run_sync(submit, "test.buy", 1)
    async with working() as worker:
        await until(lambda: calls["buy begun"] == 1)
        worker.stop()
    assert (calls["buy begun"], calls["buy"]) == (1, 0)
    await run_jobs_until_idle()
    assert (await fresh(job)).status == JobStatus.COMPLETED and calls["buy begun"] == 2


async def test_a_paid_call_that_outlasts_the_grace_is_cut_off(submit: Submit, settings: LazySettings) -> None:
    settings.WORKER_PAID_GRACE_SECONDS = 0.1
    job = await run_sync(submit, "test.buy", 1)
    async with working() as worker:
        await until(lambda: calls["buy begun"] == 1)
        worker.stop()
    assert calls["buy"] == 0 and await run_sync(released, job) == ["shutdown"]
