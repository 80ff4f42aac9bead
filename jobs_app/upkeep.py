"""Upkeep: what has to be done now and then, by whichever worker comes first; no scheduler of its own.

Each chore has one row that says when it was last done. A worker takes it by a conditional UPDATE, so any number of
workers do it once.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from django.db import connection
from django.db.models.functions import Now

from jobs_app.alerts import watch_jobs
from jobs_app.collection import collect_artifacts
from jobs_app.models import Chore
from jobs_app.retention import apply_retention
from jobs_app.stale import mark_stale

# A chore that failed, or whose worker died in the middle of it, is begun again after so long.
_GIVEN_UP_AFTER = timedelta(hours=1)
_TAKE = """
    INSERT INTO jobs_app_chore (name, started_at, outcome) VALUES (%(name)s, clock_timestamp(), '{}')
    ON CONFLICT (name) DO UPDATE SET started_at = clock_timestamp()
     WHERE (jobs_app_chore.finished_at IS NULL OR jobs_app_chore.finished_at < clock_timestamp() - %(every)s)
       AND (jobs_app_chore.started_at < clock_timestamp() - %(given_up)s
            OR jobs_app_chore.finished_at >= jobs_app_chore.started_at)
 RETURNING name"""

logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Task:
    """One chore: how often it is due, and what does it and says in numbers what it did."""

    name: str
    every: timedelta
    work: Callable[[], dict[str, Any]]


def _alerts() -> dict[str, Any]:
    watched = watch_jobs()
    return {"opened": watched.opened, "closed": watched.closed}


TASKS = [
    Task("alerts", timedelta(seconds=15), _alerts),
    Task("stale jobs", timedelta(hours=24), lambda: {"marked": len(mark_stale())}),
    Task("retention", timedelta(hours=24), apply_retention),
    Task("artifacts", timedelta(hours=24), lambda: collect_artifacts().as_dict()),
]


def register(task: Task) -> None:
    """For the chores of floors above; called when the apps are loaded."""
    if task not in TASKS:
        TASKS.append(task)


def do_chores() -> list[str]:
    """Do what is due. A chore that fails is logged and tried again later; the others are done all the same."""
    return [task.name for task in TASKS if _take(task) and _do(task)]


def _take(task: Task) -> bool:
    """True for the one process that has to do it now."""
    given_up = min(_GIVEN_UP_AFTER, task.every * 4)
    values: dict[str, Any] = {"name": task.name, "every": task.every, "given_up": given_up}
    with connection.cursor() as cursor:
        cursor.execute(_TAKE, values)
        return cursor.fetchone() is not None


def _do(task: Task) -> bool:
    started = time.monotonic()
    try:
        outcome = task.work()
    except Exception:
        logger.exception("upkeep: %s failed", task.name)
        return False
    Chore.objects.filter(name=task.name).update(finished_at=Now(), outcome=outcome)
    if any(outcome.values()):
        duration_ms = round((time.monotonic() - started) * 1000)
        logger.info("upkeep: %s: %s", task.name, outcome, extra={"duration_ms": duration_ms})
    return True
