"""Paid steps: bought once, accounted for in the job's log, cut off when the job is cancelled, found when all died."""

from __future__ import annotations

import asyncio
import io
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.db import connection, transaction
from psycopg.conninfo import make_conninfo

from accounts_app.access import Actor, actor_for
from accounts_app.choices import Role
from accounts_app.members import create_user
from accounts_app.models import Customer, User
from jobs_app.choices import EventType, JobStatus
from jobs_app.db import run_sync
from jobs_app.jobs import cancel_job, retry_job, submit_job
from jobs_app.models import Event, FeedEntry, Job, StepResult
from jobs_app.replay import Check
from jobs_app.worker import JobWorker
from llm_app.choices import EntryStatus
from llm_app.ledger import find_unbalanced
from llm_app.models import LedgerBalance, LedgerEntry
from llm_app.scripted.provider import ScriptedProvider
from llm_app.scripted.script import Answer, Failure, FailureKind, Rule, Script, answering
from llm_app.usage import usage_for
from tests.conftest import run_jobs_until_idle
from tests.llm_app.conftest import and_close
from tests.llm_app.workflows import Question

ROOT = Path(__file__).resolve().parent.parent.parent
Submit = Callable[..., Job]
pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def submit(actor: Actor, scripted: ScriptedProvider) -> Submit:
    def do(name: str = "test.ask_model", **question: Any) -> Job:
        assert actor.current is not None
        arguments = Question(text="Which city?", **question)
        return submit_job(workflow=name, arguments=arguments, customer_id=actor.current, actor=actor)

    return do


@pytest.fixture
def run(submit: Submit) -> Submit:
    def do(name: str = "test.ask_model", **question: Any) -> Job:
        job = submit(name, **question)
        asyncio.run(and_close(run_jobs_until_idle()))
        job.refresh_from_db()
        return job

    return do


def test_a_job_says_what_it_cost(run: Submit, scripted: ScriptedProvider) -> None:
    scripted.set_script(answering(Answer(text="Madrid.", reasoning_tokens=7)))
    job = run(times=2)
    entries = list(LedgerEntry.objects.order_by("created_at"))
    assert (job.status, job.result) == (JobStatus.COMPLETED, {"text": "Madrid. Madrid."})
    assert [(entry.job_id, entry.step_key, entry.workflow) for entry in entries] == [
        (job.id, "ask-0", "test.ask_model"),
        (job.id, "ask-1", "test.ask_model"),
    ]
    assert job.cost_usd == sum((entry.cost_usd for entry in entries), Decimal(0)) > 0
    assert (job.provider, job.model) == ("claude", "anthropic/claude-sonnet-4-5-20250929")
    assert job.input_tokens == sum(entry.input_tokens for entry in entries)
    events = Event.objects.filter(job=job, type=EventType.LLM_CALLED)
    assert [event.payload["key"] for event in events] == ["ask-0", "ask-1"] and "Madrid" not in str(events.values())
    assert not list(Check(Job.objects.all()).differences())
    keys = [call.headers["idempotency-key"] for call in scripted.calls]
    assert keys == [f"{job.id}/1/ask-{number}/claude" for number in range(2)]


def test_a_finished_call_is_never_bought_twice(run: Submit, scripted: ScriptedProvider, actor: Actor) -> None:
    broken = Answer(failure=Failure(kind=FailureKind.BAD_REQUEST))
    first = Rule(contains="city? 0", answer=Answer(text="Madrid."))
    scripted.set_script(Script(rules=(first, Rule(nth=1, answer=broken), Rule(answer=Answer(text="Seville.")))))
    job = run(times=2)
    assert (job.status, job.error_code) == (JobStatus.FAILED, "provider_refused_request")
    paid = job.cost_usd
    retry_job(job.id, actor=actor)
    asyncio.run(and_close(run_jobs_until_idle()))
    job.refresh_from_db()
    assert (job.result, len(scripted.calls)) == ({"text": "Madrid. Seville."}, 3)
    assert job.cost_usd > paid and not list(Check(Job.objects.all()).differences())


def test_an_object_is_remembered_as_one(run: Submit, scripted: ScriptedProvider) -> None:
    scripted.set_script(answering(Answer(data={"city": "Madrid"})))
    assert run("test.ask_for_city").result == {"text": "Madrid"}


def test_what_children_spend_counts_for_the_job_that_started_them(
    run: Submit, scripted: ScriptedProvider, settings: Any
) -> None:
    settings.MAX_COST_PER_TASK_USD = Decimal("0.07")  # one call reserves 0.0616, and leaves less than a second needs
    scripted.set_script(answering("word " * 3000))
    job = run("test.ask_child", times=3)
    assert job.status == JobStatus.FAILED
    balance = LedgerBalance.objects.get(scope="job")
    assert (balance.owner_id, balance.spent_usd > 0, balance.reserved_usd) == (job.id, True, 0)


def test_a_job_stops_at_its_limit_and_says_why(run: Submit, scripted: ScriptedProvider, settings: Any) -> None:
    settings.MAX_COST_PER_TASK_USD = Decimal("0.07")
    scripted.set_script(answering("word " * 3000))
    job = run(times=3)
    assert (job.status, job.error_code, job.errored) == (JobStatus.FAILED, "cap_reached", False)
    assert "limit for this job" in job.error_message and "0.07 USD" in job.error_message
    assert "are spent" in job.error_message and len(scripted.calls) == 1


def test_parts_of_a_job_wait_for_what_the_others_have_reserved(
    run: Submit, scripted: ScriptedProvider, settings: Any, editor: User
) -> None:
    settings.MAX_COST_PER_TASK_USD = Decimal("0.07")  # one call reserves 0.0616
    settings.COST_WARNING_PERCENT = 1
    scripted.set_script(answering(Answer(text="word " * 40, delay_seconds=0.3)))
    job = run("test.ask_at_once", times=3)
    assert (job.status, len(scripted.calls)) == (JobStatus.COMPLETED, 3)
    balance = LedgerBalance.objects.get(scope="job")
    assert (balance.spent_usd, balance.reserved_usd) == (job.cost_usd, 0)
    (warning,) = FeedEntry.objects.filter(feed__user=editor, data__kind="cost_warning")
    assert (warning.data["scope"], warning.data["job_id"]) == ("job", str(job.id))


def test_usage_counts_jobs_that_asked_no_model_too(run: Submit, customer: Customer) -> None:
    run(times=0)
    run(times=2)
    manager = create_user(email="boss@example.org", customer=customer, role=Role.MANAGER)
    usage = usage_for(actor_for(manager))
    (workflow,), (provider,) = usage.by_workflow, usage.by_provider
    counted = [(one.jobs, one.calls) for one in (usage.total, workflow.figures, provider.figures)]
    assert counted == [(2, 2), (2, 2), (1, 2)]


def test_cancelling_closes_the_connection_and_books_what_came(
    submit: Submit, scripted: ScriptedProvider, actor: Actor
) -> None:
    scripted.set_script(answering(Answer(text="one two three four " * 200, chunk_delay_seconds=0.05)))
    job = submit(streamed=True)
    cancelled_at = asyncio.run(and_close(_cancel_in_the_middle(job, scripted, actor)))
    job.refresh_from_db()
    (call,) = scripted.calls
    assert job.status == JobStatus.CANCELLED and call.abandoned
    assert call.client_closed_at is not None and call.client_closed_at - cancelled_at < 2
    entry = LedgerEntry.objects.get()
    assert (entry.status, entry.estimated, entry.error_code) == (EntryStatus.BOOKED, True, "cancelled")
    assert 0 < entry.output_tokens and 0 < entry.cost_usd < entry.reserved_usd
    assert job.cost_usd == entry.cost_usd and not LedgerBalance.objects.exclude(reserved_usd=0).exists()
    assert not list(find_unbalanced()) and not list(Check(Job.objects.all()).differences())


async def _cancel_in_the_middle(job: Job, scripted: ScriptedProvider, actor: Actor) -> float:
    worker = JobWorker()
    working = asyncio.create_task(worker.run())
    async with asyncio.timeout(30):
        while not scripted.calls or scripted.calls[0].usage.output < 20:
            await asyncio.sleep(0.02)
        cancelled_at = time.time()
        await run_sync(cancel_job, job.id, actor=actor)
        while await run_sync(Job.objects.filter(id=job.id, status=JobStatus.PROCESSING).exists):
            await asyncio.sleep(0.02)
    worker.stop()
    await working
    return cancelled_at


@pytest.fixture
def worker_process(settings: Any) -> Iterator[Callable[[], subprocess.Popen[bytes]]]:
    """A worker in a process of its own, to be killed."""
    started: list[subprocess.Popen[bytes]] = []

    def start() -> subprocess.Popen[bytes]:
        url = make_conninfo(os.environ["DATABASE_URL"], dbname=connection.settings_dict["NAME"])
        environment = os.environ | {
            "DATABASE_URL": url, "DATABASE_DIRECT_URL": url, "DJANGO_SETTINGS_MODULE": "tests.llm_app.worker_settings",
        }
        process = subprocess.Popen([sys.executable, "manage.py", "worker"], cwd=ROOT, env=environment)
        started.append(process)
        return process

    yield start
    for process in started:
        if process.poll() is None:
            process.kill()
        process.wait()


def test_a_call_whose_process_was_killed_is_found_and_booked(
    submit: Submit, scripted: ScriptedProvider, worker_process: Callable[[], subprocess.Popen[bytes]]
) -> None:
    scripted.set_script(answering(Answer(text="Madrid.", delay_seconds=1)))
    job = submit()
    process = worker_process()
    _until(lambda: bool(scripted.calls), seconds=60)
    with transaction.atomic():  # the answer comes, and its booking waits for this lock
        LedgerBalance.objects.select_for_update().get(scope="installation")
        _until(lambda: scripted.calls[0].answered_at is not None, seconds=10)
        time.sleep(0.5)
        process.send_signal(signal.SIGKILL)
        process.wait()
    call_command("check_ledger")  # for all anybody knows, the worker still lives
    _until(lambda: Job.objects.filter(id=job.id, lease_expires_at__lt=_now()).exists(), seconds=10)
    said = io.StringIO()
    with pytest.raises(CommandError, match="1 calls"):
        call_command("check_ledger", stdout=said)
    entry = LedgerEntry.objects.get()
    assert str(entry.id) in said.getvalue() and str(job.id) in said.getvalue()
    call_command("check_ledger", "--settle", stdout=said)
    entry.refresh_from_db()
    assert (entry.status, entry.estimated, entry.cost_usd) == (EntryStatus.BOOKED, True, entry.reserved_usd)
    call_command("check_ledger")
    assert StepResult.objects.get(job=job).intended_at is not None


def _now() -> Any:
    with connection.cursor() as cursor:
        cursor.execute("SELECT clock_timestamp()")
        return cursor.fetchone()[0]


def _until(condition: Callable[[], bool], *, seconds: float) -> None:
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.05)
