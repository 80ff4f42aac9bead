"""An answer made ready to be sent: what the question forces, the tokens it takes, the ids of its tool calls."""

from __future__ import annotations

import json
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from .questions import Question
from .script import Answer, Prices, Stop, ToolCall, count_tokens


@dataclass(frozen=True)
class Usage:
    """Tokens of one call. ``cached`` and ``cache_write`` are part of ``input``, ``reasoning`` is part of ``output``."""

    input: int = 0
    output: int = 0
    cached: int = 0
    cache_write: int = 0
    reasoning: int = 0

    @property
    def total(self) -> int:
        return self.input + self.output

    def cost_usd(self, prices: Prices) -> Decimal:
        fresh = self.input - self.cached - self.cache_write
        parts = (
            fresh * prices.input,
            self.cached * prices.cached_input,
            self.cache_write * prices.cache_write,
            self.output * prices.output,
        )
        return sum(parts, Decimal(0)) / 1_000_000


@dataclass(frozen=True)
class Call:
    """A tool call with its id."""

    id: str
    name: str
    arguments: dict[str, Any]

    @property
    def arguments_json(self) -> str:
        return json.dumps(self.arguments, ensure_ascii=False)


@dataclass(frozen=True)
class Reply:
    number: int
    model: str
    chunks: tuple[str, ...]
    calls: tuple[Call, ...]
    stop: Stop
    usage: Usage

    @property
    def text(self) -> str:
        return "".join(self.chunks)


def compose(question: Question, answer: Answer, number: int) -> Reply:
    text, calls = _forced(question, answer)
    tool_characters = sum(len(call.name) + len(_canonical(call.arguments)) for call in calls)
    text, cut_short = _within(question.max_tokens, text)
    output = count_tokens(len(text) + tool_characters) + answer.reasoning_tokens
    cached = min(answer.cached_tokens, question.input_tokens)
    return Reply(
        number=number,
        model=question.model,
        chunks=_chunks(text, answer.chunk_characters),
        calls=tuple(Call(f"call_{number}_{index}", call.name, call.arguments) for index, call in enumerate(calls)),
        stop=answer.stop or (Stop.TOOLS if calls else Stop.LENGTH if cut_short else Stop.DONE),
        usage=Usage(
            input=question.input_tokens,
            output=output,
            cached=cached,
            cache_write=min(answer.cache_write_tokens, question.input_tokens - cached),
            reasoning=answer.reasoning_tokens,
        ),
    )


def _forced(question: Question, answer: Answer) -> tuple[str, tuple[ToolCall, ...]]:
    """Text and tool calls; an object becomes a call of the tool that the request forces, where it forces one."""
    if answer.data is None:
        return answer.text, answer.tool_calls
    if question.forced_tool:
        return answer.text, (*answer.tool_calls, ToolCall(name=question.forced_tool, arguments=answer.data))
    return json.dumps(answer.data, ensure_ascii=False), answer.tool_calls


def _within(max_tokens: int | None, text: str) -> tuple[str, bool]:
    """The text as far as the request lets it go, and whether that is less than all of it."""
    if max_tokens is None or count_tokens(len(text)) <= max_tokens:
        return text, False
    return text[: max_tokens * 4], True


def _chunks(text: str, size: int) -> tuple[str, ...]:
    return tuple(text[start : start + size] for start in range(0, len(text), size))


def _canonical(arguments: dict[str, Any]) -> str:
    return json.dumps(arguments, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
