"""The provider for demos: it answers over HTTP like any other, free of charge, and steps back behind real ones."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Any

import pytest

from accounts_app.models import Customer
from jobs_app.db import run_sync
from llm_app.demo_provider import DISPLAY_NAME, NAME, offer_demo, serve_demo, withdraw_demo
from llm_app.errors import NoProvider
from llm_app.exchange import Message, Request
from llm_app.gateway import complete_now
from llm_app.models import LedgerEntry, Price, Provider
from llm_app.scripted.demo import LABEL
from tests.llm_app.conftest import KEY, seed

Ask = Callable[[Any], Any]
pytestmark = pytest.mark.django_db(transaction=True)
HELLO = Request(messages=(Message(role="user", content="Hello"),))
KEYS = ("ANTHROPIC_API_KEY", "OPENAI_API_KEY", "GEMINI_API_KEY", "OPENROUTER_API_KEY")


@pytest.fixture(autouse=True)
def _no_keys(monkeypatch: pytest.MonkeyPatch) -> None:
    seed()
    for variable in KEYS:
        monkeypatch.delenv(variable, raising=False)


@asynccontextmanager
async def serving() -> AsyncIterator[None]:
    stop = asyncio.Event()
    task = asyncio.create_task(serve_demo(stop))
    while not await run_sync(Provider.objects.filter(name=NAME, enabled=True).exists):
        await asyncio.sleep(0.01)
    yield
    stop.set()
    await task


def test_it_answers_where_nobody_has_a_key(ask: Ask, customer: Customer) -> None:
    async def talk() -> Any:
        async with serving():
            return await complete_now(HELLO, customer_id=customer.id)

    answer = ask(talk())
    assert (answer.provider, answer.cost_usd) == (NAME, "0.000000") and answer.text.startswith(LABEL)
    entry = LedgerEntry.objects.get()
    assert (entry.provider, entry.cost_usd, entry.total_tokens > 0) == (NAME, 0, True)
    assert DISPLAY_NAME == Provider.objects.get(name=NAME).display_name
    with pytest.raises(NoProvider):
        ask(complete_now(HELLO, customer_id=customer.id))


def test_it_never_stands_in_for_a_provider_with_a_key(monkeypatch: pytest.MonkeyPatch) -> None:
    offer_demo("http://127.0.0.1:9/v1")
    assert Provider.objects.get(name=NAME).fallback_order
    monkeypatch.setenv("OPENAI_API_KEY", KEY)
    offer_demo("http://127.0.0.1:9/v1")
    assert Provider.objects.get(name=NAME).fallback_order is None


def test_offering_and_withdrawing_are_safe_twice() -> None:
    withdraw_demo()
    assert not Provider.objects.filter(name=NAME).exists()
    for port in (9, 10):
        offer_demo(f"http://127.0.0.1:{port}/v1")
    row = Provider.objects.get(name=NAME)
    assert (row.enabled, row.base_url) == (True, "http://127.0.0.1:10/v1")
    assert Price.objects.get(model=row.price_key).is_free
    row.full_clean()
    withdraw_demo()
    withdraw_demo()
    assert not Provider.objects.get(name=NAME).enabled
