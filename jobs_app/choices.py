"""The closed sets of this app."""

from __future__ import annotations

from django.db.models import TextChoices


class JobStatus(TextChoices):
    """Where a job stands. Pending: accepted, no worker has looked at it; queued: back in line after that."""

    PENDING = "pending", "Pending"
    QUEUED = "queued", "Queued"
    PROCESSING = "processing", "Processing"
    WAITING = "waiting", "Waiting"
    COMPLETED = "completed", "Completed"
    FAILED = "failed", "Failed"
    CANCELLED = "cancelled", "Cancelled"

    @property
    def is_terminal(self) -> bool:
        return self in TERMINAL


TERMINAL = (JobStatus.COMPLETED, JobStatus.FAILED, JobStatus.CANCELLED)
IN_LINE = (JobStatus.PENDING, JobStatus.QUEUED)
UNFINISHED = (JobStatus.PENDING, JobStatus.QUEUED, JobStatus.PROCESSING, JobStatus.WAITING)


class EventType(TextChoices):
    """What can happen to a job. Stored names are never renamed."""

    JOB_CREATED = "job.created"
    JOB_STARTED = "job.started"
    JOB_PROGRESSED = "job.progressed"
    JOB_WAITED = "job.waited"
    JOB_RESUMED = "job.resumed"
    JOB_RELEASED = "job.released"
    JOB_CANCEL_REQUESTED = "job.cancel_requested"
    JOB_COMPLETED = "job.completed"
    JOB_FAILED = "job.failed"
    JOB_CANCELLED = "job.cancelled"
    JOB_RETRIED = "job.retried"
    STEP_COMPLETED = "step.completed"
    STEP_FAILED = "step.failed"
    ARTIFACT_CREATED = "artifact.created"
    QUESTION_ASKED = "question.asked"
    QUESTION_ANSWERED = "question.answered"
    LLM_CALLED = "llm.called"


class ReleaseReason(TextChoices):
    """Why a worker gave a job back before its end."""

    SHUTDOWN = "shutdown"


class AlertKind(TextChoices):
    """What operators are warned of."""

    SILENT = "silent", "Job without a sign of life"


class FeedType(TextChoices):
    """What a feed tells. Stored names are never renamed."""

    PROGRESS = "progress"
    JOB_COMPLETE = "job_complete"
    JOB_FAILED = "job_failed"
    POSITION_UPDATED = "position_updated"
    DOCUMENT_UPLOADED = "document_uploaded"
    BUDGET_RECALCULATED = "budget_recalculated"
    CHAT_MESSAGE = "chat_message"
    NOTIFICATION = "notification"
