"""Waiting for jobs, as commands do: run by a live worker, or by one of our own as long as there is none."""

from __future__ import annotations

import asyncio
import threading
import time
import uuid
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from datetime import timedelta

from django.conf import settings
from django.db.models import Exists, OuterRef, Q
from django.db.models.functions import Now

from jobs_app.choices import TERMINAL, JobStatus
from jobs_app.models import Job, Question, Worker
from jobs_app.worker import JobWorker

_POLL_SECONDS = 0.1
_STOP_SECONDS = 10.0


def await_jobs(job_ids: Iterable[uuid.UUID], *, rested: Callable[[Job], object] = lambda _: None) -> None:
    """Return when each has ended or asks a person; ``rested`` is told of each as soon as it has."""
    waiting = set(job_ids)
    asking = Exists(Question.objects.filter(job=OuterRef("pk"), answered_at=None))
    at_rest = Q(status__in=TERMINAL) | Q(asking, status=JobStatus.WAITING)
    with worker_where_none_lives():
        while waiting:
            for job in Job.objects.filter(at_rest, id__in=waiting):
                waiting.remove(job.id)
                rested(job)
            time.sleep(_POLL_SECONDS)


def is_worker_alive() -> bool:
    """Whether a worker said within two leases that it lives."""
    since = Now() - timedelta(seconds=2 * settings.JOB_LEASE_SECONDS)
    return Worker.objects.filter(stopped_at=None, heartbeat_at__gt=since).exists()


@contextmanager
def worker_where_none_lives() -> Iterator[None]:
    """Runs a worker in a thread of this process while the block runs, unless one is alive elsewhere."""
    if is_worker_alive():
        yield
        return
    stop = threading.Event()
    thread = threading.Thread(target=lambda: asyncio.run(_work_until(stop)), name="dna-worker", daemon=True)
    thread.start()
    try:
        yield
    finally:
        stop.set()
        thread.join(_STOP_SECONDS)


async def _work_until(stop: threading.Event) -> None:
    worker = JobWorker()
    running = asyncio.create_task(worker.run())
    while not stop.is_set() and not running.done():
        await asyncio.sleep(_POLL_SECONDS)
    worker.stop()
    await running
