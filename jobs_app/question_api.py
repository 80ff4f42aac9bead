"""Questions over the API: what is asked, and answering it."""

from datetime import datetime
from typing import Any
from uuid import UUID

from django.http import HttpRequest
from ninja import Field, Router, Schema
from ninja.pagination import LimitOffsetPagination, paginate
from pydantic import JsonValue

from accounts_app.http import actor_of, error_responses
from jobs_app.models import Job, Question
from jobs_app.questions import answer_question, open_questions

router = Router()


class QuestionOut(Schema):
    """What a job asks a person. ``answer_schema`` (JSON Schema) says what an answer looks like."""

    id: UUID
    job_id: UUID
    text: str
    answer_schema: dict[str, Any] = Field(alias="schema")
    default: Any | None = Field(description="Taken when nobody answers in time.")
    has_default: bool
    asked_at: datetime
    expires_at: datetime | None
    answer: Any | None
    answered_at: datetime | None
    answered_by: UUID | None = Field(alias="answered_by_id")
    timed_out: bool


class Answer(Schema):
    answer: JsonValue


@router.get("/questions", response={200: list[QuestionOut], **error_responses()}, summary="Open questions")
@paginate(LimitOffsetPagination)
def list_questions(request: HttpRequest) -> Any:
    return open_questions(actor_of(request))


@router.get(
    "/jobs/{uuid:job_id}/questions",
    response={200: list[QuestionOut], **error_responses()},
    summary="All questions of a job",
)
def list_job_questions(request: HttpRequest, job_id: UUID) -> Any:
    job = Job.objects.get_for(actor_of(request), id=job_id)
    return list(job.questions.order_by("asked_at", "id"))


@router.post(
    "/questions/{uuid:question_id}/answer",
    response={200: QuestionOut, **error_responses(409)},
    summary="Answer a question; the job goes on",
)
def answer(request: HttpRequest, question_id: UUID, body: Answer) -> Question:
    return answer_question(question_id, body.answer, actor=actor_of(request))
