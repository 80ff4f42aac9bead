"""What a detector says: places where one value goes, and all it knows of that value."""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum

from .model import Anchor, Column, FieldType, Paragraph


class Rank(IntEnum):
    """Who wins where findings overlap: the smaller number."""

    COMPUTED = 0
    CONTROL = 1
    FORM_FIELD = 2
    BOX = 3
    TOKEN = 4
    PROPERTY = 5
    PROMPT = 6
    IMAGE = 7
    BLANK = 8
    BARE = 9
    COLORED = 10
    REGION = 11
    LABEL = 12
    CELL = 13
    GUIDANCE = 14


@dataclass(slots=True)
class Finding:
    """One value and its places as one detector sees them. ``type`` None and ``label`` "" are left to the resolver."""

    detector: str
    rank: Rank
    anchors: tuple[Anchor, ...]
    confidence: float
    label: str = ""
    name: str = ""  # the identifier a program would use for it
    type: FieldType | None = None
    options: tuple[str, ...] = ()
    columns: tuple[Column, ...] = ()
    same: str = ""  # findings with the same are one field, wherever they stand
    context: str = ""  # words beside the place that tell more about the value than its label
    hint: str = ""
    date_format: str = ""
    required: bool = False
    long: bool = False  # there is room for several lines
    unit: str = ""  # words after the place that count or measure it
    ignored: bool = False  # takes its place and is no field


def place(paragraph: Paragraph, start: int, end: int) -> Anchor:
    return Anchor(paragraph.part, paragraph.p, start, end)
