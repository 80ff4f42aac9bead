"""LiteLLM, loaded on first use: it takes seconds and 200 MB, which no web start, command or rules-only job shall pay.

``dna.settings`` keeps its import from reaching out (``LITELLM_LOCAL_MODEL_COST_MAP``).
"""

from __future__ import annotations

import importlib
import logging
import threading
from typing import Any

logger = logging.getLogger(__name__)

_lock = threading.Lock()
_loaded: Any = None


def litellm() -> Any:
    """The module, set up once. The first call is slow: from the event loop use a thread."""
    global _loaded
    if _loaded is None:
        with _lock:
            if _loaded is None:
                _loaded = _load()
    return _loaded


def is_loaded() -> bool:
    return _loaded is not None


def _load() -> Any:
    module: Any = importlib.import_module("litellm")
    module.telemetry = False
    module.suppress_debug_info = True
    module.turn_off_message_logging = True
    module.disable_streaming_logging = True  # what was streamed is kept by who asked, not by a logging thread
    module.disable_hf_tokenizer_download = True
    module.disable_aiohttp_transport = True  # httpx: its errors say whether a request was sent at all
    module.drop_params = False
    module.num_retries = 0
    # It logs requests, with their content, at DEBUG.
    for name in ("LiteLLM", "LiteLLM Router", "LiteLLM Proxy", "httpx", "openai", "httpcore"):
        logging.getLogger(name).setLevel(logging.WARNING)
    module.encoding.encode("")  # the tokenizer too is loaded on first use
    logger.info("litellm loaded")
    return module
