"""The scripted provider against LiteLLM's own code: each thing it does, in each of the three formats.

The tests that are async share one event loop: LiteLLM keeps its connections, which belong to the loop they began in.
"""

from __future__ import annotations

import asyncio
import json
import sys
import time
from collections.abc import AsyncIterator, Iterator
from decimal import Decimal
from typing import Any

import pytest
import pytest_asyncio
from openai import OpenAIError

from llm_app import lite
from llm_app.lite import close_clients
from llm_app.scripted.playback import Call
from llm_app.scripted.provider import ScriptedProvider, running_provider
from llm_app.scripted.script import Answer, Failure, FailureKind, Stop, ToolCall, WireName, answering

MODELS = {
    WireName.OPENAI: "openai/gpt-4o",
    WireName.ANTHROPIC: "anthropic/claude-sonnet-4-5-20250929",
    WireName.GEMINI: "gemini/gemini-2.5-flash",
}
ASKED: list[dict[str, Any]] = [
    {"role": "system", "content": "Answer in one word."},  # 19 characters
    {"role": "user", "content": "Which city is the capital of Spain?"},  # 35 characters
]
INPUT_TOKENS = 14
TOOL = {
    "type": "function",
    "function": {
        "name": "get_task_progress",
        "description": "How far a job is",
        "parameters": {"type": "object", "properties": {"task_id": {"type": "string"}}, "required": ["task_id"]},
    },
}
ABILITIES = {
    "type": "object",
    "properties": {"score": {"type": "integer", "minimum": 0}, "words": {"type": "array", "items": {"type": "string"}}},
    "required": ["score", "words"],
    "additionalProperties": False,
}


# What LiteLLM's own types and streams make pydantic warn of, in whichever of these tests first uses them.
pytestmark = [
    pytest.mark.filterwarnings("ignore:Item '.*' on TypedDict class '.*' is using the `ReadOnly`:UserWarning"),
    pytest.mark.filterwarnings("ignore:Accessing the 'model_.*' attribute on the instance:DeprecationWarning"),
]


@pytest.fixture
def provider() -> Iterator[ScriptedProvider]:
    with running_provider() as provider:
        yield provider


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def litellm() -> AsyncIterator[Any]:
    """The library, which asks the internet for prices and headers unless it is told not to."""
    asked: set[Any] = set()
    sys.addaudithook(lambda event, args: asked.add(args[0]) if event == "socket.getaddrinfo" else None)
    yield lite.litellm()
    await close_clients()
    assert asked <= {"127.0.0.1"}


@pytest.fixture(params=list(MODELS), ids=str)
def wire(request: pytest.FixtureRequest) -> WireName:
    return WireName(request.param)


@pytest.fixture
def ask(provider: ScriptedProvider, wire: WireName) -> dict[str, Any]:
    """The arguments of every call."""
    return {"model": MODELS[wire], "api_base": provider.base_url(wire), "api_key": "k", "max_retries": 0, "timeout": 5}


def test_plain(litellm: Any, provider: ScriptedProvider, ask: dict[str, Any], wire: WireName) -> None:
    provider.set_script(answering("Madrid"))
    answer = litellm.completion(messages=ASKED, **ask)
    assert answer.choices[0].message.content == "Madrid"
    assert answer.choices[0].finish_reason == "stop"
    assert (answer.usage.prompt_tokens, answer.usage.completion_tokens) == (INPUT_TOKENS, 2)
    [call] = provider.calls
    assert (call.wire, call.model, call.streaming, call.status) == (wire, MODELS[wire].split("/")[1], False, 200)


@pytest.mark.asyncio(loop_scope="module")
async def test_plain_async(litellm: Any, provider: ScriptedProvider, ask: dict[str, Any]) -> None:
    provider.set_script(answering("Madrid"))
    answer = await litellm.acompletion(messages=ASKED, **ask)
    assert answer.choices[0].message.content == "Madrid"
    assert answer.usage.prompt_tokens == INPUT_TOKENS


def _is_answered(call: Call) -> bool:
    """The client has all it wants a moment before the server has written down that it sent it."""
    deadline = time.monotonic() + 5
    while call.answered_at is None and time.monotonic() < deadline:
        time.sleep(0.01)
    return call.answered_at is not None


def test_stream(litellm: Any, provider: ScriptedProvider, ask: dict[str, Any]) -> None:
    provider.set_script(answering(Answer(text="Madrid, of course.", chunk_characters=5, reasoning_tokens=7)))
    chunks = list(litellm.completion(messages=ASKED, stream=True, stream_options={"include_usage": True}, **ask))
    texts = [chunk.choices[0].delta.content for chunk in chunks if chunk.choices and chunk.choices[0].delta.content]
    assert texts == ["Madri", "d, of", " cour", "se."]
    usage = chunks[-1].usage
    assert (usage.prompt_tokens, usage.completion_tokens) == (INPUT_TOKENS, 5 + 7)
    assert provider.calls[0].streaming and _is_answered(provider.calls[0])


@pytest.mark.asyncio(loop_scope="module")
async def test_stream_async(litellm: Any, provider: ScriptedProvider, ask: dict[str, Any]) -> None:
    provider.set_script(answering("Madrid, of course."))
    stream = await litellm.acompletion(messages=ASKED, stream=True, **ask)
    texts = [chunk.choices[0].delta.content or "" async for chunk in stream if chunk.choices]
    assert "".join(texts) == "Madrid, of course."


@pytest.mark.parametrize("stream", [False, True])
def test_tools_there_and_back(litellm: Any, provider: ScriptedProvider, ask: dict[str, Any], stream: bool) -> None:
    calls = tuple(ToolCall(name="get_task_progress", arguments={"task_id": task}) for task in ("42 é", "43 ü"))
    provider.set_script(answering(Answer(tool_calls=calls), "Half of it is done."))
    message = _message(litellm, litellm.completion(messages=ASKED, tools=[TOOL], stream=stream, **ask))
    assert [json.loads(each.function.arguments) for each in message.tool_calls] == [call.arguments for call in calls]
    results = [
        {"role": "tool", "tool_call_id": each.id, "name": each.function.name, "content": json.dumps({"progress": 50})}
        for each in message.tool_calls
    ]
    said = [*ASKED, message.model_dump() | {"content": None}, *results]
    answer = litellm.completion(messages=said, tools=[TOOL], **ask)
    assert answer.choices[0].message.content == "Half of it is done."
    characters = 19 + 35 + 2 * len('{"task_id":"42 é"}') + 2 * len('{"progress":50}')
    assert answer.usage.prompt_tokens == -(-characters // 4), "results count the same in each format"


def test_results_without_a_call_are_refused(litellm: Any, ask: dict[str, Any]) -> None:
    result = {"role": "tool", "tool_call_id": "call_9", "name": "get_task_progress", "content": "50"}
    with pytest.raises((litellm.BadRequestError, litellm.APIConnectionError)):
        litellm.completion(messages=[*ASKED, result], tools=[TOOL], **ask)


def _message(litellm: Any, answer: Any) -> Any:
    whole = answer if hasattr(answer, "usage") else litellm.stream_chunk_builder(list(answer))
    assert whole.choices[0].finish_reason == "tool_calls"
    return whole.choices[0].message


@pytest.mark.parametrize("stream", [False, True])
def test_structured_output(litellm: Any, provider: ScriptedProvider, ask: dict[str, Any], stream: bool) -> None:
    provider.set_script(answering(Answer(data={"score": 7, "words": ["a"]})))
    form = {"type": "json_schema", "json_schema": {"name": "review", "strict": True, "schema": ABILITIES}}
    answer = litellm.completion(messages=ASKED, response_format=form, stream=stream, **ask)
    whole = litellm.stream_chunk_builder(list(answer)) if stream else answer
    assert json.loads(whole.choices[0].message.content) == {"score": 7, "words": ["a"]}


def test_an_object_becomes_a_call_of_the_tool_that_is_forced(
    litellm: Any, provider: ScriptedProvider, ask: dict[str, Any]
) -> None:
    provider.set_script(answering(Answer(data={"task_id": "7"})))
    choice = {"type": "function", "function": {"name": "get_task_progress"}}
    message = _message(litellm, litellm.completion(messages=ASKED, tools=[TOOL], tool_choice=choice, **ask))
    assert json.loads(message.tool_calls[0].function.arguments) == {"task_id": "7"}


@pytest.mark.parametrize("stream", [False, True])
def test_cached_and_reasoning_tokens(
    litellm: Any, provider: ScriptedProvider, ask: dict[str, Any], stream: bool
) -> None:
    provider.set_script(answering(Answer(text="Madrid", cached_tokens=8, reasoning_tokens=30)))
    options = {"stream": True, "stream_options": {"include_usage": True}} if stream else {}
    answer = litellm.completion(messages=ASKED, **options, **ask)
    usage = list(answer)[-1].usage if stream else answer.usage
    assert usage.prompt_tokens == INPUT_TOKENS and usage.prompt_tokens_details.cached_tokens == 8
    assert usage.completion_tokens == 32


# The exception that LiteLLM makes of each refusal. Only OpenAI's overloading has one of its own.
FAILURES = {
    FailureKind.UNAUTHORIZED: ("AuthenticationError", 401),
    FailureKind.BAD_REQUEST: ("BadRequestError", 400),
    FailureKind.CONTEXT_TOO_LONG: ("ContextWindowExceededError", 400),
    FailureKind.NO_SUCH_MODEL: ("NotFoundError", 404),
    FailureKind.RATE_LIMITED: ("RateLimitError", 429),
    FailureKind.SERVER_ERROR: ("InternalServerError", 500),
    FailureKind.OVERLOADED: ("InternalServerError", 500),
}
OPENAI_FAILURES = FAILURES | {FailureKind.OVERLOADED: ("ServiceUnavailableError", 503)}


@pytest.mark.parametrize("kind", list(FailureKind))
@pytest.mark.parametrize("stream", [False, True])
def test_failures(
    litellm: Any, provider: ScriptedProvider, ask: dict[str, Any], wire: WireName, kind: FailureKind, stream: bool
) -> None:
    provider.set_script(answering(Answer(failure=Failure(kind=kind, retry_after_seconds=3))))
    error = _failure(litellm, ask, stream=stream)
    expected = (OPENAI_FAILURES if wire == WireName.OPENAI else FAILURES)[kind]
    assert (type(error).__name__, error.status_code) == expected
    assert provider.calls[0].cost_usd == 0


def _failure(litellm: Any, ask: dict[str, Any], *, stream: bool) -> Any:
    """What a call raises; Gemini's streams fail at their first chunk only, inside another error."""
    with pytest.raises(OpenAIError) as caught:
        list(litellm.completion(messages=ASKED, stream=stream, **ask))
    return getattr(caught.value, "original_exception", None) or caught.value


@pytest.mark.parametrize("stream", [False, True])
def test_the_wait_of_a_rate_limit_arrives(
    litellm: Any, provider: ScriptedProvider, ask: dict[str, Any], stream: bool
) -> None:
    provider.set_script(answering(Answer(failure=Failure(kind=FailureKind.RATE_LIMITED, retry_after_seconds=3))))
    error = _failure(litellm, ask, stream=stream)
    headers = getattr(error, "litellm_response_headers", None) or error.response.headers
    assert headers["retry-after"] == "3"


@pytest.mark.parametrize("mishap", [{"cut_after_chunks": 1}, {"fail_after_chunks": 1}, {"malformed": True}], ids=str)
def test_a_stream_that_goes_wrong(
    litellm: Any, provider: ScriptedProvider, ask: dict[str, Any], wire: WireName, mishap: dict[str, Any]
) -> None:
    provider.set_script(answering(Answer(text="Madrid, of course, since 1561.", chunk_characters=8, **mishap)))
    stream = litellm.completion(messages=ASKED, stream=True, **ask)
    texts: list[str] = []
    if "malformed" in mishap and wire != WireName.OPENAI:
        texts += _texts(stream)  # LiteLLM waits for the rest of the JSON until the stream has ended
    else:
        with pytest.raises(litellm.exceptions.MidStreamFallbackError):
            texts.extend(_texts(stream))
    assert "".join(texts) == ("" if "malformed" in mishap else "Madrid, ")


def _texts(stream: Any) -> Iterator[str]:
    return (chunk.choices[0].delta.content or "" for chunk in stream if chunk.choices)


@pytest.mark.parametrize("mishap", [{"cut_after_chunks": 1}, {"billed_then_cut": True}, {"malformed": True}], ids=str)
def test_a_plain_answer_that_goes_wrong(
    litellm: Any, provider: ScriptedProvider, ask: dict[str, Any], mishap: dict[str, Any]
) -> None:
    provider.set_script(answering(Answer(text="Madrid, of course, since 1561.", **mishap)))
    with pytest.raises(OpenAIError):
        litellm.completion(messages=ASKED, **ask)
    assert len(provider.calls) == 1 and provider.cost_usd == Decimal("0.000046"), "14 tokens in, 8 out, paid"


def test_an_answer_that_is_late(litellm: Any, provider: ScriptedProvider, ask: dict[str, Any]) -> None:
    provider.set_script(answering(Answer(text="Madrid", delay_seconds=3)))
    with pytest.raises(litellm.Timeout):
        litellm.completion(messages=ASKED, **ask | {"timeout": 0.2})


@pytest.mark.parametrize("stream", [False, True])
def test_an_empty_answer(litellm: Any, provider: ScriptedProvider, ask: dict[str, Any], stream: bool) -> None:
    provider.set_script(answering(Answer()))
    answer = litellm.completion(messages=ASKED, stream=stream, **ask)
    assert "".join(_texts(answer) if stream else [answer.choices[0].message.content or ""]) == ""


def test_an_answer_stops_at_its_limit(litellm: Any, provider: ScriptedProvider, ask: dict[str, Any]) -> None:
    provider.set_script(answering("Madrid, of course, since 1561."))
    answer = litellm.completion(messages=ASKED, max_tokens=2, **ask)
    assert (answer.choices[0].message.content, answer.choices[0].finish_reason) == ("Madrid, ", "length")
    assert answer.usage.completion_tokens == 2


def test_an_answer_that_is_filtered(litellm: Any, provider: ScriptedProvider, ask: dict[str, Any]) -> None:
    provider.set_script(answering(Answer(text="No", stop=Stop.FILTERED)))
    answer = litellm.completion(messages=ASKED, **ask)
    assert answer.choices[0].finish_reason in {"content_filter", "refusal"}


@pytest.mark.asyncio(loop_scope="module")
async def test_a_cancelled_stream_closes_the_connection(
    litellm: Any, provider: ScriptedProvider, ask: dict[str, Any]
) -> None:
    answer = Answer(text="Madrid, of course, since 1561.", chunk_characters=4, chunk_delay_seconds=0.2)
    provider.set_script(answering(answer))
    heard = asyncio.Event()

    async def listen() -> None:
        async for chunk in await litellm.acompletion(messages=ASKED, stream=True, **ask):
            if chunk.choices and chunk.choices[0].delta.content:
                heard.set()

    listening = asyncio.create_task(listen())
    await heard.wait()
    cancelled = time.time()
    listening.cancel()
    [call] = provider.calls
    async with asyncio.timeout(2):
        while not call.abandoned:
            await asyncio.sleep(0.01)
    assert call.client_closed_at and call.client_closed_at - cancelled < 1
    assert call.usage.output < 8, "what was not sent is not billed"
