"""The words around a place that name it, nearest first."""

from __future__ import annotations

import re
from collections.abc import Iterator

from .layout import Layout, TableCell, is_blank
from .model import Anchor, Paragraph
from .wording import MARKERS, without_markers

CLAUSE = re.compile(r"[.;!?]\s+|\t+|\n|\s{3,}")
COMMA = re.compile(r",\s+")
CAPTION = re.compile(r"\s*\(([^()]{3,90})\)")
LETTERS = re.compile(r"[^\W\d_]")
ASKING = (":", "?", "：", "？")
MAX_WORDS = 8                          # a longer clause is a sentence, whose end tells most
MAX_LINE_WORDS = 10
MIN_LETTERS = 3                        # fewer are a preposition: "of", "от", "le"


def label_around(layout: Layout, anchor: Anchor) -> str:
    """What a reader takes for the name of the place; empty when nothing near says."""
    p = layout.paragraphs[layout.at[anchor.part, anchor.p]]
    return next((words for words in _candidates(layout, p, anchor) if _tells(words)), "")


def label_above(layout: Layout, p: Paragraph) -> str:
    """The name of a whole line of places: what stands over or left of it."""
    sources = _around_cell(layout, p) if p.cell is not None else _around_line(layout, p)
    return next((words for words in sources if _tells(words)), "")


def _tells(words: str) -> bool:
    return len(LETTERS.findall(words)) >= MIN_LETTERS


def _candidates(layout: Layout, p: Paragraph, anchor: Anchor) -> Iterator[str]:
    before = words_before(p, anchor.start)
    if before.endswith(ASKING):
        yield before
    caption = CAPTION.match(p.text, anchor.end)
    if caption is not None:
        yield caption[1]
    yield _caption_below(layout, p, anchor)
    yield before
    if p.cell is not None:
        yield from _around_cell(layout, p)
    elif is_blank(before):
        yield from _around_line(layout, p)
    yield words_after(p, anchor.end)
    yield layout.heading_of(p)


def words_before(p: Paragraph, start: int) -> str:
    """The clause that leads to the place, other markers left out."""
    text = without_markers(p.text[:start], " \t ")
    clauses = [c.strip(" ,–-(\"“„«»/") for c in CLAUSE.split(text)]
    words = next((c for c in reversed(clauses) if LETTERS.search(c)), "")
    if len(words.split()) > MAX_WORDS and not words.endswith(ASKING):
        parts = [part for part in COMMA.split(words) if _tells(part)]
        words = " ".join((parts[-1] if parts else words).split()[-MAX_WORDS:])
    return words


def words_after(p: Paragraph, end: int) -> str:
    text = MARKERS.split(p.text[end:end + 200])[0]
    clauses = [c.strip(" ,–-:.)»\"”") for c in CLAUSE.split(text) if LETTERS.search(c)]
    return " ".join(clauses[0].split()[:MAX_WORDS]) if clauses else ""


def _around_line(layout: Layout, p: Paragraph) -> Iterator[str]:
    above = layout.before(p, 2)
    if above is None:
        return
    text = without_markers(above.text).strip()
    if text.endswith(ASKING) and len(text) <= 250 or len(text.split()) <= MAX_LINE_WORDS:
        yield text


def _around_cell(layout: Layout, p: Paragraph) -> Iterator[str]:
    cell = layout.cell_of(p)
    table = layout.table_of(p)
    if cell is None or table is None:
        return
    at = cell.paragraphs.index(p)
    for q in reversed(cell.paragraphs[max(at - 4, 0):at]):
        text = without_markers(q.text).strip()
        if text.endswith(ASKING) or 0 < len(text.split()) <= MAX_LINE_WORDS:
            yield text
    left = _label_left(layout, p, cell)
    title = _title_above(layout, p, cell)
    if left and title and len(layout.row_of(p)) > 2:
        yield f"{left}: {title}"
    yield left
    yield title
    yield next((text for q in cell.paragraphs if LETTERS.search(text := without_markers(q.text).strip())), "")
    first = layout.paragraphs[table.first]
    yield from _around_line(layout, first)


def _label_left(layout: Layout, p: Paragraph, cell: TableCell) -> str:
    for c in reversed(layout.row_of(p)):
        if c.column < cell.column and _tells(text := without_markers(c.text)):
            return text.strip().split("\n")[0].strip()
    return ""


def _title_above(layout: Layout, p: Paragraph, cell: TableCell) -> str:
    """The nearest words above in the column: of the row above, or the column title over rows like this one."""
    table = layout.table_of(p)
    above: TableCell | None = cell
    for _ in range(40):
        above = table.above(above.cell.row, cell.column) if table is not None and above is not None and above.cell.row else None
        if above is None:
            return ""
        text = without_markers(above.text).strip()
        if _tells(text):
            return text.split("\n")[-1 if text.endswith(ASKING) else 0].strip()
    return ""


def _caption_below(layout: Layout, p: Paragraph, anchor: Anchor) -> str:
    """Lines to sign on have their caption below: "(signature)"; several under several, in order."""
    below = layout.after(p, 1)
    if below is None or (below.cell is None) != (p.cell is None) or layout.cell_of(below) is not layout.cell_of(p):
        return ""
    captions = re.findall(r"\(([^()]{2,90})\)", below.text) if below.text.strip().startswith("(") else []
    if not captions and "\t" in below.text and is_blank(without_markers(p.text)):
        captions = [part.strip() for part in re.split(r"\t+|\s{4,}", below.text) if part.strip()]
    n = len(MARKERS.findall(p.text[:anchor.start]))
    return captions[n] if n < len(captions) else ""
