"""Pages of rounds: a template filled for several customers at once, and all that came of it as one file."""

from __future__ import annotations

from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_safe

from accounts_app.errors import BadInput, Conflict, TooLarge
from accounts_app.http import actor_of
from accounts_app.page_access import page_login_required
from templates_app.choices import OnUnfilled
from templates_app.downloads import send_zip
from templates_app.errors import NobodyServed
from templates_app.losses import undecided_in
from templates_app.models import Template
from templates_app.pages import once_key, once_of, wishes_for_many
from templates_app.preflight import told_of_template
from templates_app.rounds import MAX_CUSTOMERS, candidates, make_round, zipped_round


@require_http_methods(["GET", "HEAD", "POST"])
@page_login_required
def template_round(request: HttpRequest, template_id: UUID) -> HttpResponse:
    template = Template.objects.get_for(actor_of(request), id=template_id)
    if request.method != "POST":
        return _form(request, template)
    wishes = wishes_for_many(request)
    name, customers = request.POST.get("name", ""), request.POST.getlist("customer")
    try:
        made = make_round(
            actor=actor_of(request),
            template_id=template_id,
            customers=customers,
            name=name,
            wishes=wishes,
            idempotency_key=once_key(request, [name, customers, wishes]),
        )
    except NobodyServed as error:
        return _form(request, template, refused=error.details, status=error.http_status)
    except BadInput as error:
        messages.error(request, error.user_message)
        return _form(request, template, status=error.http_status)
    for one in made.refused:
        messages.error(request, f"{one.customer.name}: {one.message}")
    return redirect(f"{reverse('documents')}?round={made.id}")


def _form(
    request: HttpRequest, template: Template, *, refused: dict[str, str] | None = None, status: int = 200
) -> HttpResponse:
    known = candidates(template.id, actor=actor_of(request))
    chosen = set(request.POST.getlist("customer"))
    context = {
        "template": template,
        "once": once_of(request),
        "refused": bool(refused),
        "candidates": [(one, (refused or {}).get(one.customer.slug, ""), one.customer.slug in chosen) for one in known],
        "name": request.POST.get("name", template.name),
        "wished": request.POST,
        "most": MAX_CUSTOMERS,
        "on_unfilled": OnUnfilled.choices,
        "chosen_unfilled": OnUnfilled.chosen(request.POST.get("on_unfilled", "")),
        "undecided": told_of_template(undecided_in(template.losses)),
    }
    return render(request, "templates_app/template_round.html", context, status=status)


@require_safe
@page_login_required
def round_file(request: HttpRequest, round_id: UUID) -> HttpResponse:
    try:
        return send_zip(*zipped_round(round_id, actor=actor_of(request)))
    except (Conflict, TooLarge) as error:
        messages.error(request, error.user_message)
        return redirect(f"{reverse('documents')}?round={round_id}")
