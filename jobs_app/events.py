"""The log: ``append`` is the only writer of events and of a job's summary."""

from __future__ import annotations

import json
import uuid
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db import connection, transaction

from accounts_app.redaction import redact_data
from jobs_app import notify
from jobs_app.choices import TERMINAL, EventType
from jobs_app.errors import JobEnded, JobNotEnded, LeaseLost
from jobs_app.models import Event, Job
from jobs_app.payloads import PAYLOADS, Payload

MOST_AT_ONCE = 1000  # events read in one query
_TERMINAL = [str(status) for status in TERMINAL]

# Columns of the summary that an event may change, with how the new value is taken over.
_SUMMARY = {
    "status": "%s",
    "progress": "greatest(progress, %s)",
    "current_step": "%s",
    "eta_seconds": "%s",
    "result": "%s::jsonb",
    "error_code": "%s",
    "error_message": "%s",
    "errored": "%s",
    "wake_at": "%s",
    "waiting_for": "%s::jsonb",
    "provider": "%s",
    "model": "%s",
    "input_tokens": "input_tokens + %s",
    "output_tokens": "output_tokens + %s",
    "cost_usd": "cost_usd + %s",
}
_JSON = {"result", "waiting_for"}
_TOLD = {"result", "error_message", "waiting_for"}  # what workflows and errors put into words; steps come clean
# What comes with an event by its very type, beside the changes named by the caller.
_ALWAYS = {
    EventType.JOB_STARTED: "started_at = coalesce(started_at, clock_timestamp())",
    EventType.JOB_CANCEL_REQUESTED: "cancel_requested_at = clock_timestamp()",
    EventType.JOB_WAITED: "lease_expires_at = NULL, worker_id = NULL, claims = claims - 1",
    EventType.JOB_RELEASED: (
        "lease_expires_at = NULL, worker_id = NULL, claims = claims - 1, ticket_id = NULL"
    ),
    EventType.JOB_RESUMED: "ticket_id = NULL",
    **dict.fromkeys(
        (EventType.JOB_COMPLETED, EventType.JOB_FAILED, EventType.JOB_CANCELLED),
        "completed_at = clock_timestamp(), lease_expires_at = NULL, worker_id = NULL, eta_seconds = NULL,"
        " wake_at = NULL, waiting_for = NULL",
    ),
    EventType.JOB_RETRIED: (
        "attempt = attempt + 1, status = 'queued', progress = 0, current_step = '', eta_seconds = NULL,"
        " result = NULL, ticket_id = NULL, error_code = '', error_message = '', errored = false, started_at = NULL,"
        " completed_at = NULL, cancel_requested_at = NULL, wake_at = NULL, waiting_for = NULL, claims = 0,"
        " lease_number = lease_number + 1"
    ),
}


@dataclass(frozen=True, slots=True)
class Lease:
    """A worker's right to write for a job, until somebody else claims it."""

    job_id: uuid.UUID
    number: int


@dataclass(frozen=True, slots=True)
class Appended:
    """Where an event came to stand."""

    job_id: uuid.UUID
    number: int
    created_at: datetime


def append(
    job_id: uuid.UUID,
    event_type: EventType,
    payload: Payload,
    *,
    lease: Lease | None = None,
    duration_ms: int | None = None,
    **changes: Any,
) -> Appended:
    """Append one event and bring the job's summary up to date with it, in one statement.

    Must be the last statement of the caller's transaction: it locks the job row until the commit.
    ``changes`` are columns of the summary. With a lease, refused (``LeaseLost``) once another worker holds the
    job; after a terminal event refused (``JobEnded``), but for ``job.retried``, which needs one (``JobNotEnded``).
    Secrets are taken out of the payload and the changes. Followers are told after the commit.
    """
    version = _check_payload(event_type, payload)
    guard, guard_values = _guard(event_type, lease)
    sets, set_values = _assignments(event_type, changes)
    sql = f"""
        WITH job AS (
            UPDATE jobs_app_job
               SET last_event_number = last_event_number + 1, last_event_at = clock_timestamp(){sets}
             WHERE id = %s AND {guard}
         RETURNING id, customer_id, last_event_number, attempt, last_event_at
        )
        INSERT INTO jobs_app_event
               (job_id, number, customer_id, attempt, type, version, payload, duration_ms, created_at)
        SELECT id, last_event_number, customer_id, attempt, %s, %s, %s::jsonb, %s, last_event_at FROM job
     RETURNING number, created_at"""  # noqa: S608 - only fixed fragments are put together
    told = json.dumps(redact_data(payload.model_dump(mode="json", exclude_none=True)), ensure_ascii=False)
    tail: list[Any] = [event_type.value, version, told, duration_ms]
    with connection.cursor() as cursor:
        cursor.execute(sql, [*set_values, job_id, *guard_values, *tail])
        row = cursor.fetchone()
    if row is None:
        raise _refusal(job_id, event_type, lease)
    transaction.on_commit(lambda: notify.hint(job_id))
    return Appended(job_id, *row)


def _check_payload(event_type: EventType, payload: Payload) -> int:
    for (known, version), model in PAYLOADS.items():
        if known == event_type and model is type(payload):
            return version
    raise TypeError(f"{type(payload).__name__} is no payload of {event_type.value}")


def _guard(event_type: EventType, lease: Lease | None) -> tuple[str, list[Any]]:
    ended = "status = ANY(%s)" if event_type == EventType.JOB_RETRIED else "NOT status = ANY(%s)"
    if lease is None:
        return ended, [_TERMINAL]
    return f"{ended} AND lease_number = %s AND worker_id IS NOT NULL", [_TERMINAL, lease.number]


def _assignments(event_type: EventType, changes: dict[str, Any]) -> tuple[str, list[Any]]:
    parts = [f"{column} = {_SUMMARY[column]}" for column in changes]
    if always := _ALWAYS.get(event_type):
        parts.append(always)
    clean = {column: redact_data(value) if column in _TOLD else value for column, value in changes.items()}
    values = [json.dumps(v) if column in _JSON and v is not None else v for column, v in clean.items()]
    return "".join(f", {part}" for part in parts), values


def _refusal(job_id: uuid.UUID, event_type: EventType, lease: Lease | None) -> Exception:
    job = Job.objects.filter(id=job_id).only("status", "lease_number").first()
    if job is None or (lease is not None and job.lease_number != lease.number):
        return LeaseLost()
    if event_type == EventType.JOB_RETRIED:
        return JobNotEnded()
    return JobEnded() if job.is_terminal else LeaseLost()


def read_after(job_id: uuid.UUID, number: int, *, limit: int = MOST_AT_ONCE) -> list[Event]:
    """The job's events after a number, oldest first."""
    return list(Event.objects.filter(job_id=job_id, number__gt=number).order_by("number")[:limit])
