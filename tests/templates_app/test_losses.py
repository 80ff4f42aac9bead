"""The loss report in words."""

from __future__ import annotations

from templates_app.docx.model import Loss, LossKind
from templates_app.losses import describe_losses


def test_each_kind_is_counted_once_with_what_was_not_read() -> None:
    found = [
        Loss(LossKind.TRACKED_CHANGE, "word/document.xml", 3, unread=12),
        Loss(LossKind.MACROS, "word/vbaProject.bin"),
        Loss(LossKind.TRACKED_CHANGE, "word/document.xml", 9, count=2, unread=8),
    ]
    assert describe_losses(found) == [
        "Tracked change: found 3, 20 characters of it not read. Look at it in Word.",
        "Macros: found 1. Look at it in Word.",
    ]


def test_a_file_without_losses_says_nothing() -> None:
    assert describe_losses([]) == []
