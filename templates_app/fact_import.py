"""Facts out of a table: every bad row is told, and where there is one, nothing is written."""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import PurePath
from typing import Any

from django.core.files.base import File

from accounts_app.access import Actor
from accounts_app.choices import Role
from templates_app.choices import Author, FieldType
from templates_app.errors import BadFact, BadRows, TableRefused
from templates_app.facts import GivenFact, check_fact, facts_of, state_facts
from templates_app.models import Fact
from templates_app.tables import Table, TableRow, read_table, typed

COLUMNS = ("key", "label", "type", "value", "source")


@dataclass(frozen=True, slots=True)
class Imported:
    """How many rows were read, and how many of them said something new."""

    rows: int
    changed: int


def import_facts(file: File[Any], *, customer_id: uuid.UUID, actor: Actor | None) -> Imported:
    """A table with the columns value and key or label, and where wanted type and source. The same again does nothing.

    Raises ``BadRows`` with a sentence for each row that cannot be used, ``TableRefused``, ``TooLarge``, ``NotAllowed``.
    """
    if actor is not None:
        actor.check(Role.EDITOR, customer_id)
    table = read_table(file)
    _check_columns(table)
    known = {fact.key: fact for fact in facts_of(customer_id)}
    given, problems = _read_rows(table, known, name=PurePath(file.name or "table").name)
    if problems:
        raise bad_rows(problems)
    _, changed = state_facts(given, customer_id=customer_id, author=Author.IMPORT, actor=actor)
    return Imported(len(given), changed)


def _check_columns(table: Table) -> None:
    names = {name.casefold() for name in table.columns}
    if "value" not in names or not names & {"key", "label"}:
        raise TableRefused("The first row must name the columns value and key or label; type and source may be there.")
    if unknown := [name for name in table.columns if name.casefold() not in COLUMNS]:
        raise TableRefused(f"There is no column {unknown[0]!r} here; the columns are {', '.join(COLUMNS)}.")


def _read_rows(table: Table, known: Mapping[str, Fact], *, name: str) -> tuple[list[GivenFact], dict[int, str]]:
    given: dict[str, tuple[int, GivenFact]] = {}
    problems: dict[int, str] = {}
    for row in table.rows:
        try:
            fact = _read_row(row, known, name)
        except BadFact as error:
            problems[row.number] = error.user_message
            continue
        if fact.key in given:
            problems[row.number] = f"Row {given[fact.key][0]} says {fact.key!r} as well."
        else:
            given[fact.key] = row.number, fact
    return [fact for _, fact in given.values()], problems


def _read_row(row: TableRow, known: Mapping[str, Fact], name: str) -> GivenFact:
    cells: dict[str, Any] = {column.casefold(): cell for column, cell in row.cells.items()}
    kind = cells.get("type", "").casefold().replace(" ", "_")
    before = known.get(cells.get("key", ""))
    is_checkbox = (kind or (before.type if before else "")) == FieldType.CHECKBOX
    cells |= {"type": kind, "value": typed(cells.get("value", ""), is_checkbox=is_checkbox)}
    cells["source"] = cells.get("source") or f"{name}, row {row.number}"[:500]
    return check_fact(**cells, known=before)


def bad_rows(problems: Mapping[int, str]) -> BadRows:
    """One error for all of them; the message names the first ones."""
    first = " ".join(f"Row {number}: {sentence}" for number, sentence in list(problems.items())[:3])
    more = f" (and {len(problems) - 3} more)" if len(problems) > 3 else ""
    rows = [{"row": number, "message": sentence} for number, sentence in problems.items()]
    return BadRows(f"{BadRows.__doc__} {first}{more}", rows=rows)
