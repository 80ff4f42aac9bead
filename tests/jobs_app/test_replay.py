"""The log brought up to date on reading, and the rows compared with it."""

from __future__ import annotations

import io
import json
import uuid
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from django.core.management import CommandError, call_command

from accounts_app.access import Actor, actor_for
from accounts_app.models import Customer, User
from jobs_app import claims, events, timeline, upcasters
from jobs_app.choices import EventType, JobStatus
from jobs_app.jobs import cancel_job, retry_job, submit_job
from jobs_app.models import Event, Job
from jobs_app.payloads import Progressed
from jobs_app.presentation import event_data
from jobs_app.replay import Check, summarise
from jobs_app.workflows import known_versions
from tests.jobs_app.workflows import Numbers

Submit = Callable[..., Job]


@pytest.fixture
def _old_shape() -> Iterator[None]:
    @upcasters.upcaster("test.old", 1)
    def split(payload: dict[str, Any]) -> dict[str, Any]:
        first, last = payload["name"].split()
        return {"first": first, "last": last}

    @upcasters.upcaster("test.old", 2)
    def shout(payload: dict[str, Any]) -> dict[str, Any]:
        return {**payload, "last": payload["last"].upper()}

    yield
    del upcasters._upcasters["test.old", 1], upcasters._upcasters["test.old", 2]


def test_old_payloads_are_read_in_the_newest_shape(_old_shape: None) -> None:
    stored = {"name": "Ada Byron"}
    assert upcasters.upcast("test.old", 1, stored).payload == {"first": "Ada", "last": "BYRON"}
    newest = upcasters.Upcast(3, {"first": "A", "last": "B"})
    assert upcasters.upcast("test.old", 2, {"first": "A", "last": "b"}) == newest
    assert stored == {"name": "Ada Byron"}
    with pytest.raises(ValueError, match="already"):
        upcasters.upcaster("test.old", 1)(dict)


def test_what_a_newer_program_wrote_is_read_as_it_stands(submit: Submit) -> None:
    job = submit("test.sum")
    event = Event(job=job, number=2, attempt=1, type="job.teleported", version=7, payload={"to": "Mars"})
    event.created_at = job.created_at
    assert upcasters.upcast("job.teleported", 7, {"to": "Mars"}) == upcasters.Upcast(7, {"to": "Mars"})
    assert event_data(event)["data"] == {"to": "Mars"}
    assert timeline.describe("job.teleported", {"to": "Mars"}) == "job.teleported"
    assert timeline.describe(EventType.JOB_FAILED, {"reason": "renamed field"}) == "job.failed"
    assert summarise([event]).last_event_number == 2


def check(**options: Any) -> tuple[str, str]:
    out, err = io.StringIO(), io.StringIO()
    call_command("check_jobs", stdout=out, stderr=err, **options)
    return out.getvalue(), err.getvalue()


@pytest.mark.parametrize(
    "name", ["sum", "no", "broken", "flaky", "ask", "ask_in_time", "parent", "sleep", "report", "duplicate"]
)
def test_every_kind_of_ending_is_what_its_log_says(
    submit: Submit, run_jobs: Callable[[], None], actor: Actor, name: str
) -> None:
    job = submit(f"test.{name}")
    run_jobs()
    job.refresh_from_db()
    assert list(Check(Job.objects.all()).differences()) == []
    if job.status in (JobStatus.FAILED, JobStatus.CANCELLED):
        retry_job(job.id, actor=actor)
        cancel_job(job.id, actor=actor)
    out, said = check()
    assert out == "" and "0 differences" in said


def test_progress_and_cancellation_of_a_running_job(submit: Submit, actor: Actor) -> None:
    job = submit("test.sum")
    claims.claim_job(job.id, uuid.uuid4(), known_versions())
    payload = Progressed(progress=30, step="Reading", done=1, total=3, eta_seconds=9)
    changes: dict[str, Any] = {"progress": 30, "current_step": "Reading (1 of 3)", "eta_seconds": 9}
    events.append(job.id, EventType.JOB_PROGRESSED, payload, **changes)
    cancel_job(job.id, actor=actor)
    assert list(Check(Job.objects.all()).differences()) == []


@pytest.mark.parametrize(
    ("column", "value"),
    [("status", "completed"), ("progress", 77), ("attempt", 3), ("last_event_number", 9), ("error_code", "x")],
)
def test_a_row_that_says_something_else_is_found(submit: Submit, column: str, value: Any) -> None:
    job = submit("test.sum")
    Job.objects.filter(id=job.id).update(**{column: value})
    found = list(Check(Job.objects.all()).differences())
    assert [(d.job_id, d.column, d.row) for d in found] == [(job.id, column, value)]


def test_a_log_ahead_of_its_row_is_found(submit: Submit) -> None:
    job = submit("test.sum")
    events.append(job.id, EventType.JOB_PROGRESSED, Progressed(progress=1, step="x"), progress=1, current_step="x")
    before = {"progress": 0, "current_step": "", "last_event_number": 1, "last_event_at": job.last_event_at}
    Job.objects.filter(id=job.id).update(**before)
    (found,) = Check(Job.objects.all()).differences()
    assert (found.column, found.row, found.log) == ("last_event_number", 1, 2)


def test_the_command_says_what_is_wrong_and_for_whom(submit: Submit, customer: Customer, stranger: User) -> None:
    job = submit("test.sum")
    other = actor_for(stranger)
    assert other.current is not None
    submit_job(workflow="test.sum", arguments=Numbers(), customer_id=other.current, actor=other)
    Job.objects.filter(id=job.id).update(status="failed")
    assert "1 jobs checked" in check(customer="globex")[1]
    out = io.StringIO()
    with pytest.raises(CommandError, match="1 jobs checked, 1 differences"):
        call_command("check_jobs", "--customer", customer.slug, stdout=out)
    assert str(job.id) in out.getvalue() and "status" in out.getvalue()
    out = io.StringIO()
    with pytest.raises(CommandError):
        call_command("check_jobs", "--json", stdout=out)
    assert json.loads(out.getvalue())["log"] == "pending"
    with pytest.raises(CommandError, match="no customer"):
        call_command("check_jobs", "--customer", "nobody")


def test_many_jobs_are_read_in_portions(submit: Submit, django_assert_max_num_queries: Any, settings: Any) -> None:
    settings.JOB_CUSTOMER_CONCURRENCY = 1
    for _ in range(60):
        submit("test.sum")
    all_at_once = Check(Job.objects.all())
    with django_assert_max_num_queries(5):
        assert list(all_at_once.differences()) == []
    assert all_at_once.checked == 60
