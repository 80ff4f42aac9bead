"""The product's addresses, and the doors of the chaos runs: submit an order, answer a question, redo a job."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.http import HttpRequest
from django.urls import path
from ninja import NinjaAPI, Schema, Status

from accounts_app.http import API_AUTHENTICATION, actor_of, add_error_handlers
from dna.urls import handler404 as handler404
from dna.urls import handler500 as handler500
from dna.urls import urlpatterns as product_urls
from jobs_app.jobs import redo_job, submit_job
from jobs_app.models import Question
from jobs_app.questions import answer_question
from templates_app.once import make_once
from tests.chaos.workflows import Order

doors = NinjaAPI(auth=API_AUTHENTICATION, urls_namespace="chaos")
add_error_handlers(doors)


class Answer(Schema):
    amount: int


class Redo(Schema):
    from_key: str


@doors.post("/orders")
def submit(request: HttpRequest, wanted: Order) -> Status[dict[str, Any]]:
    actor = actor_of(request)
    customer_id = actor.customer_id()
    job = make_once(
        lambda: submit_job(workflow="chaos.order", arguments=wanted, customer_id=customer_id, actor=actor),
        actor=actor,
        customer_id=customer_id,
        operation="chaos.order",
        key=wanted.tag,
        inputs=wanted.model_dump(),
    )
    return Status(200, {"id": str(job.id)})


@doors.get("/questions")
def open_questions(request: HttpRequest) -> list[UUID]:
    asked = Question.objects.visible_to(actor_of(request)).filter(answered_at=None)
    return list(asked.values_list("id", flat=True)[:50])


@doors.post("/questions/{uuid:question_id}")
def answer(request: HttpRequest, question_id: UUID, given: Answer) -> dict[str, str]:
    question = answer_question(question_id, given.model_dump(), actor=actor_of(request))
    return {"job_id": str(question.job_id)}


@doors.post("/jobs/{uuid:job_id}/redo")
def redo(request: HttpRequest, job_id: UUID, wanted: Redo) -> dict[str, int]:
    return {"attempt": redo_job(job_id, wanted.from_key, actor=actor_of(request)).attempt}


urlpatterns = [path("chaos/", doors.urls), *product_urls]
