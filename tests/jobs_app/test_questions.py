"""Questions at the doors: API, page, admin. What an answer must be is decided in one place."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from enum import Enum
from typing import Any, Literal

import pytest
from django.test import Client
from django.urls import reverse
from pydantic import BaseModel, Field, TypeAdapter

from accounts_app.access import Actor
from accounts_app.choices import Role
from accounts_app.members import create_user
from accounts_app.models import Customer, User
from jobs_app.answer_form import AnswerForm
from jobs_app.choices import JobStatus
from jobs_app.jobs import cancel_job
from jobs_app.models import Job, Question

Submit = Callable[..., Job]
RunJobs = Callable[[], None]
SignIn = Callable[[User], Client]
API = "/api/v1"


@pytest.fixture
def client(signed_in: SignIn, editor: User) -> Client:
    return signed_in(editor)


@pytest.fixture
def question(submit: Submit, run_jobs: RunJobs) -> Question:
    submit("test.ask")
    run_jobs()
    return Question.objects.get()


def post(client: Client, question: Question, answer: Any) -> Any:
    url = f"{API}/questions/{question.id}/answer"
    return client.post(url, {"answer": answer}, content_type="application/json")


@pytest.mark.django_db(transaction=True)
class TestApi:
    def test_open_questions_are_listed_and_answered(
        self, client: Client, question: Question, run_jobs: RunJobs
    ) -> None:
        (item,) = client.get(f"{API}/questions").json()["items"]
        assert (item["id"], item["text"], item["answered_at"]) == (str(question.id), "Which colour?", None)
        assert item["answer_schema"]["required"] == ["colour"]
        answered = post(client, question, {"colour": "red", "count": 4})
        assert (answered.status_code, answered.json()["answer"]) == (200, {"colour": "red", "count": 4})
        assert client.get(f"{API}/questions").json()["count"] == 0
        (kept,) = client.get(f"{API}/jobs/{question.job_id}/questions").json()
        assert kept["answered_by"] == answered.json()["answered_by"] is not None
        run_jobs()
        assert Job.objects.get().result == {"total": 4}

    def test_what_does_not_fit_is_said_by_field(self, client: Client, question: Question) -> None:
        response = post(client, question, {"count": "many"})
        error = response.json()["error"]
        assert (response.status_code, error["code"]) == (422, "bad_answer")
        assert {field["field"]: field["message"] for field in error["details"]["fields"]} == {
            "colour": "is missing",
            "count": "'many' is not of type 'integer'",
        }
        for body in ("{", "{}", "[]"):
            url = f"{API}/questions/{question.id}/answer"
            assert client.post(url, body, content_type="application/json").status_code in (400, 422)

    def test_the_second_answer_and_one_too_late_are_conflicts(
        self, client: Client, question: Question, submit: Submit, run_jobs: RunJobs, actor: Actor
    ) -> None:
        assert post(client, question, {"colour": "red"}).status_code == 200
        again = post(client, question, {"colour": "blue"})
        assert (again.status_code, again.json()["error"]["code"]) == (409, "question_answered")
        other = submit("test.ask")
        run_jobs()
        cancel_job(other.id, actor=actor)
        late = post(client, Question.objects.get(job=other), {"colour": "red"})
        assert (late.status_code, late.json()["error"]["code"]) == (409, "job_ended")
        assert client.get(f"{API}/questions").json()["count"] == 0

    def test_strangers_and_viewers(
        self, question: Question, signed_in: SignIn, stranger: User, customer: Customer
    ) -> None:
        away = signed_in(stranger)
        assert away.get(f"{API}/questions").json()["count"] == 0
        assert away.get(f"{API}/jobs/{question.job_id}/questions").status_code == 404
        assert post(away, question, {"colour": "red"}).status_code == 404
        viewer = signed_in(create_user(email="eve@example.org", customer=customer, role=Role.VIEWER))
        assert viewer.get(f"{API}/questions").json()["count"] == 1
        assert post(viewer, question, {"colour": "red"}).status_code == 403
        assert Client().get(f"{API}/questions").status_code == 401


@pytest.mark.django_db(transaction=True)
class TestPage:
    def test_the_page_asks_and_takes_the_answer(self, client: Client, question: Question, run_jobs: RunJobs) -> None:
        page = client.get(reverse("job", args=[question.job_id])).content.decode()
        assert "Which colour?" in page and 'name="colour"' in page and 'name="count"' in page
        url = reverse("answer_question", args=[question.id])
        wrong = client.post(url, {"colour": "red", "count": "x"})
        assert wrong.status_code == 422 and "Enter a whole number." in wrong.content.decode()
        assert 'value="red"' in wrong.content.decode()
        right = client.post(url, {"colour": "red", "count": "2"})
        assert right.headers["Location"] == reverse("job", args=[question.job_id])
        run_jobs()
        assert Job.objects.get().result == {"total": 2}
        assert client.post(url, {"colour": "red"}).status_code == 409

    def test_it_looks_for_questions_until_there_is_one(
        self, client: Client, submit: Submit, run_jobs: RunJobs
    ) -> None:
        job = submit("test.ask")
        url = reverse("job_questions", args=[job.id])
        assert "every 2s" in client.get(url).content.decode()
        run_jobs()
        part = client.get(url).content.decode()
        assert "every 2s" not in part and "Which colour?" in part

    def test_a_parent_shows_what_its_children_ask(self, client: Client, question: Question, submit: Submit) -> None:
        parent = submit("test.parent")
        Job.objects.filter(id=question.job_id).update(parent=parent, root=parent, parent_key="x")
        assert "Which colour?" in client.get(reverse("job", args=[parent.id])).content.decode()

    def test_viewers_read_and_strangers_do_not(
        self, question: Question, signed_in: SignIn, stranger: User, customer: Customer
    ) -> None:
        viewer = signed_in(create_user(email="eve@example.org", customer=customer, role=Role.VIEWER))
        page = viewer.get(reverse("job", args=[question.job_id])).content.decode()
        assert "Which colour?" in page and 'name="colour"' not in page
        url = reverse("answer_question", args=[question.id])
        assert viewer.post(url, {"colour": "red"}).status_code == 403
        assert signed_in(stranger).post(url, {"colour": "red"}).status_code == 404

    def test_the_admin_answers_for_any_customer(
        self, question: Question, signed_in: SignIn, staff: User, other_customer: Customer
    ) -> None:
        client, url = signed_in(staff), reverse("admin:jobs_app_question_answer", args=[question.id])
        assert url in client.get(reverse("admin:jobs_app_question_changelist")).content.decode()
        assert 'name="colour"' in client.get(url).content.decode()
        assert client.post(url, {"colour": ""}).status_code == 422
        assert client.post(url, {"colour": "green"}).status_code == 302
        assert Job.objects.get().status == JobStatus.QUEUED
        assert client.post(url, {"colour": "green"}).status_code == 302


class Kind(Enum):
    SMALL = "small"
    LARGE = "large"


class Address(BaseModel):
    street: str
    number: int | None = None


class Order(BaseModel):
    name: str = Field(description="Who it is for.")
    count: int = Field(ge=1)
    weight: float | None = None
    fragile: bool
    kind: Kind
    floor: Literal[1, 2, 3] = 1
    address: Address
    other: Address | None = None
    tags: list[str] = []


def order(data: dict[str, Any] | None = None, schema: Any = Order, default: Any = None) -> AnswerForm:
    schema = TypeAdapter(schema).json_schema()
    question = Question(id=uuid.uuid4(), schema=schema, default=default, has_default=default is not None)
    return AnswerForm(question, data)


FILLED = {
    "name": "Ada", "count": "3", "weight": "", "fragile": "on", "kind": "large", "floor": "2",
    "address.street": "Main", "address.number": "", "tags": '["a"]',
}


def test_a_form_of_every_kind_of_field() -> None:
    form = order(FILLED)
    assert form.is_valid(), form.errors
    assert form.answer == {
        "name": "Ada", "count": 3, "fragile": True, "kind": "large", "floor": 2,
        "address": {"street": "Main"}, "tags": ["a"],
    }
    assert Order.model_validate(form.answer).address.street == "Main"
    assert "Who it is for." in str(order()) and list(order().fields)[-2:] == ["other.number", "tags"]


@pytest.mark.parametrize(
    ("changed", "field"),
    [
        ({"name": ""}, "name"),
        ({"count": "0"}, "count"),
        ({"count": "x"}, "count"),
        ({"kind": "huge"}, "kind"),
        ({"address.street": ""}, "address.street"),
        ({"tags": "{"}, "tags"),
        ({"tags": "[1]"}, "tags"),
        ({"other.number": "5"}, "other.street"),
    ],
)
def test_each_mistake_stands_beside_its_field(changed: dict[str, str], field: str) -> None:
    form = order({**FILLED, **changed})
    assert not form.is_valid() and field in form.errors, form.errors


def test_an_answer_of_one_value() -> None:
    form = order({"answer": "4"}, schema=int)
    assert form.is_valid() and form.answer == 4
    form = order({}, schema=bool)
    assert form.is_valid() and form.answer is False
    form = order({"answer": "no"}, schema=Literal["yes", "no"])
    assert form.is_valid() and form.answer == "no"
    assert not order({"answer": ""}, schema=str).is_valid()


def test_the_default_stands_in_the_form() -> None:
    default = {"name": "Grace", "address": {"street": "Elm"}}
    page = str(order(default=default))
    assert "Grace" in page and "Elm" in page
