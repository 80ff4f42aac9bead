"""Kept answers: for the same request of the same customer, until they expire."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

from django.utils import timezone

from accounts_app.models import Customer
from jobs_app.retention import apply_retention
from llm_app.choices import CacheUse
from llm_app.gateway import complete_now
from llm_app.models import CachedAnswer, LedgerEntry
from llm_app.scripted.provider import ScriptedProvider
from tests.llm_app.test_gateway import asking

Ask = Callable[[Any], Any]


def test_the_same_request_is_answered_from_memory(scripted: ScriptedProvider, ask: Ask, customer: Customer) -> None:
    request = asking(provider="openai", keep_seconds=60)
    first = ask(complete_now(request, customer_id=customer.id))
    heard: list[str] = []

    async def on_text(text: str) -> None:
        heard.append(text)

    again = ask(complete_now(request, customer_id=customer.id, on_text=on_text))
    assert (again.text, again.from_cache, again.cost_usd) == (first.text, True, "0.000000")
    assert heard == [first.text] and len(scripted.calls) == 1 and CachedAnswer.objects.get().hits == 1
    uses = LedgerEntry.objects.order_by("created_at").values_list("cache", "cost_usd")
    assert [use for use, _ in uses] == [CacheUse.MISS, CacheUse.HIT] and uses[1][1] == 0
    warmer = request.model_copy(update={"temperature": 1.0})
    assert not ask(complete_now(warmer, customer_id=customer.id)).from_cache


def test_never_across_customers_nor_without_being_asked(
    scripted: ScriptedProvider, ask: Ask, customer: Customer, other_customer: Customer
) -> None:
    request = asking(provider="openai", keep_seconds=60)
    ask(complete_now(request, customer_id=customer.id))
    assert not ask(complete_now(request, customer_id=other_customer.id)).from_cache
    plain = asking(provider="openai")
    assert not ask(complete_now(plain, customer_id=customer.id)).from_cache


def test_an_expired_answer_is_bought_anew_and_removed(
    scripted: ScriptedProvider, ask: Ask, customer: Customer
) -> None:
    request = asking(provider="openai", keep_seconds=60)
    ask(complete_now(request, customer_id=customer.id))
    CachedAnswer.objects.update(expires_at=timezone.now() - timedelta(seconds=1))
    assert not ask(complete_now(request, customer_id=customer.id)).from_cache
    assert CachedAnswer.objects.get().expires_at > timezone.now()
    CachedAnswer.objects.update(expires_at=timezone.now() - timedelta(seconds=1))
    assert apply_retention()["kept answers"] == 1 and not CachedAnswer.objects.exists()
