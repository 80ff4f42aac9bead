"""Prices: which one counts, and what a call costs by it."""

from __future__ import annotations

from decimal import ROUND_HALF_UP, Decimal

from django.db.models import OuterRef, QuerySet, Subquery, Value
from django.db.models.functions import Coalesce, Now, NullIf

from llm_app.errors import UnknownPrice
from llm_app.exchange import Usage
from llm_app.models import MILLION, Price, Provider

CENT_OF_A_CENT = Decimal("0.000001")


def with_prices(providers: QuerySet[Provider]) -> QuerySet[Provider]:
    """Each with ``input_usd`` and ``output_usd`` as they count at this moment; None where no row says."""
    key = Coalesce(NullIf("price_name", Value("")), "litellm_model")
    latest = Price.objects.filter(model=OuterRef("priced_as"), valid_from__lte=Now()).order_by("-valid_from")
    return providers.annotate(priced_as=key).annotate(
        input_usd=Subquery(latest.values("input_usd")[:1]), output_usd=Subquery(latest.values("output_usd")[:1])
    )


def untracked(provider: Provider) -> Price:
    """A price of nothing that stands in no table, for installations that keep no account of costs."""
    return Price(id=None, model=provider.price_key, input_usd=Decimal(0), output_usd=Decimal(0), is_free=True)


def unknown_price(provider: Provider) -> UnknownPrice:
    """Says which row is missing."""
    return UnknownPrice(
        f"The price of {provider.display_name} is not known, so it is not asked. Add a row for the model"
        f" “{provider.price_key}” in the admin under Language models, Prices; for a model of your own that costs"
        f" nothing, mark it so there."
    )


def cost_of(usage: Usage, price: Price) -> Decimal:
    """USD with six decimals."""
    cached, written, reasoning = usage.cached_input_tokens, usage.cache_write_tokens, usage.reasoning_tokens
    plain_input = max(0, usage.input_tokens - cached - written)
    plain_output = max(0, usage.output_tokens - reasoning)
    total: Decimal = (
        plain_input * price.input_usd
        + cached * _or(price.cached_input_usd, price.input_usd)
        + written * _or(price.cache_write_usd, price.input_usd)
        + plain_output * price.output_usd
        + reasoning * _or(price.reasoning_usd, price.output_usd)
    )
    return (total / MILLION).quantize(CENT_OF_A_CENT, ROUND_HALF_UP)


def worst_cost(input_tokens: int, output_tokens: int, price: Price) -> Decimal:
    """The most a call may cost: everything at the dearest rate of its kind."""
    dearest_input = max(price.input_usd, price.cache_write_usd or 0)
    dearest_output = max(price.output_usd, price.reasoning_usd or 0)
    total = Decimal(input_tokens * dearest_input + output_tokens * dearest_output)
    return (total / MILLION).quantize(CENT_OF_A_CENT, ROUND_HALF_UP)


def _or(price: Decimal | None, default: Decimal) -> Decimal:
    return default if price is None else price
