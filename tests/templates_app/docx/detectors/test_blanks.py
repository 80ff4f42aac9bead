from __future__ import annotations

import pytest

from templates_app.docx.detectors.blanks import find_blanks
from templates_app.docx.model import FieldType

from ..build import paragraph
from ..understanding import findings, grid, spans


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("Name: ______________", ["______________"]),
        ("Nom : ............ Prénom : ............", ["............", "............"]),
        ("Ort ……… Datum ………", ["………", "………"]),
        ("Software: … , … , …", ["… , … , …"]),
        ("руб. __ коп.", ["__"]),
        ("to pay $________ at once", ["________"]),
    ],
)
def test_runs_of_marks(text: str, found: list[str]) -> None:
    assert spans(find_blanks, paragraph(text)) == found


@pytest.mark.parametrize("text", ["от «___» __________ 20__ г.", "on ____________ 20__", "on ________, 20 ___ in"])
def test_a_date_to_write_is_one_place(text: str) -> None:
    (found,) = findings(find_blanks, paragraph(text))
    assert found.type is FieldType.DATE


@pytest.mark.parametrize("text", ["and so on...", "see snake_case and __init__", "wait… what", "1. Scope"])
def test_marks_inside_text_are_text(text: str) -> None:
    assert spans(find_blanks, paragraph(text)) == []


def test_lines_under_a_line_are_one_value() -> None:
    body = paragraph("Remarks:") + paragraph("_" * 40) + paragraph("_" * 40)
    assert len(findings(find_blanks, body)) == 1


def test_a_rule_across_the_page_is_no_place() -> None:
    long = "This sentence is far too long to be the caption of the line that is drawn below it. " * 2
    assert findings(find_blanks, paragraph(long) + paragraph("_" * 70) + paragraph(long)) == []


def test_an_ellipsis_fills_the_cell_beside_a_label() -> None:
    assert spans(find_blanks, grid(["Entry level", "…"], ["Board", "…"])) == ["…", "…"]
    assert spans(find_blanks, paragraph("…")) == []


def test_lines_in_cells_side_by_side_are_places_of_their_own() -> None:
    assert spans(find_blanks, grid(["________", "________"], ["Buyer", "Seller"])) == ["________", "________"]


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("Du ……/……/………… au ../../....", ["……/……/…………", "../../...."]),
        ("Né(e) le : |__|__| |__|__| |__|__|__|__| à ____", ["|__|__| |__|__| |__|__|__|__|", "____"]),
        ("ID: |_|_|_|_|", ["|_|_|_|_|"]),
        ("日期：年  月  日", ["年  月  日"]),
        ("2024年　月　日", ["2024年　月　日"]),
        ("　　　　㊞", ["　　　　"]),
        ("その他（　　　　）", ["　　　　"]),
        ("合計　　　円", ["　　　"]),
    ],
)
def test_marks_that_stand_together_are_one_place(text: str, found: list[str]) -> None:
    assert spans(find_blanks, paragraph(text)) == found


def test_a_line_under_an_answer_that_is_signed_does_not_go_on_with_it() -> None:
    answer, captions = paragraph("Details: ______"), paragraph("Signature      Date")
    signed = paragraph("________      ______")
    assert spans(find_blanks, answer + signed + captions) == ["______", "________", "______"]
    assert spans(find_blanks, answer + paragraph("________") + paragraph("Part B")) == ["______"]


def test_a_line_below_the_place_and_the_day_is_signed() -> None:
    signed = paragraph("____________") + paragraph("Assinatura do requerente")
    body = paragraph("______, __ de ______ de 20__.") + signed
    assert spans(find_blanks, body)[-1] == "____________"


@pytest.mark.parametrize(("text", "found"), [("Born: …… - …… - …………", "…… - …… - …………"), ("Born:    /    /", "/    /")])
def test_days_with_other_strokes(text: str, found: str) -> None:
    assert spans(find_blanks, paragraph(text)) == [found]


def test_a_time_of_day_is_one_place_and_no_date() -> None:
    found = findings(find_blanks, paragraph("Termin: __:__ Uhr, fin à __h__"))
    assert [f.type for f in found] == [FieldType.TEXT, FieldType.TEXT]
    assert spans(find_blanks, paragraph("〒　　　-　　　　")) == ["　　　-　　　　"]


def test_wide_blanks_after_a_short_label_are_a_place() -> None:
    assert spans(find_blanks, paragraph("　所　在　地　　　　　　　　")) == ["　　　　　　　　"]
    assert spans(find_blanks, paragraph("理事長　福島　実　　殿")) == []
