"""Alerts: what operators should look at. Opened once, closed when the cause is gone."""

from __future__ import annotations

import logging
from dataclasses import dataclass

from django.conf import settings
from django.db import connection, transaction

from accounts_app.ids import uuid7
from jobs_app.choices import AlertKind

# A heartbeat says that a worker lives, not that its job gets anywhere: only events count.
_SILENT = """
    SELECT job.id, job.customer_id, job.workflow, job.current_step, job.last_event_at
      FROM jobs_app_job AS job
     WHERE job.status = 'processing' AND job.last_event_at < clock_timestamp() - %(silent)s::interval
       AND NOT EXISTS (SELECT 1 FROM jobs_app_alert AS alert
                        WHERE alert.job_id = job.id AND alert.kind = %(kind)s AND alert.closed_at IS NULL)"""
_OPEN = """
    INSERT INTO jobs_app_alert (id, kind, job_id, customer_id, detail, opened_at)
    VALUES (%s, %s, %s, %s, %s, clock_timestamp()) ON CONFLICT DO NOTHING RETURNING id"""
_CLOSE = """
    UPDATE jobs_app_alert AS alert SET closed_at = clock_timestamp()
      FROM jobs_app_job AS job
     WHERE alert.closed_at IS NULL AND alert.kind = %s AND job.id = alert.job_id
       AND (job.status <> 'processing' OR job.last_event_at > alert.opened_at)
 RETURNING job.id"""

logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Watched:
    """How many alerts a look opened and closed."""

    opened: int
    closed: int


def watch_jobs() -> Watched:
    """Open an alert for each running job without an event for ``JOB_SILENT_SECONDS``; close those that moved again.

    Safe to call at once from several processes: the database keeps one open alert per job.
    """
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(_CLOSE, [AlertKind.SILENT.value])
        closed = [job_id for (job_id,) in cursor.fetchall()]
        cursor.execute(_SILENT, {"silent": f"{settings.JOB_SILENT_SECONDS} seconds", "kind": AlertKind.SILENT.value})
        opened = 0
        for job_id, customer_id, workflow, step, since in cursor.fetchall():
            detail = f"{workflow}: no event since {since:%Y-%m-%d %H:%M:%S} UTC, at “{step}”"[:300]
            cursor.execute(_OPEN, [uuid7(), AlertKind.SILENT.value, job_id, customer_id, detail])
            if cursor.fetchone():
                opened += 1
                logger.error("alert: job %s is silent; %s", job_id, detail, extra={"job_id": str(job_id)})
    for job_id in closed:
        logger.info("alert closed: job %s moved again", job_id, extra={"job_id": str(job_id)})
    return Watched(opened, len(closed))
