"""One request through LiteLLM to one provider: our form in, our form out. Retries, money and memory are not here."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Awaitable, Callable
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any

from llm_app.errors import BadModelAnswer, ProviderSaidNothing
from llm_app.exchange import Message, Request, ToolCall, Usage
from llm_app.lite import leave_unrecorded, load, unlogged
from llm_app.models import Provider
from llm_app.providers import api_key

OnText = Callable[[str], Awaitable[None]]

_CLOSE_SECONDS = 1.0
# LiteLLM would else look for a key of the maker's in the environment, and send it to wherever base_url points.
_NO_KEY = "none"


@dataclass(slots=True)
class Heard:
    """What has come back so far; whoever cuts a call off finds here what there was of it."""

    sent: bool = False
    text: list[str] = field(default_factory=list)
    pieces: dict[int, dict[str, str]] = field(default_factory=dict)
    finish_reason: str = ""
    usage: Usage | None = None

    def all_text(self) -> str:
        return "".join(self.text)

    def generated(self) -> str:
        """Everything the model wrote, tool calls too, for counting."""
        return self.all_text() + "".join(piece["name"] + piece["arguments"] for piece in self.pieces.values())

    @property
    def broke_off(self) -> bool:
        return not self.generated() and not self.finish_reason

    def tool_calls(self) -> tuple[ToolCall, ...]:
        """Raises ``BadModelAnswer`` for arguments that are no JSON object."""
        return tuple(_tool_call(self.pieces[index]) for index in sorted(self.pieces))


def _tool_call(piece: dict[str, str]) -> ToolCall:
    try:
        arguments = json.loads(piece["arguments"] or "{}")
    except ValueError:
        arguments = None
    if not isinstance(arguments, dict):
        raise BadModelAnswer(f"The model called the tool “{piece['name']}” with arguments that cannot be read.")
    return ToolCall(id=piece["id"], name=piece["name"], arguments=arguments)


async def send(
    request: Request,
    provider: Provider,
    heard: Heard,
    *,
    max_tokens: int,
    idempotency_key: str = "",
    on_text: OnText | None = None,
) -> None:
    """Ask, and hear the answer out; streamed when somebody wants the text as it comes. Raises LiteLLM's errors,
    and ``ProviderSaidNothing`` for a stream that ended without a word."""
    module = await load()
    streamed = is_streamed(provider, on_text)
    arguments = _arguments(request, provider, max_tokens, idempotency_key, streamed=streamed)
    heard.sent = True
    with unlogged():
        response = await module.acompletion(**arguments)
    if streamed:
        leave_unrecorded(response)
        await _hear_stream(response, heard, on_text)
        if heard.broke_off:
            raise ProviderSaidNothing(f"{provider.display_name}: {ProviderSaidNothing.__doc__}")
    else:
        await _hear_whole(response, heard, on_text)


def is_streamed(provider: Provider, on_text: OnText | None) -> bool:
    return on_text is not None and provider.has_streaming


async def _hear_whole(response: Any, heard: Heard, on_text: OnText | None) -> None:
    choice = response.choices[0]
    heard.usage = _usage(getattr(response, "usage", None))
    heard.finish_reason = choice.finish_reason or ""
    heard.text.append(choice.message.content or "")
    _add_pieces(heard, choice.message.tool_calls)
    if on_text is not None and heard.text[0]:
        await on_text(heard.text[0])


async def _hear_stream(stream: Any, heard: Heard, on_text: OnText | None) -> None:
    """Chunks as they come; whatever ends it, the connection is closed."""
    try:
        async for chunk in stream:
            if (usage := _usage(getattr(chunk, "usage", None))) is not None:
                heard.usage = usage
            if chunk.choices:
                await _hear_chunk(chunk.choices[0], heard, on_text)
    finally:
        await _close(stream)
    if not (stream.received_finish_reason or stream.intermittent_finish_reason):
        heard.finish_reason, heard.usage = "", None  # LiteLLM says "stop" and counts where the provider did neither


async def _hear_chunk(choice: Any, heard: Heard, on_text: OnText | None) -> None:
    heard.finish_reason = choice.finish_reason or heard.finish_reason
    _add_pieces(heard, choice.delta.tool_calls)
    if choice.delta.content:
        heard.text.append(choice.delta.content)
        if on_text is not None:
            await on_text(choice.delta.content)


def _add_pieces(heard: Heard, tool_calls: Any) -> None:
    for number, call in enumerate(tool_calls or ()):
        index = getattr(call, "index", None)
        piece = heard.pieces.setdefault(
            number if index is None else index, {"id": "", "name": "", "arguments": ""}
        )
        piece["id"] = call.id or piece["id"]
        piece["name"] = call.function.name or piece["name"]
        piece["arguments"] += call.function.arguments or ""


async def _close(stream: Any) -> None:
    """Also when cancelled: the provider shall not go on writing for nobody."""
    with suppress(Exception):
        async with asyncio.timeout(_CLOSE_SECONDS):
            await stream.aclose()


def _usage(usage: Any) -> Usage | None:
    """LiteLLM gives every provider's figures in OpenAI's form, cached and written tokens counted among the input."""
    if usage is None:
        return None
    into, out = getattr(usage, "prompt_tokens_details", None), getattr(usage, "completion_tokens_details", None)
    return Usage(
        input_tokens=usage.prompt_tokens or 0,
        output_tokens=usage.completion_tokens or 0,
        cached_input_tokens=_figure(into, "cached_tokens"),
        cache_write_tokens=_figure(usage, "cache_creation_input_tokens") or _figure(into, "cache_write_tokens"),
        reasoning_tokens=_figure(out, "reasoning_tokens"),
    )


def _figure(details: Any, name: str) -> int:
    return int(getattr(details, name, None) or 0)


def _arguments(
    request: Request, provider: Provider, max_tokens: int, idempotency_key: str, *, streamed: bool
) -> dict[str, Any]:
    arguments: dict[str, Any] = {
        "model": provider.litellm_model,
        "messages": [_message(message) for message in request.messages],
        "api_key": api_key(provider) or _NO_KEY,
        "timeout": provider.timeout_seconds,
        "max_tokens": max_tokens,
        "max_retries": 0,
        "num_retries": 0,
    }
    if provider.base_url:
        arguments["api_base"] = provider.base_url
    if request.temperature is not None:
        arguments["temperature"] = request.temperature
    if request.tools:
        arguments["tools"] = [{"type": "function", "function": tool.model_dump()} for tool in request.tools]
        arguments["tool_choice"] = request.tool_choice
    if request.form is not None and provider.has_json_schema:
        schema = {"name": request.form.name, "schema": request.form.json_schema, "strict": False}
        arguments["response_format"] = {"type": "json_schema", "json_schema": schema}
    if idempotency_key:
        arguments["extra_headers"] = {"Idempotency-Key": idempotency_key}
    if streamed:
        arguments |= {"stream": True, "stream_options": {"include_usage": True}}
    return arguments


def _message(message: Message) -> dict[str, Any]:
    """In OpenAI's form, which LiteLLM turns into each provider's own."""
    said: dict[str, Any] = {"role": message.role, "content": message.content}
    if message.pictures:
        urls = [f"data:{one.media_type};base64,{one.data_base64}" for one in message.pictures]
        said["content"] = [{"type": "text", "text": message.content}] + [
            {"type": "image_url", "image_url": {"url": url}} for url in urls
        ]
    if message.tool_calls:
        said["content"] = said["content"] or None  # LiteLLM writes a sentence of its own where a text is empty
        said["tool_calls"] = [_called(call) for call in message.tool_calls]
    if message.tool_call_id:
        said["tool_call_id"] = message.tool_call_id
    return said


def _called(call: ToolCall) -> dict[str, Any]:
    return {
        "id": call.id,
        "type": "function",
        "function": {"name": call.name, "arguments": json.dumps(call.arguments)},
    }
