from __future__ import annotations

import pytest

from templates_app.docx.detectors.bare import find_bare

from ..build import paragraph
from ..understanding import findings, grid, spans

HEADING = '<w:style w:type="paragraph" w:styleId="H1"><w:name w:val="heading 1"/></w:style>'


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("Date: MM/DD/YYYY", ["MM/DD/YYYY"]),
        ("am TT.MM.JJJJ in Linz", ["TT.MM.JJJJ"]),
        ("le jj/mm/aaaa", ["jj/mm/aaaa"]),
        ("дд.мм.гггг", ["дд.мм.гггг"]),
        ("Call (XXX)XXX-XXXX now", ["(XXX)XXX-XXXX"]),
        ("asset #???? is", ["????"]),
        ("found here: LINK_TO_DOCS_REPO", ["LINK_TO_DOCS_REPO"]),
        ("found here: LINK", ["LINK"]),
        ("mail IR@IT_ACCOUNT_COMPANY.COM", ["IR@IT_ACCOUNT_COMPANY.COM"]),
        ("the staff of COMPANY NAME must", ["COMPANY NAME"]),
        ("ask YOUR MANAGER first", ["YOUR MANAGER"]),
    ],
)
def test_tokens_known_by_their_form(text: str, found: list[str]) -> None:
    assert spans(find_bare, paragraph(text)) == found


@pytest.mark.parametrize(
    "text",
    [
        "THE COMPANY IS LIABLE",
        "snake_case_name",
        "ISO 27001 and NIST 800-53",
        "and/or",
        "IT/OT security",
        "a MM wave",
        "see C:\\DATA_DIR\\X",
        "why???"[:-2],
    ],
)
def test_words_that_are_no_tokens(text: str) -> None:
    assert spans(find_bare, paragraph(text)) == []


def test_words_for_values_on_the_cover() -> None:
    cover = (
        paragraph("Security Plan")
        + paragraph("Version #")
        + paragraph("Plan Date")
        + paragraph("Document Classification")
    )
    inside = paragraph("Introduction", properties='<w:pStyle w:val="H1"/>') + paragraph("Plan Date")
    found = findings(find_bare, cover + inside * 3, styles=HEADING)
    assert [f.label for f in found] == ["Version", "Plan Date", "Document Classification"]


def test_a_date_shape_in_brackets_says_how_to_write_the_value_beside_it() -> None:
    assert spans(find_bare, paragraph("Born (dd/mm/yyyy): ______")) == []
    assert spans(find_bare, grid(["Born (DD/MM/YYYY)", ""])) == []
    assert spans(find_bare, paragraph("Version 1 (DD/MM/YYYY)")) == ["DD/MM/YYYY"]


def test_a_date_shape_with_blanks_around_its_strokes() -> None:
    assert spans(find_bare, paragraph("DD / MM / YYYY")) == ["DD / MM / YYYY"]
