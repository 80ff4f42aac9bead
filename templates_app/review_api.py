"""Reviews over the API: asked for, read, their findings applied or ignored."""

# No `from __future__ import annotations` here: ninja cannot resolve them behind `@paginate`.

from typing import Any
from uuid import UUID

from django.http import HttpRequest
from ninja import Router, Status
from ninja.pagination import LimitOffsetPagination, paginate

from accounts_app.http import actor_of, error_responses
from templates_app.api import IdempotencyKey
from templates_app.choices import TextDecision
from templates_app.models import Finding, Review
from templates_app.review_schemas import (
    AppliedOut,
    FindingOut,
    ReviewAccepted,
    ReviewDetail,
    ReviewOut,
    ReviewWanted,
    ToApply,
    ToDecide,
    ToIgnore,
)
from templates_app.reviews import apply_findings, get_review, ignore_findings, request_review, reviews_of
from templates_app.schemas import JobAccepted, accepted
from templates_app.text_fixes import decide_texts

router = Router()


@router.post(
    "/templates/{uuid:template_id}/review",
    response={202: ReviewAccepted, **error_responses(409, 503)},
    summary="Review a template",
)
def review(
    request: HttpRequest,
    template_id: UUID,
    wanted: ReviewWanted | None = None,
    idempotency_key: IdempotencyKey = None,
) -> Status[dict[str, Any]]:
    wanted = wanted or ReviewWanted()  # type: ignore[call-arg]  # all have defaults, which mypy does not see here
    made = request_review(
        template_id,
        actor=actor_of(request),
        mode=wanted.mode,
        provider=wanted.provider or wanted.reviewer_llm,
        idempotency_key=idempotency_key,
    )
    return Status(202, accepted(made.job, review_id=made.id))


@router.get(
    "/templates/{uuid:template_id}/reviews",
    response={200: list[ReviewOut], **error_responses()},
    summary="A template's reviews, newest first",
)
@paginate(LimitOffsetPagination)
def list_reviews(request: HttpRequest, template_id: UUID) -> Any:
    return reviews_of(template_id, actor=actor_of(request))


@router.get("/reviews/{uuid:review_id}", response={200: ReviewDetail, **error_responses()}, summary="One review")
def one_review(request: HttpRequest, review_id: UUID) -> Review:
    return get_review(review_id, actor=actor_of(request))


@router.post(
    "/reviews/{uuid:review_id}/apply",
    response={200: AppliedOut, **error_responses(409)},
    summary="Make the changes that findings propose",
)
def apply(request: HttpRequest, review_id: UUID, wanted: ToApply) -> dict[str, Any]:
    outcome = apply_findings(review_id, wanted.findings, actor=actor_of(request))
    return {
        "applied": [one.id for one in outcome.applied],
        "proposed": [one.id for one in outcome.proposed],
        "job_id": outcome.job.id if outcome.job else None,
        "refused": [{"finding": finding, "message": message} for finding, message in outcome.refused.items()],
    }


@router.post(
    "/reviews/{uuid:review_id}/accept",
    response={202: JobAccepted, **error_responses(409)},
    summary="Accept the tracked changes of findings",
)
def accept(request: HttpRequest, review_id: UUID, wanted: ToDecide) -> Status[dict[str, Any]]:
    return _decide(request, review_id, wanted, TextDecision.ACCEPT)


@router.post(
    "/reviews/{uuid:review_id}/reject",
    response={202: JobAccepted, **error_responses(409)},
    summary="Reject the tracked changes of findings",
)
def reject(request: HttpRequest, review_id: UUID, wanted: ToDecide) -> Status[dict[str, Any]]:
    return _decide(request, review_id, wanted, TextDecision.REJECT)


def _decide(
    request: HttpRequest, review_id: UUID, wanted: ToDecide, decision: TextDecision
) -> Status[dict[str, Any]]:
    chosen = None if wanted.findings == "all" else wanted.findings
    return Status(202, accepted(decide_texts(review_id, chosen, decision, actor=actor_of(request))))


@router.post(
    "/reviews/{uuid:review_id}/ignore",
    response={200: list[FindingOut], **error_responses(409)},
    summary="Leave findings be, with a reason",
)
def ignore(request: HttpRequest, review_id: UUID, wanted: ToIgnore) -> list[Finding]:
    return ignore_findings(review_id, wanted.findings, wanted.reason, actor=actor_of(request))
