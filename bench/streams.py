"""python -m bench.streams: how fast events reach sockets, and what a socket costs, against a real web process.

Three measurements, each with --sockets sockets (1000): spread over --jobs jobs at --rate events a second in all; all on
one job; idle for --hold seconds. A process of its own writes the events, as a worker would. The time of an event is
the database's, taken in the statement that appends it, so the figures hold the commit, too. All on this machine: the
clients and the writer take their share of its cores.
"""

from __future__ import annotations

import argparse
import asyncio
import base64
import json
import os
import resource
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from statistics import median
from typing import cast

from tqdm import tqdm

ROOT = Path(__file__).resolve().parent.parent
_CONNECTING_AT_ONCE = 50
_READY_SECONDS = 60
_ONE_JOB_RATE = 2.0
_TEXT, _PING, _PONG = 1, 9, 10


class Reader(asyncio.Protocol):
    """One WebSocket, read with as little work as possible: the messages and when they came. Parsed afterwards."""

    def __init__(self, port: int, path: str) -> None:
        self.open: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self.received: list[tuple[float, bytes]] = []
        self.dropped = False
        self._closing = False
        self._port, self._path = port, path
        self._buffer = b""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = cast("asyncio.Transport", transport)
        key = base64.b64encode(os.urandom(16)).decode()
        lines = (
            f"GET {self._path} HTTP/1.1", f"Host: 127.0.0.1:{self._port}", "Upgrade: websocket",
            "Connection: Upgrade", "Sec-WebSocket-Version: 13", f"Sec-WebSocket-Key: {key}", "", "",
        )  # fmt: skip
        self.transport.write("\r\n".join(lines).encode())

    def data_received(self, data: bytes) -> None:
        now = time.time()
        self._buffer += data
        if not self.open.done():
            _, end, rest = self._buffer.partition(b"\r\n\r\n")
            if not end:
                return
            self._buffer = rest
            self.open.set_result(None)
        while (frame := self._next_frame()) is not None:
            kind, payload = frame
            if kind == _PING:  # a client's pong must be masked
                self.transport.write(bytes([0x80 | _PONG, 0x80 | len(payload)]) + bytes(4) + payload)
            elif kind == _TEXT:
                self.received.append((now, payload))

    def _next_frame(self) -> tuple[int, bytes] | None:
        """What a server sends: frames that are neither masked nor fragmented, all below 64 kB here."""
        if len(self._buffer) < 4:
            return None
        length, start = self._buffer[1], 2
        if length == 126:
            length, start = int.from_bytes(self._buffer[2:4], "big"), 4
        if len(self._buffer) < start + length:
            return None
        kind, payload = self._buffer[0] & 0x0F, self._buffer[start : start + length]
        self._buffer = self._buffer[start + length :]
        return kind, payload

    def connection_lost(self, error: Exception | None) -> None:
        self.dropped = not self._closing
        if not self.open.done():
            self.open.set_exception(error or ConnectionError("closed before it was open"))

    def close(self) -> None:
        self._closing = True
        self.transport.abort()


@dataclass
class Web:
    """The process under test."""

    port: int
    process: subprocess.Popen[bytes]

    @property
    def megabytes(self) -> float:
        status = Path(f"/proc/{self.process.pid}/status").read_text()
        return int(status.split("VmRSS:")[1].split()[0]) / 1024


@dataclass
class Figures:
    """What one measurement came to."""

    name: str
    latencies_ms: list[float] = field(default_factory=list)
    expected: int = 0
    dropped: int = 0

    def line(self) -> str:
        values = sorted(self.latencies_ms)
        if not values:
            return f"{self.name}: nothing came, {self.dropped} dropped"
        p95 = values[int(len(values) * 0.95)]
        return (
            f"{self.name}: event to socket p50 {median(values):.1f} p95 {p95:.1f} max {values[-1]:.1f} ms;"
            f" {len(values)} of {self.expected} messages came, {self.dropped} sockets dropped"
        )


async def open_sockets(web: Web, job_ids: Sequence[str], token: str, count: int) -> list[Reader]:
    loop = asyncio.get_running_loop()
    turn = asyncio.Semaphore(_CONNECTING_AT_ONCE)

    async def connect(number: int) -> Reader:
        path = f"/ws/jobs/{job_ids[number % len(job_ids)]}/?token={token}&after=1"
        async with turn:
            _, reader = await loop.create_connection(lambda: Reader(web.port, path), "127.0.0.1", web.port)
            await reader.open
        return reader

    return list(await asyncio.gather(*(connect(number) for number in range(count))))


async def measure(
    name: str, web: Web, *, jobs: Sequence[str], token: str, sockets: int, rate: float, seconds: float
) -> Figures:
    """Events at a steady rate, round and round over the jobs; all of them must reach all who follow."""
    readers = await open_sockets(web, jobs, token, sockets)
    await asyncio.sleep(2)  # the backlog is read
    count = int(rate * seconds)
    writer = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "bench.streams", "write", str(rate), str(count), stdin=subprocess.PIPE, cwd=ROOT
    )
    await writer.communicate(",".join(jobs).encode())
    await asyncio.sleep(2)
    figures = Figures(name, dropped=sum(reader.dropped for reader in readers))
    per_job = [sockets // len(jobs) + (index < sockets % len(jobs)) for index in range(len(jobs))]
    figures.expected = sum(per_job[index % len(jobs)] for index in range(count))
    for reader in readers:
        reader.close()
        for came, text in reader.received:
            event = json.loads(text)
            if event["type"] == "job.progressed":
                written = datetime.fromisoformat(str(event["created_at"])).timestamp()
                figures.latencies_ms.append((came - written) * 1000)
    await asyncio.sleep(1)
    return figures


async def hold(web: Web, *, jobs: Sequence[str], token: str, sockets: int, seconds: float) -> str:
    """Idle sockets: what each costs, whether all stay, and whether the memory comes back."""
    before = web.megabytes
    readers = await open_sockets(web, jobs, token, sockets)
    await asyncio.sleep(2)
    during = web.megabytes
    for _ in tqdm(range(int(seconds)), desc="holding", unit="s", disable=seconds < 30):
        await asyncio.sleep(1)
    dropped = sum(reader.dropped for reader in readers)
    held = web.megabytes
    for reader in readers:
        reader.close()
    await asyncio.sleep(6)
    kilobytes = (during - before) * 1024 / sockets
    return (
        f"idle: {sockets} sockets for {seconds:.0f} s, {dropped} dropped; {kilobytes:.1f} kB each;"
        f" memory {before:.0f} → {during:.0f} → {held:.0f} → {web.megabytes:.0f} MB after closing"
    )


def write_events(rate: float, count: int) -> None:
    """The writer's process: progress events at a steady rate, on the jobs named on stdin."""
    _set_up_django()
    import uuid

    from jobs_app import events, notify
    from jobs_app.choices import EventType
    from jobs_app.payloads import Progressed

    jobs = [uuid.UUID(text) for text in sys.stdin.read().split(",")]
    started = time.monotonic()
    for number in range(count):
        time.sleep(max(0.0, started + number / rate - time.monotonic()))
        payload = Progressed(progress=number % 100, step=f"Extracting sections ({number} of {count})", eta_seconds=9)
        events.append(jobs[number % len(jobs)], EventType.JOB_PROGRESSED, payload)
    notify.stop()


@contextmanager
def installation(home: Path) -> Iterator[Web]:
    """A database and a web process of our own; this process and its children use the same database."""
    os.environ |= {
        "DNA_HOME": str(home), "SECRET_KEY": "only-for-measuring-" + "x" * 40, "PORT": str(_free_port()),
        "WEBSOCKET_TOKEN_SECONDS": "7200",
    }  # fmt: skip
    from dna import env
    from dna.postgres import ensure_running

    server = ensure_running(home)
    env.set_databases(app=server.app_url, owner=server.owner_url)
    try:
        subprocess.run([sys.executable, "manage.py", "migrate", "-v0"], cwd=ROOT, check=True)
        process = subprocess.Popen([sys.executable, "manage.py", "web"], cwd=ROOT)
        try:
            web = Web(int(os.environ["PORT"]), process)
            _wait_until_ready(web)
            yield web
        finally:
            process.send_signal(signal.SIGTERM)
            process.wait(timeout=30)
    finally:
        server.release()


def make_jobs(count: int) -> tuple[list[str], str]:
    """Jobs that nobody runs, one more than asked for, and a token of somebody who may follow them."""
    _set_up_django()
    from accounts_app.choices import Role
    from accounts_app.customers import create_customer
    from accounts_app.members import create_user
    from accounts_app.tokens import issue_websocket_token
    from jobs_app import events, notify
    from jobs_app.choices import EventType
    from jobs_app.models import Job
    from jobs_app.payloads import Created

    customer = create_customer(slug="bench", name="Bench")
    user = create_user(email="bench@example.org", customer=customer, role=Role.EDITOR)
    jobs = [Job.objects.create(customer=customer, workflow="bench", created_by=user) for _ in range(count + 1)]
    for job in jobs:
        events.append(job.id, EventType.JOB_CREATED, Created(workflow="bench", workflow_version=1, priority=5))
    notify.stop()
    return [str(job.id) for job in jobs], issue_websocket_token(user).token


def _set_up_django() -> None:
    import django

    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "dna.settings")
    django.setup()


def _wait_until_ready(web: Web) -> None:
    import httpx

    deadline = time.monotonic() + _READY_SECONDS
    while time.monotonic() < deadline:
        try:
            httpx.get(f"http://127.0.0.1:{web.port}/api/v1/health")
            return
        except httpx.TransportError:
            time.sleep(0.1)
    raise TimeoutError("the web process did not start")


def _free_port() -> int:
    import socket

    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _allow_many_files(count: int) -> None:
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = 3 * count + 500
    if soft < wanted:
        resource.setrlimit(resource.RLIMIT_NOFILE, (min(wanted, hard) if hard > 0 else wanted, hard))


async def _measure_all(web: Web, options: argparse.Namespace, made: Sequence[str], token: str) -> None:
    *jobs, alone = made
    common = {"web": web, "token": token, "sockets": options.sockets, "seconds": options.seconds}
    say = sys.stdout.write
    if "idle" in options.only:
        say(await hold(web, jobs=jobs, token=token, sockets=options.sockets, seconds=options.hold) + "\n")
    if "spread" in options.only:
        name = f"{options.sockets} sockets over {len(jobs)} jobs, {options.rate:g} events/s"
        say((await measure(name, jobs=jobs, rate=options.rate, **common)).line() + "\n")
    if "one" in options.only:
        name = f"{options.sockets} sockets on one job, {_ONE_JOB_RATE:g} events/s"
        say((await measure(name, jobs=[alone], rate=_ONE_JOB_RATE, **common)).line() + "\n")


def main() -> int:
    if sys.argv[1:2] == ["write"]:
        write_events(float(sys.argv[2]), int(sys.argv[3]))
        return 0
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--sockets", type=int, default=1000)
    parser.add_argument("--jobs", type=int, default=100)
    parser.add_argument("--rate", type=float, default=50.0, help="events a second in all")
    parser.add_argument("--seconds", type=float, default=10.0, help="of events")
    parser.add_argument("--hold", type=float, default=10.0, help="seconds that idle sockets are held")
    parser.add_argument("--only", nargs="+", default=["idle", "spread", "one"], choices=["idle", "spread", "one"])
    options = parser.parse_args()
    _allow_many_files(options.sockets)
    with tempfile.TemporaryDirectory(prefix="dna-bench-") as folder:
        Path(folder).chmod(0o755)  # the account that Postgres runs as must reach it when we are root
        with installation(Path(folder, "home")) as web:
            jobs, token = make_jobs(options.jobs)
            asyncio.run(_measure_all(web, options, jobs, token))
    return 0


if __name__ == "__main__":
    sys.exit(main())
