"""How much a reading counts, from 0 to 1: of the rules by what told them, of a model by who told it how to read."""

from __future__ import annotations

from templates_app.docx.kinds import tell_type
from templates_app.docx.model import Field, FieldType

# What a model says against the rules, alone and when a person said how the file is to be read.
MODEL_SCORE = 0.8
MODEL_SCORE_WITH_RULES = 0.9
# Of a place that only a model saw: below what the pages show as unsure.
ADDED_CONFIDENCE = 0.6
# From here on the rules are sure, and a line without context will do.
SURE_FROM = 0.85

# A type that no word tells is a guess, one that the label tells may still be another's.
_TOLD_BY_WORDS = 0.9
_GUESSED = 0.7
_STRUCTURES = frozenset({"control", "form_field", "boxes", "images", "records"})


def type_score(field: Field) -> float:
    """Of the type that the rules gave it."""
    if field.detector in _STRUCTURES or field.options or field.columns:
        return field.confidence
    told = tell_type(field.label)
    return field.confidence * (_TOLD_BY_WORDS if told is not None and told.value == field.type.value else _GUESSED)


def place_score(field: Field) -> float:
    """Of there being something to fill in."""
    return field.confidence


def model_score(*, has_rules: bool) -> float:
    return MODEL_SCORE_WITH_RULES if has_rules else MODEL_SCORE


def is_sure(field: Field) -> bool:
    """Whether its line needs no words around it."""
    return field.confidence >= SURE_FROM and (field.type is not FieldType.TEXT or tell_type(field.label) is not None)
