"""A paragraph under a heading that tells what to write there and is all there is: the text goes in its place."""

from __future__ import annotations

from collections.abc import Iterator

from ..finding import Finding, Rank, place
from ..layout import Layout, is_blank
from ..lexicon import IMAGE, INSTRUCTION
from ..model import FieldType, Paragraph

MIN_LENGTH = 25


def find_guidance(layout: Layout) -> Iterator[Finding]:
    for i in sorted(layout.headings):
        paragraph = _only_paragraph(layout, i)
        if paragraph is not None and INSTRUCTION.match(paragraph.text.strip()) and len(paragraph.text) >= MIN_LENGTH:
            text = paragraph.text
            first = text.split(".")[0]
            kind = (
                FieldType.IMAGE
                if IMAGE.search(first) and first.split()[0].casefold() in ("attach", "insert")
                else FieldType.LONG_TEXT
            )
            start = len(text) - len(text.lstrip())
            yield Finding(
                "guidance",
                Rank.GUIDANCE,
                (place(paragraph, start, len(text.rstrip())),),
                0.55,
                label=layout.paragraphs[i].text.strip(),
                type=kind,
                hint=text.strip(),
            )


def _only_paragraph(layout: Layout, i: int) -> Paragraph | None:
    """The one paragraph between this heading and the next, if there is nothing else."""
    found: Paragraph | None = None
    for j in range(i + 1, len(layout.paragraphs)):
        p = layout.paragraphs[j]
        if j in layout.headings or p.part != layout.main:
            break
        if is_blank(p.text) and not p.drawing:
            continue
        if found is not None or p.cell is not None or p.marks or p.number:
            return None
        found = p
    return found
