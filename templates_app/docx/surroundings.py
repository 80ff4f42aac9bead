"""The words around a place that name it, nearest first."""

from __future__ import annotations

import re

from .layout import Layout, TableCell, is_blank
from .model import Anchor, Paragraph

MARKERS = re.compile(
    r"<<+[^<>]*>>+|<[^<>\n]{1,160}>|\[[^\[\]]{0,200}\]|\$?\{\{?[^{}]{0,120}\}?\}|«[^«»]{0,60}»|\$\w+"
    r"|_{2,}|\.{4,}|…+|[\u2002\ufffc☐□☑☒❏❑▢]+")
CLAUSE = re.compile(r"[.;!?]\s+|\t+|\n|\s{3,}")
CAPTION = re.compile(r"\(([^()]{2,80})\)")
LETTER = re.compile(r"[^\W\d_]")
MAX_WORDS = 12


def words_before(p: Paragraph, start: int) -> str:
    """The clause that leads to the place, other markers left out."""
    text = MARKERS.sub(" \t ", p.text[:start])
    clauses = [c.strip(" ,–-") for c in CLAUSE.split(text) if LETTER.search(c)]
    if not clauses or not text.rstrip(" ") or text.rstrip(" ").endswith("\t") and not text.rstrip().endswith((":", "?")) \
            and len(clauses) == 0:
        return ""
    return clauses[-1]


def words_after(p: Paragraph, end: int) -> str:
    text = MARKERS.split(p.text[end:end + 200])[0]
    clauses = [c.strip(" ,–-:") for c in CLAUSE.split(text) if LETTER.search(c)]
    return clauses[0] if clauses else ""


def label_around(layout: Layout, anchor: Anchor) -> str:
    """What a reader takes for the name of the place; empty when nothing near says."""
    p = layout.paragraphs[layout.at[anchor.part, anchor.p]]
    before = words_before(p, anchor.start)
    if before and (len(before.split()) <= MAX_WORDS or before.endswith((":", "?"))):
        return before
    if p.cell is not None:
        return _in_cell(layout, p) or before or words_after(p, anchor.end)
    if not before:
        caption = _caption_below(layout, p, anchor)
        if caption:
            return caption
        above = layout.before(p, 2)
        if above is not None and above.text.rstrip().endswith((":", "?", "：")) and len(above.text) <= 250:
            return above.text.strip()
        after = words_after(p, anchor.end)
        if after and len(after.split()) <= MAX_WORDS:
            return after
        if above is not None and len(above.text.split()) <= 8 and above.part == p.part and LETTER.search(above.text):
            return MARKERS.sub("", above.text).strip() or layout.heading_of(p)
        return layout.heading_of(p) or after
    return " ".join(before.split()[-MAX_WORDS:])


def _in_cell(layout: Layout, p: Paragraph) -> str:
    cell = layout.cell_of(p)
    table = layout.table_of(p)
    if cell is None or table is None:
        return ""
    for q in reversed(cell.paragraphs[:cell.paragraphs.index(p)]):
        if q.text.rstrip().endswith((":", "?", "：")):
            return q.text.strip()
    left = _label_left(layout, p, cell)
    above = table.above(cell.cell.row, cell.column) if cell.cell.row else None
    if left:
        return left
    if above is not None and above.text:
        return above.text.split("\n")[0]
    following = cell.paragraphs[cell.paragraphs.index(p) + 1:]
    caption = next((m[1] for q in following if (m := CAPTION.fullmatch(q.text.strip()))), "")
    return caption or next((q.text.strip() for q in cell.paragraphs if LETTER.search(MARKERS.sub("", q.text))), "")


def _label_left(layout: Layout, p: Paragraph, cell: TableCell) -> str:
    for c in reversed(layout.row_of(p)):
        if c.column < cell.column and LETTER.search(MARKERS.sub("", c.text)):
            return MARKERS.sub("", c.text).split("\n")[0].strip()
    return ""


def _caption_below(layout: Layout, p: Paragraph, anchor: Anchor) -> str:
    """Lines to sign on have their caption below: "(signature)"; several under several, in order."""
    below = layout.after(p, 1)
    if below is None or below.cell is not None:
        return ""
    captions = CAPTION.findall(below.text) if below.text.strip().startswith("(") else []
    if not captions and "\t" in below.text and is_blank(MARKERS.sub("", p.text)):
        captions = [part.strip() for part in re.split(r"\t+", below.text) if part.strip()]
    if not captions:
        return ""
    n = len(MARKERS.findall(p.text[:anchor.start]))
    return captions[min(n, len(captions) - 1)]
