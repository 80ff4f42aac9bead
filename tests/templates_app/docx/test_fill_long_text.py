"""Long texts: paragraphs, lists and emphasis where the place has room, lines where it has not."""

from __future__ import annotations

import re

import pytest

from bench.sameness import differences
from templates_app.docx.fill import Filled, fill
from templates_app.docx.model import Field, FieldType
from templates_app.docx.numbering import read_numbering
from templates_app.docx.package import Package
from templates_app.docx.read import read_outline

from .build import build, cell, paragraph, run
from .reading import DOCUMENT, a_field, at, check_places, texts, xml
from .test_fill import CONTROL, END, ITEM, SEPARATE, begin, bound, bound_file, code
from .test_text import CHOICE

LISTS = "Do:\n\n- **a**\n- b\n  1. c\n  2. d\n\nend"


def long_field(start: int, end: int, p: int = 0) -> Field:
    return a_field("x", at(p, start, end), kind=FieldType.LONG_TEXT)


def put(data: bytes, field: Field, value: str) -> Filled:
    filled = fill(data, [field], {field.key: value})
    check_places(filled)
    assert differences(data, filled) == []
    assert fill(data, [field], {field.key: value}).data == filled.data
    return filled


def printed(filled: Filled) -> list[str]:
    """The numbers of the paragraphs as Word prints them."""
    return [paragraph.number for paragraph in read_outline(Package.open(filled.data)).paragraphs]


class TestParagraphs:
    def test_paragraphs_go_on_in_the_style_of_the_place(self) -> None:
        body = f"<w:p><w:pPr><w:pStyle w:val='Text'/><w:jc w:val='both'/></w:pPr>{run('[x]', '<w:i/>')}</w:p>"
        filled = put(build(body + paragraph("behind")), long_field(0, 3), "one\ntwo\n\nthree")
        assert texts(filled.data) == ["one\ntwo", "three", "behind"]
        assert xml(filled.data).count('<w:pPr><w:pStyle w:val="Text"/><w:jc w:val="both"/></w:pPr>') == 2
        assert xml(filled.data).count("<w:rPr><w:i/></w:rPr>") == 2
        assert filled.placed_spans[0].further == (at(1, 0, 5),)

    def test_behind_a_label(self) -> None:
        filled = put(build(paragraph("Scope: [x]")), long_field(7, 10), "one\n\ntwo")
        assert texts(filled.data) == ["Scope: one", "two"]

    def test_only_what_holds_for_one_paragraph_is_not_copied(self) -> None:
        body = "<w:p><w:pPr><w:pageBreakBefore/><w:numPr><w:numId w:val='3'/></w:numPr></w:pPr></w:p>"
        result = xml(put(build(body), long_field(0, 0), "one\n\ntwo").data)
        assert result.count("pageBreakBefore") == 1
        assert re.findall(r'<w:numId w:val="(\d)"/>', result) == ["3", "0"]

    def test_in_a_cell_and_both_versions_of_a_text_box(self) -> None:
        body = f"<w:tbl><w:tr>{cell('<w:p/>')}</w:tr></w:tbl>"
        assert texts(put(build(body), long_field(0, 0), "one\n\ntwo").data) == ["one", "two"]
        box = f"<w:p><w:r>{CHOICE.format(paragraph('[x]'), paragraph('[x]'))}</w:r></w:p>"
        filled = put(build(box), long_field(0, 3, p=1), "one\n\n- two")
        assert texts(filled.data) == ["", "one", "two"]
        assert xml(filled.data).count("<w:t>two</w:t>") == 2

    def test_in_a_control_around_the_paragraph(self) -> None:
        body = CONTROL.format("<w:showingPlcHdr/>", paragraph("Click")) + paragraph("z")
        filled = put(build(body), long_field(0, 5), "one\n\n**two**")
        assert texts(filled.data) == ["one", "two", "z"]
        assert "<w:t>two</w:t></w:r></w:p></w:sdtContent>" in xml(filled.data)


class TestLists:
    def test_real_lists_in_a_file_that_had_none(self) -> None:
        data = build(paragraph("[x]") + paragraph("behind"))
        filled = put(data, long_field(0, 3), LISTS)
        assert texts(filled.data) == ["Do:", "a", "b", "c", "d", "end", "behind"]
        package = Package.open(filled.data)
        assert package.related(DOCUMENT, "numbering") == "word/numbering.xml"
        assert b"/word/numbering.xml" in package.read("[Content_Types].xml")
        assert printed(filled) == ["", "•", "•", "1.", "2.", "", ""]
        assert "<w:rPr><w:b/><w:bCs/></w:rPr><w:t>a</w:t>" in xml(filled.data)

    def test_lists_are_added_to_those_of_the_file(self) -> None:
        own = (
            '<w:abstractNum w:abstractNumId="4"><w:lvl w:ilvl="0"><w:numFmt w:val="decimal"/></w:lvl></w:abstractNum>'
            '<w:num w:numId="7"><w:abstractNumId w:val="4"/></w:num>'
        )
        filled = put(build(paragraph("[x]"), numbering=own), long_field(0, 3), "3. a\n4. b\n\ntext\n\n1. c")
        assert printed(filled) == ["3.", "4.", "", "1."]
        kinds = [node.tag.rpartition("}")[2] for node in Package.open(filled.data).xml("word/numbering.xml")]
        assert kinds == ["abstractNum", "abstractNum", "num", "num", "num"]

    def test_a_second_fill_uses_the_same_definitions(self) -> None:
        first = put(build(paragraph("[x]") + paragraph("[y]")), long_field(0, 3), "- a")
        again = put(first.data, long_field(0, 3, p=1), "- b\n  - c\n\n1. d")
        assert xml(again.data, "word/numbering.xml").count("<w:abstractNum ") == 2
        assert printed(again) == ["•", "•", "–", "1."]

    def test_a_list_does_not_begin_behind_words(self) -> None:
        filled = put(build(paragraph("Steps: [x]")), long_field(7, 10), "- a\n- b")
        assert texts(filled.data) == ["Steps: ", "a", "b"]
        assert printed(filled) == ["", "•", "•"]

    def test_the_indentation_of_the_place_goes_on(self) -> None:
        body = f"<w:p><w:pPr><w:ind w:left='500'/></w:pPr>{run('[x]')}</w:p>"
        assert '<w:ind w:left="860" w:hanging="360"/>' in xml(put(build(body), long_field(0, 3), "- a").data)


class TestLines:
    def test_text_behind_the_place_stays_behind_it(self) -> None:
        filled = put(build(paragraph("A [x] z")), long_field(2, 5), "one\n\n- **two**\n  1. three")
        assert texts(filled.data) == ["A one\n\n• two\n\u2002\u20021. three z"]
        assert "<w:rPr><w:b/><w:bCs/></w:rPr><w:t>two</w:t>" in xml(filled.data)

    @pytest.mark.parametrize(
        "body",
        [
            "<w:p>" + CONTROL.format("<w:text/>", run("[x]")) + "</w:p>",
            CONTROL.format("<w:text/>", paragraph("[x]")),
        ],
    )
    def test_controls_for_plain_text_have_no_emphasis(self, body: str) -> None:
        filled = put(build(body), long_field(0, 3), "**one**\n\n- two")
        assert texts(filled.data) == ["one\n\n• two"]
        assert "<w:b/>" not in xml(filled.data)

    def test_bound_controls_store_what_they_show(self) -> None:
        filled = put(bound_file(bound("/i:info/i:ok")), long_field(0, 3), "**one**\n\n- two")
        assert texts(filled.data) == ["one\n\n• two"]
        assert "<i:ok>one\n\n• two</i:ok>" in xml(filled.data, "customXml/item1.xml")
        assert ITEM not in xml(filled.data, "customXml/item1.xml")

    def test_rich_controls_in_a_line_have_emphasis(self) -> None:
        body = "<w:p>" + CONTROL.format("", run("[x]")) + "</w:p>"
        filled = put(build(body), long_field(0, 3), "**one**\n\ntwo")
        assert texts(filled.data) == ["one\n\ntwo"]
        assert "<w:b/>" in xml(filled.data)

    def test_results_of_form_fields(self) -> None:
        body = "<w:p>" + begin("<w:ffData/>") + code("FORMTEXT") + SEPARATE + run("..") + END + "</w:p>"
        filled = put(build(body), long_field(0, 2), "**one**\n\ntwo")
        assert texts(filled.data) == ["one\n\ntwo"]
        assert xml(filled.data).count("fldChar ") == 3

    def test_headings_stay_one_paragraph(self) -> None:
        styles = '<w:style w:type="paragraph" w:styleId="H"><w:name w:val="heading 1"/></w:style>'
        body = f"<w:p><w:pPr><w:pStyle w:val='H'/></w:pPr>{run('[x]')}</w:p>"
        assert texts(put(build(body, styles=styles), long_field(0, 3), "one\n\ntwo").data) == ["one\n\ntwo"]

    def test_the_end_of_a_section_stays_where_it_is(self) -> None:
        body = f"<w:p><w:pPr><w:sectPr/></w:pPr>{run('[x]')}</w:p>"
        assert texts(put(build(body), long_field(0, 3), "one\n\ntwo").data) == ["one\n\ntwo"]

    def test_short_texts_have_no_marks(self) -> None:
        field = a_field("x", at(0, 0, 3))
        assert texts(put(build(paragraph("[x]")), field, "**a**\n\n- b").data) == ["**a**\n\n- b"]

    def test_plain_text_comes_through_literally(self) -> None:
        text = "2 * 3, snake_case\n C:\\x \n"
        assert texts(put(build(paragraph("[x]")), long_field(0, 3), text).data) == [text]


def test_numbering_reads_what_was_added() -> None:
    filled = put(build(paragraph("[x]")), long_field(0, 3), "5. a")
    numbering = read_numbering(Package.open(filled.data))
    assert numbering.next("1", 0) == "5."
