"""Pages of batches: a template filled from a table, and what became of each row."""

from __future__ import annotations

import hashlib
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.core.files.uploadedfile import UploadedFile
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods, require_safe

from accounts_app.errors import BadInput, Conflict, TooLarge
from accounts_app.http import actor_of
from accounts_app.page_access import page_login_required
from templates_app.batches import batches_of, create_batch, documents_of, get_batch, zipped_file
from templates_app.choices import OnUnfilled
from templates_app.downloads import send_file
from templates_app.errors import BadRows
from templates_app.losses import undecided_in
from templates_app.models import Template
from templates_app.pages import once_key, once_of, paged, rights, wishes_for_many
from templates_app.preflight import told_of_template
from templates_app.templates import check_usable

_OLDER_SHOWN = 10


@require_http_methods(["GET", "HEAD", "POST"])
@page_login_required
def template_batch(request: HttpRequest, template_id: UUID) -> HttpResponse:
    template = Template.objects.get_for(actor_of(request), id=template_id)
    check_usable(template)
    if request.method != "POST":
        return _form(request, template)
    file = request.FILES.get("file")
    if file is None:
        messages.error(request, "Choose a CSV or XLSX file.")
        return _form(request, template, status=422)
    wishes = wishes_for_many(request)
    name = request.POST.get("name", "")
    try:
        batch = create_batch(
            actor=actor_of(request),
            template_id=template_id,
            file=file,
            name=name,
            wishes=wishes,
            idempotency_key=once_key(request, [name, _digest(file), wishes]),
        )
    except BadRows as error:
        return _form(request, template, bad_rows=error.details["rows"], status=error.http_status)
    except (BadInput, Conflict, TooLarge) as error:
        messages.error(request, f"{file.name}: {error.user_message}")
        return _form(request, template, status=error.http_status)
    return redirect("batch", batch.id)


def _digest(file: UploadedFile[Any]) -> str:
    digest = hashlib.sha256()
    for chunk in file.chunks():
        digest.update(chunk)
    file.seek(0)
    return digest.hexdigest()


def _form(
    request: HttpRequest, template: Template, *, bad_rows: list[dict[str, Any]] | None = None, status: int = 200
) -> HttpResponse:
    context = rights(actor_of(request), template) | {
        "template": template,
        "once": once_of(request),
        "fields": list(template.fields.all()),
        "batches": list(batches_of(actor_of(request), template_id=template.id)[:_OLDER_SHOWN]),
        "bad_rows": bad_rows or [],
        "on_unfilled": OnUnfilled.choices,
        "chosen_unfilled": OnUnfilled.chosen(request.POST.get("on_unfilled", "")),
        "undecided": told_of_template(undecided_in(template.losses)),
    }
    return render(request, "templates_app/template_batch.html", context, status=status)


@require_safe
@page_login_required
def batch_page(request: HttpRequest, batch_id: UUID) -> HttpResponse:
    actor = actor_of(request)
    batch = get_batch(batch_id, actor=actor)
    context = rights(actor, batch.template) | paged(request, documents_of(batch)) | {"batch": batch}
    return render(request, "templates_app/batch.html", context)


@require_safe
@page_login_required
def batch_file(request: HttpRequest, batch_id: UUID) -> HttpResponseBase:
    return send_file(request, zipped_file(get_batch(batch_id, actor=actor_of(request))))
