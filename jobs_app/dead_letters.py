"""Dead letters: failed jobs that wait for staff to retry, redo or dismiss them."""

from __future__ import annotations

import uuid

from django.db import transaction
from django.db.models import Exists, OuterRef, QuerySet

from accounts_app.access import Actor, record_audit
from accounts_app.errors import BadInput, NotAllowed
from jobs_app.choices import JobStatus
from jobs_app.errors import JobNotEnded
from jobs_app.models import DeadLetter, Dismissal, Job


def waiting_letters() -> QuerySet[Job]:
    """Failed jobs nobody has dismissed. Children are left out: retrying the parent retries them."""
    dismissed = Dismissal.objects.filter(job_id=OuterRef("pk"), attempt=OuterRef("attempt"))
    return DeadLetter.objects.filter(~Exists(dismissed), status=JobStatus.FAILED, parent=None, erased_at=None)


def dismiss_job(job_id: uuid.UUID, reason: str, *, actor: Actor) -> Dismissal:
    """Take a failed job off the list, for a reason that stays on record. For staff; safe to call twice.

    Another failed attempt brings it back. Raises ``JobNotEnded`` for a job that has not failed.
    """
    if not actor.is_staff:
        raise NotAllowed("Only administrators may dismiss failed jobs.")
    reason = reason.strip()
    if not reason or len(reason) > 500:
        raise BadInput("Say in at most 500 characters why this job needs nothing more.")
    with transaction.atomic():
        job = Job.objects.select_for_update(no_key=True).get_for(actor, id=job_id)
        if job.status != JobStatus.FAILED:
            raise JobNotEnded("Only a failed job can be dismissed.")
        details = {"reason": reason, "dismissed_by": actor.user}
        dismissal, made = Dismissal.objects.get_or_create(job=job, attempt=job.attempt, defaults=details)
        if made:
            record_audit(actor, "job.dismiss", job, attempt=job.attempt)
    return dismissal
