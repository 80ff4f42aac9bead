"""What can go wrong with a job. The docstring of each class is its default message."""

from __future__ import annotations

from accounts_app.errors import BadInput, Conflict, DnaError


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

