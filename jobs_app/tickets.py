"""Tickets: disposable rows of the queue that wake a worker for one job. The truth is the job's own row.

A customer has only so many tickets and running jobs at a time; the rest of its jobs stand in line without one, so
that a thousand uploads of one customer do not keep another waiting.
"""

from __future__ import annotations

import uuid
from datetime import datetime

from django.conf import settings
from django.db import connection, transaction

from jobs_app.models import Job

QUEUE = "jobs"
_NEXT_IN_LINE = """
    SELECT id, priority FROM jobs_app_job
     WHERE customer_id = %(customer)s AND status IN ('pending', 'queued') AND ticket_id IS NULL
     ORDER BY priority DESC, created_at
     LIMIT greatest(0, %(most)s - (
           SELECT count(*) FROM jobs_app_job
            WHERE customer_id = %(customer)s
              AND (status = 'processing' OR status IN ('pending', 'queued') AND ticket_id IS NOT NULL)))
       FOR NO KEY UPDATE SKIP LOCKED"""
# A ticket that a worker fetched and lost before it could claim the job is no ticket any more.
_FORGET_LOST = """
    UPDATE jobs_app_job AS job SET ticket_id = NULL
     WHERE job.status IN ('pending', 'queued') AND job.ticket_id IS NOT NULL
       AND job.last_event_at < clock_timestamp() - %s::interval
       AND NOT EXISTS (SELECT 1 FROM procrastinate_jobs AS ticket
                        WHERE ticket.id = job.ticket_id AND ticket.status = 'todo')"""
_WITH_A_LINE = """
    SELECT DISTINCT customer_id FROM jobs_app_job WHERE status IN ('pending', 'queued') AND ticket_id IS NULL"""
# Tickets that a worker fetched and never gave back, because it died or the database was away at that moment.
_BURY = """
    DELETE FROM procrastinate_jobs AS ticket
     WHERE ticket.queue_name = %s AND ticket.status <> 'todo'
       AND NOT EXISTS (SELECT 1 FROM jobs_app_job AS job
                        WHERE job.id = (ticket.args->>'job_id')::uuid
                          AND (job.status NOT IN ('completed', 'failed', 'cancelled')
                               OR job.last_event_at > clock_timestamp() - %s::interval))"""
# Jobs of dead workers, and jobs whose time to wake has come without a ticket.
_OVERDUE = """
    SELECT job.id, job.priority FROM jobs_app_job AS job
     WHERE (job.status = 'processing' AND job.lease_expires_at < clock_timestamp()
            OR job.status = 'waiting' AND job.wake_at < clock_timestamp() - %s::interval)
       AND NOT EXISTS (SELECT 1 FROM procrastinate_jobs AS ticket
                        WHERE ticket.id = job.ticket_id AND ticket.status = 'todo')
     ORDER BY job.created_at
     LIMIT 500
       FOR NO KEY UPDATE SKIP LOCKED"""


def issue_ticket(job_id: uuid.UUID, *, priority: int, at: datetime | None = None) -> None:
    """Put a wake-up for the job into the queue, as part of the surrounding transaction. Safe to call twice."""
    from jobs_app.tasks import run_job

    with transaction.atomic():
        ticket_id = run_job.configure(queue=QUEUE, priority=priority, schedule_at=at).defer(job_id=str(job_id))
        Job.objects.filter(id=job_id).update(ticket_id=ticket_id)


def admit_jobs(customer_id: uuid.UUID) -> int:
    """Give tickets to the customer's next jobs in line, as many as it may have. Returns how many.

    Call in the transaction that puts a job into line or takes one out. Two at once may give one ticket too many,
    which does no harm.
    """
    with transaction.atomic(savepoint=False), connection.cursor() as cursor:
        cursor.execute(_NEXT_IN_LINE, {"customer": customer_id, "most": settings.JOB_CUSTOMER_CONCURRENCY})
        rows = cursor.fetchall()
        for job_id, priority in rows:
            issue_ticket(job_id, priority=priority)
    return len(rows)


def give_missing_tickets(*, grace_seconds: float = 5.0) -> int:
    """The sweep: tickets for jobs that should have one and do not, jobs of dead workers among them.

    Jobs that ended have no more use for the tickets that died with a worker; they are thrown away.
    """
    grace = f"{grace_seconds} seconds"
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(_BURY, [QUEUE, grace])
        cursor.execute(_FORGET_LOST, [grace])
        cursor.execute(_OVERDUE, [grace])
        overdue = cursor.fetchall()
        for job_id, priority in overdue:
            issue_ticket(job_id, priority=priority)
        cursor.execute(_WITH_A_LINE)
        admitted = sum(admit_jobs(customer_id) for (customer_id,) in cursor.fetchall())
    return len(overdue) + admitted
