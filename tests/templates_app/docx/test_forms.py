"""Whole forms as people of many trades and languages write them: what is found, how it is named, what it takes."""

from __future__ import annotations

from typing import Any

import pytest

from templates_app.docx.parse import parse

from .build import build, paragraph, run
from .understanding import control, grid

Found = list[tuple[str, str, str]]
UNDERLINED = '<w:u w:val="single"/>'
BOLD = "<w:b/>"


def found(body: str, **parts: Any) -> Found:
    """Label, type and the text at the first place of each field."""
    result = parse(build(body, **parts))
    text = {(p.part, p.p): p.text for p in result.outline.paragraphs}
    return [
        (f.label, f.type.value, text[f.anchors[0].part, f.anchors[0].p][f.anchors[0].start : f.anchors[0].end])
        for f in result.fields
    ]


def named(body: str, **parts: Any) -> dict[str, str]:
    return {label: kind for label, kind, _ in found(body, **parts)}


def test_a_manual_with_angles_in_text_and_header() -> None:
    body = paragraph("The system of <Company> in <City, Country> makes <products/services>.")
    body += paragraph("Signed <Name of CEO>, <Date>")
    kinds = named(body, headers=[paragraph("<Company>  Quality Manual   Rev. <nn>")])
    assert kinds == {
        "Company": "text", "City, Country": "text", "Products/services": "choice", "Name of CEO": "person",
        "Signed: Date": "date", "Rev": "text",
    }  # fmt: skip


def test_a_register_with_numbered_empty_rows() -> None:
    titles = ["Risk ID", "Description", "Impact (1-5)", "Owner", "Due date"]
    result = parse(build(grid(titles, *([f"R-00{n}", "", "", "", ""] for n in (1, 2, 3)), header=True)))
    (field,) = result.fields
    assert field.type == "table"
    assert [(c.label, c.type.value) for c in field.columns] == [
        ("Description", "long_text"), ("Impact (1-5)", "number"), ("Owner", "person"), ("Due date", "date")
    ]  # fmt: skip


def test_a_chinese_form_has_keys_in_words() -> None:
    body = grid(["姓名", "", "性别", "□男 □女"], ["出生日期", "", "联系电话", ""], ["备注", "", "", ""])
    result = parse(build(body + paragraph("签名：__________  日期：____年__月__日")))
    assert [(f.key, f.type.value) for f in result.fields] == [
        ("name", "person"), ("sex", "choice"), ("birth_date", "date"), ("contact_phone", "text"),
        ("remarks", "long_text"), ("signature", "signature"), ("date", "date"),
    ]  # fmt: skip


def test_dotted_leaders_with_captions_set_out_by_blanks() -> None:
    body = paragraph("Dokument-Nr.: ..............  Gültig ab: ..............") + paragraph("Ersteller: ............")
    body += paragraph("Ort, Datum                     Unterschrift")
    body += paragraph("....................           ....................")
    assert named(body) == {
        "Dokument-Nr": "text", "Gültig ab": "date", "Ersteller": "person", "Ort, Datum": "date",
        "Unterschrift": "signature",
    }  # fmt: skip


def test_a_french_contract() -> None:
    body = paragraph("Entre «RaisonSociale», représentée par «NomRepresentant», et ____, ci-après « le Client »")
    body += paragraph("Fait à ____________, le ___/___/______")
    body += paragraph("Nom et prénom : ") + paragraph("Fonction : ")
    body += paragraph("Signature précédée de la mention « lu et approuvé » :")
    kinds = named(body)
    assert kinds["Nom et prénom"] == "person" and kinds["Fonction"] == "text"
    assert kinds["Lieu"] == "text" and kinds["Date"] == "date" and kinds["Le Client"] == "text"
    assert kinds["Signature précédée de la mention"] == "signature"


def test_the_table_in_the_header_of_a_procedure() -> None:
    header = grid(["Document No.", "", "Revision", ""], ["Prepared by", "", "Effective date", "DD/MM/YYYY"])
    assert named(paragraph("Purpose"), headers=[header]) == {
        "Document No": "text", "Revision": "text", "Prepared by": "person", "Effective date": "date"
    }  # fmt: skip


def test_a_sign_off_table_with_the_names_left_open() -> None:
    titles = ["Name", "Role", "Signature", "Date"]
    kinds = named(grid(titles, ["", "Project manager", "", ""], ["", "Sponsor", "", ""]))
    assert kinds == {
        f"{who}: {what}": kind
        for who in ("Project manager", "Sponsor")
        for what, kind in (("Name", "person"), ("Signature", "signature"), ("Date", "date"))
    }


def test_an_audit_checklist_with_columns_of_boxes() -> None:
    body = grid(["No", "Question", "Yes", "No", "N/A", "Comments"], ["1", "Is it approved?", "☐", "☐", "☐", ""])
    result = parse(build(body + grid(["Clause", "Requirement", "Conforms (Y/N)"], ["4.1", "Context", ""])))
    assert [(f.label, f.type.value, f.options) for f in result.fields] == [
        ("Is it approved?", "choice", ("Yes", "No", "N/A")),
        ("Is it approved?: Comments", "long_text", ()),
        ("Context: Conforms (Y/N)", "choice", ("Y", "N")),
    ]


def test_a_letter_with_bare_tokens() -> None:
    body = paragraph("I write about your contract of MM/DD/YYYY at COMPANY NAME. Please send EUR ____.")
    body += paragraph("Sincerely,") + paragraph("_______________")
    assert [kind for _, kind, _ in found(body)] == ["date", "text", "number", "signature"]


def test_arabic_labels_have_keys_that_can_be_read() -> None:
    body = paragraph("التاريخ: __/__/____") + grid(["الاسم", ""], ["التوقيع", ""])
    result = parse(build(body))
    assert [(f.key, f.type.value) for f in result.fields] == [
        ("altarykh", "date"), ("alasm", "person"), ("altwqya", "signature")
    ]  # fmt: skip


@pytest.mark.parametrize(
    "text",
    [
        "signed this ____ day of __________, 20__",
        "Local, ___ de ____________ de 20__",
        "от «___» __________ 20__ г.",
        'от "    "                2018 года',
        "Date:    /    /    ",
        "Datum: ____.____.______",
        "令和　年　月　日",
    ],
)
def test_a_date_in_pieces_is_one_date(text: str) -> None:
    assert [kind for _, kind, _ in found(paragraph(text))] == ["date"]


def test_the_parties_of_a_contract() -> None:
    body = paragraph('between ____________________ (hereinafter "Seller") and ________ (referred to as "Buyer")')
    body += paragraph("By: ____________") + paragraph("Name: ____________") + paragraph("Title: ____________")
    assert named(body) == {
        "Seller": "person", "Buyer": "person", "By": "signature", "Name": "person", "Title": "text"
    }  # fmt: skip


def test_a_line_beside_a_printed_name_is_signed() -> None:
    assert named(paragraph("Директор ______________ /Л.М. Иванова/")) == {"Директор": "signature"}
    assert named(paragraph("Manager ______________ L. M. Brown")) == {"Manager": "signature"}


def test_captions_below_underlined_tabs() -> None:
    tab = f"<w:r><w:rPr>{UNDERLINED}</w:rPr><w:tab/></w:r>"
    body = f"<w:p>{tab}{run('/')}{run('$__who__')}</w:p>" + paragraph("(подпись)      (расшифровка подписи)")
    assert found(body) == [("Подпись", "signature", "\t"), ("Расшифровка подписи", "person", "$__who__")]


def test_a_line_over_a_placeholder_is_signed() -> None:
    body = paragraph("IN WITNESS WHEREOF") + paragraph("_" * 40) + paragraph("{{ seller.name.full(middle=“x”) }}")
    body += paragraph("{{ seller.name.full(middle=”x”) }}")
    assert named(body) == {"Signature": "signature", "Seller name": "person"}


def test_from_and_to_of_a_period() -> None:
    assert named(paragraph("Period of service: from ________ to ________")) == {
        "Period of service: from": "text", "Period of service to": "text"
    }  # fmt: skip


def test_one_who_speaks_of_himself_gives_his_name() -> None:
    assert named(paragraph("I, ______________, declare that all is true.")) == {"Name": "person"}


def test_numbers_by_their_currency_and_unit() -> None:
    assert set(named(paragraph("It costs € ______ or ______ (__________) руб.")).values()) >= {"number"}


def test_boxes_drawn_as_circles_and_parentheses() -> None:
    result = parse(build(paragraph("Priority:  ○ Low   ○ Medium   ○ High") + paragraph("( ) Yes  ( ) No")))
    assert [f.options for f in result.fields] == [("Low", "Medium", "High"), ("Yes", "No")]
    assert found(paragraph("○ a bullet") + paragraph("f( ) is a function")) == []


def test_what_is_to_come_stands_for_a_value() -> None:
    assert named(grid(["Owner", "TBD"], ["Version", "1.0"], ["Start date", "to be confirmed"])) == {
        "Owner": "person", "Start date": "date"
    }  # fmt: skip
    assert found(paragraph("The date is TBD.")) == []


def test_labels_before_a_heading_and_before_another_label() -> None:
    heading = '<w:style w:type="paragraph" w:styleId="H1"><w:name w:val="heading 1"/></w:style>'
    body = paragraph("Attendees:") + paragraph("Agenda", properties='<w:pStyle w:val="H1"/>') + paragraph("Text.")
    assert named(body, styles=heading) == {"Attendees": "person"}


def test_a_label_before_a_table_only_introduces_it() -> None:
    body = paragraph("For pupils under 18:") + "<w:p/><w:p/><w:p/>" + grid(["Name", ""])
    assert named(body) == {"Name": "person"}


def test_a_prompt_alone_under_a_heading_asks_for_a_long_text() -> None:
    heading = '<w:style w:type="paragraph" w:styleId="H1"><w:name w:val="heading 1"/></w:style>'
    body = paragraph("Outlook", properties='<w:pStyle w:val="H1"/>') + paragraph("Click here to enter text.")
    assert list(named(body, styles=heading).values()) == ["long_text"]


def test_words_in_the_brackets_of_a_control_name_it() -> None:
    body = paragraph("Experience") + control(paragraph("[Position Held]"), "<w:showingPlcHdr/><w:text/>")
    assert list(named(body)) == ["Position Held"]


def test_prose_holds_nothing_to_fill_in() -> None:
    body = paragraph("The user enters a password: it has 8 characters.") + paragraph("See the table below.")
    body += paragraph("We use <b>bold</b> and a < b > c. In 2020 [sic] we [1] sold 5% of 10%...")
    body += f"<w:p>{run('Note', BOLD)}{run(' that f( ) and g( ) are functions of @user and #tag.')}</w:p>"
    assert found(body) == []
