"""What can go wrong with a job. The docstring of each class is its default message."""

from __future__ import annotations

from accounts_app.errors import BadInput, Conflict, DnaError, NotAllowed, NotSignedIn


class LeaseLost(DnaError):
    """Another worker has taken this job over; nothing more may be written for it here."""

    code = "lease_lost"
    retryable = True


class JobEnded(Conflict):
    """The job has already ended. Retry it to run it again."""

    code = "job_ended"


class JobNotEnded(Conflict):
    """Only a failed or cancelled job can be retried; this one has not come to that."""

    code = "job_not_retryable"


class JobTimedOut(DnaError):
    """The job took longer than it may. Try a smaller file, or ask an administrator to raise the limit."""

    code = "timed_out"


class JobAbandoned(DnaError):
    """The job was given up after several workers died running it. An administrator can retry it."""

    code = "abandoned"


class UnknownWorkflow(DnaError):
    """No such workflow, or not in this version of the program."""

    code = "unknown_workflow"


class StepChanged(DnaError):
    """A finished step was called with other inputs or another version than recorded; nothing was run.

    An administrator may choose "redo from here".
    """

    code = "step_changed"


class DuplicateStepKey(DnaError):
    """Two steps of one job have the same key; each key stands for one step."""

    code = "duplicate_step_key"


class WriteOutsideAtomicStep(DnaError):
    """A job wrote domain rows outside an atomic step, where they could be written twice."""

    code = "write_outside_atomic_step"


class QuestionAnswered(Conflict):
    """This question has been answered already."""

    code = "question_answered"


class BadAnswer(BadInput):
    """The answer does not fit the question."""

    code = "bad_answer"


class QuestionExpired(DnaError):
    """Nobody answered the question in time. Retry the job to be asked again."""

    code = "question_expired"
    http_status = 409


class ChildFailed(DnaError):
    """A job that this one depends on did not complete."""

    code = "child_failed"
    http_status = 409


class IdempotencyConflict(Conflict):
    """This Idempotency-Key was used before with another request. Use a new key for a new request."""

    code = "idempotency_conflict"


class ArtifactMissing(DnaError):
    """The stored file is missing or damaged. Restore it from the backup."""

    code = "artifact_missing"


class JobRunning(Conflict):
    """The job has not ended. Cancel it first, then erase it."""

    code = "job_running"


class JobErased(Conflict):
    """The content of this job was erased; it cannot run again."""

    code = "job_erased"


class UnknownStep(BadInput):
    """The job has no finished step with this key."""

    code = "unknown_step"


class JobStale(DnaError):
    """The job was not finished in time and was given up. Retry it to run it again."""

    code = "stale"
    retryable = True


class RangeNotSatisfiable(DnaError):
    """The file is shorter than the range asked for."""

    code = "range_not_satisfiable"
    http_status = 416


class AdminKeyNotSet(NotAllowed):
    """This installation has no administration key. Set ADMIN_API_KEY and send it as X-Admin-Key."""

    code = "admin_key_not_set"


class BadAdminKey(NotSignedIn):
    """The X-Admin-Key header is missing or wrong."""

    code = "bad_admin_key"


class FollowerTooSlow(DnaError):
    """This reader fell too far behind and was let go. Resume after the last number you have."""

    code = "too_slow"
    http_status = 408
    retryable = True


class StreamClosed(DnaError):
    """The server is stopping. Connect again and resume after the last number you have."""

    code = "server_stopping"
    http_status = 503
    retryable = True


class UnknownTopic(BadInput):
    """There is nothing of this kind to join."""

    code = "unknown_topic"
