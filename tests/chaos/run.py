"""One run: start everything, let the nemeses loose on it, let it come to rest, and judge."""

from __future__ import annotations

import asyncio
import re
import time
from collections import Counter
from dataclasses import dataclass, field

import psycopg

from tests.chaos.evidence import Evidence, Watcher, gather_evidence
from tests.chaos.fleet import Fleet, running_fleet
from tests.chaos.invariants import breaches
from tests.chaos.load import Load
from tests.chaos.nemeses import Plan, do_all, make_schedule
from tests.chaos.provocations import Provocation
from tests.chaos.readers import Readers
from tests.chaos.writers import unprovoked_lapses

_CATCH_UP_SECONDS = 30.0
_MOST_ROWS = 6
_UNSETTLED = """
    SELECT (SELECT count(*) FROM jobs_app_job WHERE status IN ('pending', 'queued', 'processing', 'waiting'))
         + (SELECT count(*) FROM procrastinate_jobs WHERE status <> 'todo') AS count"""


@dataclass(frozen=True, slots=True)
class Chaos:
    """What a run is made of; the same again gives the same schedule."""

    seed: int
    seconds: float = 0.0
    """Of nemeses at random."""
    provocations: tuple[Provocation, ...] = ()
    """What is brought about on purpose after those."""
    fault: str = ""
    patience_seconds: float = 45.0
    """How long it may take to come to rest afterwards."""


@dataclass(slots=True)
class Verdict:
    chaos: Chaos
    schedule: list[Plan]
    breaches: dict[str, list[str]]
    figures: dict[str, object]
    errors: Counter[str] = field(default_factory=Counter)
    """What the processes logged as errors, counted; for people to read, no invariant."""

    def __str__(self) -> str:
        provoked = [one.__name__ for one in self.chaos.provocations]
        done = ", ".join([f"seed {self.chaos.seed}", f"{self.chaos.seconds:g} s", *provoked, self.chaos.fault])
        lines = [f"{done.rstrip(', ')}: {'BROKEN' if self.breaches else 'clean'}"]
        lines += [f"  {name}: {value}" for name, value in self.figures.items()]
        lines += [f"  logged {times} x {line}" for line, times in self.errors.most_common(12)]
        if self.breaches:
            lines += ["  schedule:", *(f"    {plan}" for plan in self.schedule)]
        for name, rows in self.breaches.items():
            lines.append(f"  BROKEN: {name} ({len(rows)} times)")
            lines += [f"    {row}" for row in rows[:_MOST_ROWS]]
        return "\n".join(lines)


async def run_chaos(chaos: Chaos) -> Verdict:
    schedule = make_schedule(chaos.seed, chaos.seconds)
    async with running_fleet(chaos.fault) as fleet:
        evidence = await _suffer(fleet, chaos, schedule)
        found = await asyncio.to_thread(breaches, evidence)
        return Verdict(chaos, schedule, found, _figures(evidence), _logged_errors(fleet))


async def _suffer(fleet: Fleet, chaos: Chaos, schedule: list[Plan]) -> Evidence:
    load = Load(fleet, chaos.seed)
    readers, watcher = Readers(fleet, load, chaos.seed), Watcher(fleet)
    tasks = [asyncio.create_task(part.run()) for part in (load, readers, watcher)]
    tasks.append(asyncio.create_task(fleet.watch()))
    try:
        async with asyncio.TaskGroup() as group:
            group.create_task(do_all(fleet, schedule))
            group.create_task(asyncio.sleep(chaos.seconds))
        for provoke in chaos.provocations:
            await provoke(fleet, load)
        load.submitting = readers.restless = False
        await _come_to_rest(fleet, readers, chaos.patience_seconds)
        for task in tasks:
            if task.done():
                task.result()  # a part of the harness that failed proves nothing
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
    return await asyncio.to_thread(gather_evidence, fleet, load, readers, watcher)


async def _come_to_rest(fleet: Fleet, readers: Readers, patience_seconds: float) -> None:
    """Wait until every job has ended, and then until every reader knows; but not for ever."""
    deadline = time.monotonic() + patience_seconds
    while time.monotonic() < deadline and await asyncio.to_thread(_unsettled, fleet):
        await asyncio.sleep(0.5)
    deadline = time.monotonic() + min(patience_seconds, _CATCH_UP_SECONDS)
    while time.monotonic() < deadline and any(r.completion is None for r in readers.readers if r.awaits_end):
        await asyncio.sleep(0.2)


def _unsettled(fleet: Fleet) -> bool:
    try:
        with fleet.connect() as connection:
            row = connection.execute(_UNSETTLED).fetchone()
    except psycopg.Error:
        return True
    return row is None or bool(row["count"])


def _figures(evidence: Evidence) -> dict[str, object]:
    readers = [reader for reader in evidence.readers if reader.awaits_end]
    types = Counter(event["type"] for events in evidence.events.values() for event in events)
    return {
        "jobs": dict(Counter(job["status"] for job in evidence.jobs.values())),
        "events": sum(types.values()),
        "claims": types["job.started"],
        "deeds": dict(Counter(deed.kind for deed in evidence.deeds)),
        "paid calls": dict(Counter(call["outcome"] for call in evidence.calls)),
        "atomic writes": len(evidence.effects),
        "answers": len(evidence.said.answered),
        "cancelled": len(evidence.said.cancelled),
        "retried and redone": (len(evidence.said.retried), len(evidence.said.redone)),
        "rows witnessed": len(evidence.witnessed),
        "leases that ran out without a deed": len(unprovoked_lapses(evidence)),
        "errors of jobs": dict(Counter(job["error_code"] for job in evidence.jobs.values() if job["error_code"])),
        "readers": f"{len(readers)} with {sum(reader.resumes for reader in readers)} resumes",
    }


_NAMES = re.compile(r"[0-9a-f]{8}-[0-9a-f-]{27}|\d+")


def _logged_errors(fleet: Fleet) -> Counter[str]:
    """Warnings and errors of all processes, with ids and numbers left out."""
    found: Counter[str] = Counter()
    for path in sorted((fleet.home / "logs").glob("*.log")):
        for line in path.read_text(errors="replace").splitlines():
            if " ERROR " in line or " WARNING " in line:
                found[_NAMES.sub("…", line.split(" ", 2)[-1])[:150]] += 1
    return found
