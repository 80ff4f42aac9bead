"""Jobs over WebSockets: ``/ws/jobs/{id}/?token=…&after=N``."""

from __future__ import annotations

import asyncio
import json
import uuid
from typing import Any
from urllib.parse import parse_qs

from channels.generic.websocket import AsyncWebsocketConsumer
from django.urls import path

from accounts_app.errors import DnaError
from accounts_app.tokens import read_websocket_token
from jobs_app.choices import TERMINAL, JobStatus
from jobs_app.db import run_sync
from jobs_app.hub import FollowerTooSlow, get_hub
from jobs_app.models import Job
from jobs_app.presentation import completion_data, event_data

# Close codes of our own (4000 to 4999), HTTP's numbers behind the 4.
CLOSE_NORMAL, CLOSE_UNAUTHORISED, CLOSE_NOT_FOUND, CLOSE_BAD_REQUEST, CLOSE_TOO_SLOW = 1000, 4401, 4404, 4400, 4408


class JobConsumer(AsyncWebsocketConsumer):
    """Sends every event of a job after ``after``, then, once the job has ended, one ``completion`` message."""

    following: asyncio.Task[None] | None = None

    async def connect(self) -> None:
        await self.accept()
        query = parse_qs(self.scope["query_string"].decode())
        try:
            after = int(query.get("after", ["0"])[0])
        except ValueError:
            await self.close(CLOSE_BAD_REQUEST, "after must be a number")
            return
        try:
            job = await run_sync(_visible_job, query.get("token", [""])[0], self.scope["url_route"]["kwargs"]["job_id"])
        except DnaError as error:
            await self.close(4000 + error.http_status, error.user_message[:120])
            return
        self.following = asyncio.create_task(self._follow(job, after))

    async def disconnect(self, code: int) -> None:
        if self.following is not None:
            self.following.cancel()

    async def _follow(self, job: Job, after: int) -> None:
        if job.is_terminal and after >= job.last_event_number:
            await self._complete(job.id)
            return
        stream = get_hub().follow(job.id, after=after)
        try:
            async for event in stream:
                await self._send(event_data(event))
                if event.type in _ENDINGS and (ended := await run_sync(_if_ended, job.id, event.number)):
                    await self._complete(ended.id)
                    return
        except FollowerTooSlow:
            await self.close(CLOSE_TOO_SLOW, "too slow; resume with ?after=")
        finally:
            await stream.aclose()  # type: ignore[attr-defined]

    async def _complete(self, job_id: uuid.UUID) -> None:
        await self._send(completion_data(await run_sync(Job.objects.get, id=job_id)))
        await self.close(CLOSE_NORMAL)

    async def _send(self, data: dict[str, Any]) -> None:
        await self.send(text_data=json.dumps(data))


_ENDINGS = {f"job.{status.value}" for status in TERMINAL}


def _visible_job(token: str, job_id: uuid.UUID) -> Job:
    return Job.objects.get_for(read_websocket_token(token), id=job_id)


def _if_ended(job_id: uuid.UUID, number: int) -> Job | None:
    """The job, when this event was its end and nobody retried it since."""
    job = Job.objects.get(id=job_id)
    return job if job.last_event_number == number and JobStatus(job.status).is_terminal else None


websocket_urlpatterns = [path("ws/jobs/<uuid:job_id>/", JobConsumer.as_asgi())]
