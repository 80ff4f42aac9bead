"""The closed sets of this app."""

from __future__ import annotations

from django.db.models import TextChoices

from templates_app.docx.model import FieldType as WordFieldType
from templates_app.docx.values import OnUnfilled as WordOnUnfilled


class FieldType(TextChoices):
    """What kind of value a field takes; the Word library's types with names for people."""

    TEXT = WordFieldType.TEXT.value, "Text"
    LONG_TEXT = WordFieldType.LONG_TEXT.value, "Long text"
    DATE = WordFieldType.DATE.value, "Date"
    NUMBER = WordFieldType.NUMBER.value, "Number"
    CHOICE = WordFieldType.CHOICE.value, "Choice"
    CHECKBOX = WordFieldType.CHECKBOX.value, "Check box"
    PERSON = WordFieldType.PERSON.value, "Person"
    SIGNATURE = WordFieldType.SIGNATURE.value, "Signature"
    TABLE = WordFieldType.TABLE.value, "Table"
    IMAGE = WordFieldType.IMAGE.value, "Image"


class OnUnfilled(TextChoices):
    """What becomes of fields without a value when a document is made."""

    KEEP = WordOnUnfilled.KEEP.value, "They stay as they stand"
    LIST = WordOnUnfilled.LIST.value, "They stay as they stand and the document lists them"
    REFUSE = WordOnUnfilled.REFUSE.value, "No document is made"
