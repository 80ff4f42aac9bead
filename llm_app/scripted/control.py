"""``/_control/…``: set the script and read the record, from other processes."""

from __future__ import annotations

from typing import Any

from pydantic import TypeAdapter, ValidationError

from .connection import Request
from .playback import Call, Playback
from .script import Script

_CALLS = TypeAdapter(list[Call])


def control(playback: Playback, request: Request) -> tuple[int, Any]:
    """Status and body of ``GET /_control/calls``, ``GET /_control/totals``, ``GET|PUT /_control/script``."""
    match request.method, request.path.removeprefix("/_control/"):
        case "GET", "calls":
            return 200, _CALLS.dump_json(playback.calls)
        case "GET", "totals":
            return 200, _totals(playback)
        case "GET", "script":
            return 200, playback.script.model_dump(mode="json")
        case "PUT", "script":
            return _set_script(playback, request.body)
    return 404, {"error": f"{request.method} {request.path} is not there"}


def _totals(playback: Playback) -> dict[str, Any]:
    calls = playback.calls
    return {
        "calls": len(calls),
        "replayed": sum(call.replayed for call in calls),
        "abandoned": sum(call.abandoned for call in calls),
        "input_tokens": sum(call.usage.input for call in calls),
        "output_tokens": sum(call.usage.output for call in calls),
        "cost_usd": str(playback.cost_usd),
    }


def _set_script(playback: Playback, body: bytes) -> tuple[int, Any]:
    try:
        playback.set_script(Script.model_validate_json(body))
    except ValidationError as error:
        return 422, {"error": str(error)}
    return 200, {"rules": len(playback.script.rules)}
