from __future__ import annotations

import pytest

from templates_app.docx.model import Anchor
from templates_app.docx.surroundings import label_around

from .build import paragraph, run
from .understanding import grid, layout_of

TAB = "<w:r><w:tab/></w:r>"


def label(body: str, p: int, text: str, n: int = 0) -> str:
    """What names the n-th place that shows ``text`` in a paragraph."""
    layout = layout_of(body)
    shown = layout.paragraphs[p].text
    start = -1
    for _ in range(n + 1):
        start = shown.index(text, start + 1) if text else 0
    return label_around(layout, Anchor("word/document.xml", p, start, start + len(text)))


@pytest.mark.parametrize(
    ("text", "n", "found"),
    [
        ("Name: ____", 0, "Name:"),
        ("Name ____ Date ____", 1, "Date"),
        ("First sentence. Paid on ____", 0, "Paid on"),
        ("Purpose (e.g. research): ____", 0, "Purpose (e.g research):"),
        ("____ (signature)", 0, "signature"),
    ],
)
def test_words_in_the_same_line(text: str, n: int, found: str) -> None:
    assert label(paragraph(text), 0, "____", n) == found


def test_captions_below_in_order() -> None:
    body = paragraph("____      ____") + paragraph("(signature)      (name)")
    assert [label(body, 0, "____", n) for n in (0, 1)] == ["signature", "name"]


def test_a_line_to_sign_on_is_named_by_the_words_below() -> None:
    assert label(paragraph("________") + paragraph("Managing director"), 0, "________") == "Managing director"
    assert label(paragraph("Remarks:") + paragraph("________") + paragraph("Name: ____"), 1, "________") == "Remarks:"


def test_columns_set_out_by_tabs() -> None:
    titles = f"<w:p>{run('Office')}{TAB}{run('Kind')}</w:p>"
    places = f"<w:p>{run('[a]')}{TAB}{run('[b]')}</w:p>"
    assert [label(titles + places, 1, mark) for mark in ("[a]", "[b]")] == ["Office", "Kind"]


def test_the_line_above_names_when_it_asks() -> None:
    assert label(paragraph("Why do you apply?") + paragraph("____"), 1, "____") == "Why do you apply?"
    assert label(paragraph("Kind regards, [name]") + paragraph("____"), 1, "____") == ""


def test_cells_beside_above_and_within() -> None:
    assert label(grid(["Town", "____"]), 1, "____") == "Town"
    assert label(grid(["Item", "Price"], ["____", "____"]), 2, "____") == "Item"
    assert label(grid(["Item", "Price", "Sum"], ["Pen", "____", "____"]), 4, "____") == "Pen: Price"
