"""Questions a run asks a person: exactly one answer wins, and it fits the schema."""

from __future__ import annotations

import uuid
from typing import Any

import jsonschema
from django.db import transaction
from django.db.models.functions import Now

from accounts_app.access import Actor, record_audit
from accounts_app.choices import Role
from jobs_app import events
from jobs_app.choices import EventType
from jobs_app.errors import BadAnswer, JobEnded, QuestionAnswered
from jobs_app.models import Job, Question
from jobs_app.payloads import QuestionSettled
from jobs_app.waits import wake_job


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
    """Raise ``BadAnswer`` with a sentence per fault when the answer does not fit the question's schema."""
    faults = sorted(jsonschema.Draft202012Validator(question.schema).iter_errors(answer), key=lambda e: list(e.path))
    if faults:
        said = "; ".join(f"{'.'.join(map(str, fault.path)) or 'answer'}: {fault.message}" for fault in faults[:5])
        raise BadAnswer(f"The answer does not fit: {said}.")


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
