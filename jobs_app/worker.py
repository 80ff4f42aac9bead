"""A worker: takes tickets, runs the bodies of jobs, keeps their leases alive, and hands over when it must stop."""

from __future__ import annotations

import asyncio
import logging
import os
import socket
import threading
import time
import uuid
from collections.abc import Callable
from dataclasses import dataclass, field
from enum import Enum
from typing import Any

import psycopg
from django.conf import settings
from django.db import OperationalError, connection, transaction
from django.db.models.functions import Now
from procrastinate.contrib.django import app as django_app
from procrastinate.psycopg_connector import PsycopgConnector

from accounts_app.errors import DnaError
from accounts_app.ids import uuid7
from accounts_app.outage import is_connection_lost
from jobs_app import claims, logs, progress, steps, tickets
from jobs_app.choices import EventType, JobStatus, ReleaseReason
from jobs_app.claims import Claim
from jobs_app.db import Writing, persisted, run_sync, settled, writing
from jobs_app.direct import direct_conninfo
from jobs_app.errors import JobEnded, JobTimedOut, LeaseLost
from jobs_app.events import Lease
from jobs_app.jobs import end_job
from jobs_app.models import Job, Worker
from jobs_app.paid_calls import PaidCalls
from jobs_app.payloads import Ended
from jobs_app.runs import Memory, Run
from jobs_app.upkeep import do_chores
from jobs_app.waits import CancelRequested, Suspend, suspend_job
from jobs_app.workflows import Workflow, get_workflow, known_versions

_CANCEL_POLL_SECONDS = 0.5
_TRY_AGAIN_SECONDS = 1.0
# From the last paid call on. To write down that a job is given back takes milliseconds.
_HAND_OVER_SECONDS = 1.5
_END_SECONDS = 0.5
_END_TRIES = 4  # procrastinate shields its loop from the first cancellation, and may lose others
_QUEUE_WAIT_SECONDS = 5.0  # for a connection, before the queue gives up and begins anew
_SWEEP_LOCK = 0x444E4101  # an advisory lock number of our own: one sweep at a time is enough

logger = logging.getLogger(__name__)

_preparations: list[Callable[[], None]] = []


def prepare_with(preparation: Callable[[], None]) -> None:
    """For what floors above want done once in every worker, beside its first jobs; called when the apps are loaded."""
    if preparation not in _preparations:
        _preparations.append(preparation)


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
    paid_calls: PaidCalls
    reason: StopReason | None = None
    renewed_at: float = field(default_factory=time.monotonic)
    started_at: float = field(default_factory=time.monotonic)

    @property
    def outcome(self) -> str:
        """How the body ended, in a word, for the log."""
        if self.task.cancelled():
            return self.reason.value if self.reason else "cancelled"
        error = self.task.exception()
        return "completed" if error is None else "waiting" if isinstance(error, Suspend) else "failed"

    def stop(self, reason: StopReason) -> None:
        """Cancel the body; the first reason counts."""
        if self.reason is None and not self.task.done():
            self.reason = reason
            self.task.cancel()


    def wind_up(self, *, in_grace: bool) -> None:
        """Hand over as soon as no paid call is under way, or the grace for those is over."""
        self.paid_calls.closed = True
        if not (in_grace and self.paid_calls.under_way):
            self.stop(StopReason.SHUTDOWN)


class JobWorker:
    """Runs jobs in this process. One per process; ``run`` until ``stop`` is called or it is cancelled."""

    def __init__(self, *, concurrency: int | None = None) -> None:
        self.id = uuid7()
        self.concurrency = concurrency or settings.WORKER_CONCURRENCY
        self.running: dict[Lease, Running] = {}
        self._work: set[asyncio.Task[None]] = set()
        self._slots = asyncio.Semaphore(self.concurrency)
        self._stopping = asyncio.Event()

    def stop(self) -> None:
        """Take no more tickets and hand the running jobs over to other workers."""
        self._stopping.set()

    async def run(self) -> None:
        if await self._sign_on():
            await self._serve()

    async def _sign_on(self) -> bool:
        """Say that this worker is there, as soon as the database is. False when told to stop before."""
        while not self._stopping.is_set():
            try:
                await run_sync(_register, self)
                return True
            except OperationalError as error:
                if not is_connection_lost(error):
                    raise
                logger.warning("worker %s: waits for the database: %s", self.id, error)
                await asyncio.sleep(_TRY_AGAIN_SECONDS)
        return False

    async def _serve(self) -> None:
        _prepare()
        queue = asyncio.create_task(self._take_tickets())
        duties = (self._keep_leases(), self._watch_cancellations(), self._sweep(), self._keep_house())
        care = [asyncio.create_task(one) for one in duties]
        try:
            await asyncio.wait([queue, asyncio.create_task(self._stopping.wait())], return_when=asyncio.FIRST_COMPLETED)
        finally:
            self._stopping.set()
            await self._hand_over()
            await self._end([queue, *care])
            await self._sign_off()

    async def _sign_off(self) -> None:
        try:
            async with asyncio.timeout(_END_SECONDS):
                await run_sync(_deregister, self)
        except (OperationalError, TimeoutError) as error:  # its heartbeat ends, which says the same a little later
            logger.warning("worker %s: not signed off: %s", self.id, error)

    async def _end(self, parts: list[asyncio.Task[None]]) -> None:
        """Cancel the worker's own tasks. Their jobs are handed over by now, so none of them is waited for long."""
        pending = set(parts)
        for _ in range(_END_TRIES):
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
        connector = PsycopgConnector(conninfo=direct_conninfo(), min_size=1, max_size=3, timeout=_QUEUE_WAIT_SECONDS)
        app = django_app.with_connector(connector)
        try:
            async with app.open_async():
                await app.run_worker_async(
                    queues=[tickets.QUEUE],
                    name=f"dna-{self.id}",
                    concurrency=self.concurrency,
                    fetch_job_polling_interval=1.0,
                    # When it breaks off it lets go of its tickets at once; the bodies go on (see `run_job`).
                    shutdown_graceful_timeout=0,
                    # So that what a dead one left does not count as alive much longer than its leases.
                    update_heartbeat_interval=settings.JOB_LEASE_SECONDS / 3,
                    stalled_worker_timeout=settings.JOB_LEASE_SECONDS * 2,
                    delete_jobs="always",
                    install_signal_handlers=False,
                    additional_context={"worker": self},
                )
        finally:
            # A cancellation while it opens leaves it open, and a pool amid connecting takes one for a failed attempt:
            # its tasks would go on, and the process with them.
            await connector.close_async()

    async def run_job(self, job_id: uuid.UUID) -> None:
        """A ticket came up: work on its job.

        The work is a task of this worker's own. The queue cancels what runs on its tickets whenever it breaks off (the
        database restarted, say), and would else have to wait for all of it before it could begin anew.
        """
        work = asyncio.create_task(self._work_on(job_id), name=f"job {job_id}")
        self._work.add(work)
        work.add_done_callback(self._work.discard)
        await asyncio.shield(work)

    async def _work_on(self, job_id: uuid.UUID) -> None:
        """Claim a job and run it to its end, to its next wait, or until this worker has to let go of it."""
        async with self._slots:
            if self._stopping.is_set():
                await run_sync(_return_ticket, job_id)
            elif (claim := await run_sync(claims.claim_job, job_id, self.id, known_versions())) is not None:
                await self._see_through(claim)

    async def _see_through(self, claim: Claim) -> None:
        job, job_id = claim.job, claim.job.id
        with logs.bound(job_id=str(job_id), workflow=job.workflow, attempt=job.attempt, worker_id=str(self.id)):
            await self._run_claimed(claim)

    async def _run_claimed(self, claim: Claim) -> None:
        job_id = claim.job.id
        paid_calls = PaidCalls()
        task = asyncio.create_task(self._run_body(claim, paid_calls), name=f"body of job {job_id}")
        # By lease: this worker may take over a job from itself, having lost it and being still about to let go.
        running = self.running[claim.lease] = Running(claim, task, paid_calls)
        deadline = asyncio.get_running_loop().call_later(
            settings.JOB_TIMEOUT_SECONDS, running.stop, StopReason.TIMEOUT
        )
        try:
            await asyncio.wait([task])
        finally:
            deadline.cancel()
            try:
                await _conclude(running)
            finally:
                del self.running[claim.lease]
                duration_ms = round((time.monotonic() - running.started_at) * 1000)
                logger.info("job %s: %s", job_id, running.outcome, extra={"duration_ms": duration_ms})

    async def _run_body(self, claim: Claim, paid_calls: PaidCalls) -> Any:
        job = claim.job
        workflow = get_workflow(job.workflow, job.workflow_version)
        memory = await run_sync(_load_memory, claim, workflow, paid_calls)
        with writing(Writing.JOB):
            result = await workflow.body(Run(memory), workflow.arguments.model_validate(job.arguments))
        return result.model_dump(mode="json")

    async def _hand_over(self) -> None:
        """Stop what runs, also what was being claimed when the end came. Paid calls may end first, within a grace.

        While the database is away nothing can be handed over; the leases run out then, as after a kill.
        """
        started_at = time.monotonic()
        grace_ends_at, give_up_at = started_at + settings.WORKER_PAID_GRACE_SECONDS, started_at + _HAND_OVER_SECONDS
        while self._work and (now := time.monotonic()) < give_up_at:
            in_grace = now < grace_ends_at
            for running in self.running.values():
                running.wind_up(in_grace=in_grace)
                if in_grace and running.paid_calls.under_way:
                    give_up_at = now + _HAND_OVER_SECONDS
            await asyncio.sleep(0.01)
        for work in self._work:
            logger.warning("worker %s: %s left to its lease", self.id, work.get_name())
            work.cancel()

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
        sql, values = claims.renewal(self.id, [lease.job_id for lease in asked])
        cursor = await leases.execute(sql, values)
        held = dict(await cursor.fetchall())
        for lease, running in asked.items():
            if held.get(lease.job_id) == lease.number:
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
                cancelled = await settled(run_sync(_cancelled_among, [lease.job_id for lease in self.running]))
                for lease, running in self.running.items():
                    if lease.job_id in cancelled:
                        running.stop(StopReason.USER)
            except Exception:
                logger.exception("worker %s: cancellations not read", self.id)

    async def _sweep(self) -> None:
        while True:
            try:
                await settled(run_sync(_sweep_once))
            except Exception:
                logger.exception("worker %s: sweep failed", self.id)
            await asyncio.sleep(settings.JOB_SWEEP_SECONDS)

    async def _keep_house(self) -> None:
        """Alerts, retention, garbage collection: whatever is due, by whichever worker comes first."""
        while True:
            await asyncio.sleep(settings.UPKEEP_SECONDS)
            try:
                await settled(run_sync(do_chores))
            except Exception:
                logger.exception("worker %s: upkeep failed", self.id)


def _register(worker: JobWorker) -> None:
    about = {
        "host": socket.gethostname(),
        "process_id": os.getpid(),
        "concurrency": worker.concurrency,
        "workflows": known_versions(),
    }
    Worker.objects.get_or_create(id=worker.id, defaults=about)


def _prepare() -> None:
    """In threads that hold up neither the jobs nor the end of the process."""
    for preparation in _preparations:
        threading.Thread(target=preparation, name="dna-prepare", daemon=True).start()


def _deregister(worker: JobWorker) -> None:
    Worker.objects.filter(id=worker.id).update(stopped_at=Now())


def _load_memory(claim: Claim, workflow: Workflow, paid_calls: PaidCalls) -> Memory:
    expected = progress.expected_seconds(workflow, claim.job.arguments)
    return Memory(claim, steps.load_results(claim.job.id), expected, paid_calls)


def _cancelled_among(job_ids: list[uuid.UUID]) -> list[uuid.UUID]:
    return list(Job.objects.filter(id__in=job_ids, cancel_requested_at__isnull=False).values_list("id", flat=True))


def _return_ticket(job_id: uuid.UUID) -> None:
    job = Job.objects.only("priority").filter(id=job_id).first()
    if job is not None:  # a customer may have been erased meanwhile
        tickets.issue_ticket(job.id, priority=job.priority)


def _sweep_once() -> None:
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SELECT pg_try_advisory_xact_lock(%s)", [_SWEEP_LOCK])
        if cursor.fetchone()[0] and (given := tickets.give_missing_tickets()):
            logger.info("sweep: %d jobs got a new ticket", given)


async def _conclude(running: Running) -> None:
    """Write down how the body ended. A lost lease writes nothing: the job is another worker's now.

    Every way may be gone twice: where the answer to a commit was lost, the second time finds the job let go.
    """
    lease, job_id = running.claim.lease, running.claim.job.id
    try:
        if running.task.cancelled():
            await _conclude_stopped(running)
        elif (error := running.task.exception()) is None:
            await persisted(_end, lease, EventType.JOB_COMPLETED, JobStatus.COMPLETED, result=running.task.result())
        elif isinstance(error, Suspend):
            await _wait_or_cancel(lease, error)
        elif isinstance(error, LeaseLost):
            logger.warning("job %s: lease lost, left to the worker that has it", job_id)
        elif is_connection_lost(error):
            # No fault of the job. Its lease runs out, and who takes it over continues after the last finished step.
            logger.warning("job %s: left, the database is away: %s", job_id, error)
        else:
            await persisted(_fail, lease, error)
    except (LeaseLost, JobEnded):
        logger.warning("job %s: let go before its end was written", job_id)


async def _wait_or_cancel(lease: Lease, suspended: Suspend) -> None:
    try:
        await persisted(suspend_job, lease, suspended.conditions)
    except CancelRequested:
        await persisted(_end, lease, EventType.JOB_CANCELLED, JobStatus.CANCELLED)


async def _conclude_stopped(running: Running) -> None:
    lease = running.claim.lease
    match running.reason:
        case StopReason.USER:
            await persisted(_end, lease, EventType.JOB_CANCELLED, JobStatus.CANCELLED)
        case StopReason.TIMEOUT:
            await persisted(claims.fail_job, lease, JobTimedOut(), errored=False)
        case StopReason.LEASE_LOST:
            logger.warning("job %s: lease lost, stopped", lease.job_id)
        case _:
            await persisted(claims.release_job, lease, ReleaseReason.SHUTDOWN)


def _end(lease: Lease, event_type: EventType, status: JobStatus, **changes: Any) -> None:
    if status == JobStatus.COMPLETED:
        changes |= {"progress": 100, "current_step": "Complete"}
    end_job(lease.job_id, event_type, Ended(), lease=lease, status=status.value, **changes)


def _fail(lease: Lease, error: BaseException) -> None:
    """A ``DnaError`` of the 400s is the job saying no; anything else is a fault of ours."""
    errored = not isinstance(error, DnaError) or error.http_status >= 500
    if errored:
        logger.error("job %s: errored", lease.job_id, exc_info=error)
    claims.fail_job(lease, error if isinstance(error, Exception) else RuntimeError(str(error)), errored=errored)
