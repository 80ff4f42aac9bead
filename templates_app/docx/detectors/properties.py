"""Document properties shown in the text: the value is stored once and appears wherever its field stands."""

from __future__ import annotations

from collections.abc import Iterator

from ..finding import Finding, Rank, place
from ..layout import Layout, is_blank
from ..model import MarkKind
from ..wording import title_of
from .controls import CANONICAL


def find_properties(layout: Layout) -> Iterator[Finding]:
    for p in layout.marked:
        for mark in p.marks:
            if mark.kind is MarkKind.PROPERTY and not is_blank(p.text[mark.start : mark.end]):
                key = mark.name.casefold().replace(" ", "")
                yield Finding(
                    "property",
                    Rank.PROPERTY,
                    (place(p, mark.start, mark.end),),
                    0.9,
                    label=title_of(mark.name),
                    name=mark.name,
                    same=f"property {CANONICAL.get(key, key)}",
                )
