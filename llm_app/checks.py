"""``manage.py check``: every prompt of every app can be read and includes only what is there; costs are tracked."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from django.apps import AppConfig, apps
from django.conf import settings
from django.core.checks import CheckMessage, Error, Warning, register

from llm_app.errors import BadPrompt
from llm_app.prompts import load_prompts


@register()
def check_prompts(*, app_configs: Sequence[AppConfig] | None, **_: Any) -> list[CheckMessage]:
    folders = [Path(config.path) / "prompts" for config in app_configs or apps.get_app_configs()]
    found = [each for folder in folders for each in load_prompts(folder)]
    return [Error(each.user_message, id="llm_app.E001") for each in found if isinstance(each, BadPrompt)]


@register()
def check_cost_tracking(**_: Any) -> list[CheckMessage]:
    if settings.ENABLE_COST_TRACKING:
        return []
    said = "ENABLE_COST_TRACKING is off: calls of language models count as free, and no limit holds."
    return [Warning(said, id="llm_app.W001")]
