"""One pass over the XML of a part that keeps no tree: the elements of interest as they begin and end.

A whole tree takes 400 bytes for every element, 150 MB for the largest real part; here what was read is let go.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import Any

from lxml import etree

from . import errors
from .package import checked_xml, parser_options, syntax_refusal

Element = Any  # lxml elements: their stubs do not know iteration over mixed nodes
Handler = Callable[[Element], object]
COMPATIBILITY = "{http://schemas.openxmlformats.org/markup-compatibility/2006}"
FALLBACK = COMPATIBILITY + "Fallback"
CHUNK_BYTES = 1 << 15                  # one step of the parser; what it reads ahead is in memory at once
HEAD_BYTES = 1 << 11                   # nearly always holds the start of the root


class Stream:
    """Reads one part. A reader says in ``begin`` by tag what is of interest: the rest is entered without a word.

    ``leaves`` are handled whole, nothing inside them is visited; ``frames`` are told when they open and when they
    close. Elements in ``units`` are parsed whole and then visited, everything around them as it comes, which is all
    that can be told of it: ``outer`` are the tags that matter there.
    """

    def __init__(self) -> None:
        self.leaves: dict[str, Handler] = {FALLBACK: ignore}
        self.frames: dict[str, tuple[Handler, Handler]] = {}
        self.units: frozenset[str] = frozenset()
        self.outer: frozenset[str] = frozenset()
        self.units_seen = 0            # those inside others among them, those in mc:Fallback not

    def begin(self, root: str) -> None:
        """Called with the tag of the root element, before anything else."""

    def run(self, data: bytes, *, max_elements: int) -> None:
        """Raises ``errors.Refused`` for what is no well-formed XML or more than the limits allow."""
        text = checked_xml(data, max_elements=max_elements)
        try:
            self.begin(_root_tag(text))
            self._follow(_events(text, {FALLBACK, *self.outer, *self.units}))
        except etree.XMLSyntaxError as error:
            raise syntax_refusal(error) from error

    def _follow(self, events: Iterable[tuple[str, Element]]) -> None:
        """``within`` is the leaf or unit that is open, whose end is waited for; nothing inside it is of interest."""
        within: Element | None = None
        doubled = False
        for event, element in events:
            tag = element.tag
            if event == "start":
                doubled = doubled or tag == FALLBACK
                self.units_seen += tag in self.units and not doubled
                if within is None and (tag in self.leaves or tag in self.units):
                    within = element
                elif within is None:
                    self.frames[tag][0](element)
            elif within is None:
                self.frames[tag][1](element)
            elif element is within:
                self._visit(tag, element)
                within, doubled = None, False
            elif tag == FALLBACK:
                doubled = False

    def _visit(self, tag: str, element: Element) -> None:
        if (leaf := self.leaves.get(tag)) is not None:
            leaf(element)
            return
        opened, closed = self.frames[tag]
        opened(element)
        self.enter(element)
        closed(element)
        release(element)

    def enter(self, element: Element) -> None:
        """Visit what is inside an element that is parsed whole."""
        leaves, frames = self.leaves.get, self.frames
        for inner in element:
            tag = inner.tag
            leaf = leaves(tag)
            if leaf is not None:
                leaf(inner)
            elif tag in frames:
                opened, closed = frames[tag]
                opened(inner)
                self.enter(inner)
                closed(inner)
            elif len(inner):
                self.enter(inner)


def _root_tag(text: bytes) -> str:
    parser = etree.XMLPullParser(events=("start",), **parser_options())
    for start in range(0, len(text), HEAD_BYTES):
        parser.feed(text[start : start + HEAD_BYTES])
        found: list[tuple[str, Element]] = list(parser.read_events())
        if found:
            return str(found[0][1].tag)
    raise errors.DamagedFile


def _events(text: bytes, tags: set[str]) -> Iterator[tuple[str, Element]]:
    parser = etree.XMLPullParser(events=("start", "end"), tag=tags, **parser_options())
    for start in range(0, len(text), CHUNK_BYTES):
        parser.feed(text[start : start + CHUNK_BYTES])
        yield from parser.read_events()
    parser.close()
    yield from parser.read_events()


def release(element: Element) -> None:
    """Let go of everything inside a finished element; what follows it may be in the parser's hands."""
    element.clear(keep_tail=True)


def local(tag: object) -> str:
    """A name without its namespace."""
    return str(tag).rpartition("}")[2]


def ignore(_: Element) -> None:
    """For a leaf that is passed over, or a frame of which only one end is of interest."""


def child(bag: Element, tag: str) -> Element | None:
    """The first element of that tag directly inside."""
    for element in bag:
        if element.tag == tag:
            return element
    return None
