"""The admin of jobs: everything to look at, nothing to edit; what changes something goes through the functions of all
doors."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from typing import Any, ClassVar

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.db.models import Model, QuerySet
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse
from django.utils.html import format_html
from django.views.decorators.http import require_POST
from unfold.admin import ModelAdmin

from accounts_app.access import Actor, staff_actor
from accounts_app.admin import CustomerAdmin, UserAdmin
from accounts_app.errors import DnaError
from accounts_app.http import actor_of
from jobs_app.admin_overview import overview
from jobs_app.answer_form import AnswerForm
from jobs_app.dead_letters import dismiss_job, waiting_letters
from jobs_app.downloads import send_file
from jobs_app.erasing import erase_customer, erase_job, erase_person
from jobs_app.jobs import cancel_job, redo_job, retry_job
from jobs_app.models import (
    Alert,
    Artifact,
    Blob,
    Chore,
    DeadLetter,
    IdempotentRequest,
    Job,
    Question,
    StepResult,
    Worker,
)
from jobs_app.questions import answer_question
from jobs_app.timeline import read_timeline


class ReadOnlyAdmin(ModelAdmin):
    """For rows the program writes: staff look at them."""

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return False

    def has_act_permission(self, request: HttpRequest) -> bool:
        """Acting for a customer is for administrators."""
        return bool(request.user.is_superuser)


def acting_for(request: HttpRequest, customer_id: uuid.UUID) -> Actor:
    return staff_actor(actor_of(request), customer_id=customer_id)


def for_each(request: HttpRequest, rows: QuerySet[Any], act: Callable[[Any], Any], done: str) -> None:
    """Do it to each on its own, so that one that cannot does not hold up the others; say how it went."""
    count = 0
    for row in rows:
        try:
            act(row)
            count += 1
        except DnaError as error:
            messages.warning(request, f"{row.pk}: {error.user_message}")
    if count:
        messages.success(request, f"{count} {done}.")


def confirmation(request: HttpRequest, rows: QuerySet[Any], *, action: str, title: str, warning: str) -> HttpResponse:
    """A page that asks before an action that cannot be undone; its form sends the action again, confirmed."""
    context = {
        **admin.site.each_context(request),
        "title": title,
        "warning": warning,
        "action": action,
        "rows": rows,
        "needs_reason": action == "dismiss_selected",
    }
    return TemplateResponse(request, "jobs_app/admin_confirm.html", context)


@admin.register(Job)
class JobAdmin(ReadOnlyAdmin):
    list_display = ("id", "workflow", "customer", "status", "progress", "current_step", "created_at", "timeline_link")
    list_filter = ("status", "workflow", "errored", "customer")
    search_fields = ("id", "workflow", "subject_id", "error_code")
    list_select_related = ("customer",)
    show_full_result_count = False
    change_form_outer_before_template = "jobs_app/admin_job.html"
    actions: ClassVar = ["cancel_selected", "retry_selected", "erase_selected"]

    def get_urls(self) -> list[URLPattern]:
        timeline, act = self.admin_site.admin_view(self.timeline), self.admin_site.admin_view(self.act)
        name = self.model._meta.model_name
        own = [
            path("<uuid:job_id>/timeline/", timeline, name=f"jobs_app_{name}_timeline"),
            path("<uuid:job_id>/act/", act, name=f"jobs_app_{name}_act"),
        ]
        return own + list(super().get_urls())

    @admin.display(description="Timeline")
    def timeline_link(self, job: Job) -> str:
        url = reverse("admin:jobs_app_job_timeline", args=[job.pk])
        return format_html('<a href="{}">{} events</a>', url, job.last_event_number)

    def timeline(self, request: HttpRequest, job_id: Any) -> HttpResponse:
        """The log of a job; events have a key of two columns, for which the admin has no list of its own."""
        job = self.get_object(request, str(job_id))
        if job is None:
            raise Http404
        context = {**self.admin_site.each_context(request), "title": f"Timeline of {job}", "job": job}
        context["timeline"] = read_timeline(job)
        return TemplateResponse(request, "jobs_app/admin_timeline.html", context)

    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        job = self.get_object(request, object_id)
        context = {**(extra_context or {}), **(overview(job) if job else {})}
        response: HttpResponse = super().change_view(request, object_id, form_url, context)
        return response

    def act(self, request: HttpRequest, job_id: uuid.UUID) -> HttpResponse:
        """What the buttons of a job's page do."""
        return _act(request, job_id)

    @admin.action(description="Cancel", permissions=["act"])
    def cancel_selected(self, request: HttpRequest, queryset: QuerySet[Job]) -> None:
        for_each(request, queryset, lambda j: cancel_job(j.id, actor=acting_for(request, j.customer_id)), "cancelled")

    @admin.action(description="Run again", permissions=["act"])
    def retry_selected(self, request: HttpRequest, queryset: QuerySet[Job]) -> None:
        for_each(request, queryset, lambda j: retry_job(j.id, actor=acting_for(request, j.customer_id)), "run again")

    @admin.action(description="Erase the content", permissions=["act"])
    def erase_selected(self, request: HttpRequest, queryset: QuerySet[Job]) -> HttpResponse | None:
        if request.POST.get("confirmed") != "yes":
            warning = "Arguments, results, answers and files of these jobs, and of the jobs they started, are removed "
            warning += "for ever. Their history and figures stay."
            title = "Erase the content of jobs"
            return confirmation(request, queryset, action="erase_selected", title=title, warning=warning)
        for_each(request, queryset, lambda job: erase_job(job.id, actor=actor_of(request)), "erased")
        return None


@require_POST
def _act(request: HttpRequest, job_id: uuid.UUID) -> HttpResponse:
    job = get_object_or_404(Job, id=job_id)
    actor, what = acting_for(request, job.customer_id), request.POST.get("what")
    try:
        match what:
            case "cancel":
                cancel_job(job_id, actor=actor)
            case "retry":
                retry_job(job_id, actor=actor)
            case "redo":
                redo_job(job_id, request.POST.get("from_key", ""), actor=actor)
            case "dismiss":
                dismiss_job(job_id, request.POST.get("reason", ""), actor=actor)
            case _:
                raise PermissionDenied
        messages.success(request, "Done.")
    except DnaError as error:
        messages.warning(request, error.user_message)
    return redirect("admin:jobs_app_job_change", job_id)


@admin.register(DeadLetter)
class DeadLetterAdmin(JobAdmin):
    """Failed jobs that nobody has retried or dismissed yet."""

    list_display = ("id", "workflow", "customer", "error_code", "error_message", "errored", "attempt", "completed_at")
    list_display_links = None
    list_filter = ("workflow", "error_code", "errored", "customer")
    actions: ClassVar = ["retry_selected", "dismiss_selected"]

    def get_queryset(self, request: HttpRequest) -> QuerySet[Job]:
        return waiting_letters()

    def get_list_display(self, request: HttpRequest) -> tuple[str, ...]:
        return ("job_link", *self.list_display[1:])

    @admin.display(description="Job", ordering="id")
    def job_link(self, job: DeadLetter) -> str:
        """To the job's own page, where a step to redo from can be chosen."""
        return format_html('<a href="{}">{}</a>', reverse("admin:jobs_app_job_change", args=[job.pk]), job.pk)

    @admin.action(description="Dismiss", permissions=["act"])
    def dismiss_selected(self, request: HttpRequest, queryset: QuerySet[Job]) -> HttpResponse | None:
        reason = request.POST.get("reason", "").strip()
        if not reason:
            warning = "Say why these jobs need nothing more. They stay as they are and leave this list."
            return confirmation(
                request, queryset, action="dismiss_selected", title="Dismiss failed jobs", warning=warning
            )
        for_each(
            request,
            queryset,
            lambda job: dismiss_job(job.id, reason, actor=acting_for(request, job.customer_id)),
            "dismissed",
        )
        return None


@admin.register(Question)
class QuestionAdmin(ReadOnlyAdmin):
    list_display = ("text", "customer", "job", "asked_at", "expires_at", "answered_at", "answer_link")
    list_filter = (("answered_at", admin.EmptyFieldListFilter), "timed_out", "customer")
    list_select_related = ("customer", "job")
    search_fields = ("text", "job__id")

    def get_urls(self) -> list[URLPattern]:
        view = self.admin_site.admin_view(self.answer)
        own = [path("<uuid:question_id>/answer/", view, name="jobs_app_question_answer")]
        return own + list(super().get_urls())

    @admin.display(description="Answer")
    def answer_link(self, question: Question) -> str:
        if question.answered_at is not None:
            return "answered"
        return format_html('<a href="{}">Answer</a>', reverse("admin:jobs_app_question_answer", args=[question.pk]))

    def answer(self, request: HttpRequest, question_id: uuid.UUID) -> HttpResponse:
        question = get_object_or_404(Question, id=question_id)
        form = AnswerForm(question, request.POST if request.method == "POST" else None)
        if form.is_valid():
            try:
                answer_question(question_id, form.answer, actor=acting_for(request, question.customer_id))
                messages.success(request, "The job goes on.")
            except DnaError as error:
                messages.warning(request, error.user_message)
            return redirect("admin:jobs_app_question_changelist")
        context = {**self.admin_site.each_context(request), "title": question.text, "form": form}
        return TemplateResponse(request, "jobs_app/admin_answer.html", context, status=422 if form.errors else 200)


@admin.register(StepResult)
class StepResultAdmin(ReadOnlyAdmin):
    list_display = ("job", "key", "version", "attempts", "completed_at", "duration_ms")
    search_fields = ("job__id", "key")
    list_select_related = ("job",)


@admin.register(Artifact)
class ArtifactAdmin(ReadOnlyAdmin):
    list_display = ("filename", "customer", "entity_type", "media_type", "size", "created_at", "download_link")
    list_filter = ("entity_type", "media_type", "customer")
    search_fields = ("filename", "entity_id", "blob__sha256")
    list_select_related = ("customer", "blob")

    def get_urls(self) -> list[URLPattern]:
        view = self.admin_site.admin_view(self.download)
        own = [path("<uuid:artifact_id>/file/", view, name="jobs_app_artifact_file")]
        return own + list(super().get_urls())

    @admin.display(description="Bytes")
    def size(self, artifact: Artifact) -> int:
        return artifact.blob.size_bytes

    @admin.display(description="File")
    def download_link(self, artifact: Artifact) -> str:
        return format_html('<a href="{}">Download</a>', reverse("admin:jobs_app_artifact_file", args=[artifact.pk]))

    def download(self, request: HttpRequest, artifact_id: uuid.UUID) -> Any:
        artifact = get_object_or_404(Artifact.objects.select_related("blob"), id=artifact_id)
        acting_for(request, artifact.customer_id)
        return send_file(request, artifact)


@admin.register(Blob)
class BlobAdmin(ReadOnlyAdmin):
    list_display = ("sha256", "size_bytes", "created_at", "unused_since")
    search_fields = ("sha256",)


@admin.register(Worker)
class WorkerAdmin(ReadOnlyAdmin):
    list_display = ("id", "host", "process_id", "concurrency", "started_at", "heartbeat_at", "stopped_at")


@admin.register(Alert)
class AlertAdmin(ReadOnlyAdmin):
    list_display = ("kind", "customer", "job", "detail", "opened_at", "closed_at")
    list_filter = ("kind", ("closed_at", admin.EmptyFieldListFilter), "customer")
    list_select_related = ("customer", "job")


@admin.register(Chore)
class ChoreAdmin(ReadOnlyAdmin):
    list_display = ("name", "started_at", "finished_at", "outcome")


@admin.register(IdempotentRequest)
class IdempotentRequestAdmin(ReadOnlyAdmin):
    list_display = ("operation", "key", "customer", "job", "created_at")
    list_select_related = ("customer", "job")


# --- erasing customers and people: buttons on the lists of the floor below, which knows nothing of jobs --------------


@admin.action(description="Erase with everything they have")
def erase_selected(modeladmin: Any, request: HttpRequest, queryset: QuerySet[Any]) -> HttpResponse | None:
    if not request.user.is_superuser:
        raise PermissionDenied
    is_customer = queryset.model._meta.model_name == "customer"
    if request.POST.get("confirmed") != "yes":
        what = "jobs, files, templates and documents" if is_customer else "accounts and the content of their jobs"
        warning = f"Removed for ever: {what}."
        return confirmation(request, queryset, action="erase_selected", title="Erase", warning=warning)
    erase = erase_customer if is_customer else erase_person
    for_each(request, queryset, lambda row: erase(row.pk, actor=actor_of(request)), "erased")
    return None


_lists: tuple[Any, ...] = (CustomerAdmin, UserAdmin)
for _list in _lists:
    _list.actions = [*(_list.actions or ()), erase_selected]
