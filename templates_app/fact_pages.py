"""Pages of facts: the sheet, one fact with its history, and which fact fills which field of a template."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods, require_POST

from accounts_app.access import Actor
from accounts_app.choices import Role
from accounts_app.errors import BadInput, TooLarge
from accounts_app.http import actor_of
from accounts_app.page_access import page_login_required
from templates_app.errors import BadFact, BadRows
from templates_app.fact_import import import_facts
from templates_app.facts import fact_history, facts_not_stated, remove_fact, state_fact, visible_facts
from templates_app.forms import FactForm
from templates_app.matching import link_fact, match_facts, unlink_fact
from templates_app.models import Template
from templates_app.shown_values import shown_fact

_BY_RULE, _NONE = "", "-"


@require_http_methods(["GET", "HEAD", "POST"])
@page_login_required
def fact_list(request: HttpRequest) -> HttpResponse:
    """The sheet, with a form that states one more."""
    form = FactForm(request.POST, request.FILES) if request.method == "POST" else FactForm()
    if request.method == "POST" and form.is_valid() and _stated(form, actor_of(request)):
        messages.success(request, f"“{form.cleaned_data['label']}” is on the sheet.")
        return redirect("facts")
    return _fact_list(request, form, status=422 if form.errors else 200)


def _fact_list(
    request: HttpRequest, form: FactForm, *, bad_rows: list[dict[str, Any]] | None = None, status: int = 200
) -> HttpResponse:
    actor = actor_of(request)
    facts = list(visible_facts(actor, actor.customer_id()))
    context = {
        "facts": [(fact, shown_fact(fact)) for fact in facts],
        "often_asked": facts_not_stated(facts),
        "form": form,
        "bad_rows": bad_rows or [],
        "may_edit": actor.can(Role.EDITOR, actor.customer_id()),
    }
    return render(request, "templates_app/facts.html", context, status=status)


def _stated(form: FactForm, actor: Actor) -> bool:
    """State the fact; what does not fit is said by the form."""
    try:
        state_fact(actor=actor, customer_id=actor.customer_id(), **form.given())
    except BadFact as error:
        field = error.details.get("field")
        form.add_error({"key": "label"}.get(field, field) if field else None, error.user_message)
        return False
    return True


@require_http_methods(["GET", "HEAD", "POST"])
@page_login_required
def fact_page(request: HttpRequest, key: str) -> HttpResponse:
    """One fact and all that was said before; a POST says something else."""
    actor = actor_of(request)
    history = fact_history(key, actor=actor, customer_id=actor.customer_id())
    fact = history[0]
    form = FactForm(request.POST, request.FILES, fact=fact) if request.method == "POST" else FactForm(fact=fact)
    if request.method == "POST" and form.is_valid() and _stated(form, actor):
        messages.success(request, f"“{form.cleaned_data['label']}” is changed.")
        return redirect("fact", key)
    context = {
        "fact": fact,
        "shown": shown_fact(fact),
        "history": [(one, shown_fact(one)) for one in history],
        "form": form,
        "may_edit": actor.can(Role.EDITOR, fact.customer_id),
    }
    return render(request, "templates_app/fact.html", context, status=422 if form.errors else 200)


@require_POST
@page_login_required
def fact_remove(request: HttpRequest, key: str) -> HttpResponse:
    actor = actor_of(request)
    remove_fact(key, actor=actor, customer_id=actor.customer_id())
    messages.success(request, "The fact is taken off the sheet. Its history stays.")
    return redirect("facts")


@require_POST
@page_login_required
def fact_import(request: HttpRequest) -> HttpResponse:
    actor = actor_of(request)
    file = request.FILES.get("file")
    if file is None:
        messages.error(request, "Choose a CSV or XLSX file.")
        return redirect("facts")
    try:
        done = import_facts(file, customer_id=actor.customer_id(), actor=actor)
    except BadRows as error:
        return _fact_list(request, FactForm(), bad_rows=error.details["rows"], status=error.http_status)
    except (BadInput, TooLarge) as error:
        messages.error(request, f"{file.name}: {error.user_message}")
    else:
        messages.success(request, f"{file.name}: {done.rows} facts read, {done.changed} new or changed.")
    return redirect("facts")


@require_http_methods(["GET", "HEAD", "POST"])
@page_login_required
def template_facts(request: HttpRequest, template_id: UUID) -> HttpResponse:
    """What the sheet has for each field; a POST says it for one of them."""
    actor = actor_of(request)
    if request.method == "POST":
        _link(request, template_id, actor)
        return redirect(f"/templates/{template_id}/facts/#field-{request.POST.get('field', '')}")
    template = Template.objects.get_for(actor, id=template_id)
    matches = list(match_facts(template).values())
    context = {
        "template": template,
        "found": [match for match in matches if match.fact or match.problem or match.is_detached],
        "others": [match for match in matches if not (match.fact or match.problem or match.is_detached)],
        "facts": list(visible_facts(actor, template.customer_id)),
        "may_edit": template.archived_at is None and actor.can(Role.EDITOR, template.customer_id),
    }
    return render(request, "templates_app/template_facts.html", context)


def _link(request: HttpRequest, template_id: UUID, actor: Actor) -> None:
    field, chosen = request.POST.get("field", ""), request.POST.get("fact", _BY_RULE)
    if chosen == _BY_RULE:
        unlink_fact(template_id, field, actor=actor)
    else:
        link_fact(template_id, field, None if chosen == _NONE else chosen, actor=actor)
