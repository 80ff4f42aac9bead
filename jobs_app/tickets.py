"""Tickets: disposable rows of the queue that wake a worker for one job. The truth is the job's own row."""

from __future__ import annotations

import uuid
from datetime import datetime

from django.db import connection, transaction

from jobs_app.models import Job

QUEUE = "jobs"
# Work for the sweeper, oldest first: jobs that could run, with no ticket left in the queue to say so.
_WITHOUT_TICKET = """
    SELECT job.id, job.priority, job.wake_at
      FROM jobs_app_job AS job
     WHERE (job.status IN ('pending', 'queued')
            AND coalesce(job.wake_at, job.created_at) < clock_timestamp() - %(grace)s::interval
            OR job.status = 'waiting' AND job.wake_at < clock_timestamp()
            OR job.status = 'processing' AND job.lease_expires_at < clock_timestamp())
       AND NOT EXISTS (
               SELECT 1 FROM procrastinate_jobs AS ticket WHERE ticket.id = job.ticket_id AND ticket.status = 'todo')
     ORDER BY job.created_at
     LIMIT %(limit)s
       FOR NO KEY UPDATE SKIP LOCKED"""


def issue_ticket(job_id: uuid.UUID, *, priority: int, at: datetime | None = None) -> int:
    """Put a wake-up for the job into the queue, as part of the surrounding transaction. Safe to call twice."""
    from jobs_app.tasks import run_job

    with transaction.atomic():
        ticket_id = run_job.configure(queue=QUEUE, priority=priority, schedule_at=at).defer(job_id=str(job_id))
        Job.objects.filter(id=job_id).update(ticket_id=ticket_id)
    return ticket_id


def give_missing_tickets(*, grace_seconds: float = 5.0, limit: int = 500) -> int:
    """The sweep: tickets for runnable jobs that have none, jobs of dead workers among them. Returns how many."""
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(_WITHOUT_TICKET, {"grace": f"{grace_seconds} seconds", "limit": limit})
        rows = cursor.fetchall()
        for job_id, priority, wake_at in rows:
            issue_ticket(job_id, priority=priority, at=wake_at)
    return len(rows)
