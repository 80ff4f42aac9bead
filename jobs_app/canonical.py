"""Identity of inputs: SHA-256 over canonical JSON, so that a finished step knows whether it is asked the same again."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable
from typing import Any

from pydantic_core import to_jsonable_python


def canonical_json(value: Any) -> str:
    """JSON with sorted keys and without blanks; pydantic models, dataclasses, dates, UUIDs and paths included."""
    return json.dumps(to_jsonable_python(value), sort_keys=True, separators=(",", ":"), ensure_ascii=False)


def digest_of(value: Any) -> str:
    return hashlib.sha256(canonical_json(value).encode()).hexdigest()


def inputs_digest(fn: Callable[..., Any], version: int, args: tuple[Any, ...], kwargs: dict[str, Any]) -> str:
    """Of the declared name of a function, the step's version and its arguments (files go in by their hash)."""
    return digest_of([f"{fn.__module__}.{fn.__qualname__}", version, list(args), kwargs])
