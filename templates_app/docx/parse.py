"""A Word file understood: opened, read, its fields found by rules alone."""

from __future__ import annotations

from .detectors import DETECTORS
from .layout import Layout
from .model import Field, Outline, Parse
from .package import Package
from .read import read_outline
from .resolve import resolve


def parse(data: bytes) -> Parse:
    """Raises ``errors.Refused`` for what cannot be read."""
    outline = read_outline(Package.open(data))
    return Parse(outline, find_fields(outline))


def find_fields(outline: Outline) -> list[Field]:
    layout = Layout(outline)
    return resolve(layout, (finding for detect in DETECTORS for finding in detect(layout)))
