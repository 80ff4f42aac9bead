"""Values people and programs give for a template's fields, checked and brought into the form they are kept in.

Text as it is, long text in simple Markdown; a date as ``YYYY-MM-DD``; a number as given, or as text that reads as one;
a choice as one option or, where the file has boxes, a list of them; a check box as true or false; a table as a list of
rows, each an object by column key; a picture as ``{"base64": …}`` (given so, as base64 or as a data URL). None, a key
left out, and the entry of a drop-down that only asks to choose, leave the place as it stands.
"""

from __future__ import annotations

import base64
import binascii
import math
import re
from collections.abc import Callable, Mapping, Sequence
from datetime import date
from decimal import Decimal, InvalidOperation
from typing import Any

from templates_app.choices import FieldType
from templates_app.docx.lexicon import PROMPT
from templates_app.errors import BadValues
from templates_app.fields import has_boxes
from templates_app.models import TemplateField

MAX_TEXT_CHARACTERS = 100_000
MAX_ROWS = 2_000
MAX_PICTURE_BYTES = 4 * 1024 * 1024
_PICTURES = (b"\x89PNG\r\n\x1a\n", b"\xff\xd8\xff", b"GIF87a", b"GIF89a")
# Characters XML cannot hold, and so no Word file.
_ILLEGAL = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]")
_DATA_URL = re.compile(r"data:image/(?:png|jpe?g|gif);base64,", re.IGNORECASE)


_NUMBER = "This takes a number, such as 12 or 12.5."
_ASKS_TO_CHOOSE = re.compile(
    r"\W*(?:please )?(?:choose|select|pick)(?: an?| one| from the)? (?:item|option|value|entry|answer|one|list)\W*"
    r"|\W*bitte (?:aus)?wählen\W*",
    re.IGNORECASE,
)


class WrongValue(Exception):
    """One value that does not fit, with the sentence for who gave it."""


def clean_values(fields: Sequence[TemplateField], values: Mapping[str, Any]) -> dict[str, Any]:
    """The values in the form they are kept, or one ``BadValues`` with a sentence for each key that does not fit."""
    cleaned, problems = check_values(fields, values)
    if problems:
        raise bad_values(problems)
    return cleaned


def check_values(fields: Sequence[TemplateField], values: Mapping[str, Any]) -> tuple[dict[str, Any], dict[str, str]]:
    """The values that fit, in the form they are kept, and a sentence for each that does not; both by key."""
    known = {field.key: field for field in fields}
    cleaned: dict[str, Any] = {}
    problems: dict[str, str] = {}
    for key, value in values.items():
        if key not in known:
            problems[key] = "The template has no such field."
        elif value is not None and not _is_prompt(known[key], value):
            try:
                cleaned[key] = clean_value(known[key], value)
            except WrongValue as wrong:
                problems[key] = str(wrong)
    return cleaned, problems


def asks_to_choose(option: str) -> bool:
    """An entry of a drop-down that is no option: "Choose an item."."""
    return bool(PROMPT.fullmatch(option.strip()) or _ASKS_TO_CHOOSE.fullmatch(option))


def _is_prompt(field: TemplateField, value: Any) -> bool:
    return field.type == FieldType.CHOICE and isinstance(value, str) and asks_to_choose(value)


def bad_values(problems: Mapping[str, str]) -> BadValues:
    """One error for all of them; the message names the first ones."""
    first = "; ".join(f"{key}: {sentence}" for key, sentence in list(problems.items())[:3])
    more = f" (and {len(problems) - 3} more)" if len(problems) > 3 else ""
    return BadValues(f"Some values do not fit the template's fields: {first}{more}", **problems)


def clean_value(field: TemplateField, value: Any) -> Any:
    """One value in the form it is kept; raises ``WrongValue``."""
    return _CLEANERS[FieldType(field.type)](field, value)


def _text(_: Any, value: Any) -> str:
    if isinstance(value, bool) or not isinstance(value, str | int | float):
        raise WrongValue("This takes text.")
    if isinstance(value, float) and not math.isfinite(value):
        raise WrongValue("This number is too large to be written. Give it as text.")
    return _legal(str(value))


def _legal(text: str) -> str:
    if len(text) > MAX_TEXT_CHARACTERS:
        raise WrongValue(f"At most {MAX_TEXT_CHARACTERS:,} characters fit here.")
    if bad := _ILLEGAL.search(text):
        raise WrongValue(f"This holds a control character (U+{ord(bad[0]):04X}) that no Word file can hold.")
    return text


def _date(_: Any, value: Any) -> str:
    try:
        return date.fromisoformat(value).isoformat()
    except (TypeError, ValueError):
        raise WrongValue("This takes a date in the form YYYY-MM-DD, such as 2026-11-30.") from None


def _number(_: Any, value: Any) -> int | float | str:
    if isinstance(value, bool) or not isinstance(value, str | int | float):
        raise WrongValue("This takes a number.")
    try:
        number = Decimal(str(value).strip())
    except InvalidOperation:
        raise WrongValue(_NUMBER) from None
    if not number.is_finite() or "_" in str(value):  # which Python passes over, and people do not
        raise WrongValue(_NUMBER)
    if not math.isfinite(float(number)):
        raise WrongValue("This number is too large to be written.")
    return value.strip() if isinstance(value, str) else value


def _choice(field: TemplateField, value: Any) -> str | list[str]:
    if isinstance(value, list):
        if not has_boxes(field):
            raise WrongValue("This takes one option, not a list.")
        return [_option(field.options, one) for one in value]
    return _option(field.options, value)


def _option(options: Sequence[str], value: Any) -> str:
    if not isinstance(value, str):
        raise WrongValue("This takes one of the options, as text.")
    if asks_to_choose(value):
        raise WrongValue(f"{value.strip()!r} asks to choose and is no choice.")
    if not options or value in options:
        return _legal(value)
    folded = {option.strip().casefold(): option for option in options}
    if (found := folded.get(value.strip().casefold())) is None:
        shown = ", ".join(options[:8]) + (" …" if len(options) > 8 else "")
        raise WrongValue(f"There is no option {value!r}; choose one of: {shown}")
    return found


def _checkbox(_: Any, value: Any) -> bool:
    if not isinstance(value, bool):
        raise WrongValue("This takes true or false.")
    return value


def _signature(field: TemplateField, value: Any) -> Any:
    """A name, or a picture of the signature."""
    is_picture = isinstance(value, dict) or (isinstance(value, str) and _DATA_URL.match(value))
    return _image(field, value) if is_picture else _text(field, value)


def _image(_: Any, value: Any) -> dict[str, str]:
    if isinstance(value, dict):
        value = value.get("base64")
    if not isinstance(value, str):
        raise WrongValue('This takes a picture: a PNG, JPEG or GIF as {"base64": "…"}, base64 or a data URL.')
    try:
        data = base64.b64decode(_DATA_URL.sub("", value, count=1), validate=True)
    except (binascii.Error, ValueError):
        raise WrongValue("The picture is not valid base64.") from None
    return kept_picture(data)


def kept_picture(data: bytes) -> dict[str, str]:
    """A picture as it is kept; raises ``WrongValue`` for what is no PNG, JPEG or GIF, or too large."""
    if not data.startswith(_PICTURES):
        raise WrongValue("This takes a PNG, JPEG or GIF picture.")
    if len(data) > MAX_PICTURE_BYTES:
        raise WrongValue(f"A picture may have at most {MAX_PICTURE_BYTES // (1024 * 1024)} MB.")
    return {"base64": base64.b64encode(data).decode()}


def _table(field: TemplateField, value: Any) -> list[dict[str, Any]]:
    if not isinstance(value, list):
        raise WrongValue("This takes a list of rows.")
    if len(value) > MAX_ROWS:
        raise WrongValue(f"At most {MAX_ROWS:,} rows fit here.")
    rows = []
    for number, row in enumerate(value, start=1):
        try:
            rows.append(_row(field.columns, row))
        except WrongValue as wrong:
            raise WrongValue(f"Row {number}: {wrong}") from None
    return rows


def _row(columns: Sequence[Mapping[str, Any]], row: Any) -> dict[str, Any]:
    keys = [column["key"] for column in columns]
    if isinstance(row, list):
        if len(row) > len(keys):
            raise WrongValue(f"the table has {len(keys)} columns, the row has {len(row)} values.")
        row = dict(zip(keys, row, strict=False))
    if not isinstance(row, dict):
        raise WrongValue("a row is an object by column key, or a list of cells.")
    if unknown := [key for key in row if key not in keys]:
        raise WrongValue(f"there is no column {unknown[0]!r}; the columns are {', '.join(keys)}.")
    given = {column["key"]: column for column in columns}
    return {key: _cell(given[key], cell) for key, cell in row.items() if cell is not None}


def _cell(column: Mapping[str, Any], value: Any) -> Any:
    """A cell by its column's type; an empty text leaves the cell empty, whatever its type."""
    if value == "":
        return value
    stand_in = TemplateField(key=column["key"], type=column["type"], options=column["options"], places=[], parsed={})
    if _is_prompt(stand_in, value):
        return ""
    try:
        return clean_value(stand_in, value)
    except WrongValue as wrong:
        raise WrongValue(f"{column['label'] or column['key']}: {wrong}") from None


_CLEANERS: dict[FieldType, Callable[[TemplateField, Any], Any]] = {
    FieldType.TEXT: _text,
    FieldType.LONG_TEXT: _text,
    FieldType.PERSON: _text,
    FieldType.DATE: _date,
    FieldType.NUMBER: _number,
    FieldType.CHOICE: _choice,
    FieldType.CHECKBOX: _checkbox,
    FieldType.SIGNATURE: _signature,
    FieldType.IMAGE: _image,
    FieldType.TABLE: _table,
}
