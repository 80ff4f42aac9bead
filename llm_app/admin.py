"""The admin of language models: providers and prices are edited here, the ledger is looked at."""

from __future__ import annotations

import uuid
from typing import Any

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.forms import ModelForm
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.urls import URLPattern, path
from django.utils import timezone
from unfold.decorators import display

from accounts_app.admin import AuditedAdmin
from accounts_app.http import actor_of
from jobs_app.admin import ReadOnlyAdmin
from llm_app.caps import forget_warnings
from llm_app.choices import EntryStatus, Role
from llm_app.health import Failing, failing_providers
from llm_app.models import CachedAnswer, CustomerCap, LedgerBalance, LedgerEntry, Price, Provider
from llm_app.prices import with_prices
from llm_app.providers import make_default, why_unavailable
from llm_app.trying import try_provider


@admin.register(Provider)
class ProviderAdmin(AuditedAdmin):
    """Changes count from the next call on. Which one is the default for what is chosen by buttons, so that there is
    never none and never two."""

    list_display = ("display_name", "model", "usable", "defaults", "priced", "fallback")
    search_fields = ("name", "display_name", "model", "litellm_model")
    change_form_outer_before_template = "llm_app/admin_provider.html"
    fieldsets = (
        (None, {"fields": ("name", "display_name", "enabled", "fallback_order")}),
        ("Model", {"fields": ("model", "litellm_model", "base_url", "api_key_variable", "price_name")}),
        ("Limits", {"fields": (
            "max_input_tokens", "max_tokens", "requests_per_minute", "tokens_per_minute", "timeout_seconds",
        )}),
        ("Abilities", {"fields": ("has_tools", "has_json_schema", "has_vision", "has_streaming")}),
    )

    def get_urls(self) -> list[URLPattern]:
        act = self.admin_site.admin_view(self.act)
        return [path("<uuid:provider_id>/act/", act, name="llm_app_provider_act"), *super().get_urls()]

    def get_readonly_fields(self, request: HttpRequest, obj: Provider | None = None) -> tuple[str, ...]:
        return ("name",) if obj else ()

    def has_delete_permission(self, request: HttpRequest, obj: Provider | None = None) -> bool:
        """A default is replaced first, so that each role keeps one."""
        return super().has_delete_permission(request, obj) and not (obj and obj.roles)

    def get_actions(self, request: HttpRequest) -> dict[str, Any]:
        """None for many at once: deleting several would not ask for each whether it is a default."""
        return {}

    def get_changelist_instance(self, request: HttpRequest) -> Any:
        """With who fails, asked once for all."""
        changelist = super().get_changelist_instance(request)
        failing = failing_providers()
        for provider in changelist.result_list:
            provider.failing = failing.get(provider.name)
        return changelist

    @display(description="Can be used", label={"yes": "success", "no": "danger", "failing": "danger", "off": "info"})
    def usable(self, provider: Provider) -> tuple[str, str]:
        if not provider.enabled:
            return "off", "off"
        if why_unavailable(provider):
            return "no", f"{provider.api_key_variable} missing"
        failing: Failing | None = getattr(provider, "failing", None)
        return ("failing", f"failing since {timezone.localtime(failing.since):%H:%M}") if failing else ("yes", "yes")

    @admin.display(description="Default for")
    def defaults(self, provider: Provider) -> str:
        return ", ".join(role.label.lower() for role in provider.roles) or "–"

    def get_queryset(self, request: HttpRequest) -> QuerySet[Provider]:
        """With the prices that count now, so that the list asks once for all."""
        return with_prices(super().get_queryset(request))

    @admin.display(description="Fallback", ordering="fallback_order")
    def fallback(self, provider: Provider) -> str:
        return "–" if provider.fallback_order is None else str(provider.fallback_order)

    @admin.display(description="USD per million, in / out")
    def priced(self, provider: Provider) -> str:
        into, out = getattr(provider, "input_usd", None), getattr(provider, "output_usd", None)
        if into is None or out is None:
            return f"missing: {provider.price_key}"
        return f"{into.normalize():f} / {out.normalize():f}" if into else "free"

    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        provider = self.get_object(request, object_id)
        context = {
            "provider": provider,
            "roles": Role,
            "unavailable": provider and why_unavailable(provider),
            "failing": provider and failing_providers().get(provider.name),
        }
        response: HttpResponse = super().change_view(request, object_id, form_url, {**(extra_context or {}), **context})
        return response

    def act(self, request: HttpRequest, provider_id: uuid.UUID) -> HttpResponse:
        """What the buttons do: try it, or make it the default for a role."""
        if request.method != "POST" or not self.has_change_permission(request):
            raise PermissionDenied
        provider = get_object_or_404(Provider, id=provider_id)
        what = request.POST.get("what", "")
        if what == "test":
            _say_trial(request, provider)
        elif what in Role.values:
            make_default(provider, Role(what), actor=actor_of(request))
            messages.success(request, f"{provider} is the default {Role(what).label.lower()} from the next call on.")
        else:
            raise PermissionDenied
        return redirect("admin:llm_app_provider_change", provider_id)


def _say_trial(request: HttpRequest, provider: Provider) -> None:
    trial = try_provider(provider)
    if trial.answer is None:
        messages.error(request, trial.error.user_message if trial.error else "It did not answer.")
        return
    answer = trial.answer
    said = f"“{answer.text.strip()[:200]}” after {answer.duration_ms} ms for {answer.cost_usd} USD"
    messages.success(request, f"{said} ({answer.usage.input_tokens} + {answer.usage.output_tokens} tokens).")


@admin.register(Price)
class PriceAdmin(AuditedAdmin):
    """A new price is a new row: old calls were paid at the old one."""

    list_display = (
        "model", "valid_from", "input_usd", "output_usd", "cached_input_usd", "cache_write_usd", "reasoning_usd",
        "is_free",
    )
    list_filter = ("is_free",)
    search_fields = ("model",)


@admin.register(CustomerCap)
class CustomerCapAdmin(AuditedAdmin):
    list_display = ("customer", "call_usd", "job_usd", "month_usd")
    autocomplete_fields = ("customer",)
    list_select_related = ("customer",)

    def save_model(self, request: HttpRequest, obj: CustomerCap, form: ModelForm[Any], change: bool) -> None:
        super().save_model(request, obj, form, change)
        if "month_usd" in form.changed_data:
            forget_warnings(obj.customer_id)


@admin.register(LedgerEntry)
class LedgerEntryAdmin(ReadOnlyAdmin):
    list_display = (
        "created_at", "customer", "workflow", "step_key", "provider", "state", "input_tokens", "output_tokens",
        "cost_usd", "reserved_usd", "duration_ms", "error_code",
    )
    list_filter = ("status", "estimated", "provider", "workflow", "cache", "customer")
    list_select_related = ("customer",)
    search_fields = ("id", "job__id", "step_key", "model", "error_code")
    date_hierarchy = "created_at"
    show_full_result_count = False

    @display(
        description="State",
        ordering="status",
        label={"booked": "success", "estimated": "warning", "reserved": "info", "released": "danger"},
    )
    def state(self, entry: LedgerEntry) -> tuple[str, str]:
        estimated = entry.status == EntryStatus.BOOKED and entry.estimated
        return ("estimated", "Estimated") if estimated else (entry.status, entry.get_status_display())


@admin.register(LedgerBalance)
class LedgerBalanceAdmin(ReadOnlyAdmin):
    list_display = ("scope", "owner_id", "period", "spent_usd", "reserved_usd", "warned_at")
    list_filter = ("scope", "period")
    search_fields = ("owner_id",)


@admin.register(CachedAnswer)
class CachedAnswerAdmin(ReadOnlyAdmin):
    """How often kept answers were of use; what they say is the customer's."""

    list_display = ("customer", "request_hash", "hits", "created_at", "expires_at")
    list_filter = ("customer",)
    list_select_related = ("customer",)
    exclude = ("answer",)
