"""Faults planted on purpose, one at a time: the check must see each of them, or it proves nothing."""

from __future__ import annotations

import re
import uuid

from jobs_app import events, steps, tickets
from jobs_app.models import StepResult

# What the harness does to the schema, as its owner, before the first process starts.
SCHEMA = {"result_key_not_unique": "ALTER TABLE jobs_app_stepresult DROP CONSTRAINT one_result_per_step"}


def plant(name: str) -> None:
    {
        "result_key_not_unique": _make_steps_forget,
        "take_over_off": _leave_the_dead_alone,
        "fencing_off": _believe_every_lease,
    }[name]()


def _make_steps_forget() -> None:
    """Every write about a step is a row of its own, and the first one is what is remembered."""

    def first_rows(job_id: uuid.UUID) -> dict[str, StepResult]:
        return {row.key: row for row in StepResult.objects.filter(job_id=job_id).order_by("-created_at")}

    steps._RECORD = _without(r"ON CONFLICT.*", steps._RECORD)
    steps._INTEND = _without(r"ON CONFLICT.*?(?=RETURNING)", steps._INTEND)
    steps.load_results = first_rows


def _without(pattern: str, statement: str) -> str:
    changed, count = re.subn(pattern, "", statement, flags=re.DOTALL)
    if not count:
        raise LookupError(f"no {pattern} in it by now; plant this fault anew: {statement}")
    return changed


def _leave_the_dead_alone() -> None:
    dead = "job.status = 'processing' AND job.lease_expires_at < clock_timestamp()"
    if dead not in tickets._OVERDUE:
        raise LookupError("the sweep looks for dead workers in another way by now; plant this fault anew")
    tickets._OVERDUE = tickets._OVERDUE.replace(dead, "false")


def _believe_every_lease() -> None:
    guard = events._guard
    events._guard = lambda event_type, lease: guard(event_type, None)
    steps.check_lease = lambda lease: None
    steps._INTEND = _without(r"WHERE job\.lease_number = %\(lease\)s AND job\.worker_id IS NOT NULL", steps._INTEND)
