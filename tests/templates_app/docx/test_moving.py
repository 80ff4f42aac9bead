"""Places of one version found in another: by equal paragraphs, by alike ones, by the letters around them."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from templates_app.docx.model import Anchor, Field, FieldType, Outline, Paragraph
from templates_app.docx.moving import MAX_CHARACTERS, Movement

PART = "word/document.xml"


def outline(*texts: str) -> Outline:
    return Outline("0" * 64, [Paragraph(PART, number, text) for number, text in enumerate(texts)])


def moved(old: Outline, new: Outline, p: int, start: int, end: int) -> tuple[int, int, int] | None:
    found = Movement(old, new).anchor(Anchor(PART, p, start, end))
    return (found.p, found.start, found.end) if found else None


def test_a_paragraph_more_moves_what_follows() -> None:
    old, new = outline("One", "Two [x]", "Three"), outline("One", "New", "Two [x]", "Three")
    assert moved(old, new, 1, 4, 7) == (2, 4, 7)
    assert moved(old, new, 2, 5, 5) == (3, 5, 5)


def test_within_a_changed_paragraph_a_place_keeps_its_letters() -> None:
    old, new = outline("The customer is [x] of town."), outline("Our valued customer is [x] of the town.")
    assert moved(old, new, 0, 16, 19) == (0, 23, 26)


@pytest.mark.parametrize("changed", ["The customer is Acme of town.", "Something else altogether, at length."])
def test_what_is_gone_has_no_counterpart(changed: str) -> None:
    assert moved(outline("The customer is [x] of town."), outline(changed), 0, 16, 19) is None


def test_a_deleted_paragraph_takes_its_fields_along_and_boxes_go_together() -> None:
    old, new = outline("☐ Yes ☐ No", "[x] here", "[x] there"), outline("☐ Yes", "[x] there")
    both = (Anchor(PART, 0, 0, 1), Anchor(PART, 0, 6, 7))
    boxes = Field("answer", "Answer", FieldType.CHOICE, both, options=("Yes", "No"))
    twice = Field("name", "Name", FieldType.TEXT, (Anchor(PART, 1, 0, 3), Anchor(PART, 2, 0, 3)))
    (kept,) = Movement(old, new).fields([boxes, twice])
    assert (kept.key, kept.anchors) == ("name", (Anchor(PART, 1, 0, 3),))


def test_a_long_paragraph_is_searched_for_what_stands_there_once() -> None:
    filler = "word " * MAX_CHARACTERS
    old, new = outline(f"{filler}[x]"), outline(f"More {filler}[x]")
    assert moved(old, new, 0, len(filler), len(filler) + 3) == (0, len(filler) + 5, len(filler) + 8)
    assert moved(old, new, 0, 0, 4) is None


@given(st.lists(st.text("ab c[]_", max_size=12), max_size=12), st.lists(st.text("ab c[]_", max_size=12), max_size=12))
def test_a_moved_place_has_the_same_text(old: list[str], new: list[str]) -> None:
    movement = Movement(outline(*old), outline(*new))
    for p, text in enumerate(old):
        for start in range(len(text)):
            found = movement.anchor(Anchor(PART, p, start, start + 1))
            assert found is None or new[found.p][found.start : found.end] == text[start]
