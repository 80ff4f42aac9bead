"""Topics: what several people work on at once and see each other's edits of. Each kind says who may join."""

from __future__ import annotations

import uuid
from collections.abc import Callable

from accounts_app.access import Actor
from jobs_app.errors import UnknownTopic

Check = Callable[[Actor, uuid.UUID], None]
"""Raises ``NotFound`` unless the actor may see the topic; sync, may use the database."""

_checks: dict[str, Check] = {}


def register(kind: str, check: Check) -> None:
    """Called when the apps are loaded, by the floor that owns the kind."""
    _checks[kind] = check


def check_access(kind: str, topic_id: uuid.UUID, actor: Actor) -> None:
    """``UnknownTopic`` for a kind nobody registered, else what its check raises."""
    if kind not in _checks:
        raise UnknownTopic(f"There is no {kind} to join.")
    _checks[kind](actor, topic_id)
