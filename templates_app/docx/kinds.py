"""What kind of value a place takes, told by its label, its marker and the words around it."""

from __future__ import annotations

import re

from .lexicon import ADDRESS, DATE, DURATION, IDENTIFIER, IMAGE, LONG, NUMBER, PERSON, SIGNATURE, THING
from .model import FieldType

YES_NO_QUESTION = re.compile(r"^(?:is|are|do|does|did|has|have|will|can|was|were|required)\b.*\?$", re.IGNORECASE)
CHOICE_WORDS = re.compile(r"\b(?:impact level|yes ?/ ?no|y ?/ ?n|ja ?/ ?nein|oui ?/ ?non|да ?/ ?нет)\b|^required\?$", re.IGNORECASE)
BY = re.compile(r"\b(?:by|von|durch|par|por|av|door)\s*:?\s*$", re.IGNORECASE)
ACRONYM_NAME = re.compile(r"\b[A-Z]{2,6}\b.{0,12}\b[Nn]ame\b")
MAX_LABEL_WORDS = 8                    # longer words are a sentence, and a sentence mentions many things


def infer_type(label: str, *, context: str = "", column: bool = False) -> FieldType:
    """By the label first; ``context`` (unit, text after the place, section) only where the label says nothing."""
    for words in filter(None, (label, context)):
        found = _by_words(words, column=column)
        if found is not None:
            return found
    return FieldType.TEXT


def _by_words(words: str, *, column: bool) -> FieldType | None:
    head = words.split("\n")[0].strip()
    if YES_NO_QUESTION.fullmatch(head):
        return FieldType.CHOICE if column else None
    if len(head.split()) > MAX_LABEL_WORDS:
        head = " ".join(head.split()[:MAX_LABEL_WORDS])
    for kind, applies in RULES:
        if applies(head):
            return FieldType.TEXT if column and kind is FieldType.LONG_TEXT else kind
    return None


def _is_person(head: str) -> bool:
    return (PERSON.search(head) is not None or BY.search(head) is not None) and not THING.search(head) \
        and not ACRONYM_NAME.search(head)


RULES = (
    (FieldType.SIGNATURE, lambda head: SIGNATURE.search(head) is not None),
    (FieldType.IMAGE, lambda head: IMAGE.search(head) is not None and len(head.split()) <= 6),
    (FieldType.CHOICE, lambda head: CHOICE_WORDS.search(head) is not None),
    (FieldType.NUMBER, lambda head: NUMBER.search(head) is not None and not IDENTIFIER.search(head)),
    (FieldType.DATE, lambda head: DATE.search(head) is not None and not DURATION.search(head)),
    (FieldType.TEXT, lambda head: ADDRESS.search(head) is not None or IDENTIFIER.search(head) is not None),
    (FieldType.LONG_TEXT, lambda head: LONG.search(head) is not None),
    (FieldType.PERSON, _is_person),
)
