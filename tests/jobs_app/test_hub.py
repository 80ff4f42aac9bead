"""Following jobs: everything, in order, once; by hint, by poll, for many at once."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any

import pytest
from channels.routing import URLRouter
from channels.testing import WebsocketCommunicator
from django.db import connection

from accounts_app.models import User
from accounts_app.tokens import issue_websocket_token
from jobs_app import events
from jobs_app.choices import EventType
from jobs_app.consumers import websocket_urlpatterns
from jobs_app.db import run_sync
from jobs_app.errors import FollowerTooSlow
from jobs_app.hub import get_hub
from jobs_app.job_log import JOB_LOG
from jobs_app.models import Job
from jobs_app.payloads import Progressed
from tests.conftest import run_jobs_until_idle

Submit = Callable[..., Job]
pytestmark = pytest.mark.django_db(transaction=True)


def tick(job: Job, percent: int) -> None:
    events.append(job.id, EventType.JOB_PROGRESSED, Progressed(progress=percent, step="Working"), progress=percent)


async def collect(job: Job, count: int, *, after: int = 0) -> list[int]:
    stream = get_hub().follow(JOB_LOG, job.id, after=after)
    numbers: list[int] = []
    async with asyncio.timeout(10):
        async for event in stream:
            numbers.append(event.number)
            if len(numbers) == count:
                break
    await stream.aclose()
    return numbers


async def test_followers_see_what_was_and_what_comes(submit: Submit) -> None:
    job = await run_sync(submit, "test.wait")
    for percent in range(5):
        await run_sync(tick, job, percent)
    readers = [asyncio.create_task(collect(job, 26)), asyncio.create_task(collect(job, 23, after=3))]
    for percent in range(5, 25):
        await run_sync(tick, job, percent)
    assert list(await asyncio.gather(*readers)) == [list(range(1, 27)), list(range(4, 27))]
    await get_hub().close()


async def test_a_lost_notification_costs_time_but_no_event(submit: Submit, settings: Any) -> None:
    settings.FOLLOW_POLL_SECONDS = 0.1
    job = await run_sync(submit, "test.wait")
    reader = asyncio.create_task(collect(job, 3))
    await asyncio.sleep(0.3)
    hub = get_hub()
    hub._tasks[0].cancel()  # nobody listens any more
    await run_sync(tick, job, 1)
    await run_sync(tick, job, 2)
    assert await reader == [1, 2, 3]
    await hub.close()


async def test_a_busy_stream_does_not_keep_a_lost_notification_lost(submit: Submit, settings: Any) -> None:
    settings.FOLLOW_POLL_SECONDS = 0.3
    busy, quiet = await run_sync(submit, "test.wait"), await run_sync(submit, "test.wait")
    readers = [asyncio.create_task(collect(busy, 1)), asyncio.create_task(collect(quiet, 2))]
    await asyncio.sleep(0.5)
    hub, told = get_hub(), asyncio.get_running_loop().time()
    hub._tasks[0].cancel()
    await run_sync(tick, quiet, 1)
    while not readers[1].done():
        hub._hint([busy.id])
        await asyncio.sleep(0.01)
    assert (await readers[1], asyncio.get_running_loop().time() - told < 2) == ([1, 2], True)
    await readers[0]
    await hub.close()


async def test_more_than_one_query_holds_comes_whole(submit: Submit) -> None:
    job = await run_sync(submit, "test.wait")
    live = asyncio.create_task(collect(job, 2500, after=1))
    while get_hub().follower_count == 0:
        await asyncio.sleep(0.01)
    await run_sync(fill, job, 2, 1200)
    await run_sync(fill, job, 1201, 2501)
    get_hub()._hint([job.id])
    later = collect(job, 2501)
    assert list(await asyncio.gather(live, later)) == [list(range(2, 2502)), list(range(1, 2502))]
    await get_hub().close()


def fill(job: Job, first: int, last: int) -> None:
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO jobs_app_event (job_id, number, customer_id, attempt, type, version, payload, created_at)"
            " SELECT %s, n, %s, 1, 'job.progressed', 1, %s::jsonb, now() FROM generate_series(%s, %s) AS n",
            [job.id, job.customer_id, '{"progress": 1, "step": "Working"}', first, last],
        )


async def test_a_reader_that_leaves_at_any_moment_leaves_nothing_behind(submit: Submit) -> None:
    job = await run_sync(submit, "test.wait")
    for pause in range(8):
        reader = asyncio.create_task(collect(job, 99))
        await asyncio.sleep(pause / 500)
        reader.cancel()
        await asyncio.gather(reader, return_exceptions=True)
    assert get_hub().follower_count == 0 and not get_hub()._followed
    await get_hub().close()


async def test_a_reader_that_does_not_keep_up_is_let_go(submit: Submit, settings: Any) -> None:
    settings.FOLLOWER_QUEUE_EVENTS = 3
    settings.FOLLOW_POLL_SECONDS = 0.05
    job = await run_sync(submit, "test.wait")
    stream = get_hub().follow(JOB_LOG, job.id)
    assert (await anext(stream)).number == 1
    pending = asyncio.ensure_future(anext(stream))
    await asyncio.sleep(0.2)
    for percent in range(20):
        await run_sync(tick, job, percent)
        await asyncio.sleep(0)
    await asyncio.sleep(0.3)
    numbers = [(await pending).number]
    with pytest.raises(FollowerTooSlow):
        async for event in stream:
            numbers.append(event.number)
    assert numbers == list(range(2, 2 + len(numbers))) and len(numbers) < 20
    await get_hub().close()


def socket(job: Job, user: User | None, query: str = "") -> WebsocketCommunicator:
    token = issue_websocket_token(user).token if user else "forged"
    return WebsocketCommunicator(URLRouter(websocket_urlpatterns), f"/ws/jobs/{job.id}/?token={token}{query}")


async def test_a_socket_gets_the_log_and_one_completion(submit: Submit, editor: User) -> None:
    job = await run_sync(submit, "test.sum")
    client = socket(job, editor)
    assert (await client.connect())[0]
    await run_jobs_until_idle()
    messages = []
    while (message := await client.receive_json_from(timeout=5))["type"] != "completion":
        messages.append(message)
    assert [m["number"] for m in messages] == list(range(1, len(messages) + 1))
    assert (message["status"], message["result"], message["error"]) == ("completed", {"total": 32}, None)
    await client.disconnect()
    resumed = socket(job, editor, f"&after={len(messages) - 1}")
    await resumed.connect()
    assert (await resumed.receive_json_from(timeout=5))["number"] == len(messages)
    assert (await resumed.receive_json_from(timeout=5))["type"] == "completion"
    await resumed.disconnect()
    await get_hub().close()


@pytest.mark.parametrize(("who", "code"), [("stranger", 4404), ("nobody", 4401)])
async def test_a_socket_is_closed_to_others(submit: Submit, stranger: User, who: str, code: int) -> None:
    job = await run_sync(submit, "test.sum")
    client = socket(job, stranger if who == "stranger" else None)
    await client.connect()
    closed = await client.receive_output(timeout=5)
    assert (closed["type"], closed["code"]) == ("websocket.close", code)
