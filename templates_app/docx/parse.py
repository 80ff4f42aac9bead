"""A Word file understood: opened, read, its fields found by rules alone."""

from __future__ import annotations

import gc
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from .detectors import DETECTORS
from .errors import TooComplex
from .finding import Finding
from .layout import Layout
from .limits import LIMITS
from .model import Field, Outline, Parse
from .package import Package
from .read import read_outline
from .resolve import resolve

Tell = Callable[[int, str, int | None, int | None], None]
"""Progress: percent, phase, and how many of how many where that is known."""


def _silent(percent: int, phase: str, done: int | None, total: int | None) -> None:
    pass


def parse(data: bytes, tell: Tell = _silent) -> Parse:
    """Raises ``errors.Refused`` for what cannot be read."""
    with _without_collecting():
        tell(10, "Opening the file", None, None)
        package = Package(data)
        tell(20, "Reading paragraphs and tables", None, None)
        outline = read_outline(package)
        sections = len(outline.sections)
        tell(50, "Extracting sections", sections, sections)
        return Parse(outline, find_fields(outline, tell))


@contextmanager
def _without_collecting() -> Iterator[None]:
    """Hundreds of thousands of objects come to be, hardly any in a cycle: to look for cycles is a fifth of the work."""
    enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if enabled:
            gc.enable()


def find_fields(outline: Outline, tell: Tell = _silent) -> list[Field]:
    layout = Layout(outline)
    return resolve(layout, _findings(layout, tell))


def _findings(layout: Layout, tell: Tell) -> Iterator[Finding]:
    found = 0
    for done, detect in enumerate(DETECTORS):
        tell(55 + 30 * done // len(DETECTORS), "Identifying fields", done, len(DETECTORS))
        for finding in detect(layout):
            found += 1
            if found > LIMITS.places:
                raise TooComplex(f"The file has more than {LIMITS.places:,} places to fill in. Split it.")
            yield finding
