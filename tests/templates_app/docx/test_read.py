from __future__ import annotations

from templates_app.docx.package import Package
from templates_app.docx.read import read_outline

from .build import build, paragraph
from .understanding import outline_of

CORE = (
    '<cp:coreProperties xmlns:cp="http://schemas.openxmlformats.org/package/2006/metadata/core-properties"'
    ' xmlns:dc="http://purl.org/dc/elements/1.1/"><dc:title> Stored title </dc:title></cp:coreProperties>'
)


def test_stories_in_order_main_part_first() -> None:
    outline = outline_of(paragraph("body"), headers=[paragraph("head")], footers=[paragraph("foot")])
    assert [(p.part, p.p, p.text) for p in outline.paragraphs] == [
        ("word/document.xml", 0, "body"),
        ("word/header1.xml", 0, "head"),
        ("word/footer1.xml", 0, "foot"),
    ]


def test_the_title_stands_in_the_text_or_in_the_properties() -> None:
    styles = '<w:style w:type="paragraph" w:styleId="T"><w:name w:val="Title"/></w:style>'
    assert outline_of(paragraph("Big", properties='<w:pStyle w:val="T"/>'), styles=styles).title == "Big"
    data = build(
        "<w:p/>", extra={"docProps/core.xml": CORE}, package_relationships=[("core-properties", "docProps/core.xml")]
    )
    assert read_outline(Package.open(data)).title == "Stored title"


def test_a_damaged_part_beside_the_text_is_noted() -> None:
    data = build(paragraph("x"), extra={"word/styles.xml": "<oops"}, main_relationships=[("styles", "word/styles.xml")])
    outline = read_outline(Package.open(data))
    assert [p.text for p in outline.paragraphs] == ["x"]
    assert len(outline.notes) == 1


def test_an_empty_file_is_an_empty_outline() -> None:
    outline = outline_of("")
    assert (outline.paragraphs, outline.sections, outline.title) == ([], [], "")
