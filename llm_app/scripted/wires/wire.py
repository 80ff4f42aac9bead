"""What a wire format consists of."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from ..questions import Question
from ..replies import Reply
from ..script import Failure, WireName

Body = dict[str, Any]


@dataclass(frozen=True)
class Event:
    """One server-sent event. ``characters`` of the answer are in it: what is billed when the stream breaks off here."""

    data: bytes
    characters: int = 0


@dataclass(frozen=True)
class Wire:
    """``fits`` looks at the path of a POST; ``key`` finds the sent key in headers (lower case) and query."""

    name: WireName
    fits: Callable[[str], bool]
    key: Callable[[Mapping[str, str], Mapping[str, str]], str]
    read: Callable[[str, Mapping[str, str], Body], Question]
    whole: Callable[[Reply], Body]
    stream: Callable[[Question, Reply], Iterator[Event]]
    refuse: Callable[[Failure, Question | None], tuple[int, Body]]
    failing: str = ""
    """The name of the event by which a stream says that it failed."""


def sse(payload: Body | str, *, name: str = "", characters: int = 0, end: str = "\n\n") -> Event:
    head = f"event: {name}\n" if name else ""
    text = payload if isinstance(payload, str) else json.dumps(payload, ensure_ascii=False)
    return Event(f"{head}data: {text}{end}".encode(), characters)


def bearer(headers: Mapping[str, str]) -> str:
    return headers.get("authorization", "").removeprefix("Bearer ")


def pieces(text: str, size: int) -> list[str]:
    return [text[start : start + size] for start in range(0, len(text), size)]
