"""What a worker does before its first call of a model: load LiteLLM, which takes seconds."""

from __future__ import annotations

import logging

from django.db import DatabaseError, close_old_connections

from llm_app.lite import litellm
from llm_app.providers import is_any_available

logger = logging.getLogger(__name__)


def prepare() -> None:
    """Runs in a thread of its own. An installation without any provider works by rules alone and loads nothing."""
    try:
        wanted = is_any_available()
    except DatabaseError as error:
        logger.warning("litellm not loaded ahead: %s", error)
        return
    finally:
        close_old_connections()
    if wanted:
        litellm()
