"""The hub: one per process, it listens for hints and hands new events to everybody who follows their jobs.

New rows are read once per job, however many follow it; only what a follower missed before is read for it alone.
A notification may be lost: every few seconds, and after each reconnect, one query looks at all followed jobs.
"""

from __future__ import annotations

import asyncio
import json
import logging
import uuid
import weakref
from collections import defaultdict
from collections.abc import AsyncIterator, Iterable
from contextlib import suppress

import psycopg
from django.conf import settings
from django.db import connection

from jobs_app import events
from jobs_app.db import run_sync
from jobs_app.direct import direct_conninfo
from jobs_app.models import Event, Job
from jobs_app.notify import CHANNEL

_RECONNECT_SECONDS = 1.0
_READ_NEW = """
    SELECT event.job_id, event.number, event.customer_id, event.attempt, event.type, event.version,
           event.payload, event.duration_ms, event.created_at
      FROM unnest(%s::uuid[], %s::int[]) AS followed (job_id, number)
      JOIN jobs_app_event AS event ON event.job_id = followed.job_id AND event.number > followed.number
     ORDER BY event.job_id, event.number"""

logger = logging.getLogger(__name__)


class FollowerTooSlow(Exception):
    """This reader fell too far behind and is let go; it may resume after the last number it has."""


class Follower:
    """One reader of one job's events, with a bounded queue."""

    def __init__(self, job_id: uuid.UUID) -> None:
        self.job_id = job_id
        self.queue: asyncio.Queue[Event] = asyncio.Queue(settings.FOLLOWER_QUEUE_EVENTS)
        self.too_slow = asyncio.Event()

    def offer(self, event: Event) -> None:
        """Hand over the next event; after one that found no room, none: there must be no gap."""
        if self.too_slow.is_set():
            return
        try:
            self.queue.put_nowait(event)
        except asyncio.QueueFull:
            self.too_slow.set()


class Hub:
    """Followers by job, and how far each job has been read."""

    def __init__(self) -> None:
        self._followers: defaultdict[uuid.UUID, set[Follower]] = defaultdict(set)
        self._read_up_to: dict[uuid.UUID, int] = {}
        self._hinted: set[uuid.UUID] = set()
        self._wake = asyncio.Event()
        self._tasks: list[asyncio.Task[None]] = []

    async def follow(self, job_id: uuid.UUID, *, after: int = 0) -> AsyncIterator[Event]:
        """Every event of a job after a number, in order, without gaps or repeats, until the caller stops.

        Raises ``FollowerTooSlow`` when the caller does not keep up.
        """
        follower = Follower(job_id)
        await self._join(follower)
        try:
            while backlog := await run_sync(events.read_after, job_id, after):
                for event in backlog:
                    after = event.number
                    yield event
            async for event in self._live(follower):
                if event.number > after:
                    after = event.number
                    yield event
        finally:
            self._leave(follower)

    async def _live(self, follower: Follower) -> AsyncIterator[Event]:
        while True:
            if follower.too_slow.is_set() and follower.queue.empty():
                raise FollowerTooSlow
            try:
                yield await asyncio.wait_for(follower.queue.get(), settings.FOLLOW_POLL_SECONDS)
            except TimeoutError:
                continue

    async def _join(self, follower: Follower) -> None:
        """From here on the follower gets every event numbered above what the hub has read of its job."""
        if not self._tasks:
            self._tasks = [asyncio.create_task(self._listen()), asyncio.create_task(self._deliver())]
        self._followers[follower.job_id].add(follower)
        if follower.job_id not in self._read_up_to:
            number = await run_sync(_last_number, follower.job_id)
            self._read_up_to.setdefault(follower.job_id, number)

    def _leave(self, follower: Follower) -> None:
        followers = self._followers[follower.job_id]
        followers.discard(follower)
        if not followers:
            del self._followers[follower.job_id]
            self._read_up_to.pop(follower.job_id, None)

    async def close(self) -> None:
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        self._tasks = []

    async def _listen(self) -> None:
        """Turn notifications into hints, reconnecting for ever."""
        while True:
            try:
                async with await psycopg.AsyncConnection.connect(direct_conninfo(), autocommit=True) as listening:
                    await listening.execute(f"LISTEN {CHANNEL}")
                    self._hint(self._followers)
                    async for notification in listening.notifies():
                        self._hint(uuid.UUID(job_id) for job_id in notification.payload.split(","))
            except (psycopg.Error, OSError) as error:
                logger.warning("hub: listening broke off, trying again: %s", error)
            await asyncio.sleep(_RECONNECT_SECONDS)

    def _hint(self, job_ids: Iterable[uuid.UUID]) -> None:
        followed = {job_id for job_id in job_ids if job_id in self._followers}
        if followed:
            self._hinted |= followed
            self._wake.set()

    async def _deliver(self) -> None:
        """Read what was hinted at; every few seconds read for all followed jobs, hinted at or not."""
        while True:
            with suppress(TimeoutError):
                await asyncio.wait_for(self._wake.wait(), settings.FOLLOW_POLL_SECONDS)
            hinted, self._hinted = (self._hinted if self._wake.is_set() else set(self._followers)), set()
            self._wake.clear()
            known = {job_id: self._read_up_to[job_id] for job_id in hinted if job_id in self._read_up_to}
            if not known:
                continue
            try:
                for event in await run_sync(_read_new, known):
                    self._hand_out(event)
            except Exception:
                logger.exception("hub: new events not read; the next poll will")

    def _hand_out(self, event: Event) -> None:
        job_id = event.job_id
        if event.number <= self._read_up_to.get(job_id, event.number):
            return  # read twice, or nobody follows the job any more
        self._read_up_to[job_id] = event.number
        for follower in self._followers.get(job_id, ()):
            follower.offer(event)


def _last_number(job_id: uuid.UUID) -> int:
    return Job.objects.values_list("last_event_number", flat=True).get(id=job_id)


def _read_new(known: dict[uuid.UUID, int]) -> list[Event]:
    with connection.cursor() as cursor:
        cursor.execute(_READ_NEW, [list(known), list(known.values())])
        columns = [column.name for column in cursor.description or ()]
        rows = [dict(zip(columns, row, strict=True)) for row in cursor.fetchall()]
    return [Event(**_with_payload(row)) for row in rows]


def _with_payload(row: dict[str, object]) -> dict[str, object]:
    """A plain cursor gives jsonb as text (Django turns the driver's own decoding off)."""
    payload = row["payload"]
    return row | {"payload": json.loads(payload) if isinstance(payload, str) else payload}


_hubs: weakref.WeakKeyDictionary[asyncio.AbstractEventLoop, Hub] = weakref.WeakKeyDictionary()


def get_hub() -> Hub:
    """The hub of the running event loop."""
    loop = asyncio.get_running_loop()
    if loop not in _hubs:
        _hubs[loop] = Hub()
    return _hubs[loop]
