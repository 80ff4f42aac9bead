"""``python -m templates_app.workbook ROWS COLUMNS``: the first sheet of an XLSX as JSON, a line a row.

Reads standard input. Run by ``tables`` as a process that bounds itself: a small workbook can unpack to millions of
cells or shared texts, and what reads it holds all of the latter at once. Knows nothing of Django, so that it starts
quickly. Exit status 0 when the sheet was read, 1 when not.
"""

from __future__ import annotations

import io
import json
import sys
import warnings
from collections.abc import Iterator
from datetime import date, datetime
from typing import Any

from templates_app.docx.sandbox import Bounds, limit_self

MAX_CELL_CHARACTERS = 100_000
MAX_CHARACTERS = 20_000_000  # of the sheet; one shared text can stand in every cell
# A workbook of 2,000 rows of 100 texts each takes 45 MB, and 11 s of processor on a machine that others keep busy.
BOUNDS = Bounds(memory_mb=400, cpu_seconds=30)


def main() -> int:
    limit_self(BOUNDS)
    rows, columns = map(int, sys.argv[1:])
    left = MAX_CHARACTERS
    for cells in sheet_rows(sys.stdin.buffer.read(), max_rows=rows, max_columns=columns):
        left -= sum(map(len, cells))
        if left < 0:
            return 1
        sys.stdout.write(json.dumps(cells) + "\n")
    return 0


def sheet_rows(data: bytes, *, max_rows: int, max_columns: int) -> Iterator[list[str]]:
    """Texts of each row without the empty ones at its end; whatever openpyxl raises for a file that it cannot read."""
    from openpyxl import load_workbook  # after the limits are set

    warnings.simplefilter("ignore")  # what openpyxl leaves out (styles, extensions) has no bearing on values
    workbook = load_workbook(io.BytesIO(data), read_only=True, data_only=True, keep_links=False)
    sheet = workbook.worksheets[0]
    sheet.reset_dimensions()  # what the sheet claims of its size is not believed
    for row in sheet.iter_rows(max_row=max_rows, max_col=max_columns, values_only=True):
        cells = [as_text(value) for value in row]
        while cells and not cells[-1]:
            cells.pop()
        yield cells


def as_text(value: Any) -> str:
    """A cell as it would be typed: dates as YYYY-MM-DD, whole numbers without a point."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, datetime):
        return value.date().isoformat() if value.time().isoformat() == "00:00:00" else value.isoformat(" ")
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    return str(value).strip()[:MAX_CELL_CHARACTERS]


if __name__ == "__main__":
    sys.exit(main())
