"""What customers are asked for again and again, by whatever words: the concepts that facts and fields share.

The table ``data/concepts.json`` lists for each concept the labels that mean it and nothing else, by language. Labels
are compared whole, so that what is filled in by itself is known and never guessed.
"""

from __future__ import annotations

import json
import re
import unicodedata
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cache, lru_cache
from pathlib import Path
from typing import Any

from templates_app.choices import FACT_TYPES
from templates_app.docx.lexicon import GENERIC

DATA = Path(__file__).parent / "data" / "concepts.json"
_WORD = re.compile(r"[^\W_]+")
# Say nothing about what a label means.
_EMPTY = frozenset({"the", "a", "an", "your", "our", "insert", "enter"})


@dataclass(frozen=True, slots=True)
class Concept:
    """One thing to know of a customer. ``of_party``: others have it, too, as a supplier has a name and an address."""

    id: str
    name: str
    type: str
    """A value of ``FieldType``: what a fact of it is unless somebody says otherwise."""
    of_party: bool
    labels: frozenset[str]
    """Folded."""


@lru_cache(maxsize=10_000)
def fold_label(text: str) -> str:
    """A label as it is compared: lower case, without accents, punctuation and articles."""
    plain = unicodedata.normalize("NFKD", text.casefold())
    plain = "".join(char for char in plain if not unicodedata.combining(char))
    words = _WORD.findall(plain)
    return " ".join([word for word in words if word not in _EMPTY] or words)


def is_generic(text: str) -> bool:
    """Such as "name" or "date": it means something else in every place."""
    return all(word in GENERIC for word in _WORD.findall(text.casefold().replace("_", " ")))


@cache
def concepts() -> dict[str, Concept]:
    return {one.id: one for one in map(_concept, _read()["concepts"])}


def _read() -> Any:
    return json.loads(DATA.read_text(encoding="utf-8"))


def _concept(data: dict[str, Any]) -> Concept:
    labels = {fold_label(label) for labels in data["names"].values() for label in labels}
    return Concept(
        id=data["id"],
        name=data["name"],
        type=data["type"],
        of_party=data["of_party"],
        labels=frozenset(labels | {fold_label(data["name"])}),
    )


@cache
def _by_label() -> dict[str, Concept]:
    return {label: concept for concept in concepts().values() for label in concept.labels}


def concept_of(*, key: str, label: str) -> Concept | None:
    """By its id, or by its label in any language."""
    return concepts().get(key) or _by_label().get(fold_label(label))


@cache
def _other_parties() -> re.Pattern[str]:
    words = sorted(map(fold_label, _read()["other_parties"]), key=len, reverse=True)
    return re.compile(rf"\b(?:{'|'.join(map(re.escape, words))})\b")


def is_about_another_party(texts: Iterable[str]) -> bool:
    """Whether a label or one of the headings above it names a supplier, an applicant or the like."""
    return any(_other_parties().search(fold_label(text)) for text in texts)


def find_faults() -> Iterator[str]:
    """What is wrong with the table, one sentence each."""
    owners: dict[str, str] = {}
    for one in map(_concept, _read()["concepts"]):
        if one.type not in FACT_TYPES:
            yield f"The concept {one.id} has the type {one.type!r}, which no fact has."
        for label in sorted(one.labels):
            if owners.setdefault(label, one.id) != one.id:
                yield f"The label {label!r} stands for two concepts: {owners[label]} and {one.id}."
