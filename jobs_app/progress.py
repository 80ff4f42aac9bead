"""Progress: how far a job is and how long it may still take."""

from __future__ import annotations

import contextvars
import time
from collections.abc import Callable, Mapping
from statistics import median
from typing import Any

from jobs_app.choices import JobStatus
from jobs_app.models import Job
from jobs_app.workflows import Workflow

# Within one phase at most so many events a second; the first of a phase is never held back.
EVENTS_PER_SECOND = 4
_PAST_JOBS = 20
# Fewer than these of one size tell less than all sizes together.
_FEWEST_PAST_JOBS = 3
_MEMORY_SECONDS = 60.0

Reporter = Callable[[int, str, int | None, int | None], None]
reporter: contextvars.ContextVar[Reporter] = contextvars.ContextVar("dna_reporter")


def report(percent: int, step: str, *, done: int | None = None, total: int | None = None) -> None:
    """Say from inside a step how far it is; outside a job nothing listens. Returns at once."""
    if (tell := reporter.get(None)) is not None:
        tell(percent, step, done, total)


class Estimator:
    """The time left, from the share done so far and from how long such jobs took before."""

    def __init__(self, expected_seconds: float) -> None:
        self._expected_seconds = expected_seconds
        self._started = time.monotonic()

    def eta_seconds(self, percent: int) -> int:
        """Whole seconds; the past counts for the part not yet done, this run for the part done."""
        elapsed = time.monotonic() - self._started
        share = percent / 100
        by_pace = elapsed / share if share > 0 else self._expected_seconds
        total = share * by_pace + (1 - share) * self._expected_seconds
        return max(0, round(total - elapsed)) if percent < 100 else 0


_expectations: dict[tuple[str, int | None], tuple[float, float]] = {}


def expected_seconds(workflow: Workflow, arguments: Mapping[str, Any]) -> float:
    """The median duration of the latest completed jobs of this kind and about this size, remembered for a minute.

    Where those are fewer than three, of any size; without any, what the workflow says itself.
    """
    band = _size_band(workflow, arguments)
    known = _expectations.get((workflow.name, band))
    if known is None or time.monotonic() - known[0] > _MEMORY_SECONDS:
        durations = _past_durations(workflow, band) if band is not None else []
        if len(durations) < _FEWEST_PAST_JOBS:
            durations = _past_durations(workflow, None)
        expected = median(durations) if durations else workflow.expected_seconds
        known = _expectations[workflow.name, band] = (time.monotonic(), expected)
    return known[1]


def _size_band(workflow: Workflow, arguments: Mapping[str, Any]) -> int | None:
    """Jobs of one band are at most four times as large as each other; None where size is not known."""
    size = arguments.get(workflow.size_argument) if workflow.size_argument else None
    return size.bit_length() // 2 if isinstance(size, int) and size > 0 else None


def _past_durations(workflow: Workflow, band: int | None) -> list[float]:
    """In seconds; jobs that asked a person are left out, since people take their time."""
    done = Job.objects.filter(workflow=workflow.name, status=JobStatus.COMPLETED, started_at__isnull=False)
    done = done.filter(questions=None)
    if band is not None:
        size = f"arguments__{workflow.size_argument}"
        done = done.filter(**{f"{size}__gte": 2 ** (2 * band - 1), f"{size}__lt": 2 ** (2 * band + 1)})
    return [(job.duration_ms or 0) / 1000 for job in done.only("started_at", "completed_at")[:_PAST_JOBS]]


class Throttle:
    """Lets the first report of each phase through, and then only so many a second."""

    def __init__(self) -> None:
        self._step = ""
        self._percent = -1
        self._last = 0.0

    def lets(self, percent: int, step: str) -> bool:
        now = time.monotonic()
        if percent < self._percent or (step == self._step and percent == self._percent):
            return False
        if step == self._step and percent < 100 and now - self._last < 1 / EVENTS_PER_SECOND:
            return False
        self._step, self._percent, self._last = step, percent, now
        return True
