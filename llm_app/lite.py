"""LiteLLM, loaded on first use: it takes seconds and 200 MB, which no web start, command or rules-only job shall pay.

It is loaded whole or not at all: in one place, under a lock, in a thread that nobody's cancellation or time-out
reaches; an import that fails leaves nothing behind that would spoil the next.

``dna.settings`` keeps its import from reaching out (``LITELLM_LOCAL_MODEL_COST_MAP``).
"""

from __future__ import annotations

import asyncio
import importlib
import logging
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import Any

logger = logging.getLogger(__name__)

_lock = threading.Lock()
_loaded: Any = None


async def load() -> Any:
    """The module, for the event loop. Whoever is cancelled meanwhile leaves the loading to go on for the next."""
    return _loaded or await asyncio.to_thread(litellm)


def litellm() -> Any:
    """The module, set up once. The first call is slow: from the event loop use ``load``."""
    global _loaded
    if _loaded is None:
        with _lock:
            if _loaded is None:
                _loaded = _load()
    return _loaded


@contextmanager
def unlogged() -> Iterator[None]:
    """Calls in this block leave out LiteLLM's own record of them: content in its loggers, and milliseconds after each
    answer. Both are ours to keep. Its switch for the calls it makes itself; ``litellm`` must have been loaded."""
    switch: Any = sys.modules["litellm._internal_context"].is_internal_call
    token = switch.set(True)
    try:
        yield
    finally:
        switch.reset(token)


def leave_unrecorded(stream: Any) -> None:
    """The same for a stream: its record is made when it ends or breaks off, whatever was switched while it began."""
    stream.logging_obj.dispatch_success_handlers = stream.logging_obj.dispatch_failure_handlers = _make_no_record


async def _make_no_record(*_: Any, **__: Any) -> None:
    """In place of what would tell LiteLLM's callbacks and count the answer once more."""


async def close_clients() -> None:
    """Close what is kept open for the running event loop's next call, and forget it; for a loop that is about to end.

    LiteLLM's own ``close_litellm_async_clients`` closes every loop's clients, under the calls of the others, and leaves
    the closed ones to be found by the next loop that gets the same ``id``.
    """
    if _loaded is None:
        return
    kept = _loaded.in_memory_llm_clients_cache
    of_this_loop = f"-{id(asyncio.get_running_loop())}"
    for key in [key for key in tuple(kept.cache_dict) if key.endswith(of_this_loop)]:
        client = kept.cache_dict.get(key)
        kept.delete_cache(key)
        with suppress(Exception):
            await client.close()


class _ClientOfTheLoop:
    """In place of ``litellm.module_level_aclient``, over which it streams some providers' answers: that is one client
    for all event loops, and a loop cannot go on with another's connections."""

    def __getattr__(self, name: str) -> Any:
        handler: Any = sys.modules["litellm.llms.custom_httpx.http_handler"]
        return getattr(handler.get_async_httpx_client(llm_provider="streams"), name)


def is_loaded() -> bool:
    return _loaded is not None


def _load() -> Any:
    before = set(sys.modules)
    try:
        module: Any = importlib.import_module("litellm")
        _set_up(module)
        _warm(module)
    except BaseException:
        # Python takes back the module that failed, not those it had loaded by then, which a second try would find.
        for name in [name for name in sys.modules if name.partition(".")[0] == "litellm" and name not in before]:
            del sys.modules[name]
        raise
    logger.info("litellm loaded")
    return module


def _set_up(module: Any) -> None:
    module.telemetry = False
    module.suppress_debug_info = True
    module.turn_off_message_logging = True
    module.disable_streaming_logging = True  # what was streamed is kept by who asked, not by a logging thread
    module.disable_hf_tokenizer_download = True
    module.disable_aiohttp_transport = True  # httpx: its errors say whether a request was sent at all
    module.module_level_aclient = _ClientOfTheLoop()
    module.drop_params = False
    module.num_retries = 0
    # It logs requests, with their content, at DEBUG.
    for name in ("LiteLLM", "LiteLLM Router", "LiteLLM Proxy", "httpx", "openai", "httpcore"):
        logging.getLogger(name).setLevel(logging.WARNING)


def _warm(module: Any) -> None:
    """What it would load at the first call, on the event loop, where a second and a half stops everybody."""
    module.encoding.encode("")
    openai: Any = importlib.import_module("openai")
    _ = openai.AsyncOpenAI(api_key="none").chat.completions
    module.completion(model="openai/gpt-4o", messages=[{"role": "user", "content": "."}], mock_response=".")
