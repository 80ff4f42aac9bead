"""What kind of value a place takes, told by its label, its marker and the words around it."""

from __future__ import annotations

import re

from .lexicon import ADDRESS, DATE, DURATION, IDENTIFIER, IMAGE, LONG, NUMBER, PERSON, SIGNATURE, THING
from .model import FieldType

DATE_NAME = re.compile(r"date|datum|dato|dob|fecha|data(?=_|$)|дата", re.IGNORECASE)
QUESTION = re.compile(r"[?？]\s*$")
YES_NO_QUESTION = re.compile(r"^(?:is|are|do|does|did|has|have|will|can|was|were|required)\b.*\?$|^required\?$", re.IGNORECASE)
CHOICE_WORDS = re.compile(r"\b(?:impact level|yes ?/ ?no|y ?/ ?n)\b", re.IGNORECASE)
LONG_LABEL = 90


def infer_type(label: str, *, context: str = "", column: bool = False) -> FieldType:
    """By the label first; ``context`` (unit, text after the place, section) only where the label says nothing."""
    for words in filter(None, (label, context)):
        found = _by_words(words, column=column)
        if found is not None:
            return found
    return FieldType.TEXT


def _by_words(words: str, *, column: bool) -> FieldType | None:
    head = words.split("\n")[0].strip()
    if SIGNATURE.search(head):
        return FieldType.SIGNATURE
    if IMAGE.search(head) and len(head.split()) <= 6:
        return FieldType.IMAGE
    if CHOICE_WORDS.search(head) or YES_NO_QUESTION.fullmatch(head) and column:
        return FieldType.CHOICE
    if NUMBER.search(head) and not IDENTIFIER.search(head):
        return FieldType.NUMBER
    if DATE.search(head) and not DURATION.search(head):
        return FieldType.DATE
    if ADDRESS.search(head):
        return FieldType.TEXT
    if LONG.search(head):
        return FieldType.LONG_TEXT if not column else FieldType.TEXT
    if PERSON.search(head):
        return FieldType.TEXT if THING.search(head) else FieldType.PERSON
    return None
