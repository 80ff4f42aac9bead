"""One pass without a tree: what is told of, in which order, and what is let go."""

from __future__ import annotations

import pytest

from templates_app.docx import errors
from templates_app.docx.stream import CHUNK_BYTES, FALLBACK, Element, Stream, ignore


class Told(Stream):
    """Tells everything it is told."""

    def __init__(self) -> None:
        super().__init__()
        self.said: list[str] = []

    def begin(self, root: str) -> None:
        self.said.append(f"root {root}")
        self.units = frozenset({"p"})
        self.outer = frozenset({"table", "note"})
        self.leaves["t"] = lambda element: self.said.append(element.text or "")
        self.leaves["note"] = lambda element: self.said.append(f"note {len(element)}")
        self.frames |= {tag: (self._opened, self._closed) for tag in ("p", "table", "run")}

    def _opened(self, element: Element) -> None:
        self.said.append(f"<{element.tag}")

    def _closed(self, element: Element) -> None:
        self.said.append(f"{element.tag}>")


def told(inside: str) -> list[str]:
    stream = Told()
    stream.run(f"<doc>{inside}</doc>".encode(), max_elements=10_000)
    return stream.said[1:]


def test_units_are_visited_whole_and_frames_around_them_as_they_come() -> None:
    assert told("<table><p><run><t>a</t></run><x><t>b</t></x></p></table>") == [
        "<table", "<p", "<run", "a", "run>", "b", "p>", "table>"]


def test_units_inside_units_belong_to_the_outer_one() -> None:
    assert told("<p><table><p><t>in</t></p></table><t>out</t></p>") == [
        "<p", "<table", "<p", "in", "p>", "table>", "out", "p>"]


def test_leaves_are_told_whole() -> None:
    assert told("<note><p/><t>x</t></note>") == ["note 2"]


def test_doubles_are_passed_over() -> None:
    name = FALLBACK[1:].partition("}")[0]
    double = f'<f:Fallback xmlns:f="{name}"><p/><table/></f:Fallback>'
    stream = Told()
    stream.run(f"<doc>{double}<p>{double}</p></doc>".encode(), max_elements=100)
    assert stream.said[1:] == ["<p", "p>"]
    assert stream.units_seen == 1


def test_long_parts_come_in_pieces_without_loss() -> None:
    count = CHUNK_BYTES // 8
    assert told("<p><t>word</t></p>" * count) == ["<p", "word", "p>"] * count


def test_what_was_read_is_let_go() -> None:
    sizes: list[int] = []

    class Counting(Stream):
        def begin(self, root: str) -> None:
            self.units = frozenset({"p"})
            self.frames["p"] = ignore, ignore

        def _visit(self, tag: str, element: Element) -> None:
            super()._visit(tag, element)
            sizes.append(len(element))

    Counting().run(b"<doc><p><a/><b/></p></doc>", max_elements=10)
    assert sizes == [0]


@pytest.mark.parametrize(
    ("xml", "error"),
    [
        (b"<doc><p></doc>", errors.DamagedFile),
        (b"<doc><p/>", errors.DamagedFile),
        (b"", errors.DamagedFile),
        (b"<!DOCTYPE d [<!ENTITY x 'y'>]><doc>&x;</doc>", errors.UnsafeFile),
        (b"<doc>" + b"<a>" * 300 + b"</a>" * 300 + b"</doc>", errors.TooComplex),
        (b"<doc>" + b"<a/>" * 10_000 + b"</doc>", errors.TooComplex),
    ],
)
def test_what_cannot_be_read_is_refused(xml: bytes, error: type[errors.Refused]) -> None:
    with pytest.raises(error):
        Told().run(xml, max_elements=10_000)
