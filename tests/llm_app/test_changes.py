"""Whatever an administrator changes counts from the next call on, though a process goes by what it read before."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.utils import timezone

from accounts_app.access import actor_for
from accounts_app.models import Customer, User
from llm_app.choices import Role
from llm_app.errors import CapReached, ContextTooLong, NoProvider, UnknownProvider
from llm_app.exchange import Request
from llm_app.gateway import complete_now
from llm_app.models import CustomerCap, LedgerEntry, Price, Provider, RateBucket
from llm_app.providers import known_candidates, make_default
from llm_app.scripted.provider import ScriptedProvider
from llm_app.scripted.script import Answer, Failure, FailureKind, Rule, Script, answering
from tests.llm_app.conftest import WIRES
from tests.llm_app.test_gateway import asking

Ask = Callable[[Any], Any]
CLAUDE = "anthropic/claude-sonnet-4-5-20250929"


@pytest.fixture
def ask_again(scripted: ScriptedProvider, ask: Ask, customer: Customer) -> Callable[..., Any]:
    """Asks a question that was answered once before, so that this process knows whom to ask."""
    scripted.set_script(answering("Madrid."))

    def do(request: Request) -> Any:
        return ask(complete_now(request, customer_id=customer.id))

    do(asking(provider="openai"))
    do(asking())
    assert known_candidates(asking(provider="openai")) and known_candidates(asking())
    return do


def test_one_that_was_switched_off_is_not_asked(ask_again: Callable[..., Any], scripted: ScriptedProvider) -> None:
    Provider.objects.filter(name="openai").update(enabled=False)
    with pytest.raises(NoProvider, match="switched off"):
        ask_again(asking(provider="openai"))
    assert len(scripted.calls) == 2
    Provider.objects.filter(name="openai").update(enabled=True)
    assert ask_again(asking(provider="openai")).text == "Madrid."


def test_one_that_was_removed_is_unknown(ask_again: Callable[..., Any]) -> None:
    Provider.objects.filter(name="openai").delete()
    with pytest.raises(UnknownProvider):
        ask_again(asking(provider="openai"))


def test_another_default_is_asked(ask_again: Callable[..., Any], customer: Customer, staff: User) -> None:
    make_default(Provider.objects.get(name="openai"), Role.CHAT, actor=actor_for(staff))
    assert ask_again(asking()).provider == "openai"


def test_another_model_at_another_address_is_asked(ask_again: Callable[..., Any], scripted: ScriptedProvider) -> None:
    address = scripted.base_url(WIRES["claude"])
    Provider.objects.filter(name="openai").update(litellm_model=CLAUDE, base_url=address)
    assert ask_again(asking(provider="openai")).model == CLAUDE
    assert scripted.calls[-1].wire == WIRES["claude"]


def test_a_new_price_counts(ask_again: Callable[..., Any]) -> None:
    before = LedgerEntry.objects.latest("created_at").cost_usd
    old = Price.objects.filter(model="openai/gpt-4o").latest("valid_from")
    new = Price.objects.create(
        model=old.model, valid_from=timezone.now() - timedelta(seconds=1), input_usd=1000, output_usd=1000
    )
    ask_again(asking(provider="openai", max_tokens=100))
    entry = LedgerEntry.objects.latest("created_at")
    assert entry.price == new and entry.cost_usd > before
    assert entry.reserved_usd > 100 * new.output_usd / 1_000_000, "the worst is reckoned by the new price"


def test_a_price_counts_from_its_moment_on(ask_again: Callable[..., Any]) -> None:
    old = Price.objects.filter(model="openai/gpt-4o").latest("valid_from")
    later = Price.objects.create(
        model=old.model, valid_from=timezone.now() + timedelta(hours=1), input_usd=1, output_usd=1
    )
    ask_again(asking(provider="openai"))
    assert LedgerEntry.objects.latest("created_at").price == old
    Price.objects.filter(pk=later.pk).update(valid_from=timezone.now() - timedelta(seconds=1))
    ask_again(asking(provider="openai"))
    assert LedgerEntry.objects.latest("created_at").price == later


def test_a_longer_text_is_let_through_once_that_is_allowed(ask_again: Callable[..., Any]) -> None:
    Provider.objects.filter(name="openai").update(max_input_tokens=10)
    with pytest.raises(ContextTooLong):
        ask_again(asking(provider="openai"))
    Provider.objects.filter(name="openai").update(max_input_tokens=None)
    assert ask_again(asking(provider="openai")).text == "Madrid."


def test_new_limits_per_minute_are_kept(ask_again: Callable[..., Any]) -> None:
    Provider.objects.filter(name="openai").update(requests_per_minute=60)
    ask_again(asking(provider="openai"))
    assert RateBucket.objects.get(provider__name="openai").requests < 60


def test_a_new_cap_holds(ask_again: Callable[..., Any], customer: Customer, scripted: ScriptedProvider) -> None:
    CustomerCap.objects.create(customer=customer, call_usd=Decimal("0.000001"))
    with pytest.raises(CapReached):
        ask_again(asking(provider="openai"))
    assert len(scripted.calls) == 2


def test_a_new_fallback_steps_in(ask_again: Callable[..., Any], ask: Ask, scripted: ScriptedProvider) -> None:
    broken = Answer(failure=Failure(kind=FailureKind.BAD_REQUEST))
    request = asking(provider="openai").model_copy(update={"fallbacks": True})
    Provider.objects.update(fallback_order=None)
    ask_again(request)
    scripted.set_script(Script(rules=(Rule(nth=1, answer=broken), Rule(answer=Answer(text="Seville.")))))
    Provider.objects.filter(name="claude").update(fallback_order=1)
    answer = ask_again(request)
    assert (answer.text, answer.provider) == ("Seville.", "claude")
