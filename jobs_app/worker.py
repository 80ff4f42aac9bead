"""A worker: takes tickets, runs the bodies of jobs, keeps their leases alive, and hands over when it must stop."""

from __future__ import annotations

import asyncio
import logging
import os
import socket
import time
import uuid
from dataclasses import dataclass, field
from enum import Enum
from typing import Any

import psycopg
from django.conf import settings
from django.db import connection, transaction
from django.db.models.functions import Now
from procrastinate.contrib.django import app as django_app
from procrastinate.psycopg_connector import PsycopgConnector

from accounts_app.errors import DnaError
from accounts_app.ids import uuid7
from jobs_app import claims, events, progress, steps, tickets
from jobs_app.choices import EventType, JobStatus, ReleaseReason
from jobs_app.claims import Claim
from jobs_app.db import Writing, run_sync, settled, writing
from jobs_app.direct import direct_conninfo
from jobs_app.errors import JobTimedOut, LeaseLost
from jobs_app.jobs import end_job
from jobs_app.models import Job, Worker
from jobs_app.payloads import Ended
from jobs_app.runs import Memory, Run
from jobs_app.waits import Suspend, suspend_job
from jobs_app.workflows import Workflow, get_workflow, known_versions

_CANCEL_POLL_SECONDS = 0.5
_END_SECONDS = 1.0
_SWEEP_LOCK = 0x444E4101  # an advisory lock number of our own: one sweep at a time is enough

logger = logging.getLogger(__name__)


class StopReason(Enum):
    """Why a running body is cancelled."""

    USER = "user"
    TIMEOUT = "timeout"
    SHUTDOWN = "shutdown"
    LEASE_LOST = "lease_lost"


@dataclass(slots=True)
class Running:
    """A body at work."""

    claim: Claim
    task: asyncio.Task[Any]
    reason: StopReason | None = None
    renewed_at: float = field(default_factory=time.monotonic)

    def stop(self, reason: StopReason) -> None:
        """Cancel the body; the first reason counts."""
        if self.reason is None and not self.task.done():
            self.reason = reason
            self.task.cancel()


class JobWorker:
    """Runs jobs in this process. One per process; ``run`` until ``stop`` is called or it is cancelled."""

    def __init__(self, *, concurrency: int | None = None) -> None:
        self.id = uuid7()
        self.concurrency = concurrency or settings.WORKER_CONCURRENCY
        self.running: dict[uuid.UUID, Running] = {}
        self._stopping = asyncio.Event()

    def stop(self) -> None:
        """Take no more tickets and hand the running jobs over to other workers."""
        self._stopping.set()

    async def run(self) -> None:
        await run_sync(_register, self)
        queue = asyncio.create_task(self._take_tickets())
        care = [asyncio.create_task(one) for one in (self._keep_leases(), self._watch_cancellations(), self._sweep())]
        try:
            await asyncio.wait([queue, asyncio.create_task(self._stopping.wait())], return_when=asyncio.FIRST_COMPLETED)
        finally:
            self._stopping.set()
            await self._hand_over()
            await self._end([queue, *care])
            await run_sync(_deregister, self)

    async def _end(self, parts: list[asyncio.Task[None]]) -> None:
        """Cancel the worker's own tasks. Their jobs are handed over by now, so none of them is waited for long."""
        pending = set(parts)
        for _ in range(2):  # procrastinate shields its loop from the first cancellation, and may lose it there
            for task in pending:
                task.cancel()
            done, pending = await asyncio.wait(pending, timeout=_END_SECONDS)
            for task in done:
                if not task.cancelled() and (failure := task.exception()) is not None:
                    logger.error("worker %s: a part of it failed", self.id, exc_info=failure)
            if not pending:
                return
        logger.error("worker %s: left behind: %s", self.id, ", ".join(task.get_name() for task in pending))

    async def _take_tickets(self) -> None:
        """Listen to the queue; after a fault (the database restarted, say) begin anew."""
        while not self._stopping.is_set():
            try:
                await self._run_queue()
            except Exception:
                logger.exception("worker %s: the queue broke off; starting again", self.id)
                await asyncio.sleep(1.0)

    async def _run_queue(self) -> None:
        connector = PsycopgConnector(conninfo=direct_conninfo(), min_size=1, max_size=3)
        app = django_app.with_connector(connector)
        async with app.open_async():
            await app.run_worker_async(
                queues=[tickets.QUEUE],
                name=f"dna-{self.id}",
                concurrency=self.concurrency,
                fetch_job_polling_interval=1.0,
                delete_jobs="always",
                install_signal_handlers=False,
                additional_context={"worker": self},
            )

    async def run_job(self, job_id: uuid.UUID) -> None:
        """Claim a job and run it to its end, to its next wait, or until this worker has to let go of it."""
        if self._stopping.is_set():
            await run_sync(_return_ticket, job_id)
            return
        claim = await run_sync(claims.claim_job, job_id, self.id, known_versions())
        if claim is None:
            return
        task = asyncio.create_task(self._run_body(claim), name=f"job {job_id}")
        running = self.running[job_id] = Running(claim, task)
        deadline = asyncio.get_running_loop().call_later(
            settings.JOB_TIMEOUT_SECONDS, running.stop, StopReason.TIMEOUT
        )
        try:
            await asyncio.wait([task])
        except asyncio.CancelledError:
            running.stop(StopReason.SHUTDOWN)
            await asyncio.wait([task])
        finally:
            deadline.cancel()
            try:
                await _conclude(running)
            finally:
                del self.running[job_id]

    async def _run_body(self, claim: Claim) -> Any:
        job = claim.job
        workflow = get_workflow(job.workflow, job.workflow_version)
        memory = await run_sync(_load_memory, claim, workflow)
        with writing(Writing.JOB):
            result = await workflow.body(Run(memory), workflow.arguments.model_validate(job.arguments))
        return result.model_dump(mode="json")

    async def _hand_over(self) -> None:
        for running in list(self.running.values()):
            running.stop(StopReason.SHUTDOWN)
        while self.running:
            await asyncio.sleep(0.01)

    async def _keep_leases(self) -> None:
        """Renew the leases on a connection of its own; stop the bodies whose lease is gone or about to end."""
        while True:
            try:
                async with await psycopg.AsyncConnection.connect(direct_conninfo(), autocommit=True) as leases:
                    while True:
                        await self._renew_in_time(leases)
            except (psycopg.Error, TimeoutError) as error:
                logger.warning("worker %s: leases not renewed: %s", self.id, error)
            self._stop_expiring()
            await asyncio.sleep(settings.JOB_LEASE_SECONDS / 20)

    async def _renew_in_time(self, leases: psycopg.AsyncConnection[Any]) -> None:
        async with asyncio.timeout(settings.JOB_LEASE_SECONDS / 3):
            await self._renew(leases)
        self._stop_expiring()
        await asyncio.sleep(settings.JOB_LEASE_SECONDS / 4)

    async def _renew(self, leases: psycopg.AsyncConnection[Any]) -> None:
        asked_at = time.monotonic()
        asked = dict(self.running)
        await leases.execute(
            "UPDATE jobs_app_worker SET heartbeat_at = clock_timestamp() WHERE id = %s", [self.id]
        )
        if not asked:
            return
        sql, values = claims.renewal(self.id, list(asked))
        cursor = await leases.execute(sql, values)
        held = dict(await cursor.fetchall())
        for job_id, running in asked.items():
            if held.get(job_id) == running.claim.lease.number:
                running.renewed_at = asked_at
            elif not running.task.done():
                running.stop(StopReason.LEASE_LOST)

    def _stop_expiring(self) -> None:
        """A body must not outlive its lease; three quarters of it leave time to stop."""
        for running in self.running.values():
            if time.monotonic() - running.renewed_at > settings.JOB_LEASE_SECONDS * 3 / 4:
                running.stop(StopReason.LEASE_LOST)

    async def _watch_cancellations(self) -> None:
        while True:
            await asyncio.sleep(_CANCEL_POLL_SECONDS)
            if not self.running:
                continue
            try:
                for job_id in await settled(run_sync(_cancelled_among, list(self.running))):
                    if job_id in self.running:
                        self.running[job_id].stop(StopReason.USER)
            except Exception:
                logger.exception("worker %s: cancellations not read", self.id)

    async def _sweep(self) -> None:
        while True:
            try:
                await settled(run_sync(_sweep_once))
            except Exception:
                logger.exception("worker %s: sweep failed", self.id)
            await asyncio.sleep(settings.JOB_SWEEP_SECONDS)


def _register(worker: JobWorker) -> None:
    Worker.objects.create(
        id=worker.id,
        host=socket.gethostname(),
        process_id=os.getpid(),
        concurrency=worker.concurrency,
        workflows=known_versions(),
    )


def _deregister(worker: JobWorker) -> None:
    Worker.objects.filter(id=worker.id).update(stopped_at=Now())


def _load_memory(claim: Claim, workflow: Workflow) -> Memory:
    expected = progress.expected_seconds(workflow.name, workflow.expected_seconds)
    return Memory(claim, steps.load_results(claim.job.id), expected)


def _cancelled_among(job_ids: list[uuid.UUID]) -> list[uuid.UUID]:
    return list(Job.objects.filter(id__in=job_ids, cancel_requested_at__isnull=False).values_list("id", flat=True))


def _return_ticket(job_id: uuid.UUID) -> None:
    job = Job.objects.only("priority").get(id=job_id)
    tickets.issue_ticket(job.id, priority=job.priority)


def _sweep_once() -> None:
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SELECT pg_try_advisory_xact_lock(%s)", [_SWEEP_LOCK])
        if cursor.fetchone()[0] and (given := tickets.give_missing_tickets()):
            logger.info("sweep: %d jobs got a new ticket", given)


async def _conclude(running: Running) -> None:
    """Write down how the body ended. A lost lease writes nothing: the job is another worker's now."""
    lease, job_id = running.claim.lease, running.claim.job.id
    try:
        if running.task.cancelled():
            await _conclude_stopped(running)
        elif (error := running.task.exception()) is None:
            await run_sync(_end, lease, EventType.JOB_COMPLETED, JobStatus.COMPLETED, result=running.task.result())
        elif isinstance(error, Suspend):
            await run_sync(suspend_job, lease, error.conditions)
        elif isinstance(error, LeaseLost):
            logger.warning("job %s: lease lost, left to the worker that has it", job_id)
        else:
            await run_sync(_fail, lease, error)
    except LeaseLost:
        logger.warning("job %s: lease lost before its end was written", job_id)


async def _conclude_stopped(running: Running) -> None:
    lease = running.claim.lease
    match running.reason:
        case StopReason.USER:
            await run_sync(_end, lease, EventType.JOB_CANCELLED, JobStatus.CANCELLED)
        case StopReason.TIMEOUT:
            await run_sync(claims.fail_job, lease, JobTimedOut(), errored=False)
        case StopReason.LEASE_LOST:
            logger.warning("job %s: lease lost, stopped", lease.job_id)
        case _:
            await run_sync(claims.release_job, lease, ReleaseReason.SHUTDOWN)


def _end(lease: events.Lease, event_type: EventType, status: JobStatus, **changes: Any) -> None:
    if status == JobStatus.COMPLETED:
        changes |= {"progress": 100, "current_step": "Complete"}
    end_job(lease.job_id, event_type, Ended(), lease=lease, status=status.value, **changes)


def _fail(lease: events.Lease, error: BaseException) -> None:
    """A ``DnaError`` of the 400s is the job saying no; anything else is a fault of ours."""
    errored = not isinstance(error, DnaError) or error.http_status >= 500
    if errored:
        logger.error("job %s: errored", lease.job_id, exc_info=error)
    claims.fail_job(lease, error if isinstance(error, Exception) else RuntimeError(str(error)), errored=errored)
