"""What the check judges by: rows read with plain SQL, the witness, the service's book, what readers were told."""

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
_FEED = """
    SELECT feed_id::text, number, customer_id::text, type, data FROM jobs_app_feedentry ORDER BY feed_id, number"""
_WORKERS = "SELECT id::text, process_id FROM jobs_app_worker ORDER BY started_at"
_TICKETS = "SELECT id, status::text, args, worker_id FROM procrastinate_jobs WHERE status <> 'todo'"
_WITNESSED = """
    SELECT id, extract(epoch FROM at)::float8 AS at, transaction_id, writer, relation, verb, before, after
      FROM chaos_witness ORDER BY id"""
# What the witness saw written first, and what is there now.
_CHANGED = """
    SELECT coalesce(event.job_id::text, after->>'job_id') AS job_id, coalesce(event.number::text, after->>'number')
               AS number, after, to_jsonb(event) AS event
      FROM (SELECT after FROM chaos_witness WHERE relation = 'jobs_app_event' AND verb = 'INSERT') AS seen
      FULL JOIN jobs_app_event AS event
             ON event.job_id = (after->>'job_id')::uuid AND event.number = (after->>'number')::int
     WHERE after IS DISTINCT FROM to_jsonb(event)"""
# Rows that nobody may change or remove: events, answers, domain rows. What they say, by what they are.
_FINGERPRINTS = """
    SELECT 'event ' || number || ' of job ' || job_id AS name, md5(event::text) AS digest FROM jobs_app_event AS event
    UNION ALL SELECT 'answer to ' || id, md5(answer::text || answered_at::text)
                FROM jobs_app_question WHERE answered_at IS NOT NULL
    UNION ALL SELECT 'message ' || number || ' of feed ' || feed_id, md5(entry::text) FROM jobs_app_feedentry AS entry
    UNION ALL SELECT 'domain row ' || id, md5(effect::text) FROM chaos_effect AS effect"""


@dataclass(slots=True)
class Evidence:
    events: dict[str, list[Row]]
    jobs: dict[str, Row]
    results: list[Row]
    effects: list[Row]
    questions: dict[str, Row]
    feeds: dict[str, list[Row]]
    """By user id."""
    workers: dict[str, int]
    """Process ids by worker id."""
    writers: dict[str, int]
    """Process ids by the name of their connections."""
    witnessed: list[Row]
    tickets: list[Row]
    calls: list[Row]
    said: Acknowledged
    readers: list[Reader]
    deeds: list[Deed]
    surprises: list[str]
    changed_rows: list[str]


def gather_evidence(fleet: Fleet, load: Load, readers: Readers, watcher: Watcher) -> Evidence:
    calls = fleet.paid_calls()  # before the rows, so that these know the job of every call
    with fleet.connect() as connection:
        watcher.look(connection)
        connection.execute("BEGIN ISOLATION LEVEL REPEATABLE READ")  # all of it at one moment: jobs may still run
        changed = [f"witnessed otherwise: {row}" for row in connection.execute(_CHANGED)]
        return Evidence(
            events=_grouped(connection, _EVENTS, "job_id"),
            jobs={row["id"]: row for row in connection.execute(_JOBS)},
            results=connection.execute(_RESULTS).fetchall(),
            effects=connection.execute(_EFFECTS).fetchall(),
            questions={row["id"]: row for row in connection.execute(_QUESTIONS)},
            feeds=_grouped(connection, _FEED, "feed_id"),
            workers={row["id"]: row["process_id"] for row in connection.execute(_WORKERS)},
            writers=fleet.writers,
            witnessed=connection.execute(_WITNESSED).fetchall(),
            tickets=connection.execute(_TICKETS).fetchall(),
            calls=calls,
            said=load.said,
            readers=readers.readers,
            deeds=fleet.deeds,
            surprises=fleet.surprises,
            changed_rows=watcher.changed + changed,
        )


def _grouped(connection: psycopg.Connection[Row], sql: str, column: str) -> dict[str, list[Row]]:
    groups: defaultdict[str, list[Row]] = defaultdict(list)
    for row in connection.execute(sql.encode()):
        groups[row[column]].append(row)
    return dict(groups)


@dataclass(slots=True)
class Watcher:
    """Compares what is written once with what it was before, from outside: a crash of the database may lose nothing."""

    fleet: Fleet
    changed: list[str] = field(default_factory=list)
    _seen: dict[str, str] = field(default_factory=dict)

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
        found = {row["name"]: row["digest"] for row in connection.execute(_FINGERPRINTS)}
        for name, digest in self._seen.items():
            if found.get(name) != digest:
                self.changed.append(f"{name} was {'changed' if name in found else 'lost'}")
        self._seen |= found
