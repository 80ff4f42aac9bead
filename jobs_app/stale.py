"""Stale jobs: those that were not finished in three days are given up, with the reason, for people to decide."""

from __future__ import annotations

import uuid

from django.conf import settings
from django.db import connection, transaction
from django.db.models import F

from jobs_app.choices import TERMINAL
from jobs_app.claims import fail_job
from jobs_app.errors import JobStale
from jobs_app.models import Job

# Counted from the attempt's beginning. A job that has said when it goes on (a sleep, a question with an end) is not
# forgotten, however old it is. Children before parents: a child's end may be what the parent waits for.
_STALE = """
    SELECT job.id FROM jobs_app_job AS job
     WHERE job.status IN ('pending', 'queued', 'processing', 'waiting')
       AND job.created_at < clock_timestamp() - %(age)s::interval
       AND (job.wake_at IS NULL OR job.wake_at < clock_timestamp())
       AND NOT EXISTS (SELECT 1 FROM jobs_app_event AS retried
                        WHERE retried.job_id = job.id AND retried.type = 'job.retried'
                          AND retried.created_at >= clock_timestamp() - %(age)s::interval)
     ORDER BY job.id DESC"""


def mark_stale(*, older_than_hours: int | None = None) -> list[uuid.UUID]:
    """Fail every job that is unfinished for longer than ``JOB_STALE_HOURS``. Returns their ids; safe to call twice."""
    hours = older_than_hours or settings.JOB_STALE_HOURS
    with connection.cursor() as cursor:
        cursor.execute(_STALE, {"age": f"{hours} hours"})
        ids = [row[0] for row in cursor.fetchall()]
    return [job_id for job_id in ids if _give_up(job_id, hours)]


def _give_up(job_id: uuid.UUID, hours: int) -> bool:
    """False when the job ended meanwhile. A worker that still holds it is fenced off by the new lease number."""
    with transaction.atomic():
        job = Job.objects.select_for_update(no_key=True).filter(id=job_id).exclude(status__in=TERMINAL).first()
        if job is None:
            return False
        Job.objects.filter(id=job_id).update(lease_number=F("lease_number") + 1)
        reason = JobStale(f"Not finished within {hours} hours; it was {job.status} when it was given up.")
        fail_job(None, reason, errored=False, job_id=job_id)
    return True
