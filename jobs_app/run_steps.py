"""The steps that ``Run`` itself offers: asking, starting children, sleeping, keeping files. Each is one transaction."""

from __future__ import annotations

import hashlib
import uuid
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, cast

from django.db import connection, transaction
from django.db.models.functions import Now
from pydantic import BaseModel

from jobs_app import artifacts, events, steps
from jobs_app.choices import EventType, JobStatus
from jobs_app.errors import ChildFailed, QuestionExpired
from jobs_app.jobs import submit_job
from jobs_app.models import Job, Question
from jobs_app.payloads import ArtifactCreated, QuestionAsked
from jobs_app.questions import expire_question
from jobs_app.steps import StepCall
from jobs_app.waits import Condition, Suspend


def database_now() -> datetime:
    with connection.cursor() as cursor:
        cursor.execute("SELECT clock_timestamp()")
        return cast(datetime, cursor.fetchone()[0])


def waking_time(seconds: float) -> datetime:
    return database_now() + timedelta(seconds=seconds)


@dataclass(frozen=True, slots=True)
class Asking:
    """A question as the body asks it."""

    call: StepCall
    text: str
    schema: dict[str, Any]
    timeout_seconds: float | None
    default: Any


def ask_or_wait(asking: Asking) -> Any:
    """The answer, recorded as the step's result; ``Suspend`` without one, ``QuestionExpired`` if none will come."""
    call = asking.call
    question = Question.objects.filter(job_id=call.lease.job_id, key=call.key).first() or _ask(asking)
    if question.answered_at is None and question.expires_at is not None and expire_question(question.id):
        question.refresh_from_db()
    if question.answered_at is None:
        raise Suspend(Condition("question", call.key, question.id, question.expires_at))
    if question.timed_out and not question.has_default:
        raise QuestionExpired()
    return _recorded(call, question.answer)


def _ask(asking: Asking) -> Question:
    call = asking.call
    with transaction.atomic():
        timeout = asking.timeout_seconds
        question = Question.objects.create(
            job_id=call.lease.job_id,
            customer_id=call.customer_id,
            key=call.key,
            text=asking.text,
            schema=asking.schema,
            default=asking.default,
            has_default=asking.default is not None,
            expires_at=Now() + timedelta(seconds=timeout) if timeout is not None else None,
        )
        payload = QuestionAsked(key=call.key, question_id=str(question.id))
        events.append(call.lease.job_id, EventType.QUESTION_ASKED, payload, lease=call.lease)
    question.refresh_from_db()
    return question


def start_or_wait(call: StepCall, workflow: str, arguments: BaseModel) -> Any:
    """The child's result, recorded as the step's; ``Suspend`` until it ended, ``ChildFailed`` if it ended badly."""
    child = Job.objects.filter(parent_id=call.lease.job_id, parent_key=call.key).first() or _start(
        call, workflow, arguments
    )
    if not child.is_terminal:
        raise Suspend(Condition("child", call.key, child.id))
    if child.status != JobStatus.COMPLETED:
        raise ChildFailed(child.error_message or None)
    return _recorded(call, child.result)


def _start(call: StepCall, workflow: str, arguments: BaseModel) -> Job:
    with transaction.atomic():
        parent = Job.objects.select_related("created_by").get(id=call.lease.job_id)
        child = submit_job(
            workflow=workflow,
            arguments=arguments,
            customer_id=call.customer_id,
            actor=None,
            priority=parent.priority,
            parent=parent,
            parent_key=call.key,
        )
        steps.check_lease(call.lease)
    return child


def _recorded(call: StepCall, value: Any) -> Any:
    try:
        with transaction.atomic():
            steps.record_result(call, value, duration_ms=0)
    except steps.StepRecorded:
        return steps.recorded_value(call)
    return value


class StoredArtifact(BaseModel):
    """A file that was kept: where and what."""

    id: uuid.UUID
    sha256: str
    size_bytes: int


class Content:
    """Bytes that go by their hash where a step's inputs are compared."""

    def __init__(self, data: bytes) -> None:
        self.data = data
        self.sha256 = hashlib.sha256(data).hexdigest()


def store_artifact(
    content: Content, filename: str, media_type: str, entity_type: str, entity_id: uuid.UUID | None
) -> StoredArtifact:
    """Within an atomic step: the file, its row and the event that says so."""
    call = steps.current_call.get()
    artifact = artifacts.store_bytes(
        content.data,
        customer_id=call.customer_id,
        job_id=call.lease.job_id,
        filename=filename,
        media_type=media_type,
        entity_type=entity_type,
        entity_id=entity_id,
    )
    size_bytes = len(content.data)
    payload = ArtifactCreated(artifact_id=str(artifact.id), media_type=media_type, size_bytes=size_bytes)
    events.append(call.lease.job_id, EventType.ARTIFACT_CREATED, payload, lease=call.lease)
    return StoredArtifact(id=artifact.id, sha256=artifact.blob_id, size_bytes=size_bytes)
