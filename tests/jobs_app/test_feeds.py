"""Feeds: gap-free whoever publishes when, shown to whom they are for, followed over each door."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from channels.routing import URLRouter
from channels.testing import WebsocketCommunicator
from django.db import close_old_connections, transaction
from django.test import Client

from accounts_app.access import Actor, actor_for
from accounts_app.api_keys import create_api_key
from accounts_app.choices import Role
from accounts_app.errors import NotFound
from accounts_app.members import create_user
from accounts_app.models import Customer, Membership, User
from accounts_app.tokens import issue_websocket_token
from jobs_app import feeds, jobs, topics
from jobs_app.choices import EventType, FeedType, JobStatus
from jobs_app.consumers import websocket_urlpatterns
from jobs_app.db import run_sync
from jobs_app.feeds import FEED_LOG
from jobs_app.followers import Viewer
from jobs_app.hub import get_hub
from jobs_app.models import Feed, FeedEntry, Job
from jobs_app.payloads import Ended
from tests.conftest import run_jobs_until_idle

Submit = Callable[..., Job]
SignIn = Callable[[User], Client]

PROJECT = uuid.uuid4()


@pytest.fixture
def colleague(customer: Customer) -> User:
    return create_user(email="grace@example.org", customer=customer, role=Role.EDITOR)


@pytest.fixture(autouse=True)
def _projects() -> Iterator[None]:
    """A topic whose members are those of the customer Acme."""

    def check(actor: Actor, topic_id: uuid.UUID) -> None:
        if topic_id != PROJECT or not Customer.objects.filter(slug="acme", id__in=actor.roles).exists():
            raise NotFound("There is no such project.")

    topics.register("project", check)
    yield
    topics._checks.clear()


def tell(user: User, n: int, customer: Customer | None = None) -> None:
    feeds.publish([user.pk], FeedType.NOTIFICATION, {"n": n}, customer_id=customer.pk if customer else None)


def numbers(user: User) -> list[int]:
    return list(FeedEntry.objects.filter(feed_id=user.pk).order_by("number").values_list("number", flat=True))


# --- publishing -----------------------------------------------------------------------------------------------------


def test_each_user_has_numbers_of_their_own(editor: User, colleague: User) -> None:
    tell(editor, 1)
    feeds.publish([colleague.pk, editor.pk, editor.pk], FeedType.NOTIFICATION, {"n": 2}, customer_id=None)
    assert (numbers(editor), numbers(colleague)) == ([1, 2], [1])
    assert {feed.last_number for feed in Feed.objects.all()} == {1, 2}


def test_what_is_rolled_back_leaves_no_gap(editor: User) -> None:
    tell(editor, 1)
    with pytest.raises(RuntimeError), transaction.atomic():
        tell(editor, 2)
        raise RuntimeError
    tell(editor, 3)
    assert numbers(editor) == [1, 2]


def test_publishing_to_nobody_is_no_mistake(editor: User) -> None:
    feeds.publish([], FeedType.NOTIFICATION, {}, customer_id=None)
    assert not FeedEntry.objects.exists()


def test_gathered_entries_are_written_at_the_end_and_not_after_an_error(editor: User, colleague: User) -> None:
    with transaction.atomic(), feeds.gathered():
        for user, n in ((editor, 1), (colleague, 1), (editor, 2)):
            tell(user, n)
        assert numbers(editor) == []
    assert [e.data["n"] for e in FeedEntry.objects.filter(feed_id=editor.pk).order_by("number")] == [1, 2]
    with pytest.raises(RuntimeError), transaction.atomic(), feeds.gathered():
        tell(editor, 3)
        raise RuntimeError
    assert numbers(editor) == [1, 2] and numbers(colleague) == [1]


@pytest.mark.django_db(transaction=True)
def test_numbers_have_no_gaps_under_concurrent_publishing(editor: User, colleague: User) -> None:
    """Threads that tell two users in opposite orders, some of which roll back: no gap, no deadlock."""

    def work(thread: int) -> None:
        pair = [editor, colleague] if thread % 2 else [colleague, editor]
        try:
            for n in range(25):
                with transaction.atomic():
                    with feeds.gathered():
                        tell(pair[0], n)
                        tell(pair[1], n)
                    transaction.set_rollback(n % 5 == 4)
                feeds.publish([user.pk for user in pair], FeedType.NOTIFICATION, {}, customer_id=None)
        finally:
            close_old_connections()

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(work, range(8)))
    assert numbers(editor) == numbers(colleague) == list(range(1, 8 * (20 + 25) + 1))


# --- jobs -----------------------------------------------------------------------------------------------------------


@pytest.mark.django_db(transaction=True)
async def test_whoever_asked_is_told_how_a_job_ended(submit: Submit, editor: User, colleague: User) -> None:
    good, bad = await run_sync(submit, "test.sum"), await run_sync(submit, "test.no")
    await run_jobs_until_idle()
    entries = {e.type: e.data async for e in FeedEntry.objects.filter(feed_id=editor.pk)}
    complete, failed = entries["job_complete"], entries["job_failed"]
    assert (complete["job_id"], complete["job_type"], complete["error"]) == (str(good.id), "test.sum", None)
    assert (failed["job_id"], failed["error"]["message"]) == (str(bad.id), "This number will not do.")
    assert await run_sync(numbers, editor) == [1, 2] and await run_sync(numbers, colleague) == []


@pytest.mark.django_db(transaction=True)
async def test_children_and_cancellations_tell_nobody(submit: Submit, actor: Actor, editor: User) -> None:
    await run_sync(submit, "test.parent")
    cancelled = await run_sync(submit, "test.wait")
    await run_sync(jobs.cancel_job, cancelled.id, actor=actor)
    await run_jobs_until_idle()
    assert await run_sync(numbers, editor) == [1]


def test_a_job_that_did_not_end_after_all_is_not_told_of(submit: Submit, editor: User) -> None:
    job = submit("test.wait")
    with pytest.raises(RuntimeError), transaction.atomic():
        jobs.end_job(job.id, EventType.JOB_COMPLETED, Ended(), status=JobStatus.COMPLETED.value)
        raise RuntimeError
    assert numbers(editor) == []


# --- the API --------------------------------------------------------------------------------------------------------


def test_the_feed_is_paged(
    signed_in: SignIn, editor: User, customer: Customer, django_assert_max_num_queries: Callable[[int], Any]
) -> None:
    for n in range(5):
        tell(editor, n, customer)
    client = signed_in(editor)
    with django_assert_max_num_queries(6):
        first = client.get("/api/v1/me/feed?limit=3").json()
    rest = client.get(f"/api/v1/me/feed?after={first['next_after']}").json()
    assert [e["number"] for e in first["entries"] + rest["entries"]] == [1, 2, 3, 4, 5]
    assert set(rest["entries"][0]) == {"type", "number", "data", "timestamp"}
    assert client.get("/api/v1/me/feed?after=5").json() == {"entries": [], "next_after": 5}
    assert client.get("/api/v1/me/feed?after=-1").status_code == 422
    assert Client().get("/api/v1/me/feed").status_code == 401


def test_nobody_is_shown_the_feed_of_another(signed_in: SignIn, editor: User, stranger: User) -> None:
    tell(editor, 1)
    assert signed_in(stranger).get("/api/v1/me/feed").json()["entries"] == []


def test_a_key_for_one_customer_shows_that_customer_alone(
    editor: User, customer: Customer, other_customer: Customer, signed_in: SignIn
) -> None:
    Membership.objects.create(user=editor, customer=other_customer, role=Role.VIEWER)
    for n, owner in enumerate((customer, other_customer, None), start=1):
        tell(editor, n, owner)
    _, key = create_api_key(user=editor, customer=other_customer, name="")
    shown = Client().get("/api/v1/me/feed", headers={"X-API-Key": key}).json()["entries"]
    assert [entry["data"]["n"] for entry in shown] == [2, 3]
    Membership.objects.filter(user=editor, customer=other_customer).delete()
    assert [e["data"]["n"] for e in signed_in(editor).get("/api/v1/me/feed").json()["entries"]] == [1, 3]


# --- following ------------------------------------------------------------------------------------------------------


@pytest.mark.django_db(transaction=True)
async def test_a_follower_sees_only_what_its_customers_are_told(
    editor: User, customer: Customer, other_customer: Customer
) -> None:
    await run_sync(tell, editor, 1, other_customer)
    viewer = Viewer(await run_sync(actor_for, editor))
    stream = get_hub().follow(FEED_LOG, editor.pk, viewer=viewer)
    await run_sync(tell, editor, 2, customer)
    assert (await anext(stream)).number == 2
    await run_sync(tell, editor, 3, other_customer)
    await run_sync(tell, editor, 4)
    assert (await anext(stream)).number == 4
    await stream.aclose()
    await get_hub().close()


async def connected(user: User, after: int = 0) -> WebsocketCommunicator:
    token = (await run_sync(issue_websocket_token, user)).token
    client = WebsocketCommunicator(URLRouter(websocket_urlpatterns), f"/ws/me/?token={token}&after={after}")
    assert (await client.connect())[0]
    return client


async def ask(client: WebsocketCommunicator, **message: Any) -> dict[str, Any]:
    await client.send_json_to(message)
    return await hear(client)


async def hear(client: WebsocketCommunicator) -> dict[str, Any]:
    answer: dict[str, Any] = await client.receive_json_from(timeout=5)
    return answer


@pytest.mark.django_db(transaction=True)
async def test_a_socket_follows_the_feed_and_resumes(editor: User, colleague: User) -> None:
    await run_sync(tell, editor, 1)
    client = await connected(editor)
    await run_sync(tell, colleague, 9)
    await run_sync(tell, editor, 2)
    told = [await hear(client), await hear(client)]
    assert [(m["type"], m["number"], m["data"]) for m in told] == [("notification", n, {"n": n}) for n in (1, 2)]
    await client.disconnect()
    resumed = await connected(editor, after=1)
    assert (await hear(resumed))["number"] == 2
    await resumed.disconnect()
    await get_hub().close()


def edit(n: int, customer: Customer) -> None:
    feeds.publish_to_topic("project", PROJECT, FeedType.POSITION_UPDATED, {"n": n}, customer_id=customer.pk)


@pytest.mark.django_db(transaction=True)
async def test_people_in_a_topic_see_each_others_edits(editor: User, colleague: User, customer: Customer) -> None:
    await run_sync(edit, 1, customer)
    first, second = await connected(editor), await connected(colleague)
    joined = await ask(first, action="join_project", project_id=str(PROJECT))
    assert joined == {"type": "joined", "topic": "project", "topic_id": str(PROJECT), "number": 1}
    await ask(second, action="join_project", project_id=str(PROJECT), after=0)
    await run_sync(edit, 2, customer)
    seen = [await hear(first), await hear(second), await hear(second)]
    assert [(m["type"], m["number"], m["topic_id"]) for m in seen] == [
        ("position_updated", number, str(PROJECT)) for number in (2, 1, 2)
    ]  # fmt: skip
    assert (await ask(first, action="leave_project", project_id=str(PROJECT)))["type"] == "left"
    await run_sync(edit, 3, customer)
    assert (await hear(second))["number"] == 3
    assert await first.receive_nothing(timeout=0.3)
    for client in (first, second):
        await client.disconnect()
    assert get_hub().follower_count == 0
    await get_hub().close()


@pytest.mark.django_db(transaction=True)
async def test_what_cannot_be_joined_is_refused_and_the_socket_stays(editor: User, stranger: User) -> None:
    client = await connected(stranger)
    answers = [
        await ask(client, action="join_project", project_id=str(PROJECT)),
        await ask(client, action="join_project", project_id="x"),
        await ask(client, action="join_budget", budget_id=str(PROJECT)),
        await ask(client, action="dance"),
        await ask(client, action="join_project", project_id=str(PROJECT), after="x"),
    ]
    await client.send_to(text_data="no JSON")
    answers.append(await hear(client))
    codes = ["not_found", "bad_input", "unknown_topic", "bad_input", "not_found", "bad_input"]
    assert [(a["type"], a["code"]) for a in answers] == [("error", code) for code in codes]
    await run_sync(tell, stranger, 1)
    assert (await hear(client))["number"] == 1
    await client.disconnect()
    await get_hub().close()


@pytest.mark.django_db(transaction=True)
async def test_a_socket_may_join_only_so_many_topics(editor: User, settings: Any) -> None:
    settings.STREAM_TOPICS = 1
    topics.register("room", lambda actor, topic_id: None)
    client = await connected(editor)
    room = str(uuid.uuid4())
    assert (await ask(client, action="join_room", room_id=room))["type"] == "joined"
    assert (await ask(client, action="join_room", room_id=room))["type"] == "joined"
    assert (await ask(client, action="join_room", room_id=str(uuid.uuid4())))["code"] == "bad_input"
    await client.disconnect()
    assert get_hub().follower_count == 0
    await get_hub().close()


@pytest.mark.django_db(transaction=True)
async def test_a_topic_that_may_not_be_seen_any_more_is_left_and_the_feed_goes_on(
    editor: User, customer: Customer, other_customer: Customer, settings: Any
) -> None:
    settings.STREAM_ACCESS_SECONDS, settings.STREAM_TEND_SECONDS = 0.2, 0.1
    await run_sync(Membership.objects.create, user=editor, customer=other_customer, role=Role.VIEWER)
    client = await connected(editor)
    await ask(client, action="join_project", project_id=str(PROJECT))
    await run_sync(lambda: Membership.objects.filter(user=editor, customer=customer).delete())
    gone = await hear(client)
    assert (gone["type"], gone["topic_id"], gone["code"]) == ("left", str(PROJECT), "not_found")
    await run_sync(tell, editor, 1)
    assert (await hear(client))["number"] == 1
    await client.disconnect()
    await get_hub().close()


@pytest.mark.django_db(transaction=True)
async def test_a_bad_address_or_token_closes_the_socket(editor: User) -> None:
    token = (await run_sync(issue_websocket_token, editor)).token
    for query, code in (("token=x", 4401), (f"token={token}&after=x", 4422)):
        client = WebsocketCommunicator(URLRouter(websocket_urlpatterns), f"/ws/me/?{query}")
        await client.connect()
        closed = await client.receive_output(timeout=5)
        assert (closed["type"], closed["code"]) == ("websocket.close", code)
