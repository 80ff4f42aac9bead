"""What holds of filling for any document and any values.

DNA_TEST_EXAMPLES=2000 looks at so many examples of each, new ones every time; without it the same few are looked at.
"""

from __future__ import annotations

import os
from random import Random

from hypothesis import HealthCheck, given, note, settings
from hypothesis import strategies as st
from lxml import etree

from bench.sameness import differences
from templates_app.docx.fill import Filled, fill
from templates_app.docx.package import Package
from templates_app.docx.parse import parse
from templates_app.docx.text import CHOICE, FALLBACK, namespace, paragraph_text

from .any_documents import AnyDocument, check_document, documents, split
from .build import build, paragraph
from .reading import DOCUMENT, check_places, texts, xml

PLAIN = st.sampled_from(["", "<w:b/>", '<w:rStyle w:val="X"/><w:i/>'])  # looks that are no marks themselves
NAMES = st.text(st.characters(categories=("L", "N")), min_size=1, max_size=8)
EXAMPLES = int(os.environ.get("DNA_TEST_EXAMPLES", "0"))
thorough = settings(
    max_examples=EXAMPLES or 100,
    derandomize=not EXAMPLES,
    database=None,
    deadline=None,
    suppress_health_check=list(HealthCheck),
)


def fill_checked(document: AnyDocument, chosen: set[str]) -> Filled:
    values = {key: value for key, value in document.values().items() if key in chosen}
    filled = fill(document.data, document.fields(), values)
    note(xml(filled.data))
    check_places(filled)
    assert filled.skipped == ()
    assert set(filled.unfilled) == set(document.values()) - chosen
    return filled


@thorough
@given(documents())
def test_each_value_stands_at_its_place_and_nothing_else_changes(document: AnyDocument) -> None:
    note(xml(document.data))
    filled = fill_checked(document, set(document.values()))
    assert check_document(document, filled, set(document.values())) == []
    assert differences(document.data, filled) == []
    assert fill(document.data, document.fields(), document.values()).data == filled.data
    check_copies(filled.data)
    assert "PlaceholderText" not in xml(filled.data)


def check_copies(data: bytes) -> None:
    """The version of a text box for older programs reads as the one Word shows."""
    root = Package.open(data).xml(DOCUMENT)
    w = namespace(root)
    for choice in root.iter(CHOICE):
        fallback = next(choice.itersiblings(FALLBACK))
        assert _texts(choice, w) == _texts(fallback, w)


def _texts(inside: etree._Element, w: str) -> list[str]:
    return [paragraph_text(p, w) for p in inside.iter(w + "p")]


@thorough
@given(documents(), st.randoms(use_true_random=False))
def test_what_is_left_can_be_filled_in_the_result(document: AnyDocument, random: Random) -> None:
    """Two fills, each of some of the fields, read as one of all."""
    note(xml(document.data))
    keys = sorted(document.values())
    first = {key for key in keys if random.random() < 0.5}
    filled = fill_checked(document, first)
    left = check_document(document, filled, first)
    assert {field.key for field in left} == set(keys) - first
    again = fill(filled.data, left, {field.key: document.values()[field.key] for field in left})
    whole = fill(document.data, document.fields(), document.values())
    for part in document.lines:
        assert texts(again.data, part) == texts(whole.data, part)


@st.composite
def letters(draw: st.DrawFn) -> bytes:
    """Letters whose fields anybody finds, however their runs are cut."""
    lines = ["Dear [Customer name], your order <<ORDER NUMBER>> came.", "Sent on {{delivery_date}} by ${sender}."]
    return build("".join(f"<w:p>{split(draw, line, PLAIN)}</w:p>" for line in lines) + paragraph("Yours, [Our name]"))


@thorough
@given(letters(), st.lists(NAMES, min_size=5, max_size=5), st.integers(0, 31))
def test_the_result_can_be_read_again_and_filled_further(data: bytes, values: list[str], chosen: int) -> None:
    fields = parse(data).fields
    wanted = {field.key: value for field, value in zip(fields, values, strict=True)}
    first = {key: value for number, (key, value) in enumerate(wanted.items()) if chosen >> number & 1}
    marks = {field.key: field.marker for field in fields}
    filled = fill(data, fields, first)
    found = {field.marker: field for field in parse(filled.data).fields}
    rest = {key: found[marks[key]] for key in wanted if key not in first}
    again = fill(filled.data, list(rest.values()), {field.key: wanted[key] for key, field in rest.items()})
    assert texts(again.data) == texts(fill(data, fields, wanted).data)
