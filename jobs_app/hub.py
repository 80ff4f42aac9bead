"""The hub: one per process, it listens for hints and hands new entries to everybody who follows their streams.

New rows are read once per stream, however many follow it; only what a follower missed before is read for it alone.
A notification may be lost: every few seconds, and after each reconnect, one query looks at all followed streams.
"""

from __future__ import annotations

import asyncio
import logging
import time
import uuid
import weakref
from collections import defaultdict
from collections.abc import AsyncGenerator, Collection, Iterable, Mapping
from contextlib import aclosing, suppress
from dataclasses import dataclass, field

import psycopg
from django.conf import settings
from django.utils import timezone

from accounts_app.errors import DnaError
from jobs_app.db import run_sync
from jobs_app.direct import direct_conninfo
from jobs_app.errors import StreamClosed
from jobs_app.followers import Follower, Viewer, look_again
from jobs_app.notify import CHANNEL
from jobs_app.streams import MOST_AT_ONCE, Entry, Log

_RECONNECT_SECONDS = 1.0
_RETRY_SECONDS = 0.5
_LOOKED_AT_ONCE = 200  # followers whose access is looked at in one go

logger = logging.getLogger(__name__)


@dataclass(eq=False, slots=True)
class _Followed:
    """A stream somebody follows, and the number up to which this process has read it (None: not known yet)."""

    log: Log
    followers: set[Follower] = field(default_factory=set)
    read_up_to: int | None = None


class Hub:
    """Followers by stream, and how far each stream has been read."""

    def __init__(self) -> None:
        self._followed: dict[uuid.UUID, _Followed] = {}
        self._hinted: set[uuid.UUID] = set()
        self._wake = asyncio.Event()
        self._poll_at = 0.0
        self._tasks: list[asyncio.Task[None]] = []

    async def follow(
        self, log: Log, stream_id: uuid.UUID, *, after: int = 0, viewer: Viewer | None = None
    ) -> AsyncGenerator[Entry, None]:
        """Every entry after a number, in order, without gaps or repeats, until the stream ends or the caller stops.

        Between them heartbeats, and, where a stream ends, its completion as the last. Raises ``FollowerTooSlow``
        when the caller does not keep up, ``BadToken`` or what ``viewer.check`` raises when access is lost, and
        ``StreamClosed`` when the process stops.
        """
        follower = Follower(log, stream_id, viewer)
        try:
            await self._join(follower)
            async with aclosing(_arrivals(follower, after)) as arrivals:
                async for entry in arrivals:
                    if follower.shows(entry):
                        yield entry
                    if entry.completion is not None:
                        yield entry.completion
                    if entry.completion is not None or entry.ends:
                        return
        finally:
            self._leave(follower)

    @property
    def follower_count(self) -> int:
        return sum(len(followed.followers) for followed in self._followed.values())

    async def _join(self, follower: Follower) -> None:
        """From here on the follower gets every entry numbered above what the hub has read of its stream."""
        if not self._tasks:
            self._tasks = [asyncio.create_task(one) for one in (self._listen(), self._deliver(), self._tend())]
        followed = self._followed.setdefault(follower.stream_id, _Followed(follower.log))
        followed.followers.add(follower)
        if followed.read_up_to is None:
            number = await run_sync(follower.log.last_number, follower.stream_id)
            if followed.read_up_to is None:  # another follower may have been faster
                followed.read_up_to = number

    def _leave(self, follower: Follower) -> None:
        followed = self._followed[follower.stream_id]
        followed.followers.discard(follower)
        if not followed.followers:
            del self._followed[follower.stream_id]

    async def close(self) -> None:
        """End every stream of this process; whoever followed may go on at another."""
        for follower in self._all_followers():
            follower.end(StreamClosed())
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        self._tasks = []

    def _all_followers(self) -> list[Follower]:
        return [follower for followed in self._followed.values() for follower in followed.followers]

    async def _listen(self) -> None:
        """Turn notifications into hints, reconnecting for ever."""
        while True:
            try:
                async with await psycopg.AsyncConnection.connect(direct_conninfo(), autocommit=True) as listening:
                    await listening.execute(f"LISTEN {CHANNEL}")
                    self._hint(self._followed)
                    async for notification in listening.notifies():
                        self._hint(uuid.UUID(stream_id) for stream_id in notification.payload.split(","))
            except (psycopg.Error, OSError, ValueError) as error:
                logger.warning("hub: listening broke off, trying again: %s", error)
            await asyncio.sleep(_RECONNECT_SECONDS)

    def _hint(self, stream_ids: Iterable[uuid.UUID]) -> None:
        followed = {stream_id for stream_id in stream_ids if stream_id in self._followed}
        if followed:
            self._hinted |= followed
            self._wake.set()

    async def _deliver(self) -> None:
        """Read what was hinted at; every few seconds read for all followed streams, hinted at or not."""
        while True:
            hinted = await self._next_hints()
            try:
                await self._read(hinted)
            except Exception:
                logger.exception("hub: new entries not read; trying again")
                self._poll_at = time.monotonic() + _RETRY_SECONDS

    async def _next_hints(self) -> set[uuid.UUID]:
        left = self._poll_at - time.monotonic()
        if left > 0:
            with suppress(TimeoutError):
                await asyncio.wait_for(self._wake.wait(), left)
        self._wake.clear()
        hinted, self._hinted = self._hinted, set()
        if time.monotonic() < self._poll_at:
            return hinted
        self._poll_at = time.monotonic() + settings.FOLLOW_POLL_SECONDS
        return set(self._followed)

    async def _read(self, stream_ids: Collection[uuid.UUID]) -> None:
        known: defaultdict[Log, dict[uuid.UUID, int]] = defaultdict(dict)
        for stream_id in stream_ids:
            followed = self._followed.get(stream_id)
            if followed is not None and followed.read_up_to is not None:
                known[followed.log][stream_id] = followed.read_up_to
        if not known:
            return
        for log, entries in await run_sync(_read_logs, known):
            for entry in entries:
                self._hand_out(entry)
            if len(entries) >= MOST_AT_ONCE:  # there may be more
                self._hint(known[log])

    def _hand_out(self, entry: Entry) -> None:
        followed = self._followed.get(entry.stream_id)
        if followed is None or followed.read_up_to is None or entry.number <= followed.read_up_to:
            return  # read twice, or nobody follows the stream any more
        followed.read_up_to = entry.number
        for follower in followed.followers:
            follower.offer(entry)

    async def _tend(self) -> None:
        """Heartbeats, tokens that run out, and access that was taken away: one timer for all followers."""
        while True:
            await asyncio.sleep(settings.STREAM_TEND_SECONDS)
            now, date = time.monotonic(), timezone.now()
            followers = self._all_followers()
            for follower in followers:
                follower.tend(now, date)
            try:
                await self._look_again([follower for follower in followers if follower.is_due(now)])
            except Exception:
                logger.exception("hub: access not looked at; trying again")

    async def _look_again(self, due: list[Follower]) -> None:
        for start in range(0, len(due), _LOOKED_AT_ONCE):
            some = due[start : start + _LOOKED_AT_ONCE]
            verdicts = await run_sync(look_again, [follower.viewer for follower in some if follower.viewer])
            for follower, verdict in zip(some, verdicts, strict=True):
                follower.looked_at = time.monotonic()
                if isinstance(verdict, DnaError):
                    follower.end(verdict)
                else:
                    follower.viewer = verdict


async def _arrivals(follower: Follower, after: int) -> AsyncGenerator[Entry, None]:
    """What the table holds, then what the hub hands over. Each entry once."""
    while True:
        entries = await run_sync(_backlog, follower.log, follower.stream_id, after)
        for entry in entries:
            follower.check_open()
            after = entry.number
            yield entry
        # A page that is not full reached the end of the table, and what came since is in the follower's queue.
        if len(entries) < MOST_AT_ONCE:
            break
    while True:
        entry = await follower.next()
        if entry.number > after or not entry.number:
            after = entry.number or after
            yield entry


def _backlog(log: Log, stream_id: uuid.UUID, after: int) -> list[Entry]:
    """What a follower missed; nothing but the completion when the stream ended before."""
    if entries := log.read({stream_id: after}):
        return entries
    completion = log.completion(stream_id, after)
    return [completion] if completion is not None else []


def _read_logs(known: Mapping[Log, dict[uuid.UUID, int]]) -> list[tuple[Log, list[Entry]]]:
    return [(log, log.read(after)) for log, after in known.items()]


_hubs: weakref.WeakKeyDictionary[asyncio.AbstractEventLoop, Hub] = weakref.WeakKeyDictionary()


def get_hub() -> Hub:
    """The hub of the running event loop."""
    loop = asyncio.get_running_loop()
    if loop not in _hubs:
        _hubs[loop] = Hub()
    return _hubs[loop]
