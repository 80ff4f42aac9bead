"""The loss report: what a file holds that was not read, will not be filled, or cannot be seen; counted and placed.

Over the elements that hold text (w:t, w:delText, m:t, a:t) in all parts, those inside mc:Fallback left out, the
characters in the file are those read plus the ``unread`` ones of the losses.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence

from .errors import DamagedFile
from .model import Loss, LossKind
from .noting import DRAWN_TEXT, MATH, NotingWalk, shorten
from .package import W_STRICT, W_TRANSITIONAL, Package, Relationship
from .stream import Element, Stream, ignore, local, release
from .text import namespace

TEXTS = (*(w + name for w in (W_TRANSITIONAL, W_STRICT) for name in ("t", "delText")),
         *(math + "t" for math in MATH), *DRAWN_TEXT)
MAY_HOLD_TEXT = re.compile(rb"<(?:[\w.-]+:)?(?:t|delText)[\s>]")
DRAWN_DIAGRAM = "drawing"              # how Word last drew a diagram that is counted where it stands
ROOTS = {
    "comments": LossKind.COMMENT,
    "footnotes": LossKind.FOOTNOTE,
    "endnotes": LossKind.ENDNOTE,
    "glossaryDocument": LossKind.BUILDING_BLOCKS,
    "chartSpace": LossKind.CHART,
    "dataModel": LossKind.SMART_ART,
    DRAWN_DIAGRAM: LossKind.SMART_ART,
}
ITEMS = ("comment", "footnote", "endnote")
BUILDING_BLOCKS = "/glossary/"
EMPTY_SOURCES = b"bibliography"        # the list of cited works, which Word adds to files that cite nothing
PROTECTIONS = ("documentProtection", "writeProtection")


class PartWalk(Stream):
    """Reads a part that is no story for its texts alone: one loss for each comment or note, else one for the part."""

    def __init__(self, part: str, notes: dict[tuple[LossKind, str], tuple[str, int | None]]) -> None:
        super().__init__()
        self.losses: list[Loss] = []
        self._part = part
        self._notes = notes
        self._words: list[str] = []
        self._kind, self._count = LossKind.UNUSED_PART, 1

    def begin(self, root: str) -> None:
        name = local(root)
        self._count = 0 if name == DRAWN_DIAGRAM else 1
        self._kind = LossKind.BUILDING_BLOCKS if BUILDING_BLOCKS in self._part else ROOTS.get(name, self._kind)
        self.leaves |= dict.fromkeys(TEXTS, self._hear)
        items = root.removesuffix("s") if name.removesuffix("s") in ITEMS else root
        self.frames[items] = ignore, self._close_whole
        self.outer = frozenset({items, *TEXTS})

    def _hear(self, element: Element) -> None:
        self._words.append(element.text or "")

    def _close_whole(self, element: Element) -> None:
        """The end of a comment or note, or of the part."""
        space = element.tag.removesuffix(local(element.tag))
        part, p = self._notes.get((self._kind, element.get(space + "id", "")), (self._part, None))
        text = "".join(self._words)
        if text:
            self.losses.append(Loss(self._kind, part, p, self._count, len(text), shorten(text)))
        self._words.clear()
        release(element)


def find_losses(package: Package, walks: Sequence[NotingWalk]) -> list[Loss]:
    """Those of the stories in their order, then those of the other parts and of the file as a whole."""
    losses = [loss for walk in walks for loss in walk.losses]
    losses += _in_other_parts(package, walks)
    for walk in walks:
        losses += _linked(package, walk.part, walk.used)
    return [*losses, *_of_the_file(package)]


def _in_other_parts(package: Package, walks: Sequence[NotingWalk]) -> list[Loss]:
    notes = {key: (walk.part, p) for walk in walks for key, p in walk.notes.items()}
    drawn = _drawn_parts(package, walks)
    read = {walk.part for walk in walks}
    found: list[Loss] = []
    for name in package.names:
        if name in read or not name.casefold().endswith(".xml"):
            continue
        for loss in _in_part(package, name, notes):
            reference = drawn.get(name)
            if reference is not None:
                reference.unread += loss.unread
                reference.excerpt = reference.excerpt or loss.excerpt
            else:
                found.append(loss)
    return found


def _in_part(package: Package, name: str, notes: dict[tuple[LossKind, str], tuple[str, int | None]]) -> list[Loss]:
    try:
        data, max_elements = package.take(name)
        if not MAY_HOLD_TEXT.search(data) and b"\0" not in data[:4]:
            return []
        walk = PartWalk(name, notes)
        walk.run(data, max_elements=max_elements)
    except DamagedFile:
        return [Loss(LossKind.DAMAGED_PART, name)]
    return walk.losses


def _drawn_parts(package: Package, walks: Sequence[NotingWalk]) -> dict[str, Loss]:
    """The loss that stands for a chart or diagram in its paragraph, by the parts that the paragraph refers to."""
    drawn: dict[str, Loss] = {}
    for walk in walks:
        noted = {(loss.kind, loss.p): loss for loss in walk.losses}
        for relationship in package.relationships(walk.part):
            p = walk.used.get(relationship.id)
            for kind in (LossKind.CHART, LossKind.SMART_ART):
                if relationship.id in walk.used and (kind, p) in noted:
                    drawn[relationship.target] = noted[kind, p]
    return drawn


def _linked(package: Package, part: str, used: dict[str, int | None]) -> Iterator[Loss]:
    for link in _relationships(package, part):
        if link.external:
            kind = LossKind.EXTERNAL_LINK if link.type == "hyperlink" else LossKind.EXTERNAL_CONTENT
            yield Loss(kind, part, used.get(link.id), excerpt=shorten(link.target))


def _relationships(package: Package, part: str) -> Iterable[Relationship]:
    try:
        return package.relationships(part)
    except DamagedFile:
        return ()


def _of_the_file(package: Package) -> Iterator[Loss]:
    settings = package.related(package.main_part, "settings")
    if settings is not None:
        yield from _linked(package, settings, {})
        yield from _protections(package, settings)
    for relationship in package.relationships(package.main_part):
        if relationship.type == "vbaProject":
            yield Loss(LossKind.MACROS, relationship.target)
        elif relationship.type == "customXml" and _is_of_use(package, relationship.target):
            yield Loss(LossKind.CUSTOM_XML, relationship.target)
    for relationship in package.relationships(""):
        if relationship.type == "origin":
            yield Loss(LossKind.SIGNATURE, relationship.target)


def _is_of_use(package: Package, name: str) -> bool:
    try:
        return name in package.names and EMPTY_SOURCES not in package.read(name)[:1000]
    except DamagedFile:
        return True


def _protections(package: Package, settings: str) -> Iterator[Loss]:
    try:
        if b"Protection" not in package.read(settings):
            return
        root = package.xml(settings)
    except DamagedFile:
        return
    w = namespace(root)
    for name in PROTECTIONS:
        found = root.find(w + name)
        if found is not None and (found.get(w + "enforcement") or "1") not in ("0", "false", "off"):
            yield Loss(LossKind.PROTECTION, settings, excerpt=found.get(w + "edit") or name)
