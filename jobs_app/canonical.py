"""Identity of inputs: SHA-256 over canonical JSON, so that a finished step knows whether it is asked the same again."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable
from typing import Any

from pydantic_core import to_jsonable_python


def canonical_json(value: Any) -> str:
    """JSON with sorted keys and without blanks; pydantic models, dataclasses, dates, UUIDs and paths included."""
    plain = to_jsonable_python(value, fallback=_by_hash)
    return json.dumps(plain, sort_keys=True, separators=(",", ":"), ensure_ascii=False)


def _by_hash(value: Any) -> str:
    """File contents carry their own hash; anything else that is not data cannot be an input of a step."""
    sha256 = getattr(value, "sha256", None)
    if not isinstance(sha256, str):
        raise TypeError(f"{type(value).__name__} cannot be an input of a step: it is no JSON data")
    return sha256


def digest_of(value: Any) -> str:
    return hashlib.sha256(canonical_json(value).encode()).hexdigest()


def inputs_digest(fn: Callable[..., Any], version: int, args: tuple[Any, ...], kwargs: dict[str, Any]) -> str:
    """Of the declared name of a function, the step's version and its arguments (files go in by their hash)."""
    return digest_of([f"{fn.__module__}.{fn.__qualname__}", version, list(args), kwargs])
