from __future__ import annotations

import pytest

from templates_app.docx.model import Anchor
from templates_app.docx.surroundings import label_around

from .build import paragraph, run
from .understanding import fields_of, grid, layout_of

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


def test_what_a_contract_calls_a_party_names_its_first_place() -> None:
    text = "(1) ____ (company no. ____) of ____ (the “Supplier”); and ____ of ____ (en adelante, el «Cliente»)"
    body = paragraph(text)
    assert [label(body, 0, "____", n) for n in (0, 1, 3)] == ["Supplier", "company no", "Cliente"]
    assert "Supplier" not in label(body, 0, "____", 2) and "Cliente" not in label(body, 0, "____", 4)


def test_captions_stand_under_columns_of_places() -> None:
    body = f"<w:p>{run('____, den ____')}{TAB}{TAB}{run('________')}</w:p>"
    body += f"<w:p>{run('Ort, Datum')}{TAB}{run('Unterschrift')}</w:p>"
    assert [label(body, 0, mark, n) for mark, n in (("____", 0), ("____", 1), ("________", 0))] == [
        "Ort", "Datum", "Unterschrift"
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ("Fait à ____, le ____", ["Lieu", "Date"]),
        ("____, den ____", ["Ort", "Datum"]),
        ("En ____, a ____", ["Lugar", "Fecha"]),
    ],
)
def test_where_and_when_something_is_signed(text: str, names: list[str]) -> None:
    assert [label(paragraph(text), 0, "____", n) for n in (0, 1)] == names


def test_an_instruction_to_choose_is_no_caption() -> None:
    assert label(paragraph("Pay: ____ (delete as appropriate)"), 0, "____") == "Pay:"
    assert label(paragraph("____ (circle one)"), 0, "____") != "circle one"


def test_captions_below_lines_in_a_table() -> None:
    body = grid(["____", "____"], ["Buyer", "Seller"], ["____", "____"], ["Name of buyer", "Name of seller"])
    assert [label(body, p, "____") for p in (0, 1, 4, 5)] == ["Buyer", "Seller", "Name of buyer", "Name of seller"]


def test_the_title_over_a_whole_table_tells_no_cell_of_a_row_from_another() -> None:
    assert label(grid(["Leave"], ["First day", "____", "Last day", "____"]), 4, "____") == "Last day"


def test_a_row_asks_the_same_of_several() -> None:
    body = grid(["", "You", "Your partner"], ["Married?", "____", "____"], ["Born", "____", "____"])
    assert [label(body, p, "____") for p in (4, 5, 8)] == [
        "Married: You", "Married: Your partner", "Born: Your partner"
    ]  # fmt: skip


def test_parties_of_a_contract_made_on_a_day() -> None:
    body = paragraph("This lease is made on .... between ____ (“Landlord”) and ____ (“Tenant”).")
    assert label(body, 0, "....") == "This lease is made on"
    assert [label(body, 0, "____", n) for n in (0, 1)] == ["Landlord", "Tenant"]


def test_numbered_lines_have_the_name_above_the_first() -> None:
    lines = "".join(paragraph(f"{n}. ____________________") for n in (1, 2, 3))
    assert [f.label for f in fields_of(paragraph("Topics") + lines)] == ["Topics"] * 3
