"""Anthropic messages."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from ..questions import Question, Refused, Tool, need, plain_json
from ..replies import Call, Reply, Usage
from ..script import Failure, FailureKind, Stop, WireName
from .wire import Body, Event, Wire, bearer, pieces, sse

_ARGUMENT_CHARACTERS = 24
_STOPS = {Stop.DONE: "end_turn", Stop.LENGTH: "max_tokens", Stop.TOOLS: "tool_use", Stop.FILTERED: "refusal"}

# Status, type and sentence of each refusal.
_REFUSALS: dict[FailureKind, tuple[int, str, str]] = {
    FailureKind.UNAUTHORIZED: (401, "authentication_error", "invalid x-api-key"),
    FailureKind.BAD_REQUEST: (400, "invalid_request_error", "The request cannot be used."),
    FailureKind.CONTEXT_TOO_LONG: (
        400, "invalid_request_error", "prompt is too long: {tokens} tokens > 200000 maximum",
    ),
    FailureKind.NO_SUCH_MODEL: (404, "not_found_error", "model: {model}"),
    FailureKind.RATE_LIMITED: (429, "rate_limit_error", "This request would exceed your organization's rate limit."),
    FailureKind.SERVER_ERROR: (500, "api_error", "Internal server error"),
    FailureKind.OVERLOADED: (529, "overloaded_error", "Overloaded"),
}  # fmt: skip


def read(path: str, query: Mapping[str, str], body: Body) -> Question:
    messages = need(body, "messages", list)
    tools = tuple(Tool(need(entry, "name", str, "tools."), entry.get("input_schema") or {}) for entry in _tools(body))
    last = messages[-1].get("content")
    return Question(
        wire=WireName.ANTHROPIC,
        model=need(body, "model", str),
        said=tuple(_said(body)),
        streaming=bool(body.get("stream")),
        tools=tools,
        forced_tool=_forced(body.get("tool_choice") or {}, tools),
        answers_tools=isinstance(last, list) and any(block.get("type") == "tool_result" for block in last),
        schema=_schema(body),
        max_tokens=need(body, "max_tokens", int),
    )


def _tools(body: Body) -> list[Body]:
    return body.get("tools") or []


def _said(body: Body) -> Iterator[str]:
    if body.get("system"):
        yield _text(body["system"])
    called: set[str] = set()
    for message in body["messages"]:
        if message.get("role") not in {"user", "assistant"}:
            raise Refused("messages: roles must be user or assistant")
        content = message.get("content")
        blocks = [{"type": "text", "text": content}] if isinstance(content, str) else content
        for block in blocks or ():
            yield _block(block, called)


def _block(block: Body, called: set[str]) -> str:
    match block.get("type"):
        case "tool_use":
            called.add(block["id"])
            return plain_json(block["input"])
        case "tool_result":
            if block.get("tool_use_id") not in called:
                raise Refused("messages: unexpected `tool_use_id` found in `tool_result` blocks")
            return plain_json(_text(block.get("content")))
    return str(block.get("text", ""))


def _text(content: Any) -> str:
    if isinstance(content, list):
        return "".join(block.get("text", "") for block in content)
    return content or ""


def _forced(choice: Body, tools: tuple[Tool, ...]) -> str | None:
    if choice.get("type") == "tool":
        return str(choice["name"])
    return tools[0].name if choice.get("type") == "any" and tools else None


def _schema(body: Body) -> Body | None:
    form = body.get("output_format") or (body.get("output_config") or {}).get("format") or {}
    schema: Body | None = form.get("schema")
    return schema


def whole(reply: Reply) -> Body:
    content: list[Body] = [{"type": "text", "text": reply.text}] if reply.text else []
    content += [_call(call) | {"input": call.arguments} for call in reply.calls]
    usage = _usage(reply.usage)
    return _head(reply) | {"content": content, "stop_reason": _STOPS[reply.stop], "usage": usage}


def _head(reply: Reply) -> Body:
    return {
        "id": f"msg_{reply.number}", "type": "message", "role": "assistant", "model": reply.model, "content": [],
        "stop_reason": None, "stop_sequence": None,
    }  # fmt: skip


def _call(call: Call) -> Body:
    return {"type": "tool_use", "id": call.id, "name": call.name, "input": {}}


def _usage(usage: Usage) -> Body:
    """Here, input tokens are those that have nothing to do with the cache."""
    return {
        "input_tokens": usage.input - usage.cached - usage.cache_write,
        "cache_creation_input_tokens": usage.cache_write,
        "cache_read_input_tokens": usage.cached,
        "output_tokens": usage.output,
    }


def stream(question: Question, reply: Reply) -> Iterator[Event]:
    def event(name: str, characters: int = 0, **fields: Any) -> Event:
        return sse({"type": name} | fields, name=name, characters=characters)

    def block(index: int, opening: Body, deltas: Iterator[tuple[Body, int]]) -> Iterator[Event]:
        yield event("content_block_start", index=index, content_block=opening)
        for delta, characters in deltas:
            yield event("content_block_delta", characters, index=index, delta=delta)
        yield event("content_block_stop", index=index)

    usage = _usage(reply.usage)
    yield event("message_start", message=_head(reply) | {"usage": usage | {"output_tokens": 1}})
    yield event("ping")
    if reply.chunks:
        texts = (({"type": "text_delta", "text": text}, len(text)) for text in reply.chunks)
        yield from block(0, {"type": "text", "text": ""}, texts)
    for index, call in enumerate(reply.calls, start=1 if reply.chunks else 0):
        parts = pieces(call.arguments_json, _ARGUMENT_CHARACTERS)
        yield from block(
            index, _call(call), (({"type": "input_json_delta", "partial_json": part}, len(part)) for part in parts)
        )
    yield event("message_delta", delta={"stop_reason": _STOPS[reply.stop], "stop_sequence": None}, usage=usage)
    yield event("message_stop")


def refuse(failure: Failure, question: Question | None) -> tuple[int, Body]:
    status, kind, sentence = _REFUSALS[failure.kind]
    facts = {"model": question.model, "tokens": question.input_tokens} if question else {"model": "", "tokens": 0}
    error = {"type": kind, "message": failure.message or sentence.format(**facts)}
    return status, {"type": "error", "error": error, "request_id": "req_scripted"}


WIRE = Wire(
    name=WireName.ANTHROPIC,
    fits=lambda path: path == "/v1/messages",
    key=lambda headers, query: headers.get("x-api-key") or bearer(headers),
    read=read,
    whole=whole,
    stream=stream,
    refuse=refuse,
    failing="error",
)
