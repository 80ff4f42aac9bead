"""Whether this installation can do its work: database, queue, workers, storage."""

from __future__ import annotations

import logging
import os
import time
from collections.abc import Callable
from datetime import timedelta
from typing import Any, Literal

import ninja
from django.conf import settings
from django.db import connection
from django.db.models.functions import Now
from django.http import HttpRequest
from ninja import Router, Schema

from jobs_app.models import Worker

router = Router()
logger = logging.getLogger(__name__)

# A worker says that it lives every quarter of a lease; after two leases of silence it counts as lost.
_SILENT_LEASES = 2


Status = Literal["ok", "warning", "error"]


class Check(Schema):
    status: Status
    detail: str = ""
    duration_ms: float = 0.0


class Health(Schema):
    status: Status
    checks: dict[str, Check]


@router.get("", auth=None, response={200: Health, 503: Health}, summary="Health of this installation")
def health(request: HttpRequest) -> ninja.Status[Health]:
    """200 while requests can be served (a missing worker is a warning: jobs wait for it), 503 when they cannot."""
    checks = {name: _timed(check) for name, check in _CHECKS.items()}
    found = {check.status for check in checks.values()}
    status: Status = "error" if "error" in found else "warning" if "warning" in found else "ok"
    return ninja.Status(503 if status == "error" else 200, Health(status=status, checks=checks))


def _timed(check: Callable[[], Check]) -> Check:
    started = time.perf_counter()
    try:
        result = check()
    except Exception:
        # This address is open to all, so the reason goes to the log and not into the answer.
        logger.exception("health check failed")
        result = Check(status="error", detail="not reachable; see the server's log")
    result.duration_ms = round((time.perf_counter() - started) * 1000, 1)
    return result


def _database() -> Check:
    with connection.cursor() as cursor:
        cursor.execute("SELECT 1")
    return Check(status="ok")


def _queue() -> Check:
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM procrastinate_jobs WHERE status = 'todo'")
        row: tuple[Any, ...] = cursor.fetchone() or (0,)
    return Check(status="ok", detail=f"{row[0]} tickets waiting")


def _workers() -> Check:
    alive = Now() - timedelta(seconds=settings.JOB_LEASE_SECONDS * _SILENT_LEASES)
    count = Worker.objects.filter(stopped_at=None, heartbeat_at__gt=alive).count()
    if not count:
        return Check(status="warning", detail="no worker is running; jobs wait")
    return Check(status="ok", detail=f"{count} running")


def _storage() -> Check:
    settings.ARTIFACT_ROOT.mkdir(parents=True, exist_ok=True)
    if not os.access(settings.ARTIFACT_ROOT, os.W_OK):
        return Check(status="error", detail="not writable")
    return Check(status="ok")


_CHECKS: dict[str, Callable[[], Check]] = {
    "database": _database,
    "queue": _queue,
    "workers": _workers,
    "storage": _storage,
}
