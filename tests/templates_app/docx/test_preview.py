"""The preview: structure as a reader sees it, fields marked, nothing of the file taken for HTML."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from lxml import html

from templates_app.docx.model import Anchor, Cell, Field, FieldType, Outline, Paragraph, Section, Span
from templates_app.docx.preview import preview, preview_page

MAIN = "word/document.xml"


def text(p: int, content: str, **more: object) -> Paragraph:
    return replace(Paragraph(MAIN, p, content), **more)  # type: ignore[arg-type]


def cell(p: int, content: str, row: int, column: int, **more: object) -> Paragraph:
    return text(p, content, cell=replace(Cell(0, row, column), **more))  # type: ignore[arg-type]


def field(key: str, *places: tuple[int, int, int], label: str = "", kind: FieldType = FieldType.TEXT) -> Field:
    return Field(key, label or key.title(), kind, tuple(Anchor(MAIN, *place) for place in places))


def shown(
    *paragraphs: Paragraph, fields: tuple[Field, ...] = (), sections: tuple[Section, ...] = ()
) -> html.HtmlElement:
    return html.fromstring(preview(Outline("", list(paragraphs), list(sections)), fields))


def test_headings_with_their_numbers() -> None:
    page = shown(
        text(0, "Purpose"),
        text(1, "deep"),
        sections=(Section(MAIN, 0, 1, "Purpose", "1."), Section(MAIN, 1, 7, "deep")),
    )
    assert page.xpath("string(//h2)") == "1.Purpose"
    assert page.xpath("//h6/@aria-level") == ["8"]


def test_fields_are_marked_with_label_and_type() -> None:
    page = shown(text(0, "Dear [name], [name]"), fields=(field("name", (0, 5, 11), (0, 13, 19), label="Name"),))
    marks = page.xpath("//mark")
    assert [mark.get("data-field") for mark in marks] == ["name", "name"]
    assert marks[0].get("data-type") == "text"
    assert marks[0].text_content() == "Field Name, text: [name]"
    assert page.xpath("string(//p)").startswith("Dear ")


def test_an_empty_place_shows_its_label() -> None:
    page = shown(text(0, ""), fields=(field("day", (0, 0, 0), label="Day", kind=FieldType.DATE),))
    mark = page.xpath("//mark")[0]
    assert "docx-empty" in mark.get("class")
    assert mark.xpath("string(span[@class='docx-label'])") == "Day"


def test_everything_is_escaped() -> None:
    nasty = "<script>alert(1)</script>\"'&"
    bad = Field('k"><script>', nasty, FieldType.TEXT, (Anchor(MAIN, 0, 0, 5),))
    outline = Outline("", [text(0, nasty, number=nasty, spans=(Span(0, 3, bold=True),))], [], language='"><script>')
    for made in (preview(outline, [bad]), preview_page(outline, [bad], title=nasty)):
        assert "<script" not in made
        assert html.fromstring(made).xpath("//mark/@data-field") == ['k"><script>']


def test_lists_and_formatting() -> None:
    page = shown(
        text(0, "one", number="a)", number_level=0),
        text(1, "two", number="b)", number_level=1),
        text(2, "end"),
        text(3, "bold\tand\nnot", spans=(Span(0, 4, bold=True, italic=True), Span(9, 12, hidden=True))),
    )
    assert [item.text_content() for item in page.xpath("//ul/li")] == ["a)one", "b)two"]
    assert page.xpath("//li/@class") == ["docx-level-1", "docx-level-2"]
    assert page.xpath("string(//b/i)") == "bold"
    assert page.xpath("count(//br)") == 1
    assert page.xpath("string(//*[@class='docx-hidden'])") == "not"


def test_tables_with_spans() -> None:
    page = shown(
        cell(0, "H", 0, 0, span=2, header_row=True),
        cell(1, "a", 1, 0),
        cell(2, "b", 1, 1),
        cell(3, "more b", 1, 1),
        cell(4, "", 2, 0, merged=True),
        cell(5, "c", 2, 1),
    )
    assert page.xpath("//th/@colspan") == ["2"]
    assert page.xpath("//th/@scope") == ["col"]
    assert [len(row) for row in page.xpath("//tr")] == [1, 2, 1]
    assert page.xpath("//td[@rowspan='2']")[0].text_content() == "a"
    assert len(page.xpath("//tr[2]/td[2]/p")) == 2


def test_nested_tables_and_text_boxes_stay_in_their_cell() -> None:
    inner = [text(number, content, cell=Cell(1, 0, number, depth=2)) for number, content in ((0, "x"), (1, "y"))]
    page = shown(*inner, cell(2, "outer", 0, 0), text(3, "box", text_box=True), cell(4, "second", 0, 1))
    assert page.xpath("string(//td[.//table])").startswith("xy")
    assert len(page.xpath("//table")) == 2
    assert page.xpath("//td[p='outer']//aside") != []
    assert len(page.xpath("./section/table/tbody/tr/td")) == 2


def test_a_text_box_outside_tables() -> None:
    page = shown(text(0, "host"), text(1, "in the box", text_box=True, cell=Cell(0, 0, 0)), text(2, "after"))
    assert page.xpath("string(//aside)") == "in the box"


def test_headers_and_footers_have_their_own_blocks() -> None:
    paragraphs = [text(0, "main"), Paragraph("word/footer1.xml", 0, "foot"), Paragraph("word/header1.xml", 0, "head")]
    page: Any = html.fromstring(preview(Outline("", paragraphs), []))
    assert [(part.get("class"), part.text_content()) for part in page.findall("section")] == [
        ("docx-header", "head"),
        ("docx-body", "main"),
        ("docx-footer", "foot"),
    ]


def test_headers_that_say_the_same_are_shown_once() -> None:
    said = ["same", "same", "", "other"]
    heads = [Paragraph(f"word/header{number}.xml", 0, content) for number, content in enumerate(said)]
    page: Any = html.fromstring(preview(Outline("", [text(0, "main"), *heads]), []))
    assert [part.text_content() for part in page.findall("section")] == ["same", "other", "main"]


def test_page_stands_alone_and_fragment_has_classes_only() -> None:
    outline = Outline("", [text(0, "a")], language="de-DE")
    page = preview_page(outline, [], title="T & U")
    assert page.startswith("<!doctype html>")
    assert '<html lang="de-DE">' in page
    assert "<title>T &amp; U</title>" in page
    assert "<style>" in page
    fragment = preview(outline, [])
    assert "<style" not in fragment
    assert "style=" not in fragment
    assert "<script" not in page


def test_empty_outline() -> None:
    assert preview(Outline(""), []) == '<article class="docx-preview"></article>'
