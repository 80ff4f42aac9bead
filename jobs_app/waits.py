"""What a job can wait for, and what wakes it: an answer, another job, a time. Nothing is held meanwhile."""

from __future__ import annotations

import uuid
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any, Literal

from django.db import transaction

from jobs_app import events
from jobs_app.choices import TERMINAL, EventType, JobStatus
from jobs_app.events import Lease
from jobs_app.models import Job, Question
from jobs_app.payloads import Resumed, Waited
from jobs_app.tickets import admit_jobs, issue_ticket


@dataclass(frozen=True, slots=True)
class Condition:
    """One thing waited for by the step ``key``: a question or child by its id, a time, or whichever comes first."""

    kind: Literal["question", "child", "sleep", "retry"]
    key: str
    id: uuid.UUID | None = None
    wake_at: datetime | None = None


class Suspend(BaseException):
    """The job cannot go on before one of these holds. Not an error, so that nothing catches it by accident."""

    def __init__(self, *conditions: Condition) -> None:
        super().__init__(*conditions)
        self.conditions = conditions


class CancelRequested(Exception):
    """The job is to be cancelled, so it must not begin to wait: nobody would tell it there."""


def suspend_job(lease: Lease, conditions: tuple[Condition, ...]) -> None:
    """Give the lease back and wait, or, when a condition holds by now, go straight back into line.

    The conditions are looked at under the job's lock, which whoever makes them true must take too. Raises
    ``CancelRequested`` when somebody wants the job to end.
    """
    with transaction.atomic():
        job = Job.objects.select_for_update(no_key=True).get(id=lease.job_id)
        if job.cancel_requested_at is not None:
            raise CancelRequested
        wake_at = min((c.wake_at for c in conditions if c.wake_at is not None), default=None)
        payload = Waited(reason=conditions[0].kind, key=conditions[0].key)
        waiting_for = [{k: str(v) for k, v in asdict(c).items() if v is not None} for c in conditions]
        changes: dict[str, Any] = {"status": JobStatus.WAITING.value, "waiting_for": waiting_for, "wake_at": wake_at}
        met = next((c for c in conditions if _holds(c)), None)
        if met is None and wake_at is not None:
            issue_ticket(job.id, priority=job.priority, at=wake_at)
        events.append(job.id, EventType.JOB_WAITED, payload, lease=lease, **changes)
        if met is not None:
            _resume(job, met.kind)
        admit_jobs(job.customer_id)


def wake_job(job_id: uuid.UUID, reason: str) -> None:
    """Put a waiting job back into line; one that does not wait is left alone. Call in the transaction of the cause."""
    job = Job.objects.select_for_update(no_key=True).get(id=job_id)
    if job.status == JobStatus.WAITING:
        _resume(job, reason)


def _resume(job: Job, reason: str) -> None:
    changes: dict[str, Any] = {"status": JobStatus.QUEUED.value, "waiting_for": None, "wake_at": None}
    events.append(job.id, EventType.JOB_RESUMED, Resumed(reason=reason), **changes)
    admit_jobs(job.customer_id)


def _holds(condition: Condition) -> bool:
    if condition.id is None:
        return False  # a time that has come by now wakes the job through its ticket
    if condition.kind == "question":
        return Question.objects.filter(id=condition.id, answered_at__isnull=False).exists()
    return Job.objects.filter(id=condition.id, status__in=TERMINAL).exists()
