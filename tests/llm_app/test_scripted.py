"""The scripted provider by bare HTTP: rules, mishaps, money, the record, control from other processes."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from decimal import Decimal
from pathlib import Path
from typing import Any

import httpx
import pytest

from llm_app.scripted.demo import LABEL
from llm_app.scripted.provider import ScriptedProvider, running_provider
from llm_app.scripted.script import Answer, Prices, Rule, Script, WireName

ROOT = Path(__file__).resolve().parent.parent.parent
ASKED = "Which city is the capital of Spain?"  # 35 characters, 9 tokens


@pytest.fixture
def provider() -> Iterator[ScriptedProvider]:
    with running_provider() as provider:
        yield provider


@pytest.fixture
def post(provider: ScriptedProvider) -> Callable[..., httpx.Response]:
    """Ask in a format; ``stream``, other fields of the body and headers by name."""

    def post(wire: str = "openai", text: str = ASKED, *, headers: dict[str, str] | None = None, **fields: Any) -> Any:
        path, body = _request(wire, text, fields)
        return httpx.post(provider.url + path, json=body, headers=headers, timeout=5)

    return post


def _request(wire: str, text: str, fields: dict[str, Any]) -> tuple[str, dict[str, Any]]:
    messages = [{"role": "user", "content": text}]
    model = fields.pop("model", "demo")
    if wire == "openai":
        return "/v1/chat/completions", {"model": model, "messages": messages} | fields
    if wire == "anthropic":
        return "/v1/messages", {"model": model, "messages": messages, "max_tokens": 1000} | fields
    method = "streamGenerateContent?alt=sse" if fields.pop("stream", False) else "generateContent"
    return f"/v1beta/models/{model}:{method}", {"contents": [{"role": "user", "parts": [{"text": text}]}]} | fields


def _text(response: httpx.Response) -> str:
    return str(response.json()["choices"][0]["message"]["content"])


def test_the_first_rule_that_fits_decides(
    provider: ScriptedProvider, post: Callable[..., httpx.Response]
) -> None:
    rules = (
        Rule(wire=WireName.GEMINI, answer=Answer(text="for gemini")),
        Rule(model="small", answer=Answer(text="for small")),
        Rule(contains="Spain", nth=2, answer=Answer(text="the second time")),
        Rule(contains="Spain", answer=Answer(text="for Spain")),
    )
    provider.set_script(Script(rules=rules))
    assert post("gemini").json()["candidates"][0]["content"]["parts"] == [{"text": "for gemini"}]
    assert _text(post(model="small")) == "for small"
    assert [_text(post()) for _ in range(3)] == ["for Spain", "the second time", "for Spain"]
    assert _text(post(text="Hello")) == f"{LABEL} to: Hello"


def test_every_call_costs_what_its_tokens_cost(
    provider: ScriptedProvider, post: Callable[..., httpx.Response]
) -> None:
    prices = Prices(input=Decimal(10), output=Decimal(100), cached_input=Decimal(1), cache_write=Decimal(20))
    answer = Answer(text="Madrid", cached_tokens=4, cache_write_tokens=2, reasoning_tokens=3)
    provider.set_script(Script(rules=(Rule(answer=answer),), prices=prices))
    for wire in WireName:
        post(wire)
    # 9 tokens in: 3 fresh, 4 read from the cache, 2 written to it; out 2 of text and 3 of thought
    assert [call.cost_usd for call in provider.calls] == [Decimal("0.000574")] * 3
    assert provider.cost_usd == Decimal("0.001722")
