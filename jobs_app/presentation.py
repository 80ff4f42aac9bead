"""How jobs and events look outside: the same data for API, sockets and pages."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.core.serializers.json import DjangoJSONEncoder

from jobs_app.models import Event, FeedEntry, Job
from jobs_app.upcasters import read_payload


def event_data(event: Event) -> dict[str, Any]:
    """One event as JSON data: ``type`` and ``number`` say what and where, ``data`` is its payload."""
    return {
        "type": event.type,
        "number": event.number,
        "job_id": str(event.job_id),
        "attempt": event.attempt,
        "created_at": timestamp(event.created_at),
        "duration_ms": event.duration_ms,
        "data": read_payload(event),
    }


def feed_data(entry: FeedEntry) -> dict[str, Any]:
    """One entry of a feed as JSON data."""
    return {
        "type": entry.type,
        "number": entry.number,
        "data": entry.data,
        "timestamp": timestamp(entry.created_at),
    }


def timestamp(moment: datetime) -> str:
    """As the API writes it, so that a message is the same through every door."""
    return str(DjangoJSONEncoder().default(moment))


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


def ending_data(job: Job) -> dict[str, Any]:
    """How a job ended, for the feed of who asked for it; the result stays in the job."""
    return {
        "job_id": str(job.id),
        "job_type": job.workflow,
        "status": job.status,
        "subject_type": job.subject_type,
        "subject_id": str(job.subject_id) if job.subject_id else None,
        "error": error_data(job),
    }


def error_data(job: Job) -> dict[str, Any] | None:
    if not job.error_code:
        return None
    return {"code": job.error_code, "message": job.error_message, "errored": job.errored}
