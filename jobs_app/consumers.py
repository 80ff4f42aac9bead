"""Streams over WebSockets: ``/ws/jobs/{id}/?token=…&after=N`` and ``/ws/me/?token=…&after=N``."""

from __future__ import annotations

import asyncio
import json
import logging
import uuid
from abc import abstractmethod
from collections.abc import AsyncGenerator
from contextlib import aclosing
from functools import partial
from typing import Any
from urllib.parse import parse_qs

from channels.generic.websocket import AsyncWebsocketConsumer
from django.conf import settings
from django.urls import path

from accounts_app.access import Actor
from accounts_app.errors import BadInput, DnaError, NotAllowed, NotFound
from accounts_app.http import as_dna_error
from accounts_app.tokens import read_websocket_token
from jobs_app import topics
from jobs_app.db import run_sync
from jobs_app.feeds import FEED_LOG
from jobs_app.followers import Viewer, admit
from jobs_app.hub import get_hub
from jobs_app.job_log import JOB_LOG, check_job_access
from jobs_app.models import Job
from jobs_app.streams import Entry

CLOSE_NORMAL, CLOSE_FAULT = 1000, 1011
# Close codes of our own: the HTTP status of the error behind a 4, so 4401 for a token that has run out, 4404 for what
# may not be seen, 4408 for a reader that is too slow, 4503 when the server stops or the database is away.
CLOSE_ERROR = 4000

logger = logging.getLogger(__name__)


class StreamConsumer(AsyncWebsocketConsumer):
    """A socket that sends what streams hold, and closes with the first of them that ends."""

    actor: Actor

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.sending: dict[uuid.UUID, asyncio.Task[None]] = {}

    @abstractmethod
    async def begin(self) -> None:
        """Start to follow what the address names."""

    async def connect(self) -> None:
        await self.accept()
        self.query = parse_qs(self.scope["query_string"].decode())
        try:
            self.actor = await run_sync(read_websocket_token, self.query.get("token", [""])[0])
            await self.begin()
        except Exception as error:
            if (known := as_dna_error(error)) is None:
                logger.exception("socket: not opened")
            await self.close(CLOSE_ERROR + known.http_status if known else CLOSE_FAULT)

    async def disconnect(self, code: int) -> None:
        for task in self.sending.values():
            task.cancel()
        await asyncio.gather(*self.sending.values(), return_exceptions=True)

    @property
    def after(self) -> int:
        return number_of(self.query.get("after", ["0"])[0])

    def start(self, stream_id: uuid.UUID, entries: AsyncGenerator[Entry, None]) -> None:
        self.sending[stream_id] = asyncio.create_task(self._send_all(stream_id, entries))

    async def lost(self, stream_id: uuid.UUID, error: DnaError) -> None:
        """A stream was taken away."""
        await self.close(CLOSE_ERROR + error.http_status)

    async def _send_all(self, stream_id: uuid.UUID, entries: AsyncGenerator[Entry, None]) -> None:
        try:
            async with aclosing(entries):
                async for entry in entries:
                    await self.send(text_data=entry.text)
            await self.close(CLOSE_NORMAL)
        except Exception as error:
            if (known := as_dna_error(error)) is not None:
                await self.lost(stream_id, known)
            else:
                logger.exception("socket: stream broke off")
                await self.close(CLOSE_FAULT)


class JobConsumer(StreamConsumer):
    """Sends every event of a job after ``after``, then, once the job has ended, one ``completion`` message."""

    async def begin(self) -> None:
        after = self.after
        job: Job = await run_sync(Job.objects.get_for, self.actor, id=self.scope["url_route"]["kwargs"]["job_id"])
        viewer = Viewer(self.actor, partial(check_job_access, job.customer_id))
        self.start(job.id, get_hub().follow(JOB_LOG, job.id, after=after, viewer=viewer))


class FeedConsumer(StreamConsumer):
    """Sends a user's feed, and that of each topic the user joins.

    ``{"action": "join_project", "project_id": …, "after": N}`` joins (without ``after`` from now on), ``leave_project``
    leaves. Each is answered by a ``joined``, ``left`` or ``error`` message.
    """

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.topics: dict[uuid.UUID, str] = {}  # kinds, by id

    async def begin(self) -> None:
        user_id = self.actor.user.pk
        self.start(user_id, get_hub().follow(FEED_LOG, user_id, after=self.after, viewer=Viewer(self.actor)))

    async def lost(self, stream_id: uuid.UUID, error: DnaError) -> None:
        """A topic that may not be seen any more is left; everything else ends the socket."""
        if stream_id in self.topics and isinstance(error, (NotFound, NotAllowed)):
            del self.sending[stream_id]
            await self._say("left", stream_id, code=error.code, message=error.user_message)
        else:
            await super().lost(stream_id, error)

    async def receive(self, text_data: str | None = None, bytes_data: bytes | None = None) -> None:
        try:
            await self._act(_message(text_data))
        except Exception as error:
            if (known := as_dna_error(error)) is None:
                raise
            await self.send(text_data=json.dumps({"type": "error", "code": known.code, "message": known.user_message}))

    async def _say(self, type: str, topic_id: uuid.UUID, **about: Any) -> None:
        message = {"type": type, "topic": self.topics[topic_id], "topic_id": str(topic_id), **about}
        await self.send(text_data=json.dumps(message))

    async def _act(self, message: dict[str, Any]) -> None:
        verb, _, kind = str(message.get("action", "")).partition("_")
        if verb not in ("join", "leave") or not kind:
            raise BadInput('Send {"action": "join_…"} or {"action": "leave_…"}.')
        topic_id = _id_of(message.get(f"{kind}_id"))
        if verb == "join":
            await self._join(kind, topic_id, message.get("after"))
        elif topic_id in self.topics:
            await self._stop(topic_id)
            await self._say("left", topic_id)

    async def _join(self, kind: str, topic_id: uuid.UUID, after: Any) -> None:
        if topic_id not in self.sending and len(self.sending) > settings.STREAM_TOPICS:
            raise BadInput(f"One socket may join {settings.STREAM_TOPICS} topics.")
        viewer = await run_sync(admit, Viewer(self.actor, partial(topics.check_access, kind, topic_id)))
        number = await run_sync(FEED_LOG.last_number, topic_id) if after is None else number_of(after)
        await self._stop(topic_id)
        self.topics[topic_id] = kind
        # The answer goes first: what follows it is what comes after its number.
        await self._say("joined", topic_id, number=number)
        self.start(topic_id, get_hub().follow(FEED_LOG, topic_id, after=number, viewer=viewer))

    async def _stop(self, topic_id: uuid.UUID) -> None:
        if topic_id in self.topics and (task := self.sending.pop(topic_id, None)) is not None:
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)


def number_of(value: Any) -> int:
    """A number to resume after, as clients send it."""
    text = str(value)
    if not (text.isascii() and text.isdecimal() and len(text) < 10):
        raise BadInput("after must be the number of an entry.")
    return int(text)


def _message(text: str | None) -> dict[str, Any]:
    try:
        message = json.loads(text or "")
    except ValueError:
        message = None
    if not isinstance(message, dict):
        raise BadInput("A message is a JSON object.")
    return message


def _id_of(value: Any) -> uuid.UUID:
    try:
        return uuid.UUID(str(value))
    except ValueError:
        raise BadInput("The id is missing or no UUID.") from None


websocket_urlpatterns = [
    path("ws/jobs/<uuid:job_id>/", JobConsumer.as_asgi()),
    path("ws/me/", FeedConsumer.as_asgi()),
]
