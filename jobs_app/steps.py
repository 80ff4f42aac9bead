"""What steps returned: remembered once, in the transaction of the event that says so."""

from __future__ import annotations

import contextvars
import hashlib
import inspect
import json
import random
import typing
import uuid
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.db import connection, transaction
from django.db.models.functions import Now
from pydantic import TypeAdapter

from accounts_app.ids import uuid7
from jobs_app import artifacts, events
from jobs_app.canonical import canonical_json
from jobs_app.choices import EventType
from jobs_app.errors import LeaseLost
from jobs_app.events import Lease
from jobs_app.models import Job, StepResult
from jobs_app.payloads import StepCompleted, StepFailed

_COLUMNS = "id, job_id, customer_id, key, version, inputs_hash, value, digest, attempts, idempotency_key"
# Changes nothing where a result is recorded already.
_RECORD = f"""
    INSERT INTO jobs_app_stepresult AS record
           ({_COLUMNS}, artifact_id, completed_at, duration_ms, expires_at)
    VALUES (%(id)s, %(job)s, %(customer)s, %(key)s, %(version)s, %(inputs_hash)s, %(value)s::jsonb, %(digest)s, 0, '',
            %(artifact)s, statement_timestamp(), %(duration_ms)s, statement_timestamp() + %(days)s * interval '1 day')
        ON CONFLICT (job_id, key) DO UPDATE SET
           customer_id = excluded.customer_id, version = excluded.version, inputs_hash = excluded.inputs_hash,
           value = excluded.value, digest = excluded.digest, artifact_id = excluded.artifact_id,
           completed_at = excluded.completed_at, duration_ms = excluded.duration_ms, expires_at = excluded.expires_at
     WHERE record.completed_at IS NULL"""  # noqa: S608 - only fixed fragments are put together
# The job is locked last, and must still be the lease's: else no row is found.
_INTEND = f"""
    WITH intent AS (
        INSERT INTO jobs_app_stepresult ({_COLUMNS}, intended_at)
        VALUES (%(id)s, %(job)s, %(customer)s, %(key)s, %(version)s, %(inputs_hash)s, NULL, '', 0,
                %(idempotency_key)s, statement_timestamp())
            ON CONFLICT (job_id, key) DO UPDATE SET
               customer_id = excluded.customer_id, version = excluded.version, inputs_hash = excluded.inputs_hash,
               idempotency_key = excluded.idempotency_key, intended_at = excluded.intended_at
     RETURNING job_id
    )
    SELECT job.id FROM intent JOIN jobs_app_job AS job ON job.id = intent.job_id
     WHERE job.lease_number = %(lease)s AND job.worker_id IS NOT NULL
       FOR NO KEY UPDATE OF job"""  # noqa: S608 - only fixed fragments are put together


@dataclass(frozen=True, slots=True)
class Retry:
    """How often a step is tried and how long is waited between: base * factor^n, at most the ceiling, with jitter."""

    attempts: int = 1
    base_seconds: float = 1.0
    factor: float = 2.0
    ceiling_seconds: float = 60.0

    def delay_seconds(self, attempts_made: int) -> float:
        limit = min(self.ceiling_seconds, self.base_seconds * self.factor ** (attempts_made - 1))
        return random.uniform(limit / 2, limit)  # noqa: S311 - spreads load, hides nothing


NEVER = Retry()
_FILENAME_CHARACTERS = 200  # of a result kept as an artifact: the end of its key


@dataclass(frozen=True, slots=True)
class StepOptions:
    """How a step is to be run."""

    version: int = 1
    atomic: bool = False
    paid: bool = False
    retry: Retry = NEVER
    timeout_seconds: float | None = None


@dataclass(frozen=True, slots=True)
class StepCall:
    """One step about to run: where it stands and what identifies it."""

    lease: Lease
    customer_id: uuid.UUID
    key: str
    inputs_hash: str
    options: StepOptions
    idempotency_key: str = ""


current_call: contextvars.ContextVar[StepCall] = contextvars.ContextVar("dna_step_call")


def current_job_id() -> uuid.UUID:
    """Of the job whose step runs here."""
    return current_call.get().lease.job_id
"""The step that is running, for code below it that must name it: a paid call's idempotency key, a file's origin."""


def load_results(job_id: uuid.UUID) -> dict[str, StepResult]:
    """The memory of a job: what its steps left, by key, in one query."""
    return {row.key: row for row in StepResult.objects.filter(job_id=job_id).select_related("artifact__blob")}


def result_adapter(fn: Callable[..., Any]) -> TypeAdapter[Any]:
    """The converter of a step's result, by its return annotation; without one a step cannot be remembered."""
    hints = typing.get_type_hints(inspect.unwrap(fn))
    if "return" not in hints:
        raise TypeError(f"{fn.__qualname__} needs a return annotation to be a step")
    return TypeAdapter(hints["return"])


def stored_value(record: StepResult) -> Any:
    """The recorded result as plain JSON data."""
    if record.artifact is not None:
        return json.loads(artifacts.read_bytes(record.artifact))
    return record.value


class StepRecorded(Exception):
    """This step has its result already: the answer to an earlier commit was lost, or another worker was faster."""


def record_result(call: StepCall, value: Any, *, duration_ms: int) -> None:
    """Remember a finished step and append its event. Call inside a transaction; the append is its last statement.

    Raises ``StepRecorded`` rather than record a second result.
    """
    encoded = canonical_json(value)
    digest = hashlib.sha256(encoded.encode()).hexdigest()
    _record_once(call, _stored(call, encoded) | {"digest": digest, "duration_ms": duration_ms})
    payload = StepCompleted(key=call.key, digest=digest, atomic=call.options.atomic, paid=call.options.paid)
    events.append(call.lease.job_id, EventType.STEP_COMPLETED, payload, lease=call.lease, duration_ms=duration_ms)


def _record_once(call: StepCall, result: dict[str, Any]) -> None:
    with connection.cursor() as cursor:
        cursor.execute(_RECORD, _identity(call) | result | {"days": settings.STEP_RESULT_DAYS})
        if not cursor.rowcount:
            raise StepRecorded


def recorded_value(call: StepCall) -> Any:
    """What a step that turned out to be recorded left, as plain JSON data."""
    rows = StepResult.objects.select_related("artifact__blob")
    return stored_value(rows.get(job_id=call.lease.job_id, key=call.key))


def _identity(call: StepCall) -> dict[str, Any]:
    return {
        "id": uuid7(),
        "job": call.lease.job_id,
        "customer": call.customer_id,
        "key": call.key,
        "version": call.options.version,
        "inputs_hash": call.inputs_hash,
    }


def _stored(call: StepCall, encoded: str) -> dict[str, Any]:
    """The columns that hold a result: in the row while it is small, as an artifact above."""
    content = encoded.encode()
    if len(content) <= settings.STEP_RESULT_INLINE_BYTES:
        return {"value": encoded if encoded != "null" else None, "artifact": None}
    artifact = artifacts.store_bytes(
        content,
        customer_id=call.customer_id,
        job_id=call.lease.job_id,
        filename=f"{call.key.replace('/', '.')[-_FILENAME_CHARACTERS:]}.json",
        media_type="application/json",
        entity_type=artifacts.STEP_RESULT,
    )
    return {"value": None, "artifact": artifact.id}


def record_intent(call: StepCall) -> None:
    """Before a paid call: say durably that it is about to be made, under which key for the provider."""
    intent = _identity(call) | {"idempotency_key": call.idempotency_key, "lease": call.lease.number}
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(_INTEND, intent)
        if not cursor.rowcount:
            raise LeaseLost()


def record_failure(call: StepCall, code: str) -> datetime | None:
    """Count a failed try. Returns when the next one is due, or None when no try is left."""
    with transaction.atomic():
        record, _ = StepResult.objects.get_or_create(
            job_id=call.lease.job_id,
            key=call.key,
            defaults={
                "customer_id": call.customer_id,
                "version": call.options.version,
                "inputs_hash": call.inputs_hash,
            },
        )
        record.attempts += 1
        retry = call.options.retry
        due = record.attempts < retry.attempts
        delay = timedelta(seconds=retry.delay_seconds(record.attempts))
        # By the database's clock, like every time that is compared later on: a worker's own may be wrong.
        record.next_attempt_at = Now() + delay if due else None
        record.save(update_fields=["attempts", "next_attempt_at"])
        record.refresh_from_db(fields=["next_attempt_at"])
        payload = StepFailed(key=call.key, code=code, attempt=record.attempts)
        events.append(call.lease.job_id, EventType.STEP_FAILED, payload, lease=call.lease)
        return record.next_attempt_at


def check_lease(lease: Lease) -> None:
    """Refuse when another worker holds the job; the last statement of a transaction that appends no event."""
    held = Job.objects.select_for_update(no_key=True).filter(
        id=lease.job_id, lease_number=lease.number, worker_id__isnull=False
    )
    if not held.values_list("id", flat=True).first():
        raise LeaseLost()
