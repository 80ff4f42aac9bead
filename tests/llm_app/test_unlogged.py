"""LiteLLM keeps no record of what the gateway asks: no callback hears of a call, no logger has a word of it."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from accounts_app.models import Customer
from llm_app import lite
from llm_app.errors import ProviderError
from llm_app.gateway import complete_now
from llm_app.scripted.provider import ScriptedProvider
from llm_app.scripted.script import Answer, Failure, FailureKind, answering
from tests.llm_app.conftest import KEY, WIRES
from tests.llm_app.test_gateway import ASKED, asking

Ask = Callable[[Any], Any]
SAID = "Madrid, said in confidence."

# What LiteLLM's own types make pydantic warn of when it writes its record, which the gateway never lets it do.
pytestmark = [
    pytest.mark.filterwarnings("ignore::UserWarning"),
    pytest.mark.filterwarnings("ignore::DeprecationWarning"),
]


@pytest.fixture
def heard() -> Iterator[list[str]]:
    """What LiteLLM tells a logger that is registered with it, as somebody's integration would be."""
    module = lite.litellm()
    from litellm.integrations.custom_logger import CustomLogger

    told: list[str] = []

    class Listener(CustomLogger):
        """Hears of every call that ended."""

        def log_success_event(self, kwargs: Any, response_obj: Any, start_time: Any, end_time: Any) -> None:
            told.append("success")

        def log_failure_event(self, kwargs: Any, response_obj: Any, start_time: Any, end_time: Any) -> None:
            told.append("failure")

        async def async_log_success_event(self, kwargs: Any, response_obj: Any, start_time: Any, end_time: Any) -> None:
            told.append("async success")

        async def async_log_failure_event(self, kwargs: Any, response_obj: Any, start_time: Any, end_time: Any) -> None:
            told.append("failure")

        async def async_log_stream_event(self, kwargs: Any, response_obj: Any, start_time: Any, end_time: Any) -> None:
            told.append("stream")

    manager = module.logging_callback_manager
    lists = (
        module.callbacks, module.input_callback, module.success_callback, module.failure_callback,
        module._async_success_callback, module._async_failure_callback,
    )  # fmt: skip
    before = [list(one) for one in lists]
    manager.add_litellm_callback(Listener())
    yield told
    for one, was in zip(lists, before, strict=True):
        one[:] = was


async def until_told() -> None:
    """LiteLLM tells from tasks and threads of its own, after the answer."""
    from litellm.litellm_core_utils.logging_worker import GLOBAL_LOGGING_WORKER

    await asyncio.sleep(0.1)
    await GLOBAL_LOGGING_WORKER.flush()
    await asyncio.sleep(0.3)


def test_a_listener_hears_of_a_call_that_is_not_the_gateways(
    scripted: ScriptedProvider, ask: Ask, heard: list[str]
) -> None:
    """Else the next test would prove nothing."""

    async def ask_litellm() -> None:
        await lite.litellm().acompletion(
            model="openai/gpt-4o", messages=[{"role": "user", "content": ASKED}], api_key=KEY, max_retries=0,
            api_base=scripted.base_url(WIRES["openai"]),
        )  # fmt: skip
        await until_told()

    ask(ask_litellm())
    assert "async success" in heard


@pytest.mark.parametrize("name", WIRES)
def test_nobody_hears_of_the_gateways_calls(
    scripted: ScriptedProvider,
    ask: Ask,
    customer: Customer,
    heard: list[str],
    settings: Any,
    caplog: pytest.LogCaptureFixture,
    name: str,
) -> None:
    settings.LLM_ATTEMPTS = 1
    caplog.set_level(logging.DEBUG)

    async def on_text(text: str) -> None: ...

    async def ask_in_all_ways() -> None:
        scripted.set_script(answering(SAID))
        await complete_now(asking(provider=name), customer_id=customer.id)
        await complete_now(asking(provider=name), customer_id=customer.id, on_text=on_text)
        for kind in (FailureKind.OVERLOADED, FailureKind.BAD_REQUEST):
            scripted.set_script(answering(Answer(failure=Failure(kind=kind))))
            with pytest.raises(ProviderError):
                await complete_now(asking(provider=name), customer_id=customer.id)
        scripted.set_script(answering(Answer(text=SAID * 20, cut_after_chunks=5)))
        with pytest.raises(ProviderError):
            await complete_now(asking(provider=name), customer_id=customer.id, on_text=on_text)
        await until_told()

    ask(ask_in_all_ways())
    assert heard == []
    logged = [(record.name, record.getMessage()) for record in caplog.records]
    assert not [name for name, said in logged if any(word in said for word in (ASKED, SAID, KEY))]
