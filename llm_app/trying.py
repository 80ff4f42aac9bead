"""Trying a provider: one tiny real call, as everybody's calls go."""

from __future__ import annotations

import asyncio
import logging
from dataclasses import dataclass
from pathlib import Path

from accounts_app.errors import DnaError
from llm_app.exchange import Answer, Request
from llm_app.gateway import complete_now
from llm_app.lite import close_clients
from llm_app.models import Provider
from llm_app.prompts import ask_with, load_prompt

_PROMPTS = Path(__file__).parent / "prompts"
_MAX_TOKENS = 64  # a model that thinks first needs some for that

logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Trial:
    """How it went: an answer, or the error in words."""

    answer: Answer | None
    error: DnaError | None = None


def try_provider(provider: Provider) -> Trial:
    """Ask it once, nobody else in its place; the installation pays. Called from a thread without an event loop."""
    prompt = load_prompt(_PROMPTS, "try_provider")
    request = ask_with(prompt, provider=provider.name, fallbacks=False, max_tokens=_MAX_TOKENS)
    try:
        return Trial(asyncio.run(_ask(request)))
    except DnaError as error:
        logger.info("trying %s: %s", provider.name, error)
        return Trial(None, error)


async def _ask(request: Request) -> Answer:
    """This loop ends with the call, so what is kept open for the next call is closed."""
    try:
        return await complete_now(request, customer_id=None)
    finally:
        await close_clients()
