"""Figures for operators, read from the database when asked, so that every process tells the same.

Used by the operators' page, by ``/metrics`` and by the health check.
"""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, TypeVar

from django.conf import settings
from django.db import connection
from django.db.models import Count, Sum
from django.db.models.functions import Now

from jobs_app.choices import UNFINISHED
from jobs_app.dead_letters import waiting_letters
from jobs_app.models import Alert, Blob, Chore, Job, Worker

# A worker says that it lives every quarter of a lease; after two leases of silence it counts as lost.
SILENT_LEASES = 2
HOURS_SHOWN = 24

_LANES = """
    SELECT priority,
           count(*) FILTER (WHERE ticket_id IS NOT NULL) AS next,
           count(*) FILTER (WHERE ticket_id IS NULL) AS in_line,
           coalesce(extract(epoch FROM clock_timestamp() - min(last_event_at)), 0)::float AS oldest_seconds
      FROM jobs_app_job WHERE status IN ('pending', 'queued')
       AND (wake_at IS NULL OR wake_at <= clock_timestamp())
     GROUP BY priority ORDER BY priority DESC"""
# Of jobs that have a ticket: the others wait for their customer's own jobs, which is no lack of workers.
_QUEUE_AGE = """
    SELECT coalesce(extract(epoch FROM clock_timestamp() - min(last_event_at)), 0)::float FROM jobs_app_job
     WHERE status IN ('pending', 'queued') AND ticket_id IS NOT NULL
       AND (wake_at IS NULL OR wake_at <= clock_timestamp())"""
# Tickets a worker fetched whose job nobody holds: the worker died in between.
_STUCK = """
    SELECT count(*) FROM procrastinate_jobs AS ticket
     WHERE ticket.status = 'doing'
       AND NOT EXISTS (SELECT 1 FROM jobs_app_job AS job
                        WHERE job.id::text = ticket.args->>'job_id' AND job.status = 'processing'
                          AND job.lease_expires_at > clock_timestamp())
       AND NOT EXISTS (SELECT 1 FROM procrastinate_events AS event
                        WHERE event.job_id = ticket.id AND event.at > clock_timestamp() - %s::interval)"""
_HOURS = """
    SELECT date_trunc('hour', created_at) AS hour,
           count(*) AS made,
           count(*) FILTER (WHERE status = 'completed') AS completed,
           count(*) FILTER (WHERE status = 'failed') AS failed,
           count(*) FILTER (WHERE status = 'cancelled') AS cancelled,
           count(*) FILTER (WHERE status NOT IN ('completed', 'failed', 'cancelled')) AS unfinished
      FROM jobs_app_job WHERE id >= %s GROUP BY 1 ORDER BY 1 DESC"""
_WORKFLOWS = """
    SELECT workflow,
           count(*) AS made,
           count(*) FILTER (WHERE status = 'completed') AS completed,
           count(*) FILTER (WHERE status = 'failed') AS failed,
           count(*) FILTER (WHERE errored) AS errored,
           coalesce(avg(extract(epoch FROM completed_at - started_at))
                    FILTER (WHERE status = 'completed' AND started_at IS NOT NULL), 0)::float AS mean_seconds,
           sum(cost_usd)::float AS cost_usd
      FROM jobs_app_job WHERE id >= %s GROUP BY workflow ORDER BY made DESC, workflow"""

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Lane:
    """Jobs of one priority that could run: with a ticket, and in their customer's line behind those."""

    priority: int
    next: int
    in_line: int
    oldest_seconds: float


@dataclass(frozen=True, slots=True)
class Hour:
    """Jobs made in one hour, by how they stand now."""

    hour: datetime
    made: int
    completed: int
    failed: int
    cancelled: int
    unfinished: int


@dataclass(frozen=True, slots=True)
class WorkflowFigures:
    """Jobs of one workflow made in a stretch of time."""

    workflow: str
    made: int
    completed: int
    failed: int
    errored: int
    mean_seconds: float
    cost_usd: float

    @property
    def error_rate(self) -> float:
        """Share of the ended ones that failed, 0 to 1."""
        ended = self.completed + self.failed
        return self.failed / ended if ended else 0.0


@dataclass(frozen=True, slots=True)
class LiveWorker:
    """A worker with the jobs it holds."""

    worker: Worker
    running: list[Job]
    lost: bool


def queue_lanes() -> list[Lane]:
    return _rows(Lane, _LANES)


def queue_age_seconds() -> float:
    """How long the longest waiting job with a ticket has been waiting; 0 when none does."""
    return float(_value(_QUEUE_AGE))


def stuck_tickets() -> int:
    return int(_value(_STUCK, f"{settings.JOB_LEASE_SECONDS * SILENT_LEASES} seconds"))


def jobs_by_hour() -> list[Hour]:
    return _rows(Hour, _HOURS, first_id(timedelta(hours=HOURS_SHOWN)))


def workflow_figures(within: timedelta = timedelta(hours=HOURS_SHOWN)) -> list[WorkflowFigures]:
    return _rows(WorkflowFigures, _WORKFLOWS, first_id(within))


def unfinished_by_status() -> dict[str, int]:
    counted = Job.objects.filter(status__in=UNFINISHED).order_by().values_list("status").annotate(Count("id"))
    return {str(status): 0 for status in UNFINISHED} | dict(counted)


def live_workers() -> list[LiveWorker]:
    """Workers that have not stopped, with their jobs. One that is silent for two leases counts as lost."""
    workers = list(Worker.objects.filter(stopped_at=None).annotate(now=Now()))
    held: dict[uuid.UUID, list[Job]] = {worker.id: [] for worker in workers}
    jobs = Job.objects.filter(status="processing", worker_id__in=held).order_by("started_at")
    for job in jobs.select_related("customer").defer("arguments", "result"):
        if job.worker_id is not None:
            held[job.worker_id].append(job)
    silence = timedelta(seconds=settings.JOB_LEASE_SECONDS * SILENT_LEASES)
    return [LiveWorker(w, held[w.id], lost=w.now - w.heartbeat_at > silence) for w in workers]


def open_alerts() -> list[Alert]:
    return list(Alert.objects.filter(closed_at=None).select_related("job", "customer"))


def dead_letters() -> int:
    return waiting_letters().count()


def stored_bytes() -> int:
    return Blob.objects.aggregate(total=Sum("size_bytes"))["total"] or 0


def chores() -> list[Chore]:
    return list(Chore.objects.all())


def first_id(within: timedelta) -> uuid.UUID:
    """The smallest id a job made since then can have: ids begin with their time, so the primary key finds them."""
    moment = _value("SELECT clock_timestamp() - %s", within)
    milliseconds = int(moment.timestamp() * 1000)
    return uuid.UUID(int=milliseconds << 80)


def _rows(kind: type[T], sql: str, *values: Any) -> list[T]:
    with connection.cursor() as cursor:
        cursor.execute(sql, values)
        return [kind(*row) for row in cursor.fetchall()]


def _value(sql: str, *values: Any) -> Any:
    with connection.cursor() as cursor:
        cursor.execute(sql, values)
        row = cursor.fetchone()
    return row[0] if row else 0
