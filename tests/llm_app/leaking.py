"""Workflows that give away what they should not: in progress, results, refusals, faults, logs."""

from __future__ import annotations

import json
import logging
import os
from typing import Any

from pydantic import BaseModel

from accounts_app.errors import BadInput
from jobs_app.runs import Run
from jobs_app.workflows import workflow
from llm_app.exchange import Message, Request
from llm_app.gateway import complete

# Each known another way; what is secret in it begins with "canary". None is known by its value.
LEAKS = {
    "header": "Authorization: Bearer canaryBearer01",
    "pair": "(b'x-api-key', b'canaryPair02')",
    "query": "https://hooks.example.org/in?token=canaryQuery03&n=1",
    "gemini": "POST https://models.example.org/v1beta/models/x:generateContent?key=canaryGemini04",
    "basic": "https://bob:canaryBasic05@hooks.example.org/in",
    "bare": "https://canaryBare06@git.example.org/x",
    "json": json.dumps({"webhook_secret": "canaryJson07"}),
    "nested": json.dumps({"body": json.dumps({"api_key": "canaryNested08"})}),
    "repr": repr({"X-Admin-Key": "canaryRepr09"}),
}
logger = logging.getLogger(__name__)


class Leak(BaseModel):
    """How: "result", "refusal", "fault" or "provider"."""

    how: str


class Leaked(BaseModel):
    texts: dict[str, str]
    data: dict[str, Any]


def all_of(own: str) -> str:
    """Every leak in one text, with a secret of the environment, which is known by its value alone."""
    return " | ".join([f"it was {own}!", *LEAKS.values()])


def environment_key() -> str:
    return os.environ["ANTHROPIC_API_KEY"]


@workflow("test.leak", arguments=Leak)
async def leak(run: Run, given: Leak) -> Leaked:
    own = environment_key()
    await run.progress(10, all_of(own)[:400])
    logger.info("leaking %s", all_of(own), extra={"reference": all_of(own)})
    if given.how == "refusal":
        raise BadInput(all_of(own))
    if given.how == "fault":
        raise RuntimeError(all_of(own))
    if given.how == "provider":
        await complete(run, "ask", Request(messages=(Message(role="user", content="Which city?"),), fallbacks=False))
    return Leaked(
        texts=LEAKS | {"own": own}, data={"token": "canaryToken10", "deep": [{"client_secret": "canaryDeep11"}]}
    )
