"""Tables people send: CSV and XLSX as rows of texts by column, within limits, with the number of each row."""

from __future__ import annotations

import csv
import io
import json
import subprocess
import sys
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from django.conf import settings
from django.core.files.base import File

from accounts_app.errors import TooLarge
from templates_app.errors import TableRefused
from templates_app.word import child_environment

MAX_FILE_BYTES = 5 * 1024 * 1024
MAX_ROWS = 2_000
MAX_COLUMNS = 500
# The child bounds its own processor time; this is for a machine that others keep busy.
_XLSX_SECONDS = 45
_SEPARATORS = ",;\t|"


@dataclass(frozen=True, slots=True)
class TableRow:
    """``number`` is the row's in the file, counting from 1; cells by the name of their column, empty ones left out."""

    number: int
    cells: dict[str, str]


@dataclass(frozen=True, slots=True)
class Table:
    columns: list[str]
    rows: list[TableRow]


def read_table(file: File[Any]) -> Table:
    """The first sheet of an XLSX, or a CSV in UTF-8 with whatever separator; the first row names the columns.

    Raises ``TableRefused`` and ``TooLarge``.
    """
    data = file.read(MAX_FILE_BYTES + 1)
    if len(data) > MAX_FILE_BYTES:
        raise TooLarge(f"The file is larger than {MAX_FILE_BYTES // (1024 * 1024)} MB. Split it into several.")
    lines = _read_xlsx(data) if data.startswith(b"PK") else _read_csv(data)
    numbered = [(number, cells) for number, cells in lines if any(cells)]
    if not numbered:
        raise TableRefused("The file is empty.")
    columns = _checked_columns(numbered[0][1])
    return Table(columns, [_row(number, columns, cells) for number, cells in numbered[1:]])


def _checked_columns(cells: Sequence[str]) -> list[str]:
    columns = [" ".join(cell.split()) for cell in cells]
    while columns and not columns[-1]:
        columns.pop()
    if unnamed := [str(at) for at, name in enumerate(columns, 1) if not name]:
        raise TableRefused(f"Column {unnamed[0]} has no name in the first row.")
    folded = [name.casefold() for name in columns]
    if doubled := [name for at, name in enumerate(columns) if folded.index(name.casefold()) != at]:
        raise TableRefused(f"Two columns are called {doubled[0]!r}.")
    return columns


def _row(number: int, columns: Sequence[str], cells: Sequence[str]) -> TableRow:
    if any(cells[len(columns) :]):
        raise TableRefused(f"Row {number} has more values than the first row has names of columns.")
    return TableRow(number, {name: cell for name, cell in zip(columns, cells, strict=False) if cell})


def _bounded(lines: Iterable[list[str]]) -> Iterator[tuple[int, list[str]]]:
    for number, cells in enumerate(lines, 1):
        if number > MAX_ROWS + 1:
            raise TableRefused(f"The file has more than {MAX_ROWS:,} rows. Split it into several.")
        if len(cells) > MAX_COLUMNS:
            raise TableRefused(f"The file has more than {MAX_COLUMNS} columns.")
        yield number, cells


def _read_csv(data: bytes) -> list[tuple[int, list[str]]]:
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError:
        raise TableRefused("The file is not in UTF-8. Save it as “CSV UTF-8”, or as XLSX.") from None
    if "\0" in text:
        raise TableRefused()
    head = text.split("\n", 1)[0]
    separator = max(_SEPARATORS, key=head.count)
    try:
        rows = csv.reader(io.StringIO(text, newline=""), delimiter=separator, strict=True)
        return list(_bounded([cell.strip() for cell in row] for row in rows))
    except csv.Error as error:
        raise TableRefused(f"The file is not well-formed CSV ({error}).") from error


def _read_xlsx(data: bytes) -> list[tuple[int, list[str]]]:
    """In a child that bounds itself: uploads are never unpacked in a process that serves others."""
    command = [sys.executable, "-m", "templates_app.workbook", str(MAX_ROWS + 2), str(MAX_COLUMNS + 1)]
    try:
        child = subprocess.run(command, input=data, capture_output=True, check=True, timeout=_XLSX_SECONDS,  # noqa: S603
                               cwd=settings.BASE_DIR, env=child_environment())
    except (subprocess.CalledProcessError, subprocess.TimeoutExpired) as error:
        raise TableRefused("The file cannot be read as XLSX, or is too large once unpacked. Open it in Excel or "
                           "LibreOffice, keep the one sheet with the rows, and save it anew.") from error
    return list(_bounded(json.loads(line) for line in child.stdout.splitlines()))


_TICKS = dict.fromkeys(("true", "yes", "x", "1", "☒"), True) | dict.fromkeys(("false", "no", "0", "☐"), False)


def typed(text: str, *, is_checkbox: bool) -> str | bool:
    """A cell's text as the value of a field: what stands for a tick becomes one, all else is checked as text."""
    return _TICKS.get(text.casefold(), text) if is_checkbox else text
