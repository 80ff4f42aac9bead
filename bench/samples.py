"""A value of its type for every field, the same ones each time, each one found nowhere else in the file."""

from __future__ import annotations

import struct
import zlib
from collections.abc import Mapping, Sequence
from datetime import date, timedelta

from templates_app.docx.model import Column, Field, FieldType, Outline
from templates_app.docx.values import Scalar, Value

ROWS_ADDED = 2                         # by which every record table must grow
FIRST_DAY = date(2031, 1, 1)
# A word, ten digits and brackets in each script. One font shows all of it, so a printed line can be read back whole.
SCRIPTS = (
    ("Wért", "0123456789", "‹", "›"),
    ("Значение", "0123456789", "«", "»"),
    ("値打", "０１２３４５６７８９", "【", "】"),
    ("ערך", "אבגדהוזחטי", "", "ף"),
    ("قيمة", "ابتثجحخدذر", "", "ط"),
    ("été", "0123456789", "‹", "›"),
    ("Ann-Łucja O’", "0123456789", "‹", "›"),
)
LONG = """Absatz {n} mit **fett{n}** und *kursiv{n}*
Zeile {n} zwei <b>&

Absatz {n} drei, 2 * 3 * 4, snake_case_{n}

- Punkt {n} eins
- Punkt {n} zwei
  1. Unterpunkt {n} eins
  2. Unterpunkt {n} zwei

第二行【{n}】"""
LONG_LINES = ("Absatz {n} mit fett{n} und kursiv{n}", "Zeile {n} zwei <b>&",
              "Absatz {n} drei, 2 * 3 * 4, snake_case_{n}", "Punkt {n} eins", "Punkt {n} zwei", "Unterpunkt {n} eins",
              "Unterpunkt {n} zwei", "第二行【{n}】")
SHORT_LONG = "Kurz {n} **fett{n}**\nZeile {n}"  # in the cells of record tables
SHORT_LONG_LINES = ("Kurz {n} fett{n}", "Zeile {n}")
Rows = Mapping[tuple[str, int], int]


def sample_values(fields: Sequence[Field], outline: Outline) -> dict[str, Value]:
    rows = _rows_there(outline)
    return {field.key: sample_value(field, number, rows) for number, field in enumerate(fields)}


def sample_value(field: Field, number: int, rows: Rows) -> Value:
    if field.type is not FieldType.TABLE:
        return _scalar(field.type, field.options, number)
    width = len(field.anchors)
    columns = [*field.columns, *[Column("", "")] * width][:width]
    count = rows.get((field.anchors[0].part, field.anchors[0].p), 1) + ROWS_ADDED
    return [[_cell(column, (number * 100 + row) * 100 + at) for at, column in enumerate(columns)]
            for row in range(count)]


def _rows_there(outline: Outline) -> Rows:
    """For each paragraph in a table: how many rows there are from its own on."""
    last: dict[tuple[str, int], int] = {}
    for p in outline.paragraphs:
        if p.cell is not None:
            last[p.part, p.cell.table] = max(last.get((p.part, p.cell.table), 0), p.cell.row)
    return {(p.part, p.p): last[p.part, p.cell.table] - p.cell.row + 1 for p in outline.paragraphs
            if p.cell is not None}


def _cell(column: Column, number: int) -> Scalar:
    if column.type is FieldType.LONG_TEXT:
        return SHORT_LONG.format(n=number)
    return _scalar(column.type, column.options, number)


def _scalar(kind: FieldType, options: tuple[str, ...], number: int) -> Scalar:
    if kind is FieldType.CHOICE:
        return options[-1] if options else f"Wahl‹{number}›"
    if kind is FieldType.CHECKBOX:
        return True
    if kind is FieldType.DATE:
        return (FIRST_DAY + timedelta(days=number % 25_000)).isoformat()
    if kind is FieldType.NUMBER:
        return 70_000_000 + number + 0.5
    if kind is FieldType.IMAGE or (kind is FieldType.SIGNATURE and number % 2):
        return png(40 + number % 50, 30)
    if kind is FieldType.LONG_TEXT:
        return LONG.format(n=number)
    return _word(number)


def _word(number: int) -> str:
    word, digits, before, behind = SCRIPTS[number % len(SCRIPTS)]
    return word + before + "".join(digits[int(digit)] for digit in str(number)) + behind


def long_lines(value: str) -> list[str]:
    """What a long text of these reads as, line by line, without marks of lists."""
    number = "".join(c for c in value.split()[1] if c.isdigit())
    lines = SHORT_LONG_LINES if value.startswith("Kurz") else LONG_LINES
    return [line.format(n=number) for line in lines]


def png(width: int, height: int) -> bytes:
    """A grey picture."""
    rows = b"".join(b"\0" + b"\x80" * width for _ in range(height))
    head = struct.pack(">2L5B", width, height, 8, 0, 0, 0, 0)
    chunks = (_chunk(b"IHDR", head), _chunk(b"IDAT", zlib.compress(rows)), _chunk(b"IEND", b""))
    return b"\x89PNG\r\n\x1a\n" + b"".join(chunks)


def _chunk(kind: bytes, data: bytes) -> bytes:
    return struct.pack(">L", len(data)) + kind + data + struct.pack(">L", zlib.crc32(kind + data))
