"""The shapes in which the API takes and gives facts."""

from __future__ import annotations

from datetime import datetime
from typing import Any, Literal
from uuid import UUID

from ninja import Field, Schema
from pydantic import ConfigDict

from templates_app.choices import Author, FieldType
from templates_app.matching import How, Match
from templates_app.schemas import PersonOut


class FactOut(Schema):
    """What is known of the customer under one key."""

    id: UUID
    key: str
    label: str
    type: FieldType
    value: Any = Field(description="As documents take the value of a field of this type.")
    source: str = Field(description="Where it is from, in words.")
    author: Author
    created_by: PersonOut | None
    created_at: datetime


class FactVersionOut(FactOut):
    """One statement; the one without ``replaced_at`` counts."""

    replaced_at: datetime | None
    replaced_by: PersonOut | None


class FactWanted(Schema):
    """One fact; label and type left out are those it has, or those of what its key means."""

    value: Any
    label: str = Field("", max_length=200)
    type: str = Field("", description="text, long_text, date, number, choice, checkbox, person or image.")
    source: str = Field("", max_length=500, description="Where it is from, in words.")

    model_config = ConfigDict(extra="forbid")


class KeptWanted(Schema):
    """Which values of a document shall be known of its customer from now on."""

    fields: list[str] | Literal["all"] = Field(description='Field keys, or "all" that can be facts and are none yet.')

    model_config = ConfigDict(extra="forbid")


class KeptOut(Schema):
    facts: dict[str, FactOut] = Field(description="By field key.")
    refused: dict[str, str] = Field(description="Why a field has none, by its key.")


class ConceptOut(Schema):
    """What templates often ask for, by whatever label: a fact with this key fills it."""

    key: str
    label: str
    type: FieldType


class ImportedOut(Schema):
    rows: int
    changed: int = Field(description="How many said something new.")


class LinkWanted(Schema):
    """From which fact the field is filled; null: from none."""

    fact: str | None = Field(max_length=60)

    model_config = ConfigDict(extra="forbid")


class MatchOut(Schema):
    """What the fact sheet has for one field of a template."""

    field: str = Field(alias="field.key")
    label: str = Field(alias="field.label")
    required: bool = Field(alias="field.required")
    fact: str | None
    how: How | None = Field(description="link (set by hand), key, label, or concept (labels that mean the same).")
    value: Any = Field(description="In the form the field takes.")
    problem: str = Field(description="Why the fact does not fill the field.")
    detached: bool = Field(alias="is_detached", description="Set by hand to be filled from no fact.")

    @staticmethod
    def resolve_fact(match: Match) -> str | None:
        return match.fact.key if match.fact else None
