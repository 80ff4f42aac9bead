"""OpenAI chat completions; what OpenRouter and local servers speak, too."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from ..questions import Question, Refused, Tool, need, plain_json
from ..replies import Call, Reply, Usage
from ..script import Failure, FailureKind, Stop, WireName
from .wire import Body, Event, Wire, bearer, pieces, sse

_CREATED = 1_750_000_000
_ARGUMENT_CHARACTERS = 24
_STOPS = {Stop.DONE: "stop", Stop.LENGTH: "length", Stop.TOOLS: "tool_calls", Stop.FILTERED: "content_filter"}

# Status, type, code and sentence of each refusal.
_REFUSALS: dict[FailureKind, tuple[int, str, str | None, str]] = {
    FailureKind.UNAUTHORIZED: (401, "invalid_request_error", "invalid_api_key", "Incorrect API key provided."),
    FailureKind.BAD_REQUEST: (400, "invalid_request_error", None, "The request cannot be used."),
    FailureKind.CONTEXT_TOO_LONG: (
        400, "invalid_request_error", "context_length_exceeded",
        "This model's maximum context length is 128000 tokens. However, your messages resulted in {tokens} tokens. "
        "Please reduce the length of the messages.",
    ),
    FailureKind.NO_SUCH_MODEL: (
        404, "invalid_request_error", "model_not_found",
        "The model `{model}` does not exist or you do not have access to it.",
    ),
    FailureKind.RATE_LIMITED: (429, "requests", "rate_limit_exceeded", "Rate limit reached for {model}."),
    FailureKind.SERVER_ERROR: (500, "server_error", None, "The server had an error while processing your request."),
    FailureKind.OVERLOADED: (503, "server_error", None, "The engine is currently overloaded, please try again later."),
}  # fmt: skip


def read(path: str, query: Mapping[str, str], body: Body) -> Question:
    messages = need(body, "messages", list)
    choice = body.get("tool_choice")
    tools = tuple(_tool(entry) for entry in body.get("tools") or ())
    return Question(
        wire=WireName.OPENAI,
        model=need(body, "model", str),
        said=tuple(_said(messages)),
        streaming=bool(body.get("stream")),
        with_usage=bool((body.get("stream_options") or {}).get("include_usage")),
        tools=tools,
        forced_tool=_forced(choice, tools),
        answers_tools=messages[-1].get("role") == "tool",
        schema=_schema(body.get("response_format") or {}),
        max_tokens=body.get("max_completion_tokens") or body.get("max_tokens"),
    )


def _said(messages: list[Body]) -> Iterator[str]:
    called: set[str] = set()
    for message in messages:
        for call in message.get("tool_calls") or ():
            called.add(call["id"])
            yield plain_json(call["function"]["arguments"])
        if message.get("role") == "tool":
            if message.get("tool_call_id") not in called:
                raise Refused("messages with role 'tool' must be a response to a preceding message with 'tool_calls'.")
            yield plain_json(_text(message.get("content")))
        else:
            yield _text(message.get("content"))


def _text(content: Any) -> str:
    if isinstance(content, list):
        return "".join(part.get("text", "") for part in content)
    return content or ""


def _tool(entry: Body) -> Tool:
    function = need(entry, "function", dict, "tools.")
    return Tool(need(function, "name", str, "tools.function."), function.get("parameters") or {})


def _forced(choice: Any, tools: tuple[Tool, ...]) -> str | None:
    if isinstance(choice, dict):
        return str(choice["function"]["name"])
    return tools[0].name if choice == "required" and tools else None


def _schema(response_format: Body) -> Body | None:
    if response_format.get("type") == "json_object":
        return {"type": "object"}
    schema: Body | None = (response_format.get("json_schema") or {}).get("schema")
    return schema


def whole(reply: Reply) -> Body:
    message: Body = {"role": "assistant", "content": reply.text if reply.text or not reply.calls else None}
    if reply.calls:
        message["tool_calls"] = [_call(call) for call in reply.calls]
    choice = {"index": 0, "message": message, "logprobs": None, "finish_reason": _STOPS[reply.stop]}
    return _head(reply, "chat.completion") | {"choices": [choice], "usage": _usage(reply.usage)}


def _head(reply: Reply, kind: str) -> Body:
    return {
        "id": f"chatcmpl-{reply.number}", "object": kind, "created": _CREATED, "model": reply.model,
        "system_fingerprint": None,
    }  # fmt: skip


def _call(call: Call) -> Body:
    return {"id": call.id, "type": "function", "function": {"name": call.name, "arguments": call.arguments_json}}


def _usage(usage: Usage) -> Body:
    return {
        "prompt_tokens": usage.input,
        "completion_tokens": usage.output,
        "total_tokens": usage.total,
        "prompt_tokens_details": {"cached_tokens": usage.cached, "audio_tokens": 0},
        "completion_tokens_details": {"reasoning_tokens": usage.reasoning, "audio_tokens": 0},
    }


def stream(question: Question, reply: Reply) -> Iterator[Event]:
    def chunk(delta: Body, characters: int = 0, finish: str | None = None) -> Event:
        choice = {"index": 0, "delta": delta, "logprobs": None, "finish_reason": finish}
        payload = _head(reply, "chat.completion.chunk") | {"choices": [choice]}
        return sse(payload | ({"usage": None} if question.with_usage else {}), characters=characters)

    yield chunk({"role": "assistant", "content": ""})
    for text in reply.chunks:
        yield chunk({"content": text}, len(text))
    for index, call in enumerate(reply.calls):
        opening = _call(call) | {"index": index, "function": {"name": call.name, "arguments": ""}}
        yield chunk({"tool_calls": [opening]}, len(call.name))
        for part in pieces(call.arguments_json, _ARGUMENT_CHARACTERS):
            yield chunk({"tool_calls": [{"index": index, "function": {"arguments": part}}]}, len(part))
    yield chunk({}, finish=_STOPS[reply.stop])
    if question.with_usage:
        yield sse(_head(reply, "chat.completion.chunk") | {"choices": [], "usage": _usage(reply.usage)})
    yield sse("[DONE]")


def refuse(failure: Failure, question: Question | None) -> tuple[int, Body]:
    status, kind, code, sentence = _REFUSALS[failure.kind]
    facts = {"model": question.model, "tokens": question.input_tokens} if question else {"model": "", "tokens": 0}
    message = failure.message or sentence.format(**facts)
    return status, {"error": {"message": message, "type": kind, "param": None, "code": code}}


WIRE = Wire(
    name=WireName.OPENAI,
    fits=lambda path: path == "/v1/chat/completions",
    key=lambda headers, query: bearer(headers),
    read=read,
    whole=whole,
    stream=stream,
    refuse=refuse,
)
