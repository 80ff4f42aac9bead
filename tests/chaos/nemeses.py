"""What is done to the processes, and when: a schedule made of a seed."""

from __future__ import annotations

import asyncio
import random
import signal
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass

import psycopg

from tests.chaos.fleet import LEASE_SECONDS, WORKERS, Fleet

_TERMINATE = """
    SELECT pg_terminate_backend(pid) FROM pg_stat_activity
     WHERE datname = 'dna' AND pid <> pg_backend_pid() AND usename = 'dna_app' AND random() < %s"""


@dataclass(frozen=True, slots=True)
class Plan:
    """One deed of the schedule: seconds after the start, what, and to which worker where it is one."""

    at_seconds: float
    kind: str
    place: int

    def __str__(self) -> str:
        return f"{self.at_seconds:6.1f} s  {self.kind} {self.place if self.kind.endswith('worker') else ''}"


async def kill_worker(fleet: Fleet, place: int, jobs: tuple[str, ...] = ()) -> None:
    await _replace(fleet, place, "kill_worker", signal.SIGKILL, jobs)


async def terminate_worker(fleet: Fleet, place: int) -> None:
    await _replace(fleet, place, "terminate_worker", signal.SIGTERM)


async def _replace(fleet: Fleet, place: int, kind: str, number: signal.Signals, jobs: tuple[str, ...] = ()) -> None:
    worker, started = fleet.workers[place], time.time()
    await fleet.end(worker, number)
    fleet.remember(kind, started, worker.pid, jobs)
    await fleet.start_worker(place)


async def freeze_worker(fleet: Fleet, place: int) -> None:
    """A zombie in the making: stopped until its leases are long gone, then woken."""
    if fleet.workers[place].returncode is None:
        async with frozen(fleet, place):
            pass


@asynccontextmanager
async def frozen(fleet: Fleet, place: int, jobs: tuple[str, ...] = ()) -> AsyncIterator[None]:
    """A worker that stands still for twice its lease, and for as long as the block takes."""
    worker, started = fleet.workers[place], time.time()
    worker.send_signal(signal.SIGSTOP)
    try:
        yield
        await asyncio.sleep(started + 2 * LEASE_SECONDS - time.time())
    finally:
        if worker.returncode is None:
            worker.send_signal(signal.SIGCONT)
        fleet.remember("freeze_worker", started, worker.pid, jobs)


async def kill_web(fleet: Fleet, _: int) -> None:
    started, web = time.time(), fleet.web
    assert web is not None
    await fleet.end(web, signal.SIGKILL)
    fleet.remember("kill_web", started, web.pid)
    await fleet.start_web()


async def terminate_backends(fleet: Fleet, _: int) -> None:
    started = time.time()
    await asyncio.to_thread(_terminate_some, fleet)
    fleet.remember("terminate_backends", started)


def _terminate_some(fleet: Fleet) -> None:
    try:
        with fleet.connect() as connection:
            connection.execute(_TERMINATE, [0.5])
    except psycopg.Error:
        pass  # the server is being restarted at this moment: worse than what we wanted


async def restart_postgres(fleet: Fleet, _: int) -> None:
    started = time.time()
    await fleet.restart_postgres()
    fleet.remember("restart_postgres", started)


NEMESES: dict[str, Callable[[Fleet, int], Awaitable[None]]] = {
    one.__name__: one
    for one in (kill_worker, terminate_worker, freeze_worker, kill_web, terminate_backends, restart_postgres)
}


def make_schedule(seed: int, seconds: float) -> list[Plan]:
    """Every kind once, in any order, then at random; a deed every three seconds or so."""
    choice = random.Random(seed)
    known = list(NEMESES)
    plans: list[Plan] = []
    at_seconds, bag = 2.0, choice.sample(known, len(known))
    while at_seconds < seconds - 1:
        kind = bag.pop() if bag else choice.choice(known)
        plans.append(Plan(at_seconds, kind, choice.randrange(WORKERS)))
        at_seconds += choice.uniform(1.5, 4.5)
    return plans


async def do_all(fleet: Fleet, schedule: list[Plan]) -> None:
    """Each at its time, whatever the one before is still doing; two never act on one worker at once."""
    places = [asyncio.Lock() for _ in range(WORKERS)]
    alone = asyncio.Lock()  # web and Postgres: one restart at a time
    started = time.monotonic()

    async def do(plan: Plan) -> None:
        await asyncio.sleep(max(0.0, started + plan.at_seconds - time.monotonic()))
        async with places[plan.place] if plan.kind.endswith("worker") else alone:
            await NEMESES[plan.kind](fleet, plan.place)

    async with asyncio.TaskGroup() as group:
        for plan in schedule:
            group.create_task(do(plan))
