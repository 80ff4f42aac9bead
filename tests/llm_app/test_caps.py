"""Caps: what is spent and reserved together never passes a limit, whoever asks at the same moment."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from decimal import Decimal
from typing import Any

import pytest
from django.test import Client

from accounts_app.choices import Role
from accounts_app.members import create_user
from accounts_app.models import Customer, User
from jobs_app.db import run_sync
from jobs_app.models import FeedEntry
from llm_app.errors import CapReached
from llm_app.gateway import complete_now
from llm_app.ledger import find_unbalanced
from llm_app.models import CustomerCap, LedgerBalance, LedgerEntry
from llm_app.scripted.provider import ScriptedProvider
from llm_app.scripted.script import Answer, answering
from tests.llm_app.test_gateway import asking

Ask = Callable[[Any], Any]


def worst_of_one(ask: Ask, customer: Customer) -> Decimal:
    """What one of these calls reserves."""
    ask(complete_now(asking(provider="openai", max_tokens=500), customer_id=None))
    return Decimal(LedgerEntry.objects.get().reserved_usd)


def test_of_fifty_calls_at_once_a_cap_for_ten_lets_ten_through(
    scripted: ScriptedProvider, ask: Ask, customer: Customer, settings: Any
) -> None:
    limit = worst_of_one(ask, customer) * 10
    settings.MAX_COST_PER_CUSTOMER_MONTH_USD = limit
    # Each answer takes its time, so that all fifty stand side by side; none gives back before all have asked.
    scripted.set_script(answering(Answer(text="word " * 400, delay_seconds=3)))
    seen: list[Decimal] = []

    async def one() -> Any:
        return await complete_now(asking(provider="openai", max_tokens=500), customer_id=customer.id)

    async def watch() -> None:
        while True:
            seen.append(await run_sync(_held, customer))
            await asyncio.sleep(0.01)

    async def all_at_once() -> list[Any]:
        watching = asyncio.create_task(watch())
        results = await asyncio.gather(*(one() for _ in range(50)), return_exceptions=True)
        watching.cancel()
        return results

    results = ask(all_at_once())
    refused = [result for result in results if isinstance(result, CapReached)]
    assert (len(refused), len(scripted.calls)) == (40, 10)
    assert len(seen) > 50 and max(seen) == limit
    for refusal in refused:
        assert "limit for a month" in str(refusal) and "reserved for calls under way" in str(refusal)
        assert Decimal(refusal.details["limit_usd"]) == limit
    spent = sum(entry.cost_usd for entry in LedgerEntry.objects.filter(customer=customer))
    balance = LedgerBalance.objects.get(scope="customer")
    assert (balance.spent_usd, balance.reserved_usd) == (spent, 0) and spent < limit
    assert not list(find_unbalanced())


def _held(customer: Customer) -> Decimal:
    balance = LedgerBalance.objects.filter(scope="customer", owner_id=customer.id).first()
    return balance.spent_usd + balance.reserved_usd if balance else Decimal(0)


def test_one_call_may_not_cost_more_than_one_call_may(
    scripted: ScriptedProvider, ask: Ask, customer: Customer, settings: Any
) -> None:
    settings.MAX_COST_PER_CALL_USD = Decimal("0.01")
    with pytest.raises(CapReached, match=r"could cost up to 0\.06\d+ USD, more than the 0\.01 USD"):
        ask(complete_now(asking(provider="claude"), customer_id=customer.id))
    assert not scripted.calls and not LedgerEntry.objects.exists()
    with pytest.raises(CapReached) as refused:
        ask(complete_now(asking(provider="claude"), customer_id=customer.id))
    assert (refused.value.details["scope"], refused.value.details["limit_usd"]) == ("call", "0.01")


def test_the_installation_has_a_limit_too(
    scripted: ScriptedProvider, ask: Ask, customer: Customer, settings: Any
) -> None:
    settings.MAX_COST_PER_MONTH_USD = Decimal("0.0000001")
    with pytest.raises(CapReached, match="This installation's limit"):
        ask(complete_now(asking(provider="claude"), customer_id=customer.id))


def test_a_customer_may_have_limits_of_its_own(
    scripted: ScriptedProvider, ask: Ask, customer: Customer, other_customer: Customer
) -> None:
    CustomerCap.objects.create(customer=customer, month_usd=Decimal(0))
    with pytest.raises(CapReached, match=r"is 0\.00 USD"):
        ask(complete_now(asking(provider="claude"), customer_id=customer.id))
    assert ask(complete_now(asking(provider="claude"), customer_id=other_customer.id)).text


def test_managers_are_told_once_when_most_is_spent(
    scripted: ScriptedProvider, ask: Ask, customer: Customer, settings: Any
) -> None:
    manager = create_user(email="boss@example.org", customer=customer, role=Role.MANAGER)
    settings.COST_WARNING_PERCENT = 1
    CustomerCap.objects.create(customer=customer, month_usd=Decimal("0.07"))
    scripted.set_script(answering("word " * 200))
    for _ in range(2):
        ask(complete_now(asking(provider="claude"), customer_id=customer.id))
    entry = FeedEntry.objects.get(feed__user=manager)
    assert (entry.type, entry.data["kind"], entry.data["scope"]) == ("notification", "cost_warning", "customer")
    assert "0.07 USD" in entry.data["message"]


def test_of_a_new_limit_managers_are_told_anew(
    scripted: ScriptedProvider, ask: Ask, customer: Customer, client: Client, settings: Any
) -> None:
    manager = create_user(email="boss@example.org", customer=customer, role=Role.MANAGER)
    settings.COST_WARNING_PERCENT = 1
    cap = CustomerCap.objects.create(customer=customer, month_usd=Decimal("0.07"))
    scripted.set_script(answering("word " * 200))
    ask(complete_now(asking(provider="claude"), customer_id=customer.id))
    client.force_login(User.objects.create_superuser("chief@example.org"))
    form = {"customer": str(customer.pk), "call_usd": "", "job_usd": "", "month_usd": "0.08"}
    assert client.post(f"/admin/llm_app/customercap/{cap.pk}/change/", form).status_code == 302
    ask(complete_now(asking(provider="claude"), customer_id=customer.id))
    said = [entry.data["message"] for entry in FeedEntry.objects.filter(feed__user=manager).order_by("number")]
    assert ["0.07 USD" in said[0], "0.08 USD" in said[1], len(said)] == [True, True, 2]


def test_a_cap_without_room_does_not_advise_to_wait(
    scripted: ScriptedProvider, ask: Ask, customer: Customer, settings: Any
) -> None:
    settings.MAX_COST_PER_CUSTOMER_MONTH_USD = Decimal("0.01")
    with pytest.raises(CapReached, match=r"could cost up to 0\.06\d+\. Have an administrator raise the limit\."):
        ask(complete_now(asking(provider="claude"), customer_id=customer.id))
