"""Patterns that ignore case by folding the text: the engine compares without case three to six times slower."""

from __future__ import annotations

import re
import sys
from collections.abc import Iterator


class Folded:
    """A pattern in lower case. Its matches are of the folded text, which is as long as the text."""

    __slots__ = ("_pattern", "pattern")

    def __init__(self, pattern: str) -> None:
        self._pattern = re.compile(pattern)
        self.pattern = pattern

    def search(self, text: str, start: int = 0, end: int = sys.maxsize) -> re.Match[str] | None:
        return self._pattern.search(fold(text), start, end)

    def match(self, text: str) -> re.Match[str] | None:
        return self._pattern.match(fold(text))

    def fullmatch(self, text: str) -> re.Match[str] | None:
        return self._pattern.fullmatch(fold(text))

    def finditer(self, text: str) -> Iterator[re.Match[str]]:
        return self._pattern.finditer(fold(text))


def fold(text: str) -> str:
    """In lower case, character by character: positions stay, for the one letter that would become two stays too."""
    lowered = text.lower()
    return lowered if len(lowered) == len(text) else "".join(c.lower() if len(c.lower()) == 1 else c for c in text)
