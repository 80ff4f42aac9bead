"""A job's history for people: each event as a sentence."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from jobs_app import events
from jobs_app.choices import EventType
from jobs_app.models import Job
from jobs_app.upcasters import read_payload

# A job with more events than this shows its latest ones; the API pages through all.
LATEST_EVENTS = 500


@dataclass(frozen=True, slots=True)
class Entry:
    """One line of the timeline."""

    number: int
    type: str
    attempt: int
    at: datetime
    since_start_ms: int
    duration_ms: int | None
    sentence: str
    tone: str  # neutral, good, bad, waiting


def read_timeline(job: Job) -> list[Entry]:
    """The job's events as sentences, oldest first."""
    rows = events.read_after(job.id, max(0, job.last_event_number - LATEST_EVENTS), limit=LATEST_EVENTS)
    return [
        Entry(
            number=row.number,
            type=row.type,
            attempt=row.attempt,
            at=row.created_at,
            since_start_ms=round((row.created_at - job.created_at).total_seconds() * 1000),
            duration_ms=row.duration_ms,
            sentence=describe(row.type, read_payload(row)),
            tone=_TONES.get(row.type, "neutral"),
        )
        for row in rows
    ]


def describe(event_type: str, payload: dict[str, Any]) -> str:
    """What happened, in words; an event of a newer program, which may have other fields, is shown by its name."""
    try:
        return _SENTENCES[event_type](payload)
    except KeyError:
        return event_type


def _progressed(payload: dict[str, Any]) -> str:
    counted = f" ({payload['done']} of {payload['total']})" if {"done", "total"} <= payload.keys() else ""
    eta = payload.get("eta_seconds")
    left = f", about {eta} s left" if eta else ""
    return f"{payload['progress']} % {payload['step']}{counted}{left}"


def _started(payload: dict[str, Any]) -> str:
    claim = payload.get("claim", 1)
    return "Started by a worker" if claim == 1 else f"Taken up by a worker (pick-up {claim})"


def _answered(payload: dict[str, Any]) -> str:
    return "Nobody answered in time" if payload.get("timed_out") else "The question was answered"


def _retried(payload: dict[str, Any]) -> str:
    redo_from = payload.get("redo_from")
    return f"Retried (attempt {payload['attempt']}{f', redone from {redo_from}' if redo_from else ''})"


def _called(payload: dict[str, Any]) -> str:
    tokens = f"{payload['input_tokens']} + {payload['output_tokens']} tokens"
    estimated = ", estimated" if payload.get("estimated") else ""
    return f"{payload['provider']} answered: {tokens}, {payload['cost_usd']} USD{estimated}"


_SENTENCES: dict[str, Callable[[dict[str, Any]], str]] = {
    EventType.JOB_CREATED: lambda p: f"Accepted with priority {p['priority']}",
    EventType.JOB_STARTED: _started,
    EventType.JOB_PROGRESSED: _progressed,
    EventType.JOB_WAITED: lambda p: f"Waits for a {p['reason']}",
    EventType.JOB_RESUMED: lambda p: f"Goes on: {p['reason']}",
    EventType.JOB_RELEASED: lambda p: f"Given back by the worker ({p['reason'].replace('_', ' ')})",
    EventType.JOB_CANCEL_REQUESTED: lambda p: "Cancellation asked for",
    EventType.JOB_COMPLETED: lambda p: "Completed",
    EventType.JOB_FAILED: lambda p: f"Failed: {p['code'].replace('_', ' ')}",
    EventType.JOB_CANCELLED: lambda p: "Cancelled",
    EventType.JOB_RETRIED: _retried,
    EventType.STEP_COMPLETED: lambda p: f"Step {p['key']} finished",
    EventType.STEP_FAILED: lambda p: f"Step {p['key']} failed on try {p['attempt']}: {p['code'].replace('_', ' ')}",
    EventType.QUESTION_ASKED: lambda p: "A question was asked",
    EventType.QUESTION_ANSWERED: _answered,
    EventType.LLM_CALLED: _called,
    EventType.ARTIFACT_CREATED: lambda p: f"File made ({p['media_type']})",
}
_TONES: dict[str, str] = {
    EventType.JOB_COMPLETED: "good",
    EventType.JOB_FAILED: "bad",
    EventType.STEP_FAILED: "bad",
    EventType.JOB_CANCELLED: "waiting",
    EventType.JOB_WAITED: "waiting",
}
