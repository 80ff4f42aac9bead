"""The scripted provider by bare HTTP: rules, mishaps, money, the record, control from other processes."""

from __future__ import annotations

import json
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from decimal import Decimal
from pathlib import Path
from typing import Annotated, Any, Literal

import httpx
import pytest
from jsonschema import validate
from pydantic import BaseModel, Field

from llm_app.scripted.demo import LABEL
from llm_app.scripted.provider import ScriptedProvider, running_provider
from llm_app.scripted.script import (
    Answer,
    Failure,
    FailureKind,
    Prices,
    Rule,
    Script,
    ToolCall,
    WireName,
    answering,
)

Post = Callable[..., httpx.Response]

ROOT = Path(__file__).resolve().parent.parent.parent
ASKED = "Which city is the capital of Spain?"  # 35 characters, 9 tokens

HTTP = httpx.Client(timeout=5)  # one for all tests: each reads the authorities' certificates anew


@pytest.fixture(scope="module", autouse=True)
def _closed() -> Iterator[None]:
    yield
    HTTP.close()


@pytest.fixture
def provider() -> Iterator[ScriptedProvider]:
    with running_provider() as provider:
        yield provider


@pytest.fixture
def post(provider: ScriptedProvider) -> Post:
    """Ask in a format; ``stream`` and other fields of the body by name."""

    def post(wire: str = "openai", text: str = ASKED, *, headers: dict[str, str] | None = None, **fields: Any) -> Any:
        path, body = _request(wire, text, fields)
        return HTTP.post(provider.url + path, json=body, headers=headers)

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


def test_the_first_rule_that_fits_decides(provider: ScriptedProvider, post: Post) -> None:
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


def test_every_call_costs_what_its_tokens_cost(provider: ScriptedProvider, post: Post) -> None:
    prices = Prices(input=Decimal(10), output=Decimal(100), cached_input=Decimal(1), cache_write=Decimal(20))
    answer = Answer(text="Madrid", cached_tokens=4, cache_write_tokens=2, reasoning_tokens=3)
    provider.set_script(Script(rules=(Rule(answer=answer),), prices=prices))
    for wire in WireName:
        post(wire)
    # 9 tokens in: 3 fresh, 4 read from the cache, 2 written to it; out 2 of text and 3 of thought
    assert [call.cost_usd for call in provider.calls] == [Decimal("0.000574")] * 3
    assert provider.cost_usd == Decimal("0.001722")


# How each format's stream goes, from its own documentation.
STREAMS = {
    WireName.OPENAI: ["role", "content", "content", "tool_calls", "tool_calls", "finish", "usage", "[DONE]"],
    WireName.ANTHROPIC: [
        "message_start", "ping",
        "content_block_start", "content_block_delta", "content_block_delta", "content_block_stop",
        "content_block_start", "content_block_delta", "content_block_stop",
        "message_delta", "message_stop",
    ],
    WireName.GEMINI: ["text", "text", "functionCall", "STOP"],
}  # fmt: skip


@pytest.mark.parametrize("wire", list(WireName))
def test_streams_have_the_events_of_their_format(provider: ScriptedProvider, post: Post, wire: WireName) -> None:
    call = ToolCall(name="look", arguments={"at": "it"})
    provider.set_script(answering(Answer(text="Let me look at it, now.", tool_calls=(call,))))
    fields = {"stream_options": {"include_usage": True}} if wire == WireName.OPENAI else {}
    response = post(wire, stream=True, **fields)
    assert response.headers["content-type"].startswith("text/event-stream")
    assert [_event_name(line) for line in response.text.splitlines() if line.startswith("data: ")] == STREAMS[wire]


def _event_name(line: str) -> str:
    if line == "data: [DONE]":
        return "[DONE]"
    data = json.loads(line.removeprefix("data: "))
    if "type" in data:
        return str(data["type"])
    if candidates := data.get("candidates"):
        return str(candidates[0].get("finishReason") or next(iter(candidates[0]["content"]["parts"][0])))
    if not data["choices"]:
        return "usage" if data["usage"]["total_tokens"] else "nothing"
    choice = data["choices"][0]
    return "finish" if choice["finish_reason"] else next(iter(choice["delta"]))


def test_usage_is_in_openai_streams_only_where_it_is_asked_for(provider: ScriptedProvider, post: Post) -> None:
    provider.set_script(answering("Madrid"))
    assert '"usage"' not in post(stream=True).text
    assert provider.cost_usd > 0


@pytest.mark.parametrize(
    ("wire", "headers", "path"),
    [
        ("openai", {"authorization": "Bearer right-key"}, ""),
        ("anthropic", {"x-api-key": "right-key"}, ""),
        ("gemini", {"x-goog-api-key": "right-key"}, ""),
        ("gemini", {}, "?key=right-key"),
    ],
)
def test_the_key_is_looked_at_and_not_kept(
    provider: ScriptedProvider, wire: str, headers: dict[str, str], path: str
) -> None:
    provider.set_script(Script(key="right-key"))
    address, body = _request(wire, ASKED, {})
    url = provider.url + address
    assert HTTP.post(url + path, json=body, headers=headers).status_code == 200
    wrong = HTTP.post(url + path.replace("right", "wrong"), json=body, headers=dict.fromkeys(headers, "wrong"))
    assert wrong.status_code == (400 if wire == "gemini" else 401)
    assert [call.key_was_right for call in provider.calls] == [True, False]
    assert "right-key" not in repr(provider.calls)


@pytest.mark.parametrize("wire", list(WireName))
@pytest.mark.parametrize(
    "body", [b"{", b"[]", b'{"model": "x"}', b'{"model": "x", "max_tokens": 1, "messages": 7, "contents": 7}']
)
def test_a_bad_body_is_refused(provider: ScriptedProvider, wire: WireName, body: bytes) -> None:
    address, _ = _request(wire, ASKED, {})
    response = HTTP.post(provider.url + address, content=body)
    assert response.status_code == 400 and response.json()["error"]["message"]


def test_the_message_and_the_wait_of_a_failure_are_the_scripts(provider: ScriptedProvider, post: Post) -> None:
    failure = Failure(kind=FailureKind.RATE_LIMITED, message="Slow down, sk-canary", retry_after_seconds=7)
    provider.set_script(answering(Answer(failure=failure)))
    for wire in WireName:
        response = post(wire)
        assert (response.status_code, response.headers["retry-after"]) == (429, "7")
        assert response.json()["error"]["message"] == "Slow down, sk-canary"
    assert provider.cost_usd == 0


@pytest.mark.parametrize("stream", [False, True])
def test_what_was_sent_before_a_cut_is_billed(provider: ScriptedProvider, post: Post, stream: bool) -> None:
    provider.set_script(answering(Answer(text="Madrid, of course.", chunk_characters=4, cut_after_chunks=2)))
    with pytest.raises(httpx.RemoteProtocolError):
        post(stream=stream)
    [call] = provider.calls
    assert call.dropped_at and not call.abandoned
    assert (call.usage.input, call.usage.output) == (9, 2 if stream else 5), "a plain answer is made as a whole"


def test_an_answer_that_was_billed_and_cut_is_there_for_its_idempotency_key(
    provider: ScriptedProvider, post: Post
) -> None:
    provider.set_script(answering(Answer(text="Madrid", billed_then_cut=True)))
    headers = {"idempotency-key": "job-1/ask"}
    with pytest.raises(httpx.RemoteProtocolError):
        post(headers=headers)
    paid = provider.cost_usd
    assert paid > 0
    assert _text(post(headers=headers)) == "Madrid"
    assert provider.cost_usd == paid and provider.calls[1].replayed
    assert post(text="Something else", headers=headers).status_code == 400
    with pytest.raises(httpx.RemoteProtocolError):
        post(headers={"idempotency-key": "job-2/ask"})
    assert provider.cost_usd == 2 * paid


def test_a_client_that_goes_is_noticed_and_pays_for_what_it_got(provider: ScriptedProvider) -> None:
    provider.set_script(answering(Answer(text="Madrid, of course.", chunk_characters=4, chunk_delay_seconds=0.1)))
    path, body = _request("openai", ASKED, {"stream": True})
    with HTTP.stream("POST", provider.url + path, json=body) as response:
        next(line for line in response.iter_lines() if "Madr" in line)
    gone = time.time()
    [call] = provider.calls
    assert _wait_until(lambda: call.abandoned)
    assert call.client_closed_at and abs(call.client_closed_at - gone) < 0.5
    assert call.usage.input == 9 and 1 <= call.usage.output < 5
    assert call.cost_usd == call.usage.cost_usd(Prices())


def test_a_client_that_waits_no_longer_is_noticed(provider: ScriptedProvider) -> None:
    provider.set_script(answering(Answer(text="Madrid", delay_seconds=30)))
    path, body = _request("anthropic", ASKED, {})
    with pytest.raises(httpx.ReadTimeout):
        HTTP.post(provider.url + path, json=body, timeout=0.1)
    assert _wait_until(lambda: provider.calls[0].abandoned)
    assert provider.cost_usd == 0, "nothing was answered"


def _wait_until(holds: Callable[[], bool]) -> bool:
    end = time.monotonic() + 5
    while not holds() and time.monotonic() < end:
        time.sleep(0.01)
    return holds()


def test_one_connection_serves_many_calls(provider: ScriptedProvider) -> None:
    path, body = _request("openai", ASKED, {})
    with httpx.Client(base_url=provider.url) as client:
        for stream in (False, True, False):
            assert client.post(path, json=body | {"stream": stream}).status_code == 200
    calls = provider.calls
    assert len({call.connected_at for call in calls}) == 1
    assert _wait_until(lambda: all(call.client_closed_at for call in calls))
    assert not any(call.abandoned for call in calls)


class Entry(BaseModel):
    name: str = Field(min_length=40)
    kind: Annotated[str, Field(max_length=4)]


class Findings(BaseModel):
    score: int = Field(ge=1, le=100)
    share: float
    verdict: Literal["good", "bad"]
    entries: list[Entry] = Field(min_length=2)
    first: Entry
    note: str | None
    final: bool


@pytest.mark.parametrize("wire", list(WireName))
def test_demo_answers_have_the_form_that_is_asked_for(post: Post, wire: WireName) -> None:
    schema = Findings.model_json_schema()
    fields_by_wire: dict[WireName, dict[str, Any]] = {
        WireName.OPENAI: {"response_format": {"type": "json_schema", "json_schema": {"name": "x", "schema": schema}}},
        WireName.ANTHROPIC: {"output_config": {"format": {"type": "json_schema", "schema": schema}}},
        WireName.GEMINI: {"generationConfig": {"responseMimeType": "application/json", "responseJsonSchema": schema}},
    }
    fields = fields_by_wire[wire]
    response = post(wire, **fields)
    answer = response.json()
    text = {
        WireName.OPENAI: lambda: answer["choices"][0]["message"]["content"],
        WireName.ANTHROPIC: lambda: answer["content"][0]["text"],
        WireName.GEMINI: lambda: answer["candidates"][0]["content"]["parts"][0]["text"],
    }[wire]()
    validate(json.loads(text), schema)
    assert LABEL in text and post(wire, **fields).json() != {}


def test_demo_answers_call_the_tool_that_is_named_and_tell_its_result(post: Post) -> None:
    schema = {"type": "object", "properties": {"status": {"enum": ["parsed"]}}, "required": ["status"]}
    tools = [{"type": "function", "function": {"name": "list_templates", "parameters": schema}}]
    message = post(text="Please use list_templates.", tools=tools).json()["choices"][0]["message"]
    assert json.loads(message["tool_calls"][0]["function"]["arguments"]) == {"status": "parsed"}
    assert _text(post(text="Hello", tools=tools)) == f"{LABEL} to: Hello"
    result = {"role": "tool", "tool_call_id": message["tool_calls"][0]["id"], "content": "[]"}
    told = post(tools=tools, messages=[{"role": "user", "content": "x"}, message, result])
    assert _text(told) == f"{LABEL}: the tool says []"


def test_models_are_listed(provider: ScriptedProvider) -> None:
    assert HTTP.get(f"{provider.base_url('openai')}/models").json()["data"][0]["id"] == "demo"
    assert LABEL in HTTP.get(f"{provider.base_url('gemini')}/models").text
    assert HTTP.get(provider.url).status_code == 404


def test_other_processes_set_the_script_and_read_the_record(tmp_path: Path) -> None:
    script = tmp_path / "script.json"
    script.write_text(answering("from the file").model_dump_json())
    command = [sys.executable, "-m", "llm_app.scripted", "--port", "0", "--script", str(script)]
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        openai = process.stdout.readline().split()[1]
        try:
            _control(openai.removesuffix("/v1"))
        finally:
            process.terminate()


def _control(url: str) -> None:
    path, body = _request("openai", ASKED, {})
    assert _text(HTTP.post(url + path, json=body)) == "from the file"
    assert HTTP.put(f"{url}/_control/script", content=b'{"rules": 7}').status_code == 422
    other = answering(Answer(text="Madrid", billed_then_cut=True), "Paris")
    assert HTTP.put(f"{url}/_control/script", content=other.model_dump_json()).json() == {"rules": 2}
    assert HTTP.get(f"{url}/_control/calls").json() == []
    with pytest.raises(httpx.RemoteProtocolError):
        HTTP.post(url + path, json=body)
    assert _text(HTTP.post(url + path, json=body)) == "Paris"
    totals = HTTP.get(f"{url}/_control/totals").json()
    assert totals == {
        "calls": 2, "replayed": 0, "abandoned": 0, "input_tokens": 18, "output_tokens": 4, "cost_usd": "0.000034",
    }  # fmt: skip
    assert [call["dropped_at"] is None for call in HTTP.get(f"{url}/_control/calls").json()] == [False, True]
    assert Script.model_validate(HTTP.get(f"{url}/_control/script").json()) == other
    assert HTTP.delete(f"{url}/_control/script").status_code == 404
