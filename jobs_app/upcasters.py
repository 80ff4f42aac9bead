"""Old payloads brought up to the newest version when they are read; stored ones are never touched.

A reader sees only the newest shape it knows. What it does not know, an unknown type or a version of a newer program
(old and new code run side by side during a deploy), it gets as it stands.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from jobs_app.models import Event

Upcaster = Callable[[dict[str, Any]], dict[str, Any]]

_upcasters: dict[tuple[str, int], Upcaster] = {}


@dataclass(frozen=True, slots=True)
class Upcast:
    """A payload as readers want it, with the version it now has."""

    version: int
    payload: dict[str, Any]


def upcaster(event_type: str, version: int) -> Callable[[Upcaster], Upcaster]:
    """Register the function that makes version + 1 of a payload of this version. It must not change its argument."""

    def register(function: Upcaster) -> Upcaster:
        if (event_type, version) in _upcasters:
            raise ValueError(f"{event_type} version {version} has an upcaster already")
        _upcasters[event_type, version] = function
        return function

    return register


def upcast(event_type: str, version: int, payload: dict[str, Any]) -> Upcast:
    """The payload in the newest version there is a way to."""
    while (step := _upcasters.get((event_type, version))) is not None:
        payload, version = step(payload), version + 1
    return Upcast(version, payload)


def read_payload(event: Event) -> dict[str, Any]:
    """The payload of a stored event in its newest version."""
    return upcast(event.type, event.version, event.payload).payload
