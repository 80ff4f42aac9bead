from __future__ import annotations

import pytest

from templates_app.docx.finding import Finding, Rank
from templates_app.docx.model import Anchor, FieldType
from templates_app.docx.naming import KEY
from templates_app.docx.resolve import settle

from .build import cell, paragraph, run
from .understanding import complex_field, control, fields_of, form_data, grid


def finding(rank: Rank, start: int, end: int, p: int = 0) -> Finding:
    return Finding(rank.name.lower(), rank, (Anchor("word/document.xml", p, start, end),), 0.9)


def kept(*found: Finding) -> list[tuple[int, int]]:
    return sorted((f.anchors[0].start, f.anchors[0].end) for f in settle(found))


def test_the_stronger_kind_keeps_the_place() -> None:
    assert kept(finding(Rank.BLANK, 0, 9), finding(Rank.TOKEN, 3, 6)) == [(3, 6)]
    assert kept(finding(Rank.TOKEN, 0, 3), finding(Rank.TOKEN, 3, 6)) == [(0, 3), (3, 6)]
    assert kept(finding(Rank.LABEL, 5, 5), finding(Rank.CELL, 5, 5)) == [(5, 5)]
    assert kept(finding(Rank.TOKEN, 0, 5), finding(Rank.LABEL, 5, 5)) == [(0, 5)]
    assert kept(finding(Rank.TOKEN, 0, 5), finding(Rank.TOKEN, 0, 5, p=1)) == [(0, 5), (0, 5)]


def test_what_is_ignored_takes_its_place() -> None:
    computed = finding(Rank.COMPUTED, 0, 5)
    computed.ignored = True
    assert kept(computed, finding(Rank.TOKEN, 2, 4)) == []


def test_one_value_in_headers_and_body_is_one_field() -> None:
    (found,) = fields_of(paragraph("For [COMPANY] and [company]"), headers=[paragraph("<<COMPANY>>")])
    assert len(found.anchors) == 3 and found.key == "company"


def test_the_same_words_under_different_names_are_different_fields() -> None:
    body = "".join(paragraph(f"{who}") + paragraph("Date: ________") for who in ("Buyer", "Seller", "Witness"))
    assert [f.key for f in fields_of(body) if f.type is FieldType.DATE] == ["date", "date_2", "date_3"]


def test_general_words_are_named_by_what_stands_before() -> None:
    found = fields_of(paragraph("Approved on [DATE], reviewed on [DATE]"))
    assert [f.label for f in found] == ["Approved on: Date", "Reviewed on: Date"]


def test_a_bound_control_and_its_property_are_one_field() -> None:
    binding = '<w:dataBinding w:xpath="/ns0:Properties[1]/ns0:Company[1]" w:storeItemID="{1}"/><w:text/>'
    body = f"<w:p>{control(run('ACME'), binding)}</w:p><w:p>{complex_field(' DOCPROPERTY Company ', 'ACME')}</w:p>"
    (found,) = fields_of(body)
    assert len(found.anchors) == 2


def test_words_that_count_name_and_type_the_place() -> None:
    (found,) = fields_of(paragraph("at least [X] years of experience"))
    assert (found.type, found.label) == (FieldType.NUMBER, "Years of experience")


def test_required_is_said_by_words_or_by_a_star() -> None:
    found = fields_of(grid(["Name *", ""], ["Phone (optional)", ""], ["E-mail (Pflichtfeld)", ""], ["Town", ""]))
    assert [f.required for f in found] == [True, False, True, False]


def test_a_star_that_leads_to_a_footnote_requires_nothing() -> None:
    body = grid(["Other systems*", ""]) + paragraph("* Line managers list the systems here.")
    assert [f.required for f in fields_of(body)] == [False]


def test_a_row_of_markers_is_a_record() -> None:
    body = grid(["Contract", "Award date"], ["<Enter contract title>", "<Enter award date>"], ["", ""])
    (found,) = fields_of(paragraph("Contracts") + body)
    assert found.type is FieldType.TABLE and [a.p for a in found.anchors] == [3, 4]
    assert [c.label for c in found.columns] == ["Contract", "Award date"]


def test_a_marker_that_lost_its_marks() -> None:
    (found,) = fields_of(paragraph("<<COMPANY>> protects data.") + paragraph("All staff of COMPANY follow the rules."))
    assert len(found.anchors) == 2


def test_every_key_is_a_key() -> None:
    body = "".join(paragraph(f"{word}: ______") for word in ("姓名", "Имя", "الاسم", "Name", "Name", "№", "—"))
    keys = [f.key for f in fields_of(body)]
    assert len(set(keys)) == len(keys) == 7 and all(KEY.fullmatch(key) for key in keys)


def test_several_lines_or_a_tall_row_ask_for_a_longer_text() -> None:
    lines = paragraph("Circumstances: ______") + paragraph("_" * 40) * 2
    assert [field.type for field in fields_of(lines)] == [FieldType.LONG_TEXT]
    assert [field.type for field in fields_of(paragraph("Witness name: ____") + paragraph("_" * 40) * 2)] == [
        FieldType.PERSON
    ]
    form = grid(["Circumstances", ""], ["Town", ""])
    tall = form.replace("<w:tr>", '<w:tr><w:trPr><w:trHeight w:val="1500"/></w:trPr>')
    assert [field.type for field in fields_of(form)] == [FieldType.TEXT] * 2
    assert [field.type for field in fields_of(tall)] == [FieldType.LONG_TEXT] * 2


def test_a_prompt_that_only_its_section_names_is_the_text_of_that_section() -> None:
    headings = ("For all parties", "For the court", "For others")
    text = paragraph("<<else>>") + paragraph("Click here to enter text.") + paragraph("<<es_x>>")
    body = "".join(paragraph(words, properties='<w:pStyle w:val="H1"/>') + text for words in headings)
    style = '<w:style w:type="paragraph" w:styleId="H1"><w:name w:val="heading 1"/></w:style>'
    found = [field for field in fields_of(body, styles=style) if field.detector == "prompt"]
    assert [(field.label, field.type) for field in found] == [(words, FieldType.LONG_TEXT) for words in headings]


def test_a_date_beside_a_signature_says_whose_it_is() -> None:
    line = paragraph("Supervisor signature: ______ Date: ______")
    assert [f.label for f in fields_of(line)] == ["Supervisor signature", "Supervisor signature: Date"]
    row = grid(["Manager approval"], ["Signature", "", "Date", ""])
    assert [f.label for f in fields_of(row)] == ["Manager approval: Signature", "Manager approval: Date"]
    assert [f.label for f in fields_of(paragraph("Signature: ______ Date: ______"))] == ["Signature", "Date"]


def test_a_choice_that_nothing_names_is_named_by_what_it_offers() -> None:
    (found,) = fields_of(paragraph("Approved / Not approved (circle one)"))
    assert found.label == "Approved / Not approved"


def test_a_blank_after_on_or_am_is_a_day() -> None:
    body = paragraph("Completed by ______ on ______.") + paragraph("Das Verhältnis gilt am ______ als beendet.")
    assert [f.type for f in fields_of(body)] == [FieldType.PERSON, FieldType.DATE, FieldType.DATE]


def test_a_part_of_a_date_is_written_as_a_part() -> None:
    line = fields_of(paragraph("Date of birth: Day ____ Month ____ Year ______"))
    assert [(f.type, f.date_format) for f in line] == [
        (FieldType.DATE, "d"), (FieldType.DATE, "MMMM"), (FieldType.DATE, "yyyy")
    ]  # fmt: skip
    row = fields_of(grid(["Date of birth", "DD", "", "MM", "", "YYYY", ""]))
    assert [(f.type, f.date_format) for f in row] == [
        (FieldType.DATE, "dd"), (FieldType.DATE, "MM"), (FieldType.DATE, "yyyy")
    ]  # fmt: skip
    (whole,) = fields_of(paragraph("Date of birth: ________"))
    assert whole.date_format == ""


@pytest.mark.parametrize("below", ["Employer", "Notary Public", "Mieter", "Locataire", "{{ client.name }}, Tenant"])
def test_a_line_over_a_role_is_signed(below: str) -> None:
    found = fields_of(paragraph("Done in two copies.") + paragraph("______________________") + paragraph(below))
    assert found[0].type is FieldType.SIGNATURE


@pytest.mark.parametrize(
    ("below", "kind"), [("(full name of the tenant)", "person"), ("Name of employer", "text"), ("Place", "text")]
)
def test_a_line_over_a_caption_takes_what_that_says(below: str, kind: str) -> None:
    found = fields_of(paragraph("Done in two copies.") + paragraph("______________________") + paragraph(below))
    assert [f.type for f in found] == [kind]


def test_words_of_crosses_are_looked_at_once() -> None:
    label = "Xxxxxxxx Xxxxxxxxxxxxxxxxxxxxxxx xx Xxxxxxxxxxxxxxxxxxxx Xxxxxxxxx Xxx."
    (found,) = fields_of(grid([label, ""]))
    assert found.label == label.rstrip(".")


def test_the_prompt_of_a_value_names_nothing_beside_it() -> None:
    prompt = "<w:showingPlcHdr/><w:text/>"
    half = "<w:dropDownList><w:listItem w:value=\"AM\"/><w:listItem w:value=\"PM\"/></w:dropDownList>"
    asked = f"<w:p>{control(run('Click here to enter text.'), prompt)}</w:p>"
    chosen = f"<w:p>{control(run('Choose an item.'), half)}</w:p>"
    row = "".join(cell(inside) for inside in (paragraph("Start time:"), asked, chosen))
    found = fields_of(f"<w:tbl><w:tblPr/><w:tr>{row}</w:tr></w:tbl>")
    assert [f.label for f in found] == ["Start time", "Start time"]


def test_the_date_of_a_letter_names_nobody() -> None:
    date = f"<w:p>{complex_field(' DATE ', '6 June 2022')}</w:p>"
    (found,) = fields_of(date + paragraph("{{ contact }}"))
    assert found.label == "Contact"


@pytest.mark.parametrize("name", ["Teksti 32", "Texte1", "Listadesplegable2", "ТекстовоеПоле4"])
def test_what_word_calls_a_form_field_is_no_name_for_people(name: str) -> None:
    field = complex_field(f' FILLIN "{name}" ', "\u2002\u2002")
    assert [f.label for f in fields_of(grid_of_one("Breed", field))] == ["Breed"]
    field = complex_field(" FORMTEXT ", "\u2002\u2002", form_data(name.replace(" ", ""), "<w:textInput/>"))
    assert [f.key for f in fields_of(grid_of_one("Breed", field))] == ["breed"]


def grid_of_one(label: str, field: str) -> str:
    row = cell(paragraph(label) + f"<w:p>{field}</w:p>") + cell(paragraph("Kept by the office."))
    return f"<w:tbl><w:tblPr/><w:tr>{row}</w:tr></w:tbl>"


def test_a_unit_in_the_next_cell_counts_the_form_field() -> None:
    field = complex_field(" FORMTEXT ", "\u2002\u2002", form_data("Text1", "<w:textInput/>"))
    row = cell(paragraph("Participation")) + cell(f"<w:p>{field}</w:p>") + cell(paragraph("€"))
    (found,) = fields_of(f"<w:tbl><w:tblPr/><w:tr>{row}</w:tr></w:tbl>")
    assert found.type is FieldType.NUMBER
