"""Claims: which worker may run a job, and until when. All times are the database's."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from django.conf import settings
from django.db import connection, transaction

from jobs_app import events
from jobs_app.choices import EventType, JobStatus, ReleaseReason
from jobs_app.errors import JobAbandoned
from jobs_app.events import Lease
from jobs_app.jobs import end_job
from jobs_app.models import Job
from jobs_app.payloads import Failed, Released, Started
from jobs_app.tickets import admit_jobs

_CLAIM = """
    UPDATE jobs_app_job
       SET lease_number = lease_number + 1, worker_id = %(worker)s, ticket_id = NULL, claims = claims + 1,
           lease_expires_at = clock_timestamp() + %(lease)s::interval
     WHERE id = %(job)s
       AND workflow || ':' || workflow_version = ANY(%(workflows)s)
       AND (status IN ('pending', 'queued') AND (wake_at IS NULL OR wake_at <= clock_timestamp())
            OR status = 'waiting' AND wake_at <= clock_timestamp()
            OR status = 'processing' AND lease_expires_at < clock_timestamp())
 RETURNING lease_number, claims"""

_RENEW = """
    UPDATE jobs_app_job
       SET lease_expires_at = clock_timestamp() + %(lease)s::interval
     WHERE id = ANY(%(jobs)s) AND worker_id = %(worker)s AND status = 'processing'
 RETURNING id, lease_number"""


_UNEXPECTED = "Something went wrong on our side; the details are in the server's log."


@dataclass(frozen=True, slots=True)
class Claim:
    """A job with the right to run it."""

    job: Job
    lease: Lease


def claim_job(job_id: uuid.UUID, worker_id: uuid.UUID, workflows: dict[str, list[int]]) -> Claim | None:
    """Take a runnable job, or one whose worker died, by one conditional UPDATE. None when there is nothing to take."""
    names = [f"{name}:{version}" for name, versions in workflows.items() for version in versions]
    values: dict[str, Any] = {"job": job_id, "worker": worker_id, "workflows": names, "lease": lease_interval()}
    with transaction.atomic():
        with connection.cursor() as cursor:
            cursor.execute(_CLAIM, values)
            row = cursor.fetchone()
        if row is None:
            return None
        lease, claims = Lease(job_id, row[0]), row[1]
        if claims > settings.JOB_MAX_CLAIMS:
            fail_job(lease, JobAbandoned(), errored=True)
            return None
        changes: dict[str, Any] = {"status": JobStatus.PROCESSING.value, "wake_at": None, "waiting_for": None}
        payload = Started(worker_id=str(worker_id), claim=claims)
        events.append(job_id, EventType.JOB_STARTED, payload, lease=lease, **changes)
        return Claim(Job.objects.select_related("customer").get(id=job_id), lease)


def lease_interval() -> str:
    return f"{settings.JOB_LEASE_SECONDS} seconds"


def renewal(worker_id: uuid.UUID, job_ids: Sequence[uuid.UUID]) -> tuple[str, dict[str, Any]]:
    """The statement that renews leases, for a connection that is not Django's; returns (id, lease number) rows."""
    return _RENEW, {"worker": worker_id, "jobs": list(job_ids), "lease": lease_interval()}


def release_job(lease: Lease, reason: ReleaseReason) -> None:
    """Give the job back with a new ticket, for another worker to continue."""
    with transaction.atomic():
        job = Job.objects.select_for_update(no_key=True).only("customer_id").get(id=lease.job_id)
        payload = Released(reason=reason)
        events.append(job.id, EventType.JOB_RELEASED, payload, lease=lease, status=JobStatus.QUEUED.value)
        admit_jobs(job.customer_id)


def fail_job(lease: Lease | None, error: Exception, *, errored: bool, job_id: uuid.UUID | None = None) -> None:
    """End the attempt as failed. ``errored`` says that it was a fault of the program, not of the input."""
    code = getattr(error, "code", "internal_error")
    message = getattr(error, "user_message", "") or _UNEXPECTED
    retryable = bool(getattr(error, "retryable", errored))
    target = lease.job_id if lease else job_id
    if target is None:
        raise TypeError("a lease or a job_id is needed")
    changes: dict[str, Any] = {"status": JobStatus.FAILED.value, "errored": errored}
    changes |= {"error_code": code, "error_message": message}
    payload = Failed(code=code, errored=errored, retryable=retryable)
    end_job(target, EventType.JOB_FAILED, payload, lease=lease, **changes)
