"""Brackets, angles, braces, dollars and guillemets: markers that carry their own words."""

from __future__ import annotations

import pytest

from templates_app.docx.detectors.angles import find_angles
from templates_app.docx.detectors.braces import find_braces
from templates_app.docx.detectors.brackets import find_brackets
from templates_app.docx.detectors.dollars import find_dollars
from templates_app.docx.detectors.guillemets import find_guillemets, find_merge_fields
from templates_app.docx.model import FieldType

from ..build import paragraph, run
from ..understanding import complex_field, fields_of, findings, spans


def test_brackets_hold_a_name() -> None:
    found = findings(find_brackets, paragraph("This policy of [COMPANY NAME] is valid."))
    assert [f.label for f in found] == ["Company name"]
    assert found[0].anchors[0].start == 15 and found[0].anchors[0].end == 29


def test_brackets_split_over_runs_are_one_token() -> None:
    body = f"<w:p>{run('The [Comp')}{run('any', '<w:b/>')}{run(' Name] does')}</w:p>"
    assert spans(find_brackets, body) == ["[Company Name]"]


@pytest.mark.parametrize(
    "text",
    [
        "as shown in [1] and [2, 3]",
        "he wrote [sic]",
        "childrenNames[0]",
        "[the docs](https://example.org)",
        "[ ] yes [ ] no",
        "[Note: delete this line]",
        "(accessed [online])",
        "[Delete this paragraph before you publish the document. It only explains the structure of the chapter.]",
        "[and the application to shorten the time is refused]",
    ],
)
def test_brackets_that_are_no_places(text: str) -> None:
    assert spans(find_brackets, paragraph(text)) == []


def test_bracketed_alternatives_are_a_choice() -> None:
    (found,) = findings(find_brackets, paragraph("our [WEEKLY/MONTHLY/QUARTERLY] meeting"))
    assert found.type is FieldType.CHOICE and found.options == ("WEEKLY", "MONTHLY", "QUARTERLY")


@pytest.mark.parametrize("mark", ["●", "•", "___", "…"])
def test_brackets_around_a_blank_mark(mark: str) -> None:
    assert spans(find_brackets, paragraph(f"the sum of [{mark}] euro")) == [f"[{mark}]"]


def test_a_bracketed_date_shape_is_a_date() -> None:
    (found,) = findings(find_brackets, paragraph("Valid from [DD/MM/YYYY]"))
    assert (found.type, found.date_format, found.label) == (FieldType.DATE, "DD/MM/YYYY", "")
    assert [f.type for f in findings(find_angles, paragraph("on <tt.mm.jjjj>"))] == [FieldType.DATE]


def test_the_same_words_are_the_same_value_unless_they_are_general() -> None:
    found = findings(find_brackets, paragraph("[Company] [COMPANY] [Date] [Date]"))
    assert found[0].same == found[1].same != ""
    assert found[2].same == ""


def test_angles_single_and_double() -> None:
    assert spans(find_angles, paragraph("<Date of PA> and <<COMPANY>>")) == ["<Date of PA>", "<<COMPANY>>"]


@pytest.mark.parametrize(
    "text", ["a < b and c > d", "<https://example.org>", "<me@example.org>", "<br> <b>bold</b>", "x <5 and y>"]
)
def test_angles_that_are_no_places(text: str) -> None:
    assert spans(find_angles, paragraph(text)) == []


def test_template_machinery_takes_its_place_but_is_no_field() -> None:
    text = "<<cs_{count <2}>>Child<<else>>Children<<es_>> of <<applicantName>> <<$idx>>"
    assert spans(find_angles, paragraph(text)) == ["<<applicantName>>"]


def test_an_expression_is_named_by_its_variable() -> None:
    (found,) = findings(find_angles, paragraph("on <<{dateFormat(courtDate, 'dd MM yy')}>>"))
    assert found.label == "Court Date"


def test_braces_of_every_engine() -> None:
    text = "{{ customer.name }} {navnElev} ${total} {% if x %} {{#items}} {/items} {{/items}}"
    assert spans(find_braces, paragraph(text)) == ["{{ customer.name }}", "{navnElev}", "${total}"]


def test_braces_around_sentences_are_text() -> None:
    assert spans(find_braces, paragraph('{"key": "value"} and {1, 2, 3}')) == []


def test_dollar_variables() -> None:
    text = "Phone $__telephone______ of $name, paid US$ 5 or $10, __$__fio2__"
    assert spans(find_dollars, paragraph(text)) == ["$__telephone__", "$name", "$__fio2__"]


def test_quotes_are_no_merge_fields() -> None:
    assert spans(find_guillemets, paragraph("Центр «Надежда» и «Комплексный центр» dit «oui»")) == []


def test_names_in_guillemets_are_merge_fields() -> None:
    assert spans(find_guillemets, paragraph("Dear «First_Name» «LASTNAME»")) == ["«First_Name»", "«LASTNAME»"]


def test_merge_fields_by_their_code() -> None:
    body = f"<w:p>{run('Dear ')}{complex_field(' MERGEFIELD  LastName ', '«LastName»')}</w:p>"
    (found,) = findings(find_merge_fields, body)
    assert (found.name, found.label, found.same) == ("LastName", "Last Name", "var lastname")
    simple = '<w:p><w:fldSimple w:instr=" MERGEFIELD City "><w:r><w:t>«City»</w:t></w:r></w:fldSimple></w:p>'
    assert spans(find_merge_fields, simple) == ["«City»"]


@pytest.mark.parametrize(
    ("text", "token", "name"),
    [
        ('{{ users[0].name.full(middle="x") }}', '{{ users[0].name.full(middle="x") }}', "users[0].name"),
        ("Total {{ currency(order.total) }}.", "{{ currency(order.total) }}", "order.total"),
        ("{{ title if title else '-' }}", "{{ title if title else '-' }}", "title"),
        ("{{p CONTENT | markdown }}", "{{p CONTENT | markdown }}", "CONTENT"),
        ("{d.date:formatD(L)}", "{d.date:formatD(L)}", "d.date"),
    ],
)
def test_what_an_engine_prints_is_a_field_named_by_its_path(text: str, token: str, name: str) -> None:
    body = paragraph(text)
    assert spans(find_braces, body) == [token]
    assert [f.name for f in findings(find_braces, body)] == [name]


@pytest.mark.parametrize("token", ["{{ end_date }}", "{{endereco}}", "{end_hour}", "{{ ending.name }}"])
def test_a_name_may_begin_as_a_statement_does(token: str) -> None:
    assert spans(find_braces, paragraph(f"until {token}")) == [token]


@pytest.mark.parametrize("statement", ["{end}", "{{end}}", "{{endif}}", "{END-FOR row}", "{{ end if }}"])
def test_ends_of_statements_are_no_fields(statement: str) -> None:
    assert spans(find_braces, paragraph(statement)) == []


def test_who_has_a_first_and_a_last_name_is_a_person() -> None:
    paths = ("p.name.full(middle='full')", "u[0].name.first", "a.name")
    body = "".join(paragraph(f"{{{{ {path} }}}}") for path in paths)
    assert [f.type for f in findings(find_braces, body)] == [FieldType.PERSON, FieldType.PERSON, None]


def test_words_written_as_one_are_read_apart() -> None:
    body = "".join(paragraph(f"{{{{ {name} }}}}") for name in ("tenantname1", "buyerstreetaddress", "nickname"))
    found = fields_of(paragraph("The parties:") + body)
    assert [(f.label, f.key) for f in found[:2]] == [
        ("Tenant name 1", "tenantname_1"),
        ("Buyer street address", "buyerstreetaddress"),
    ]
    assert found[0].type is FieldType.PERSON


def test_markers_side_by_side_do_not_share_a_name() -> None:
    found = fields_of(paragraph("Course / Year: {{ course }} / {{ year }}"))
    assert [f.label for f in found] == ["Course", "Year"]
    found = fields_of(paragraph("Every {{ weekday }}, {{ slot }}"))
    assert [f.label for f in found] == ["Every", "Slot"]
    found = fields_of(paragraph("Hired by {% if known %}{{ boss }}{% endif %}"))
    assert [f.label for f in found] == ["Hired by"]


def test_statements_are_no_part_of_a_label() -> None:
    body = paragraph("{% if x %}☒ Rented {% else %}☐ Rented {% endif %}")
    assert {f.label for f in fields_of(body)} == {"Rented"}


def test_statements_hide_what_stands_in_them() -> None:
    body = paragraph("{%p if kind in ['new case', 'appeal'] and not user.first %}{# [Company Name] #}{{ user.name }}")
    assert [f.key for f in fields_of(body)] == ["user_name"]


def test_a_mark_that_touches_a_token_only_lengthens_it() -> None:
    assert [f.marker for f in fields_of(paragraph("Address: __$__addr______"))] == ["$__addr__"]


def test_a_number_in_brackets_that_counts_something_is_to_be_agreed() -> None:
    (found,) = fields_of(paragraph("Either party may give [30] days’ notice, see [12]."))
    assert (found.marker, found.type) == ("[30]", FieldType.NUMBER)


def test_a_job_title_is_somebody_elses_in_each_place() -> None:
    assert len(fields_of(paragraph("Approved by [job title]") + paragraph("Checked by [job title]"))) == 2


def test_a_form_of_address_is_no_choice() -> None:
    (found,) = fields_of(paragraph("Dear [Mr./Ms. Last Name]:"))
    assert found.type is not FieldType.CHOICE


def test_plain_words_in_guillemets_count_where_names_of_a_program_do() -> None:
    body = paragraph("«Account_No» has «Balance» on «StatementDate»")
    assert spans(find_guillemets, body) == ["«Account_No»", "«Balance»", "«StatementDate»"]
    assert spans(find_guillemets, paragraph("Il dit «Bonjour» à tous")) == []


@pytest.mark.parametrize("marker", ["<QM-XX>", "[XXX-000]", "<X>", "[X.X]"])
def test_a_shape_of_a_number_is_named_by_the_words_before_it(marker: str) -> None:
    (found,) = fields_of(paragraph(f"Document reference: {marker}"))
    assert (found.label, found.marker) == ("Document reference", marker)


def test_what_to_click_for_is_no_part_of_the_name() -> None:
    (found,) = fields_of(paragraph("[Click here to enter name]"))
    assert (found.label, found.type) == ("Name", FieldType.PERSON)


def test_a_request_under_a_heading_is_named_by_the_heading() -> None:
    styles = '<w:style w:type="paragraph" w:styleId="H1"><w:name w:val="heading 1"/></w:style>'
    body = "".join(
        paragraph(name, properties='<w:pStyle w:val="H1"/>') + paragraph("[State what it is good for.]")
        for name in ("Purpose", "Scope", "Audience")
    )
    assert [(f.label, f.type) for f in fields_of(body, styles=styles)] == [
        ("Purpose", FieldType.LONG_TEXT), ("Scope", FieldType.LONG_TEXT), ("Audience", FieldType.LONG_TEXT)
    ]  # fmt: skip


def test_a_fence_of_per_cent_signs_counts_nothing() -> None:
    assert {f.type for f in fields_of(paragraph("%CITY%  %CLIENT_CODE%"))} == {FieldType.TEXT}


def test_what_refers_to_elsewhere_is_no_place() -> None:
    assert fields_of(paragraph("Recovery time [see ISO 22301], recovery point [siehe Anhang B].")) == []


def test_a_letter_in_brackets_that_counts_something_is_a_number() -> None:
    (found,) = fields_of(paragraph("Restored within [x] hours."))
    assert (found.marker, found.type) == ("[x]", FieldType.NUMBER)
