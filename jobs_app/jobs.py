"""Jobs as people and programs ask for them: submit, look, cancel, retry."""

from __future__ import annotations

import uuid
from typing import Any

from django.db import models, transaction
from django.db.models.functions import Concat, Left, Now
from pydantic import BaseModel

from accounts_app.access import Actor, record_audit
from accounts_app.choices import Role
from accounts_app.errors import NotAllowed
from jobs_app import events, feeds
from jobs_app.canonical import digest_of
from jobs_app.choices import UNFINISHED, EventType, FeedType, JobStatus
from jobs_app.errors import IdempotencyConflict, JobEnded, JobErased, JobNotEnded, UnknownStep
from jobs_app.events import Lease
from jobs_app.models import Event, IdempotentRequest, Job, StepResult
from jobs_app.payloads import Created, Ended, Payload, Retried
from jobs_app.presentation import ending_data
from jobs_app.tickets import admit_jobs
from jobs_app.waits import wake_job
from jobs_app.workflows import latest_version

DEFAULT_PRIORITY = 5
_SET_SINCE = ("ticket_id", "last_event_number", "last_event_at")
_ASIDE = "@"  # no step's key has it


def submit_job(
    *,
    workflow: str,
    arguments: BaseModel,
    customer_id: uuid.UUID,
    actor: Actor | None,
    subject: models.Model | None = None,
    priority: int = DEFAULT_PRIORITY,
    parent: Job | None = None,
    parent_key: str = "",
) -> Job:
    """Make a job and its ticket in the caller's transaction. It stands as pending until a worker looks at it."""
    with transaction.atomic(savepoint=False):
        job = Job.objects.create(
            customer_id=customer_id,
            workflow=workflow,
            workflow_version=latest_version(workflow),
            arguments=arguments.model_dump(mode="json"),
            priority=priority,
            created_by=actor.user if actor else parent.created_by if parent else None,
            subject_type=subject._meta.model_name or "" if subject else "",
            subject_id=subject.pk if subject else None,
            parent=parent,
            parent_key=parent_key,
            root_id=(parent.root_id or parent.id) if parent else None,
        )
        admit_jobs(customer_id)
        payload = Created(workflow=workflow, workflow_version=job.workflow_version, priority=priority)
        events.append(job.id, EventType.JOB_CREATED, payload)
    for column in _SET_SINCE:
        del job.__dict__[column]  # read from the database by whoever asks for it
    return job


def find_idempotent(*, actor: Actor, customer_id: uuid.UUID, operation: str, key: str, inputs: Any) -> Job | None:
    """The job an earlier request with this key made. Raises ``IdempotencyConflict`` when it asked something else."""
    known = IdempotentRequest.objects.filter(
        customer_id=customer_id, actor_id=actor.user.pk, operation=operation, key=key
    ).select_related("job")
    if (request := known.first()) is None:
        return None
    if request.inputs_hash != digest_of(inputs):
        raise IdempotencyConflict()
    return request.job


def remember_idempotent(*, actor: Actor, operation: str, key: str, inputs: Any, job: Job) -> bool:
    """Tie a key to its job, in the transaction that makes the job. False when another request was faster: roll back."""
    row = IdempotentRequest(
        customer_id=job.customer_id,
        actor_id=actor.user.pk,
        operation=operation,
        key=key,
        inputs_hash=digest_of(inputs),
        job=job,
    )
    IdempotentRequest.objects.bulk_create([row], ignore_conflicts=True)
    return IdempotentRequest.objects.filter(id=row.id).exists()


def cancel_job(job_id: uuid.UUID, *, actor: Actor) -> Job:
    """End a job that is not running at once; ask the worker of a running one to stop it. Safe to call twice.

    Raises ``JobEnded`` when it completed or failed before.
    """
    with transaction.atomic():
        job = Job.objects.get_for(actor, id=job_id)
        actor.check(Role.EDITOR, job.customer_id)
        if stop_job(job_id):
            record_audit(actor, "job.cancel", job)
        job.refresh_from_db()  # under the lock by now: it may have ended since it was found
        if job.state in (JobStatus.COMPLETED, JobStatus.FAILED):
            raise JobEnded("The job has already ended; there is nothing left to cancel.")
    return job


def stop_job(job_id: uuid.UUID) -> bool:
    """Cancel a job and, before it, the children it waits for. False when it had ended or was told before."""
    _stop_children(job_id)
    job = Job.objects.select_for_update(no_key=True).get(id=job_id)
    if job.is_terminal or job.cancel_requested_at is not None:
        return False
    if job.status == JobStatus.PROCESSING:
        events.append(job_id, EventType.JOB_CANCEL_REQUESTED, Ended())
    else:
        events.append(job_id, EventType.JOB_CANCELLED, Ended(), status=JobStatus.CANCELLED.value)
        _leave_line(job_id)
    return True


def end_job(
    job_id: uuid.UUID, event_type: EventType, payload: Payload, *, lease: Lease | None = None, **changes: Any
) -> None:
    """End an attempt: children it leaves behind are stopped, the parent that waits for it is woken, who asked is told.

    Rows are locked from the children upwards, so that a child and its parent may end at the same moment; the feed of
    who asked comes after all of them. Several ends in one transaction need ``feeds.gathered`` around them.
    """
    with transaction.atomic():
        _stop_children(job_id)
        events.append(job_id, event_type, payload, lease=lease, **changes)
        _leave_line(job_id)
        _announce_end(job_id)


def _stop_children(job_id: uuid.UUID) -> None:
    children = Job.objects.filter(parent_id=job_id, status__in=UNFINISHED).order_by("id")
    for child_id in children.values_list("id", flat=True):
        stop_job(child_id)


def _leave_line(job_id: uuid.UUID) -> None:
    """After an end: wake the parent that waits for it, and let the customer's next job go."""
    parent_id, customer_id = Job.objects.values_list("parent_id", "customer_id").get(id=job_id)
    if parent_id is not None:
        wake_job(parent_id, "child")
    admit_jobs(customer_id)


_TOLD = {JobStatus.COMPLETED: FeedType.JOB_COMPLETE, JobStatus.FAILED: FeedType.JOB_FAILED}


def _announce_end(job_id: uuid.UUID) -> None:
    """To the feed of whoever asked for the job. Children were started by a job, and a cancellation is known."""
    job = Job.objects.get(id=job_id)
    told = _TOLD.get(job.state)
    if told is not None and job.parent_id is None and job.created_by_id is not None:
        feeds.publish([job.created_by_id], told, ending_data(job), customer_id=job.customer_id)


def retry_job(job_id: uuid.UUID, *, actor: Actor) -> Job:
    """Open a new attempt at a failed or cancelled job; its finished steps are kept. Raises ``JobNotEnded``.

    Children that did not complete are retried with it, those still being cancelled are started anew, and questions
    that ran out of time are asked again.
    """
    with transaction.atomic():
        _leave_stopping_children(job_id)
        for child in _children_that_failed(job_id):
            retry_job(child.id, actor=actor)
        job = _locked(job_id, actor)
        if job.status not in (JobStatus.FAILED, JobStatus.CANCELLED):
            raise JobNotEnded()
        record_audit(actor, "job.retry", job)
        _open_attempt(job, actor)
    return job


def redo_job(job_id: uuid.UUID, from_key: str, *, actor: Actor) -> Job:
    """Run an ended job again from a finished step on: its result is dropped with those of all steps after it.

    For staff: a paid step is paid again, an atomic step writes again. Raises ``JobNotEnded`` and ``UnknownStep``.
    """
    if not actor.is_staff:
        raise NotAllowed("Only administrators may have finished steps done again.")
    with transaction.atomic():
        job = _locked(job_id, actor)
        if not job.is_terminal:
            raise JobNotEnded("Only a job that has ended can be redone. Cancel it first.")
        dropped = _keys_from(job_id, from_key)
        record_audit(actor, "job.redo", job, from_key=from_key, steps=len(dropped))
        job.step_results.filter(key__in=dropped).delete()
        kept = job.step_results.filter(completed_at__isnull=False).values("key")
        _set_aside(job.questions.exclude(key__in=kept), "key", job.attempt)
        _set_aside(job.children.exclude(parent_key__in=kept), "parent_key", job.attempt)
        _open_attempt(job, actor, redo_from=from_key)
    return job


def _open_attempt(job: Job, actor: Actor, *, redo_from: str = "") -> None:
    """Call under the job's lock. The steps that were not finished count their tries anew."""
    if job.erased_at is not None:
        raise JobErased()
    job.step_results.filter(completed_at=None).update(attempts=0, next_attempt_at=None)
    over = models.Q(timed_out=True, has_default=False) | models.Q(answered_at=None, expires_at__lte=Now())
    finished = job.step_results.filter(completed_at__isnull=False).values("key")
    _set_aside(job.questions.filter(over).exclude(key__in=finished), "key", job.attempt)
    payload = Retried(attempt=job.attempt + 1, by=str(actor.user.pk), redo_from=redo_from)
    events.append(job.id, EventType.JOB_RETRIED, payload)
    admit_jobs(job.customer_id)
    job.refresh_from_db()


def _keys_from(job_id: uuid.UUID, from_key: str) -> list[str]:
    """The finished steps from this one on, in the order of the log (clocks of workers may differ)."""
    completed = Event.objects.filter(job_id=job_id, type=EventType.STEP_COMPLETED).order_by("number")
    order = {payload["key"]: number for number, payload in completed.values_list("number", "payload")}
    finished = set(StepResult.objects.filter(job_id=job_id, completed_at__isnull=False).values_list("key", flat=True))
    if from_key not in finished or from_key not in order:
        raise UnknownStep(f"The job has no finished step {from_key!r}.")
    return sorted(key for key in finished if order.get(key, 0) >= order[from_key])


def _children_that_failed(job_id: uuid.UUID) -> models.QuerySet[Job]:
    failed = Job.objects.filter(parent_id=job_id, status__in=(JobStatus.FAILED, JobStatus.CANCELLED))
    return failed.exclude(parent_key__contains=_ASIDE).order_by("id")


def _leave_stopping_children(job_id: uuid.UUID) -> None:
    """Told to stop with the last attempt and not yet ended: the next one would wait for them, and fail with them.

    Before the parent's lock, since they take theirs first when they end.
    """
    stopping = Job.objects.filter(parent_id=job_id, status__in=UNFINISHED, cancel_requested_at__isnull=False)
    attempt = Job.objects.values_list("attempt", flat=True).filter(id=job_id).first()
    _set_aside(stopping, "parent_key", attempt or 0)


def _set_aside(rows: models.QuerySet[Any], column: str, attempt: int) -> None:
    """Keep what an earlier attempt asked or started under a name that no step has, so that it is done anew."""
    marked = Left(Concat(models.F(column), models.Value(f"{_ASIDE}{attempt}")), 300)
    rows.exclude(**{f"{column}__contains": _ASIDE}).update(**{column: marked})


def _locked(job_id: uuid.UUID, actor: Actor) -> Job:
    job = Job.objects.select_for_update(no_key=True).get_for(actor, id=job_id)
    actor.check(Role.EDITOR, job.customer_id)
    return job
