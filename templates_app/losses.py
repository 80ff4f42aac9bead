"""The loss report in words: what a Word file holds that reading leaves out or filling does not touch."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable

from templates_app.docx.model import Loss, LossKind


def describe_losses(losses: Iterable[Loss]) -> list[str]:
    """One sentence for each kind, in the order in which they first stand in the file."""
    counts: Counter[LossKind] = Counter()
    unread: Counter[LossKind] = Counter()
    for loss in losses:
        counts[loss.kind] += loss.count
        unread[loss.kind] += loss.unread
    return [_sentence(kind, counts[kind], unread[kind]) for kind in counts]


def _sentence(kind: LossKind, count: int, unread: int) -> str:
    name = kind.value.replace("_", " ").capitalize()
    left_out = f", {unread} characters of it not read" if unread else ""
    return f"{name}: found {count}{left_out}. Look at it in Word."
