"""Page machinery: page numbers, references, dates of saving. They take their place and are never fields."""

from __future__ import annotations

from collections.abc import Iterator

from ..finding import Finding, Rank, place
from ..layout import Layout
from ..model import MarkKind


def find_computed(layout: Layout) -> Iterator[Finding]:
    for p in layout.marked:
        for mark in p.marks:
            if mark.kind is not MarkKind.COMPUTED or mark.end <= mark.start or mark.control == "INCLUDEPICTURE":
                continue
            if not any(s.highlighted and s.start <= mark.start < s.end for s in p.spans):  # marked to be replaced
                yield Finding("computed", Rank.COMPUTED, (place(p, mark.start, mark.end),), 1.0, ignored=True)
