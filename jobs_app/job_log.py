"""A job's events as a stream. It ends with the job: after the last event comes one ``completion``."""

from __future__ import annotations

import json
import uuid
from collections.abc import Collection, Mapping

from django.db import connection

from accounts_app.access import Actor
from accounts_app.errors import NotFound
from jobs_app.choices import TERMINAL
from jobs_app.models import Event, Job
from jobs_app.presentation import completion_data, event_data
from jobs_app.streams import MOST_AT_ONCE, Entry, Log

_ENDINGS = {f"job.{status.value}" for status in TERMINAL}
_READ = """
    SELECT event.job_id, event.number, event.customer_id, event.attempt, event.type, event.version,
           event.payload, event.duration_ms, event.created_at
      FROM unnest(%s::uuid[], %s::int[]) AS followed (job_id, number)
      JOIN jobs_app_event AS event ON event.job_id = followed.job_id AND event.number > followed.number
     ORDER BY event.job_id, event.number
     LIMIT %s"""


class JobLog(Log):
    """The events of jobs."""

    def last_number(self, stream_id: uuid.UUID) -> int:
        return Job.objects.filter(id=stream_id).values_list("last_event_number", flat=True).first() or 0

    def read(self, after: Mapping[uuid.UUID, int]) -> list[Entry]:
        with connection.cursor() as cursor:
            cursor.execute(_READ, [list(after), list(after.values()), MOST_AT_ONCE])
            columns = [column.name for column in cursor.description or ()]
            rows = [dict(zip(columns, row, strict=True)) for row in cursor.fetchall()]
        entries = [_entry(Event(**_with_payload(row))) for row in rows]
        _add_completions([entry for entry in entries if entry.type in _ENDINGS])
        return entries

    def completion(self, stream_id: uuid.UUID, number: int) -> Entry | None:
        job = Job.objects.filter(id=stream_id).first()
        return _completion(job) if job and job.is_terminal and job.last_event_number <= number else None


JOB_LOG = JobLog()


def check_job_access(customer_id: uuid.UUID, actor: Actor) -> None:
    """``NotFound`` once the actor is no member of the job's customer any more."""
    if customer_id not in actor.roles:
        raise NotFound("There is no such job, or you may not see it.")


def _entry(event: Event) -> Entry:
    return Entry(event.job_id, event.number, event.type, json.dumps(event_data(event)), event.customer_id)


def _add_completions(endings: Collection[Entry]) -> None:
    """To each event that was its job's end, unless the job was retried since."""
    if not endings:
        return
    jobs = Job.objects.in_bulk([entry.stream_id for entry in endings])
    for entry in endings:
        job = jobs.get(entry.stream_id)
        if job is not None and job.is_terminal and job.last_event_number == entry.number:
            entry.completion = _completion(job)


def _completion(job: Job) -> Entry:
    return Entry(job.id, 0, "completion", json.dumps(completion_data(job)), job.customer_id, ends=True)


def _with_payload(row: dict[str, object]) -> dict[str, object]:
    """A plain cursor gives jsonb as text (Django turns the driver's own decoding off)."""
    payload = row["payload"]
    return row | {"payload": json.loads(payload) if isinstance(payload, str) else payload}
