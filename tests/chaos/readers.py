"""Readers that follow jobs and feeds through the web process, drop out at random, and resume after the last number."""

from __future__ import annotations

import asyncio
import json
import random
from collections.abc import AsyncGenerator
from contextlib import aclosing
from dataclasses import dataclass, field
from typing import Any

import httpx
from websockets.asyncio.client import connect
from websockets.exceptions import WebSocketException

from tests.chaos.fleet import Fleet
from tests.chaos.load import Load


@dataclass(slots=True)
class Reader:
    """One reader of one job, or of its own feed where no job is named, with everything it was told."""

    job_id: str
    customer: dict[str, str]
    events: list[dict[str, Any]] = field(default_factory=list)
    completion: dict[str, Any] | None = None
    resumes: int = 0
    foreign: bool = False
    """It asks for the job of another customer and must be told nothing."""

    @property
    def awaits_end(self) -> bool:
        """Whether it must be told of an end; a feed has none."""
        return bool(self.job_id) and not self.foreign

    @property
    def last(self) -> int:
        return int(self.events[-1]["number"]) if self.events else 0


class Readers:
    """All readers of one run; new ones as jobs are submitted."""

    def __init__(self, fleet: Fleet, load: Load, seed: int) -> None:
        self._fleet = fleet
        self._load = load
        self._choice = random.Random(seed + 2)
        self.readers: list[Reader] = []
        self.restless = True
        """Whether they still drop their connections on purpose."""

    async def run(self) -> None:
        """Until cancelled: follow each customer's feed and every job, anew when a new attempt at it was made."""
        followed: set[tuple[str, int]] = set()
        async with asyncio.TaskGroup() as group:

            def follow(*readers: Reader) -> None:
                self.readers.extend(readers)
                for reader in readers:
                    group.create_task(self._follow(reader))

            follow(*(Reader("", customer) for customer in self._fleet.customers))
            while True:
                for job_id, customer_id in list(self._load.said.customers.items()):
                    attempt = (job_id, self._load.said.reopened(job_id))
                    if attempt not in followed:
                        followed.add(attempt)
                        follow(*self._readers_of(job_id, customer_id))
                await asyncio.sleep(0.2)

    def _readers_of(self, job_id: str, customer_id: str) -> list[Reader]:
        """Its customer, and every eighth time a stranger too."""
        owner = next(one for one in self._fleet.customers if one["id"] == customer_id)
        stranger = next(one for one in self._fleet.customers if one["id"] != customer_id)
        foreign = [Reader(job_id, stranger, foreign=True)] if self._choice.random() < 1 / 8 else []
        return [Reader(job_id, owner), *foreign]

    async def _follow(self, reader: Reader) -> None:
        while reader.completion is None and not (reader.foreign and reader.resumes > 2):
            try:
                await self._read(reader)
            except (WebSocketException, httpx.HTTPError, OSError, TimeoutError, KeyError, ValueError):
                pass  # web was killed or the database is away
            reader.resumes += 1
            await asyncio.sleep(self._choice.uniform(0.05, 0.6))

    async def _read(self, reader: Reader) -> None:
        """Until the end of the job, or until this reader has had enough; through any of the doors."""
        enough = self._choice.randint(1, 12) if self.restless else 10_000
        doors = (self._by_socket, self._by_events, self._by_pages) if reader.job_id else (self._by_socket,)
        kind = self._choice.choice(doors)
        async with aclosing(kind(reader)) as texts:
            async for text in texts:
                message = json.loads(text)
                if message["type"] == "completion":
                    reader.completion = message
                    return
                if message["type"] == "heartbeat":
                    continue
                reader.events.append(message)
                enough -= 1
                if not enough:
                    return

    async def _by_socket(self, reader: Reader) -> AsyncGenerator[str, None]:
        stream = f"jobs/{reader.job_id}" if reader.job_id else "me"
        url = f"ws://127.0.0.1:{self._fleet.port}/ws/{stream}/?token={await self._token(reader)}"
        options: dict[str, Any] = {"open_timeout": 5, "close_timeout": 1, "ping_interval": None, "proxy": None}
        async with connect(f"{url}&after={reader.last}", **options) as socket:
            async for text in socket:
                yield str(text)

    async def _by_events(self, reader: Reader) -> AsyncGenerator[str, None]:
        headers = {"X-API-Key": reader.customer["key"], "Accept": "text/event-stream"}
        if reader.last:
            headers["Last-Event-ID"] = str(reader.last)
        async with httpx.AsyncClient(base_url=self._fleet.base_url, trust_env=False, timeout=5) as client:
            url, patient = f"/api/v1/jobs/{reader.job_id}/events", httpx.Timeout(5, read=None)
            async with client.stream("GET", url, headers=headers, timeout=patient) as answer:
                answer.raise_for_status()
                async for line in answer.aiter_lines():
                    if line.startswith("data: "):
                        yield line.removeprefix("data: ")

    async def _by_pages(self, reader: Reader) -> AsyncGenerator[str, None]:
        url, headers = f"/api/v1/jobs/{reader.job_id}", {"X-API-Key": reader.customer["key"]}
        async with httpx.AsyncClient(
            base_url=self._fleet.base_url, headers=headers, trust_env=False, timeout=5
        ) as client:
            while True:
                job = (await client.get(url)).raise_for_status().json()  # first: what it says is in the pages after it
                page = await client.get(f"{url}/events", params={"after": reader.last, "limit": 3})
                events = page.raise_for_status().json()["events"]
                for event in events:
                    yield json.dumps(event)
                if not events and job["last_event_number"] == reader.last and job["completed_at"]:
                    yield json.dumps({"type": "completion", "status": job["status"]})
                await asyncio.sleep(0.1)

    async def _token(self, reader: Reader) -> str:
        async with httpx.AsyncClient(base_url=self._fleet.base_url, trust_env=False, timeout=5) as client:
            headers = {"X-API-Key": reader.customer["key"]}
            answer = await client.post("/api/v1/auth/websocket-token", headers=headers)
            return str(answer.json()["token"])
