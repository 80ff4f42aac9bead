"""Highlighted and coloured words: the author's note to himself that something goes here."""

from __future__ import annotations

import re
from collections.abc import Iterator

from ..finding import Finding, Rank, place
from ..layout import Layout, is_blank
from ..model import FieldType, Paragraph, Span
from ..wording import alternatives, is_guidance, sameness, title_of

MAX_SHARE = 0.25  # of the text: above that the look is the document's, not a mark
MAX_SHARE_OF_WORDS = 0.6  # where only a few words are highlighted at a time, as in a letter of one page
MAX_WORDS = 60
MAX_HIGHLIGHTED = 120
MAX_COLORED = 80
LINK = re.compile(r"\S@\S|https?:|www\.|^\S+\.[a-z]{2,6}(?:/\S*)?$", re.IGNORECASE)
PLACEHOLDER_STYLE = "placeholder text"
LINK_COLORS = frozenset({"0563C1", "954F72", "0000EE", "551A8B"})
STATUS = re.compile(
    r"to-?do|partial|done|open|closed|n/a|draft|new|note|warning|important|optional|example", re.IGNORECASE
)


def find_highlighted(layout: Layout) -> Iterator[Finding]:
    total = sum(len(p.text) for p in layout.paragraphs) or 1
    marked = [(p, s) for p in layout.body for s in p.spans if s.highlighted and not s.hidden]
    share = MAX_SHARE if any(s.end - s.start > MAX_WORDS for _, s in marked) else MAX_SHARE_OF_WORDS
    if sum(s.end - s.start for _, s in marked) > share * total:
        return
    for p in {id(p): p for p, _ in marked if layout.at[p.part, p.p] not in layout.headings}.values():
        for start, end in _stretches(p, [s for s in p.spans if s.highlighted]):
            yield from _finding("highlighted", p, start, end, MAX_HIGHLIGHTED, 0.75)


def find_colored(layout: Layout) -> Iterator[Finding]:
    """Only colours that stand out: from the paragraph they are in, or from the label beside their cell."""
    total = sum(len(p.text) for p in layout.paragraphs) or 1
    marked: list[tuple[Paragraph, list[Span]]] = []
    for i, p in enumerate(layout.paragraphs):
        if p.in_toc or not p.spans or i in layout.headings or p.level is not None:
            continue
        spans = [s for s in p.spans if _is_telling(s)]
        if spans and (sum(s.end - s.start for s in spans) < len(p.text.strip()) or _is_answer(layout, p)):
            marked.append((p, spans))
    if sum(s.end - s.start for _, spans in marked for s in spans) > MAX_SHARE * total:
        return
    for p, spans in marked:
        for start, end in _stretches(p, spans):
            yield from _finding("colored", p, start, end, MAX_COLORED, 0.5)


def _is_answer(layout: Layout, p: Paragraph) -> bool:
    """Alone in a cell whose left neighbour is a label in another colour."""
    cell = layout.cell_of(p)
    if cell is None or len(cell.paragraphs) > 1:
        return False
    left = next((c for c in reversed(layout.row_of(p)) if c.column < cell.column), None)
    return left is not None and bool(left.text) and not any(_is_telling(s) for q in left.paragraphs for s in q.spans)


def _is_telling(span: Span) -> bool:
    """A strong red or blue that is no link, or Word's own look for placeholders; grey and dark tones are design."""
    if span.style.casefold() == PLACEHOLDER_STYLE:
        return True
    color = span.color
    if len(color) != 6 or color in LINK_COLORS or span.highlighted or span.underline or "link" in span.style.casefold():
        return False
    try:
        red, green, blue = (int(color[i : i + 2], 16) for i in (0, 2, 4))
    except ValueError:
        return False
    return (red >= 0xC0 and green <= 0x50 and blue <= 0x50) or (blue >= 0xB0 and red <= 0x50 and green <= 0x80)


def _stretches(p: Paragraph, spans: list[Span]) -> Iterator[tuple[int, int]]:
    """Neighbouring spans as one, blanks at the ends left out."""
    merged: list[list[int]] = []
    for s in spans:
        if merged and is_blank(p.text[merged[-1][1] : s.start]) and "\t" not in p.text[merged[-1][1] : s.start]:
            merged[-1][1] = s.end
        else:
            merged.append([s.start, s.end])
    for start, end in merged:
        text = p.text[start:end]
        if not is_blank(text):
            yield start + len(text) - len(text.lstrip()), end - len(text) + len(text.rstrip())


def _finding(name: str, p: Paragraph, start: int, end: int, limit: int, confidence: float) -> Iterator[Finding]:
    words = p.text[start:end]
    anchor = (place(p, start, end),)
    if (
        len(words) > limit
        or STATUS.fullmatch(words)
        or LINK.search(words)
        or is_guidance(words)
        or words.endswith((":", "："))
        or not any(c.isalnum() for c in words)
    ):
        yield Finding(name, Rank.COLORED, anchor, confidence, ignored=True)
    else:
        options = alternatives(words)
        yield Finding(
            name,
            Rank.COLORED,
            anchor,
            confidence,
            label=title_of(words),
            name=words,
            same=sameness(words),
            type=FieldType.CHOICE if options else None,
            options=options,
        )
