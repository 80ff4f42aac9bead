"""How long things are kept: one setting per kind of data, applied once a day. A setting of 0 keeps a kind for ever."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.contrib.sessions.models import Session
from django.db import connection, models, transaction
from django.utils import timezone

from accounts_app.models import AuditEntry
from jobs_app.artifacts import STEP_RESULT
from jobs_app.choices import TERMINAL
from jobs_app.collection import take_blobs
from jobs_app.erasing import drop_artifacts, empty_jobs
from jobs_app.models import Alert, Artifact, FeedEntry, IdempotentRequest, Job, StepResult, Worker

_AT_ONCE = 500
_SIGN_IN_FAILED = "user.sign_in_failed"
# Tickets a dead worker had fetched; nobody else ever ends them. The jobs got new tickets long ago.
_DEAD_TICKETS = """
    DELETE FROM procrastinate_jobs AS ticket
     WHERE ticket.status = 'doing'
       AND NOT EXISTS (SELECT 1 FROM procrastinate_events AS event
                        WHERE event.job_id = ticket.id AND event.at > %s)
       AND NOT EXISTS (SELECT 1 FROM jobs_app_job AS job
                        WHERE job.id::text = ticket.args->>'job_id' AND job.status = 'processing')"""


@dataclass(frozen=True, slots=True)
class Rule:
    """One kind of data: the setting that says how many days it is kept, and what takes it away."""

    kind: str
    setting: str
    apply: Callable[[datetime], int]


def apply_retention() -> dict[str, int]:
    """Apply every rule. Returns how many of each kind went. Safe to call twice, also at once from two processes."""
    gone: dict[str, int] = {}
    for rule in RULES:
        days = getattr(settings, rule.setting)
        gone[rule.kind] = rule.apply(timezone.now() - timedelta(days=days)) if days else 0
    gone["expired sessions"] = delete_all(Session.objects.filter(expire_date__lt=timezone.now()))
    return gone


def delete_all(rows: models.QuerySet[Any]) -> int:
    """In portions, so that no transaction is long and a stop in between loses nothing."""
    count = 0
    while keys := list(rows.values_list("pk", flat=True)[:_AT_ONCE]):
        rows.model._default_manager.filter(pk__in=keys).delete()
        count += len(keys)
    return count


def _step_results(before: datetime) -> int:
    """Results carry the day they expire. Those of a job that may still go on are its memory, and stay."""
    expired = StepResult.objects.filter(expires_at__lt=timezone.now(), job__status__in=TERMINAL)
    count = 0
    while rows := dict(expired.values_list("pk", "artifact_id")[:_AT_ONCE]):
        with transaction.atomic():
            StepResult.objects.filter(pk__in=rows).delete()
            hashes = drop_artifacts(Artifact.objects.filter(pk__in=[pk for pk in rows.values() if pk]))
        take_blobs(hashes)
        count += len(rows)
    return count


def _step_files(before: datetime) -> int:
    """Files of results that a later attempt replaced: nothing refers to them."""
    files = Artifact.objects.filter(entity_type=STEP_RESULT, created_at__lt=before)
    count = files.count()
    take_blobs(drop_artifacts(files))
    return count - files.count()


def _job_content(before: datetime) -> int:
    """Arguments, results, questions of jobs that ended long ago. Files they made for people stay."""
    old = Job.objects.filter(status__in=TERMINAL, completed_at__lt=before, erased_at=None)
    count = 0
    while ids := _lock_some(old):
        count += len(ids)
    return count


def _lock_some(jobs: models.QuerySet[Job]) -> list[uuid.UUID]:
    with transaction.atomic():
        rows = jobs.select_for_update(no_key=True, skip_locked=True).order_by("-id").values_list("id", flat=True)
        ids = list(rows[:_AT_ONCE])
        hashes = empty_jobs(ids, keep_files=True) if ids else []
    take_blobs(hashes)
    return ids


def _idempotency_keys(before: datetime) -> int:
    return delete_all(IdempotentRequest.objects.filter(created_at__lt=before))


def _audit_entries(before: datetime) -> int:
    return delete_all(AuditEntry.objects.filter(created_at__lt=before).exclude(action=_SIGN_IN_FAILED))


def _sign_in_attempts(before: datetime) -> int:
    return delete_all(AuditEntry.objects.filter(created_at__lt=before, action=_SIGN_IN_FAILED))


def _workers(before: datetime) -> int:
    """Stopped ones, and those that fell silent without a word."""
    return delete_all(Worker.objects.filter(heartbeat_at__lt=before))


def _alerts(before: datetime) -> int:
    return delete_all(Alert.objects.filter(closed_at__lt=before))


def _feed_entries(before: datetime) -> int:
    """The oldest of each feed; the numbers of those that stay do not change."""
    return delete_all(FeedEntry.objects.filter(created_at__lt=before))


def _dead_tickets(before: datetime) -> int:
    with connection.cursor() as cursor:
        cursor.execute(_DEAD_TICKETS, [before])
        return int(cursor.rowcount)


RULES = [
    Rule("step results", "STEP_RESULT_DAYS", _step_results),
    Rule("files of step results", "STEP_RESULT_DAYS", _step_files),
    Rule("content of finished jobs", "JOB_CONTENT_DAYS", _job_content),
    Rule("idempotency keys", "IDEMPOTENCY_KEY_DAYS", _idempotency_keys),
    Rule("audit entries", "AUDIT_DAYS", _audit_entries),
    Rule("sign-in attempts", "SIGN_IN_ATTEMPT_DAYS", _sign_in_attempts),
    Rule("workers", "STOPPED_WORKER_DAYS", _workers),
    Rule("closed alerts", "ALERT_DAYS", _alerts),
    Rule("feed entries", "FEED_DAYS", _feed_entries),
    Rule("tickets of dead workers", "STOPPED_WORKER_DAYS", _dead_tickets),
]


def register(rule: Rule) -> None:
    """For what floors above keep; called when the apps are loaded."""
    if rule not in RULES:
        RULES.append(rule)
