"""What the random runs meet only by luck, brought about for certain: workers killed and frozen inside a known step.

Each waits until the database shows that it has come to the situation, and then does its deed.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable
from typing import Any

from tests.chaos.fleet import LEASE_SECONDS, Fleet
from tests.chaos.load import Load
from tests.chaos.nemeses import frozen, kill_worker

_PATIENCE_SECONDS = 60.0
# Longer than it takes until another worker is inside the same step: its lease, a sweep, a ticket, and then some.
_HOLD_SECONDS = LEASE_SECONDS * 3
_HELD = """
    SELECT job.id::text, worker.process_id
      FROM jobs_app_job AS job JOIN jobs_app_worker AS worker ON worker.id = job.worker_id
     WHERE job.id = ANY(%s::uuid[]) AND job.status = 'processing'"""
# In `close` a step sleeps in the database, where it can be seen; usually for less than a second.
_ASLEEP = """
    SELECT application_name FROM pg_stat_activity WHERE state = 'active' AND query ~ 'SELECT pg_sleep\\([1-9]'"""
_ENDED = """
    SELECT id FROM jobs_app_job WHERE id = ANY(%s::uuid[]) AND status IN ('completed', 'failed', 'cancelled')"""


async def kill_inside_a_step(fleet: Fleet, load: Load) -> None:
    """The worker dies in the last step of a job that has paid: another must go on, and not pay again."""
    job_id = await _submit(fleet, load, "close", 0)
    process_id = await _sure(lambda: _asleep(fleet, job_id))
    await kill_worker(fleet, _place(fleet, process_id), (job_id,))
    await _until(lambda: _ended(fleet, [job_id]), patience_seconds=_HOLD_SECONDS * 2)


async def wake_a_zombie(fleet: Fleet, load: Load) -> None:
    """The worker is frozen inside several steps, and wakes while others are inside the very same ones."""
    held = enumerate(("close", "pay", "plan") * 2)
    ids = await asyncio.gather(*(_submit(fleet, load, step, n) for n, step in held))
    process_id = await _sure(lambda: _asleep(fleet, ids[0]))
    jobs = [job for job, holder in _holders(fleet, ids).items() if holder == process_id]
    async with frozen(fleet, _place(fleet, process_id), tuple(jobs)):
        await _until(lambda: _asleep(fleet, ids[0], besides=process_id), patience_seconds=_HOLD_SECONDS)
    await _until(lambda: _ended(fleet, ids), patience_seconds=_HOLD_SECONDS * 3)


Provocation = Callable[[Fleet, Load], Awaitable[None]]
PROVOCATIONS: tuple[Provocation, ...] = (kill_inside_a_step, wake_a_zombie)


async def _submit(fleet: Fleet, load: Load, step: str, number: int) -> str:
    customer = fleet.customers[number % len(fleet.customers)]
    order: dict[str, Any] = {"n": 2, "hold": step, "hold_seconds": _HOLD_SECONDS}
    job_id = await load.submit(customer, f"held in {step} {time.time()}", **order)
    assert job_id is not None
    return job_id


async def _sure(found: Callable[[], int]) -> int:
    """What the provocation begins with: without it nothing would be proved."""
    if not (what := await _until(found, patience_seconds=_PATIENCE_SECONDS)):
        raise TimeoutError("no worker came to stand inside the step: the machine has too much else to do")
    return int(what)


async def _until(found: Callable[[], Any], *, patience_seconds: float) -> Any:
    """What it finds, asked again and again; something empty when it never does, which the invariants will tell."""
    deadline = time.monotonic() + patience_seconds
    while not (what := await asyncio.to_thread(found)) and time.monotonic() < deadline:
        await asyncio.sleep(0.1)
    return what


def _holders(fleet: Fleet, ids: list[str]) -> dict[str, int]:
    """Process ids by job."""
    with fleet.connect() as connection:
        return {row["id"]: row["process_id"] for row in connection.execute(_HELD, [ids])}


def _asleep(fleet: Fleet, job_id: str, *, besides: int = 0) -> int:
    """The process that holds the job, once it is seen asleep in its step; 0 before."""
    with fleet.connect() as connection:
        asleep = {fleet.writers.get(row["application_name"]) for row in connection.execute(_ASLEEP)}
    holder = _holders(fleet, [job_id]).get(job_id, 0)
    return holder if holder in asleep and holder != besides else 0


def _ended(fleet: Fleet, ids: list[str]) -> bool:
    with fleet.connect() as connection:
        return len(connection.execute(_ENDED, [ids]).fetchall()) == len(ids)


def _place(fleet: Fleet, process_id: int) -> int:
    return [worker.pid for worker in fleet.workers].index(process_id)
