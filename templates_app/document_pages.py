"""Pages: documents, one document with what was found in it, decisions about drafted texts."""

from __future__ import annotations

from contextlib import suppress
from itertools import zip_longest
from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect, render
from django.views.decorators.http import require_POST, require_safe

from accounts_app.errors import BadInput, Conflict
from accounts_app.http import actor_of
from accounts_app.page_access import page_login_required
from jobs_app.choices import JobStatus
from templates_app.choices import DraftStatus
from templates_app.documents import finished_file, finished_pdf, search_documents
from templates_app.downloads import send_file
from templates_app.drafts import decide_draft
from templates_app.keeping import keep_values, keepable_fields
from templates_app.models import Document
from templates_app.pages import is_fragment, paged, rights
from templates_app.shown_values import shown_groups


@require_safe
@page_login_required
def document_list(request: HttpRequest) -> HttpResponse:
    q, status = request.GET.get("q", "").strip(), request.GET.get("status", "")
    status = status if status in JobStatus.values else ""
    round_id = _as_uuid(request.GET.get("round", ""))
    context = paged(request, search_documents(actor_of(request), q=q, status=status, round_id=round_id))
    context |= {"chosen": {"q": q, "status": status, "round": round_id}, "statuses": JobStatus.choices}
    name = "_document_list.html" if is_fragment(request) else "document_list.html"
    return render(request, f"templates_app/{name}", context)


def _as_uuid(text: str) -> UUID | None:
    """What nobody wrote by hand, and what was cut in a mail, asks for nothing."""
    with suppress(ValueError):
        return UUID(text)
    return None


@require_safe
@page_login_required
def document_page(request: HttpRequest, document_id: UUID) -> HttpResponse:
    actor = actor_of(request)
    related = Document.objects.select_related(
        "template", "template_form", "job", "file__blob", "pdf", "batch", "created_by"
    )
    document = related.get_for(actor, id=document_id)
    drafts = list(document.drafts.select_related("decided_by"))
    checks = document.checks
    allowed = rights(actor, document.template)
    context = allowed | {
        "document": document,
        "keepable": keepable_fields(document) if allowed["may_edit"] else [],
        **shown_groups(document),
        "drafts": drafts,
        "open_drafts": sum(one.status == DraftStatus.OPEN for one in drafts),
        "pages": list(zip_longest(checks.get("pages", []), checks.get("template_pages", []))),
    }
    return render(request, "templates_app/document.html", context)


@require_safe
@page_login_required
def document_file(request: HttpRequest, document_id: UUID) -> HttpResponseBase:
    document = Document.objects.select_related("job", "file__blob").get_for(actor_of(request), id=document_id)
    return send_file(request, finished_file(document))


@require_safe
@page_login_required
def document_pdf(request: HttpRequest, document_id: UUID) -> HttpResponseBase:
    related = Document.objects.select_related("job", "file", "pdf__blob")
    return send_file(request, finished_pdf(related.get_for(actor_of(request), id=document_id)))


@require_POST
@page_login_required
def document_keep(request: HttpRequest, document_id: UUID) -> HttpResponse:
    kept = keep_values(document_id, request.POST.getlist("field"), actor=actor_of(request))
    if kept.facts:
        messages.success(request, f"On the fact sheet now: {', '.join(fact.label for fact in kept.facts.values())}.")
    elif not kept.refused:
        messages.error(request, "Choose the values to keep.")
    for reason in dict.fromkeys(kept.refused.values()):
        messages.error(request, reason)
    return redirect("document", document_id)


@require_POST
@page_login_required
def draft_decide(request: HttpRequest, document_id: UUID, key: str) -> HttpResponse:
    """Accepted as it stands in the box: with another text there it is accepted with changes."""
    status, text = request.POST.get("status", ""), request.POST.get("text", "")
    if status == DraftStatus.ACCEPTED:
        status = DraftStatus.EDITED
    try:
        decide_draft(document_id, key, status, text=text, actor=actor_of(request))
    except (BadInput, Conflict) as error:
        messages.error(request, error.user_message)
    return redirect(f"/documents/{document_id}/#drafts")
