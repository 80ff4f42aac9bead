"""What kind of value a place takes, told by its label, its marker and the words around it."""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import lru_cache

from .lexicon import (
    ADDRESS,
    AMOUNT,
    CHOICE,
    DATE,
    DURATION,
    EXPLAIN,
    IDENTIFIER,
    IMAGE,
    LINK,
    LONG,
    NAME,
    NAME_KIND,
    NUMBER,
    OPEN_QUESTION,
    ROLE,
    SIGNATURE,
    UNIT,
    words_of,
)
from .model import FieldType
from .naming import NUMBERING

YES_NO_QUESTION = re.compile(r"^(?:is|are|do|does|did|has|have|will|can|was|were|required)\b.*\?$", re.IGNORECASE)
BY = re.compile(r"\b(?:by|von|durch|par|por|av|door)\s*:?\s*$", re.IGNORECASE)
AFTER = re.compile(
    r"\s*(?:$|[:：/,;&|?*-]|(?:of|at|for|in|from|on|to|and|or|der|des|für|de|du|des|pour|del|da|do|di|av|til|for|og|и|по|для)\b)",
    re.IGNORECASE,
)
REMARK = re.compile(r"\s*\([^()]*\)")
MAX_LABEL_WORDS = 8  # longer words are a sentence, and a sentence mentions many things
SMALL_WORDS = frozenset(
    "of the a an and or der die das des von und de la le du des et del y el og av en et и или 's s".split()
)


@lru_cache(maxsize=4096)
def infer_type(label: str, *, context: str = "", column: bool = False) -> FieldType:
    """``context``: a title over several labels, which tells whose name a "Name" is and asks what its parts answer."""
    found = _by_words(label, column=column)
    if found is FieldType.PERSON and context and _is_only_name(_head(label)) and not _is_person(_head(context), column):
        return FieldType.TEXT  # the name of the organisation whose block this is
    if found is None and OPEN_QUESTION.search(context):
        return FieldType.LONG_TEXT
    return found or FieldType.TEXT


def is_unit(words: str) -> bool:
    """Whether the words after a place count or measure it: "years of experience", "%"."""
    return UNIT.match(words.lstrip()) is not None


def _head(words: str) -> str:
    head = NUMBERING.sub("", words.split("\n")[0].strip(), count=1)
    head = REMARK.sub("", head).strip() or head
    return " ".join(head.split()[:MAX_LABEL_WORDS]) if len(head.split()) > MAX_LABEL_WORDS else head


def _by_words(words: str, *, column: bool) -> FieldType | None:
    whole = words.split("\n")[0].strip()
    if YES_NO_QUESTION.fullmatch(whole):
        return FieldType.CHOICE if column else None
    if OPEN_QUESTION.search(whole) and not DATE.search(whole):
        return FieldType.LONG_TEXT
    head = _head(words)
    if not head:
        return None
    return next((kind for kind, applies in RULES if applies(head, column)), None)


def _is_number(head: str, column: bool) -> bool:
    return AMOUNT.search(head) is not None or (NUMBER.search(head) is not None and not IDENTIFIER.search(head))


def _is_date(head: str, column: bool) -> bool:
    return DATE.search(head) is not None and not DURATION.search(head)


def _is_long(head: str, column: bool) -> bool:
    opens = LONG.match(head) is not None and len(head.split()) <= 3
    return opens or _leads(LONG, head) or (not column and EXPLAIN.search(head) is not None)


def _leads(words: re.Pattern[str], head: str) -> bool:
    """Whether one of the words is what the label is about: "owner of the system", not "owner address"."""
    return any(AFTER.match(head, match.end()) for match in words.finditer(head))


def _is_person(head: str, column: bool) -> bool:
    if BY.search(head) or _is_only_name(head):
        return True
    if not ROLE.search(head):
        return False
    return NAME.search(head) is not None or _leads(ROLE, head)


def _is_only_name(head: str) -> bool:
    """Name, Full name, Имя: the name of nobody in particular is a person's."""
    words = [w for w in words_of(head) if w not in SMALL_WORDS and not NAME_KIND.fullmatch(w)]
    return bool(words) and all(NAME.fullmatch(w) for w in words)


Rule = Callable[[str, bool], bool]
RULES: tuple[tuple[FieldType, Rule], ...] = (
    (FieldType.TEXT, lambda head, column: LINK.search(head) is not None),
    (FieldType.SIGNATURE, lambda head, column: SIGNATURE.search(head) is not None),
    (FieldType.IMAGE, lambda head, column: IMAGE.search(head) is not None and len(head.split()) <= 6),
    (FieldType.CHOICE, lambda head, column: CHOICE.search(head) is not None),
    (FieldType.NUMBER, _is_number),
    (FieldType.TEXT, lambda head, column: _is_date(head, column) and LONG.search(head) is not None),
    (FieldType.DATE, _is_date),
    (FieldType.TEXT, lambda head, column: ADDRESS.search(head) is not None or IDENTIFIER.search(head) is not None),
    (FieldType.LONG_TEXT, _is_long),
    (FieldType.PERSON, _is_person),
)
