"""Erasing a customer, a person or a job: the one path, with its audit entry in the same transaction.

The events of an erased job or person stay: they hold no content, so the log keeps its shape. The job's row stays as a
shell with its figures. A customer is removed whole, events too, which the database allows to nobody else.
Floors above register what they hold (``register``), so that nothing here imports upwards.
"""

from __future__ import annotations

import uuid
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial

from django.db import connection, models, transaction
from django.db.models import Exists, OuterRef, QuerySet
from django.db.models.functions import Now

from accounts_app.access import Actor, record_audit
from accounts_app.errors import NotFound
from accounts_app.forgetting import forget_customer_audits, forget_user
from accounts_app.models import Customer, User
from jobs_app.artifacts import STEP_RESULT
from jobs_app.choices import UNFINISHED, JobStatus
from jobs_app.collection import take_blobs
from jobs_app.errors import JobRunning
from jobs_app.models import Artifact, Dismissal, IdempotentRequest, Job, Question, StepResult

ACTION = "erase"
"""The action of the audit entry that licenses the deletion of events; see migration 0002."""

_AT_ONCE = 500
_DESCENDANTS = """
    WITH RECURSIVE tree (id) AS (
        SELECT %s::uuid UNION SELECT child.id FROM jobs_app_job AS child JOIN tree ON child.parent_id = tree.id
    ) SELECT id FROM tree"""


# What people were told of a job may hold content; which job, and how it went, does not.
_EMPTY_FEEDS = """
    UPDATE jobs_app_feedentry
       SET data = jsonb_build_object('job_id', data->'job_id', 'job_type', data->'job_type', 'status', data->'status')
     WHERE data->>'job_id' = ANY(%s)"""


def _keeps_nothing(job_ids: Sequence[uuid.UUID]) -> None:
    """For a floor that has nothing of what goes through jobs."""


@dataclass(frozen=True, slots=True)
class Eraser:
    """What a floor above has of a customer, and of jobs that are erased. Each is called in the erasing transaction."""

    customer: Callable[[uuid.UUID], None]
    jobs: Callable[[Sequence[uuid.UUID]], None] = _keeps_nothing
    """What jobs made: goes when they are erased."""
    content: Callable[[Sequence[uuid.UUID]], None] = _keeps_nothing
    """What is kept of what went through them: goes whenever they are emptied, by a person's erasing and by age too."""


_erasers: list[Eraser] = []


def register(eraser: Eraser) -> None:
    """Called when the apps are loaded, from the lowest floor upwards; the highest one erases first."""
    if eraser not in _erasers:
        _erasers.insert(0, eraser)


@dataclass(frozen=True, slots=True)
class Erased:
    """What was erased."""

    jobs: int = 0
    artifacts: int = 0


def erase_job(job_id: uuid.UUID, *, actor: Actor | None) -> Erased:
    """Empty a job and the jobs it started, and remove what they made. Raises ``JobRunning`` unless all have ended.

    Safe to call twice. ``actor`` is None for whoever has the shell.
    """
    with transaction.atomic():
        jobs = _lock_jobs(Job.objects.filter(id__in=_tree_ids(job_id)))
        root = next((job for job in jobs if job.id == job_id), None)
        if root is None:
            raise NotFound("There is no such job.")
        ids = [job.id for job in jobs]
        for eraser in _erasers:
            eraser.jobs(ids)
        hashes = empty_jobs(ids)
        _empty_feeds(ids)
        record_audit(actor, ACTION, root, jobs=len(ids), artifacts=len(hashes))
        _take_later(hashes)
    return Erased(len(ids), len(hashes))


def erase_person(user_id: uuid.UUID, *, actor: Actor | None) -> Erased:
    """Remove an account, and empty the jobs it started; templates and documents are their customer's and stay nameless.

    Raises ``JobRunning`` unless all its jobs have ended.
    """
    with transaction.atomic():
        user = User.objects.select_for_update().filter(id=user_id).first()
        if user is None:
            raise NotFound("There is no such user.")
        ids = [job.id for job in _lock_jobs(Job.objects.filter(created_by=user))]
        hashes = [sha256 for start in range(0, len(ids), _AT_ONCE) for sha256 in empty_jobs(ids[start:][:_AT_ONCE])]
        _empty_feeds(ids)
        IdempotentRequest.objects.filter(actor_id=user.pk).delete()
        record_audit(actor if actor is None or actor.user.pk != user.pk else None, ACTION, user, jobs=len(ids))
        forget_user(user)
        _take_later(hashes)
    return Erased(len(ids), len(hashes))


def erase_customer(customer_id: uuid.UUID, *, actor: Actor | None) -> Erased:
    """Remove a customer with everything it has. People stay, as members of nothing; erase them one by one.

    Raises ``JobRunning`` while one of its jobs is running; those that wait are removed with the rest.
    """
    with transaction.atomic():
        # Locked whole: nothing new can refer to it from here on.
        customer = Customer.objects.select_for_update().filter(id=customer_id).first()
        if customer is None:
            raise NotFound("There is no such customer.")
        jobs = _lock_jobs(Job.objects.filter(customer=customer), refused=(JobStatus.PROCESSING,))
        artifacts = Artifact.objects.filter(customer=customer)
        hashes = sorted(set(artifacts.values_list("blob_id", flat=True)))
        forget_customer_audits(customer_id)
        entry = record_audit(actor, ACTION, customer, jobs=len(jobs), artifacts=artifacts.count())
        with connection.cursor() as cursor:
            cursor.execute("SELECT set_config('dna.erase_entry', %s, true)", [str(entry.pk)])
        for eraser in _erasers:
            eraser.customer(customer_id)
        _delete_rows(customer_id)
        customer.delete()
        _take_later(hashes)
    return Erased(len(jobs), len(hashes))


# Children of a table first. Plain statements: Django would load every row to look for what hangs on it.
_OF_A_CUSTOMER = (
    "DELETE FROM jobs_app_event WHERE job_id IN (SELECT id FROM jobs_app_job WHERE customer_id = %s)",
    "DELETE FROM jobs_app_stepresult WHERE job_id IN (SELECT id FROM jobs_app_job WHERE customer_id = %s)",
    "DELETE FROM jobs_app_question WHERE job_id IN (SELECT id FROM jobs_app_job WHERE customer_id = %s)",
    "DELETE FROM jobs_app_dismissal WHERE job_id IN (SELECT id FROM jobs_app_job WHERE customer_id = %s)",
    "DELETE FROM jobs_app_alert WHERE job_id IN (SELECT id FROM jobs_app_job WHERE customer_id = %s)",
    "DELETE FROM jobs_app_idempotentrequest WHERE customer_id = %s",
    "DELETE FROM jobs_app_artifact WHERE customer_id = %s",
)


def _delete_rows(customer_id: uuid.UUID) -> None:
    with connection.cursor() as cursor:
        for statement in _OF_A_CUSTOMER:
            cursor.execute(statement, [customer_id])


def _tree_ids(job_id: uuid.UUID) -> list[uuid.UUID]:
    with connection.cursor() as cursor:
        cursor.execute(_DESCENDANTS, [job_id])
        return [row[0] for row in cursor.fetchall()]


def _lock_jobs(jobs: QuerySet[Job], *, refused: Sequence[str] = UNFINISHED) -> list[Job]:
    """The jobs under lock, children (which have later ids) before parents. Raises ``JobRunning``."""
    locked = list(jobs.select_for_update(no_key=True).only("id", "status", "customer_id").order_by("-id"))
    running = [job for job in locked if job.status in refused]
    if running:
        named = ", ".join(str(job.id) for job in running[:3])
        raise JobRunning(f"Not ended: {named}{' and others' if len(running) > 3 else ''}. Cancel first, then erase.")
    return locked


def empty_jobs(job_ids: Sequence[uuid.UUID], *, keep_files: bool = False) -> list[str]:
    """Take the content out of ended jobs, under their lock; log and figures stay.

    Returns the hashes of files that lost a reference, for ``take_blobs`` after the commit. With ``keep_files`` only
    the runtime's own files go, not those the jobs made for people.
    """
    StepResult.objects.filter(job_id__in=job_ids).delete()
    Question.objects.filter(job_id__in=job_ids).update(text="", schema={}, default=None, answer=None)
    IdempotentRequest.objects.filter(job_id__in=job_ids).delete()
    Dismissal.objects.filter(job_id__in=job_ids).delete()
    for eraser in _erasers:
        eraser.content(job_ids)
    files = Artifact.objects.filter(job_id__in=job_ids)
    hashes = drop_artifacts(files.filter(entity_type=STEP_RESULT) if keep_files else files)
    emptied: dict[str, object] = {"arguments": {}, "result": None, "error_message": "", "current_step": ""}
    Job.objects.filter(id__in=job_ids).update(**emptied, waiting_for=None, erased_at=Now())
    return hashes


def _empty_feeds(job_ids: Sequence[uuid.UUID]) -> None:
    with connection.cursor() as cursor:
        cursor.execute(_EMPTY_FEEDS, [[str(job_id) for job_id in job_ids]])


def drop_artifacts(artifacts: QuerySet[Artifact]) -> list[str]:
    """Delete those that no other row needs. Returns the hashes of their blobs."""
    free = artifacts
    for relation in Artifact._meta.get_fields(include_hidden=True):  # hidden: those without a name on this side
        if isinstance(relation, models.ManyToOneRel) and relation.on_delete is models.PROTECT:
            users = relation.related_model._base_manager.filter(**{relation.field.name: OuterRef("pk")})
            free = free.filter(~Exists(users))
    found = list(free.values_list("pk", "blob_id"))
    Artifact.objects.filter(pk__in=[pk for pk, _ in found]).delete()
    return sorted({blob_id for _, blob_id in found})


def _take_later(hashes: Sequence[str]) -> None:
    """After the commit only: what is gone from the disk does not come back with a rollback."""
    transaction.on_commit(partial(take_blobs, hashes))
