"""A provider for demos: scripted answers, served beside the web server, under a name that says so."""

from __future__ import annotations

import asyncio

from django.db import transaction
from django.utils import timezone

from jobs_app.db import run_sync
from llm_app.models import Price, Provider
from llm_app.providers import why_unavailable
from llm_app.scripted.provider import serving_provider
from llm_app.scripted.script import WireName

NAME = "demo"
DISPLAY_NAME = "Demo (scripted answers, no model)"
_MODEL = "openai/demo"
_LAST = 1000  # of the fallbacks


async def serve_demo(stop: asyncio.Event) -> None:
    """Serve scripted answers and offer them as a provider, until told to stop."""
    async with serving_provider() as provider:
        await run_sync(offer_demo, provider.base_url(WireName.OPENAI))
        await stop.wait()
    await run_sync(withdraw_demo)


def offer_demo(base_url: str) -> None:
    """Switch the provider on. It answers in place of others only where no other one has its key."""
    others = Provider.objects.filter(enabled=True).exclude(name=NAME)
    is_alone = all(why_unavailable(provider) for provider in others)
    row = {
        "display_name": DISPLAY_NAME,
        "model": "scripted",
        "litellm_model": _MODEL,
        "base_url": base_url,
        "fallback_order": _LAST if is_alone else None,
        "enabled": True,
    }
    with transaction.atomic():
        Provider.objects.update_or_create(name=NAME, defaults=row)
        if not Price.objects.filter(model=_MODEL).exists():
            Price.objects.create(model=_MODEL, valid_from=timezone.now(), input_usd=0, output_usd=0, is_free=True)


def withdraw_demo() -> None:
    """Switch it off; safe where it never was. What it was asked stays in the ledger."""
    Provider.objects.filter(name=NAME).update(enabled=False)
