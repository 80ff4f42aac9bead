"""Questions a run asks a person: exactly one answer wins, and it fits the schema."""

from __future__ import annotations

import uuid
from typing import Any

import jsonschema
from django.db import transaction
from django.db.models import Q
from django.db.models.functions import Now

from accounts_app.access import Actor, CustomerOwnedQuerySet, record_audit
from accounts_app.choices import Role
from jobs_app import events
from jobs_app.choices import UNFINISHED, EventType
from jobs_app.errors import BadAnswer, JobEnded, QuestionAnswered
from jobs_app.models import Job, Question
from jobs_app.payloads import QuestionSettled
from jobs_app.waits import wake_job


def open_questions(actor: Actor) -> CustomerOwnedQuerySet[Question]:
    """Unanswered questions of jobs that still wait for them."""
    return Question.objects.visible_to(actor).filter(answered_at=None, job__status__in=UNFINISHED)


def questions_of(job: Job) -> CustomerOwnedQuerySet[Question]:
    """What the job and the jobs it started ask and nobody has answered, the oldest first."""
    open_ones = Question.objects.filter(answered_at=None, job__status__in=UNFINISHED)
    return open_ones.filter(Q(job=job) | Q(job__root=job)).order_by("asked_at", "id")


def answer_question(question_id: uuid.UUID, answer: Any, *, actor: Actor) -> Question:
    """Answer, and put the job back into line. Raises ``BadAnswer``, ``QuestionAnswered`` or ``JobEnded``."""
    question = Question.objects.get_for(actor, id=question_id)
    actor.check(Role.EDITOR, question.customer_id)
    check_answer(question, answer)
    with transaction.atomic():
        job = Job.objects.select_for_update(no_key=True).get(id=question.job_id)
        if job.is_terminal:
            raise JobEnded("The job has ended; it does not wait for this answer any more.")
        values = {"answer": answer, "answered_at": Now(), "answered_by": actor.user}
        if not Question.objects.filter(id=question.id, answered_at=None).update(**values):
            raise QuestionAnswered()
        record_audit(actor, "question.answer", question)
        settle_question(question, timed_out=False)
    question.refresh_from_db()
    return question


def settle_question(question: Question, *, timed_out: bool) -> None:
    """Say in the log that a question is closed, and wake the job. Call with the job's row locked."""
    payload = QuestionSettled(key=question.key, question_id=str(question.id), timed_out=timed_out)
    events.append(question.job_id, EventType.QUESTION_ANSWERED, payload)
    wake_job(question.job_id, "answer")


def check_answer(question: Question, answer: Any) -> None:
    """Raise ``BadAnswer`` when the answer does not fit the question's schema: a sentence per fault, and its field."""
    found = jsonschema.Draft202012Validator(question.schema).iter_errors(answer)
    faults = sorted((one for fault in found for one in _causes(fault)), key=_field_of)
    if faults:
        fields = [{"field": _field_of(fault), "in": "body", "message": _sentence(fault)} for fault in faults[:20]]
        said = "; ".join(f"{field['field'] or 'answer'}: {field['message']}" for field in fields[:5])
        raise BadAnswer(f"The answer does not fit: {said}.", fields=fields)


def _causes(fault: jsonschema.ValidationError) -> list[jsonschema.ValidationError]:
    """Of "this or nothing" what is wrong with the this; any other fault is its own cause."""
    inner = [one for one in fault.context or [] if one.validator_value != "null"]
    return [cause for one in inner for cause in _causes(one)] or [fault]


def _field_of(fault: jsonschema.ValidationError) -> str:
    """Its path in the answer; of a value that is missing, the path it would have."""
    path = [str(part) for part in fault.absolute_path]
    if fault.validator == "required":
        needed: Any = fault.validator_value
        given: Any = fault.instance
        return ".".join([*path, *(name for name in needed if f"'{name}'" in fault.message and name not in given)])
    return ".".join(path)


def _sentence(fault: jsonschema.ValidationError) -> str:
    return "is missing" if fault.validator == "required" else fault.message


def expire_question(question_id: uuid.UUID) -> bool:
    """Close an unanswered question whose time is over, with its default. False when answered, or not over yet."""
    with transaction.atomic():
        question = Question.objects.get(id=question_id)
        Job.objects.select_for_update(no_key=True).get(id=question.job_id)
        values = {"answer": question.default, "answered_at": Now(), "timed_out": True}
        due = Question.objects.filter(id=question_id, answered_at=None, expires_at__lte=Now())
        if not due.update(**values):
            return False
        settle_question(question, timed_out=True)
        return True
