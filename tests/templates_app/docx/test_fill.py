"""Filling: each kind of place takes its value, and nothing else changes."""

from __future__ import annotations

import io
import re
import zipfile
from datetime import date
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bench.sameness import differences
from bench.samples import png
from templates_app.docx import errors
from templates_app.docx.fill import Filled, fill
from templates_app.docx.fill_images import read_picture
from templates_app.docx.model import Anchor, Column, Field, FieldType
from templates_app.docx.package import Package
from templates_app.docx.parse import parse
from templates_app.docx.text import iter_paragraphs, namespace
from templates_app.docx.values import OnUnfilled, Value

from .build import DECLARED, build, cell, paragraph, run, table
from .reading import a_field, at, check_places, texts, token_field, xml
from .test_text import CHOICE

CONTROL = "<w:sdt><w:sdtPr>{}</w:sdtPr><w:sdtContent>{}</w:sdtContent></w:sdt>"
PLACEHOLDER_STYLE = (
    '<w:style w:type="character" w:styleId="Platzhalter"><w:name w:val="Placeholder Text"/></w:style>'
    '<w:docDefaults><w:rPrDefault><w:rPr><w:lang w:val="de-DE"/></w:rPr></w:rPrDefault></w:docDefaults>'
)


def put(data: bytes, field: Field, value: Value) -> Filled:
    """Fill one field and check what always holds."""
    filled = fill(data, [field], {field.key: value})
    check_places(filled)
    assert differences(data, filled) == []
    assert fill(data, [field], {field.key: value}).data == filled.data
    return filled


def begin(data: str = "") -> str:
    return f'<w:r><w:fldChar w:fldCharType="begin">{data}</w:fldChar></w:r>'


def code(text: str) -> str:
    return f'<w:r><w:instrText xml:space="preserve"> {text} </w:instrText></w:r>'


SEPARATE = '<w:r><w:fldChar w:fldCharType="separate"/></w:r>'
END = '<w:r><w:fldChar w:fldCharType="end"/></w:r>'


class TestPlainText:
    def test_token_split_over_runs(self) -> None:
        body = f"<w:p>{run('Dear [Cus')}{run('tomer', '<w:b/>')}{run(' name]!')}</w:p>"
        filled = put(build(body), a_field("name", at(0, 5, 20)), "Ann & <Bob>")
        assert texts(filled.data) == ["Dear Ann & <Bob>!"]
        assert xml(filled.data).count("<w:r>") == 2

    def test_the_first_run_gives_the_formatting(self) -> None:
        body = f"<w:p>{run('[', '<w:i/>')}{run('x', '<w:b/>')}{run(']')}</w:p>"
        filled = put(build(body), a_field("x", at(0, 0, 3)), "y")
        assert "<w:rPr><w:i/></w:rPr><w:t>y</w:t>" in xml(filled.data)
        assert "<w:b/>" not in xml(filled.data)

    def test_several_places_in_one_paragraph(self) -> None:
        field = a_field("x", at(0, 0, 1), at(0, 4, 5), at(0, 2, 3))
        assert texts(put(build(paragraph("_ _ _")), field, "long").data) == ["long long long"]

    def test_line_breaks_tabs_and_spaces(self) -> None:
        filled = put(build(paragraph("[x]")), a_field("x", at(0, 0, 3)), " a\r\nb\tc \n")
        assert texts(filled.data) == [" a\nb\tc \n"]
        assert xml(filled.data).count("<w:br/>") == 2
        assert xml(filled.data).count('xml:space="preserve"') == 2

    def test_span_over_tabs_and_symbols(self) -> None:
        body = '<w:p><w:r><w:t>a</w:t><w:tab/><w:sym w:font="Symbol" w:char="F020"/><w:t>b</w:t></w:r></w:p>'
        assert texts(put(build(body), a_field("x", at(0, 1, 3)), "-").data) == ["a-b"]

    def test_blanks_keep_what_stands_around(self) -> None:
        filled = put(build(paragraph("Name: ____ Date: ____")), a_field("d", at(0, 17, 21)), "today")
        assert texts(filled.data) == ["Name: ____ Date: today"]

    def test_bookmarks_and_comments_stay(self) -> None:
        body = (
            '<w:p><w:bookmarkStart w:id="1" w:name="a"/>'
            + run("[x")
            + '<w:commentRangeStart w:id="2"/>'
            + run("]")
            + '<w:bookmarkEnd w:id="1"/></w:p>'
        )
        result = xml(put(build(body), a_field("x", at(0, 0, 3)), "y").data)
        assert result.index("bookmarkStart") < result.index(">y<") < result.index("commentRangeStart")

    def test_headers_and_footers(self) -> None:
        data = build(paragraph("[x]"), headers=[paragraph("H [x]")], footers=[paragraph("F [x]")])
        field = a_field("x", at(0, 0, 3), at(0, 2, 5, "word/header1.xml"), at(0, 2, 5, "word/footer1.xml"))
        filled = put(data, field, "y")
        assert [texts(filled.data, part) for part in Package.open(filled.data).stories] == [["y"], ["H y"], ["F y"]]

    def test_parts_without_a_field_are_the_same_bytes(self) -> None:
        data = build(paragraph("[x]"), headers=[paragraph("H")], styles="<w:style/>", extra={"word/media/a.png": b"1"})
        before, after = (zipfile.ZipFile(io.BytesIO(d)) for d in (data, put(data, a_field("x", at(0, 0, 3)), "y").data))
        changed = [name for name in before.namelist() if before.read(name) != after.read(name)]
        assert changed == ["word/document.xml"]

    def test_declaration_and_ignorable_stay(self) -> None:
        package = Package.open(put(build(paragraph("[x]")), a_field("x", at(0, 0, 3)), "y").data)
        start = package.read("word/document.xml")[:2000].decode()
        assert start.startswith('<?xml version="1.0" encoding="UTF-8" standalone="yes"?>')
        assert 'mc:Ignorable="w14 w15"' in start
        assert 'xmlns:w15="' in start

    def test_tracked_deletions_are_left_alone(self) -> None:
        body = "<w:p>" + run("[x") + "<w:del><w:r><w:delText>old</w:delText></w:r></w:del>" + run("]") + "</w:p>"
        assert "<w:delText>old</w:delText>" in xml(put(build(body), a_field("x", at(0, 0, 3)), "y").data)

    def test_empty_value_takes_the_marker_away(self) -> None:
        assert texts(put(build(paragraph("a [x]")), a_field("x", at(0, 2, 5)), "").data) == ["a "]


class TestEmptyPlaces:
    def test_empty_cell(self) -> None:
        filled = put(build(table(["Name", ""])), a_field("x", at(1, 0, 0)), "Ann")
        assert texts(filled.data) == ["Name", "Ann"]

    def test_empty_paragraph_takes_the_formatting_of_its_mark(self) -> None:
        body = "<w:p><w:pPr><w:rPr><w:ins w:id='1' w:author='a'/><w:b/></w:rPr></w:pPr></w:p>"
        filled = put(build(body), a_field("x", at(0, 0, 0)), "Ann")
        assert "<w:r><w:rPr><w:b/></w:rPr><w:t>Ann</w:t></w:r>" in xml(filled.data)

    def test_label_and_value_are_parted_by_a_space(self) -> None:
        filled = put(build(paragraph("Name:")), a_field("x", at(0, 5, 5)), "Ann")
        assert texts(filled.data) == ["Name: Ann"]
        assert filled.placed_spans[0].place == at(0, 6, 9)

    @pytest.mark.parametrize(
        ("label", "result"),
        [
            ("Name: ", "Name: Ann"),
            ("氏名：", "氏名：Ann"),
            ("Name (", "Name (Ann"),
            ("Name:\t", "Name:\tAnn"),
        ],
    )
    def test_no_space_where_none_is_needed(self, label: str, result: str) -> None:
        assert texts(put(build(paragraph(label)), a_field("x", at(0, len(label), len(label))), "Ann").data) == [result]

    def test_between_two_labels(self) -> None:
        data = build(paragraph("Name:", "Date:"))
        filled = fill(data, [a_field("n", at(0, 5, 5)), a_field("d", at(0, 10, 10))], {"n": "Ann", "d": "now"})
        check_places(filled)
        assert texts(filled.data) == ["Name: Ann Date: now"]

    def test_inside_a_run(self) -> None:
        assert texts(put(build(paragraph("Name: Date:")), a_field("n", at(0, 6, 6)), "Ann").data) == ["Name: Ann Date:"]

    def test_before_all_text(self) -> None:
        assert texts(put(build(paragraph("Street")), a_field("n", at(0, 0, 0)), "Main").data) == ["Main Street"]

    def test_behind_a_field_and_a_link(self) -> None:
        body = "<w:p><w:hyperlink>" + begin() + code("REF x") + SEPARATE + run("Ref") + END + "</w:hyperlink></w:p>"
        filled = put(build(body), a_field("n", at(0, 3, 3)), "Ann")
        assert xml(filled.data).index("</w:hyperlink>") < xml(filled.data).index("Ann")


class TestControls:
    def test_placeholder_state_and_style_go(self) -> None:
        styled = '<w:r><w:rPr><w:rStyle w:val="Platzhalter"/></w:rPr><w:t>Click here</w:t></w:r>'
        body = "<w:p>" + CONTROL.format("<w:showingPlcHdr/><w:text/>", styled) + "</w:p>"
        result = xml(put(build(body, styles=PLACEHOLDER_STYLE), a_field("x", at(0, 0, 10)), "a\nb").data)
        assert "showingPlcHdr" not in result
        assert "Platzhalter" not in result
        assert '<w:text w:multiLine="1"/>' in result

    def test_formatting_of_the_control_is_taken_on(self) -> None:
        styled = '<w:r><w:rPr><w:rStyle w:val="PlaceholderText"/></w:rPr><w:t>Click</w:t></w:r>'
        body = "<w:p>" + CONTROL.format("<w:rPr><w:b/></w:rPr><w:showingPlcHdr/>", styled) + "</w:p>"
        assert "<w:rPr><w:b/></w:rPr><w:t>y</w:t>" in xml(put(build(body), a_field("x", at(0, 0, 5)), "y").data)

    def test_space_around_the_place_inside_a_control_stays(self) -> None:
        body = "<w:p>" + CONTROL.format("<w:showingPlcHdr/>", run(" [x] ")) + "</w:p>"
        filled = put(build(body), a_field("x", at(0, 1, 4)), "y")
        assert texts(filled.data) == [" y "]
        assert "showingPlcHdr" not in xml(filled.data)

    def test_one_place_of_several_in_a_control(self) -> None:
        binding = '<w:showingPlcHdr/><w:dataBinding w:xpath="/a" w:storeItemID="{1}"/>'
        body = "<w:p>" + CONTROL.format(binding, run("[x] and [y]")) + "</w:p>"
        filled = put(build(body), a_field("x", at(0, 0, 3)), "z")
        assert texts(filled.data) == ["z and [y]"]
        assert "showingPlcHdr" not in xml(filled.data)
        assert filled.notes == ()

    def test_empty_control(self) -> None:
        body = "<w:p>" + run("a ") + CONTROL.format("<w:text/>", "") + "</w:p>"
        assert "<w:sdtContent><w:r><w:t>y</w:t></w:r></w:sdtContent>" in xml(
            put(build(body), a_field("x", at(0, 2, 2)), "y").data
        )

    @pytest.mark.parametrize(
        "body",
        [
            CONTROL.format("<w:showingPlcHdr/>", paragraph("Click")),
            "<w:tbl><w:tr>" + CONTROL.format("<w:showingPlcHdr/>", cell(paragraph("Click"))) + "</w:tr></w:tbl>",
            "<w:tbl>" + CONTROL.format("<w:showingPlcHdr/>", f"<w:tr>{cell(paragraph('Click'))}</w:tr>") + "</w:tbl>",
        ],
    )
    def test_around_paragraph_cell_and_row(self, body: str) -> None:
        filled = put(build(body), a_field("x", at(0, 0, 5)), "y")
        assert texts(filled.data) == ["y"]
        assert "showingPlcHdr" not in xml(filled.data)

    def test_check_box(self) -> None:
        box = (
            '<w14:checkbox><w14:checked w14:val="0"/><w14:checkedState w14:val="2612" w14:font="MS Gothic"/>'
            '<w14:uncheckedState w14:val="2610" w14:font="MS Gothic"/></w14:checkbox>'
        )
        body = "<w:p>" + CONTROL.format(box, run("☐")) + run(" Yes") + "</w:p>"
        filled = put(build(body), a_field("x", at(0, 0, 1), kind=FieldType.CHECKBOX), True)
        assert texts(filled.data) == ["☒ Yes"]
        assert '<w14:checked w14:val="1"/>' in xml(filled.data)
        again = fill(filled.data, [a_field("x", at(0, 0, 1), kind=FieldType.CHECKBOX)], {"x": False})
        assert texts(again.data) == ["☐ Yes"]
        assert '<w14:checked w14:val="0"/>' in xml(again.data)

    def test_check_box_in_a_symbol_font(self) -> None:
        box = '<w14:checkbox><w14:checkedState w14:val="00FE" w14:font="Wingdings"/></w14:checkbox>'
        body = "<w:p>" + CONTROL.format(box, '<w:r><w:sym w:font="Wingdings" w:char="F0A8"/></w:r>') + "</w:p>"
        filled = put(build(body), a_field("x", at(0, 0, 1), kind=FieldType.CHECKBOX), True)
        assert '<w:sym w:font="Wingdings" w:char="F0FE"/>' in xml(filled.data)

    def test_drop_down(self) -> None:
        entries = '<w:dropDownList w:lastValue="l"><w:listItem w:displayText="High" w:value="h"/></w:dropDownList>'
        data = build("<w:p>" + CONTROL.format(entries, run("Choose")) + "</w:p>")
        filled = put(data, a_field("x", at(0, 0, 6), kind=FieldType.CHOICE, options=("High",)), "high")
        assert texts(filled.data) == ["High"]
        assert 'w:lastValue="h"' in xml(filled.data)
        with pytest.raises(errors.FillError, match=r"no entry 'Low'.*High"):
            fill(data, [a_field("x", at(0, 0, 6))], {"x": "Low"})

    def test_combo_box_takes_other_text(self) -> None:
        entries = '<w:comboBox><w:listItem w:displayText="High" w:value="h"/></w:comboBox>'
        data = build("<w:p>" + CONTROL.format(entries, run("Choose")) + "</w:p>")
        assert texts(put(data, a_field("x", at(0, 0, 6)), "Low").data) == ["Low"]

    def test_date_in_the_format_and_language_of_the_control(self) -> None:
        properties = '<w:date><w:dateFormat w:val="d. MMMM yyyy"/><w:lid w:val="de-AT"/></w:date>'
        data = build("<w:p>" + CONTROL.format(properties, run("Datum")) + "</w:p>")
        filled = put(data, a_field("x", at(0, 0, 5), kind=FieldType.DATE), "2026-03-05")
        assert texts(filled.data) == ["5. März 2026"]
        assert 'w:fullDate="2026-03-05T00:00:00Z"' in xml(filled.data)
        other = put(filled.data, a_field("x", at(0, 0, 12), kind=FieldType.DATE), "next week")
        assert "fullDate" not in xml(other.data)


STORE = "{AAAAAAAA-0000-0000-0000-000000000001}"
ITEM = '<i:info xmlns:i="urn:i"><i:client><i:name>old</i:name><i:name>second</i:name></i:client><i:ok/></i:info>'
PROPERTIES = (
    '<ds:datastoreItem xmlns:ds="http://schemas.openxmlformats.org/officeDocument/2006/customXml" '
    f'ds:itemID="{STORE}"/>'
)
ITEM_RELATIONSHIPS = (
    '<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships"><Relationship Id="rId1" '
    'Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/customXmlProps" '
    'Target="itemProps1.xml"/></Relationships>'
)
CORE = (
    '<cp:coreProperties xmlns:cp="http://schemas.openxmlformats.org/package/2006/metadata/core-properties" '
    'xmlns:dc="http://purl.org/dc/elements/1.1/"><dc:title>Old</dc:title></cp:coreProperties>'
)
EXTENDED = '<Properties xmlns="http://schemas.openxmlformats.org/officeDocument/2006/extended-properties"/>'
CUSTOM = (
    '<Properties xmlns="http://schemas.openxmlformats.org/officeDocument/2006/custom-properties" '
    'xmlns:vt="http://schemas.openxmlformats.org/officeDocument/2006/docPropsVTypes">'
    '<property fmtid="{D5CDD505-2E9C-101B-9397-08002B2CF9AE}" pid="2" name="Client"><vt:i4>7</vt:i4></property>'
    "</Properties>"
)


def bound_file(body: str, more: dict[str, str | bytes] | None = None) -> bytes:
    return build(
        body,
        extra={
            **(more or {}),
            "customXml/item1.xml": ITEM,
            "customXml/itemProps1.xml": PROPERTIES,
            "customXml/_rels/item1.xml.rels": ITEM_RELATIONSHIPS,
            "docProps/core.xml": CORE,
            "docProps/app.xml": EXTENDED,
            "docProps/custom.xml": CUSTOM,
        },
        main_relationships=[("customXml", "customXml/item1.xml"), *(("header", name) for name in more or ())],
        package_relationships=[
            ("metadata/core-properties", "docProps/core.xml"),
            ("extended-properties", "docProps/app.xml"),
            ("custom-properties", "docProps/custom.xml"),
        ],
    )


def bound(path: str, store: str = STORE, more: str = "", shown: str = "old", mapping: str = "xmlns:i='urn:i'") -> str:
    binding = f'<w:dataBinding w:prefixMappings="{mapping}" w:xpath="{path}" w:storeItemID="{store}"/>'
    return "<w:p>" + CONTROL.format(binding + more, run(shown)) + "</w:p>"


class TestBindings:
    def test_custom_xml(self) -> None:
        data = bound_file(bound("/i:info[1]/i:client[1]/i:name[2]"))
        filled = put(data, a_field("x", at(0, 0, 3)), "new")
        assert "<i:name>old</i:name><i:name>new</i:name>" in xml(filled.data, "customXml/item1.xml")
        assert filled.notes == ()

    def test_two_values_for_one_stored_place_are_noted(self) -> None:
        data = bound_file(bound("/i:info/i:ok") * 2)
        fields = [a_field("a", at(0, 0, 3)), a_field("b", at(1, 0, 3))]
        assert fill(data, fields, {"a": "same", "b": "same"}).notes == ()
        assert len(fill(data, fields, {"a": "one", "b": "other"}).notes) == 1

    def test_all_controls_bound_to_the_same_data_show_it(self) -> None:
        other = bound("/j:info/j:client/j:name", mapping="xmlns:j='urn:i'", more="<w:showingPlcHdr/>")
        data = bound_file(bound("/i:info[1]/i:client[1]/i:name[1]") + paragraph("old") + other)
        filled = put(data, a_field("x", at(0, 0, 3)), "new")
        assert texts(filled.data) == ["new", "old", "new"]
        assert "showingPlcHdr" not in xml(filled.data)
        assert [placed.place for placed in filled.placed_spans] == [at(0, 0, 3), at(2, 0, 3)]

    def test_a_bound_control_in_a_header_shows_it_too(self) -> None:
        header = f"<w:hdr {DECLARED}>{bound('/i:info/i:ok')}</w:hdr>"
        data = bound_file(bound("/i:info/i:ok"), {"word/header1.xml": header})
        filled = put(data, a_field("x", at(0, 0, 3)), "new")
        assert texts(filled.data, "word/header1.xml") == ["new"]

    def test_attribute_and_date(self) -> None:
        date_control = '<w:date><w:dateFormat w:val="yyyy"/><w:storeMappedDataAs w:val="date"/></w:date>'
        data = bound_file(bound("/i:info/i:client/@i:since", more=date_control))
        filled = put(data, a_field("x", at(0, 0, 3)), date(2026, 3, 5))
        assert 'i:since="2026-03-05"' in xml(filled.data, "customXml/item1.xml")
        assert texts(filled.data) == ["2026"]

    def test_list_stores_the_value(self) -> None:
        entries = '<w:dropDownList><w:listItem w:displayText="High" w:value="h"/></w:dropDownList>'
        filled = put(bound_file(bound("/i:info/i:ok", more=entries)), a_field("x", at(0, 0, 3)), "High")
        assert "<i:ok>h</i:ok>" in xml(filled.data, "customXml/item1.xml")

    def test_check_box_stores_true(self) -> None:
        data = bound_file(bound("/i:info/i:ok", more="<w14:checkbox/>", shown="☐"))
        filled = put(data, a_field("x", at(0, 0, 1), kind=FieldType.CHECKBOX), True)
        assert "<i:ok>true</i:ok>" in xml(filled.data, "customXml/item1.xml")

    def test_core_and_extended_properties(self) -> None:
        core = "{6C3C8BC8-F283-45AE-878A-BAB7291924A1}"
        names = (
            "xmlns:cp='http://schemas.openxmlformats.org/package/2006/metadata/core-properties' "
            "xmlns:dc='http://purl.org/dc/elements/1.1/'"
        )
        data = bound_file(
            bound("/cp:coreProperties[1]/dc:title[1]", core, mapping=names)
            + bound("/cp:coreProperties[1]/cp:category[1]", core, mapping=names)
        )
        filled = fill(data, [a_field("t", at(0, 0, 3)), a_field("c", at(1, 0, 3))], {"t": "Title", "c": "Kind"})
        result = xml(filled.data, "docProps/core.xml")
        assert "<dc:title>Title</dc:title>" in result
        assert "<cp:category>Kind</cp:category>" in result

    @pytest.mark.parametrize(
        "path", ["/i:other", "//i:name", "/i:info/i:client[9]", "count(/i:info)", "", "/i:info/i:client"]
    )
    def test_a_binding_that_leads_nowhere_is_noted(self, path: str) -> None:
        filled = put(bound_file(bound(path)), a_field("x", at(0, 0, 3)), "new")
        assert texts(filled.data) == ["new"]
        assert len(filled.notes) == 1

    @pytest.mark.parametrize(
        ("field_code", "part", "stored"),
        [
            ('DOCPROPERTY  "Client" \\* MERGEFORMAT', "docProps/custom.xml", "<vt:lpwstr>new</vt:lpwstr>"),
            ("DOCPROPERTY Company", "docProps/app.xml", "<Company>new</Company>"),
            ("TITLE", "docProps/core.xml", "<dc:title>new</dc:title>"),
        ],
    )
    def test_document_properties(self, field_code: str, part: str, stored: str) -> None:
        body = "<w:p>" + begin() + code(field_code) + SEPARATE + run("old") + END + "</w:p>"
        filled = put(bound_file(body), a_field("x", at(0, 0, 3)), "new")
        assert stored in xml(filled.data, part)
        assert field_code.split()[0] in xml(filled.data)

    def test_document_variable(self) -> None:
        body = "<w:p>" + begin() + code("DOCVARIABLE Client") + SEPARATE + run("old") + END + "</w:p>"
        settings_part = (
            '<w:settings xmlns:w="http://schemas.openxmlformats.org/wordprocessingml/2006/main"><w:docVars>'
            '<w:docVar w:name="Client" w:val="old"/></w:docVars></w:settings>'
        )
        data = build(
            body, extra={"word/settings.xml": settings_part}, main_relationships=[("settings", "word/settings.xml")]
        )
        filled = put(data, a_field("x", at(0, 0, 3)), "new")
        assert 'w:val="new"' in xml(filled.data, "word/settings.xml")


class TestFields:
    def test_form_text_keeps_its_shell(self) -> None:
        data = "<w:ffData><w:name w:val='Text1'/><w:textInput/></w:ffData>"
        body = "<w:p>" + run("Name ") + begin(data) + code("FORMTEXT") + SEPARATE + run("     ") + END + "</w:p>"
        filled = put(build(body), a_field("x", at(0, 5, 10)), "Ann")
        assert texts(filled.data) == ["Name Ann"]
        assert xml(filled.data).count("fldChar ") == 3

    @pytest.mark.parametrize("inside", [SEPARATE, ""])
    def test_form_text_without_result(self, inside: str) -> None:
        body = "<w:p>" + begin("<w:ffData/>") + code("FORMTEXT") + inside + END + run("!") + "</w:p>"
        filled = put(build(body), a_field("x", at(0, 0, 0)), "Ann")
        assert texts(filled.data) == ["Ann!"]
        assert xml(filled.data).index('"separate"') < xml(filled.data).index("Ann") < xml(filled.data).index('"end"')

    def test_form_text_in_one_run(self) -> None:
        body = (
            '<w:p><w:r><w:fldChar w:fldCharType="begin"/><w:instrText>FORMTEXT</w:instrText><w:fldChar '
            'w:fldCharType="separate"/><w:t>..</w:t><w:fldChar w:fldCharType="end"/><w:t>!</w:t></w:r></w:p>'
        )
        assert texts(put(build(body), a_field("x", at(0, 0, 2)), "Ann").data) == ["Ann!"]

    def test_form_text_over_two_paragraphs(self) -> None:
        body = (
            "<w:p>" + begin() + code("FORMTEXT") + SEPARATE + run("one") + "</w:p><w:p>" + run("two") + END + "</w:p>"
        )
        assert texts(put(build(body), a_field("x", at(0, 0, 3)), "new").data) == ["new", "two"]

    def test_form_check_boxes_at_one_point(self) -> None:
        box = "<w:ffData><w:checkBox><w:default w:val='0'/></w:checkBox></w:ffData>"
        both = (begin(box) + code("FORMCHECKBOX") + SEPARATE + END) * 2
        fields = [
            a_field("a", at(0, 0, 0), kind=FieldType.CHECKBOX),
            a_field("b", at(0, 0, 0), kind=FieldType.CHECKBOX),
        ]
        result = xml(fill(build(f"<w:p>{both}</w:p>"), fields, {"a": False, "b": True}).data)
        assert re.findall(r'<w:checked w:val="(.)"/>', result) == ["0", "1"]

    def test_form_drop_down(self) -> None:
        entries = "<w:ffData><w:ddList><w:listEntry w:val='Low'/><w:listEntry w:val='High'/></w:ddList></w:ffData>"
        data = build("<w:p>" + begin(entries) + code("FORMDROPDOWN") + END + "</w:p>")
        field = a_field("x", at(0, 0, 0), kind=FieldType.CHOICE, options=("Low", "High"))
        filled = put(data, field, "High")
        assert '<w:ddList><w:result w:val="1"/>' in xml(filled.data)
        assert filled.placed_spans[0].state == "entry 1"
        with pytest.raises(errors.FillError):
            fill(data, [a_field("x", at(0, 0, 0))], {"x": "None"})

    @pytest.mark.parametrize(
        "body",
        [
            begin() + code("MERGEFIELD Name") + SEPARATE + run("«Name»", "<w:b/>") + END,
            '<w:fldSimple w:instr=" MERGEFIELD Name ">' + run("«Name»", "<w:b/>") + "</w:fldSimple>",
            '<w:r><w:rPr><w:b/></w:rPr><w:fldChar w:fldCharType="begin"/><w:instrText>MERGEFIELD x</w:instrText>'
            '<w:fldChar w:fldCharType="separate"/><w:t>«Name»</w:t><w:fldChar w:fldCharType="end"/></w:r>',
        ],
    )
    def test_merge_field_is_replaced_whole(self, body: str) -> None:
        filled = put(build(f"<w:p>{run('Dear ')}{body}{run('!')}</w:p>"), a_field("x", at(0, 5, 11)), "Ann")
        assert texts(filled.data) == ["Dear Ann!"]
        assert "MERGEFIELD" not in xml(filled.data)
        assert "fldChar" not in xml(filled.data)
        assert "<w:rPr><w:b/></w:rPr><w:t>Ann</w:t>" in xml(filled.data)

    def test_merge_field_inside_a_longer_place(self) -> None:
        body = "<w:p>" + run("[") + begin() + code("MERGEFIELD a") + SEPARATE + run("«a»") + END + run("]") + "</w:p>"
        filled = put(build(body), a_field("x", at(0, 0, 5)), "Ann")
        assert texts(filled.data) == ["Ann"]

    def test_prompt(self) -> None:
        body = "<w:p>" + run("To ") + begin() + code("MACROBUTTON NoMacro [Click here]") + END + run(".") + "</w:p>"
        filled = put(build(body), a_field("x", at(0, 3, 3)), "Ann")
        assert texts(filled.data) == ["To Ann."]
        assert "MACROBUTTON" not in xml(filled.data)


class TestBoxes:
    @pytest.mark.parametrize(
        ("box", "checked"), [("☐", "☒"), ("□", "☒"), ("○", "●"), ("[ ]", "[x]"), ("( )", "(x)"), ("[]", "[x]")]
    )
    def test_one_box(self, box: str, checked: str) -> None:
        field = a_field("x", at(0, 0, len(box)), kind=FieldType.CHECKBOX)
        filled = put(build(paragraph(f"{box} agreed")), field, True)
        assert texts(filled.data) == [f"{checked} agreed"]

    def test_choice_marks_the_chosen_box_only(self) -> None:
        field = a_field("x", at(0, 0, 1), at(0, 6, 7), kind=FieldType.CHOICE, options=("Yes", "No"))
        data = build(paragraph("☐ Yes ☒ No"))
        filled = put(data, field, "yes")
        assert texts(filled.data) == ["☒ Yes ☐ No"]
        with pytest.raises(errors.FillError, match="Yes, No"):
            fill(data, [field], {"x": "Perhaps"})

    def test_several_options(self) -> None:
        field = a_field("x", at(0, 0, 1), at(0, 1, 2), at(0, 2, 3), kind=FieldType.CHOICE, options=("a", "b", "c"))
        assert texts(put(build(paragraph("☐☐☐")), field, ["a", "c"]).data) == ["☒☐☒"]

    def test_choice_of_empty_cells(self) -> None:
        field = a_field("x", at(1, 0, 0), at(2, 0, 0), kind=FieldType.CHOICE, options=("Yes", "No"))
        assert texts(put(build(table(["Done?", "", ""])), field, "No").data) == ["Done?", "", "X"]

    def test_symbols(self) -> None:
        symbols = (
            '<w:r><w:sym w:font="Wingdings" w:char="F06F"/></w:r><w:r><w:sym w:font="Wingdings 2" w:char="F0A3"/></w:r>'
        )
        field = a_field("x", at(0, 0, 1), at(0, 1, 2), kind=FieldType.CHECKBOX)
        filled = put(build(f"<w:p>{symbols}</w:p>"), field, True)
        assert texts(filled.data) == ["☒☒"]
        assert '<w:sym w:font="Wingdings" w:char="F0FE"/>' in xml(filled.data)

    def test_choice_as_text(self) -> None:
        field = a_field("x", at(0, 0, 3), kind=FieldType.CHOICE, options=("Yes", "No"))
        assert texts(put(build(paragraph("[x]")), field, "No").data) == ["No"]


class TestTextBoxes:
    def test_both_versions_are_filled(self) -> None:
        box = CHOICE.format(paragraph("[x]"), paragraph("[x]"))
        data = build(f"<w:p>{run('a')}<w:r>{box}</w:r></w:p>")
        filled = put(data, a_field("x", at(1, 0, 3)), "y")
        assert xml(filled.data).count("<w:t>y</w:t>") == 2
        assert filled.notes == ()

    @pytest.mark.parametrize("copy", [paragraph("other"), paragraph("[x]") * 2])
    def test_versions_that_differ_are_noted(self, copy: str) -> None:
        data = build(f"<w:p><w:r>{CHOICE.format(paragraph('[x]'), copy)}</w:r></w:p>")
        filled = fill(data, [a_field("x", at(1, 0, 3))], {"x": "y"})
        assert texts(filled.data) == ["", "y"]
        assert len(filled.notes) == 1


def record_field(*anchors: Anchor) -> Field:
    columns = (Column("name", "Name"), Column("age", "Age", FieldType.NUMBER))
    return a_field("people", *anchors, kind=FieldType.TABLE, columns=columns)


class TestRecords:
    def test_empty_rows_are_used_then_cloned(self) -> None:
        data = build(table(["Name", "Age"], ["", ""], ["", ""], ["Total", ""]) + paragraph("[x]"))
        rows: Value = [{"name": "A", "age": 1}, {"name": "B"}, {"name": "C", "age": 3}, ["D", 4]]
        fields = [record_field(at(2, 0, 0), at(3, 0, 0)), a_field("x", at(8, 0, 3))]
        filled = fill(data, fields, {"people": rows, "x": "y"})
        check_places(filled)
        assert differences(data, filled) == []
        assert texts(filled.data) == ["Name", "Age", "A", "1", "B", "", "C", "3", "D", "4", "Total", "", "y"]
        assert [placed.row for placed in filled.placed_spans] == [0, 0, 1, 2, 2, 3, 3, 0]

    def test_fewer_records_than_rows(self) -> None:
        data = build(table(["Name", "Age"], ["", ""], ["", ""]))
        filled = put(data, record_field(at(2, 0, 0), at(3, 0, 0)), [["A", 1]])
        assert texts(filled.data) == ["Name", "Age", "A", "1", "", ""]
        assert put(data, record_field(at(2, 0, 0), at(3, 0, 0)), []).data == Package.open(data).rewrite({})

    def test_clones_have_ids_of_their_own(self) -> None:
        inside = (
            '<w:p w14:paraId="00000001"><w:bookmarkStart w:id="0" w:name="b"/><w:bookmarkEnd w:id="0"/></w:p>'
            + CONTROL.format('<w:id w:val="5"/>', '<w:p w14:paraId="00000002"/>')
        )
        data = build(f"<w:tbl><w:tr>{cell(inside)}</w:tr></w:tbl>")
        result = xml(put(data, record_field(at(0, 0, 0)), [["A"], ["B"], ["C"]]).data)
        ids = re.findall(r'w14:paraId="(\w+)"', result)
        assert len(ids) == len(set(ids)) == 6
        assert re.findall(r'<w:id w:val="(\d+)"/>', result) == ["5", "6", "7"]
        assert result.count("bookmarkStart") == 1

    def test_row_in_a_repeating_control(self) -> None:
        row = CONTROL.format("<w15:repeatingSectionItem/>", f"<w:tr>{cell('<w:p/>')}</w:tr>")
        filled = put(build(f"<w:tbl>{row}</w:tbl>"), record_field(at(0, 0, 0)), [["A"], ["B"]])
        assert texts(filled.data) == ["A", "B"]
        assert xml(filled.data).count("repeatingSectionItem") == 2

    def test_the_last_empty_row_is_the_pattern(self) -> None:
        data = build("<w:tbl>" + "".join(
            f"<w:tr><w:trPr>{own}</w:trPr>{cell('<w:p/>')}</w:tr>" for own in ("<w:tblHeader/>", "<w:cantSplit/>")
        ) + "</w:tbl>")
        result = xml(put(data, record_field(at(0, 0, 0)), [["A"], ["B"], ["C"], ["D"]]).data)
        assert (result.count("tblHeader"), result.count("cantSplit")) == (1, 3)

    def test_a_single_header_row_is_no_header_in_copies(self) -> None:
        data = build(f"<w:tbl><w:tr><w:trPr><w:tblHeader/></w:trPr>{cell('<w:p/>')}</w:tr></w:tbl>")
        assert xml(put(data, record_field(at(0, 0, 0)), [["A"], ["B"]]).data).count("tblHeader") == 1

    def test_merged_cells_go_on_downwards(self) -> None:
        first = cell(paragraph("Team"), '<w:vMerge w:val="restart"/>') + cell("<w:p/>")
        filled = put(build(f"<w:tbl><w:tr>{first}</w:tr></w:tbl>"), record_field(at(1, 0, 0)), [["A"], ["B"], ["C"]])
        assert texts(filled.data) == ["Team", "A", "", "B", "", "C"]
        assert (xml(filled.data).count("<w:vMerge/>"), xml(filled.data).count("restart")) == (2, 1)

    @pytest.mark.parametrize(
        ("rows", "numbers"),
        [
            ([["1.", ""]], ["1.", "2.", "3."]),
            ([["R-08", ""], ["R-09", ""]], ["R-08", "R-09", "R-10"]),
            ([["7", ""]], ["7", "7", "7"]),
            ([["5", ""], ["5", ""]], ["5", "5", "5"]),
        ],
    )
    def test_numbers_of_rows_go_on(self, rows: list[list[str]], numbers: list[str]) -> None:
        filled = put(build(table(*rows)), record_field(at(1, 0, 0)), [["A"], ["B"], ["C"]])
        assert texts(filled.data) == [text for pair in zip(numbers, "ABC", strict=True) for text in pair]

    def test_cells_take_values_of_their_columns_type(self) -> None:
        columns = (
            Column("on", "On", FieldType.DATE),
            Column("done", "Done", FieldType.CHECKBOX),
            Column("sign", "Sign", FieldType.SIGNATURE),
            Column("note", "Note", FieldType.LONG_TEXT),
        )
        field = a_field("x", *(at(n, 0, n == 1) for n in range(4)), kind=FieldType.TABLE, columns=columns)
        data = build(table(["", "☐", "", ""]), styles=PLACEHOLDER_STYLE)
        filled = put(data, field, [["2026-03-05", True, png(8, 8), "a\n\n- **b**"], ["", False, "Ann", ""]])
        assert texts(filled.data) == ["05.03.2026", "☒", "", "a", "b", "", "☐", "Ann", ""]
        assert filled.placed_spans[2].state == "picture"
        with pytest.raises(errors.FillError, match="X › Done"):
            fill(data, [field], {"x": [["2026-03-05", "yes"]]})

    def test_controls_of_copies_are_not_bound_to_the_data_of_another_row(self) -> None:
        inside = bound("/i:info/i:ok")
        filled = fill(bound_file(f"<w:tbl><w:tr>{cell(inside)}</w:tr></w:tbl>"), [record_field(at(0, 0, 3))],
                      {"people": [["A"], ["B"]]})
        assert texts(filled.data) == ["A", "B"]
        assert filled.notes == ()
        assert xml(filled.data).count("dataBinding") == 1
        assert "<i:ok>A</i:ok>" in xml(filled.data, "customXml/item1.xml")

    def test_cells_with_a_marker(self) -> None:
        data = build(table(["[name]", "[age]"]))
        filled = put(data, record_field(at(0, 0, 6), at(1, 0, 5)), [["A", 1], ["B", 2]])
        assert texts(filled.data) == ["A", "1", "B", "2"]

    @pytest.mark.parametrize("value", ["text", [1], [{"nome": "x"}], ["ab"], [["a", 1, 2]]])
    def test_wrong_rows(self, value: Value) -> None:
        with pytest.raises(errors.FillError):
            fill(build(table(["", ""])), [record_field(at(0, 0, 0), at(1, 0, 0))], {"people": value})

    def test_places_in_different_rows(self) -> None:
        with pytest.raises(errors.FillError, match="one table row"):
            fill(build(table([""], [""])), [record_field(at(0, 0, 0), at(1, 0, 0))], {"people": [["a", 1]]})


SECTION = '<w:sectPr><w:pgSz w:w="{0}"/><w:pgMar w:left="{1}" w:right="{1}"/>{2}</w:sectPr>'
JPEG_SIZE = b"\xff\xc0\x00\x0b\x08\x00\x30\x00\x60\x01\x01\x11\x00"  # 96 by 48


class TestPictures:
    def test_new_picture_with_its_parts(self) -> None:
        data = build(paragraph("Logo: [logo]"), headers=[paragraph("[logo]")])
        field = a_field("logo", at(0, 6, 12), at(0, 0, 6, "word/header1.xml"), kind=FieldType.IMAGE)
        filled = put(data, field, png(96, 48))
        package = Package.open(filled.data)
        assert texts(filled.data) == ["Logo: "]
        media = [name for name in package.names if name.startswith("word/media/")]
        assert package.read(media[0]) == png(96, 48)
        assert len(media) == 1
        for story in package.stories:
            assert package.related(story, "image") == media[0]
        assert b'Extension="png"' in package.read("[Content_Types].xml")
        assert 'cx="914400" cy="457200"' in xml(filled.data)

    def test_no_wider_than_its_cell(self) -> None:
        narrow = cell("<w:p/>", '<w:tcW w:w="1440" w:type="dxa"/>')
        body = f"<w:tbl><w:tr>{narrow}</w:tr></w:tbl>"
        filled = put(build(body), a_field("logo", at(0, 0, 0), kind=FieldType.IMAGE), png(960, 96))
        assert 'cx="777240" cy="77724"' in xml(filled.data)  # an inch less the margins of the cell

    @pytest.mark.parametrize(
        ("body", "p", "width"),
        [
            ("<w:p/>" + SECTION.format(9000, 1000, ""), 0, 7000),
            (f"<w:p/><w:p><w:pPr>{SECTION.format(5000, 500, '')}</w:pPr></w:p>{SECTION.format(9000, 0, '')}", 0, 4000),
            ("<w:p/>" + SECTION.format(9000, 1000, '<w:cols w:num="2" w:space="1000"/>'), 0, 3000),
            ("<w:p><w:pPr><w:ind w:left='600' w:right='400'/></w:pPr></w:p>" + SECTION.format(9000, 1000, ""), 0, 6000),
            (table(["", ""]), 0, 2000 - 216),
            ("<w:tbl><w:tblPr><w:tblCellMar><w:left w:w='0'/><w:right w:w='50'/></w:tblCellMar></w:tblPr><w:tblGrid>"
             "<w:gridCol w:w='800'/><w:gridCol w:w='900'/><w:gridCol w:w='70'/></w:tblGrid><w:tr>"
             + cell("<w:p/>") + cell("<w:p/>", "<w:gridSpan w:val='2'/>") + "</w:tr></w:tbl>", 1, 920),
            (f"<w:p><w:r><w:drawing><wp:inline><wp:extent cx='{1000 * 635}' cy='9'/><w:txbxContent><w:p/>"
             "</w:txbxContent></wp:inline></w:drawing></w:r></w:p>", 1, 1000 - 288),
        ],
    )
    def test_no_wider_than_its_room(self, body: str, p: int, width: int) -> None:
        data = build(body)
        filled = put(data, a_field("logo", at(p, 0, 0), kind=FieldType.IMAGE), png(9600, 10))
        assert f'cx="{width * 635}"' in xml(filled.data)

    def test_no_taller_than_a_row_of_exact_height(self) -> None:
        row = f"<w:trPr><w:trHeight w:val='720' w:hRule='exact'/></w:trPr>{cell('<w:p/>')}"
        field = a_field("l", at(0, 0, 0), kind=FieldType.IMAGE)
        filled = put(build(f"<w:tbl><w:tr>{row}</w:tr></w:tbl>"), field, png(96, 96))
        assert 'cx="457200" cy="457200"' in xml(filled.data)

    def test_picture_control_keeps_its_frame(self) -> None:
        drawing = (
            '<w:r><w:drawing><wp:inline><wp:extent cx="1000" cy="1000"/><a:graphic><a:graphicData><pic:pic>'
            '<pic:blipFill><a:blip r:embed="rId9"/><a:srcRect l="5"/></pic:blipFill></pic:pic></a:graphicData>'
            "</a:graphic></wp:inline></w:drawing></w:r>"
        )
        data = build("<w:p>" + CONTROL.format("<w:showingPlcHdr/><w:picture/>", drawing) + "</w:p>")
        filled = fill(data, [a_field("logo", at(0, 0, 0), kind=FieldType.IMAGE)], {"logo": png(20, 10)})
        assert 'r:embed="rIdDna1"' in xml(filled.data)
        assert 'cx="1000" cy="500"' in xml(filled.data)
        assert "srcRect" not in xml(filled.data)

    def test_jpeg(self) -> None:
        jpeg = b"\xff\xd8\xff\xe0\x00\x04ab\xff\xc0\x00\x0b\x08\x00\x30\x00\x60\x01\x01\x11\x00"
        filled = put(build(paragraph("[l]")), a_field("l", at(0, 0, 3), kind=FieldType.IMAGE), jpeg)
        assert 'cx="914400" cy="457200"' in xml(filled.data)

    @pytest.mark.parametrize(
        ("data", "size"),
        [
            (b"GIF89a" + bytes([96, 0, 48, 0]), ("gif", 914400, 457200)),
            (b"\xff\xd8\xff\xe0\x00\x10JFIF\0\x01\x01\x01\x00\xc0\x00\xc0\0\0" + JPEG_SIZE, ("jpeg", 457200, 228600)),
            (b"\xff\xd8\xff\xe0\x00\x10JFIF\0\x01\x01\x02\x00\x26\x00\x26\0\0" + JPEG_SIZE, ("jpeg", 904973, 452486)),
            (b"\xff\xd8" + JPEG_SIZE, ("jpeg", 914400, 457200)),
        ],
    )
    def test_natural_size(self, data: bytes, size: tuple[str, int, int]) -> None:
        picture = read_picture(data)
        assert (picture.extension, picture.width, picture.height) == size

    @pytest.mark.parametrize("data", [b"GIF89a", b"BM", b"\x89PNG\r\n\x1a\n", b"\xff\xd8\xff", b""])
    def test_other_data(self, data: bytes) -> None:
        with pytest.raises(errors.FillError, match="picture"):
            fill(build(paragraph("[l]")), [a_field("l", at(0, 0, 3), kind=FieldType.IMAGE)], {"l": data})


class TestValues:
    @pytest.mark.parametrize(
        ("value", "text"), [(3, "3"), (3.0, "3"), (2.5, "2.5"), ("3,5", "3,5"), (date(2026, 3, 5), "2026-03-05")]
    )
    def test_scalars(self, value: Value, text: str) -> None:
        assert texts(put(build(paragraph("[x]")), a_field("x", at(0, 0, 3)), value).data) == [text]

    def test_date_format_of_the_field(self) -> None:
        field = a_field("x", at(0, 0, 3), kind=FieldType.DATE, date_format="DD/MM/YYYY")
        assert texts(put(build(paragraph("[x]")), field, "2026-03-05").data) == ["05/03/2026"]
        assert texts(put(build(paragraph("[x]")), field, "2026-02-31").data) == ["2026-02-31"]

    @pytest.mark.parametrize(
        ("marker", "language", "text"),
        [
            ("[DD.MM.YYYY]", "", "05.03.2026"),
            ("[x]", "de-DE", "05.03.2026"),
            ("[x]", "fr-FR", "5 mars 2026"),
            ("[MMMM YYYY]", "fr-FR", "mars 2026"),
            ("[x]", "", "5. mars 2026"),
        ],
    )
    def test_format_of_the_marker_and_language_of_the_place(self, marker: str, language: str, text: str) -> None:
        look = f'<w:lang w:val="{language}"/>' if language else ""
        field = a_field("x", at(0, 0, len(marker)), kind=FieldType.DATE)
        styles = PLACEHOLDER_STYLE.replace("de-DE", "nb-NO")
        data = build(f"<w:p>{run(marker, look)}</w:p>", styles=styles)
        assert texts(put(data, field, "2026-03-05").data) == [text]

    def test_only_dates_are_written_as_dates(self) -> None:
        data = build(paragraph("[x]"), styles=PLACEHOLDER_STYLE)
        assert texts(put(data, a_field("x", at(0, 0, 3)), "2026-03-05").data) == ["2026-03-05"]
        assert texts(put(data, a_field("x", at(0, 0, 3)), date(2026, 3, 5)).data) == ["05.03.2026"]

    def test_month_in_the_language_of_the_file(self) -> None:
        field = a_field("x", at(0, 0, 3), kind=FieldType.DATE, date_format="d. MMMM yyyy")
        assert texts(put(build(paragraph("[x]"), styles=PLACEHOLDER_STYLE), field, "2026-03-05").data) == [
            "5. März 2026"
        ]

    def test_unknown_key(self) -> None:
        with pytest.raises(errors.FillError, match="'nobody'"):
            fill(build(paragraph("a")), [], {"nobody": "x"})

    @pytest.mark.parametrize(
        ("kind", "value"),
        [
            (FieldType.TEXT, True),
            (FieldType.TEXT, b"x"),
            (FieldType.TEXT, ["a"]),
            (FieldType.CHECKBOX, "yes"),
            (FieldType.IMAGE, "x"),
            (FieldType.CHOICE, [1]),
            (FieldType.TABLE, "x"),
            (FieldType.NUMBER, {"a": 1}),
        ],
    )
    def test_wrong_types(self, kind: FieldType, value: Value) -> None:
        with pytest.raises(errors.FillError, match="X"):
            fill(build(paragraph("[x]")), [a_field("x", at(0, 0, 3), kind=kind)], {"x": value})

    @pytest.mark.parametrize("text", ["a\x00b", "\x1b", "\ud800", "\ufffe", "\x0b"])
    def test_control_characters(self, text: str) -> None:
        with pytest.raises(errors.FillError, match=r"U\+"):
            fill(build(paragraph("[x]")), [a_field("x", at(0, 0, 3))], {"x": text})

    @pytest.mark.parametrize(
        "anchor", [at(9, 0, 0), at(0, 0, 9), at(0, 3, 2), at(0, 0, 0, "word/styles.xml"), at(-1, 0, 0)]
    )
    def test_anchors_of_another_file(self, anchor: Anchor) -> None:
        with pytest.raises(errors.FillError, match="does not exist"):
            fill(build(paragraph("[x]")), [a_field("x", anchor)], {"x": "y"})

    def test_unfilled_fields_stay(self) -> None:
        data = build(paragraph("[x]"))
        filled = fill(data, [a_field("x", at(0, 0, 3))], {"x": None})
        assert filled.data == data
        assert filled.placed_spans == ()

    def test_unfilled_fields_are_listed_passed_over_or_refused(self) -> None:
        data = build(paragraph("[x] [y]"))
        fields = [a_field("x", at(0, 0, 3)), a_field("y", at(0, 4, 7))]
        assert fill(data, fields, {"x": ""}).unfilled == ("y",)
        assert fill(data, fields, {"x": ""}, on_unfilled=OnUnfilled.KEEP).unfilled == ()
        with pytest.raises(errors.UnfilledFields, match=r"“Y” \(y\)\."):
            fill(data, fields, {"x": ""}, on_unfilled=OnUnfilled.REFUSE)
        assert texts(fill(data, fields, {"x": "", "y": "b"}, on_unfilled=OnUnfilled.REFUSE).data) == [" b"]

    def test_many_unfilled_fields_are_counted(self) -> None:
        fields = [a_field(f"f{number}", at(0, 0, 0)) for number in range(7)]
        with pytest.raises(errors.UnfilledFields, match="and 2 more"):
            fill(build("<w:p/>"), fields, {}, on_unfilled=OnUnfilled.REFUSE)

    def test_overlapping_places(self) -> None:
        fields = [a_field("a", at(0, 0, 3)), a_field("b", at(0, 2, 5))]
        filled = fill(build(paragraph("abcde")), fields, {"a": "X", "b": "Y"})
        assert texts(filled.data) == ["Xde"]
        assert [skipped.key for skipped in filled.skipped] == ["b"]


TEXT = st.text(st.characters(exclude_categories=("Cs", "Cc", "Cn")) | st.sampled_from("\n\t"), max_size=12)
MARKERS = st.sampled_from(["[Name]", "____", "{{ x }}", "«x»", "<Date>", "$x", "☐", "MM/DD/YYYY", ""])


def runs(text: str, cuts: list[int]) -> str:
    """A text as runs cut at these points, breaks and tabs as elements."""
    points = sorted({0, len(text), *(cut % (len(text) + 1) for cut in cuts)})
    return "".join(f"<w:r>{_contents(text[a:b])}</w:r>" for a, b in pairwise(points))


def _contents(text: str) -> str:
    pieces = (
        run(piece)[5:-6] if piece not in "\n\t" else "<w:br/>" if piece == "\n" else "<w:tab/>"
        for piece in re.split(r"([\n\t])", text)
        if piece
    )
    return "".join(pieces)


@settings(max_examples=150, deadline=None)
@given(
    before=TEXT,
    marker=MARKERS,
    after=TEXT,
    value=TEXT,
    second=TEXT,
    cuts=st.lists(st.integers(0, 40), max_size=5),
    shell=st.sampled_from(["{}", CONTROL.format("<w:text/>", "{}"), "<w:hyperlink>{}</w:hyperlink>"]),
)
def test_any_text_any_split_any_marker_any_value(
    before: str, marker: str, after: str, value: str, second: str, cuts: list[int], shell: str
) -> None:
    """The value stands at its place and all other text is as it was; a second fill works on the result."""
    text = before + marker + after
    data = build(f"<w:p>{shell.format(runs(text, cuts))}</w:p>{paragraph('other')}")
    assert texts(data)[0] == text
    start, end = len(before), len(before) + len(marker)
    field = a_field("x", at(0, start, end))
    filled = fill(data, [field], {"x": value})
    check_outside(filled, text, start, end, value)
    place = filled.placed_spans[0].place
    if place.start < place.end:
        here = texts(filled.data)[0]
        check_outside(fill(filled.data, [a_field("x", place)], {"x": second}), here, place.start, place.end, second)


def check_outside(filled: Filled, text: str, start: int, end: int, value: str) -> None:
    after, other = texts(filled.data)
    place = filled.placed_spans[0].place
    assert other == "other"
    assert after[place.start : place.end] == value
    space = ("", " ") if start == end and value else ("",)
    assert after[: place.start] in {text[:start] + extra for extra in space}
    assert after[place.end :] in {extra + text[end:] for extra in space}


@settings(max_examples=60, deadline=None)
@given(
    words=st.lists(st.text("abc _", max_size=5), min_size=1, max_size=6),
    values=st.lists(TEXT, min_size=6, max_size=6),
    cuts=st.lists(st.integers(0, 60), max_size=6),
)
def test_many_places_in_one_paragraph(words: list[str], values: list[str], cuts: list[int]) -> None:
    text = "[x]".join([*words, ""])
    data = build(f"<w:p>{runs(text, cuts)}</w:p>")
    starts = [match.start() for match in re.finditer(re.escape("[x]"), text)]
    fields = [a_field(f"f{number}", at(0, start, start + 3)) for number, start in enumerate(starts)]
    chosen = {field.key: value for field, value in zip(fields, values, strict=False)}
    filled = fill(data, fields, chosen)
    check_places(filled)
    expected = "".join(word + value for word, value in zip(words, values, strict=False))
    assert texts(filled.data) == [expected]


def test_strict_files_are_filled() -> None:
    strict = "http://purl.oclc.org/ooxml/wordprocessingml/main"
    document = f'<w:document xmlns:w="{strict}"><w:body><w:p><w:r><w:t>[x]</w:t></w:r></w:p></w:body></w:document>'
    data = build("", extra={"word/document.xml": document})
    filled = put(data, a_field("x", at(0, 0, 3)), "y")
    root = Package.open(filled.data).xml("word/document.xml")
    assert len(list(iter_paragraphs(root, namespace(root)))) == 1


def test_token_field_finds_all_places() -> None:
    data = build(paragraph("a [x]") + paragraph("[x] b"))
    assert texts(put(data, token_field(data, "x", "[x]"), "y").data) == ["a y", "y b"]


def test_the_parts_of_a_date_in_places_of_their_own() -> None:
    data = build(paragraph("Born: Day ____ Month ____ Year ______"))
    fields = parse(data).fields
    filled = fill(data, fields, {field.key: date(2026, 3, 5) for field in fields})
    assert texts(filled.data) == ["Born: Day 5 Month March Year 2026"]
