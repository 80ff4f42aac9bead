"""Three providers that are really one scripted server, each in its own wire format."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Coroutine, Iterator
from typing import Any, TypeVar

import pytest

from llm_app.lite import close_clients
from llm_app.models import Price, Provider
from llm_app.scripted.provider import ScriptedProvider, running_provider
from llm_app.scripted.script import WireName

T = TypeVar("T")

WIRES = {"claude": WireName.ANTHROPIC, "openai": WireName.OPENAI, "gemini": WireName.GEMINI}
KEY = "sk-test-0123456789abcdefghij"


@pytest.fixture(scope="session")
def _server() -> Iterator[ScriptedProvider]:
    with running_provider() as provider:
        yield provider


@pytest.fixture
def scripted(_server: ScriptedProvider, transactional_db: None, monkeypatch: pytest.MonkeyPatch) -> ScriptedProvider:
    """The scripted server, with an empty record, behind the seeded providers for Claude, GPT-4o and Gemini."""
    from llm_app.scripted.script import Script

    _server.set_script(Script())
    seed()
    for variable in ("ANTHROPIC_API_KEY", "OPENAI_API_KEY", "GEMINI_API_KEY"):
        monkeypatch.setenv(variable, KEY)
    for name, wire in WIRES.items():
        Provider.objects.filter(name=name).update(base_url=_server.base_url(wire))
    return _server


def seed() -> None:
    """The rows of the first migration, which a transactional test before this one has truncated."""
    from importlib import import_module

    from django.apps import apps

    if not Provider.objects.exists():
        Price.objects.all().delete()
        import_module("llm_app.migrations.0002_first_rows").add_rows(apps, None)


@pytest.fixture
def ask() -> Callable[[Coroutine[Any, Any, T]], T]:
    """Run something of the gateway in a loop of its own, and close what LiteLLM keeps open for the next call."""

    def run(work: Coroutine[Any, Any, T]) -> T:
        return asyncio.run(and_close(work))

    return run


async def and_close(work: Coroutine[Any, Any, T]) -> T:
    try:
        return await work
    finally:
        await close_clients()


@pytest.fixture
async def _closed_clients() -> AsyncIterator[None]:
    yield
    await close_clients()
