"""Language models over the API: which there are, and what was used."""

from datetime import date
from decimal import Decimal
from typing import Annotated, Any

from django.http import HttpRequest
from ninja import Field, Query, Router, Schema

from accounts_app.http import actor_of, error_responses
from llm_app.choices import Role
from llm_app.models import Provider
from llm_app.providers import why_unavailable
from llm_app.usage import Part, Usage, usage_for

router = Router()


class ProviderOut(Schema):
    """One configured model. Keys, addresses and limits stay inside."""

    name: str
    display_name: str
    model: str
    available: bool
    reason: str = Field(description="Why it cannot be used; empty when it can.")
    default_for: list[Role]
    has_tools: bool
    has_json_schema: bool
    has_vision: bool
    has_streaming: bool
    max_tokens: int


class FiguresOut(Schema):
    calls: int
    jobs: int
    input_tokens: int
    output_tokens: int
    total_tokens: int
    cached_input_tokens: int
    reasoning_tokens: int
    cost_usd: Decimal
    estimated_calls: int = Field(description="Calls whose tokens were counted here, because the provider did not say.")
    cache_hits: int
    cache_hit_rate: float | None


class PartOut(FiguresOut):
    name: str


class MonthOut(Schema):
    """This month, whatever the period asked for."""

    spent_usd: Decimal
    reserved_usd: Decimal
    limit_usd: Decimal | None


class UsageOut(FiguresOut):
    customer: str | None = Field(description="Null: the whole installation.")
    from_: date = Field(alias="from")
    to: date
    by_provider: list[PartOut]
    by_workflow: list[PartOut]
    month: MonthOut


@router.get("/providers", response={200: list[ProviderOut], **error_responses()}, summary="Language models")
def list_providers(request: HttpRequest) -> list[dict[str, Any]]:
    """Those that are switched on, with whether they can be used."""
    actor_of(request)
    return [_provider(provider) for provider in Provider.objects.filter(enabled=True)]


def _provider(provider: Provider) -> dict[str, Any]:
    reason = why_unavailable(provider)
    own = {name: getattr(provider, name) for name in ProviderOut.model_fields if hasattr(provider, name)}
    return own | {"available": not reason, "reason": reason, "default_for": provider.roles}


@router.get("/usage", response={200: UsageOut, **error_responses()}, by_alias=True, summary="Tokens, cost and jobs")
def get_usage(
    request: HttpRequest,
    first: Annotated[date | None, Query(alias="from")] = None,
    last: Annotated[date | None, Query(alias="to")] = None,
    customer: str | None = None,
) -> dict[str, Any]:
    """Of a customer, for its managers and for staff. Both days belong to the period, in UTC; by default this month."""
    return _usage(usage_for(actor_of(request), customer=customer, first=first, last=last))


def _usage(usage: Usage) -> dict[str, Any]:
    return {
        **_figures(usage.total),
        "customer": usage.customer.slug if usage.customer else None,
        "from": usage.first,
        "to": usage.last,
        "by_provider": [_part(part) for part in usage.by_provider],
        "by_workflow": [_part(part) for part in usage.by_workflow],
        "month": {name: getattr(usage.month, name) for name in MonthOut.model_fields},
    }


def _part(part: Part) -> dict[str, Any]:
    return {"name": part.name, **_figures(part.figures)}


def _figures(figures: Any) -> dict[str, Any]:
    return {name: getattr(figures, name) for name in FiguresOut.model_fields}
