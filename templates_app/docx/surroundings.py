"""The words around a place that name it, nearest first."""

from __future__ import annotations

import re
from collections.abc import Iterator

from .layout import Layout, TableCell, is_blank
from .model import Anchor, Paragraph
from .wording import MARKERS, without_markers

ABBREVIATION = re.compile(
    r"\b(?:e\.g|i\.e|z\.\s?B|d\.h|u\.a|bzw|ca|no|nr|num|tel|approx|incl|inkl|p\.ex|т\.е|т\.д|ул|им|тел)\.(?=\s)",
    re.IGNORECASE,
)
REMARK = re.compile(r"(?<=\?)\s*\([^()]*\)\s*$")
CLAUSE = re.compile(r"[.;!?]\s+|\t+|\n|\s{3,}")
COMMA = re.compile(r",\s+")
CAPTION = re.compile(r"\s*\(([^()]{3,90})\)")
LETTERS = re.compile(r"[^\W\d_]")
ASKING = (":", "?", "：", "？")
MAX_WORDS = 8  # a longer clause is a sentence, whose end tells most
MAX_OPENING = 16  # but not when it opens the paragraph and the place ends it
MAX_LINE_WORDS = 10
MAX_CELL_WORDS = 25
MAX_NEARBY = 20
MAX_REACH = 500  # characters before a place in which its name is looked for
MAX_LINE = 2000  # a longer paragraph is no line of a form
PREPOSITIONS = frozenset(
    "for and the von vom zum zur bei mit pour avec para con from with til med fra and или для".split()
)
MIN_LETTERS = 3  # fewer are a preposition: "of", "от", "le"


def label_around(layout: Layout, anchor: Anchor, *, sentences: bool = True) -> str:
    """What a reader takes for the name of the place; empty when nothing near says.

    ``sentences`` False: the end of a running sentence is no name.
    """
    p = layout.paragraphs[layout.at[anchor.part, anchor.p]]
    return next((words for words in _candidates(layout, p, anchor, sentences=sentences) if _tells(words)), "")


def section_around(layout: Layout, anchor: Anchor) -> str:
    return layout.heading_of(layout.paragraphs[layout.at[anchor.part, anchor.p]])


def label_above(layout: Layout, p: Paragraph) -> str:
    """The name of a whole line of places: what stands over or left of it."""
    sources = _around_cell(layout, p) if p.cell is not None else _around_line(layout, p)
    return next((words for words in sources if _tells(words)), "")


def _tells(words: str) -> bool:
    letters = LETTERS.findall(words)
    needed = MIN_LETTERS - any(letter >= "\u3040" for letter in letters)  # Chinese writes a word in two signs
    return len(letters) >= needed and words.strip().casefold() not in PREPOSITIONS


def _candidates(layout: Layout, p: Paragraph, anchor: Anchor, *, sentences: bool) -> Iterator[str]:
    before = words_before(p, anchor.start, sentences=sentences)
    if before.endswith(ASKING):
        yield before
    caption = CAPTION.match(p.text, anchor.end)
    if caption is not None:
        yield caption[1]
    yield _columns_above(layout, p, anchor)
    yield _caption_below(layout, p, anchor)
    yield before
    if p.cell is not None:
        yield from _around_cell(layout, p)
    elif is_blank(before):
        yield from _around_line(layout, p)
    yield words_after(p, anchor.end)


def words_before(p: Paragraph, start: int, *, sentences: bool = True) -> str:
    """The clause that leads to the place, other markers left out; of a long one its end, or nothing."""
    text = ABBREVIATION.sub(
        lambda m: m[0].rstrip("."), without_markers(p.text[max(start - MAX_REACH, 0) : start], " \t ")
    )
    text = REMARK.sub("", text) if _tells(REMARK.sub("", text)) else text
    clauses = [c.strip(' ,–-()"“„«»/') for c in CLAUSE.split(text)]
    words = next((c for c in reversed(clauses) if LETTERS.search(c)), "")
    opening = (
        len(p.text) < MAX_LINE and p.text.lstrip().startswith(words[:20]) and is_blank(without_markers(p.text[start:]))
    )
    if len(words.split()) > (MAX_OPENING if opening else MAX_WORDS) and not words.endswith(ASKING):
        if not sentences:
            return ""
        parts = [part for part in COMMA.split(words) if _tells(part)]
        words = " ".join((parts[-1] if parts else words).split()[-MAX_WORDS:])
    return words


def words_after(p: Paragraph, end: int) -> str:
    text = MARKERS.split(p.text[end : end + 200])[0]
    clauses = [c.strip(' ,–-:.)»"”') for c in CLAUSE.split(text) if LETTERS.search(c)]
    return " ".join(clauses[0].split()[:MAX_WORDS]) if clauses else ""


def _around_line(layout: Layout, p: Paragraph) -> Iterator[str]:
    above = layout.before(p, 2)
    if above is None:
        return
    text = above.text.strip()
    if MARKERS.search(text):
        return
    if (text.endswith(ASKING) and len(text) <= 250) or len(text.split()) <= MAX_LINE_WORDS:
        yield text


def _around_cell(layout: Layout, p: Paragraph) -> Iterator[str]:
    cell = layout.cell_of(p)
    table = layout.table_of(p)
    if cell is None or table is None:
        return
    at = cell.index(p)
    for q in reversed(cell.paragraphs[max(at - 4, 0) : at]):
        text = without_markers(q.text).strip()
        if text.endswith(ASKING) or 0 < len(text.split()) <= MAX_CELL_WORDS:
            yield text
    left = _label_left(layout, p, cell)
    title = _title_above(layout, p, cell)
    if left and title and len(layout.row_of(p)) > 2 and not left.endswith(ASKING):
        yield f"{left}: {title}"
    yield left
    yield title
    yield next(
        (
            text
            for q in cell.paragraphs[:MAX_NEARBY]
            if q is not p and LETTERS.search(text := without_markers(q.text).strip())
        ),
        "",
    )
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
        above = (
            table.above(above.cell.row, cell.column)
            if table is not None and above is not None and above.cell.row
            else None
        )
        if above is None:
            return ""
        text = without_markers(above.text).strip()
        if text != above.text.strip() or any(q.marks for q in above.paragraphs):
            continue
        if _tells(text):
            own = above.cell.row == cell.cell.row - 1 or above.cell.row == 0 or above.cell.header_row
            return text.split("\n")[-1 if text.endswith(ASKING) else 0].strip() if own else ""
    return ""


def _caption_below(layout: Layout, p: Paragraph, anchor: Anchor) -> str:
    """Lines to sign on have their caption below: "(signature)"; several under several, in order."""
    below = layout.after(p, 1)
    if below is None or len(p.text) > MAX_LINE or len(below.text) > MAX_LINE:
        return ""
    if layout.cell_of(below) is not layout.cell_of(p) or MARKERS.search(below.text) or below.marks:
        return ""
    n = len(MARKERS.findall(p.text[: anchor.start]))
    captions = re.findall(r"\(([^()]{2,90})\)", below.text) if below.text.strip().startswith("(") else []
    if not captions and _is_lone_line(layout, p, below):
        captions = [below.text.strip()]
    if not captions:
        captions = _columns(below.text)
        count = len(MARKERS.findall(p.text))
        if not (len(captions) == count > 1 or (below.text.startswith("    ") and len(captions) == 1)):
            return ""
    return captions[n] if n < len(captions) else ""


def _is_lone_line(layout: Layout, p: Paragraph, below: Paragraph) -> bool:
    """A line drawn for a signature, with a word or two right below it that ask for nothing themselves."""
    above = layout.before(p, 1)
    asked = above is not None and above.text.rstrip().endswith(ASKING)
    drawn = is_blank(without_markers(p.text)) and p.text.strip().startswith(("___", "....", "…"))
    text = below.text.strip()
    return drawn and not asked and len(text.split()) <= 4 and not text.endswith((*ASKING, ".")) and below.level is None


def _columns(text: str) -> list[str]:
    """The words of a line that tabs or blanks set out in columns."""
    return [part.strip() for part in re.split(r"\t+|\s{4,}", text.strip()) if LETTERS.search(part)]


def _columns_above(layout: Layout, p: Paragraph, anchor: Anchor) -> str:
    """Places set out by tabs under words set out by tabs."""
    count = len(MARKERS.findall(p.text)) if len(p.text) < MAX_LINE else 0
    if count < 2 or "\t" not in p.text or not is_blank(without_markers(p.text)):
        return ""
    i = layout.at[p.part, p.p]
    for above in reversed(layout.paragraphs[max(i - 2, 0) : i]):
        titles = _columns(above.text)
        if len(titles) == count and not MARKERS.search(above.text):
            return titles[len(MARKERS.findall(p.text[: anchor.start]))]
    return ""
