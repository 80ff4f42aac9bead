"""How jobs and events look outside: the same data for API, sockets and pages."""

from __future__ import annotations

from typing import Any

from jobs_app.models import Event, Job


def event_data(event: Event) -> dict[str, Any]:
    """One event as JSON data: ``type`` and ``number`` say what and where, ``data`` is its payload."""
    return {
        "type": event.type,
        "number": event.number,
        "job_id": str(event.job_id),
        "attempt": event.attempt,
        "created_at": event.created_at.isoformat(),
        "duration_ms": event.duration_ms,
        "data": event.payload,
    }


def completion_data(job: Job) -> dict[str, Any]:
    """The one message that ends a stream: how it came out, with the result or the error."""
    return {
        "type": "completion",
        "job_id": str(job.id),
        "status": job.status,
        "progress": job.progress,
        "result": job.result,
        "error": error_data(job),
    }


def error_data(job: Job) -> dict[str, Any] | None:
    if not job.error_code:
        return None
    return {"code": job.error_code, "message": job.error_message, "errored": job.errored}
