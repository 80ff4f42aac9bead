"""Underlined blanks and tabs, and tabs that draw a line to their stop: lines to write on."""

from __future__ import annotations

from collections.abc import Iterator

from ..finding import Finding, Rank, place
from ..layout import Layout, drawn_lines, is_blank
from ..model import Paragraph


def find_lines(layout: Layout) -> Iterator[Finding]:
    for i, p in enumerate(layout.paragraphs):
        if p.in_toc or i in layout.headings or not (p.ruled or any(s.underline for s in p.spans)):
            continue
        if not is_blank(p.text) or _is_captioned(layout, p):
            for start, end in drawn_lines(p):
                yield Finding("lines", Rank.BLANK, (place(p, start, end),), 0.75)


def _is_captioned(layout: Layout, p: Paragraph) -> bool:
    """A line alone needs words that ask for it: a caption below, a label above."""
    above, below = layout.before(p, 1), layout.after(p, 1)
    captioned = below is not None and below.text.strip().startswith("(")
    return captioned or (above is not None and above.text.rstrip().endswith((":", "?", "：")))
