"""What a request asks, whatever format it came in."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any

from .script import FailureKind, WireName, count_tokens


class Refused(Exception):
    """The request is not what the format allows."""

    def __init__(self, message: str, kind: FailureKind = FailureKind.BAD_REQUEST) -> None:
        super().__init__(message)
        self.message = message
        self.kind = kind


@dataclass(frozen=True)
class Tool:
    name: str
    schema: dict[str, Any]


@dataclass(frozen=True)
class Question:
    """``said`` is every text of the messages in order: instructions, questions, earlier answers and tool results."""

    wire: WireName
    model: str
    said: tuple[str, ...]
    streaming: bool = False
    with_usage: bool = True
    tools: tuple[Tool, ...] = ()
    forced_tool: str | None = None
    answers_tools: bool = False
    schema: dict[str, Any] | None = None
    max_tokens: int | None = None

    @property
    def last(self) -> str:
        return self.said[-1]

    @property
    def input_tokens(self) -> int:
        """Of all texts of the messages; declarations of tools and schemas are free here."""
        return count_tokens(sum(map(len, self.said)))


def plain_json(value: Any) -> str:
    """One spelling for JSON that each format passes on differently: as text, as blocks, as an object."""
    if isinstance(value, str):
        try:
            value = json.loads(value)
        except ValueError:
            return str(value)
    return json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False)


def need(mapping: dict[str, Any], key: str, kind: type[Any], where: str = "") -> Any:
    """A value that the format requires."""
    value = mapping.get(key)
    if not isinstance(value, kind) or not value:
        raise Refused(f"{where}{key}: a {kind.__name__} is required")
    return value
