"""Limits per minute, shared by all processes through the database."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from django.db import connections

from accounts_app.models import Customer
from llm_app import rates
from llm_app.errors import ProviderRateLimited
from llm_app.gateway import complete_now
from llm_app.models import Provider, RateBucket
from llm_app.scripted.provider import ScriptedProvider
from tests.llm_app.test_gateway import asking

Ask = Callable[[Any], Any]


@pytest.fixture
def provider(scripted: ScriptedProvider) -> Provider:
    return Provider.objects.get(name="openai")


def test_requests_per_minute_hold_for_all_together(provider: Provider) -> None:
    provider.requests_per_minute = 5

    def take(_: int) -> float:
        try:
            return rates.take(provider, 10)
        finally:
            connections.close_all()

    with ThreadPoolExecutor(8) as pool:
        waits = list(pool.map(take, range(20)))
    assert waits.count(0.0) == 5 and all(0 < wait <= 12 for wait in waits if wait)


def test_tokens_per_minute_hold_and_what_was_not_used_comes_back(provider: Provider) -> None:
    provider.tokens_per_minute = 600
    assert rates.take(provider, 500) == 0
    assert 30 < rates.take(provider, 500) <= 40
    rates.give_back(provider, 450)
    assert rates.take(provider, 500) == 0


def test_a_request_larger_than_a_minute_waits_for_a_full_bucket(provider: Provider) -> None:
    provider.tokens_per_minute = 100
    assert rates.take(provider, 5000) == 0
    assert rates.take(provider, 5000) > 50
    assert RateBucket.objects.get().tokens < 1


def test_the_gateway_waits_and_then_says_why_not(
    scripted: ScriptedProvider, ask: Ask, customer: Customer, settings: Any
) -> None:
    settings.LLM_WAIT_SECONDS = 1
    Provider.objects.filter(name="openai").update(requests_per_minute=1)
    ask(complete_now(asking(provider="openai"), customer_id=customer.id))
    with pytest.raises(ProviderRateLimited, match="limits per minute") as raised:
        ask(complete_now(asking(provider="openai"), customer_id=customer.id))
    assert 50 < raised.value.details["retry_after_seconds"] <= 60 and len(scripted.calls) == 1
    Provider.objects.filter(name="openai").update(requests_per_minute=120)
    RateBucket.objects.update(requests=0)
    ask(complete_now(asking(provider="openai"), customer_id=customer.id))
    assert len(scripted.calls) == 2
