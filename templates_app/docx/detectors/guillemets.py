"""«Name»: what a merge field shows, also where the field behind it was lost; and MERGEFIELD itself."""

from __future__ import annotations

import re
from collections.abc import Iterator

from ..finding import Finding, Rank, place
from ..layout import Layout
from ..model import MarkKind, Paragraph
from ..wording import title_of

TOKEN = re.compile(r"[«‹]\s*([^\W\d]\w{1,60})\s*[»›]")
COMPOSED = re.compile(r"[A-Za-z0-9]+_\w+|[a-z]+[A-Z]\w*|[A-Z][a-z]+[A-Z]\w*|[A-Z]{3,}[A-Z0-9_]*")

MIN_COMPOSED = 2  # names of a program in guillemets: merge fields are about, though their codes were lost


def find_merge_fields(layout: Layout) -> Iterator[Finding]:
    for p in layout.marked:
        for mark in p.marks:
            if mark.kind is MarkKind.MERGE_FIELD:
                name = mark.name or p.text[mark.start : mark.end].strip("«»‹› ")
                yield Finding(
                    "merge_field",
                    Rank.FORM_FIELD,
                    (place(p, mark.start, mark.end),),
                    0.97,
                    label=title_of(name),
                    name=name,
                    same=f"var {name.casefold()}",
                )


def find_guillemets(layout: Layout) -> Iterator[Finding]:
    """Many languages quote with guillemets, so plain words count only where merge fields are about."""
    quoting = [p for p in layout.body if "«" in p.text or "‹" in p.text]
    merging = any(m.kind is MarkKind.MERGE_FIELD for p in layout.marked for m in p.marks)
    composed = [m for p in quoting for m in TOKEN.finditer(p.text) if _is_composed(m[1])]
    for p in quoting:
        yield from _in_paragraph(p, merging or len(composed) >= MIN_COMPOSED)


def _is_composed(word: str) -> bool:
    return word.isascii() and COMPOSED.fullmatch(word) is not None


def _in_paragraph(p: Paragraph, merging: bool) -> Iterator[Finding]:
    for match in TOKEN.finditer(p.text):
        if merging or _is_composed(match[1]):
            yield Finding(
                "guillemets",
                Rank.TOKEN,
                (place(p, match.start(), match.end()),),
                0.85,
                label=title_of(match[1]),
                name=match[1],
                same=f"var {match[1].casefold()}",
            )
