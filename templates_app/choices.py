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


FACT_TYPES = [
    FieldType.TEXT,
    FieldType.LONG_TEXT,
    FieldType.DATE,
    FieldType.NUMBER,
    FieldType.CHOICE,
    FieldType.CHECKBOX,
    FieldType.PERSON,
    FieldType.IMAGE,
]
"""What a fact may be: a signature is given for one document, a table belongs to its template."""


class Author(TextChoices):
    """Who gave a value."""

    PERSON = "person", "Person"
    IMPORT = "import", "Import"
    MODEL = "model", "Language model"


class DraftStatus(TextChoices):
    """What a person decided about a text that a language model wrote."""

    OPEN = "open", "To be decided"
    ACCEPTED = "accepted", "Accepted"
    EDITED = "edited", "Accepted with changes"
    REJECTED = "rejected", "Rejected"


class OnUnfilled(TextChoices):
    """What becomes of fields without a value when a document is made."""

    KEEP = WordOnUnfilled.KEEP.value, "They stay as they stand"
    LIST = WordOnUnfilled.LIST.value, "They stay, and are listed"
    REFUSE = WordOnUnfilled.REFUSE.value, "No document is made"

    @classmethod
    def chosen(cls, name: str) -> OnUnfilled:
        """By a form; what is no choice is the usual one."""
        return cls(name) if name in cls.values else cls.LIST


class ReviewMode(TextChoices):
    """How much a language model looks at. Rules always look at everything."""

    FULL = "full", "Full"
    QUICK = "quick", "Quick"


class Severity(TextChoices):
    """How much a finding matters."""

    HIGH = "high", "High"
    MEDIUM = "medium", "Medium"
    LOW = "low", "Low"

    @property
    def rank(self) -> int:
        """0 for what matters most."""
        return list(Severity).index(self)


class FindingKind(TextChoices):
    """What is wrong. ``CONTENT`` is what a model says of a text; all others are found by rules."""

    MISSING_SECTION = "missing_section", "Missing section"
    MISSING_FIELD = "missing_field", "Missing field"
    CLAUSE_NOT_ADDRESSED = "clause_not_addressed", "Clause not addressed"
    WRONG_TYPE = "wrong_type", "Wrong type"
    DOUBLED_FIELD = "doubled_field", "Doubled field"
    DEAD_REFERENCE = "dead_reference", "Dead reference"
    GUIDANCE_LEFT = "guidance_left", "Guidance left in"
    CONTENT = "content", "Content"


class FindingSource(TextChoices):
    RULE = "rule", "Rule"
    MODEL = "model", "Model"


class FindingStatus(TextChoices):
    """What a person decided about a finding."""

    OPEN = "open", "Open"
    APPLIED = "applied", "Applied"
    IGNORED = "ignored", "Ignored"


class TextDecision(TextChoices):
    """What is done with the texts that findings propose."""

    PROPOSE = "propose", "Propose"
    ACCEPT = "accept", "Accept"
    REJECT = "reject", "Reject"


class VersionKind(TextChoices):
    """What made a new version of a template."""

    UPLOADED = "uploaded", "Word file uploaded"
    REPLACED = "replaced", "Changed Word file uploaded"
    READ_AGAIN = "read_again", "Read again"
    FIELD_EDITED = "field_edited", "Field edited"
    TEXT_PROPOSED = "text_proposed", "Text changes proposed as tracked changes"
    TEXT_ACCEPTED = "text_accepted", "Tracked changes accepted"
    TEXT_REJECTED = "text_rejected", "Tracked changes rejected"
    DUPLICATED = "duplicated", "Made as a copy of another template"


class Difference(TextChoices):
    """How a field differs from the version before."""

    ADDED = "added", "Added"
    REMOVED = "removed", "Removed"
    RENAMED = "renamed", "Renamed"
    RETYPED = "retyped", "Type changed"
    REREAD = "reread", "Read otherwise"
    EDITED = "edited", "Edited"


class CorrectionAct(TextChoices):
    """What a language model does to what the rules found."""

    RENAME = "rename", "Rename"
    RETYPE = "retype", "Change type"
    MERGE = "merge", "Merge"
    SPLIT = "split", "Split"
    DROP = "drop", "Drop"
    ADD = "add", "Add"


class CorrectionRefusal(TextChoices):
    """Why a correction was not made, for people."""

    UNKNOWN_ACT = "unknown_act", "There is no such correction"
    UNKNOWN_FIELD = "unknown_field", "It names a field that was not shown"
    UNKNOWN_TYPE = "unknown_type", "There is no such type"
    IMPOSSIBLE_TYPE = "impossible_type", "The place in the file cannot take that type"
    BAD_LABEL = "bad_label", "The label is empty, too long, or not in the words of the file or the hints"
    QUOTE_NOT_FOUND = "quote_not_found", "What it quotes does not stand in that part of the file"
    CANNOT_MERGE = "cannot_merge", "These places cannot take one value"
    CANNOT_SPLIT = "cannot_split", "The field has one place, or its places belong together"
    OVERLAPS = "overlaps", "There is a field at that place already"
    CONTRADICTS = "contradicts", "Another correction of the same field was made before"
    RULES_ARE_SURER = "rules_are_surer", "What stands in the file speaks more for the rules' reading"
    EDITED_BY_PERSON = "edited_by_person", "A person edited the field as it was read before"
    KEPT_BY_PERSON = "kept_by_person", "A person kept the rules' reading"
    PART_GIVES_ORDERS = "part_gives_orders", "That part of the file gives orders to language models"
    TOO_MANY = "too_many", "There were more corrections than can be meant"
    NOTHING_CHANGES = "nothing_changes", "It is so already"
