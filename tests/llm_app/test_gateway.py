"""The gateway over real HTTP: the same question in three wire formats, and what the ledger says of it."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from decimal import Decimal
from typing import Any

import pytest
from pydantic import BaseModel

from accounts_app.models import Customer
from llm_app.choices import EntryStatus
from llm_app.exchange import Message, Request, Tool
from llm_app.gateway import complete_now
from llm_app.lite import close_clients
from llm_app.models import LedgerEntry, Provider
from llm_app.scripted.provider import ScriptedProvider
from llm_app.scripted.script import Answer, Rule, Script, ToolCall, answering
from llm_app.trying import try_provider
from tests.llm_app.conftest import WIRES

Ask = Callable[[Any], Any]
ASKED = "Which city is the capital of Spain?"  # 35 characters: 9 tokens by the scripted server's arithmetic


def asking(text: str = ASKED, **options: Any) -> Request:
    return Request(messages=(Message(role="user", content=text),), fallbacks=False, **options)


@pytest.mark.parametrize("name", WIRES)
def test_a_question_is_answered_and_booked(
    scripted: ScriptedProvider, ask: Ask, customer: Customer, name: str
) -> None:
    scripted.set_script(answering(Answer(text="Madrid.", cached_tokens=4, reasoning_tokens=3)))
    answer = ask(complete_now(asking(provider=name), customer_id=customer.id))
    assert (answer.text, answer.provider) == ("Madrid.", name)
    check_booked(scripted, answer, streamed=False)


@pytest.mark.parametrize("name", WIRES)
def test_a_streamed_answer_costs_the_same(
    scripted: ScriptedProvider, ask: Ask, customer: Customer, name: str
) -> None:
    scripted.set_script(answering(Answer(text="Madrid, of course. " * 5, cached_tokens=4, reasoning_tokens=3)))
    heard: list[str] = []

    async def on_text(text: str) -> None:
        heard.append(text)

    plain = ask(complete_now(asking(provider=name), customer_id=customer.id))
    streamed = ask(complete_now(asking(provider=name), customer_id=customer.id, on_text=on_text))
    assert len(heard) > 1 and "".join(heard) == streamed.text == plain.text
    assert (streamed.usage, streamed.cost_usd) == (plain.usage, plain.cost_usd)
    check_booked(scripted, streamed, streamed=True)


def check_booked(scripted: ScriptedProvider, answer: Any, *, streamed: bool) -> None:
    """The newest entry says what the server says, and what our prices make of it."""
    entry, call = LedgerEntry.objects.first(), scripted.calls[-1]
    assert entry is not None and entry.price is not None
    assert (entry.status, entry.estimated, entry.streamed) == (EntryStatus.BOOKED, False, streamed)
    assert (entry.input_tokens, entry.output_tokens) == (call.usage.input, call.usage.output)
    assert (entry.cached_input_tokens, entry.total_tokens) == (call.usage.cached, call.usage.total)
    fresh = call.usage.input - call.usage.cached
    cached_price = entry.price.cached_input_usd
    assert cached_price is not None
    expected = fresh * entry.price.input_usd + call.usage.cached * cached_price
    expected += call.usage.output * entry.price.output_usd
    assert entry.cost_usd == (expected / 1_000_000).quantize(Decimal("0.000001"))
    assert str(entry.cost_usd) == answer.cost_usd


WEATHER = Tool(
    name="weather",
    description="The weather in a city.",
    parameters={"type": "object", "properties": {"city": {"type": "string"}}, "required": ["city"]},
)


@pytest.mark.parametrize("streamed", [False, True])
@pytest.mark.parametrize("name", WIRES)
def test_a_tool_is_called_and_its_result_answered(
    scripted: ScriptedProvider, ask: Ask, customer: Customer, name: str, streamed: bool
) -> None:
    wants = Answer(tool_calls=(ToolCall(name="weather", arguments={"city": "Madrid"}),))
    told = Rule(contains="31", answer=Answer(text="It is hot."))
    scripted.set_script(Script(rules=(told, Rule(answer=wants))))

    async def on_text(text: str) -> None: ...

    async def talk() -> tuple[Any, Any]:
        listener = on_text if streamed else None
        request = asking("How is the weather?", provider=name, tools=(WEATHER,))
        first = await complete_now(request, customer_id=customer.id, on_text=listener)
        (call,) = first.tool_calls
        result = Message(role="tool", content='{"degrees": 31}', tool_call_id=call.id)
        more = request.model_copy(update={"messages": (*request.messages, first.as_message(), result)})
        return first, await complete_now(more, customer_id=customer.id, on_text=listener)

    first, second = ask(talk())
    assert [(call.name, call.arguments) for call in first.tool_calls] == [("weather", {"city": "Madrid"})]
    assert second.text == "It is hot." and not second.tool_calls
    assert "sanitised" not in str(scripted.calls[-1].body), "nothing is said that nobody said"
    for entry, call in zip(LedgerEntry.objects.order_by("created_at", "id"), scripted.calls, strict=True):
        assert (entry.input_tokens, entry.output_tokens) == (call.usage.input, call.usage.output)


class Capital(BaseModel):
    city: str
    inhabitants: int


@pytest.mark.parametrize("name", WIRES)
def test_an_answer_in_a_form(scripted: ScriptedProvider, ask: Ask, customer: Customer, name: str) -> None:
    scripted.set_script(answering(Answer(data={"city": "Madrid", "inhabitants": 3_300_000})))
    answer = ask(complete_now(asking(provider=name), customer_id=customer.id, schema=Capital))
    assert Capital.model_validate(answer.data) == Capital(city="Madrid", inhabitants=3_300_000)


@pytest.mark.parametrize("name", WIRES)
def test_a_provider_without_schemas_is_told_the_form_in_words(
    scripted: ScriptedProvider, ask: Ask, customer: Customer, name: str
) -> None:
    Provider.objects.filter(name=name).update(has_json_schema=False)
    scripted.set_script(answering('```json\n{"city": "Madrid", "inhabitants": 1}\n```'))
    answer = ask(complete_now(asking(provider=name), customer_id=customer.id, schema=Capital))
    assert answer.data == {"city": "Madrid", "inhabitants": 1}
    assert "inhabitants" in str(scripted.calls[-1].body)


def test_a_character_that_no_database_stores_is_left_out(
    ask: Any, scripted: ScriptedProvider, customer: Customer
) -> None:
    scripted.set_script(answering(Answer(data={"city": "Mad\0rid", "inhabitants": 1})))
    answer = ask(complete_now(asking(), customer_id=customer.id, schema=Capital))
    assert answer.data == {"city": "Madrid", "inhabitants": 1}


@pytest.mark.parametrize("name", WIRES)
def test_what_was_closed_is_never_used_again(
    scripted: ScriptedProvider, ask: Ask, customer: Customer, name: str
) -> None:
    """A loop that ends leaves its ``id`` to the next, and LiteLLM finds connections by that ``id``."""

    async def ask_close_and_ask() -> list[str]:
        first = await complete_now(asking(provider=name), customer_id=customer.id)
        await close_clients()
        second = await complete_now(asking(provider=name), customer_id=customer.id)
        return [first.text, second.text]

    scripted.set_script(answering("Madrid."))
    assert ask(ask_close_and_ask()) == ["Madrid.", "Madrid."]


@pytest.mark.parametrize("name", WIRES)
def test_trying_a_provider_cuts_nobody_off(scripted: ScriptedProvider, ask: Ask, customer: Customer, name: str) -> None:
    tried = Provider.objects.get(name=name)
    answer = Answer(text="Madrid, of course. " * 40, chunk_delay_seconds=0.05)
    scripted.set_script(answering(answer))
    begun = asyncio.Event()

    async def on_text(text: str) -> None:
        begun.set()

    async def listen_while_another_tries() -> str:
        listening = asyncio.create_task(complete_now(asking(provider=name), customer_id=customer.id, on_text=on_text))
        await begun.wait()
        trial = await asyncio.to_thread(try_provider, tried)
        assert trial.error is None and not listening.done()
        return (await listening).text

    assert ask(listen_while_another_tries()) == answer.text
