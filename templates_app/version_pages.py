"""Pages of a template's versions: what changed when and by whom, a changed file, a copy."""

from __future__ import annotations

from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect, render
from django.views.decorators.http import require_POST, require_safe

from accounts_app.errors import BadInput, Conflict, TooLarge
from accounts_app.http import actor_of
from accounts_app.page_access import page_login_required
from templates_app.downloads import send_file
from templates_app.models import Template
from templates_app.pages import paged
from templates_app.templates import duplicate_template, replace_file
from templates_app.versions import get_version, versions_of


@require_safe
@page_login_required
def template_versions(request: HttpRequest, template_id: UUID) -> HttpResponse:
    actor = actor_of(request)
    template = Template.objects.get_for(actor, id=template_id)
    context = paged(request, versions_of(template_id, actor=actor)) | {"template": template}
    return render(request, "templates_app/versions.html", context)


@require_safe
@page_login_required
def version_file(request: HttpRequest, template_id: UUID, number: int) -> HttpResponseBase:
    return send_file(request, get_version(template_id, number, actor=actor_of(request)).file)


@require_POST
@page_login_required
def template_replace(request: HttpRequest, template_id: UUID) -> HttpResponse:
    file = request.FILES.get("file")
    if file is None:
        messages.error(request, "Choose a Word file.")
        return redirect("template", template_id)
    try:
        replace_file(template_id, actor=actor_of(request), file=file)
    except (BadInput, Conflict, TooLarge) as error:
        messages.error(request, f"{file.name}: {error.user_message}")
    return redirect("template", template_id)


@require_POST
@page_login_required
def template_duplicate(request: HttpRequest, template_id: UUID) -> HttpResponse:
    made = duplicate_template(template_id, actor=actor_of(request), name=request.POST.get("name", ""))
    messages.success(request, f"“{made.name}” was made.")
    return redirect("template", made.id)
