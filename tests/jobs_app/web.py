"""A real web process on the tests' database, and a proxy that cuts its connections."""

from __future__ import annotations

import asyncio
import os
import random
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path

import httpx
from django.db import connection
from psycopg.conninfo import make_conninfo

from tests.dna.test_up import free_port

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
CHROMIUM_OPTIONS = ["--no-sandbox", "--disable-gpu", "--disable-background-networking"]
ROOT = Path(__file__).resolve().parent.parent.parent


@dataclass
class Web:
    """``manage.py web``, with the settings of ``web_settings``."""

    port: int
    process: subprocess.Popen[str]

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    @property
    def ws_url(self) -> str:
        return f"ws://127.0.0.1:{self.port}"

    def held(self) -> dict[str, int]:
        answer: dict[str, int] = httpx.get(f"{self.url}/held").raise_for_status().json()
        return answer

    async def until_held(self, *, seconds: float = 10, **wanted: int) -> None:
        """Wait until the process holds just so many of these."""
        deadline = time.monotonic() + seconds
        while wanted.items() - (held := await asyncio.to_thread(self.held)).items():
            assert time.monotonic() < deadline, f"{held}, not {wanted}"
            await asyncio.sleep(0.1)

    def stop(self) -> float:
        """Seconds it took to end by itself after SIGTERM."""
        started = time.monotonic()
        self.process.send_signal(signal.SIGTERM)
        self.process.wait(timeout=20)
        return time.monotonic() - started


@contextmanager
def web_process() -> Iterator[Web]:
    port = free_port()
    web = Web(port, subprocess.Popen([sys.executable, "manage.py", "web"], cwd=ROOT, env=_environment(port), text=True))
    try:
        _wait_until_ready(web)
        yield web
    finally:
        if web.process.poll() is None:
            web.stop()


def _environment(port: int) -> dict[str, str]:
    url = make_conninfo(os.environ["DATABASE_URL"], dbname=connection.settings_dict["NAME"])
    return os.environ | {
        "DJANGO_SETTINGS_MODULE": "tests.jobs_app.web_settings",
        "DATABASE_URL": url,
        "DATABASE_DIRECT_URL": url,
        "PORT": str(port),
        "BASE_URL": f"http://127.0.0.1:{port}",
    }


def _wait_until_ready(web: Web) -> None:
    deadline = time.monotonic() + 30
    while time.monotonic() < deadline and web.process.poll() is None:
        with suppress(httpx.TransportError):
            web.held()
            return
        time.sleep(0.05)
    raise AssertionError("the web process did not start")


@dataclass
class Cutter:
    """A proxy that lets each connection live for a random number of bytes, as long as cuts are left."""

    target_port: int
    cuts_left: int = 0
    cuts: int = 0
    most_bytes: int = 4000
    random: random.Random = field(default_factory=lambda: random.Random(4))
    port: int = 0

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        upstream_reader, upstream_writer = await asyncio.open_connection("127.0.0.1", self.target_port)
        forth = asyncio.create_task(_relay(reader, upstream_writer))
        try:
            await self._relay_back(upstream_reader, writer)
        finally:
            forth.cancel()
            for one in (upstream_writer, writer):
                one.transport.abort()

    async def _relay_back(self, upstream: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        left = self.random.randint(1, self.most_bytes)
        with suppress(ConnectionError):
            while data := await upstream.read(1024):
                if self.cuts_left > 0 and len(data) >= left:
                    writer.write(data[:left])
                    await writer.drain()
                    self.cuts_left -= 1
                    self.cuts += 1
                    writer.close()  # what was written is still sent
                    await asyncio.sleep(0.05)
                    return
                left -= len(data) if self.cuts_left > 0 else 0
                writer.write(data)
                await writer.drain()


async def _relay(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    with suppress(ConnectionError):
        while data := await reader.read(65536):
            writer.write(data)
            await writer.drain()


@asynccontextmanager
async def cutting(web: Web, *, cuts: int = 0) -> AsyncIterator[Cutter]:
    cutter = Cutter(web.port, cuts_left=cuts)
    connections: set[asyncio.Task[None]] = set()

    async def accept(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        connections.add(task)
        with suppress(ConnectionError, asyncio.CancelledError):
            await cutter.serve(reader, writer)
        connections.discard(task)

    server = await asyncio.start_server(accept, "127.0.0.1", 0)
    cutter.port = server.sockets[0].getsockname()[1]
    try:
        yield cutter
    finally:
        server.close()
        for task in list(connections):
            task.cancel()
        await asyncio.gather(*connections, return_exceptions=True)
