"""The admin of jobs: everything to look at, nothing to edit; cancel and retry go through the functions of all doors."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, ClassVar

from django.contrib import admin, messages
from django.db.models import Model, QuerySet
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse
from django.utils.html import format_html
from unfold.admin import ModelAdmin

from accounts_app.access import staff_actor
from accounts_app.errors import DnaError
from accounts_app.http import actor_of
from jobs_app.jobs import cancel_job, retry_job
from jobs_app.models import Artifact, Blob, IdempotentRequest, Job, StepResult, Worker
from jobs_app.timeline import read_timeline


class ReadOnlyAdmin(ModelAdmin):
    """For rows the program writes: staff look at them."""

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return False


@admin.register(Job)
class JobAdmin(ReadOnlyAdmin):
    list_display = ("id", "workflow", "customer", "status", "progress", "current_step", "created_at", "timeline_link")
    list_filter = ("status", "workflow", "errored", "customer")
    search_fields = ("id", "workflow", "subject_id", "error_code")
    list_select_related = ("customer",)
    show_full_result_count = False
    actions: ClassVar = ["cancel_selected", "retry_selected"]

    def get_urls(self) -> list[URLPattern]:
        view = self.admin_site.admin_view(self.timeline)
        own = [path("<uuid:job_id>/timeline/", view, name="jobs_app_job_timeline")]
        return own + list(super().get_urls())

    @admin.display(description="Timeline")
    def timeline_link(self, job: Job) -> str:
        url = reverse("admin:jobs_app_job_timeline", args=[job.pk])
        return format_html('<a href="{}">{} events</a>', url, job.last_event_number)

    def timeline(self, request: HttpRequest, job_id: Any) -> HttpResponse:
        """The log of a job; events have a key of two columns, for which the admin has no list of its own."""
        job = self.get_object(request, str(job_id))
        context = {**self.admin_site.each_context(request), "title": f"Timeline of {job}", "job": job}
        context["timeline"] = read_timeline(job) if job else []
        return TemplateResponse(request, "jobs_app/admin_timeline.html", context, status=200 if job else 404)

    def has_cancel_permission(self, request: HttpRequest) -> bool:
        return bool(request.user.is_superuser)

    @admin.action(description="Cancel", permissions=["cancel"])
    def cancel_selected(self, request: HttpRequest, queryset: QuerySet[Job]) -> None:
        self._for_each(request, queryset, cancel_job, "cancelled")

    @admin.action(description="Run again", permissions=["cancel"])
    def retry_selected(self, request: HttpRequest, queryset: QuerySet[Job]) -> None:
        self._for_each(request, queryset, retry_job, "run again")

    def _for_each(self, request: HttpRequest, queryset: QuerySet[Job], act: Callable[..., Job], done: str) -> None:
        count = 0
        for job in queryset:
            try:
                act(job.id, actor=staff_actor(actor_of(request), customer_id=job.customer_id))
                count += 1
            except DnaError as error:
                self.message_user(request, f"{job.id}: {error.user_message}", messages.WARNING)
        if count:
            self.message_user(request, f"{count} jobs {done}.", messages.SUCCESS)


@admin.register(StepResult)
class StepResultAdmin(ReadOnlyAdmin):
    list_display = ("job", "key", "version", "attempts", "completed_at", "duration_ms")
    search_fields = ("job__id", "key")
    list_select_related = ("job",)


@admin.register(Artifact)
class ArtifactAdmin(ReadOnlyAdmin):
    list_display = ("filename", "customer", "entity_type", "media_type", "size", "created_at")
    list_filter = ("entity_type", "media_type", "customer")
    search_fields = ("filename", "entity_id", "blob__sha256")
    list_select_related = ("customer", "blob")

    @admin.display(description="Bytes")
    def size(self, artifact: Artifact) -> int:
        return artifact.blob.size_bytes


@admin.register(Blob)
class BlobAdmin(ReadOnlyAdmin):
    list_display = ("sha256", "size_bytes", "created_at", "unused_since")
    search_fields = ("sha256",)


@admin.register(Worker)
class WorkerAdmin(ReadOnlyAdmin):
    list_display = ("id", "host", "process_id", "concurrency", "started_at", "heartbeat_at", "stopped_at")


@admin.register(IdempotentRequest)
class IdempotentRequestAdmin(ReadOnlyAdmin):
    list_display = ("operation", "key", "customer", "job", "created_at")
    list_select_related = ("customer", "job")
