"""What is said to a language model and what it says back, in one form for all providers."""

from __future__ import annotations

from typing import Any, Literal, TypeVar

from pydantic import BaseModel, ConfigDict, Field

from llm_app.choices import Role

M = TypeVar("M", bound=BaseModel)


class _Value(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class ToolCall(_Value):
    """The model wants a tool to be run."""

    id: str
    name: str
    arguments: dict[str, Any] = Field(default_factory=dict)


class Picture(_Value):
    """For providers that see."""

    media_type: str
    data_base64: str


class Message(_Value):
    """One turn. ``tool`` messages carry a result and name the call it belongs to."""

    role: Literal["system", "user", "assistant", "tool"]
    content: str = ""
    pictures: tuple[Picture, ...] = ()
    tool_calls: tuple[ToolCall, ...] = ()
    tool_call_id: str = ""


class Tool(_Value):
    """Something the model may ask to be run; ``parameters`` is the JSON Schema of its arguments."""

    name: str
    description: str
    parameters: dict[str, Any] = Field(default_factory=lambda: {"type": "object", "properties": {}})


class Form(_Value):
    """The form an answer must have: JSON that fits this schema."""

    name: str
    json_schema: dict[str, Any]


class Request(_Value):
    """One question to a model. The same request is the same step, and may share a kept answer."""

    messages: tuple[Message, ...] = Field(min_length=1)
    role: Role = Role.CHAT
    provider: str = Field(default="", description="Its name; empty: the default for the role.")
    fallbacks: bool = Field(default=True, description="Whether others may be asked when it fails.")
    tools: tuple[Tool, ...] = ()
    tool_choice: Literal["auto", "none", "required"] = "auto"
    form: Form | None = None
    max_tokens: int | None = Field(default=None, ge=1, description="Of the answer; never more than the provider's own.")
    temperature: float | None = Field(default=None, ge=0, le=2)
    keep_seconds: int = Field(default=0, ge=0, description="How long the answer may serve the same request again.")
    prompt_name: str = ""
    prompt_hash: str = Field(default="", max_length=64, description="Of the prompt file, for the ledger.")

    @property
    def characters(self) -> int:
        return sum(len(message.content) for message in self.messages)

    @property
    def has_pictures(self) -> bool:
        return any(message.pictures for message in self.messages)


class Usage(_Value):
    """Tokens as the provider counted them. Input includes cached and written ones, output includes reasoning."""

    input_tokens: int = 0
    output_tokens: int = 0
    cached_input_tokens: int = 0
    cache_write_tokens: int = 0
    reasoning_tokens: int = 0

    @property
    def total_tokens(self) -> int:
        return self.input_tokens + self.output_tokens


class Answer(_Value):
    """What the model said, and what it cost (``cost_usd`` with six decimals, as text)."""

    text: str
    tool_calls: tuple[ToolCall, ...] = ()
    data: Any = Field(default=None, description="The validated JSON where the request has a form.")
    finish_reason: str = ""
    provider: str = ""
    model: str = ""
    usage: Usage = Usage()
    cost_usd: str = "0.000000"
    duration_ms: int = 0
    from_cache: bool = False

    def as_message(self) -> Message:
        """To go on talking: the answer as the turn it was."""
        return Message(role="assistant", content=self.text, tool_calls=self.tool_calls)


def form_of(schema: type[BaseModel]) -> Form:
    """The form an answer has that becomes this model."""
    return Form(name=schema.__name__, json_schema=schema.model_json_schema())
