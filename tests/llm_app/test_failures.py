"""What goes wrong at a provider: in our words, tried again or elsewhere, paid only where it may have been billed."""

from __future__ import annotations

import time
from collections.abc import Callable
from decimal import Decimal
from typing import Any

import pytest

from accounts_app.models import Customer
from llm_app import errors
from llm_app.checks import check_cost_tracking
from llm_app.choices import EntryStatus
from llm_app.exchange import Request
from llm_app.gateway import complete_now
from llm_app.ledger import find_unbalanced
from llm_app.models import LedgerBalance, LedgerEntry, Price, Provider
from llm_app.scripted.provider import ScriptedProvider
from llm_app.scripted.script import Answer, Failure, FailureKind, Rule, Script, WireName, answering
from tests.llm_app.conftest import KEY, WIRES
from tests.llm_app.test_gateway import Capital, asking

Ask = Callable[[Any], Any]


@pytest.fixture(autouse=True)
def _tried_once(settings: Any) -> None:
    settings.LLM_ATTEMPTS = 1


def refusing(kind: FailureKind, **more: Any) -> Script:
    return answering(Answer(failure=Failure(kind=kind, **more)))


@pytest.mark.parametrize("name", WIRES)
@pytest.mark.parametrize(
    ("kind", "error"),
    [
        (FailureKind.UNAUTHORIZED, errors.ProviderAuthenticationFailed),
        (FailureKind.RATE_LIMITED, errors.ProviderRateLimited),
        (FailureKind.CONTEXT_TOO_LONG, errors.ContextTooLong),
        (FailureKind.NO_SUCH_MODEL, errors.ProviderRefusedRequest),
        (FailureKind.BAD_REQUEST, errors.ProviderRefusedRequest),
        (FailureKind.SERVER_ERROR, errors.ProviderUnavailable),
        (FailureKind.OVERLOADED, errors.ProviderUnavailable),
    ],
)
def test_a_refusal_has_a_name_and_costs_nothing(
    scripted: ScriptedProvider, ask: Ask, customer: Customer, name: str, kind: FailureKind, error: type[Exception]
) -> None:
    scripted.set_script(refusing(kind))
    with pytest.raises(error) as raised:
        ask(complete_now(asking(provider=name), customer_id=customer.id))
    assert raised.type is error and KEY not in str(raised.value) and "Traceback" not in str(raised.value)
    entry = LedgerEntry.objects.get()
    assert (entry.status, entry.cost_usd, entry.total_tokens) == (EntryStatus.RELEASED, 0, 0)
    assert entry.error_code and not list(find_unbalanced())
    assert not LedgerBalance.objects.exclude(reserved_usd=0, spent_usd=0).exists()


def test_an_error_that_repeats_the_key_is_redacted(scripted: ScriptedProvider, ask: Ask, customer: Customer) -> None:
    scripted.set_script(refusing(FailureKind.UNAUTHORIZED, message=f"Incorrect API key provided: {KEY}."))
    with pytest.raises(errors.ProviderAuthenticationFailed) as raised:
        ask(complete_now(asking(provider="openai"), customer_id=customer.id))
    assert KEY not in raised.value.user_message and "[hidden]" in raised.value.user_message


def test_a_busy_provider_is_asked_again_when_it_says(
    scripted: ScriptedProvider, ask: Ask, customer: Customer, settings: Any
) -> None:
    settings.LLM_ATTEMPTS = 2
    busy = Answer(failure=Failure(kind=FailureKind.RATE_LIMITED, retry_after_seconds=1))
    scripted.set_script(answering(busy, "Madrid."))
    started = time.monotonic()
    assert ask(complete_now(asking(provider="claude"), customer_id=customer.id)).text == "Madrid."
    assert time.monotonic() - started >= 1
    statuses = LedgerEntry.objects.order_by("created_at").values_list("status", flat=True)
    assert list(statuses) == [EntryStatus.RELEASED, EntryStatus.BOOKED]


def test_a_wait_that_is_too_long_is_said_and_not_waited(
    scripted: ScriptedProvider, ask: Ask, customer: Customer, settings: Any
) -> None:
    settings.LLM_ATTEMPTS = 3
    scripted.set_script(refusing(FailureKind.RATE_LIMITED, retry_after_seconds=600))
    with pytest.raises(errors.ProviderRateLimited) as raised:
        ask(complete_now(asking(provider="claude"), customer_id=customer.id))
    assert raised.value.details["retry_after_seconds"] == 600 and len(scripted.calls) == 1


def test_the_next_provider_answers_in_its_place(scripted: ScriptedProvider, ask: Ask, customer: Customer) -> None:
    broken = Answer(failure=Failure(kind=FailureKind.OVERLOADED))
    rules = (Rule(wire=WireName.ANTHROPIC, answer=broken), Rule(answer=Answer(text="Madrid.")))
    scripted.set_script(Script(rules=rules))
    request = asking().model_copy(update={"fallbacks": True})
    answer = ask(complete_now(request, customer_id=customer.id))
    assert (answer.text, answer.provider) == ("Madrid.", "openai")


def test_a_provider_that_is_not_there_costs_nothing(scripted: ScriptedProvider, ask: Ask, customer: Customer) -> None:
    Provider.objects.filter(name="openai").update(base_url="http://127.0.0.1:9/v1")
    with pytest.raises(errors.ProviderUnavailable):
        ask(complete_now(asking(provider="openai"), customer_id=customer.id))
    assert LedgerEntry.objects.get().status == EntryStatus.RELEASED


@pytest.mark.parametrize("name", WIRES)
def test_an_answer_billed_and_lost_is_booked_at_its_worst(
    scripted: ScriptedProvider, ask: Ask, customer: Customer, name: str
) -> None:
    scripted.set_script(answering(Answer(text="Madrid.", billed_then_cut=True)))
    with pytest.raises(errors.ProviderError):
        ask(complete_now(asking(provider=name, max_tokens=100), customer_id=customer.id))
    entry = LedgerEntry.objects.get()
    assert (entry.status, entry.estimated, entry.cost_usd) == (EntryStatus.BOOKED, True, entry.reserved_usd)
    assert scripted.cost_usd > 0 and entry.output_tokens == 100
    assert not list(find_unbalanced())


@pytest.mark.parametrize("name", WIRES)
def test_a_stream_cut_in_its_middle_is_booked_from_what_came(
    scripted: ScriptedProvider, ask: Ask, customer: Customer, name: str
) -> None:
    scripted.set_script(answering(Answer(text="one two three four " * 20, cut_after_chunks=5)))
    heard: list[str] = []

    async def on_text(text: str) -> None:
        heard.append(text)

    request = asking(provider=name).model_copy(update={"fallbacks": True})
    with pytest.raises(errors.ProviderError):
        ask(complete_now(request, customer_id=customer.id, on_text=on_text))
    entry = LedgerEntry.objects.get()  # once heard, nobody else is asked
    assert (entry.status, entry.estimated) == (EntryStatus.BOOKED, True)
    assert heard and 0 < entry.cost_usd < entry.reserved_usd and 5 <= entry.output_tokens <= 40


@pytest.mark.parametrize("name", WIRES)
def test_a_stream_that_ends_without_a_word_is_no_answer(
    scripted: ScriptedProvider, ask: Ask, customer: Customer, settings: Any, name: str
) -> None:
    settings.LLM_ATTEMPTS = 2
    mute = Answer(text="Madrid.", ended_after_chunks=0)

    async def on_text(text: str) -> None: ...

    scripted.set_script(answering(mute, "Madrid."))
    assert ask(complete_now(asking(provider=name), customer_id=customer.id, on_text=on_text)).text == "Madrid."
    entry = LedgerEntry.objects.get(error_code="provider_said_nothing")
    assert (entry.status, entry.estimated, entry.output_tokens) == (EntryStatus.BOOKED, True, 0)
    scripted.set_script(answering(mute))
    with pytest.raises(errors.ProviderSaidNothing):
        ask(complete_now(asking(provider=name), customer_id=customer.id, on_text=on_text))
    scripted.set_script(answering(Answer()))  # said nothing, and said so
    assert not ask(complete_now(asking(provider=name), customer_id=customer.id, on_text=on_text)).text


def test_an_answer_that_takes_too_long_is_cut_off_and_booked(
    scripted: ScriptedProvider, ask: Ask, customer: Customer
) -> None:
    Provider.objects.filter(name="openai").update(timeout_seconds=1)
    scripted.set_script(answering(Answer(text="Madrid.", delay_seconds=5)))
    with pytest.raises(errors.ProviderTimedOut):
        ask(complete_now(asking(provider="openai"), customer_id=customer.id))
    entry = LedgerEntry.objects.get()
    assert (entry.status, entry.estimated, entry.error_code) == (EntryStatus.BOOKED, True, "provider_timed_out")


def test_an_answer_out_of_form_is_asked_for_once_more(
    scripted: ScriptedProvider, ask: Ask, customer: Customer
) -> None:
    scripted.set_script(answering("Madrid, I think", Answer(data={"city": "Madrid", "inhabitants": 5})))
    answer = ask(complete_now(asking(provider="openai"), customer_id=customer.id, schema=Capital))
    assert answer.data["city"] == "Madrid" and len(scripted.calls) == 2
    assert "does not fit" in str(scripted.calls[1].body)
    spent = sum(entry.cost_usd for entry in LedgerEntry.objects.all())
    assert Decimal(answer.cost_usd) == spent
    scripted.set_script(answering("no", "no again"))
    with pytest.raises(errors.BadModelAnswer):
        ask(complete_now(asking(provider="openai"), customer_id=customer.id, schema=Capital))
    assert len(scripted.calls) == 2


def test_without_a_price_nothing_is_asked_and_the_sentence_names_the_row(
    scripted: ScriptedProvider, ask: Ask, customer: Customer
) -> None:
    Price.objects.filter(model="openai/gpt-4o").delete()
    with pytest.raises(errors.UnknownPrice, match=r"“openai/gpt-4o”.*Prices"):
        ask(complete_now(asking(provider="openai"), customer_id=customer.id))
    assert not scripted.calls and not LedgerEntry.objects.exists()


def test_without_cost_tracking_tokens_are_counted_and_nothing_is_limited(
    scripted: ScriptedProvider, ask: Ask, customer: Customer, settings: Any
) -> None:
    assert not check_cost_tracking()
    settings.ENABLE_COST_TRACKING = False
    settings.MAX_COST_PER_CALL_USD = Decimal("0.0001")
    Price.objects.filter(model="openai/gpt-4o").delete()
    answer = ask(complete_now(asking(provider="openai"), customer_id=customer.id))
    entry = LedgerEntry.objects.get()
    assert (answer.cost_usd, entry.price, entry.total_tokens > 0) == ("0.000000", None, True)
    assert [found.id for found in check_cost_tracking()] == ["llm_app.W001"]


def test_a_model_of_ones_own_costs_nothing_on_purpose(
    scripted: ScriptedProvider, ask: Ask, customer: Customer
) -> None:
    base_url = scripted.base_url("openai")
    Provider.objects.filter(name="local").update(enabled=True, base_url=base_url)
    scripted.set_script(answering("Madrid."))
    answer = ask(complete_now(asking(provider="local"), customer_id=customer.id))
    entry = LedgerEntry.objects.get()
    assert (answer.cost_usd, entry.total_tokens > 0) == ("0.000000", True)
    assert scripted.calls[0].headers.get("authorization") == "[hidden]" or KEY not in str(scripted.calls[0].headers)


def test_a_provider_without_its_key_is_not_asked(
    scripted: ScriptedProvider, ask: Ask, customer: Customer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("ANTHROPIC_API_KEY")
    with pytest.raises(errors.NoProvider, match="ANTHROPIC_API_KEY is not set"):
        ask(complete_now(asking(provider="claude"), customer_id=customer.id))
    request = asking().model_copy(update={"fallbacks": True})
    assert ask(complete_now(request, customer_id=customer.id)).provider == "openai"
    with pytest.raises(errors.UnknownProvider):
        ask(complete_now(asking(provider="nobody"), customer_id=customer.id))


def test_a_text_too_long_for_one_goes_to_another(scripted: ScriptedProvider, ask: Ask, customer: Customer) -> None:
    Provider.objects.filter(name="claude").update(max_input_tokens=50)
    request = Request(messages=asking("word " * 100).messages)
    assert ask(complete_now(request, customer_id=customer.id)).provider == "openai"


