"""Reviews as people ask for them, and what they decide about findings."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Literal

from django.db import transaction
from django.db.models import QuerySet
from django.utils import timezone

from accounts_app.access import Actor, record_audit
from accounts_app.errors import BadInput, NotFound
from accounts_app.ids import uuid7
from jobs_app.choices import UNFINISHED
from jobs_app.jobs import submit_job
from jobs_app.models import Job
from llm_app.providers import check_provider
from templates_app.choices import FindingStatus, ReviewMode
from templates_app.errors import FindingDecided, NothingToApply, ReviewNotReady
from templates_app.fields import edit_field
from templates_app.models import Finding, Review, Template
from templates_app.once import make_once
from templates_app.reviewing import REVIEW_WORKFLOW, ReviewRequest
from templates_app.templates import check_not_archived, check_usable, locked_template, workable_template
from templates_app.text_fixes import propose_texts

_MAX_REASON_CHARACTERS = 500

Chosen = Sequence[uuid.UUID] | Literal["all"]


@dataclass(slots=True)
class Applied:
    """What became of findings: done now or before, and those that could not be, with why.

    ``proposed`` are those whose texts ``job`` writes into the Word file as tracked changes; then they are applied.
    """

    applied: list[Finding] = field(default_factory=list)
    proposed: list[Finding] = field(default_factory=list)
    refused: dict[uuid.UUID, str] = field(default_factory=dict)
    job: Job | None = None


def request_review(
    template_id: uuid.UUID,
    *,
    actor: Actor | None,
    mode: str = ReviewMode.FULL,
    provider: str = "",
    idempotency_key: str | None = None,
) -> Review:
    """Start a review. While one of the same kind is under way, that one is meant.

    Without an actor it is whoever runs the installation who asks. Raises ``NotAllowed``, ``NotFound``,
    ``TemplateNotReady``, ``TemplateArchived``, ``UnknownProvider``, ``NoProvider`` and ``IdempotencyConflict``.
    """
    template = workable_template(template_id, actor=actor)
    job = make_once(
        lambda: _start(template.id, mode, provider, actor=actor),
        actor=actor,
        customer_id=template.customer_id,
        operation="template.review",
        key=idempotency_key,
        inputs={"template_id": template.id, "mode": mode, "provider": provider},
    )
    return Review.objects.select_related("job", "template").get(job=job)


def _start(template_id: uuid.UUID, mode: str, provider: str, *, actor: Actor | None) -> Job:
    """Call in a transaction: the template's row is locked, so that of two requests one finds the other's review."""
    if provider:
        check_provider(provider)
    template = Template.objects.select_for_update(no_key=True).get(id=template_id)
    check_usable(template)
    running = template.reviews.filter(mode=mode, provider=provider, job__status__in=UNFINISHED).first()
    if running is not None and running.job is not None:
        return running.job
    review = Review(id=uuid7(), customer_id=template.customer_id, template=template, mode=mode, provider=provider)
    review.created_by = actor.user if actor else None
    review.job = submit_job(
        workflow=REVIEW_WORKFLOW,
        arguments=ReviewRequest(review_id=review.id),
        customer_id=template.customer_id,
        actor=actor,
        subject=template,
    )
    review.save(force_insert=True)
    if actor is not None:
        record_audit(actor, "template.review_requested", template, mode=mode, provider=provider)
    return review.job


def reviews_of(template_id: uuid.UUID, *, actor: Actor) -> QuerySet[Review]:
    """Of one visible template, newest first."""
    template = Template.objects.get_for(actor, id=template_id)
    return Review.objects.filter(template=template).select_related("job", "created_by")


def get_review(review_id: uuid.UUID, *, actor: Actor) -> Review:
    """With its findings, in a fixed number of queries."""
    related = Review.objects.select_related("job", "created_by", "template")
    return related.prefetch_related("findings__decided_by").get_for(actor, id=review_id)


def apply_findings(review_id: uuid.UUID, chosen: Chosen, *, actor: Actor) -> Applied:
    """Make the proposed changes; ``all`` means the open ones that have one. Safe to call twice.

    Fields change at once, texts become tracked changes by a job. What no longer fits its field or text is refused and
    the others are made. Raises ``NothingToApply`` for a named finding without a change, ``TemplateBusy``,
    ``NotAllowed``, ``NotFound``, ``TemplateArchived`` and ``ReviewNotReady``.
    """
    outcome, texts = Applied(), []
    with transaction.atomic():
        review = _locked_review(review_id, actor)
        for one in _chosen(review, chosen):
            if one.status == FindingStatus.APPLIED:
                outcome.applied.append(one)
            elif not one.can_be_applied:
                raise NothingToApply(finding=str(one.id))
            elif one.change:
                _apply(review, one, outcome, actor)
            if one.fix and not one.tracked and one.id not in outcome.refused:
                texts.append(one)
        if texts:
            outcome.job, refused = propose_texts(review.template, texts, actor=actor)
            outcome.refused |= refused
            outcome.proposed = [one for one in texts if one.id not in refused]
    return outcome


def _apply(review: Review, one: Finding, outcome: Applied, actor: Actor) -> None:
    try:
        with transaction.atomic():
            edit_field(review.template_id, one.field_key, one.change, actor=actor)
            _decide(one, FindingStatus.APPLIED, actor)
    except (BadInput, NotFound) as error:
        outcome.refused[one.id] = error.user_message
    else:
        outcome.applied.append(one)


def ignore_findings(review_id: uuid.UUID, chosen: Sequence[uuid.UUID], reason: str, *, actor: Actor) -> list[Finding]:
    """Leave findings be, and say why. The same again does nothing; another reason replaces the first.

    Raises ``BadInput`` without a reason, ``FindingDecided`` for an applied one, and as ``apply_findings`` does.
    """
    reason = reason.strip()
    if not 0 < len(reason) <= _MAX_REASON_CHARACTERS:
        raise BadInput(f"Say why, in at most {_MAX_REASON_CHARACTERS} characters.", field="reason")
    with transaction.atomic():
        review = _locked_review(review_id, actor)
        found = _chosen(review, chosen)
        if any(one.status == FindingStatus.APPLIED for one in found):
            raise FindingDecided()
        for one in found:
            if (one.status, one.reason) != (FindingStatus.IGNORED, reason):
                _decide(one, FindingStatus.IGNORED, actor, reason=reason)
                record_audit(actor, "finding.ignored", review.template, finding=str(one.id), reason=reason)
    return found


def _locked_review(review_id: uuid.UUID, actor: Actor) -> Review:
    """The lock is the template's, which every decision about its findings holds."""
    review = Review.objects.get_for(actor, id=review_id)
    review.template = locked_template(review.template_id, actor=actor)
    check_not_archived(review.template)
    if review.completed_at is None:
        raise ReviewNotReady()
    return review


def _chosen(review: Review, chosen: Chosen) -> list[Finding]:
    if isinstance(chosen, str):
        return list(review.findings.filter(status=FindingStatus.OPEN).exclude(change={}, fix={}))
    wanted = list(dict.fromkeys(chosen))
    found = list(review.findings.filter(id__in=wanted))
    if len(found) != len(wanted):
        raise NotFound("There is no such finding in this review.")
    return found


def _decide(one: Finding, status: FindingStatus, actor: Actor, *, reason: str = "") -> None:
    one.status, one.reason, one.decided_by, one.decided_at = status, reason, actor.user, timezone.now()
    one.save(update_fields=["status", "reason", "decided_by", "decided_at"])
