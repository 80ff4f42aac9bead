"""A workflow's body through the real worker: steps once, failures told apart, nothing written where it may not be."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from django.conf import LazySettings

from accounts_app.access import Actor
from accounts_app.models import Customer
from jobs_app.choices import EventType, JobStatus
from jobs_app.jobs import retry_job
from jobs_app.models import Event, Job, StepResult
from tests.jobs_app.workflows import calls

Submit = Callable[..., Job]


@pytest.fixture
def run(run_jobs: Callable[[], None], submit: Submit) -> Callable[..., Job]:
    """Submit a workflow, run a worker until it ended, return the job."""

    def do(name: str, n: int = 1) -> Job:
        job = submit(name, n)
        run_jobs()
        job.refresh_from_db()
        return job

    return do


def events_of(job: Job) -> list[str]:
    return list(Event.objects.filter(job=job).order_by("number").values_list("type", flat=True))


def test_a_job_runs_its_steps_and_completes(run: Submit, customer: Customer) -> None:
    job = run("test.sum", 4)
    assert (job.status, job.result, job.progress) == (JobStatus.COMPLETED, {"total": 35}, 100)
    assert Customer.objects.get(id=customer.id).name == "Total 35"
    assert job.started_at and job.completed_at and job.duration_ms is not None
    assert calls == {"add": 1, "rename": 1, **{f"double {n}": 1 for n in range(1, 6)}}


def test_its_events_are_numbered_without_gaps_from_created_to_completed(run: Submit) -> None:
    job = run("test.sum")
    numbers = list(Event.objects.filter(job=job).order_by("number").values_list("number", flat=True))
    assert numbers == list(range(1, job.last_event_number + 1))
    types = events_of(job)
    assert (types[0], types[-1]) == (EventType.JOB_CREATED, EventType.JOB_COMPLETED)
    assert types.count(EventType.STEP_COMPLETED) == 7


def test_a_refusal_fails_the_job_with_its_sentence(run: Submit) -> None:
    job = run("test.no")
    assert (job.status, job.error_code, job.errored) == (JobStatus.FAILED, "bad_input", False)
    assert job.error_message == "This number will not do."


def test_a_bug_errors_the_job_and_shows_nothing_of_the_inside(run: Submit, caplog: pytest.LogCaptureFixture) -> None:
    job = run("test.broken")
    assert (job.status, job.error_code, job.errored) == (JobStatus.FAILED, "internal_error", True)
    assert "secret detail" not in job.error_message
    assert "secret detail" in caplog.text and str(job.id) in caplog.text


def test_a_retry_continues_after_the_finished_steps(run: Submit, run_jobs: Callable[[], None], actor: Actor) -> None:
    job = run("test.no")
    job = retry_job(job.id, actor=actor)
    assert (job.status, job.attempt, job.progress, job.error_code) == (JobStatus.QUEUED, 2, 0, "")
    run_jobs()
    assert calls == {"add": 1, "no": 2}


def test_a_failing_step_is_tried_again_until_it_works(run: Submit) -> None:
    job = run("test.flaky", 7)
    assert (job.status, job.result, calls["flaky"]) == (JobStatus.COMPLETED, {"total": 7}, 3)
    assert events_of(job).count(EventType.STEP_FAILED) == 2


def test_a_plain_step_may_not_write_domain_rows(run: Submit, customer: Customer) -> None:
    job = run("test.writes")
    assert (job.status, job.error_code, job.errored) == (JobStatus.FAILED, "write_outside_atomic_step", True)
    assert Customer.objects.get(id=customer.id).name == "Acme Ltd"


def test_a_key_used_twice_is_refused(run: Submit) -> None:
    assert run("test.duplicate").error_code == "duplicate_step_key"
    assert calls["add"] == 1


def test_a_large_result_becomes_an_artifact(run: Submit, actor: Actor, run_jobs: Callable[[], None]) -> None:
    job = run("test.big", 100_000)
    result = StepResult.objects.get(job=job, key="big")
    assert result.value is None and result.artifact is not None
    assert result.artifact.blob.size_bytes == 100_002
    assert job.result == {"total": 100_000}


def test_a_step_asked_something_else_stops_the_job(run: Submit, run_jobs: Callable[[], None], actor: Actor) -> None:
    job = run("test.no")
    StepResult.objects.filter(job=job, key="first").update(inputs_hash="0" * 64)
    retry_job(job.id, actor=actor)
    run_jobs()
    job.refresh_from_db()
    assert (job.error_code, job.errored, calls["no"]) == ("step_changed", True, 1)


def test_progress_never_falls_and_is_throttled_within_a_phase(run: Submit) -> None:
    job = run("test.report", 200)
    reports = Event.objects.filter(job=job, type=EventType.JOB_PROGRESSED).order_by("number")
    shares = [event.payload["progress"] for event in reports]
    assert shares == sorted(shares) and 1 <= len(shares) < 20
    assert all(event.payload["eta_seconds"] >= 0 for event in reports)


def test_progress_told_at_once_stands_in_the_log_in_order(run: Submit) -> None:
    job = run("test.phases", 40)
    reports = Event.objects.filter(job=job, type=EventType.JOB_PROGRESSED).order_by("number")
    assert [event.payload["progress"] for event in reports] == list(range(40))


def test_the_first_failure_of_a_gather_stops_the_rest(run: Submit) -> None:
    job = run("test.gather_fails")
    assert job.error_code == "bad_input"
    assert (calls["double 1"], calls["no"], calls["double 3"]) == (1, 1, 0)


def test_a_paid_step_may_have_a_long_key_and_a_long_result(run: Submit, settings: LazySettings) -> None:
    n = settings.STEP_RESULT_INLINE_BYTES + 1
    job = run("test.buy_under_a_long_key", n)
    assert (job.status, job.result) == (JobStatus.COMPLETED, {"total": n})
    step = StepResult.objects.get(job=job)
    assert len(step.key) == 296 and step.idempotency_key.startswith(f"{job.id}/1/") and step.artifact is not None
