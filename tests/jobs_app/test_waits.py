"""Waiting without holding anything: questions, children, time."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Any

import pytest

from accounts_app.access import Actor, actor_for
from accounts_app.errors import NotFound
from accounts_app.models import User
from jobs_app.choices import EventType, JobStatus
from jobs_app.errors import BadAnswer, JobEnded, QuestionAnswered
from jobs_app.jobs import cancel_job
from jobs_app.models import Artifact, Event, Job, Question
from jobs_app.questions import answer_question
from tests.jobs_app.workflows import calls

Submit = Callable[..., Job]
RunJobs = Callable[[], None]


@pytest.fixture
def run(run_jobs: RunJobs, submit: Submit) -> Submit:
    def do(name: str, n: int = 1) -> Job:
        job = submit(name, n)
        run_jobs()
        job.refresh_from_db()
        return job

    return do


def test_a_question_is_asked_answered_and_no_step_repeated(run: Submit, run_jobs: RunJobs, actor: Actor) -> None:
    job = run("test.ask")
    assert (job.status, job.worker_id, job.lease_expires_at) == (JobStatus.WAITING, None, None)
    question = Question.objects.get(job=job)
    assert question.text == "Which colour?" and question.schema["required"] == ["colour"]
    answer_question(question.id, {"colour": "red", "count": 3}, actor=actor)
    run_jobs()
    job.refresh_from_db()
    assert (job.status, job.result, calls["add"]) == (JobStatus.COMPLETED, {"total": 3}, 1)


def test_an_answer_must_fit_and_only_one_counts(run: Submit, actor: Actor, stranger: User) -> None:
    question = Question.objects.get(job=run("test.ask"))
    with pytest.raises(BadAnswer, match="colour"):
        answer_question(question.id, {"count": 3}, actor=actor)
    with pytest.raises(NotFound):
        answer_question(question.id, {"colour": "red"}, actor=actor_for(stranger))
    answer_question(question.id, {"colour": "red"}, actor=actor)
    with pytest.raises(QuestionAnswered):
        answer_question(question.id, {"colour": "blue"}, actor=actor)


def test_of_many_answers_at_once_exactly_one_wins(run: Submit, run_jobs: RunJobs, actor: Actor) -> None:
    job = run("test.ask")
    question = Question.objects.get(job=job)
    outcomes: list[Any] = []

    def answer(n: int) -> None:
        from django.db import connection

        try:
            answer_question(question.id, {"colour": "red", "count": n}, actor=actor)
            outcomes.append(n)
        except QuestionAnswered:
            outcomes.append(None)
        finally:
            connection.close()

    threads = [threading.Thread(target=answer, args=[n]) for n in range(1, 6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    (winner,) = [n for n in outcomes if n is not None]
    run_jobs()
    job.refresh_from_db()
    assert job.result == {"total": winner}
    assert Event.objects.filter(job=job, type=EventType.QUESTION_ANSWERED).count() == 1


def test_a_question_nobody_answers_takes_its_default(run: Submit) -> None:
    job = run("test.ask_in_time", 1)
    assert (job.status, job.result) == (JobStatus.COMPLETED, {"total": 7})
    assert Question.objects.get(job=job).timed_out


def test_without_a_default_it_fails(run: Submit) -> None:
    job = run("test.ask_in_time", 0)
    assert (job.status, job.error_code, job.errored) == (JobStatus.FAILED, "question_expired", False)


def test_a_cancelled_job_takes_no_answer(run: Submit, actor: Actor) -> None:
    job = run("test.ask")
    cancel_job(job.id, actor=actor)
    with pytest.raises(JobEnded):
        answer_question(Question.objects.get(job=job).id, {"colour": "red"}, actor=actor)


def test_children_run_side_by_side_and_wake_their_parent(run: Submit, actor: Actor) -> None:
    job = run("test.parent")
    assert (job.status, job.result) == (JobStatus.COMPLETED, {"total": 32 + 33 + 34 - 3 + 3})
    children = Job.objects.filter(parent=job)
    assert children.count() == 3 and {child.root_id for child in children} == {job.id}
    assert {child.created_by_id for child in children} == {actor.user.id}


def test_a_failed_child_fails_its_parent_with_its_sentence(run: Submit) -> None:
    job = run("test.parent", 0)
    assert (job.status, job.error_code) == (JobStatus.FAILED, "child_failed")
    assert job.error_message == "This number will not do."


def test_cancelling_a_parent_cancels_its_children(submit: Submit, run_jobs: RunJobs, actor: Actor) -> None:
    job = submit("test.parent")
    child = submit("test.ask")
    Job.objects.filter(id=child.id).update(parent=job, parent_key="x", status=JobStatus.WAITING)
    cancel_job(job.id, actor=actor)
    child.refresh_from_db()
    job.refresh_from_db()
    assert (job.status, child.status) == (JobStatus.CANCELLED, JobStatus.CANCELLED)


def test_sleep_holds_no_worker_and_repeats_no_step(run: Submit) -> None:
    job = run("test.sleep")
    assert (job.status, calls["add"]) == (JobStatus.COMPLETED, 2)
    assert EventType.JOB_WAITED in Event.objects.filter(job=job).values_list("type", flat=True)
    assert (job.duration_ms or 0) >= 300


def test_a_file_the_body_makes_is_kept_once(run: Submit, settings: Any, tmp_path: Any) -> None:
    settings.ARTIFACT_ROOT = tmp_path
    job = run("test.artifact", 9)
    assert job.result == {"total": 9}
    assert Artifact.objects.get(job=job).filename == "x.txt"
    assert Event.objects.filter(job=job, type=EventType.ARTIFACT_CREATED).count() == 1
