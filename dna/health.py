"""Whether this installation can do its work: database, queue, workers, storage."""

from __future__ import annotations

import logging
import os
import shutil
import tempfile
import time
from collections.abc import Callable
from typing import Literal

import ninja
from django.conf import settings
from django.db import connection
from django.http import HttpRequest
from ninja import Router, Schema

from jobs_app import operations
from llm_app.health import provider_health

router = Router()
logger = logging.getLogger(__name__)

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
    checks = {"database": _timed(_database), "storage": _timed(_storage)}
    away = Check(status="error", detail="not looked at: the database is away")
    for name, check in _IN_DATABASE.items():  # each would wait for a connection in vain
        checks[name] = _timed(check) if checks["database"].status == "ok" else away
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
    waiting = sum(lane.next + lane.in_line for lane in operations.queue_lanes())
    age, stuck = operations.queue_age_seconds(), operations.stuck_tickets()
    faults = []
    if age > settings.QUEUE_AGE_WARNING_SECONDS:
        faults.append(f"the oldest has been waiting for {age:.0f} s")
    if stuck:
        faults.append(f"{stuck} tickets of dead workers")
    return Check(status="warning" if faults else "ok", detail="; ".join([f"{waiting} jobs waiting", *faults]))


def _workers() -> Check:
    workers = operations.live_workers()
    alive = sum(not worker.lost for worker in workers)
    lost = f", {len(workers) - alive} lost" if alive < len(workers) else ""
    if not alive:
        return Check(status="warning", detail=f"no worker is running{lost}; jobs wait")
    return Check(status="ok", detail=f"{alive} running{lost}")


def _alerts() -> Check:
    count = len(operations.open_alerts())
    return Check(status="warning", detail=f"{count} open") if count else Check(status="ok")


def _providers() -> Check:
    """By their last calls. None at all is no fault: rules do without. Which ones they are is not for everybody, but
    for whoever may read ``/metrics``."""
    known = provider_health()
    usable = [one for one in known if not one.lack]
    failing = sum(bool(one.error_code) for one in usable)
    detail = f"{len(usable)} of {len(known)} can be used" + (f"; {failing} of them failing" if failing else "")
    return Check(status="warning" if failing else "ok", detail=detail)


def _storage() -> Check:
    """A file is really written: a full disk says that it is writable."""
    settings.ARTIFACT_ROOT.mkdir(parents=True, exist_ok=True)
    with tempfile.NamedTemporaryFile(dir=settings.ARTIFACT_ROOT, prefix=".health.") as file:
        file.write(b"x" * 4096)
        file.flush()
        os.fsync(file.fileno())
    return Check(status="ok", detail=f"{shutil.disk_usage(settings.ARTIFACT_ROOT).free // 1024**2} MB free")


_IN_DATABASE: dict[str, Callable[[], Check]] = {
    "queue": _queue, "workers": _workers, "alerts": _alerts, "providers": _providers,
}
