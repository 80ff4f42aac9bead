"""Doing again: redo from a step, retry with children and questions, dead letters."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from accounts_app.access import Actor, actor_for
from accounts_app.errors import BadInput, NotAllowed
from accounts_app.models import AuditEntry, User
from jobs_app.choices import EventType, JobStatus
from jobs_app.dead_letters import dismiss_job, waiting_letters
from jobs_app.errors import JobNotEnded, UnknownStep
from jobs_app.jobs import cancel_job, redo_job, retry_job
from jobs_app.models import Dismissal, Event, Job, Question, StepResult
from jobs_app.questions import answer_question
from jobs_app.replay import Check
from tests.jobs_app.workflows import calls

Submit = Callable[..., Job]
RunJobs = Callable[[], None]
pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def root(staff: User) -> Actor:
    return actor_for(staff)


@pytest.fixture
def ended(submit: Submit, run_jobs: RunJobs) -> Callable[..., Job]:
    def do(name: str, n: int = 1) -> Job:
        job = submit(name, n)
        run_jobs()
        job.refresh_from_db()
        return job

    return do


def test_a_step_and_all_after_it_are_done_again_and_none_before(
    ended: Callable[..., Job], run_jobs: RunJobs, root: Actor
) -> None:
    job = ended("test.sum")
    first = [event.number for event in Event.objects.filter(job=job, type=EventType.STEP_COMPLETED)]
    order = [e.payload["key"] for e in Event.objects.filter(job=job, type=EventType.STEP_COMPLETED).order_by("number")]
    middle = order[3]
    redo_job(job.id, middle, actor=root)
    retried = Event.objects.get(job=job, type=EventType.JOB_RETRIED)
    assert retried.payload["redo_from"] == middle and retried.attempt == 2
    assert set(StepResult.objects.filter(job=job).values_list("key", flat=True)) == set(order[:3])
    calls.clear()
    run_jobs()
    job.refresh_from_db()
    assert (job.status, job.attempt) == (JobStatus.COMPLETED, 2)
    again = Event.objects.filter(job=job, type=EventType.STEP_COMPLETED, attempt=2)
    assert {e.payload["key"] for e in again} == set(order[3:]) and len(first) == len(order)
    assert sum(calls.values()) == len(order) - 3
    assert list(Check(Job.objects.all()).differences()) == []


def test_redo_is_for_staff_and_for_ended_jobs_with_such_a_step(
    ended: Callable[..., Job], submit: Submit, actor: Actor, root: Actor
) -> None:
    job = ended("test.sum")
    with pytest.raises(NotAllowed):
        redo_job(job.id, "add", actor=actor)
    with pytest.raises(UnknownStep, match="nowhere"):
        redo_job(job.id, "nowhere", actor=root)
    with pytest.raises(JobNotEnded):
        redo_job(submit("test.sum").id, "add", actor=root)
    assert not AuditEntry.objects.filter(action="job.redo").exists()


def test_a_question_is_asked_again_when_its_step_is_redone(
    ended: Callable[..., Job], run_jobs: RunJobs, actor: Actor, root: Actor
) -> None:
    job = ended("test.ask")
    answer_question(Question.objects.get().id, {"colour": "red"}, actor=actor)
    run_jobs()
    redo_job(job.id, "colour", actor=root)
    run_jobs()
    job.refresh_from_db()
    assert job.status == JobStatus.WAITING
    keys = list(Question.objects.order_by("asked_at").values_list("key", flat=True))
    assert keys == ["colour@1", "colour"]
    answer_question(Question.objects.get(key="colour").id, {"colour": "blue", "count": 9}, actor=actor)
    run_jobs()
    job.refresh_from_db()
    assert job.result == {"total": 9}


def test_children_are_started_anew_when_their_step_is_redone(
    ended: Callable[..., Job], run_jobs: RunJobs, root: Actor
) -> None:
    job = ended("test.parent")
    redo_job(job.id, "children/1/sum", actor=root)
    run_jobs()
    job.refresh_from_db()
    assert job.status == JobStatus.COMPLETED
    keys = set(Job.objects.filter(parent=job).values_list("parent_key", flat=True))
    assert {"children/1/sum", "children/1/sum@1"} <= keys


def test_a_question_that_ran_out_is_asked_again_on_retry(
    ended: Callable[..., Job], run_jobs: RunJobs, actor: Actor
) -> None:
    job = ended("test.ask_in_time", 0)
    assert job.error_code == "question_expired"
    retry_job(job.id, actor=actor)
    run_jobs()
    assert Question.objects.filter(job=job).count() == 2


def test_retrying_a_parent_retries_the_children_that_failed(
    ended: Callable[..., Job], run_jobs: RunJobs, actor: Actor
) -> None:
    job = ended("test.parent", 0)
    assert job.error_code == "child_failed"
    retry_job(job.id, actor=actor)
    run_jobs()
    job.refresh_from_db()
    assert job.error_code == "child_failed" and job.attempt == 2
    children = Job.objects.filter(parent=job)
    assert children.count() == 3 and 2 in set(children.values_list("attempt", flat=True))


def test_dead_letters_are_failed_jobs_until_dismissed_or_retried(
    ended: Callable[..., Job], run_jobs: RunJobs, actor: Actor, root: Actor
) -> None:
    failed, parent, completed = ended("test.no"), ended("test.parent", 0), ended("test.sum")
    assert {job.pk for job in waiting_letters()} == {failed.id, parent.id}
    with pytest.raises(BadInput):
        dismiss_job(failed.id, "  ", actor=root)
    with pytest.raises(NotAllowed):
        dismiss_job(failed.id, "why", actor=actor)
    with pytest.raises(JobNotEnded):
        dismiss_job(completed.id, "why", actor=root)
    dismiss_job(failed.id, "Known", actor=root)
    dismiss_job(failed.id, "Again", actor=root)
    assert Dismissal.objects.get().reason == "Known"
    assert AuditEntry.objects.filter(action="job.dismiss").count() == 1
    assert [job.pk for job in waiting_letters()] == [parent.id]
    retry_job(failed.id, actor=actor)
    run_jobs()
    assert failed.id in {job.pk for job in waiting_letters()}


@pytest.fixture
def admin(signed_in: Callable[[User], Client], staff: User) -> Client:
    return signed_in(staff)


def test_the_admin_retries_and_dismisses_in_bulk(admin: Client, ended: Callable[..., Job]) -> None:
    jobs = [ended("test.no") for _ in range(3)]
    url = reverse("admin:jobs_app_deadletter_changelist")
    page = admin.get(url).content.decode()
    assert all(str(job.id) in page for job in jobs) and "This number will not do." in page
    chosen = {"action": "dismiss_selected", "_selected_action": [str(jobs[0].id), str(jobs[1].id)]}
    assert "Reason" in admin.post(url, chosen).content.decode() and not Dismissal.objects.exists()
    admin.post(url, {**chosen, "confirmed": "yes", "reason": "Tests"})
    assert Dismissal.objects.filter(reason="Tests").count() == 2
    admin.post(url, {"action": "retry_selected", "_selected_action": [str(jobs[2].id)]})
    jobs[2].refresh_from_db()
    assert jobs[2].status == JobStatus.QUEUED
    assert str(jobs[2].id) not in admin.get(url).content.decode().split("<main")[-1]


def test_the_page_of_a_job_shows_all_and_acts(admin: Client, ended: Callable[..., Job], run_jobs: RunJobs) -> None:
    job = ended("test.no")
    page = admin.get(reverse("admin:jobs_app_job_change", args=[job.id])).content.decode()
    for part in ("Accepted with priority 5", "Redo from", "Run again", "Dismiss", "This number will not do.", "first"):
        assert part in page, part
    act = reverse("admin:jobs_app_job_act", args=[job.id])
    admin.post(act, {"what": "dismiss", "reason": "Seen"})
    assert Dismissal.objects.get().reason == "Seen"
    admin.post(act, {"what": "redo", "from_key": "first"})
    job.refresh_from_db()
    assert (job.status, job.attempt) == (JobStatus.QUEUED, 2)
    assert not job.step_results.exclude(completed_at=None).exists()
    admin.post(act, {"what": "cancel"})
    job.refresh_from_db()
    assert job.status == JobStatus.CANCELLED
    admin.post(act, {"what": "retry"})
    admin.post(act, {"what": "retry"})
    job.refresh_from_db()
    assert job.attempt == 3
    assert admin.get(act).status_code == 405
    assert admin.post(act, {"what": "explode"}).status_code == 403


def test_only_administrators_act(
    ended: Callable[..., Job], staff: User, editor: User, signed_in: Callable[[User], Client]
) -> None:
    job = ended("test.no")
    act = reverse("admin:jobs_app_job_act", args=[job.id])
    assert signed_in(editor).post(act, {"what": "retry"}).status_code == 302
    User.objects.filter(pk=staff.pk).update(is_superuser=False)
    assert signed_in(User.objects.get(pk=staff.pk)).post(act, {"what": "retry"}).status_code == 403
    job.refresh_from_db()
    assert job.attempt == 1


def test_the_page_shows_files_questions_and_children(admin: Client, ended: Callable[..., Job], actor: Actor) -> None:
    parent, asking, keeping = ended("test.parent"), ended("test.ask"), ended("test.artifact", 9)
    pages = {
        job.id: admin.get(reverse("admin:jobs_app_job_change", args=[job.id])).content.decode()
        for job in (parent, asking, keeping)
    }
    assert "children/1/sum" in pages[parent.id]
    assert "Which colour?" in pages[asking.id] and "x.txt" in pages[keeping.id]
    cancel_job(asking.id, actor=actor)
    assert "not answered" in admin.get(reverse("admin:jobs_app_job_change", args=[asking.id])).content.decode()


def test_unknown_jobs_are_not_found(admin: Client) -> None:
    response: Any = admin.get(reverse("admin:jobs_app_job_timeline", args=[uuid.uuid4()]))
    assert response.status_code == 404


@pytest.mark.parametrize("model", ["job", "deadletter", "question", "stepresult", "artifact", "alert"])
def test_lists_need_no_more_queries_for_more_rows(
    admin: Client, submit: Submit, run_jobs: RunJobs, model: str, django_assert_max_num_queries: Any
) -> None:
    for _ in range(4):
        submit("test.no"), submit("test.ask"), submit("test.artifact", 3)
    run_jobs()
    with django_assert_max_num_queries(14):
        assert admin.get(reverse(f"admin:jobs_app_{model}_changelist")).status_code == 200
