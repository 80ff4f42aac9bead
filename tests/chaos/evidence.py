"""What the check judges by: rows read with plain SQL, the service's book, what readers and customers were told."""

from __future__ import annotations

import asyncio
from collections import defaultdict
from dataclasses import dataclass, field
from typing import Any

import psycopg

from tests.chaos.fleet import Deed, Fleet
from tests.chaos.load import Acknowledged, Load
from tests.chaos.readers import Reader, Readers

Row = dict[str, Any]

_EVENTS = """
    SELECT job_id::text, number, customer_id::text, attempt, type, payload, created_at,
           extract(epoch FROM created_at)::float8 AS at FROM jobs_app_event ORDER BY job_id, number"""
_JOBS = """
    SELECT id::text, customer_id::text, status, arguments->>'tag' AS tag, parent_id::text, last_event_number, wake_at,
           waiting_for, worker_id::text, lease_number, lease_expires_at, ticket_id, cancel_requested_at, error_code,
           abs(extract(epoch FROM now() - wake_at)) > 10 AS overslept
      FROM jobs_app_job ORDER BY created_at"""
_RESULTS = """
    SELECT job_id::text, customer_id::text, key, value FROM jobs_app_stepresult WHERE completed_at IS NOT NULL"""
_EFFECTS = """
    SELECT id, job_id::text, customer_id::text, key, process_id, lease, written_at FROM chaos_effect ORDER BY id"""
_QUESTIONS = "SELECT id::text, job_id::text, customer_id::text, answer, answered_at FROM jobs_app_question"
_WORKERS = "SELECT id::text, process_id FROM jobs_app_worker ORDER BY started_at"
_TICKETS = "SELECT id, status::text, args, worker_id FROM procrastinate_jobs WHERE status <> 'todo'"
_FINGERPRINTS = "SELECT job_id::text, number, md5(event::text) AS digest FROM jobs_app_event AS event"


@dataclass(slots=True)
class Evidence:
    events: dict[str, list[Row]]
    jobs: dict[str, Row]
    results: list[Row]
    effects: list[Row]
    questions: dict[str, Row]
    workers: dict[str, int]
    """Process ids by worker id."""
    tickets: list[Row]
    calls: list[Row]
    said: Acknowledged
    readers: list[Reader]
    deeds: list[Deed]
    surprises: list[str]
    changed_rows: list[str]


def gather_evidence(fleet: Fleet, load: Load, readers: Readers, watcher: Watcher) -> Evidence:
    with fleet.connect() as connection:
        watcher.look(connection)
        connection.execute("BEGIN ISOLATION LEVEL REPEATABLE READ")  # all of it at one moment: jobs may still run
        events: defaultdict[str, list[Row]] = defaultdict(list)
        for row in connection.execute(_EVENTS):
            events[row["job_id"]].append(row)
        return Evidence(
            events=dict(events),
            jobs={row["id"]: row for row in connection.execute(_JOBS)},
            results=connection.execute(_RESULTS).fetchall(),
            effects=connection.execute(_EFFECTS).fetchall(),
            questions={row["id"]: row for row in connection.execute(_QUESTIONS)},
            workers={row["id"]: row["process_id"] for row in connection.execute(_WORKERS)},
            tickets=connection.execute(_TICKETS).fetchall(),
            calls=fleet.paid_calls(),
            said=load.said,
            readers=readers.readers,
            deeds=fleet.deeds,
            surprises=fleet.surprises,
            changed_rows=watcher.changed,
        )


@dataclass(slots=True)
class Watcher:
    """Compares the log with what it was before: no row may change or vanish."""

    fleet: Fleet
    changed: list[str] = field(default_factory=list)
    _seen: dict[tuple[str, int], str] = field(default_factory=dict)

    async def run(self) -> None:
        while True:
            await asyncio.sleep(3)
            await asyncio.to_thread(self._try_to_look)

    def _try_to_look(self) -> None:
        try:
            with self.fleet.connect() as connection:
                self.look(connection)
        except psycopg.Error:
            pass  # the database is away; what was there before must be there afterwards

    def look(self, connection: psycopg.Connection[Row]) -> None:
        found = {(row["job_id"], row["number"]): row["digest"] for row in connection.execute(_FINGERPRINTS)}
        for key, digest in self._seen.items():
            if found.get(key) != digest:
                self.changed.append(f"event {key[1]} of job {key[0]} was {'changed' if key in found else 'lost'}")
        self._seen |= found
