"""The admin of this app: to look, search, archive and start again. Writes go through the functions of all doors."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django.contrib import admin, messages
from django.db.models import Model, QuerySet
from django.http import HttpRequest
from django.urls import reverse
from django.utils.html import format_html
from unfold.admin import TabularInline

from accounts_app.access import staff_actor
from accounts_app.errors import DnaError
from accounts_app.http import actor_of
from jobs_app.admin import ReadOnlyAdmin
from jobs_app.models import Job
from templates_app.models import (
    Batch,
    Correction,
    Document,
    Draft,
    Fact,
    FactLink,
    Finding,
    Review,
    Template,
    TemplateField,
    TemplateSection,
    TemplateVersion,
)
from templates_app.templates import archive_template, reparse_template, restore_template


class LookOnlyInline(TabularInline):
    extra = 0
    can_delete = False
    show_change_link = True
    per_page = 50

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False


class SectionInline(LookOnlyInline):
    model = TemplateSection
    fields = ("ordinal", "level", "number", "heading")
    tab = True


class FieldInline(LookOnlyInline):
    model = TemplateField
    fields = ("ordinal", "key", "label", "type", "required", "confidence", "detector")
    tab = True


class VersionInline(LookOnlyInline):
    model = TemplateVersion
    fields = ("number", "kind", "file", "differences", "texts", "created_by", "created_at")
    readonly_fields = ("created_at",)
    show_change_link = False
    tab = True


class CorrectionInline(LookOnlyInline):
    model = Correction
    fields = ("ordinal", "act", "field_keys", "said", "quote", "why", "provider", "model", "refusal", "was_asked")
    show_change_link = False
    tab = True


def _job_link(job: Job | None) -> str:
    return _link("admin:jobs_app_job_change", job, job.get_status_display()) if job else "-"


def _link(name: str, row: Model, text: str) -> str:
    return format_html('<a href="{}">{}</a>', reverse(name, args=[row.pk]), text)


@admin.register(Template)
class TemplateAdmin(ReadOnlyAdmin):
    list_display = (
        "name",
        "customer",
        "standard",
        "status_of_job",
        "file_link",
        "created_by",
        "created_at",
        "archived_at",
    )
    list_filter = ("parse_job__status", "standard", "customer", ("archived_at", admin.EmptyFieldListFilter))
    list_select_related = ("customer", "parse_job", "created_by", "file")
    search_fields = ("name", "title", "standard", "file__filename", "file_sha256", "id")
    date_hierarchy = "created_at"
    inlines = (SectionInline, FieldInline, CorrectionInline, VersionInline)
    actions = ("read_again", "archive", "restore")

    def has_act_permission(self, request: HttpRequest) -> bool:
        return bool(request.user.is_superuser)

    @admin.display(description="Job", ordering="parse_job__status")
    def status_of_job(self, template: Template) -> str:
        return _job_link(template.parse_job)

    @admin.display(description="File")
    def file_link(self, template: Template) -> str:
        return _link("template_file", template, template.file.filename)

    @admin.action(description="Read the files again", permissions=["act"])
    def read_again(self, request: HttpRequest, queryset: QuerySet[Template]) -> None:
        self._each(request, queryset, reparse_template, "being read again")

    @admin.action(description="Archive", permissions=["act"])
    def archive(self, request: HttpRequest, queryset: QuerySet[Template]) -> None:
        self._each(request, queryset, archive_template, "archived")

    @admin.action(description="Restore", permissions=["act"])
    def restore(self, request: HttpRequest, queryset: QuerySet[Template]) -> None:
        self._each(request, queryset, restore_template, "restored")

    def _each(
        self, request: HttpRequest, queryset: QuerySet[Template], act: Callable[..., Template], done: str
    ) -> None:
        for template in queryset:
            try:
                act(template.id, actor=staff_actor(actor_of(request), customer_id=template.customer_id))
            except DnaError as error:
                messages.error(request, f"{template}: {error.user_message}")
            else:
                messages.success(request, f"{template}: {done}.")


@admin.register(TemplateSection)
class TemplateSectionAdmin(ReadOnlyAdmin):
    list_display = ("heading", "number", "level", "template", "customer")
    list_filter = ("level", "customer")
    list_select_related = ("template", "customer")
    search_fields = ("heading", "template__name")


@admin.register(TemplateField)
class TemplateFieldAdmin(ReadOnlyAdmin):
    list_display = ("label", "key", "type", "required", "confidence", "detector", "template", "customer", "edited_at")
    list_filter = ("type", "required", "detector", "customer", ("edited_at", admin.EmptyFieldListFilter))
    list_select_related = ("template", "customer")
    search_fields = ("label", "key", "template__name")


class DraftInline(LookOnlyInline):
    model = Draft
    fields = ("label", "text", "sources", "status", "edited_text", "decided_by")
    tab = True


@admin.register(Draft)
class DraftAdmin(ReadOnlyAdmin):
    list_display = ("label", "document", "customer", "status", "provider", "decided_by", "decided_at")
    list_filter = ("status", "provider", "customer")
    list_select_related = ("document", "customer", "decided_by")
    search_fields = ("label", "field_key", "document__name")


@admin.register(Batch)
class BatchAdmin(ReadOnlyAdmin):
    list_display = ("name", "template", "customer", "filename", "status_of_job", "created_by", "created_at")
    list_filter = ("job__status", "customer")
    list_select_related = ("template", "customer", "job", "created_by")
    search_fields = ("name", "template__name", "filename", "id")
    date_hierarchy = "created_at"

    @admin.display(description="Job", ordering="job__status")
    def status_of_job(self, batch: Batch) -> str:
        return _job_link(batch.job)


@admin.register(Document)
class DocumentAdmin(ReadOnlyAdmin):
    list_display = (
        "name",
        "template",
        "customer",
        "status_of_job",
        "file_link",
        "created_by",
        "created_at",
        "completed_at",
    )
    list_filter = ("job__status", "customer")
    list_select_related = ("template", "customer", "job", "file", "created_by")
    search_fields = ("name", "template__name", "file__blob__sha256", "id")
    date_hierarchy = "created_at"
    inlines = (DraftInline,)

    @admin.display(description="Job", ordering="job__status")
    def status_of_job(self, document: Document) -> str:
        return _job_link(document.job)

    @admin.display(description="File")
    def file_link(self, document: Document) -> str:
        return _link("document_file", document, document.file.filename) if document.file else "-"


class FindingInline(LookOnlyInline):
    model = Finding
    fields = ("ordinal", "kind", "severity", "source", "clause", "sentence", "status")
    tab = True


@admin.register(Review)
class ReviewAdmin(ReadOnlyAdmin):
    list_display = (
        "template",
        "customer",
        "mode",
        "status_of_job",
        "overall",
        "completeness",
        "compliance",
        "created_by",
        "created_at",
    )
    list_filter = ("mode", "job__status", "document_type", "customer")
    list_select_related = ("template", "customer", "job", "created_by")
    search_fields = ("template__name", "id")
    date_hierarchy = "created_at"
    inlines = (FindingInline,)

    @admin.display(description="Job", ordering="job__status")
    def status_of_job(self, review: Review) -> str:
        return _job_link(review.job)


@admin.register(Finding)
class FindingAdmin(ReadOnlyAdmin):
    list_display = ("sentence", "kind", "severity", "source", "standard", "clause", "status", "customer", "decided_by")
    list_filter = ("kind", "severity", "source", "status", "standard", "customer")
    list_select_related = ("customer", "decided_by")
    search_fields = ("sentence", "quote", "review__template__name")


@admin.register(Fact)
class FactAdmin(ReadOnlyAdmin):
    list_display = ("label", "key", "type", "customer", "author", "source", "created_by", "created_at", "replaced_at")
    list_filter = ("type", "author", "customer", ("replaced_at", admin.EmptyFieldListFilter))
    list_select_related = ("customer", "created_by")
    search_fields = ("label", "key", "source")
    date_hierarchy = "created_at"


@admin.register(FactLink)
class FactLinkAdmin(ReadOnlyAdmin):
    list_display = ("field_key", "fact_key", "template", "customer", "created_by", "created_at")
    list_filter = ("customer",)
    list_select_related = ("template", "customer", "created_by")
    search_fields = ("field_key", "fact_key", "template__name")
