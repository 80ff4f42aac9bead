"""A follower: one reader of one stream, with a bounded queue and a limit on how long it may look."""

from __future__ import annotations

import asyncio
import time
import uuid
from collections import deque
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, replace
from datetime import datetime

from django.conf import settings

from accounts_app.access import Actor, Credential
from accounts_app.credentials import live_actors
from accounts_app.errors import BadToken, DnaError
from jobs_app.errors import FollowerTooSlow
from jobs_app.streams import HEARTBEAT, Entry, Log


@dataclass(frozen=True, slots=True)
class Viewer:
    """Who reads, and the question asked again every so often: ``check`` raises once the actor may not see it."""

    actor: Actor
    check: Callable[[Actor], None] = lambda actor: None


class Follower:
    """One reader of one stream. Whatever ends it is raised by ``next``."""

    def __init__(self, log: Log, stream_id: uuid.UUID, viewer: Viewer | None) -> None:
        self.log = log
        self.stream_id = stream_id
        self.viewer = viewer
        self.looked_at = time.monotonic()
        self._entries: deque[Entry] = deque()
        self._woken = asyncio.Event()
        self._ended: DnaError | None = None
        self._quiet_since = self.looked_at

    def offer(self, entry: Entry) -> None:
        """Hand over the next entry; after one that found no room, none: there must be no gap."""
        if self._ended is not None:
            return
        if len(self._entries) >= settings.FOLLOWER_QUEUE_EVENTS:
            self._ended = FollowerTooSlow()
        else:
            self._entries.append(entry)
        self._woken.set()

    def end(self, error: DnaError) -> None:
        """Let it go at once, whatever it still had to read."""
        self._entries.clear()
        self._ended = error
        self._woken.set()

    async def next(self) -> Entry:
        while not self._entries:
            self.check_open()
            self._woken.clear()
            await self._woken.wait()
        self._quiet_since = time.monotonic()
        return self._entries.popleft()

    def check_open(self) -> None:
        if self._ended is not None and not self._entries:
            raise self._ended

    def shows(self, entry: Entry) -> bool:
        """Whether the reader may see this entry of a stream that belongs to several customers."""
        return self.viewer is None or entry.customer_id is None or entry.customer_id in self.viewer.actor.roles

    def tend(self, now: float, date: datetime) -> None:
        """Now and then: a sign of life where it was quiet, an end where the token has run out."""
        credential = self.viewer.actor.credential if self.viewer else None
        if credential is not None and credential.expires_at is not None and credential.expires_at <= date:
            self.end(BadToken())
        elif not self._entries and now - self._quiet_since >= settings.STREAM_HEARTBEAT_SECONDS:
            self.offer(HEARTBEAT)

    def is_due(self, now: float) -> bool:
        """Whether it is time to look again if the reader may still see this."""
        known = self.viewer is not None and self.viewer.actor.credential is not None
        return known and now - self.looked_at >= settings.STREAM_ACCESS_SECONDS


Verdict = Viewer | DnaError


def look_again(viewers: Collection[Viewer]) -> list[Verdict]:
    """What each viewer may do now: the same with the roles of this moment, or the reason why no more."""
    actors = live_actors({viewer.actor.credential for viewer in viewers if viewer.actor.credential})
    return [_verdict(viewer, actors) for viewer in viewers]


def admit(viewer: Viewer) -> Viewer:
    """The viewer with the roles of this moment, or the error that says why it may not see this."""
    (verdict,) = look_again([viewer])
    if isinstance(verdict, DnaError):
        raise verdict
    return verdict


def _verdict(viewer: Viewer, actors: Mapping[Credential, Actor]) -> Verdict:
    credential = viewer.actor.credential
    actor = actors.get(credential) if credential else None
    if actor is None:
        return BadToken()
    try:
        viewer.check(actor)
    except DnaError as error:
        return error
    return replace(viewer, actor=actor)
