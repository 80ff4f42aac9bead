"""A job's summary rebuilt from its log alone, and compared with the row: the log is the truth."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from itertools import groupby
from typing import Any

from django.db.models import QuerySet

from jobs_app.choices import EventType, JobStatus
from jobs_app.models import Event, Job
from jobs_app.upcasters import read_payload

_JOBS_AT_ONCE = 500
_EVENTS_AT_ONCE = 2000
# What a retry does not begin anew: what the job is, and what was paid for it.
_KEPT = (
    "workflow", "workflow_version", "priority", "provider", "model", "input_tokens", "output_tokens", "cost_usd",
)
# Columns set by the statement that appends an event read the clock once more than the event does.
_CLOCK_SLACK = timedelta(seconds=1)


@dataclass(slots=True)
class Summary:
    """What a log says of its job."""

    status: str = JobStatus.PENDING.value
    attempt: int = 1
    progress: int = 0
    current_step: str = ""
    eta_seconds: int | None = None
    error_code: str = ""
    errored: bool = False
    last_event_number: int = 0
    last_event_at: datetime | None = None
    started_at: datetime | None = None
    completed_at: datetime | None = None
    cancel_requested_at: datetime | None = None
    workflow: str = ""
    workflow_version: int = 0
    priority: int = 0
    provider: str = ""
    model: str = ""
    input_tokens: int = 0
    output_tokens: int = 0
    cost_usd: Decimal = Decimal(0)


@dataclass(frozen=True, slots=True)
class Difference:
    """One place where a row says something else than its log."""

    job_id: uuid.UUID
    column: str
    row: Any
    log: Any


def summarise(events: Iterable[Event]) -> Summary:
    """Rebuild a job's summary from its events, oldest first. Types of a newer program change nothing but the number."""
    summary = Summary()
    for event in events:
        summary.last_event_number, summary.last_event_at = event.number, event.created_at
        if (apply := _APPLY.get(event.type)) is not None:
            apply(summary, event, read_payload(event))
    return summary


def _created(summary: Summary, event: Event, payload: dict[str, Any]) -> None:
    summary.workflow, summary.workflow_version = payload["workflow"], payload["workflow_version"]
    summary.priority = payload["priority"]


def _started(summary: Summary, event: Event, payload: dict[str, Any]) -> None:
    summary.status = JobStatus.PROCESSING.value
    summary.started_at = summary.started_at or event.created_at


def _progressed(summary: Summary, event: Event, payload: dict[str, Any]) -> None:
    done, total, step = payload.get("done"), payload.get("total"), payload["step"]
    shown = f"{step} ({done} of {total})" if done is not None and total is not None else step
    summary.progress = max(summary.progress, payload["progress"])
    summary.current_step, summary.eta_seconds = shown[:200], payload.get("eta_seconds")


def _cancel_requested(summary: Summary, event: Event, payload: dict[str, Any]) -> None:
    summary.cancel_requested_at = event.created_at


def _retried(summary: Summary, event: Event, payload: dict[str, Any]) -> None:
    kept = {name: getattr(summary, name) for name in _KEPT}
    fresh = Summary(status=JobStatus.QUEUED.value, attempt=summary.attempt + 1, **kept)
    fresh.last_event_number, fresh.last_event_at = summary.last_event_number, summary.last_event_at
    for name in Summary.__slots__:
        setattr(summary, name, getattr(fresh, name))


def _llm_called(summary: Summary, event: Event, payload: dict[str, Any]) -> None:
    summary.provider, summary.model = payload["provider"], payload["model"]
    summary.input_tokens += payload["input_tokens"]
    summary.output_tokens += payload["output_tokens"]
    summary.cost_usd += Decimal(payload["cost_usd"])


def _becomes(status: JobStatus) -> Callable[[Summary, Event, dict[str, Any]], None]:
    def apply(summary: Summary, event: Event, payload: dict[str, Any]) -> None:
        summary.status = status.value
        if status.is_terminal:
            summary.completed_at, summary.eta_seconds = event.created_at, None
        if status == JobStatus.COMPLETED:
            summary.progress, summary.current_step = 100, "Complete"
        if status == JobStatus.FAILED:
            summary.error_code, summary.errored = payload["code"], payload["errored"]

    return apply


_APPLY: dict[str, Callable[[Summary, Event, dict[str, Any]], None]] = {
    EventType.JOB_CREATED: _created,
    EventType.JOB_STARTED: _started,
    EventType.JOB_PROGRESSED: _progressed,
    EventType.JOB_WAITED: _becomes(JobStatus.WAITING),
    EventType.JOB_RESUMED: _becomes(JobStatus.QUEUED),
    EventType.JOB_RELEASED: _becomes(JobStatus.QUEUED),
    EventType.JOB_CANCEL_REQUESTED: _cancel_requested,
    EventType.JOB_COMPLETED: _becomes(JobStatus.COMPLETED),
    EventType.JOB_FAILED: _becomes(JobStatus.FAILED),
    EventType.JOB_CANCELLED: _becomes(JobStatus.CANCELLED),
    EventType.JOB_RETRIED: _retried,
    EventType.LLM_CALLED: _llm_called,
}


class Check:
    """Compares rows with their logs, a batch at a time, so that any number of jobs needs little memory."""

    def __init__(self, jobs: QuerySet[Job]) -> None:
        self._jobs = jobs.order_by("id")
        self.checked = 0

    def differences(self) -> Iterator[Difference]:
        """Every difference found; jobs may go on meanwhile: events younger than the row read are left out."""
        last: uuid.UUID | None = None
        while batch := self._batch_after(last):
            last = batch[-1].id
            self.checked += len(batch)
            yield from _compare_batch(batch)

    def _batch_after(self, last: uuid.UUID | None) -> list[Job]:
        jobs = self._jobs.filter(id__gt=last) if last else self._jobs
        return list(jobs.defer("arguments", "result", "error_message", "waiting_for")[:_JOBS_AT_ONCE])


def _compare_batch(batch: list[Job]) -> Iterator[Difference]:
    jobs = {job.id: job for job in batch}
    beyond: dict[uuid.UUID, int] = {}
    rows = Event.objects.filter(job_id__in=jobs).order_by("job_id", "number")
    for job_id, events in groupby(rows.iterator(chunk_size=_EVENTS_AT_ONCE), key=lambda event: event.job_id):
        yield from _compare(jobs.pop(job_id), events, beyond)
    for job in jobs.values():
        yield Difference(job.id, "log", "a job", "no events")
    rows_now = Job.objects.filter(id__in=beyond).values_list("id", "last_event_number")
    for job_id, number in rows_now:
        if number < beyond[job_id]:
            yield Difference(job_id, "last_event_number", number, beyond[job_id])


def _compare(job: Job, events: Iterator[Event], beyond: dict[uuid.UUID, int]) -> Iterator[Difference]:
    """Compare one job with its events up to the number its row has; what comes after is noted in ``beyond``."""
    faults: list[Difference] = []
    expected = 0

    def counted() -> Iterator[Event]:
        nonlocal expected
        for event in events:
            expected += 1
            if event.number != expected or event.customer_id != job.customer_id:
                faults.append(Difference(job.id, "log", f"number {expected}", f"number {event.number}"))
                expected = event.number
            if event.number > job.last_event_number:
                beyond[job.id] = event.number
            else:
                yield event

    summary = summarise(counted())
    yield from faults
    for name in Summary.__slots__:
        row, log = getattr(job, name), getattr(summary, name)
        if not _same(row, log) and not (job.erased_at and name == "current_step"):
            yield Difference(job.id, name, row, log)


def _same(row: Any, log: Any) -> bool:
    if isinstance(row, datetime) and isinstance(log, datetime):
        return abs(row - log) <= _CLOCK_SLACK
    return bool(row == log)
