"""The catalogue: read once per process, never written. Data in ``data/``, checked by ``checking``."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, fields
from functools import cache, cached_property
from pathlib import Path
from typing import Any

from accounts_app.errors import BadInput, NotFound

DATA = Path(__file__).parent / "data"
DOCUMENT_TYPES_FILE = "document_types.json"
TITLES_FILE = "titles.json"


@dataclass(frozen=True, slots=True)
class Clause:
    """A numbered clause. Parents carry keywords for matching headings; leaves are what is scored."""

    number: str
    title: str
    parent: str | None
    documented: str | None
    """``maintain`` a document or ``retain`` a record, where the standard asks for either."""
    confidence: str
    """How sure ``documented`` is: high or medium."""
    documented_all: tuple[str, ...] = ()
    evidence: tuple[str, ...] = ()
    keywords: tuple[str, ...] = ()
    title_is_ours: bool = False
    conditional: bool = False
    """Applies only where the activity exists."""
    note: str = ""


@dataclass(frozen=True)
class Standard:
    """One edition of a standard with its clauses in order."""

    id: str
    title: str
    subject: str
    clauses: tuple[Clause, ...]

    def __str__(self) -> str:
        return self.title

    @cached_property
    def by_number(self) -> dict[str, Clause]:
        return {clause.number: clause for clause in self.clauses}

    @cached_property
    def leaves(self) -> tuple[Clause, ...]:
        parents = {clause.parent for clause in self.clauses}
        return tuple(clause for clause in self.clauses if clause.number not in parents)

    def leaves_under(self, numbers: tuple[str, ...]) -> tuple[Clause, ...]:
        """The leaf clauses that are or lie under one of these."""
        return tuple(leaf for leaf in self.leaves if any(_is_under(leaf.number, number) for number in numbers))

    @property
    def short_number(self) -> str:
        """``9001`` of ``iso-9001-2015``: how people name it, whatever the edition."""
        return self.id.split("-")[1]


def _is_under(number: str, ancestor: str) -> bool:
    return number == ancestor or number.startswith(f"{ancestor}.")


@dataclass(frozen=True, slots=True)
class ExpectedField:
    """A field that a type of document has; ``type`` is a value of ``FieldType``."""

    name: str
    type: str
    required: bool


@dataclass(frozen=True, slots=True)
class DocumentType:
    """What a kind of document is expected to hold. In registers and lists the fields are the columns of a row."""

    id: str
    name: str
    kind: str
    """``document`` or ``record``."""
    expected_sections: tuple[str, ...]
    expected_fields: tuple[ExpectedField, ...]
    standards: Mapping[str, tuple[str, ...]] = field(hash=False)
    """Clause numbers by id of the standard."""
    titles: tuple[str, ...] = ()
    """What else such documents are called, in several languages."""

    def __str__(self) -> str:
        return self.name


@dataclass(frozen=True, slots=True)
class TitleWords:
    """Words that help to read a title, of all languages together, and the types that say only a kind of document."""

    general: frozenset[str]
    joining: frozenset[str]
    """Articles and the like."""
    fillers: frozenset[str]
    """Say nothing about what a document is: “template”, “version”, “annual”."""
    kinds: frozenset[str]
    """Say what kind of document it is: “policy”, “minutes”, “invoice”."""
    labels: frozenset[str]
    """Stand before a title: “name”, “subject”."""
    alone: frozenset[str]
    """Titles that with another word before them are often those of something else: “security policy”."""


@dataclass(frozen=True, slots=True)
class Catalogue:
    """All there is, by id."""

    standards: Mapping[str, Standard]
    document_types: Mapping[str, DocumentType]


@cache
def catalogue() -> Catalogue:
    """Raises what JSON and the dataclasses raise; ``checking`` says in words what is wrong with the data."""
    standards = [_standard(data) for data in read_standards().values()]
    titles = read_titles()["titles"]
    types = [_document_type(data, titles.get(data["id"], ())) for data in read_document_types()]
    return Catalogue({one.id: one for one in standards}, {one.id: one for one in types})


@cache
def title_words() -> TitleWords:
    told = read_titles()
    return TitleWords(**{one.name: frozenset(told[one.name]) for one in fields(TitleWords)})


def read_standards(folder: Path = DATA) -> dict[str, Any]:
    """The data of each standard by the name of its file."""
    return {path.stem: _read(path) for path in sorted(folder.glob("iso-*.json"), key=_by_number)}


def _by_number(path: Path) -> tuple[int, str]:
    found = re.search(r"\d+", path.stem)
    return (int(found[0]) if found else 0, path.stem)


def read_document_types(folder: Path = DATA) -> list[Any]:
    found = _read(folder / DOCUMENT_TYPES_FILE)
    return found if isinstance(found, list) else []


def read_titles(folder: Path = DATA) -> dict[str, Any]:
    """``titles`` by id of the type, and the lists of ``TitleWords``."""
    found = _read(folder / TITLES_FILE)
    return found if isinstance(found, dict) else {}


def _read(path: Path) -> Any:
    return json.loads(path.read_text(encoding="utf-8"))


def _standard(data: Mapping[str, Any]) -> Standard:
    return Standard(data["id"], data["title"], data["subject"], tuple(_clauses(data["clauses"])))


def _clauses(data: list[dict[str, Any]]) -> Iterator[Clause]:
    for one in data:
        values: dict[str, Any] = {name: tuple(one[name]) for name in ("documented_all", "evidence", "keywords")}
        yield Clause(**{**one, **values})


def _document_type(data: Mapping[str, Any], titles: Sequence[str]) -> DocumentType:
    return DocumentType(
        id=data["id"],
        name=data["name"],
        kind=data["kind"],
        expected_sections=tuple(data["expected_sections"]),
        expected_fields=tuple(ExpectedField(**one) for one in data["expected_fields"]),
        standards={name: tuple(numbers) for name, numbers in data["standards"].items()},
        titles=tuple(titles),
    )


def get_standard(standard_id: str) -> Standard:
    standard = catalogue().standards.get(standard_id)
    if standard is None:
        raise NotFound(f"There is no standard {standard_id!r}.")
    return standard


def find_standard(said: str) -> Standard | None:
    """What people call a standard: its id, ``ISO 9001``, ``ISO/IEC 27001:2022``."""
    known = catalogue().standards
    if said in known:
        return known[said]
    numbers = re.findall(r"\d{4,5}", said)
    return next((one for one in known.values() if numbers and numbers[0] == one.short_number), None)


def check_standards(standard_ids: list[str]) -> list[str]:
    """The ids without repetitions, in the catalogue's order. Raises ``BadInput`` for one it does not have."""
    known = catalogue().standards
    if unknown := sorted(set(standard_ids) - set(known)):
        raise BadInput(f"There is no standard {unknown[0]!r}; known are {', '.join(known)}.", field="standards")
    return [one for one in known if one in standard_ids]


def check_document_type(type_id: str) -> str:
    """The id of a type, or empty for none. Raises ``BadInput`` for one the catalogue does not have."""
    if type_id and type_id not in catalogue().document_types:
        raise BadInput(f"There is no document type {type_id!r}; GET /api/v1/document-types.", field="document_type")
    return type_id


def document_type_of(type_id: str) -> DocumentType | None:
    """None also for an id that an older catalogue had."""
    return catalogue().document_types.get(type_id)
