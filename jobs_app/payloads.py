"""The content-free payload of each event type, by (type, version).

Stored ones are never edited: a new shape is a new version.
"""

from __future__ import annotations

from typing import Literal

from pydantic import BaseModel, ConfigDict, Field

from jobs_app.choices import EventType, ReleaseReason


class Payload(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Created(Payload):
    workflow: str
    workflow_version: int
    priority: int


class Started(Payload):
    worker_id: str
    claim: int = Field(description="1 for the first pick-up of this attempt; more after a take-over.")


class Progressed(Payload):
    progress: int = Field(ge=0, le=100)
    step: str
    done: int | None = None
    total: int | None = None
    eta_seconds: int | None = None


class Waited(Payload):
    reason: Literal["question", "child", "sleep", "retry"]
    key: str


class Resumed(Payload):
    reason: str


class Released(Payload):
    reason: ReleaseReason


class Ended(Payload):
    """Completed or cancelled: the result itself stands in the job row."""


class Failed(Payload):
    code: str
    errored: bool
    retryable: bool


class Retried(Payload):
    attempt: int
    by: str = ""
    redo_from: str = ""


class StepCompleted(Payload):
    key: str
    digest: str
    atomic: bool = False
    paid: bool = False


class StepFailed(Payload):
    key: str
    code: str
    attempt: int


class ArtifactCreated(Payload):
    artifact_id: str
    media_type: str
    size_bytes: int


class QuestionAsked(Payload):
    key: str
    question_id: str


class QuestionSettled(Payload):
    key: str
    question_id: str
    timed_out: bool = False


class LlmCalled(Payload):
    """One call of a language model was paid: figures only, never what was said."""

    key: str = Field(description="Key of the step that called.")
    provider: str
    model: str
    input_tokens: int = Field(ge=0, description="All of them, cached ones too.")
    output_tokens: int = Field(ge=0, description="All of them, reasoning too.")
    cached_input_tokens: int = Field(default=0, ge=0)
    reasoning_tokens: int = Field(default=0, ge=0)
    cost_usd: str = Field(description="Six decimals.")
    estimated: bool = Field(default=False, description="The provider did not say; counted here.")


PAYLOADS: dict[tuple[EventType, int], type[Payload]] = {
    (EventType.JOB_CREATED, 1): Created,
    (EventType.JOB_STARTED, 1): Started,
    (EventType.JOB_PROGRESSED, 1): Progressed,
    (EventType.JOB_WAITED, 1): Waited,
    (EventType.JOB_RESUMED, 1): Resumed,
    (EventType.JOB_RELEASED, 1): Released,
    (EventType.JOB_CANCEL_REQUESTED, 1): Ended,
    (EventType.JOB_COMPLETED, 1): Ended,
    (EventType.JOB_FAILED, 1): Failed,
    (EventType.JOB_CANCELLED, 1): Ended,
    (EventType.JOB_RETRIED, 1): Retried,
    (EventType.STEP_COMPLETED, 1): StepCompleted,
    (EventType.STEP_FAILED, 1): StepFailed,
    (EventType.ARTIFACT_CREATED, 1): ArtifactCreated,
    (EventType.QUESTION_ASKED, 1): QuestionAsked,
    (EventType.QUESTION_ANSWERED, 1): QuestionSettled,
    (EventType.LLM_CALLED, 1): LlmCalled,
}
