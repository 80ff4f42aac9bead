"""Counting tokens here: for reservations before a call, and for answers whose provider did not say."""

from __future__ import annotations

import json

from llm_app.exchange import Request
from llm_app.lite import litellm

# Other tokenizers than the one we count with need more for the same text; a quarter is a careful guess, which the
# ledger's own rows (reserved beside counted) will correct. Each message, tool and the request itself bring a few more.
INPUT_MARGIN = 1.25
_PER_ITEM_TOKENS = 16
# The most that any of the seeded models takes for one picture, rounded up.
_PICTURE_TOKENS = 3000


def count_text(text: str) -> int:
    """Tokens of a text by the tokenizer ``cl100k_base``; text that looks like a special token counts as text."""
    return len(litellm().encoding.encode(text, disallowed_special=())) if text else 0


def count_input(request: Request) -> int:
    """Tokens of what is sent: messages, tools, form. Without the margin."""
    items = 1 + len(request.messages) + len(request.tools)
    pictures = sum(len(message.pictures) for message in request.messages)
    return count_text(_sent_text(request)) + items * _PER_ITEM_TOKENS + pictures * _PICTURE_TOKENS


def worst_input(counted: int) -> int:
    """The most a provider may find where we counted so many."""
    return int(counted * INPUT_MARGIN) + 1


def _sent_text(request: Request) -> str:
    parts = [message.content for message in request.messages]
    parts += [json.dumps(call.arguments) + call.name for message in request.messages for call in message.tool_calls]
    parts += [tool.model_dump_json() for tool in request.tools]
    if request.form is not None:
        parts.append(request.form.model_dump_json())
    return "\n".join(parts)
