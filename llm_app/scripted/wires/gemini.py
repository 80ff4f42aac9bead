"""Gemini ``generateContent``. The real service takes names in camel case and in snake case; clients send both."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

from ..questions import Question, Refused, Tool, need, plain_json
from ..replies import Call, Reply, Usage
from ..script import Failure, FailureKind, Stop, WireName
from .wire import Body, Event, Wire, sse

_PATH = re.compile(r"^/v1(?:beta)?/models/(?P<model>[^/:]+):(?P<method>generateContent|streamGenerateContent)$")
_STOPS = {Stop.DONE: "STOP", Stop.LENGTH: "MAX_TOKENS", Stop.TOOLS: "STOP", Stop.FILTERED: "SAFETY"}

# Status, name of the status and sentence of each refusal. A wrong key is a bad request here.
_REFUSALS: dict[FailureKind, tuple[int, str, str]] = {
    FailureKind.UNAUTHORIZED: (400, "INVALID_ARGUMENT", "API key not valid. Please pass a valid API key."),
    FailureKind.BAD_REQUEST: (400, "INVALID_ARGUMENT", "The request cannot be used."),
    FailureKind.CONTEXT_TOO_LONG: (
        400, "INVALID_ARGUMENT",
        "The input token count ({tokens}) exceeds the maximum number of tokens allowed (1048576).",
    ),
    FailureKind.NO_SUCH_MODEL: (404, "NOT_FOUND", "models/{model} is not found for API version v1beta."),
    FailureKind.RATE_LIMITED: (429, "RESOURCE_EXHAUSTED", "Resource has been exhausted (e.g. check quota)."),
    FailureKind.SERVER_ERROR: (500, "INTERNAL", "An internal error has occurred."),
    FailureKind.OVERLOADED: (503, "UNAVAILABLE", "The model is overloaded. Please try again later."),
}  # fmt: skip


def read(path: str, query: Mapping[str, str], body: Body) -> Question:
    contents = need(body, "contents", list)
    tools = tuple(_tools(body))
    settings = _get(body, "generationConfig") or {}
    return Question(
        wire=WireName.GEMINI,
        model=_PATH.sub(r"\g<model>", path),
        said=tuple(_said(body)),
        streaming=path.endswith(":streamGenerateContent"),
        tools=tools,
        forced_tool=_forced(body, tools),
        answers_tools=any(_get(part, "functionResponse") for part in contents[-1].get("parts") or ()),
        schema=_schema(settings),
        max_tokens=_get(settings, "maxOutputTokens"),
    )


def _get(mapping: Body, name: str) -> Any:
    """A value by its name in camel case or in snake case."""
    snake = re.sub(r"[A-Z]", lambda letter: f"_{letter[0].lower()}", name)
    return mapping.get(name, mapping.get(snake))


def _said(body: Body) -> Iterator[str]:
    if instruction := _get(body, "systemInstruction"):
        yield "".join(part.get("text", "") for part in instruction["parts"])
    called: set[str] = set()
    for content in body["contents"]:
        for part in content.get("parts") or ():
            yield _part(part, called)


def _part(part: Body, called: set[str]) -> str:
    if call := _get(part, "functionCall"):
        called.add(call["name"])
        return plain_json(call.get("args") or {})
    if response := _get(part, "functionResponse"):
        if response.get("name") not in called:
            raise Refused("Please ensure that function response turn comes immediately after a function call turn.")
        return _result(response.get("response") or {})
    return str(part.get("text", ""))


def _result(response: Body) -> str:
    """A result must be an object here; clients wrap what is none."""
    wrapped = response.get("content") if set(response) == {"content"} else response
    return plain_json(wrapped)


def _tools(body: Body) -> Iterator[Tool]:
    for group in body.get("tools") or ():
        for entry in _get(group, "functionDeclarations") or ():
            schema = entry.get("parameters") or _get(entry, "parametersJsonSchema") or {}
            yield Tool(need(entry, "name", str, "tools."), schema)


def _forced(body: Body, tools: tuple[Tool, ...]) -> str | None:
    settings = _get(_get(body, "toolConfig") or {}, "functionCallingConfig") or {}
    if settings.get("mode") != "ANY":
        return None
    allowed = _get(settings, "allowedFunctionNames") or [tool.name for tool in tools]
    return str(allowed[0]) if allowed else None


def _schema(settings: Body) -> Body | None:
    schema: Body | None = _get(settings, "responseJsonSchema") or _get(settings, "responseSchema")
    if schema is None and _get(settings, "responseMimeType") == "application/json":
        return {"type": "object"}
    return schema


def whole(reply: Reply) -> Body:
    parts: list[Body] = [{"text": reply.text}] if reply.text else []
    return _response(reply, [*parts, *map(_call, reply.calls)], usage=reply.usage, stop=reply.stop)


def _response(reply: Reply, parts: list[Body], *, usage: Usage, stop: Stop | None = None) -> Body:
    candidate: Body = {"content": {"parts": parts, "role": "model"}, "index": 0}
    if stop:
        candidate["finishReason"] = _STOPS[stop]
    return {
        "candidates": [candidate],
        "usageMetadata": _usage(usage),
        "modelVersion": reply.model,
        "responseId": f"response-{reply.number}",
    }


def _call(call: Call) -> Body:
    return {"functionCall": {"name": call.name, "args": call.arguments}}


def _usage(usage: Usage) -> Body:
    """Here, candidates' tokens are those without the thoughts'."""
    figures = {
        "promptTokenCount": usage.input,
        "candidatesTokenCount": usage.output - usage.reasoning,
        "totalTokenCount": usage.total,
    }
    optional = {"cachedContentTokenCount": usage.cached, "thoughtsTokenCount": usage.reasoning}
    return figures | {name: count for name, count in optional.items() if count}


def stream(question: Question, reply: Reply) -> Iterator[Event]:
    so_far = Usage(input=reply.usage.input, cached=reply.usage.cached)

    def event(parts: list[Body], characters: int = 0, usage: Usage = so_far, stop: Stop | None = None) -> Event:
        payload = _response(reply, parts, usage=usage, stop=stop)
        return sse(payload, characters=characters, end="\r\n\r\n")

    for text in reply.chunks:
        yield event([{"text": text}], len(text))
    for call in reply.calls:
        yield event([_call(call)], len(call.name) + len(call.arguments_json))
    yield event([{"text": ""}], usage=reply.usage, stop=reply.stop)


def refuse(failure: Failure, question: Question | None) -> tuple[int, Body]:
    status, name, sentence = _REFUSALS[failure.kind]
    facts = {"model": question.model, "tokens": question.input_tokens} if question else {"model": "", "tokens": 0}
    error = {"code": status, "message": failure.message or sentence.format(**facts), "status": name}
    return status, {"error": error | {"details": _details(failure)}}


def _details(failure: Failure) -> list[Body]:
    kind = "type.googleapis.com/google.rpc."
    if failure.kind == FailureKind.UNAUTHORIZED:
        return [{"@type": f"{kind}ErrorInfo", "reason": "API_KEY_INVALID", "domain": "googleapis.com"}]
    if failure.retry_after_seconds is not None:
        return [{"@type": f"{kind}RetryInfo", "retryDelay": f"{failure.retry_after_seconds}s"}]
    return []


WIRE = Wire(
    name=WireName.GEMINI,
    fits=lambda path: _PATH.match(path) is not None,
    key=lambda headers, query: headers.get("x-goog-api-key") or query.get("key", ""),
    read=read,
    whole=whole,
    stream=stream,
    refuse=refuse,
)
