"""Pages: templates, one template, its fields, the form that fills it."""

from __future__ import annotations

from typing import Any
from uuid import UUID, uuid4

from django.contrib import messages
from django.core.paginator import Paginator
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from accounts_app.access import Actor
from accounts_app.choices import Role
from accounts_app.errors import BadInput, Conflict, DnaError, NotSignedIn
from accounts_app.http import actor_of
from accounts_app.page_access import page_login_required
from jobs_app.canonical import digest_of
from jobs_app.choices import JobStatus
from jobs_app.jobs import DEFAULT_PRIORITY
from llm_app.providers import is_any_available, usable_providers
from templates_app.choices import FieldType, OnUnfilled
from templates_app.documents import (
    Wishes,
    create_document,
    missing_fields,
    search_documents,
    values_to_take_over,
)
from templates_app.downloads import html_fragment, send_file
from templates_app.errors import BadField, UndecidedChanges
from templates_app.fields import edit_field, get_field
from templates_app.fill_form import (
    UNSURE_BELOW,
    build_contents,
    build_groups,
    build_known,
    first_values,
    read_values,
)
from templates_app.forms import FieldForm
from templates_app.losses import undecided_in
from templates_app.matching import known_values, match_facts
from templates_app.models import Correction, Document, Template, TemplateField
from templates_app.preflight import told_of_template
from templates_app.previews import template_preview
from templates_app.standards.catalogue import catalogue
from templates_app.templates import (
    archive_template,
    change_template,
    get_whole_template,
    reparse_template,
    restore_template,
    search_templates,
    standards_in_use,
    upload_template,
    usable_template,
)
from templates_app.values import check_values
from templates_app.word_files import SUFFIXES

_PER_PAGE = 25


# --- templates ------------------------------------------------------------------------------------------------------


@require_safe
@page_login_required
def template_list(request: HttpRequest) -> HttpResponse:
    actor = actor_of(request)
    chosen = {name: request.GET.get(name, "").strip() for name in ("q", "status", "standard")}
    chosen["status"] = chosen["status"] if chosen["status"] in JobStatus.values else ""
    archived = request.GET.get("archived") == "1"
    found = search_templates(actor, **chosen, archived=archived)
    context = paged(request, found) | {"chosen": chosen, "archived": archived}
    if is_fragment(request):
        return render(request, "templates_app/_template_list.html", context)
    more = {
        "statuses": JobStatus.choices,
        "standards": standards_in_use(actor),
        "may_upload": actor.current is not None and actor.can(Role.EDITOR, actor.current),
        "suffixes": ",".join(SUFFIXES),
        "known_standards": catalogue().standards.values(),
        "default_priority": DEFAULT_PRIORITY,
        "providers": usable_providers(),
    }
    return render(request, "templates_app/template_list.html", context | more)


@require_POST
@page_login_required
def template_upload(request: HttpRequest) -> HttpResponse:
    """The way without JavaScript: every file is taken or refused for itself."""
    actor = actor_of(request)
    files = request.FILES.getlist("file")
    if not files:
        messages.error(request, "Choose at least one Word file.")
    last = None
    for file in files:
        try:
            name = request.POST.get("name", "") if len(files) == 1 else ""
            last = upload_template(
                actor=actor, customer_id=actor.customer_id(), file=file, name=name, **_upload_options(request)
            )
        except NotSignedIn:
            raise
        except DnaError as error:
            messages.error(request, f"{file.name}: {error.user_message}")
        else:
            messages.success(request, f"{file.name} was uploaded and is being read.")
    return redirect("template", last.id) if last and len(files) == 1 else redirect("templates")


def _upload_options(request: HttpRequest) -> dict[str, Any]:
    """What the form says of all its files."""
    priority = request.POST.get("priority", "").strip() or str(DEFAULT_PRIORITY)
    if not (priority.isascii() and priority.isdigit()):
        raise BadInput("Priority is a number from 0 to 10.", field="priority")
    told = {name: request.POST.get(name, "") for name in ("standard", "custom_rules", "provider")}
    return {**told, "priority": int(priority), "allow_questions": "allow_questions" in request.POST}


@require_safe
@page_login_required
def template_page(request: HttpRequest, template_id: UUID) -> HttpResponse:
    actor = actor_of(request)
    template = get_whole_template(template_id, actor=actor)
    fields = list(template.fields.all())
    context = rights(actor, template) | {
        "template": template,
        "has_customers": len(actor.customers_as(Role.EDITOR)) > 1,
        "groups": build_groups(fields, {}, {}) if template.is_ready else [],
        "corrections": _corrections(template),
        "providers": usable_providers(also=template.provider),
        "suffixes": ",".join(SUFFIXES),
        "unsure_count": sum(one.confidence < UNSURE_BELOW for one in fields),
        "documents": list(search_documents(actor, template_id=template.id)[:5]),
    }
    return render(request, "templates_app/template.html", context)


def _corrections(template: Template) -> dict[str, list[Correction]]:
    found = list(template.corrections.all())
    return {
        "all": found,
        "made": [one for one in found if not one.refusal],
        "refused": [one for one in found if one.refusal],
    }


@require_safe
@page_login_required
def template_preview_fragment(request: HttpRequest, template_id: UUID) -> HttpResponse:
    template = Template.objects.select_related("parsed_file").get_for(actor_of(request), id=template_id)
    return html_fragment(template_preview(template))


@require_safe
@page_login_required
def template_file(request: HttpRequest, template_id: UUID) -> HttpResponseBase:
    template = Template.objects.select_related("file__blob").get_for(actor_of(request), id=template_id)
    return send_file(request, template.file)


@require_POST
@page_login_required
def template_parse(request: HttpRequest, template_id: UUID) -> HttpResponse:
    try:
        reparse_template(template_id, actor=actor_of(request))
    except Conflict as error:
        messages.error(request, error.user_message)
    return redirect("template", template_id)


@require_POST
@page_login_required
def template_settings(request: HttpRequest, template_id: UUID) -> HttpResponse:
    """Name, hints, language model: saved, and where it is asked for the file is read again with them."""
    actor = actor_of(request)
    told = {name: request.POST.get(name, "").replace("\r\n", "\n") for name in ("name", "custom_rules", "provider")}
    try:
        change_template(template_id, actor=actor, allow_questions="allow_questions" in request.POST, **told)
        messages.success(request, "Saved.")
        if request.POST.get("read"):
            reparse_template(template_id, actor=actor)
    except (BadInput, Conflict) as error:
        messages.error(request, error.user_message)
    return redirect("template", template_id)


@require_POST
@page_login_required
def template_archive(request: HttpRequest, template_id: UUID) -> HttpResponse:
    template = archive_template(template_id, actor=actor_of(request))
    messages.success(request, f"“{template.name}” is archived.")
    return redirect("templates")


@require_POST
@page_login_required
def template_restore(request: HttpRequest, template_id: UUID) -> HttpResponse:
    restore_template(template_id, actor=actor_of(request))
    return redirect("template", template_id)


@require_http_methods(["GET", "HEAD", "POST"])
@page_login_required
def template_field(request: HttpRequest, template_id: UUID, key: str) -> HttpResponse:
    """A field: shown as a line (``?line=1``), as a form, or changed by it; inside the template's page or by itself."""
    actor = actor_of(request)
    template = Template.objects.get_for(actor, id=template_id)
    field = get_field(template, key)
    form = FieldForm(request.POST or None, field=field)
    if request.method == "POST" and form.is_valid() and _changed(field, form, actor):
        if is_fragment(request):
            return _field_line(request, template, get_field(template, key))
        return redirect(f"/templates/{template.id}/#field-{key}")
    if is_fragment(request) and request.GET.get("line"):
        return _field_line(request, template, field)
    context = {"template": template, "field": field, "form": form, "in_page": is_fragment(request)}
    name = "templates_app/_field_form.html" if is_fragment(request) else "templates_app/field.html"
    return render(request, name, context, status=422 if form.errors else 200)


def _changed(field: TemplateField, form: FieldForm, actor: Actor) -> bool:
    """Make the change; what does not fit is said by the form."""
    try:
        edit_field(field.template_id, field.key, form.changes(), actor=actor)
    except BadField as error:
        form.add_error(error.details["field"], error.user_message)
        return False
    return True


def _field_line(request: HttpRequest, template: Template, field: TemplateField) -> HttpResponse:
    item = build_groups([field], {}, {})[0].inputs[0]
    context = rights(actor_of(request), template) | {"template": template, "item": item, "focus": True}
    return render(request, "templates_app/_field_line.html", context)


# --- filling --------------------------------------------------------------------------------------------------------


@require_http_methods(["GET", "HEAD", "POST"])
@page_login_required
def template_fill(request: HttpRequest, template_id: UUID) -> HttpResponse:
    actor = actor_of(request)
    template = usable_template(template_id, actor=actor)
    fields = list(template.fields.select_related("section"))
    if request.method != "POST":
        values = first_values(fields) | known_values(match_facts(template, fields))
        if older := request.GET.get("from"):
            document = Document.objects.get_for(actor, id=older, template_id=template.id)
            values |= values_to_take_over(document, fields)
        return _fill_page(request, template, fields, values, name=request.GET.get("name", ""))
    return _fill(request, template, fields, actor)


def _fill(request: HttpRequest, template: Template, fields: list[TemplateField], actor: Actor) -> HttpResponse:
    """Make the document, or show the form again with what was typed and what is wrong with it."""
    values, errors = read_values(fields, request.POST, request.FILES)
    name = request.POST.get("name", "").strip()
    if table := request.POST.get("more_rows", ""):
        return _fill_page(request, template, fields, values, name=name, more_rows=table)
    wishes = _wishes(request)
    missing = missing_fields(fields, values, wishes)
    errors = check_values(fields, values)[1] | errors
    if errors or missing:
        return _fill_page(request, template, fields, values, name=name, status=422, errors=errors, missing=missing)
    try:
        document = create_document(
            actor=actor,
            template_id=template.id,
            name=name,
            values=values,
            wishes=wishes,
            idempotency_key=once_key(request, [name, values, wishes]),
        )
    except UndecidedChanges as refused:
        return _fill_page(request, template, fields, values, name=name, status=refused.http_status)
    return redirect("document", document.id)


def once_of(request: HttpRequest) -> str:
    """What a form says of itself in its hidden field ``once``; a new one for a form not yet sent."""
    return request.POST.get("once", "")[:64] or uuid4().hex


def once_key(request: HttpRequest, asked: Any) -> str | None:
    """One form sent twice as it was is one wish; changed after going back to it, it is another."""
    return f"{once_of(request)}/{digest_of(asked)}" if request.POST.get("once") else None


def wishes_for_many(request: HttpRequest) -> Wishes:
    """What the forms of batches and rounds ask for, with facts."""
    return Wishes(
        on_unfilled=OnUnfilled.chosen(request.POST.get("on_unfilled", "")),
        partial="partial" in request.POST,
        draft="all" if "draft" in request.POST else (),
        pdf="pdf" in request.POST,
    )


def _wishes(request: HttpRequest) -> Wishes:
    """What the form shows is what is meant: a field that was cleared stays empty, whatever the fact sheet says.

    "Create with these left empty" says so of fields that were to be refused, too.
    """
    on_unfilled, partial = OnUnfilled.chosen(request.POST.get("on_unfilled", "")), "incomplete" in request.POST
    return Wishes(
        on_unfilled=OnUnfilled.LIST if partial and on_unfilled == OnUnfilled.REFUSE else on_unfilled,
        partial=partial,
        with_facts=False,
        draft="all" if "draft" in request.POST else (),
        pdf="pdf" in request.POST,
    )


def _fill_page(
    request: HttpRequest,
    template: Template,
    fields: list[TemplateField],
    values: dict[str, Any],
    *,
    name: str,
    errors: dict[str, str] | None = None,
    missing: list[TemplateField] | None = None,
    more_rows: str = "",
    status: int = 200,
) -> HttpResponse:
    problems = {one.key: "This must be filled." for one in missing or []} | (errors or {})
    known = build_known(fields, values, problems, match_facts(template, fields))
    known_keys = {item.field.key for item in known}
    asked = [one for one in fields if one.key not in known_keys]
    groups = build_groups(asked, values, problems, more_rows=more_rows)
    context = {
        "template": template,
        "known": known,
        "contents": build_contents(template.sections.all(), groups),
        "groups": groups,
        "fields_count": len(fields),
        "has_required": any(one.required for one in fields),
        "has_long_texts": any(one.type == FieldType.LONG_TEXT for one in fields),
        "name": name or template.name,
        "once": once_of(request),
        "problems": [(one, problems[one.key]) for one in fields if one.key in problems],
        "only_missing": bool(missing) and not errors,
        "on_unfilled": OnUnfilled.choices,
        "chosen_unfilled": OnUnfilled.chosen(request.POST.get("on_unfilled", "")),
        "undecided": told_of_template(undecided_in(template.losses)),
        "is_undecided": status == UndecidedChanges.http_status,
        "may_draft": any(one.type == FieldType.LONG_TEXT for one in asked) and is_any_available(),
        "chosen": request.POST if request.method == "POST" else {"pdf": "1"},
    }
    return render(request, "templates_app/fill.html", context, status=status)


# --- what they share ------------------------------------------------------------------------------------------------


def is_fragment(request: HttpRequest) -> bool:
    """Asked for by htmx, and not to restore a page from its history."""
    return request.headers.get("HX-Request") == "true" and "HX-History-Restore-Request" not in request.headers


def paged(request: HttpRequest, found: QuerySet[Any]) -> dict[str, Any]:
    page = Paginator(found, _PER_PAGE).get_page(request.GET.get("page"))
    query = request.GET.copy()
    query.pop("page", None)
    return {"page": page, "query": query.urlencode()}


def rights(actor: Actor, template: Template) -> dict[str, bool]:
    usable = template.archived_at is None
    return {
        "may_edit": usable and actor.can(Role.EDITOR, template.customer_id),
        "may_archive": usable and actor.can(Role.MANAGER, template.customer_id),
        "may_restore": not usable and actor.can(Role.MANAGER, template.customer_id),
    }
