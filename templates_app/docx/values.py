"""Values: what a field takes, and the text that will stand at its place."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import date, datetime
from decimal import Decimal
from enum import StrEnum

from . import errors
from .dates import customary_date, format_date
from .model import Column, Field, FieldType

Scalar = str | int | float | bool | Decimal | date | bytes | None
Row = Mapping[str, Scalar] | Sequence[Scalar]
Value = Scalar | Sequence[Row] | Sequence[str]

ILLEGAL = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]")
ISO_DATE = re.compile(r"(\d{4})-(\d\d)-(\d\d)(?:T[\d:.]+Z?)?")
LIST_TYPES = frozenset({FieldType.TABLE, FieldType.CHOICE})


class OnUnfilled(StrEnum):
    """What becomes of fields without a value."""

    KEEP = "keep"                      # they stay as they stand
    LIST = "list"                      # they stay, and the result names them
    REFUSE = "refuse"                  # nothing is filled


def check_value(field: Field, value: Value) -> None:
    """Raise FillError with a sentence that names the field when the value cannot be its value."""
    if isinstance(value, bytes):
        if field.type not in (FieldType.IMAGE, FieldType.SIGNATURE):
            raise errors.FillError(f"{named(field)} takes {field.type.value}, not a picture.")
    elif field.type is FieldType.IMAGE:
        raise errors.FillError(f"{named(field)} takes a picture (PNG, JPEG or GIF).")
    elif field.type is FieldType.TABLE:
        _check_rows(field, value)
    elif field.type is FieldType.CHECKBOX:
        if not isinstance(value, bool):
            raise errors.FillError(f"{named(field)} takes true or false.")
    elif isinstance(value, bool) or not isinstance(value, str | int | float | Decimal | date):
        if not (field.type is FieldType.CHOICE and _is_texts(value)):
            raise errors.FillError(f"{named(field)} takes {field.type.value}, not {type(value).__name__}.")


def _check_rows(field: Field, value: Value) -> None:
    if not isinstance(value, Sequence) or isinstance(value, str | bytes):
        raise errors.FillError(f"{named(field)} takes a list of rows.")
    columns = column_fields(field)
    keys = {column.key for column in field.columns}
    width = max(len(field.anchors), len(field.columns))
    for row in value:
        if isinstance(row, Mapping):
            unknown = sorted(set(row) - keys)
            if unknown:
                raise errors.FillError(f"{named(field)} has no column {unknown[0]!r}.")
        elif isinstance(row, str | bytes) or not isinstance(row, Sequence):
            raise errors.FillError(f"{named(field)} takes a list of rows, each a list or an object of cells.")
        elif len(row) > width:
            raise errors.FillError(f"{named(field)} has {width} columns; a row has {len(row)} values.")
        for column, cell in zip(columns, cells_of(field, row), strict=True):
            if cell is not None and cell != "":
                check_value(column, cell)


def column_fields(field: Field) -> list[Field]:
    """The columns of a table as fields of their own; columns and anchors run parallel."""
    columns = [*field.columns, *[Column("", "")] * len(field.anchors)]
    return [replace(field, label=f"{field.label} › {column.label}", type=column.type, options=column.options,
                    anchors=(anchor,), columns=())
            for anchor, column in zip(field.anchors, columns, strict=False)]


def cells_of(field: Field, record: Row) -> list[Scalar]:
    """A record's values in the order of the anchors, None where it has none."""
    if isinstance(record, Mapping):
        keys = [column.key for column in field.columns][:len(field.anchors)]
        values = [record.get(key) for key in keys]
    else:
        values = list(record)[:len(field.anchors)]
    return values + [None] * (len(field.anchors) - len(values))


def _is_texts(value: object) -> bool:
    return isinstance(value, list | tuple) and all(isinstance(item, str) for item in value)


def chosen_options(field: Field, value: Value) -> set[int]:
    """Indices of the options a value names; exactly as written first, else without regard to case and outer space."""
    wanted = list(value) if isinstance(value, list | tuple) else [value]
    return {_option_index(field, str(item)) for item in wanted}


def _option_index(field: Field, text: str) -> int:
    if text in field.options:
        return field.options.index(text)
    folded = [option.strip().casefold() for option in field.options]
    if text.strip().casefold() in folded:
        return folded.index(text.strip().casefold())
    raise errors.FillError(f"{named(field)} has no option {text!r}; it has: {', '.join(field.options)}.")


def as_text(field: Field, value: Value, picture: str = "", language: str = "") -> str:
    """The text that will stand at the place: line breaks as "\\n", dates in the place's format and language."""
    day = as_date(value)
    if day is not None and picture:
        text = format_date(day, picture, language)
    elif day is not None and (field.type is FieldType.DATE or isinstance(value, date)):
        text = customary_date(day, language)
    elif isinstance(value, list | tuple):
        text = ", ".join(str(item) for item in value)
    else:
        text = number_text(value) if isinstance(value, float) else "" if value is None else str(value)
    return legal_text(field, text)


def legal_text(field: Field, text: str) -> str:
    text = text.replace("\r\n", "\n").replace("\r", "\n")
    bad = ILLEGAL.search(text)
    if bad:
        raise errors.FillError(
            f"{named(field)} holds a control character (U+{ord(bad[0]):04X}) that no Word file can hold.")
    return text


def number_text(value: float) -> str:
    return repr(value).removesuffix(".0")


def as_date(value: object) -> date | None:
    """The day meant by a date or an ISO text; None for every other text, which stands as it is given."""
    if isinstance(value, datetime):
        return value.date()
    if isinstance(value, date):
        return value
    match = ISO_DATE.fullmatch(value) if isinstance(value, str) else None
    try:
        return date(int(match[1]), int(match[2]), int(match[3])) if match else None
    except ValueError:
        return None


def named(field: Field) -> str:
    """A field as messages call it."""
    return f"“{field.label or field.key}” ({field.key})"
