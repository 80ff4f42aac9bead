"""Pages of reviews: one template's latest and older ones, decisions about findings, type and standards by hand."""

from __future__ import annotations

from itertools import groupby
from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_POST, require_safe

from accounts_app.choices import Role
from accounts_app.errors import BadInput
from accounts_app.http import actor_of
from accounts_app.page_access import page_login_required
from llm_app.providers import usable_providers
from templates_app.choices import FindingKind, FindingStatus, ReviewMode, TextDecision
from templates_app.models import Finding, Template
from templates_app.reviews import apply_findings, get_review, ignore_findings, request_review, reviews_of
from templates_app.standards.catalogue import catalogue, get_standard
from templates_app.templates import change_template
from templates_app.text_fixes import decide_texts

_OLDER_SHOWN = 10


@require_safe
@page_login_required
def template_reviews(request: HttpRequest, template_id: UUID) -> HttpResponse:
    """The latest review, or the way to the first one."""
    latest = reviews_of(template_id, actor=actor_of(request)).first()
    if latest is not None:
        return redirect("review", latest.id)
    return _review_page(request, template_id, None)


@require_safe
@page_login_required
def review_page(request: HttpRequest, review_id: UUID) -> HttpResponse:
    review = get_review(review_id, actor=actor_of(request))
    return _review_page(request, review.template_id, review_id)


def _review_page(request: HttpRequest, template_id: UUID, review_id: UUID | None) -> HttpResponse:
    actor = actor_of(request)
    template = Template.objects.select_related("parse_job").get_for(actor, id=template_id)
    review = get_review(review_id, actor=actor) if review_id else None
    findings = list(review.findings.all()) if review else []
    usable = template.archived_at is None and template.is_ready
    context = {
        "template": template,
        "review": review,
        "is_busy": template.is_busy,
        "groups": _by_kind(findings),
        "open_count": sum(one.status == FindingStatus.OPEN for one in findings),
        "tracked_count": sum(bool(one.tracked) for one in findings),
        "changes_count": sum(one.status == FindingStatus.OPEN and one.can_be_applied for one in findings),
        "older": list(reviews_of(template_id, actor=actor)[:_OLDER_SHOWN]),
        "modes": ReviewMode.choices,
        "providers": usable_providers(),
        "kinds": catalogue().document_types.values(),
        "standards": catalogue().standards.values(),
        "may_edit": usable and actor.can(Role.EDITOR, template.customer_id),
    }
    return render(request, "templates_app/review.html", context)


def _by_kind(findings: list[Finding]) -> list[tuple[str, list[Finding]]]:
    """In the order in which the rules gave them, the model's last."""
    return [(FindingKind(kind).label, list(group)) for kind, group in groupby(findings, key=lambda one: one.kind)]


@require_POST
@page_login_required
def template_review(request: HttpRequest, template_id: UUID) -> HttpResponse:
    mode = request.POST.get("mode", ReviewMode.FULL)
    if mode not in ReviewMode.values:
        raise BadInput("A review is full or quick.", field="mode")
    provider = request.POST.get("provider", "")
    review = request_review(template_id, actor=actor_of(request), mode=mode, provider=provider)
    return redirect("review", review.id)


@require_POST
@page_login_required
def review_apply(request: HttpRequest, review_id: UUID) -> HttpResponse:
    chosen = _finding_ids(request)
    outcome = apply_findings(review_id, chosen or "all", actor=actor_of(request))
    for message in outcome.refused.values():
        messages.error(request, message)
    if outcome.proposed:
        messages.success(request, f"{len(outcome.proposed)} texts are being put into the Word file as tracked changes.")
    if outcome.applied:
        messages.success(request, f"{len(outcome.applied)} changed. Review again for new scores.")
    return redirect("review", review_id)


@require_POST
@page_login_required
def review_decide(request: HttpRequest, review_id: UUID) -> HttpResponse:
    decision = request.POST.get("decision", "")
    if decision not in (TextDecision.ACCEPT, TextDecision.REJECT):
        raise BadInput("A tracked change is accepted or rejected.", field="decision")
    decide_texts(review_id, _finding_ids(request) or None, TextDecision(decision), actor=actor_of(request))
    return redirect("review", review_id)


@require_POST
@page_login_required
def review_ignore(request: HttpRequest, review_id: UUID) -> HttpResponse:
    try:
        ignore_findings(review_id, _finding_ids(request), request.POST.get("reason", ""), actor=actor_of(request))
    except BadInput as error:
        messages.error(request, error.user_message)
    return redirect("review", review_id)


def _finding_ids(request: HttpRequest) -> list[UUID]:
    try:
        return [UUID(one) for one in request.POST.getlist("finding")]
    except ValueError:
        raise BadInput("There is no such finding.", field="finding") from None


@require_POST
@page_login_required
def template_classification(request: HttpRequest, template_id: UUID) -> HttpResponse:
    change_template(
        template_id,
        actor=actor_of(request),
        document_type=request.POST.get("document_type", ""),
        standards=request.POST.getlist("standards"),
    )
    messages.success(request, "Type and standards are set. Review again for new findings.")
    return redirect("template_reviews", template_id)


@require_safe
@page_login_required
def standard_list(request: HttpRequest) -> HttpResponse:
    context = {"standards": catalogue().standards.values(), "kinds": catalogue().document_types.values()}
    return render(request, "templates_app/standard_list.html", context)


@require_safe
@page_login_required
def standard_page(request: HttpRequest, standard_id: str) -> HttpResponse:
    return render(request, "templates_app/standard.html", {"standard": get_standard(standard_id)})
