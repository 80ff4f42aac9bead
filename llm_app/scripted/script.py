"""What is answered: rules in order, of which the first that fits decides. A script is data and travels as JSON."""

from __future__ import annotations

from decimal import Decimal
from enum import StrEnum
from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field

CHARACTERS_PER_TOKEN = 4

Count = Annotated[int, Field(ge=0)]
Seconds = Annotated[float, Field(ge=0)]


def count_tokens(characters: int) -> int:
    """One token for every four characters begun: all the arithmetic there is, so that tests can foretell it."""
    return -(-characters // CHARACTERS_PER_TOKEN)


class WireName(StrEnum):
    OPENAI = "openai"
    ANTHROPIC = "anthropic"
    GEMINI = "gemini"


class Stop(StrEnum):
    """Why an answer ends; each format has its own word for it."""

    DONE = "done"
    LENGTH = "length"
    TOOLS = "tools"
    FILTERED = "filtered"


class FailureKind(StrEnum):
    UNAUTHORIZED = "unauthorized"
    BAD_REQUEST = "bad_request"
    CONTEXT_TOO_LONG = "context_too_long"
    NO_SUCH_MODEL = "no_such_model"
    RATE_LIMITED = "rate_limited"
    SERVER_ERROR = "server_error"
    OVERLOADED = "overloaded"


class _Data(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class ToolCall(_Data):
    name: str
    arguments: dict[str, Any] = {}


class Failure(_Data):
    """A refusal in the body that the format really has for it."""

    kind: FailureKind
    message: str = ""
    """In place of the sentence that the real provider says."""
    retry_after_seconds: Count | None = None


class Answer(_Data):
    """One answer and how it is given. Empty, it is the empty answer that real models give now and then."""

    text: str = ""
    tool_calls: tuple[ToolCall, ...] = ()
    data: dict[str, Any] | None = None
    """An object: as JSON text, or as a call of the tool that the request forces."""
    failure: Failure | None = None
    stop: Stop | None = None
    """Other than what follows from the answer: ``filtered``, ``length``."""

    cached_tokens: Count = 0
    """Of the input tokens, so many were read from the provider's cache."""
    cache_write_tokens: Count = 0
    """Of the input tokens, so many were written to it; Anthropic alone tells."""
    reasoning_tokens: Count = 0
    """Output tokens besides those of the answer."""

    delay_seconds: Seconds = 0
    chunk_delay_seconds: Seconds = 0
    chunk_characters: Annotated[int, Field(ge=1)] = 16
    cut_after_chunks: Count | None = None
    """The connection drops after so many chunks; a plain answer breaks off in its middle. What was sent is billed."""
    fail_after_chunks: Count | None = None
    """A stream says after so many chunks that the server failed."""
    ended_after_chunks: Count | None = None
    """A stream ends after so many chunks as if that were all: without a reason and without figures."""
    billed_then_cut: bool = False
    """The whole answer is billed, and the connection drops before a byte of it is sent."""
    malformed: bool = False
    """The body is no JSON, though everything else says so."""


class Rule(_Data):
    """When an answer is given: every condition that is set must hold."""

    answer: Answer
    wire: WireName | None = None
    model: str | None = None
    contains: str | None = None
    """In the last message."""
    nth: Annotated[int, Field(ge=1)] | None = None
    """Of the calls for which the other conditions hold, this one alone."""


class Prices(_Data):
    """USD per million tokens, the same for every model."""

    input: Decimal = Decimal("1")
    output: Decimal = Decimal("4")
    cached_input: Decimal = Decimal("0.1")
    cache_write: Decimal = Decimal("1.25")


class Script(_Data):
    rules: tuple[Rule, ...] = ()
    key: str | None = None
    """The one key that is let in; not set, everybody is, with or without one."""
    models: tuple[str, ...] = ("demo",)
    """What the list of models names. Others are answered, too."""
    prices: Prices = Prices()


def answering(*answers: Answer | str) -> Script:
    """A script that gives these answers one after the other, and the last one again from then on."""
    given = [Answer(text=answer) if isinstance(answer, str) else answer for answer in answers]
    rules = [Rule(answer=answer, nth=number) for number, answer in enumerate(given[:-1], start=1)]
    return Script(rules=(*rules, Rule(answer=given[-1])))
