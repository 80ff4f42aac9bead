"""Words of headings, labels and texts made comparable: lower case, without endings that change nothing."""

from __future__ import annotations

import re
from collections.abc import Iterable
from functools import lru_cache

_WORD = re.compile(r"[^\W_]+(?:['’.][^\W_]+)*")
# Say nothing about what a heading is about.
_EMPTY = frozenset(
    "a an and as at by for from in into its of on or our per the their this to with und der die das".split()
)
# Longest first; what is left has at least so many letters.
_ENDINGS = (("ies", "y", 3), ("ings", "", 4), ("ing", "", 4), ("als", "", 5), ("al", "", 5), ("ers", "", 5))
_MORE_ENDINGS = (("er", "", 5), ("ed", "", 4), ("ses", "s", 3), ("es", "e", 3), ("s", "", 3), ("e", "", 4))


@lru_cache(maxsize=20_000)
def stem(word: str) -> str:
    """``policies`` and ``policy``, ``approved``, ``approval`` and ``approver`` become the same."""
    word = word.replace("’", "'").removesuffix("'s").removesuffix("s'")
    if word.endswith(("ss", "us", "is")):
        return word
    for ending, instead, left in (*_ENDINGS, *_MORE_ENDINGS):
        if word.endswith(ending) and len(word) - len(ending) + len(instead) >= left:
            word = word.removesuffix(ending) + instead
            break
    return word.removesuffix("e") if len(word) > 4 else word


def stems(text: str) -> list[str]:
    """Of all words, in order."""
    return [stem(word) for word in _WORD.findall(text.lower())]


def key_stems(text: str) -> frozenset[str]:
    """Of the words that carry meaning."""
    words = [word for word in _WORD.findall(text.lower()) if word not in _EMPTY]
    return frozenset(stem(word) for word in words)


class Wording:
    """A text one can ask many times whether it has a phrase, whatever the endings."""

    def __init__(self, texts: Iterable[str]) -> None:
        self._lines = [stems(text) for text in texts]
        self._words = {word for line in self._lines for word in line}
        self._joined = " | ".join(f" {' '.join(line)} " for line in self._lines)

    def has(self, phrase: str) -> bool:
        """Word by word, within one of the texts."""
        wanted = stems(phrase)
        return bool(wanted) and self._words.issuperset(wanted) and f" {' '.join(wanted)} " in self._joined
