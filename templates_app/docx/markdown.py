"""The simple Markdown of long texts: paragraphs, **bold**, *italic*, and lists, nested by indentation.

Text without such marks reads as it stands: every line break stays one, and what is no mark (2 * 3, snake_case, a line
"1984. A year") is text. A backslash makes a mark text; before anything else it is a backslash.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

LIST_LEVELS = 9                        # as many as a list in Word has
ITEM = re.compile(r"([ \t]*)(?:[-*+\u2022]|(\d{1,3})[.)])[ \t]+(?=\S)")
ESCAPED_ITEM = re.compile(r"([ \t]*)(?:\\([-+\u2022])|(\d{1,3})\\([.)]))(?=[ \t])")
MARK = re.compile(r"\\(?:\\(?=[*_])|[*_])|(\*{1,3}|_{1,3})")
TAB_WIDTH = 4


@dataclass(frozen=True, slots=True)
class Stretch:
    """Text of one look."""

    text: str
    bold: bool = False
    italic: bool = False


@dataclass(slots=True)
class Block:
    """A paragraph, or with a ``level`` (0 is outermost) an item of a list; ``number`` is None for a bullet."""

    stretches: list[Stretch]
    level: int | None = None
    number: int | None = None
    is_first: bool = False             # of its list
    gap: int = 0                       # line breaks before it in the text as written

    @property
    def text(self) -> str:
        return "".join(stretch.text for stretch in self.stretches)


@dataclass(slots=True)
class _Lines:
    """Lines of one block while it is read."""

    lines: list[str]
    indent: int = 0                    # of an item's mark
    level: int | None = None
    number: int | None = None
    is_first: bool = False
    gap: int = 0


@dataclass(slots=True)
class _Open:
    """The lists that an item may belong to, outermost first: indentation and whether they are numbered."""

    lists: list[tuple[int, bool]] = field(default_factory=list)

    def place(self, indent: int, *, numbered: bool) -> tuple[int, bool]:
        """Level of a new item, and whether it begins a list."""
        while self.lists and (indent < self.lists[-1][0] - 1 or len(self.lists) > LIST_LEVELS):
            self.lists.pop()
        deeper = bool(self.lists) and indent > self.lists[-1][0] + 1 and len(self.lists) < LIST_LEVELS
        if self.lists and not deeper:
            known = self.lists.pop()
            self.lists.append((known[0], numbered))
            return len(self.lists) - 1, known[1] != numbered
        self.lists.append((indent, numbered))
        return len(self.lists) - 1, True


def read_markdown(text: str) -> list[Block]:
    """Its blocks in order; none for an empty text."""
    blocks = list(_blocks(text.split("\n")))
    return [Block(_stretches("\n".join(b.lines)), b.level, b.number, b.is_first, b.gap) for b in blocks]


def is_plain(blocks: Sequence[Block]) -> bool:
    """Whether a text is one paragraph of one look."""
    return all(block.level is None and not any(s.bold or s.italic for s in block.stretches) for block in blocks) and (
        len(blocks) < 2)


def unescaped(text: str) -> str:
    """A text that ``is_plain``, without the backslashes that made marks text."""
    return "".join(stretch.text for stretch in _stretches(text))


def _blocks(lines: Sequence[str]) -> Iterator[_Lines]:
    current: _Lines | None = None
    open_lists, gap = _Open(), 0
    for line in lines:
        item = _item(line, current if not gap else None)
        if not line.strip():
            gap += 1
        elif item is not None:
            if current is not None:
                yield current
            current, gap = _begun(line, item, open_lists, gap + (current is not None)), 0
        elif current is not None and not gap and (current.level is None or _indent(line) > current.indent):
            current.lines.append(line if current.level is None else line.strip())
        else:
            if current is not None:
                yield current
            if _indent(line) < 2:
                open_lists = _Open()
            current, gap = _Lines([line], gap=gap + (current is not None)), 0
    if current is not None:
        yield current


def _item(line: str, current: _Lines | None) -> re.Match[str] | None:
    """The mark of a list item. Only a 1 may begin a numbered list right behind a line of text."""
    match = ITEM.match(line)
    if match and match[2] and current is not None and current.level is None and int(match[2]) != 1:
        return None
    return match


def _begun(line: str, match: re.Match[str], open_lists: _Open, gap: int) -> _Lines:
    indent = _indent(line)
    level, is_first = open_lists.place(indent, numbered=match[2] is not None)
    number = int(match[2]) if match[2] else None
    return _Lines([line[match.end():]], indent, level, number, is_first, gap)


def _indent(line: str) -> int:
    white = line[:len(line) - len(line.lstrip(" \t"))]
    return len(white.expandtabs(TAB_WIDTH))


def _stretches(text: str) -> list[Stretch]:
    """Emphasis by CommonMark's rules for marks that pair; marks without a partner are text."""
    text = ESCAPED_ITEM.sub(lambda m: m[1] + (m[2] or f"{m[3]}{m[4]}"), text)
    tokens = _tokens(text)
    waiting: list[int] = []
    paired: set[int] = set()
    for at, token in enumerate(tokens):
        if not token.mark:
            continue
        opener = next((i for i in reversed(waiting) if tokens[i].mark == token.mark), None) if token.closes else None
        if opener is not None:
            paired |= {opener, at}
            del waiting[waiting.index(opener):]
        elif token.opens:
            waiting.append(at)
    return list(_styled(tokens, paired))


@dataclass(frozen=True, slots=True)
class _Token:
    text: str
    mark: str = ""                     # the run of marks, if this may be one
    opens: bool = False
    closes: bool = False


def _tokens(text: str) -> list[_Token]:
    found, position = [], 0
    for match in MARK.finditer(text):
        found.append(_Token(text[position:match.start()]))
        before, after = text[match.start() - 1:match.start()], text[match.end():match.end() + 1]
        mark = match[1]
        found.append(_flanked(mark, before, after) if mark else _Token(match[0][1:]))
        position = match.end()
    return [*found, _Token(text[position:])]


def _flanked(mark: str, before: str, after: str) -> _Token:
    """Marks open before a word and close behind one; a single one, or underscores, inside a word are part of it."""
    opens, closes = bool(after.strip()), bool(before.strip())
    if mark[0] in (before, after):
        return _Token(mark)            # more than three in a row mean nothing
    if mark[0] == "_" or mark == "*":
        opens, closes = opens and not before.isalnum(), closes and not after.isalnum()
    return _Token(mark, mark, opens, closes)


def _styled(tokens: Sequence[_Token], paired: set[int]) -> Iterator[Stretch]:
    depth: list[str] = []
    text = ""
    for at, token in enumerate(tokens):
        if at not in paired:
            text += token.text
            continue
        if text:
            yield _stretch(text, depth)
        text = ""
        if token.mark in depth:
            depth.remove(token.mark)
        else:
            depth.append(token.mark)
    if text:
        yield _stretch(text, depth)


def _stretch(text: str, marks: Sequence[str]) -> Stretch:
    return Stretch(text, bold=any(len(mark) > 1 for mark in marks), italic=any(len(mark) != 2 for mark in marks))
