"""What tests of filling ask of a file: its texts, its XML, a field at a place."""

from __future__ import annotations

from typing import Any

from lxml import etree

from templates_app.docx.fill import Filled
from templates_app.docx.model import Anchor, Field, FieldType
from templates_app.docx.package import Package
from templates_app.docx.text import iter_paragraphs, namespace, paragraph_text

DOCUMENT = "word/document.xml"


def texts(data: bytes, part: str = DOCUMENT) -> list[str]:
    root = Package.open(data).xml(part)
    w = namespace(root)
    return [paragraph_text(p, w) for p in iter_paragraphs(root, w)]


def xml(data: bytes, part: str = DOCUMENT) -> str:
    return etree.tostring(Package.open(data).xml(part), encoding="unicode")


def at(p: int, start: int, end: int, part: str = DOCUMENT) -> Anchor:
    return Anchor(part, p, start, end)


def a_field(key: str, *anchors: Anchor, kind: FieldType = FieldType.TEXT, **more: Any) -> Field:
    return Field(key, key.replace("_", " ").title(), kind, anchors, **more)


def token_field(data: bytes, key: str, token: str, part: str = DOCUMENT) -> Field:
    """A field at every place where the token stands."""
    anchors = [
        Anchor(part, number, text.index(token), text.index(token) + len(token))
        for number, text in enumerate(texts(data, part))
        if token in text
    ]
    return a_field(key, *anchors)


def check_places(filled: Filled) -> None:
    """Every value stands where the report says, whole: a long text in several paragraphs."""
    for placed in filled.placed_spans:
        spans = (placed.place, *placed.further)
        here = [texts(filled.data, span.part)[span.p][span.start : span.end] for span in spans]
        assert "\n".join(here) == placed.text, placed
