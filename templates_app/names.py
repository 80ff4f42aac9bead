"""Names, labels and texts of people: what they may hold, wherever they come in."""

from __future__ import annotations

import unicodedata

# White space that parts lines; all other control characters, and what turns the direction of writing, only confuse.
_LINES = frozenset("\n\r\t")
_TURNING = frozenset("\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")


def one_line(text: str) -> str:
    """With single spaces for any white space, as names and labels are kept."""
    return " ".join(text.split())


def is_name(text: str, limit: int) -> bool:
    """Whether a line is no longer than ``limit`` and can be printed."""
    return len(text) <= limit and text.isprintable()


def is_text(text: str, limit: int) -> bool:
    """The same of a text, which may have lines and marks within words."""
    is_clean = all(c in _LINES or (c not in _TURNING and unicodedata.category(c) != "Cc") for c in text)
    return len(text) <= limit and is_clean


def cleaned_name(text: str, limit: int) -> str:
    """What can be printed of a name that nobody typed, of a file, say; empty where nothing is left."""
    kept = ("" if unicodedata.category(c) == "Cf" else c if c.isprintable() else " " for c in text)
    return one_line("".join(kept))[:limit].strip()
