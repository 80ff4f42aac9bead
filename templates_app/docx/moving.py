"""Where the places of one file are in another version of it: paragraphs matched by their texts, spans within them.

A place whose text is gone, or whose paragraph is, has no counterpart.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from difflib import SequenceMatcher

from .model import Anchor, Field, Outline, Paragraph

MAX_COMPARED = 4_000_000               # pairs of paragraphs; comparing more takes over a second
MAX_CHARACTERS = 4_000                 # of a changed paragraph that is compared letter by letter
ALIKE = 0.5                            # of two paragraphs that stand for one another in changed stretches
Address = tuple[str, int]


class Movement:
    """From an old outline to a new one, matched part by part."""

    def __init__(self, old: Outline, new: Outline) -> None:
        self._old = {(p.part, p.p): p for p in old.paragraphs}
        self._new = {(p.part, p.p): p for p in new.paragraphs}
        self._address: dict[Address, Address] = {}
        for part in dict.fromkeys(p.part for p in old.paragraphs):
            ours = [p for p in old.paragraphs if p.part == part]
            theirs = [p for p in new.paragraphs if p.part == part]
            self._address.update(((a.part, a.p), (b.part, b.p)) for a, b in _pairs(ours, theirs))

    def paragraph(self, address: Address) -> Address | None:
        return self._address.get(address)

    def anchor(self, anchor: Anchor) -> Anchor | None:
        address = self._address.get((anchor.part, anchor.p))
        if address is None:
            return None
        old, new = self._old[anchor.part, anchor.p].text, self._new[address].text
        span = (anchor.start, anchor.end) if old == new else _moved(old, new, anchor.start, anchor.end)
        return Anchor(*address, *span) if span is not None else None

    def fields(self, fields: Sequence[Field]) -> list[Field]:
        """Those that have a place left, with the places they have; boxes of a choice only all together."""
        moved = []
        for one in fields:
            anchors = tuple(found for anchor in one.anchors if (found := self.anchor(anchor)) is not None)
            whole = len(anchors) == len(one.anchors)
            if anchors and (whole or not (one.options and len(one.options) == len(one.anchors))):
                moved.append(replace(one, anchors=anchors))
        return moved


def _pairs(ours: Sequence[Paragraph], theirs: Sequence[Paragraph]) -> Iterator[tuple[Paragraph, Paragraph]]:
    """What is the same at both ends first: most versions differ in a few places."""
    first = 0
    while first < min(len(ours), len(theirs)) and ours[first].text == theirs[first].text:
        first += 1
    last = 0
    while last < min(len(ours), len(theirs)) - first and ours[-1 - last].text == theirs[-1 - last].text:
        last += 1
    yield from zip(ours[:first], theirs[:first], strict=True)
    yield from _changed(ours[first : len(ours) - last], theirs[first : len(theirs) - last])
    yield from zip(ours[len(ours) - last :], theirs[len(theirs) - last :], strict=True)


def _changed(ours: Sequence[Paragraph], theirs: Sequence[Paragraph]) -> Iterator[tuple[Paragraph, Paragraph]]:
    if len(ours) * len(theirs) > MAX_COMPARED:
        yield from ((a, b) for a, b in zip(ours, theirs, strict=False) if a.text == b.text)
        return
    matcher = SequenceMatcher(None, [p.text for p in ours], [p.text for p in theirs], autojunk=False)
    for kind, i, j, k, m in matcher.get_opcodes():
        if kind == "equal":
            yield from zip(ours[i:j], theirs[k:m], strict=True)
        elif kind == "replace":
            yield from _alike(ours[i:j], theirs[k:m])


def _alike(ours: Sequence[Paragraph], theirs: Sequence[Paragraph]) -> Iterator[tuple[Paragraph, Paragraph]]:
    """In order, each with the next one that is like it."""
    at = 0
    for mine in ours:
        for number in range(at, len(theirs)):
            if _is_alike(mine.text, theirs[number].text):
                yield mine, theirs[number]
                at = number + 1
                break


def _is_alike(old: str, new: str) -> bool:
    matcher = SequenceMatcher(None, old[:MAX_CHARACTERS], new[:MAX_CHARACTERS], autojunk=False)
    return matcher.quick_ratio() >= ALIKE and matcher.ratio() >= ALIKE


def _moved(old: str, new: str, start: int, end: int) -> tuple[int, int] | None:
    """The span in the new text; None where some of it is gone, or where an empty place lost both its neighbours."""
    if max(len(old), len(new)) > MAX_CHARACTERS:
        return _only_there(old, new, start, end)
    for block in SequenceMatcher(None, old, new, autojunk=False).get_matching_blocks():
        if block.a <= start and end <= block.a + block.size and (block.size or not old):
            return start - block.a + block.b, end - block.a + block.b
    return None


def _only_there(old: str, new: str, start: int, end: int) -> tuple[int, int] | None:
    """By the text itself, where it stands once."""
    marker = old[start:end]
    if not marker or old.count(marker) != 1 or new.count(marker) != 1:
        return None
    at = new.index(marker)
    return at, at + len(marker)
