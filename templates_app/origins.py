"""Where each value of a document is from: who gave it, and out of what. Written with the value, never changed."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from pydantic import BaseModel, ConfigDict

from accounts_app.access import Actor
from templates_app.choices import Author
from templates_app.matching import Match
from templates_app.models import Fact


class Source(StrEnum):
    """Out of what a value is."""

    GIVEN = "given"
    FACT = "fact"
    ROW = "row"
    DRAFT = "draft"


class Origin(BaseModel):
    """Of one value. ``by`` is the id of the user; people are named where it is shown, so that they can be forgotten."""

    model_config = ConfigDict(extra="forbid")

    source: Source
    author: Author
    by: str = ""
    fact_id: str = ""
    fact_key: str = ""
    detail: str = ""
    """In words: the file and row it stood in, the fact's own source."""
    sources: list[str] = []
    """Of a draft by a model: what it rests on; empty is "no source"."""


@dataclass(slots=True)
class Gathered:
    """The values for a document, each with its origin."""

    values: dict[str, Any] = field(default_factory=dict)
    origins: dict[str, Origin] = field(default_factory=dict)

    def origins_as_data(self) -> dict[str, Any]:
        return {key: origin.model_dump(mode="json", exclude_defaults=True) for key, origin in self.origins.items()}


def gather_values(
    given: Mapping[str, Any],
    matches: Mapping[str, Match],
    *,
    actor: Actor | None,
    row: str = "",
    left_empty: Collection[str] = (),
) -> Gathered:
    """What is given, then what the fact sheet has, but for the fields ``left_empty``.

    A given value that is the fact's own counts as the fact's. ``row`` names the file and row that values stood in.
    """
    gathered = Gathered()
    for key, match in matches.items():
        if key in given and not (match.fills and match.value == given[key]):
            gathered.values[key], gathered.origins[key] = given[key], _given_origin(actor, row)
        elif match.fact is not None and match.fills and (key in given or key not in left_empty):
            gathered.values[key], gathered.origins[key] = match.value, _fact_origin(match.fact)
    return gathered


def _given_origin(actor: Actor | None, row: str) -> Origin:
    author = Author.IMPORT if row or actor is None else Author.PERSON
    return Origin(
        source=Source.ROW if row else Source.GIVEN, author=author, by=str(actor.user.pk) if actor else "", detail=row
    )


def _fact_origin(fact: Fact) -> Origin:
    return Origin(
        source=Source.FACT,
        author=Author(fact.author),
        by=str(fact.created_by_id or ""),
        fact_id=str(fact.id),
        fact_key=fact.key,
        detail=fact.source,
    )
