"""Following a job over server-sent events and WebSockets, against a real web process."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import psycopg
import pytest
from django.test import Client
from httpx_sse import ServerSentEvent, aconnect_sse
from playwright.async_api import async_playwright
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed

from accounts_app.api_keys import create_api_key, revoke_api_key
from accounts_app.models import Customer, User
from accounts_app.tokens import issue_access_token, issue_websocket_token
from jobs_app import events, jobs
from jobs_app.choices import EventType, JobStatus
from jobs_app.db import run_sync
from jobs_app.direct import direct_conninfo
from jobs_app.models import Job
from jobs_app.payloads import Ended, Progressed
from tests.jobs_app.web import CHROMIUM, CHROMIUM_OPTIONS, Web, cutting, web_process

Submit = Callable[..., Job]
pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
async def job(submit: Submit) -> Job:
    """A job nobody runs, with one event."""
    return await run_sync(submit, "test.wait")


@pytest.fixture
async def key(editor: User, customer: Customer) -> str:
    return (await run_sync(create_api_key, user=editor, customer=customer, name="tests"))[1]


def tick(job: Job, percent: int) -> None:
    events.append(job.id, EventType.JOB_PROGRESSED, Progressed(progress=percent, step="Working"))


def tick_many(job: Job, count: int) -> None:
    for number in range(count):
        tick(job, number % 100)


def complete(job: Job) -> None:
    changes: dict[str, Any] = {"status": JobStatus.COMPLETED.value, "progress": 100, "result": {"total": 7}}
    jobs.end_job(job.id, EventType.JOB_COMPLETED, Ended(), **changes)


@asynccontextmanager
async def reading(
    url: str, headers: dict[str, str], **params: str | int
) -> AsyncIterator[AsyncIterator[ServerSentEvent]]:
    async with httpx.AsyncClient(timeout=10) as client:
        async with aconnect_sse(client, "GET", url, headers=headers, params=params) as source:
            assert source.response.status_code == 200, await source.response.aread()
            yield source.aiter_sse()


def events_url(web: Web, job: Job) -> str:
    return f"{web.url}/api/v1/jobs/{job.id}/events"


async def test_the_stream_is_the_log_then_one_completion(web: Web, job: Job, key: str) -> None:
    await run_sync(tick_many, job, 3)
    came: list[ServerSentEvent] = []
    async with reading(events_url(web, job), {"X-API-Key": key}) as source:
        async for event in source:
            came.append(event)
            if len(came) == 4:
                await run_sync(tick, job, 50)
                await run_sync(complete, job)
    *logged, completion = came
    page = httpx.get(events_url(web, job), headers={"X-API-Key": key}).json()
    assert [json.loads(event.data) for event in logged] == page["events"]
    assert [(event.id, event.event) for event in logged] == [(str(e["number"]), e["type"]) for e in page["events"]]
    assert (completion.event, completion.id) == ("completion", logged[-1].id)  # no id of its own: the last one stays
    assert json.loads(completion.data)["result"] == {"total": 7} and logged[0].retry == 20
    await web.until_held(followers=0)


async def test_the_answer_is_no_page_to_be_kept_or_held_back(web: Web, job: Job, key: str) -> None:
    async with httpx.AsyncClient() as client:
        async with client.stream("GET", events_url(web, job), headers={"X-API-Key": key}, params={"stream": 1}) as got:
            assert got.headers["Content-Type"] == "text/event-stream"
            assert (got.headers["Cache-Control"], got.headers["X-Accel-Buffering"]) == ("no-store", "no")
            text = ""
            async for part in got.aiter_text():
                text += part
                if ": heartbeat\n" in text:
                    break
    assert text.startswith("retry: 20\nid: 1\nevent: job.created\ndata: {")


@pytest.mark.parametrize("resume", [{"Last-Event-ID": "2"}, {}])
async def test_a_stream_resumes_after_a_number(web: Web, job: Job, key: str, resume: dict[str, str]) -> None:
    await run_sync(tick_many, job, 3)
    await run_sync(complete, job)
    after = 1 if resume else 2  # the header goes before the address, which a browser cannot change
    async with reading(events_url(web, job), {"X-API-Key": key, **resume}, after=after) as source:
        assert [event.id async for event in source] == ["3", "4", "5", "5"]
    async with reading(events_url(web, job), {"X-API-Key": key, "Last-Event-ID": "5"}) as source:
        assert [event.event async for event in source] == ["completion"]


async def test_a_retried_job_goes_on(web: Web, job: Job, key: str, actor: Any) -> None:
    await run_sync(jobs.cancel_job, job.id, actor=actor)
    await run_sync(jobs.retry_job, job.id, actor=actor)
    async with reading(events_url(web, job), {"X-API-Key": key}) as source:
        await run_sync(complete, job)
        types = [event.event async for event in source]
    assert types == ["job.created", "job.cancelled", "job.retried", "job.completed", "completion"]


async def test_each_way_in_and_each_refusal(
    web: Web, job: Job, key: str, editor: User, stranger: User, signed_in: Callable[[User], Client]
) -> None:
    client = await run_sync(signed_in, editor)
    token = (await run_sync(issue_access_token, editor)).token
    session = f"sessionid={client.cookies['sessionid'].value}"
    ways: list[dict[str, str]] = [{"X-API-Key": key}, {"Authorization": f"Bearer {token}"}, {"Cookie": session}]
    for headers in ways:
        async with reading(events_url(web, job), headers) as source:
            assert (await anext(source)).id == "1"
    strange = {"Authorization": f"Bearer {(await run_sync(issue_access_token, stranger)).token}"}
    events_only = {"Accept": "text/event-stream"}
    refusals = [
        (await run_sync(httpx.get, events_url(web, job), headers=headers | events_only))
        for headers in (strange, {}, {"X-API-Key": "dna_no"}, ways[0] | {"Last-Event-ID": "x"})
    ]
    assert [answer.status_code for answer in refusals] == [404, 401, 401, 422]
    assert [answer.json()["error"]["code"] for answer in refusals] == [
        "not_found", "not_signed_in", "bad_api_key", "bad_input",
    ]  # fmt: skip
    wrong = await run_sync(httpx.get, f"{events_url(web, job)}?after=-1", headers=ways[0])
    assert wrong.status_code == 422
    await web.until_held(followers=0)


async def test_many_streams_hold_no_connection_and_leave_nothing_behind(web: Web, job: Job, key: str) -> None:
    before = await asyncio.to_thread(web.held)
    async with httpx.AsyncClient(timeout=20, limits=httpx.Limits(max_connections=None)) as client:
        request = client.build_request("GET", f"{events_url(web, job)}?stream=1", headers={"X-API-Key": key})
        answers = [await client.send(request, stream=True) for _ in range(30)]
        # More streams than the pool has connections, and the process still answers.
        await web.until_held(followers=30, connections=0)
        assert (await asyncio.to_thread(web.held))["threads"] < before["threads"] + 10
        assert (await client.get(f"{web.url}/api/v1/jobs/{job.id}", headers={"X-API-Key": key})).status_code == 200
        for answer in answers:
            await answer.aclose()
    await web.until_held(followers=0, connections=0)
    after = await asyncio.to_thread(web.held)
    assert after["tasks"] <= before["tasks"] + 5


# --- the end of access ----------------------------------------------------------------------------------------------


async def test_a_stream_ends_when_its_token_runs_out(web: Web, job: Job, editor: User) -> None:
    almost_over = datetime.now(UTC) - timedelta(seconds=3600 - 3)
    token = (await run_sync(issue_access_token, editor, now=almost_over)).token
    async with asyncio.timeout(8), reading(events_url(web, job), {"Authorization": f"Bearer {token}"}) as source:
        assert [event.id async for event in source] == ["1"]


def leave(user: User) -> None:
    user.memberships.all().delete()


def suspend(user: User) -> None:
    User.objects.filter(pk=user.pk).update(status="suspended")


def revoke(user: User) -> None:
    for key in user.api_keys.all():
        revoke_api_key(key)


@pytest.mark.parametrize("happening", [leave, suspend, revoke])
async def test_a_stream_ends_when_access_is_lost(
    web: Web, job: Job, key: str, editor: User, happening: Callable[[User], None]
) -> None:
    async with asyncio.timeout(8), reading(events_url(web, job), {"X-API-Key": key}) as source:
        assert (await anext(source)).id == "1"
        await run_sync(happening, editor)
        assert [event async for event in source] == []
    await web.until_held(followers=0)


async def test_a_stream_ends_when_its_user_signs_out(
    web: Web, job: Job, editor: User, signed_in: Callable[[User], Client]
) -> None:
    client = await run_sync(signed_in, editor)
    cookie = {"Cookie": f"sessionid={client.cookies['sessionid'].value}"}
    async with asyncio.timeout(8), reading(events_url(web, job), cookie) as source:
        assert (await anext(source)).id == "1"
        await run_sync(client.logout)
        assert [event async for event in source] == []


async def socket_url(web: Web, job: Job, user: User, *, after: int = 0, now: datetime | None = None) -> str:
    token = (await run_sync(issue_websocket_token, user, now=now)).token
    return f"{web.ws_url}/ws/jobs/{job.id}/?token={token}&after={after}"


async def numbers_of(socket: ClientConnection) -> list[int]:
    """Until the socket closes, heartbeats left out."""
    numbers = []
    try:
        async for text in socket:
            message = json.loads(text)
            if message["type"] not in ("heartbeat", "completion"):
                numbers.append(message["number"])
    except ConnectionClosed:
        pass
    return numbers


async def test_a_socket_is_kept_awake_and_closed_when_its_token_runs_out(web: Web, job: Job, editor: User) -> None:
    url = await socket_url(web, job, editor, now=datetime.now(UTC) - timedelta(seconds=300 - 4))
    async with asyncio.timeout(10), connect(url) as socket:
        assert json.loads(await socket.recv())["number"] == 1
        assert json.loads(await socket.recv()) == {"type": "heartbeat"}
        assert await numbers_of(socket) == []
    assert socket.close_code == 4401


async def test_a_socket_is_closed_when_access_is_lost(web: Web, job: Job, editor: User) -> None:
    async with asyncio.timeout(8), connect(await socket_url(web, job, editor)) as socket:
        await socket.recv()
        await run_sync(leave, editor)
        assert await numbers_of(socket) == []
    assert socket.close_code == 4404


async def test_a_socket_left_is_let_go(web: Web, job: Job, editor: User) -> None:
    async with connect(await socket_url(web, job, editor)) as socket:
        await web.until_held(followers=1)
        await socket.close()
    await web.until_held(followers=0)


async def test_two_users_see_their_own_jobs(web: Web, submit: Submit, job: Job, editor: User, stranger: User) -> None:
    async with connect(await socket_url(web, job, stranger)) as socket:
        assert await numbers_of(socket) == []
    assert socket.close_code == 4404


# --- trouble --------------------------------------------------------------------------------------------------------


async def test_a_listener_cut_off_recovers(web: Web, job: Job, editor: User) -> None:
    async with asyncio.timeout(15), connect(await socket_url(web, job, editor)) as socket:
        await socket.recv()
        await run_sync(_cut_listeners)
        await run_sync(tick_many, job, 20)
        await run_sync(complete, job)
        assert await numbers_of(socket) == list(range(2, 23))
    assert socket.close_code == 1000


def _cut_listeners() -> None:
    with psycopg.connect(direct_conninfo(), autocommit=True) as connection:
        cut = connection.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
            " WHERE datname = current_database() AND query LIKE 'LISTEN dna_events%'"
        ).fetchall()
    assert cut


async def test_a_reader_that_takes_nothing_is_cut_off_and_may_resume(web: Web, job: Job, editor: User) -> None:
    def fill(count: int) -> None:
        with psycopg.connect(direct_conninfo()) as connection:  # 10 kB each: more than the kernel keeps for a reader
            connection.execute(
                "INSERT INTO jobs_app_event (job_id, number, customer_id, attempt, type, version, payload, created_at)"
                " SELECT id, n, customer_id, 1, 'job.progressed', 1,"
                " jsonb_build_object('progress', 1, 'step', repeat('x', 10000)), now()"
                " FROM jobs_app_job, generate_series(2, %s) AS n WHERE id = %s",
                [count, job.id],
            )
            connection.execute("UPDATE jobs_app_job SET last_event_number = %s WHERE id = %s", [count, job.id])

    await run_sync(fill, 2500)
    url = await socket_url(web, job, editor)
    async with asyncio.timeout(30), connect(url, max_queue=1, ping_interval=None) as socket:
        await web.until_held(followers=1)
        await web.until_held(followers=0, seconds=20)
        numbers = await numbers_of(socket)
    assert numbers == list(range(1, len(numbers) + 1)) and len(numbers) < 2500
    await run_sync(complete, job)
    async with asyncio.timeout(30), connect(await socket_url(web, job, editor, after=len(numbers))) as socket:
        numbers += await numbers_of(socket)
    assert numbers == list(range(1, 2502))


async def test_a_web_process_that_stops_says_so(
    submit: Submit, job: Job, editor: User, key: str, django_db_blocker: Any
) -> None:
    with web_process() as passing:
        async with connect(await socket_url(passing, job, editor)) as socket:
            await socket.recv()
            async with reading(events_url(passing, job), {"X-API-Key": key}) as source:
                assert (await anext(source)).id == "1"
                stopping = asyncio.create_task(asyncio.to_thread(passing.stop))
                assert [event async for event in source] == []
                assert await numbers_of(socket) == []
                assert await stopping < 5
        assert socket.close_code == 4503 and passing.process.returncode == 0


# --- over 50 cuts ---------------------------------------------------------------------------------------------------

CUTS, EVENTS = 50, 400


async def write_log(job: Job) -> None:
    """Events while the readers read, so that each cut falls into backlog or live following."""
    for number in range(EVENTS - 2):
        await run_sync(tick, job, number % 100)
        await asyncio.sleep(0.005)
    await run_sync(complete, job)


async def test_httpx_sse_over_fifty_cuts(web: Web, job: Job, key: str) -> None:
    ids: list[str] = []
    async with cutting(web, cuts=CUTS) as cutter:
        writing = asyncio.create_task(write_log(job))
        url = f"{cutter.url}/api/v1/jobs/{job.id}/events"
        completed = False
        async with asyncio.timeout(90):
            while not completed:
                resume = {"Last-Event-ID": ids[-1]} if ids else {}
                try:
                    async with reading(url, {"X-API-Key": key, **resume}) as source:
                        async for event in source:
                            completed = event.event == "completion"
                            ids += [] if completed else [event.id]
                except httpx.TransportError:
                    continue
        await writing
    assert ids == [str(number) for number in range(1, EVENTS + 1)]
    assert cutter.cuts == CUTS


_FOLLOW = """([path]) => new Promise((resolve) => {
    const ids = [], source = new EventSource(path);
    let opened = 0;
    source.onopen = () => { opened += 1; };
    const log = (event) => ids.push(event.lastEventId);
    for (const type of ["job.created", "job.progressed", "job.completed"]) source.addEventListener(type, log);
    source.addEventListener("completion", () => { source.close(); resolve({ ids, opened }); });
})"""


@pytest.mark.skipif(CHROMIUM is None, reason="no Chromium here: apt-get install chromium")
async def test_a_browsers_event_source_over_fifty_cuts(
    web: Web, job: Job, editor: User, signed_in: Callable[[User], Client]
) -> None:
    client = await run_sync(signed_in, editor)
    async with cutting(web) as cutter, async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=CHROMIUM, args=CHROMIUM_OPTIONS)
        try:
            context = await browser.new_context()
            session = client.cookies["sessionid"].value
            await context.add_cookies([{"name": "sessionid", "value": session, "url": cutter.url}])
            page = await context.new_page()
            await page.goto(f"{cutter.url}/held")
            cutter.cuts_left = CUTS
            writing = asyncio.create_task(write_log(job))
            async with asyncio.timeout(120):
                followed = await page.evaluate(_FOLLOW, [f"/api/v1/jobs/{job.id}/events"])
            await writing
        finally:
            await browser.close()
    assert followed["ids"] == [str(number) for number in range(1, EVENTS + 1)]
    assert cutter.cuts == CUTS
