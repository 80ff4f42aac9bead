"""The shapes in which the API takes and gives reviews and findings."""

from __future__ import annotations

from datetime import datetime
from typing import Any, Literal
from uuid import UUID

from ninja import Field, Schema
from pydantic import ConfigDict

from jobs_app.choices import JobStatus
from jobs_app.presentation import error_data
from templates_app.choices import FindingKind, FindingSource, FindingStatus, ReviewMode, Severity
from templates_app.models import Finding, Review
from templates_app.schemas import JobAccepted, JobErrorOut, PersonOut


class ReviewWanted(Schema):
    """How to review. Without a language model rules review alone."""

    mode: ReviewMode = Field(ReviewMode.FULL, description="quick: rules and one call of a language model.")
    provider: str = Field("", max_length=100, description="Language model; empty: another than read the template.")
    reviewer_llm: str = Field("", max_length=100, description="The same as provider.")

    model_config = ConfigDict(extra="forbid")


class ReviewAccepted(JobAccepted):
    review_id: UUID


class ReviewOut(Schema):
    """A review without its findings. Scores are 0 to 100, null where not judged or not there yet."""

    id: UUID
    template_id: UUID
    status: JobStatus
    progress: int
    error: JobErrorOut | None
    job_id: UUID | None
    mode: ReviewMode
    provider: str
    asked_providers: list[str] = Field(description="Language models that answered; empty: by rules alone.")
    document_type: str
    standards: list[str]
    overall: int | None
    completeness: int | None
    compliance: int | None
    soundness: int | None
    refused: dict[str, int] = Field(description="Findings of the model that were left out, counted by reason.")
    notes: list[str] = Field(description="What a reader must know, one sentence each.")
    created_by: PersonOut | None
    created_at: datetime
    completed_at: datetime | None

    @staticmethod
    def resolve_progress(review: Review) -> int:
        return review.job.progress if review.job else 0

    @staticmethod
    def resolve_error(review: Review) -> dict[str, Any] | None:
        return error_data(review.job) if review.job else None


class ParagraphOut(Schema):
    part: str
    p: int


class FindingOut(Schema):
    """One thing that is wrong. ``change`` is what applying it does to the field; empty: nothing can be applied."""

    id: UUID
    kind: FindingKind
    severity: Severity
    source: FindingSource
    standard: str
    clause: str
    section: str
    field: str = Field(alias="field_key")
    name: str = Field(description="Of the section or field it is about, or that lacks.")
    place: ParagraphOut | None
    quote: str = Field(description="Evidence, verbatim but for white space.")
    sentence: str
    suggestion: str
    change: dict[str, Any]
    fix: dict[str, Any] = Field(description="Another text for a span of a paragraph: part, p, start, end, old, new.")
    tracked: list[int] = Field(description="Ids of its tracked changes in the Word file that wait for a decision.")
    status: FindingStatus
    reason: str
    decided_by: PersonOut | None
    decided_at: datetime | None


class SuggestionOut(Schema):
    field: str
    issue: str
    suggestion: str


class ComplianceIssueOut(Schema):
    standard: str
    clause: str
    severity: Severity
    issue: str
    suggestion: str


class ReviewDetail(ReviewOut):
    """A review with its findings, and the same once more by what they are about."""

    missing_fields: list[str]
    suggestions: list[SuggestionOut]
    compliance_issues: list[ComplianceIssueOut]
    findings: list[FindingOut]

    @staticmethod
    def resolve_missing_fields(review: Review) -> list[str]:
        return [one.name for one in review.findings.all() if one.kind == FindingKind.MISSING_FIELD]

    @staticmethod
    def resolve_suggestions(review: Review) -> list[dict[str, str]]:
        about_fields = [one for one in review.findings.all() if one.field_key]
        return [
            {"field": one.field_key, "issue": one.sentence, "suggestion": one.suggestion} for one in about_fields
        ]

    @staticmethod
    def resolve_compliance_issues(review: Review) -> list[dict[str, str]]:
        return [_issue(one) for one in review.findings.all() if one.clause]


def _issue(one: Finding) -> dict[str, str]:
    return {
        "standard": one.standard,
        "clause": one.clause,
        "severity": one.severity,
        "issue": one.sentence,
        "suggestion": one.suggestion,
    }


class ToApply(Schema):
    findings: list[UUID] | Literal["all"] = Field(description="Ids, or all: the open ones that have a change.")

    model_config = ConfigDict(extra="forbid")


class RefusedChange(Schema):
    finding: UUID
    message: str


class AppliedOut(Schema):
    """Those applied now or before, those whose text a job makes a tracked change, and those that fit no more."""

    applied: list[UUID]
    proposed: list[UUID]
    job_id: UUID | None = Field(description="The job that writes the proposed texts into the Word file.")
    refused: list[RefusedChange]


class ToDecide(Schema):
    findings: list[UUID] | Literal["all"] = Field(description="Ids, or all: those with undecided tracked changes.")

    model_config = ConfigDict(extra="forbid")


class ToIgnore(Schema):
    findings: list[UUID]
    reason: str = Field(max_length=500)

    model_config = ConfigDict(extra="forbid")
