"""How many statements a call takes: the database is what a call costs beside the model, so none comes in unseen."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable
from typing import Any

import pytest

from accounts_app.access import Actor
from accounts_app.models import Customer
from jobs_app.choices import JobStatus
from jobs_app.jobs import submit_job
from jobs_app.models import Job
from jobs_app.runs import Run
from jobs_app.workflows import workflow
from llm_app.gateway import complete, complete_now
from llm_app.models import Provider
from llm_app.scripted.provider import ScriptedProvider
from tests.conftest import run_jobs_until_idle
from tests.llm_app.conftest import and_close
from tests.llm_app.test_gateway import asking
from tests.llm_app.workflows import Question, Said

Ask = Callable[[Any], Any]


@pytest.fixture
def statements(settings: Any, caplog: pytest.LogCaptureFixture) -> Callable[[], list[str]]:
    """Those of all threads since the last time, each by how it begins."""
    settings.DEBUG = True  # else no connection says what it runs
    caplog.set_level(logging.DEBUG, "django.db.backends")

    def take() -> list[str]:
        of_database = [record.args for record in caplog.records if record.name == "django.db.backends"]
        said = [arguments[1] for arguments in of_database if isinstance(arguments, tuple)]
        caplog.clear()
        return [" ".join(str(sql).split())[:60] for sql in said]

    return take


READ, RESERVE, BOOK = "SELECT llm_app_askable_version(", "SELECT llm_app_reserve(", "SELECT * FROM llm_app_book("


def test_a_call_takes_two_statements_and_no_look_up_while_nothing_changes(
    scripted: ScriptedProvider, ask: Ask, customer: Customer, statements: Callable[[], list[str]]
) -> None:
    ask(complete_now(asking(provider="openai"), customer_id=customer.id))
    statements()
    ask(complete_now(asking(provider="openai"), customer_id=customer.id))
    expected = [RESERVE, BOOK]
    assert named(statements(), expected) == expected


def test_a_call_after_a_change_looks_again(
    scripted: ScriptedProvider, ask: Ask, customer: Customer, statements: Callable[[], list[str]]
) -> None:
    ask(complete_now(asking(provider="openai"), customer_id=customer.id))
    Provider.objects.filter(name="openai").update(max_tokens=77)
    statements()
    ask(complete_now(asking(provider="openai"), customer_id=customer.id))
    expected = [RESERVE, "SELECT 1 AS", READ, RESERVE, BOOK]
    assert named(statements(), expected) == expected


def named(taken: list[str], known: list[str]) -> list[str]:
    """What was taken, each by the beginning known of it; whole where none is."""
    return [next((start for start in known if sql.startswith(start)), sql) for sql in taken]


@workflow("test.ask_while_counted", arguments=Question)
async def ask_while_counted(run: Run, question: Question) -> Said:
    said = [(await complete(run, f"ask-{number}", asking())).text for number in range(question.times)]
    return Said(text=" ".join(said))


INTENT = "WITH intent AS"
EVENT = "WITH job AS ( UPDATE jobs_app_job"
RESULT = "INSERT INTO jobs_app_stepresult"
_OTHERS = ('SELECT "jobs_app_stepresult"', 'UPDATE "jobs_app_stepresult"', "UPDATE llm_app", "INSERT INTO llm_app")
_STARTS = (INTENT, READ, RESERVE, BOOK, EVENT, RESULT, *_OTHERS)


@pytest.mark.django_db(transaction=True)
def test_a_paid_step_takes_its_intent_the_call_and_its_result(
    scripted: ScriptedProvider, actor: Actor, statements: Callable[[], list[str]]
) -> None:
    assert actor.current is not None
    arguments = Question(text="", times=3)
    job = submit_job(workflow="test.ask_while_counted", arguments=arguments, customer_id=actor.current, actor=actor)
    statements()
    asyncio.run(and_close(run_jobs_until_idle()))
    assert Job.objects.get(id=job.id).status == JobStatus.COMPLETED
    taken = statements()
    _, second, third = (number for number, sql in enumerate(taken) if sql.startswith(INTENT))
    ours = [sql for sql in taken[second:third] if sql.startswith(_STARTS)]  # the worker asks its own in between
    expected = [INTENT, RESERVE, BOOK, EVENT, RESULT, EVENT]
    assert named(ours, expected) == expected
