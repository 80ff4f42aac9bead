"""The form of a template's fields: what is asked for each, by section, and what a browser sent back.

Not a Django form: the largest template has nearly four thousand fields; a widget object for each would take seconds.
Names in the form: ``v-KEY`` a value, ``v-KEY.ROW.COLUMN`` a cell, ``f-KEY`` a picture's file, ``k-KEY`` a picture kept.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from dataclasses import field as attribute
from typing import Any

from django.core.files.uploadedfile import UploadedFile
from django.http import QueryDict
from django.utils.datastructures import MultiValueDict

from templates_app.choices import FieldType
from templates_app.fields import has_boxes
from templates_app.matching import Match
from templates_app.models import TemplateField, TemplateSection
from templates_app.preflight import needed_for_type
from templates_app.values import WrongValue, asks_to_choose, kept_picture

UNSURE_BELOW = 0.7
_FEW_OPTIONS = 4
_SPARE_ROWS = 2
_BLANK_MARKER = re.compile(r"[\s_.…·\-\u2013\u2014\u2002-\u200a<>\[\]{}()|:;/]*")
_CELL = re.compile(r"v-([^.]+)\.(\d{1,5})\.(.+)")
_ANSWERS = {"1": True, "0": False}
CHECKED_BOX = "\u2612\u2611"


@dataclass(slots=True)
class Cell:
    """One input in a row of a table."""

    name: str
    column: Mapping[str, Any]
    value: Any


@dataclass(slots=True)
class Input:
    """One field as the form shows it."""

    field: TemplateField
    widget: str
    value: Any = ""
    error: str = ""
    rows: list[list[Cell]] = attribute(default_factory=list)
    spare_row: list[Cell] = attribute(default_factory=list)
    match: Match | None = None
    """The fact its value is, where it is one's."""

    @property
    def placeholder(self) -> str:
        """What stands at the place now, where that says something."""
        marker = self.field.marker.strip()
        return "" if _BLANK_MARKER.fullmatch(marker) or len(marker) > 80 else marker

    @property
    def hint(self) -> str:
        """The field's own, unless it repeats what stands at the place; else why its type of document asks for it."""
        own = "" if self.field.hint.strip() == self.field.marker.strip() else self.field.hint
        return own or needed_for_type(self.field)

    @property
    def options(self) -> list[str]:
        """Without the entries that only ask to choose, for which the form has its own."""
        return [one for one in self.field.options if not asks_to_choose(one)]

    @property
    def is_multiple(self) -> bool:
        return isinstance(self.value, list)

    @property
    def is_unsure(self) -> bool:
        return self.field.confidence < UNSURE_BELOW


@dataclass(slots=True)
class Group:
    """The inputs under one heading; without a section those before the first."""

    section: TemplateSection | None
    inputs: list[Input] = attribute(default_factory=list)
    trail: list[str] = attribute(default_factory=list)
    """The headings above its own that have no fields, and so no place in the form, themselves."""

    @property
    def anchor(self) -> str:
        return f"section-{self.section.ordinal}" if self.section else "section-start"


@dataclass(frozen=True, slots=True)
class Entry:
    """One line of the form's table of contents; one that is no group leads to the first group below it."""

    title: str
    level: int
    anchor: str
    is_group: bool


def widget_for(one: TemplateField) -> str:
    """The input: text, textarea, date, number, select, radio, checks, checkbox, table, image or signature."""
    if one.type != FieldType.CHOICE:
        return _WIDGETS[FieldType(one.type)]
    if has_boxes(one) and len(one.options) >= _FEW_OPTIONS:
        return "checks"  # boxes beside each other, of which several may be ticked
    if not one.options:
        return "text"
    return "radio" if len(one.options) <= _FEW_OPTIONS else "select"


_WIDGETS = {
    FieldType.TEXT: "text",
    FieldType.PERSON: "text",
    FieldType.LONG_TEXT: "textarea",
    FieldType.DATE: "date",
    FieldType.NUMBER: "number",
    FieldType.CHECKBOX: "checkbox",
    FieldType.TABLE: "table",
    FieldType.IMAGE: "image",
    FieldType.SIGNATURE: "signature",
}


def build_groups(
    fields: Iterable[TemplateField],
    values: Mapping[str, Any],
    errors: Mapping[str, str],
    *,
    more_rows: str = "",
) -> list[Group]:
    """The form with these values and errors in it; the table named by ``more_rows`` gets spare rows to write in."""
    groups: dict[Any, Group] = {}
    for one in fields:
        group = groups.setdefault(one.section_id, Group(one.section))
        group.inputs.append(_input(one, values.get(one.key), errors.get(one.key, ""), more_rows=more_rows == one.key))
    return list(groups.values())


def build_known(
    fields: Iterable[TemplateField], values: Mapping[str, Any], errors: Mapping[str, str], matches: Mapping[str, Match]
) -> list[Input]:
    """The inputs that nobody need look at: those whose value is what the fact sheet says."""
    known = []
    for one in fields:
        match = matches[one.key]
        if match.fills and values.get(one.key) == match.value and one.key not in errors:
            made = _input(one, values[one.key], "", more_rows=False)
            made.match = match
            known.append(made)
    return known


def build_contents(sections: Iterable[TemplateSection], groups: Sequence[Group]) -> list[Entry]:
    """The groups with the headings above them, in the file's order; gives each group its trail on the way."""
    by_section = {group.section.pk: group for group in groups if group.section}
    entries = [Entry("Start", 1, group.anchor, True) for group in groups if group.section is None]
    above: list[TemplateSection] = []
    named = set(by_section)
    for section in sections:
        above = [one for one in above if one.level < section.level]
        if (group := by_section.get(section.pk)) is not None:
            group.trail = [str(one) for one in above if one.pk not in by_section]
            lines = [one for one in above if one.pk not in named] + [section]
            entries += [Entry(str(one), min(one.level, 6), group.anchor, one is section) for one in lines]
            named.update(one.pk for one in above)
        above.append(section)
    return entries


def _input(one: TemplateField, value: Any, error: str, *, more_rows: bool) -> Input:
    made = Input(one, widget_for(one), "" if value is None else value, error)
    if made.widget == "table":
        rows = value if isinstance(value, list) else []
        spare = _SPARE_ROWS if more_rows or not rows else 0
        made.rows = [_cells(one, number, row) for number, row in enumerate([*rows, *([{}] * spare)])]
        made.spare_row = _cells(one, "ROW", {})
    elif made.widget == "checks" and not isinstance(made.value, list):
        made.value = [made.value] if made.value else []
    return made


def _cells(one: TemplateField, row: int | str, values: Mapping[str, Any]) -> list[Cell]:
    return [Cell(f"v-{one.key}.{row}.{column['key']}", column, values.get(column["key"], "")) for column in one.columns]


def first_values(fields: Iterable[TemplateField]) -> dict[str, Any]:
    """What a new form starts with: boxes that are ticked in the file."""
    boxes = (one for one in fields if one.type == FieldType.CHECKBOX)
    return {one.key: True for one in boxes if one.marker and one.marker in CHECKED_BOX}


def read_values(
    fields: Sequence[TemplateField], data: QueryDict, files: MultiValueDict[str, UploadedFile[Any]]
) -> tuple[dict[str, Any], dict[str, str]]:
    """What the browser sent: values by key, empty ones left out, and sentences for pictures that are none."""
    rows = _read_rows(data)
    values: dict[str, Any] = {}
    errors: dict[str, str] = {}
    for one in fields:
        try:
            value = _read_value(one, data, files, rows)
        except WrongValue as wrong:
            errors[one.key] = str(wrong)
            continue
        if value not in ("", [], None):
            values[one.key] = value
    return values, errors


def _read_value(one: TemplateField, data: QueryDict, files: MultiValueDict[str, UploadedFile[Any]], rows: Any) -> Any:
    name = f"v-{one.key}"
    widget = widget_for(one)
    if widget == "checkbox":
        return _ANSWERS.get(data.get(name, ""))
    if widget == "checks":
        return [value for value in data.getlist(name) if value]
    if widget == "table":
        return [row for _, row in sorted(rows.get(one.key, {}).items()) if any(row.values())]
    if widget in ("image", "signature"):
        return _read_picture(one.key, data, files) or data.get(name, "").strip()
    return data.get(name, "").strip()


def _read_picture(key: str, data: QueryDict, files: MultiValueDict[str, UploadedFile[Any]]) -> dict[str, str] | None:
    """The file chosen now, or the one a form shown again has kept."""
    file = files.get(f"f-{key}")
    if file is not None and file.size:
        return kept_picture(file.read())
    kept = data.get(f"k-{key}", "")
    return {"base64": kept} if kept and f"d-{key}" not in data else None


def _read_rows(data: QueryDict) -> dict[str, dict[int, dict[str, Any]]]:
    """Cells by table, row and column; a tick in a column of boxes reads as true."""
    tables: dict[str, dict[int, dict[str, Any]]] = {}
    for name in data:
        if match := _CELL.fullmatch(name):
            key, row, column = match[1], int(match[2]), match[3]
            value = str(data[name]).strip()
            tables.setdefault(key, {}).setdefault(row, {})[column] = True if value == "\u2612" else value
    return tables
