from __future__ import annotations

import pytest

from templates_app.docx.detectors.boxes import find_boxes
from templates_app.docx.model import FieldType

from ..build import paragraph, run
from ..understanding import complex_field, control, findings, form_data, grid, spans

W14_BOX = '<w14:checkbox><w14:checked w14:val="0"/></w14:checkbox>'


@pytest.mark.parametrize(
    "text",
    [
        "Insured? ☐ Yes ☐ No",
        "Insured? Yes ☐ No ☐",
        "Insured? [ ] Yes [ ] No",
        "Insured? □ Yes  □ No",
        "Insured? \uf0a8 Yes \uf0a8 No",
    ],
)
def test_yes_and_no_in_one_line_are_one_choice(text: str) -> None:
    (found,) = findings(find_boxes, paragraph(text))
    assert found.type is FieldType.CHOICE and len(found.anchors) == 2
    assert [o.removeprefix("Insured? ") for o in found.options] == ["Yes", "No"]


def test_a_repeated_label_begins_the_next_choice() -> None:
    found = findings(find_boxes, paragraph("promoted\t☐ Ja\t☐ Nein\tharmed\t☐ Ja\t☐ Nein"))
    assert [len(f.anchors) for f in found] == [2, 2]


def test_boxes_to_tick_freely_are_check_boxes() -> None:
    body = paragraph("Services (check all that apply):") + paragraph("☐ Hosting") + paragraph("☐ Backup")
    found = findings(find_boxes, body)
    assert [(f.type, f.label) for f in found] == [
        (FieldType.CHECKBOX, "Services: Hosting"),
        (FieldType.CHECKBOX, "Services: Backup"),
    ]


def test_boxes_of_which_one_is_asked_for_are_a_choice() -> None:
    body = paragraph("Highest education (check only one)") + "".join(paragraph(f"☐ level {n}") for n in range(9))
    (found,) = findings(find_boxes, body)
    assert (
        found.type is FieldType.CHOICE
        and len(found.options) == 9
        and found.label == "Highest education (check only one)"
    )


def test_a_box_without_words_is_named_by_its_row() -> None:
    found = findings(find_boxes, grid(["☐", "Data Center"], ["☐", "Public Cloud"]))
    assert [f.label for f in found] == ["Data Center", "Public Cloud"]


def test_columns_of_boxes_make_a_choice_per_row() -> None:
    found = findings(find_boxes, grid(["Control", "Yes", "No"], ["Locked doors", "☐", "☐"], ["Alarm", "☐", "☐"]))
    assert [(f.label, f.options) for f in found] == [("Locked doors", ("Yes", "No")), ("Alarm", ("Yes", "No"))]


def test_every_guise_of_a_box() -> None:
    symbol = '<w:p><w:r><w:sym w:font="Wingdings" w:char="F06F"/></w:r>' + run(" paper") + "</w:p>"
    legacy = f"<w:p>{complex_field(' FORMCHECKBOX ', '', form_data('Check1', '<w:checkBox/>'))}{run(' card')}</w:p>"
    new = f"<w:p>{control(run('☐'), W14_BOX)}{run(' board')}</w:p>"
    around = control(paragraph("☐"), W14_BOX)
    found = findings(
        find_boxes, symbol + paragraph("Text.") + legacy + paragraph("Text.") + new + paragraph("Text.") + around
    )
    assert [(f.anchors[0].start, f.anchors[0].end, f.label) for f in found] == [
        (0, 1, "paper"),
        (0, 0, "card"),
        (0, 1, "board"),
        (0, 1, ""),
    ]


def test_a_bracketed_letter_is_a_token_where_no_box_is_drawn_so() -> None:
    assert findings(find_boxes, paragraph("[X] years of experience")) == []
    assert len(findings(find_boxes, paragraph("[X] done") + paragraph("Text.") + paragraph("[ ] open"))) == 2


def test_yes_and_no_before_their_boxes_with_words_behind() -> None:
    (found,) = findings(find_boxes, paragraph("Do you rent?    No ☐ Go to part 3.    Yes ☐ Give details."))
    assert found.options == ("No", "Yes") and found.label == "Do you rent"


@pytest.mark.parametrize(
    "text", ["Please tick ☑ what applies.", "Zutreffendes bitte ankreuzen ☒ oder ausfüllen", "Mark the box ☒ in full"]
)
def test_a_box_that_only_shows_how_to_tick_is_none(text: str) -> None:
    assert findings(find_boxes, paragraph(text)) == []


@pytest.mark.parametrize(
    ("text", "row"),
    [
        ("Born: [ ][ ] / [ ][ ] / [ ][ ][ ][ ]", "[ ][ ] / [ ][ ] / [ ][ ][ ][ ]"),
        ("〒□□□-□□□□", "□□□-□□□□"),
        ("Number ☐☐☐☐☐☐", "☐☐☐☐☐☐"),
    ],
)
def test_boxes_for_a_character_each_are_one_place(text: str, row: str) -> None:
    (found,) = findings(find_boxes, paragraph(text))
    assert found.type is None
    assert spans(find_boxes, paragraph(text)) == [row]


def test_boxes_nearer_to_the_words_before_them() -> None:
    (found,) = findings(find_boxes, paragraph("Title:  Mr ☐  Mrs ☐  Ms ☐  Other:"))
    assert found.options == ("Mr", "Mrs", "Ms") and found.label == "Title:"


def test_a_box_named_in_a_japanese_sentence_is_none() -> None:
    assert findings(find_boxes, paragraph("該当するものに☑をしてください")) == []


def test_a_box_between_two_questions_answers_the_first() -> None:
    found = findings(find_boxes, grid(["Colour printer?", "☐", "Number of printers:", ""]))
    assert [f.label for f in found] == ["Colour printer?"]


def test_boxes_of_opposites_exclude_each_other() -> None:
    found = findings(find_boxes, paragraph("Päätös") + paragraph("☐ hyväksytty") + paragraph("☐ hylätty"))
    assert [(f.label, f.type, f.options) for f in found] == [("Päätös", FieldType.CHOICE, ("hyväksytty", "hylätty"))]
    found = findings(find_boxes, paragraph("Enclosed") + paragraph("☐ plan") + paragraph("☐ photograph"))
    assert [f.type for f in found] == [FieldType.CHECKBOX] * 2
