from __future__ import annotations

import pytest

from templates_app.docx.detectors.labels import find_labels

from ..build import paragraph, run
from ..understanding import complex_field, findings, grid

LIST = '<w:numPr><w:ilvl w:val="0"/><w:numId w:val="1"/></w:numPr>'
BULLET = (
    '<w:abstractNum w:abstractNumId="0"><w:lvl w:ilvl="0"><w:numFmt w:val="bullet"/>'
    '<w:lvlText w:val="•"/></w:lvl></w:abstractNum>'
    '<w:num w:numId="1"><w:abstractNumId w:val="0"/></w:num>'
)


def places(body: str, **parts: str) -> list[tuple[int, int, int]]:
    return [(f.anchors[0].p, f.anchors[0].start, f.anchors[0].end) for f in findings(find_labels, body, **parts)]


def test_labels_below_each_other() -> None:
    assert places(paragraph("Name:") + paragraph("Date: ") + paragraph("Ort：")) == [(0, 5, 5), (1, 6, 6), (2, 4, 4)]


@pytest.mark.parametrize(
    "body",
    [
        paragraph("The organization:") + paragraph("identifies its assets and keeps a list of them at all times;"),
        paragraph("Assets:") + paragraph("Servers", properties=LIST),
        paragraph("Contacts:") + grid(["Name", "Phone"], ["", ""]),
        paragraph("Please provide details of the request:") + paragraph(""),
        paragraph("We use the following definitions:") + paragraph(""),
        paragraph("Summary:") + paragraph("") + paragraph("{summary}"),
        paragraph("Between:") + paragraph("") + paragraph("{{ seller }}, the first party"),
    ],
)
def test_a_colon_that_introduces_what_follows(body: str) -> None:
    assert places(body, numbering=BULLET) == []


def test_a_label_alone_in_its_cell() -> None:
    assert places(grid(["Responsible Role:"], ["Parameter:"])) == [(0, 17, 17), (1, 10, 10)]


def test_the_cell_beside_takes_the_value() -> None:
    assert places(grid(["Name:", ""], ["Date:", "1 May"])) == []


def test_a_forgotten_colon_among_its_like() -> None:
    style = '<w:style w:type="paragraph" w:styleId="P"><w:name w:val="Parameter"/></w:style>'
    rows = "".join(
        f'<w:tr><w:tc>{paragraph(text, properties="""<w:pStyle w:val="P"/>""")}</w:tc></w:tr>'
        for text in ("Parameter (a):", "Parameter (b)", "Remarks")
    )
    assert places(f"<w:tbl>{rows}</w:tbl>", styles=style) == [(0, 14, 14), (1, 13, 13)]


def test_labels_in_one_line() -> None:
    body = paragraph("PLZ:      ").replace("</w:p>", "<w:r><w:tab/></w:r>" + run("Wohnort:  ") + "</w:p>")
    assert places(body) == [(0, 21, 21), (0, 4, 10)]


def test_a_form_is_filled_through_its_fields() -> None:
    field = complex_field(" FORMTEXT ", "\u2002\u2002")
    table = f"<w:tbl><w:tr><w:tc><w:p>{run('Name: ')}{field}</w:p>{paragraph('Remarks:')}</w:tc></w:tr></w:tbl>"
    assert places(table) == []


def test_a_row_of_labels_over_empty_cells_leaves_the_value_to_them() -> None:
    assert places(grid(["Name:", "Date:"], ["", ""])) == []
    assert places(grid(["Name:", "Date:"], ["", "x"])) == [(0, 5, 5), (1, 5, 5)]


def test_the_last_of_several_labels_asks_whatever_follows() -> None:
    body = paragraph("Date:") + paragraph("Place:") + paragraph("The meeting was closed at noon.")
    assert places(body) == [(0, 5, 5), (1, 6, 6)]
    assert places(paragraph("The following day.") + paragraph("Place:") + paragraph("We met at the office.")) == []


def test_room_below_a_request_takes_a_long_answer() -> None:
    (found,) = findings(find_labels, paragraph("Describe the incident:") + "<w:p/><w:p/>" + paragraph("Thank you."))
    assert found.long
    assert places(paragraph("Describe the incident:") + paragraph("It was late.")) == []


@pytest.mark.parametrize("below", ["By: ________", "Signature: ________"])
def test_a_party_named_over_its_signature_asks_nothing(below: str) -> None:
    assert places(grid(["COMPANY:", "RECIPIENT:"], [below, below])) == []
    assert places(paragraph("COMPANY:") + paragraph(below)) == []
