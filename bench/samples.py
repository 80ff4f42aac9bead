"""A value of its type for every field, the same ones each time."""

from __future__ import annotations

import struct
import zlib
from collections.abc import Sequence

from templates_app.docx.model import Column, Field, FieldType
from templates_app.docx.values import Scalar, Value

RECORDS = 4


def sample_values(fields: Sequence[Field]) -> dict[str, Value]:
    return {field.key: sample_value(field, number) for number, field in enumerate(fields)}


def sample_value(field: Field, number: int) -> Value:
    if field.type is FieldType.TABLE:
        width = len(field.anchors)
        columns = [*field.columns, *[Column("", "")] * width][:width]
        return [[_scalar(column.type, column.options, number * 100 + row) for column in columns]
                for row in range(RECORDS)]
    return _scalar(field.type, field.options, number)


def _scalar(kind: FieldType, options: tuple[str, ...], number: int) -> Scalar:
    if kind is FieldType.CHOICE:
        return options[-1] if options else f"Wahl {number}"
    if kind is FieldType.CHECKBOX:
        return True
    if kind is FieldType.DATE:
        return f"2031-{number % 12 + 1:02d}-{number % 28 + 1:02d}"
    if kind is FieldType.NUMBER:
        return number + 0.5
    if kind is FieldType.IMAGE:
        return png(40 + number % 7, 30)
    if kind is FieldType.LONG_TEXT:
        return f"Erste Zeile {number} <b>&\n第二行 \U0001f9ec\t{number}"
    return f"Wért {number} ‹x› 値"


def png(width: int, height: int) -> bytes:
    """A grey picture."""
    rows = b"".join(b"\0" + b"\x80" * width for _ in range(height))
    head = struct.pack(">2L5B", width, height, 8, 0, 0, 0, 0)
    chunks = (_chunk(b"IHDR", head), _chunk(b"IDAT", zlib.compress(rows)), _chunk(b"IEND", b""))
    return b"\x89PNG\r\n\x1a\n" + b"".join(chunks)


def _chunk(kind: bytes, data: bytes) -> bytes:
    return struct.pack(">L", len(data)) + kind + data + struct.pack(">L", zlib.crc32(kind + data))
