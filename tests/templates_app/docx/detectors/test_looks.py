"""Highlighted and coloured words, words of which one stays, and guidance in place of a text."""

from __future__ import annotations

import pytest

from templates_app.docx.detectors.alternatives import find_alternatives
from templates_app.docx.detectors.colored import find_colored, find_highlighted
from templates_app.docx.detectors.guidance import find_guidance
from templates_app.docx.model import FieldType

from ..build import paragraph, run
from ..understanding import findings, grid, spans

YELLOW = '<w:highlight w:val="yellow"/>'
RED = '<w:color w:val="FF0000"/>'
TEXT = paragraph("Plain text that nobody marked, and enough of it to make the marked words rare. " * 4)
HEADING = '<w:style w:type="paragraph" w:styleId="H1"><w:name w:val="heading 1"/></w:style>'


def line(*runs: str) -> str:
    return f"<w:p>{''.join(runs)}</w:p>"


def test_highlighted_words_are_a_place_over_all_their_runs() -> None:
    body = line(run("Contact "), run("Jane", YELLOW), run(" Doe", YELLOW + "<w:b/>"), run(" at once")) + TEXT
    assert spans(find_highlighted, body) == ["Jane Doe"]


@pytest.mark.parametrize("words", ["Name:", "TODO", "   ", "Delete this whole paragraph before use. " * 5])
def test_highlighted_labels_remarks_and_guidance_are_no_places(words: str) -> None:
    assert spans(find_highlighted, line(run("x "), run(words, YELLOW)) + TEXT * 3) == []


def test_a_highlighted_document_marks_nothing() -> None:
    assert spans(find_highlighted, line(run("All of it", YELLOW)) + line(run("is yellow", YELLOW))) == []


def test_red_words_in_black_text() -> None:
    assert spans(find_colored, line(run("valid for "), run("two years", RED), run(" only")) + TEXT) == ["two years"]
    blue = '<w:color w:val="0000FF"/>'
    assert spans(find_colored, line(run("see "), run("example.org", blue)) + TEXT) == []
    assert spans(find_colored, line(run("All red", RED)) + TEXT) == []


def test_yes_or_no_in_words() -> None:
    (found,) = findings(find_alternatives, paragraph("Is there any funding?   Yes / No"))
    assert found.type is FieldType.CHOICE and found.options == ("Yes", "No")
    assert spans(find_alternatives, paragraph("Versichert: ja/nein")) == ["ja/nein"]


def test_named_alternatives_when_asked_to_select() -> None:
    assert spans(find_alternatives, paragraph("Select the type you require Managed / Unmanaged")) == [
        "Managed / Unmanaged"
    ]
    assert spans(find_alternatives, paragraph("Device / System Name")) == []


def test_yes_or_no_in_a_column_title_says_what_goes_below() -> None:
    assert spans(find_alternatives, grid(["Item", "Done? Yes/No"], ["Badge", ""])) == []


def test_guidance_alone_under_a_heading_is_the_place_of_the_text() -> None:
    def heading(text: str) -> str:
        return paragraph(text, properties='<w:pStyle w:val="H1"/>')

    body = (
        heading("Purpose")
        + paragraph("Describe the purpose of the system and its users.")
        + heading("Scope")
        + paragraph("Describe the scope of the system.")
        + paragraph("It covers all sites.")
        + heading("Terms")
        + paragraph("Describing terms is not needed here at all.")
    )
    (found,) = findings(find_guidance, body, styles=HEADING)
    assert (found.label, found.type) == ("Purpose", FieldType.LONG_TEXT)


@pytest.mark.parametrize(
    ("text", "words", "options"),
    [
        ("Was treatment required?   Yes   No   (circle one)", "Yes   No", ("Yes", "No")),
        ("Were there witnesses?  YES  /  NO", "YES  /  NO", ("YES", "NO")),
        ("Sex:  Male   Female", "Male   Female", ("Male", "Female")),
        ("Sex: Male / Female      Born: ________", "Male / Female", ("Male", "Female")),
        ("Lausunto: puollan/en puolla*     Allekirjoitus: ____", "puollan/en puolla", ("puollan", "en puolla")),
        ("Gender: M / F", "M / F", ("M", "F")),
        ("Geschlecht: männlich / weiblich", "männlich / weiblich", ("männlich", "weiblich")),
        ("Approved / Not approved (circle one)", "Approved / Not approved", ("Approved", "Not approved")),
        ("Result: Carried / Not carried", "Carried / Not carried", ("Carried", "Not carried")),
        ("Terms: daily / weekly / hourly (delete one)", "daily / weekly / hourly", ("daily", "weekly", "hourly")),
    ],
)
def test_words_to_circle_or_to_strike_out(text: str, words: str, options: tuple[str, ...]) -> None:
    (found,) = findings(find_alternatives, paragraph(text))
    assert found.options == options and spans(find_alternatives, paragraph(text)) == [words]


def test_words_to_circle_beside_their_label() -> None:
    assert spans(find_alternatives, grid(["Sex", "Male / Female"])) == ["Male / Female"]


@pytest.mark.parametrize(
    "text", ["Male / female ratio of the staff", "approved / rejected", "Yes   No   Perhaps so"]
)
def test_words_that_offer_nothing(text: str) -> None:
    assert spans(find_alternatives, paragraph(text)) == []


def test_levels_beside_what_is_rated() -> None:
    assert spans(find_alternatives, grid(["Risk rating", "High / Medium / Low"])) == ["High / Medium / Low"]
    assert spans(find_alternatives, grid(["Runs on", "Windows / Linux / Solaris"])) == []


def test_a_short_letter_may_be_highlighted_in_many_places() -> None:
    marked = '<w:highlight w:val="yellow"/>'
    words = "".join(f"<w:p>{run('To ')}{run(name, marked)}</w:p>" for name in ("Company Name", "Project Title"))
    assert spans(find_highlighted, words + paragraph("and all others")) == ["Company Name", "Project Title"]


def test_words_parted_by_a_middle_dot() -> None:
    (found,) = findings(find_alternatives, grid(["性別", "男 ・ 女"]))
    assert found.options == ("男", "女")
