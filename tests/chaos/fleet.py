"""The processes of one run: Postgres, the paid service, web and workers, in a home of their own."""

from __future__ import annotations

import asyncio
import json
import os
import shutil
import signal
import socket
import sys
import tempfile
import time
from asyncio.subprocess import PIPE, Process
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx
import psycopg
from psycopg.rows import dict_row

from dna.postgres import ADMIN, Server, ensure_running

ROOT = Path(__file__).resolve().parent.parent.parent
# A third of what is usual: short enough for many take-overs, long enough for a busy machine to renew it.
LEASE_SECONDS = 5
WORKERS = 3
AHEAD_SECONDS = 60
_START_SECONDS = 60.0
_STOP_SECONDS = 15.0


@dataclass(frozen=True, slots=True)
class Deed:
    """Something a nemesis did. Unix seconds; ``process_id`` is 0 where it was not done to a process."""

    kind: str
    started: float
    ended: float
    process_id: int = 0
    jobs: tuple[str, ...] = ()
    """The jobs that the process was known to hold, each of which somebody else must go on with in time."""


@dataclass(slots=True)
class Fleet:
    """Handles to all processes, and what was done to them."""

    home: Path
    fault: str
    server: Server
    port: int
    service_url: str = ""
    customers: list[dict[str, str]] = field(default_factory=list)
    workers: list[Process] = field(default_factory=list)
    web: Process | None = None
    service: Process | None = None
    deeds: list[Deed] = field(default_factory=list)
    surprises: list[str] = field(default_factory=list)
    """Processes that ended by themselves."""
    expected_ends: set[int] = field(default_factory=set)
    writers: dict[str, int] = field(default_factory=dict)
    """Process ids by the names that their connections to the database have."""

    @property
    def base_url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    @property
    def environment(self) -> dict[str, str]:
        return {
            **{name: os.environ[name] for name in ("PATH", "HOME", "LANG") if name in os.environ},
            "DJANGO_SETTINGS_MODULE": "tests.chaos.settings",
            "PYTHONUNBUFFERED": "1",
            "DNA_HOME": str(self.home),
            "SECRET_KEY": "only-for-chaos-" + "x" * 40,
            "DATABASE_URL": self.server.app_url,
            "DATABASE_OWNER_URL": self.server.owner_url,
            "PORT": str(self.port),
            "LOG_LEVEL": "INFO",
            "JOB_LEASE_SECONDS": str(LEASE_SECONDS),
            "JOB_SWEEP_SECONDS": "1",
            # Room at the others for what one of them loses: its jobs are taken over while it is still frozen.
            "WORKER_CONCURRENCY": "6",
            "WORKER_THREAD_POOL": "8",
            "JOB_CUSTOMER_CONCURRENCY": "12",
            "JOB_MAX_CLAIMS": "50",  # so many murders are no fault of the job
            "CHAOS_FAULT": self.fault,
            "CHAOS_SERVICE_URL": self.service_url,
        }

    def connect(self) -> psycopg.Connection[dict[str, Any]]:
        """As the superuser, who sees everything."""
        return psycopg.connect(self.server.url(ADMIN, "dna"), autocommit=True, row_factory=dict_row)

    def log_file(self, name: str) -> Path:
        return self.home / "logs" / f"{name}.log"

    async def spawn(self, name: str, *arguments: str, **environment: str) -> Process:
        """One of our programs, its output kept in the home; its connections have a name that no other process has."""
        writer = f"{name}.{len(self.writers)}"
        self.writers[writer] = 0
        environment = self.environment | environment | {"PGAPPNAME": writer}
        with self.log_file(name).open("ab") as log:
            process = await asyncio.create_subprocess_exec(
                sys.executable, *arguments, cwd=ROOT, env=environment, stdout=log, stderr=log
            )  # fmt: skip
        self.writers[writer] = process.pid
        return process

    async def start_service(self) -> None:
        self.service = await asyncio.create_subprocess_exec(
            sys.executable, "-m", "tests.chaos.service", cwd=ROOT, stdout=PIPE
        )
        assert self.service.stdout is not None
        self.service_url = f"http://127.0.0.1:{int(await self.service.stdout.readline())}"

    async def prepare(self) -> None:
        made = await asyncio.create_subprocess_exec(
            sys.executable, "-m", "tests.chaos.prepare", self.fault, cwd=ROOT, env=self.environment, stdout=PIPE
        )
        output, _ = await made.communicate()
        self.customers = json.loads(output)

    async def start_web(self) -> None:
        self.web = await self.spawn("web", "manage.py", "web")

    async def start_worker(self, place: int) -> None:
        """The last of the workers has a clock that is a minute ahead."""
        ahead = {"CHAOS_AHEAD_SECONDS": str(AHEAD_SECONDS)} if place == WORKERS - 1 else {}
        worker = await self.spawn(f"worker{place}", "manage.py", "worker", **ahead)
        if place < len(self.workers):
            self.workers[place] = worker
        else:
            self.workers.append(worker)

    async def until_ready(self) -> None:
        """Web answers and every worker has registered."""
        async with asyncio.timeout(_START_SECONDS), httpx.AsyncClient(trust_env=False) as client:
            while True:
                with suppress(httpx.HTTPError):
                    health = (await client.get(f"{self.base_url}/api/v1/health")).json()
                    if health["checks"]["workers"]["detail"].startswith(f"{WORKERS} "):
                        return
                await asyncio.sleep(0.2)

    async def watch(self) -> None:
        """Start anew what ended by itself, as a supervisor would, and remember that it did."""
        while True:
            for place, worker in enumerate(self.workers):
                if self._ended_by_itself(f"worker{place}", worker):
                    await self.start_worker(place)
            if self.web is not None and self._ended_by_itself("web", self.web):
                await self.start_web()
            await asyncio.sleep(0.2)

    def _ended_by_itself(self, name: str, process: Process) -> bool:
        if process.returncode is None or process.pid in self.expected_ends:
            return False
        self.surprises.append(f"{name} (process {process.pid}) ended by itself with {process.returncode}")
        return True

    def paid_calls(self) -> list[dict[str, Any]]:
        calls: list[dict[str, Any]] = httpx.get(f"{self.service_url}/calls", trust_env=False, timeout=30).json()
        return calls

    async def end(self, process: Process, number: signal.Signals) -> None:
        """Send a signal and wait for the end; who does not go by itself is killed."""
        self.expected_ends.add(process.pid)
        if process.returncode is None:
            process.send_signal(signal.SIGCONT)
            process.send_signal(number)
        try:
            await asyncio.wait_for(process.wait(), _STOP_SECONDS)
        except TimeoutError:
            self.surprises.append(f"process {process.pid} did not end within {_STOP_SECONDS} s of {number.name}")
            process.kill()
            await process.wait()

    async def stop(self) -> None:
        ours = [process for process in (*self.workers, self.web, self.service) if process is not None]
        await asyncio.gather(*(self.end(process, signal.SIGTERM) for process in ours))

    async def restart_postgres(self) -> None:
        """What ``pg_ctl -m immediate`` does: the server dies at once and recovers from its log at the next start."""
        process_id = int((self.home / "postgres" / "data" / "postmaster.pid").read_text().splitlines()[0])
        os.kill(process_id, signal.SIGQUIT)
        while _is_alive(process_id):
            await asyncio.sleep(0.02)
        previous, self.server = self.server, await asyncio.to_thread(ensure_running, self.home)
        await asyncio.to_thread(previous.release)

    def remember(self, kind: str, started: float, process_id: int = 0, jobs: tuple[str, ...] = ()) -> None:
        self.deeds.append(Deed(kind, started, time.time(), process_id, jobs))


@asynccontextmanager
async def running_fleet(fault: str) -> AsyncIterator[Fleet]:
    home = Path(tempfile.mkdtemp(prefix="dna-chaos-"))
    home.chmod(0o755)  # the account that Postgres runs as must get through
    (home / "logs").mkdir()
    fleet = Fleet(home, fault, await asyncio.to_thread(ensure_running, home), _free_port())
    try:
        await fleet.start_service()
        await fleet.prepare()
        await asyncio.gather(fleet.start_web(), *(fleet.start_worker(place) for place in range(WORKERS)))
        await fleet.until_ready()
        yield fleet
    finally:
        await fleet.stop()
        await asyncio.to_thread(fleet.server.release)
        if "CHAOS_KEEP" not in os.environ:
            shutil.rmtree(home, ignore_errors=True)


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def _is_alive(process_id: int) -> bool:
    try:
        os.kill(process_id, 0)
    except ProcessLookupError:
        return False
    return True
