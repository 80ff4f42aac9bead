""" "Label:" with nothing after it, at the end of a paragraph or before the next label of a line."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from ..finding import Finding, Rank, place
from ..layout import Layout, TableCell, is_blank
from ..lexicon import INSTRUCTION, INTRODUCTION, SIGNATURE
from ..model import Paragraph
from ..wording import MARKERS, without_markers

COLON = (":", "：")
TOKEN = re.compile(r"\s*(?:\{\{|<<|«|\[\w[^\]]{2,60}\])")
ORDINAL = re.compile(r"\d{1,3}(?:\.\d{1,3})*\.?")
MAX_LABEL = 90
MAX_FOLLOWING = 50
MAX_LINE = 2000  # a longer paragraph is no line of a form
MAX_ROWS = 40
MAX_GAP = 6  # empty paragraphs under a label: room to write in
MIN_ROOM = 2
PARTY_SIGNS = re.compile(r"\s*(?:by|per|signature|signed|unterschrift|firma)\s*:", re.IGNORECASE)  # below its name
MAX_BODY_LABEL = 60
MAX_BODY_WORDS = 6
INLINE = re.compile(
    r"(?:^|(?<=[\t\n])|(?<=\s\s\s))[ \xa0]{0,20}([^\W_][^:：\t\n]{0,50}[:：])([ \xa0\u2002]{0,200})(?=\t|\n|\s{3}|$)"
)


def find_labels(layout: Layout) -> Iterator[Finding]:
    for i, p in enumerate(layout.paragraphs):
        if p.in_toc or not p.text or i in layout.headings:
            continue
        if ":" not in p.text and "：" not in p.text:
            if p.cell is not None and p.style and _is_sibling(layout, i, p):
                yield Finding("labels", Rank.LABEL, (place(p, len(p.text), len(p.text)),), 0.55)
            continue
        text = p.text.strip()
        if text.endswith(COLON) and text.count("\n") < 2:
            if len(text) <= MAX_LABEL and _asks(layout, p, text):
                anchor = place(p, len(p.text), len(p.text))
                yield Finding("labels", Rank.LABEL, (anchor,), 0.75, long=p.cell is None and _has_room(layout, i))
        if len(p.text) <= MAX_LINE and ("\t" in p.text or "   " in p.text):
            yield from _inside(p)


def _is_sibling(layout: Layout, i: int, p: Paragraph) -> bool:
    """A label whose colon was forgotten: alone in its row, next to a row alike that has its colon."""
    row = layout.row_of(p)
    words = p.text.split()
    if len(row) != 1 or len(row[0].paragraphs) != 1 or not words or len(p.text) > MAX_LABEL:
        return False
    nearby = (layout.paragraphs[j] for j in (i - 1, i + 1) if 0 <= j < len(layout.paragraphs))
    return any(
        q.style == p.style
        and q.cell is not None
        and p.cell is not None
        and q.cell.table == p.cell.table
        and q.text.split()[:1] == words[:1]
        and (q.text.strip().endswith(COLON) or _is_near_colon(layout, q, words))
        for q in nearby
    )


def _is_near_colon(layout: Layout, q: Paragraph, words: list[str]) -> bool:
    table = layout.table_of(q)
    return table is not None and any(
        c.text.endswith(COLON) and c.text.split()[:1] == words[:1] and c.paragraphs[0].style == q.style
        for row in table.rows[:MAX_ROWS]
        for c in row
    )


def _asks(layout: Layout, p: Paragraph, text: str) -> bool:
    return _asks_in_cell(layout, p) if p.cell is not None else _asks_in_body(layout, p, text)


def _has_room(layout: Layout, i: int) -> bool:
    """Empty lines below a label, and after them something other than a table or a list."""
    below = layout.paragraphs[i + 1 : i + 1 + MIN_ROOM]
    empty = [q for q in below if is_blank(q.text) and q.cell is None and not (q.marks or q.drawing or q.number)]
    after = layout.after(below[-1], MAX_GAP) if len(empty) == MIN_ROOM else None
    return len(empty) == MIN_ROOM and (after is None or (after.cell is None and not after.number))


def _asks_in_cell(layout: Layout, p: Paragraph) -> bool:
    """Nothing else in the cell after it, and no cell beside or below that takes the value or holds it already."""
    cell = layout.cell_of(p)
    table = layout.table_of(p)
    if cell is None or table is None or cell.cell.nested or table.form:
        return False
    at = cell.index(p) + 1
    following = cell.paragraphs[at : at + MAX_FOLLOWING]
    rest = next((q for q in following if not is_blank(q.text) or q.marks or q.drawing), None)
    if rest is not None and (rest.marks or not rest.text.strip().endswith(COLON)):
        return False
    row = layout.row_of(p)
    left = next((c for c in reversed(row) if c.column < cell.column), None)
    if left is not None and ORDINAL.fullmatch(left.text):
        return False  # an entry of a list, with its number beside it
    right = next((c for c in row if c.column >= cell.end), None)
    if right is not None and (right.empty or not right.text.split("\n")[0].rstrip().endswith(COLON)):
        return False
    below = next((c for c in layout.row_at(p, 1) if c.column == cell.column), None)
    return not _is_over_empty(layout, p, row) and not (below is not None and PARTY_SIGNS.match(below.text))


def _is_over_empty(layout: Layout, p: Paragraph, row: Sequence[TableCell]) -> bool:
    """Whether every cell of the row has an empty one below it, which takes what it asks for."""
    below = layout.row_at(p, 1)
    return [(c.column, c.cell.span) for c in below] == [(c.column, c.cell.span) for c in row] and all(
        c.empty for c in below
    )


def _asks_in_body(layout: Layout, p: Paragraph, text: str) -> bool:
    words = text.split()
    if (
        (len(text) > MAX_BODY_LABEL or len(words) > MAX_BODY_WORDS)
        and not SIGNATURE.search(text)
    ):
        return False
    i = layout.at[p.part, p.p]
    if (INSTRUCTION.match(text) or INTRODUCTION.search(text)) and not _has_room(layout, i):
        return False
    if MARKERS.search(text) and not SIGNATURE.search(text):
        return False
    following = layout.paragraphs[i + 1] if i + 1 < len(layout.paragraphs) else None
    if following is None or i + 1 in layout.headings or following.part != p.part or following.text_box != p.text_box:
        return True
    if following.cell is not None or following.number or following.marks or following.drawing:
        return False
    if PARTY_SIGNS.match(following.text):
        return False
    if is_blank(following.text):
        after = layout.after(following, MAX_GAP)
        if after is not None and TOKEN.match(after.text):
            return False  # its value stands there already
        return after is None or (not after.number and after.cell is None and not is_blank(without_markers(after.text)))
    if following.text.strip().endswith(COLON) and len(following.text) <= MAX_LABEL:
        return True
    above = layout.before(p, 1)
    if above is not None and above.style == p.style and above.cell is None and _is_short_label(above.text.strip()):
        return True  # the last of several labels
    label, colon, value = following.text.replace("：", ":").partition(":")
    return bool(colon) and len(label) <= MAX_BODY_LABEL and len(label.split()) <= MAX_BODY_WORDS and len(value) < 80


def _is_short_label(text: str) -> bool:
    return text.endswith(COLON) and len(text) <= MAX_BODY_LABEL and len(text.split()) <= MAX_BODY_WORDS


def _inside(p: Paragraph) -> Iterator[Finding]:
    """Labels before others in the same line: "Name:        Date:"."""
    for match in INLINE.finditer(p.text):
        start, end = match.span(2)
        if is_blank(p.text[end:]) and p.text.strip().endswith(COLON):
            continue  # the last one is found as the end of its paragraph
        rest = p.text[end:].lstrip()
        if not re.match(r"[^:：\t\n]{1,50}[:：]", rest):
            continue
        if is_blank(without_markers(rest)) and "\n" not in p.text[end:]:
            continue  # its value stands there already
        if any(start - 1 <= m.start <= end + 1 for m in p.marks):
            continue
        spaces = re.match(r"[ \xa0\u2002]*", p.text[start:])
        end = start + (spaces.end() if spaces else 0)
        if end > start and end < len(p.text) and p.text[end] not in "\t\n":
            end = start
        yield Finding("labels", Rank.LABEL, (place(p, start, end),), 0.65)
