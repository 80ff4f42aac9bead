from __future__ import annotations

import pytest

from templates_app.docx.detectors.cells import find_cells
from templates_app.docx.model import FieldType

from ..build import cell, paragraph, run, table
from ..understanding import BORDERS, complex_field, findings, grid

LINES = f"<w:tblPr><w:tblBorders>{BORDERS}</w:tblBorders></w:tblPr>"


def places(body: str, **parts: list[str]) -> list[tuple[str, int]]:
    return [(f.label, f.anchors[0].p) for f in findings(find_cells, body, **parts)]


def test_an_empty_cell_beside_its_label() -> None:
    assert places(grid(["Name", ""], ["Start date", ""])) == [("Name", 1), ("Start date", 3)]


def test_several_pairs_in_a_row() -> None:
    assert places(grid(["Start:", "", "End:", ""])) == [("Start:", 1), ("End:", 3)]


def test_without_lines_only_a_colon_makes_a_label() -> None:
    assert places(table(["Name:", ""], ["Our company", ""])) == [("Name:", 1)]


def test_general_labels_take_the_title_over_them() -> None:
    body = grid(["System Owner"], ["Name", ""], ["Phone", ""])
    assert places(body) == [("System Owner: Name", 2), ("System Owner: Phone", 4)]


def test_an_empty_cell_under_its_label() -> None:
    assert places(grid(["System name"], [""], ["Purpose"], [""])) == [("System name", 1), ("Purpose", 3)]
    assert places(grid(["First", "Last"], ["", ""])) == [("First", 2), ("Last", 3)]


def test_rows_and_columns_with_titles() -> None:
    found = findings(
        find_cells, grid(["Objective", "Level", "Rationale"], ["Integrity", "", ""], ["Availability", "", ""])
    )
    assert [f.label for f in found] == [
        "Integrity: Level",
        "Integrity: Rationale",
        "Availability: Level",
        "Availability: Rationale",
    ]
    assert found[1].type is FieldType.LONG_TEXT


def test_a_question_answered_in_a_column() -> None:
    assert places(grid(["ID", "Question", "Response"], ["A1", "What are your hours?", ""])) == [
        ("What are your hours?", 5)
    ]


def test_record_rows_are_one_table() -> None:
    body = paragraph("Revision history") + grid(
        ["Version", "Date", "Author"], ["1.0", "2020-01-01", "Eve"], ["", "", ""], ["", "", ""]
    )
    (found,) = findings(find_cells, body)
    assert found.type is FieldType.TABLE and found.label == "Revision history"
    assert [a.p for a in found.anchors] == [7, 8, 9]
    assert [(c.key, c.type) for c in found.columns] == [
        ("version", FieldType.TEXT),
        ("date", FieldType.DATE),
        ("author", FieldType.PERSON),
    ]


def test_numbered_record_rows_keep_their_number() -> None:
    (found,) = findings(find_cells, grid(["#", "Risk", "Owner"], ["1", "", ""], ["2", "", ""]))
    assert [a.p for a in found.anchors] == [4, 5]


def test_records_in_groups() -> None:
    rows = [["ID", "Risk", "Owner"], ["1", "Fire", "Eve"], ["", "", ""], ["", "", ""]]
    assert [f.type for f in findings(find_cells, grid(*rows))] == [FieldType.TABLE]


def test_totals_and_filled_tables_ask_nothing() -> None:
    assert places(grid(["Item", "Price"], ["Pen", "1"], ["Total", ""])) == []
    assert places(grid(["Item", "Price"], ["Pen", "1"])) == []


def test_a_blank_among_crosses_says_no() -> None:
    assert places(grid(["Task", "Owner", "Team"], ["Plan", "R", ""], ["Build", "", "X"], ["Test", "A", "R"])) == []


def test_a_box_to_write_in() -> None:
    assert places(paragraph("Project summary") + grid([""])) == [("Project summary", 1)]
    assert places(paragraph("Project summary") + table([""])) == []


def test_a_cell_with_many_empty_lines_asks_for_a_longer_text() -> None:
    body = f"<w:tbl>{LINES}<w:tr>{cell(paragraph('Equipment'))}{cell('<w:p/>' * 4)}</w:tr></w:tbl>"
    assert [f.type for f in findings(find_cells, body)] == [FieldType.LONG_TEXT]


def test_merged_nested_and_counted_cells_are_not_empty() -> None:
    merged = f"<w:tr>{cell('<w:p/>', '<w:vMerge/>')}{cell(paragraph('b'))}</w:tr>"
    inner = table(["x"])
    nested = f"<w:tr>{cell(paragraph('Inner'))}{cell(inner + '<w:p/>')}</w:tr>"
    body = f"<w:tbl>{LINES}{merged}{nested}</w:tbl>"
    assert places(body) == []


def test_a_form_is_filled_through_its_fields() -> None:
    field = complex_field(" FORMTEXT ", "\u2002")
    rows = f"<w:tr>{cell(paragraph('Name'))}{cell('<w:p/>')}</w:tr><w:tr>{cell(f'<w:p>{field}</w:p>')}</w:tr>"
    body = f"<w:tbl>{LINES}{rows}</w:tbl>"
    assert places(body) == []


def test_headers_are_read_with_care() -> None:
    assert places(paragraph("x"), headers=[grid(["ACME Ltd", ""], ["Project No.:", ""])]) == [("Project No.:", 3)]


def test_a_line_to_sign_on_drawn_by_its_cell() -> None:
    assert places(grid(["", ""], ["Signature", "Date"])) == [("Signature", 0), ("Date", 1)]


def test_columns_to_tick_are_one_choice() -> None:
    rows = ["Question", "Yes", "No"], ["Do you smoke?", "", ""], ["Do you drink?", "", ""]
    found = findings(find_cells, grid(*rows))
    assert [(f.label, f.options, [a.p for a in f.anchors]) for f in found] == [
        ("Do you smoke?", ("Yes", "No"), [4, 5]), ("Do you drink?", ("Yes", "No"), [7, 8])
    ]  # fmt: skip
    assert {f.type for f in found} == {FieldType.CHOICE}


def test_a_line_to_sign_on_drawn_by_the_cell_of_its_caption() -> None:
    above = '<w:tcBorders><w:top w:val="single"/></w:tcBorders>'
    empty = "<w:tr>" + cell("<w:p/>") * 3 + "</w:tr>"
    captions = cell(paragraph("Signature"), above) + cell("<w:p/>") + cell(paragraph("Date"), above)
    assert places(f"<w:tbl>{empty}<w:tr>{captions}</w:tr></w:tbl>") == [("Signature", 0), ("Date", 2)]


def test_a_total_of_a_form_is_asked_for() -> None:
    assert places(grid(["Total hours", "", "Rate", ""])) == [("Total hours", 1), ("Rate", 3)]


def test_a_row_of_another_shape_is_none_of_the_grid_of_ticks() -> None:
    wide = "<w:tr>" + cell(paragraph("Comments")) + cell("<w:p/>", '<w:gridSpan w:val="2"/>') + "</w:tr>"
    ticks = "".join(f"<w:tr>{''.join(cell(paragraph(text)) for text in row)}</w:tr>" for row in (
        ("Task", "Team", "Lead"), ("Plan", "x", "x")))
    assert places(f"<w:tbl>{LINES}{ticks}{wide}</w:tbl>") == [("Comments", 7)]


def test_a_sentence_over_rows_is_no_title() -> None:
    rows = ["Declaration"], ["I declare that all of this is true."], ["Name", ""]
    assert places(grid(*rows)) == [("Declaration: Name", 3)]


@pytest.mark.parametrize("titles", [("Prepared by", "Checked by", "Approved by"), ("Name", "Signature", "Date")])
def test_one_row_to_sign_in_is_no_table_of_records(titles: tuple[str, ...]) -> None:
    assert places(grid(titles, ["", "", ""])) == [(title, n) for n, title in enumerate(titles, 3)]
    (found,) = findings(find_cells, grid(titles, ["", "", ""], ["", "", ""]))
    assert found.type is FieldType.TABLE


def test_a_row_named_by_a_figure_is_named_by_its_titles() -> None:
    rows = ["Version", "Date", "Author"], ["0.1", "", ""]
    assert places(grid(*rows)) == [("Date (0.1)", 4), ("Author (0.1)", 5)]


def test_titles_lose_the_number_of_their_section() -> None:
    assert places(grid(["SECTION B – ACCIDENT DETAILS"], ["Date:", ""])) == [("ACCIDENT DETAILS: Date", 2)]


def test_figures_over_columns_are_a_scale_to_tick() -> None:
    found = findings(find_cells, grid(["", "1", "2", "3"], ["Content", "", "", ""], ["Trainer", "", "", ""]))
    assert [(f.label, f.type, f.options) for f in found] == [
        ("Content", FieldType.CHOICE, ("1", "2", "3")), ("Trainer", FieldType.CHOICE, ("1", "2", "3"))
    ]  # fmt: skip


def two_rows_of_titles(*below: str) -> str:
    def row(*cells: str) -> str:
        return f"<w:tr>{''.join(cells)}</w:tr>"

    first, goes_on, two = '<w:vMerge w:val="restart"/>', "<w:vMerge/>", '<w:gridSpan w:val="2"/>'
    upper = row(cell(paragraph("Leave"), first), cell(paragraph("Date"), two), cell(paragraph("Hours"), first))
    lower = row(cell("<w:p/>", goes_on), *(cell(paragraph(t)) for t in ("From", "To")), cell("<w:p/>", goes_on))
    rows = (row(cell(paragraph(name)), cell("<w:p/>"), cell("<w:p/>"), cell("<w:p/>")) for name in below)
    return f"<w:tbl>{LINES}{upper}{lower}{''.join(rows)}</w:tbl>"


def test_titles_in_two_rows() -> None:
    assert [label for label, _ in places(two_rows_of_titles("Annual", "☐ Sick"))] == [
        "Annual: Date: From", "Annual: Date: To", "Annual: Hours",
        "Sick: Date: From", "Sick: Date: To", "Sick: Hours",
    ]  # fmt: skip


def test_words_over_a_group_of_filled_rows_ask_nothing() -> None:
    wide = cell(paragraph("Access control"), '<w:gridSpan w:val="2"/>') + cell("<w:p/>") * 2
    rows = [("ID", "Title", "Low", "High"), ("AC-1", "Policy", "yes", "yes")]
    titles, filled = ("".join(cell(paragraph(text)) for text in row) for row in rows)
    rows_of = "".join(f"<w:tr>{row}</w:tr>" for row in (titles, wide, filled))
    assert places(f"<w:tbl>{LINES}{rows_of}</w:tbl>") == []


def labelled(*labels: str) -> str:
    cells = "".join(cell(paragraph(label) + "<w:p/>") for label in labels)
    return f"<w:tbl>{LINES}<w:tr>{cells}</w:tr></w:tbl>"


def test_room_below_the_label_in_its_cell() -> None:
    found = findings(find_cells, labelled("1. Name (last, first)", "2. Organization", "7b. Date"))
    assert [(f.anchors[0].p, f.anchors[0].start) for f in found] == [(1, 0), (3, 0), (5, 0)]
    assert [f.type for f in found] == [FieldType.PERSON, FieldType.TEXT, FieldType.DATE]


def test_an_empty_line_after_ordinary_text_is_no_room() -> None:
    assert places(labelled("Quality manual", "Kept for ever", "Archive")) == []
    assert places(labelled("1. Check the container and write the time of day in the book.", "2. Close it.")) == []


def test_verdicts_over_columns_are_ticked() -> None:
    rows = ["Requirement", "C", "NC", "OFI"], ["Is it so?", "", "", ""], ["x", "y", "z", "-"]
    (found,) = findings(find_cells, grid(*rows))
    assert (found.label, found.options) == ("Is it so?", ("C", "NC", "OFI"))


def test_the_numbers_of_columns_are_no_scale() -> None:
    assert places(grid(["No.", "Work", "Price", "Sum"], ["1", "2", "3", "4"], ["1", "Paint", "5", "5"])) == []


def test_a_total_below_filled_rows_is_no_place() -> None:
    wide = "<w:tr>" + cell(paragraph("Total"), '<w:gridSpan w:val="2"/>') + cell("<w:p/>") + "</w:tr>"

    def rows(*texts: str) -> str:
        cells = "".join(cell(paragraph(text) if text else "<w:p/>") for text in texts)
        return f"<w:tbl>{LINES}<w:tr>{cells}</w:tr>{wide}</w:tbl>"

    assert places(rows("Paint", "2", "5")) == []
    assert places(rows("", "", "")) == [("Total", 4)]


def test_parts_of_a_date_in_cells_of_their_own() -> None:
    body = grid(["Date of birth", "Day", "", "Month", "", "Year", ""])
    assert [label for label, _ in places(body)] == ["Date of birth: Day", "Date of birth: Month", "Date of birth: Year"]
    above = cell(paragraph("Date of birth") + paragraph("Day      Month      Year"), '<w:gridSpan w:val="3"/>')
    below = cell("<w:p/>") * 3
    body = f"<w:tbl>{LINES}<w:tr>{above}</w:tr><w:tr>{below}</w:tr></w:tbl>"
    assert [label for label, _ in places(body)] == ["Date of birth: Day", "Date of birth: Month", "Date of birth: Year"]


def test_titles_over_each_of_two_rows() -> None:
    rows = ["Strengths", "Weaknesses"], ["", ""], ["Opportunities", "Threats"], ["", ""]
    assert places(grid(*rows)) == [("Strengths", 2), ("Weaknesses", 3), ("Opportunities", 6), ("Threats", 7)]


def test_a_title_beside_several_rows_says_whose_they_are() -> None:
    first, goes_on = '<w:vMerge w:val="restart"/>', "<w:vMerge/>"

    def row(beside: str, label: str) -> str:
        return f"<w:tr>{beside}{cell(paragraph(label))}{cell('<w:p/>')}</w:tr>"

    rows = row(cell(paragraph("Applicant"), first), "Name") + row(cell("<w:p/>", goes_on), "Address")
    rows += row(cell(paragraph("Guarantor"), first), "Name") + row(cell("<w:p/>", goes_on), "Income")
    assert [label for label, _ in places(f"<w:tbl>{LINES}{rows}</w:tbl>")] == [
        "Applicant: Name", "Applicant: Address", "Guarantor: Name", "Income"
    ]  # fmt: skip


def test_a_label_over_room_where_the_cells_around_have_their_field_below() -> None:
    field = complex_field(' FILLIN "Text1" ', "\u2002")
    given = [cell(paragraph(label) + f"<w:p>{field}</w:p>") for label in ("Name", "Breed", "Colour", "Sex")]
    room = [cell(paragraph(label) + "<w:p/>") for label in ("Owner:", "Address")]
    rows = [*zip(given[::2], given[1::2], strict=True), tuple(room)]
    body = "".join(f"<w:tr>{''.join(row)}</w:tr>" for row in rows)
    assert places(f"<w:tbl>{LINES}{body}</w:tbl>") == [("Owner:", 9), ("Address", 11)]


def test_a_block_over_several_columns_is_no_title_of_theirs() -> None:
    asked = "".join(map(paragraph, ("To be given by the supplier", "Delivery:", "Maker:")))
    block = cell(asked, '<w:gridSpan w:val="2"/>')
    rows = [
        cell(paragraph("Terms as agreed.")) + block,
        "".join(cell(paragraph(title)) for title in ("Item", "Price", "Discount")),
        cell(paragraph("Print")) + cell("<w:p/>") * 2,
        cell(paragraph("Frame")) + cell("<w:p/>") * 2,
    ]
    body = "".join(f"<w:tr>{row}</w:tr>" for row in rows)
    found = [label for label, _ in places(f"<w:tbl>{LINES}{body}</w:tbl>")]
    assert found == ["Print: Price", "Print: Discount", "Frame: Price", "Frame: Discount"]


def low(size: int) -> str:
    return f'<w:p><w:pPr><w:rPr><w:sz w:val="{size}"/></w:rPr></w:pPr></w:p>'


def test_a_low_row_keeps_rows_apart() -> None:
    def rows(size: int) -> str:
        lines = [
            cell(f"<w:p>{run('Supplier', SMALL)}</w:p>", '<w:gridSpan w:val="2"/>'),
            cell(low(size), '<w:gridSpan w:val="2"/>'),
            cell(f"<w:p>{run('Name', SMALL)}</w:p>") + cell("<w:p/>"),
        ]
        return f"<w:tbl>{LINES}{''.join(f'<w:tr>{line}</w:tr>' for line in lines)}</w:tbl>"

    assert [p for _, p in places(rows(8))] == [3]
    assert [p for _, p in places(rows(12))] == [1, 3]  # the words around are no larger
    assert [p for _, p in places(rows(20))] == [1, 3]


SMALL = '<w:sz w:val="12"/>'


def test_a_unit_behind_the_cell_tells_a_number() -> None:
    found = findings(find_cells, grid(["Travel", "", "€"], ["Means", "", "Remarks"]))
    assert [(f.label, f.type) for f in found] == [("Travel", FieldType.NUMBER), ("Means", FieldType.TEXT)]


def test_who_decides_signs_in_the_room_below() -> None:
    signed = cell(paragraph("Signature of who decides") + "<w:p/>")
    body = f"<w:tr>{cell(paragraph('Decision') + paragraph('as applied for'))}{signed}</w:tr>"
    assert places(f"<w:tbl>{LINES}{body}</w:tbl>") == [("Signature of who decides", 3)]
    below = f"<w:tr>{cell(paragraph('Miller'))}{cell('<w:p/>')}</w:tr>"
    assert [p for _, p in places(f"<w:tbl>{LINES}{body}{below}</w:tbl>")] == [5]
