"""What is open while a story is read: the paragraph with its looks, fields, content controls, the table."""

from __future__ import annotations

from dataclasses import dataclass, field

from .model import Mark, Paragraph, Span
from .stream import Element
from .styles import PLAIN, Look, Style


@dataclass(slots=True)
class OpenField:
    """A field between its begin and its end; complex ones have their code in runs of its own."""

    line: Line | None
    start: int
    ordinal: int
    data: Element | None = None
    code: list[str] = field(default_factory=list)
    separated: bool = False

    def is_contents(self) -> bool:
        return "".join(self.code).split(None, 1)[:1] == ["TOC"]


@dataclass(slots=True)
class OpenControl:
    """A content control: the line it stands in, or the number of the first paragraph it stands around."""

    line: Line | None
    start: int
    first: int
    mark: Mark
    contents: bool = False


@dataclass(slots=True)
class OpenTable:
    """A table being read."""

    index: int
    depth: int
    bordered: bool = False
    row: int = -1
    column: int = 0
    span: int = 1                      # of the open cell
    nesting: bool = False              # the open cell holds a table of its own
    header_row: bool = False
    tall: bool = False


@dataclass(slots=True)
class Line:
    """A paragraph being read."""

    paragraph: Paragraph
    style: Style
    base: Look
    pieces: list[str] = field(default_factory=list)
    length: int = 0
    worded: int = 0                    # characters of text elements among them
    marks: list[Mark] = field(default_factory=list)
    looks: list[tuple[int, int, Look]] = field(default_factory=list)
    look: Look = PLAIN
    codes: list[tuple[int, int, int, int] | None] = field(default_factory=list)  # where the code of open fields began
    shaded: bool = False               # stands on a ground of its own
    settled: bool = False              # its own properties were seen

    def add(self, text: str) -> None:
        if not text:
            return
        self.pieces.append(text)
        start = self.length
        end = self.length = start + len(text)
        looks = self.looks
        if looks and looks[-1][2] is self.look:
            looks[-1] = (looks[-1][0], end, self.look)
        else:
            looks.append((start, end, self.look))

    def open_code(self) -> None:
        self.codes.append((len(self.pieces), self.length, len(self.marks), self.worded))

    def drop_code(self) -> tuple[int, str]:
        """What stood between begin and separate (or end) was code, results of nested fields among it.

        Gives how many characters of it stood in text elements, and what it read.
        """
        if not self.codes or self.codes[-1] is None:
            return 0, ""
        pieces, length, marks, worded = self.codes[-1]
        self.codes[-1] = None
        if self.length == length:
            return 0, ""
        dropped = self.worded - worded, "".join(self.pieces[pieces:])
        del self.pieces[pieces:]
        del self.marks[marks:]
        self.length, self.worded = length, worded
        self.looks = [(start, min(end, length), look) for start, end, look in self.looks if start < length]
        return dropped

    def close(self) -> None:
        paragraph = self.paragraph
        paragraph.text = "".join(self.pieces)
        if self.marks:
            paragraph.marks = tuple(self.marks)
        size = paragraph.size
        spans = [
            _span(start, end, look, size)
            for start, end, look in self.looks
            if look is not PLAIN and _stands_out(look, size)
        ]
        if spans:
            paragraph.spans = tuple(spans)


def _stands_out(look: Look, size: float) -> bool:
    return bool(
        look.bold
        or look.highlighted
        or look.color
        or look.italic
        or look.underline
        or look.hidden
        or look.style
        or (look.size and look.size != size)
    )


def _span(start: int, end: int, look: Look, size: float) -> Span:
    return Span(
        start,
        end,
        bool(look.highlighted),
        look.color or "",
        bool(look.bold),
        bool(look.italic),
        bool(look.underline),
        bool(look.hidden),
        look.size if look.size and look.size != size else 0.0,
        look.style or "",
    )
