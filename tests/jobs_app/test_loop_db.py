"""Statements from the event loop, on the connection that it keeps."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Iterator
from typing import Any

import pytest
from django.db import DataError, connection

from jobs_app import loop_db
from jobs_app.db import Writing, run_sync, writing
from jobs_app.errors import WriteOutsideAtomicStep

pytestmark = pytest.mark.django_db(transaction=True)

SESSION = "SELECT pg_backend_pid()"


async def session() -> int:
    ((process_id,),) = await loop_db.execute(SESSION, [])
    return int(process_id)


def run_here(sql: str, *values: Any) -> list[tuple[Any, ...]]:
    with connection.cursor() as cursor:
        cursor.execute(sql, values)
        return list(cursor.fetchall()) if cursor.description else []


async def test_statements_one_after_the_other_share_a_connection() -> None:
    assert await session() == await session()


async def test_a_statement_waits_for_no_other() -> None:
    kept = await session()
    slow = asyncio.create_task(loop_db.execute("SELECT pg_sleep(2)", []))
    await asyncio.sleep(0.1)
    assert await session() != kept
    assert not slow.done()
    await slow
    assert await session() == kept


def test_the_connection_ends_with_its_loop() -> None:
    ended = asyncio.run(session())
    found = "SELECT count(*) FROM pg_stat_activity WHERE pid = %s"
    for _ in range(50):  # the server takes a moment to see it closed
        if run_here(found, ended) == [(0,)]:
            return
        run_here("SELECT pg_sleep(0.05)")
    raise AssertionError(f"session {ended} is still there")


async def test_a_connection_closed_by_the_server_is_seen_before_it_is_used(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.WARNING)
    kept = await session()
    await run_sync(run_here, "SELECT pg_terminate_backend(%s, 5000)", kept)
    assert await session() != kept
    assert not caplog.records


@pytest.fixture
def tries() -> Iterator[str]:
    """A sequence, which counts what is rolled back too."""
    run_here("CREATE SEQUENCE tests_tries")
    yield "tests_tries"
    run_here("DROP SEQUENCE tests_tries")


async def test_a_connection_lost_amid_a_statement_is_made_anew(tries: str) -> None:
    sql = "SELECT n, CASE WHEN n = 1 THEN pg_terminate_backend(pg_backend_pid()) END FROM nextval(%s) AS n"
    assert await loop_db.execute(sql, [tries]) == [(2, None)]


async def test_a_statement_given_up_ends_at_the_server_too_and_its_connection_goes_on() -> None:
    kept = await session()
    with pytest.raises(TimeoutError):
        async with asyncio.timeout(0.1):
            await loop_db.execute("SELECT pg_sleep(60)", [])
    running = "SELECT count(*) FROM pg_stat_activity WHERE pid = %s AND state = 'active'"
    assert await run_sync(run_here, running, kept) == [(0,)]
    assert await session() == kept


async def test_errors_are_those_of_django_and_cost_no_connection() -> None:
    kept = await session()
    with pytest.raises(DataError, match="division by zero"):
        await loop_db.execute("SELECT 1 / %s::int", [0])
    assert await session() == kept


async def test_a_job_writes_no_domain_rows_here_either() -> None:
    with writing(Writing.JOB), pytest.raises(WriteOutsideAtomicStep):
        await loop_db.execute("UPDATE templates_app_template SET name = name", [])
