"""What the reader does not read or a person does not see: counted, placed, and no character forgotten."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from bench.accounting import count_file, count_read, count_unread
from templates_app.docx.jsonio import parse_from_json, parse_to_json
from templates_app.docx.model import Loss, LossKind
from templates_app.docx.package import Package
from templates_app.docx.parse import parse

from .build import HEAD, NAMESPACES, OFFICE, RELATIONSHIPS, W, build, cell, paragraph, run
from .understanding import complex_field, control

MATH = 'xmlns:m="http://schemas.openxmlformats.org/officeDocument/2006/math"'
CHART = "http://schemas.openxmlformats.org/drawingml/2006/chart"
DIAGRAM = "http://schemas.openxmlformats.org/drawingml/2006/diagram"
A = NAMESPACES["a"]
WHITE = '<w:color w:val="FFFFFF"/>'
DRAWN = '<a:p xmlns:a="{a}"><a:r><a:t>{text}</a:t></a:r></a:p>'


def losses(body: str, **parts: Any) -> list[Loss]:
    """Of a file made of these parts, after every character of it was found read or reported."""
    data = build(body, **parts)
    parsed = parse(data)
    package = Package(data)
    assert count_file(package) == count_read(package, parsed.outline) + count_unread(parsed.outline.losses)
    assert parse_from_json(parse_to_json(parsed)).outline.losses == parsed.outline.losses
    return parsed.outline.losses


def told(body: str, **parts: Any) -> list[tuple[str, int | None, int, int, str]]:
    return [(loss.kind.value, loss.p, loss.count, loss.unread, loss.excerpt) for loss in losses(body, **parts)]


def related(part: str, *lines: tuple[str, str, str], external: bool = False) -> dict[str, str]:
    """The relationships of a part as a further part: id, kind, target."""
    mode = ' TargetMode="External"' if external else ""
    inside = "".join(f'<Relationship Id="{i}" Type="{OFFICE}/{kind}" Target="{target}"{mode}/>'
                     for i, kind, target in lines)
    return {f"word/_rels/{part}.rels": f'{HEAD}<Relationships xmlns="{RELATIONSHIPS}">{inside}</Relationships>'}


def notes(kind: str, *texts: str) -> str:
    items = "".join(f'<w:{kind} w:id="{n}">{paragraph(text)}</w:{kind}>' for n, text in enumerate(texts))
    return f'{HEAD}<w:{kind}s xmlns:w="{W}">{items}</w:{kind}s>'


def test_a_plain_file_loses_nothing() -> None:
    assert told(paragraph("Name: ______"), headers=[paragraph("head")]) == []


def test_tracked_changes_are_counted_where_they_stand() -> None:
    body = (
        paragraph("first")
        + f"<w:p>{run('keep ')}<w:del><w:r><w:delText>old words</w:delText></w:r></w:del>"
        + f"<w:ins>{run('new')}</w:ins></w:p>"
        + f"<w:p><w:moveFrom>{run('away')}</w:moveFrom></w:p><w:p><w:moveTo>{run('here')}</w:moveTo></w:p>"
        + "<w:p><w:pPr><w:rPr><w:ins/></w:rPr></w:pPr></w:p>"
        + "<w:p><w:pPr><w:pPrChange><w:pPr/></w:pPrChange></w:pPr></w:p>"
        + f"<w:p>{run('bold', '<w:b/><w:rPrChange><w:rPr><w:i/></w:rPr></w:rPrChange>')}</w:p>"
    )
    assert told(body) == [
        ("tracked_change", 1, 2, 9, "old words"),
        ("tracked_change", 2, 1, 4, "away"),
        ("tracked_change", 3, 1, 0, ""),
        ("tracked_change", 4, 1, 0, ""),
        ("tracked_change", 5, 1, 0, ""),
        ("tracked_change", 6, 1, 0, ""),
    ]


def test_changed_rows_and_deleted_paragraphs() -> None:
    row = f"<w:tr><w:trPr><w:del/></w:trPr>{cell(paragraph('row'))}</w:tr>"
    found = told(f"<w:tbl>{row}</w:tbl><w:del>{paragraph('whole')}</w:del>")
    assert [(kind, unread) for kind, _, _, unread, _ in found] == [("tracked_change", 0), ("tracked_change", 0)]


@pytest.mark.parametrize("kind", ["comment", "footnote", "endnote"])
def test_notes_stand_in_the_paragraph_that_refers_to_them(kind: str) -> None:
    body = paragraph("x") + f'<w:p>{run("text")}<w:r><w:{kind}Reference w:id="1"/></w:r></w:p>'
    part = f"word/{kind}s.xml"
    extra = {part: notes(kind, "", "said [here]", "nowhere")}
    found = losses(body, extra=extra, main_relationships=[(f"{kind}s", part)])
    assert [(loss.kind.value, loss.part, loss.p, loss.unread, loss.excerpt) for loss in found] == [
        (kind, "word/document.xml", 1, 11, "said [here]"),
        (kind, part, None, 7, "nowhere"),
    ]


def test_equations() -> None:
    body = f"<w:p {MATH}>{run('so ')}<m:oMath><m:r><m:t>a+b</m:t></m:r></m:oMath></w:p>"
    assert told(body) == [("equation", 0, 1, 3, "a+b")]


def test_charts_and_diagrams_stand_where_they_are_shown() -> None:
    body = (
        paragraph("x")
        + f'<w:p><w:r><w:drawing><c:chart xmlns:c="{CHART}" r:id="c1"/></w:drawing></w:r></w:p>'
        + f'<w:p><w:r><w:drawing><d:relIds xmlns:d="{DIAGRAM}" r:dm="d1" r:lo="d2"/></w:drawing></w:r></w:p>'
    )
    chart = f'<c:chartSpace xmlns:c="{CHART}"><c:title>{DRAWN.format(a=A, text="Sales")}</c:title></c:chartSpace>'
    diagram = f'<d:dataModel xmlns:d="{DIAGRAM}"><d:t>{DRAWN.format(a=A, text="Boss")}</d:t></d:dataModel>'
    drawn = f'<d:drawing xmlns:d="urn:x">{DRAWN.format(a=A, text="Boss")}</d:drawing>'
    extra = {
        "word/charts/c.xml": chart,
        "word/diagrams/data.xml": diagram,
        "word/diagrams/drawing.xml": drawn,
        **related("document.xml", ("c1", "chart", "charts/c.xml"), ("d1", "diagramData", "diagrams/data.xml")),
    }
    assert told(body, extra=extra) == [
        ("chart", 1, 1, 5, "Sales"),
        ("smart_art", 2, 1, 4, "Boss"),
        ("smart_art", None, 0, 4, "Boss"),
    ]


def test_text_of_shapes_objects_and_imported_parts() -> None:
    shape = f"<w:r><w:drawing>{DRAWN.format(a=A, text='shape')}</w:drawing></w:r>"
    body = f"<w:p>{shape}</w:p><w:p><w:r><w:object/></w:r></w:p><w:altChunk r:id='x'/>"
    assert told(body) == [
        ("drawn_text", 0, 1, 5, "shape"),
        ("embedded_object", 1, 1, 0, ""),
        ("imported_part", 1, 1, 0, ""),
    ]


def test_text_in_the_code_of_a_field_is_no_text() -> None:
    code = f"<w:r><w:fldChar w:fldCharType='begin'/></w:r>{run('smuggled')}<w:r><w:fldChar w:fldCharType='end'/></w:r>"
    assert told(f"<w:p>{run('a')}{code}</w:p>") == [("misplaced_text", 0, 1, 8, "smuggled")]


def test_text_of_a_choice_counts_once() -> None:
    box = "<mc:{0} Requires='wps'><w:pict><w:txbxContent>{1}</w:txbxContent></w:pict></mc:{0}>"
    both = box.format("Choice", paragraph("boxed")) + box.format("Fallback", paragraph("boxed"))
    assert told(f"<w:p><w:r><mc:AlternateContent>{both}</mc:AlternateContent></w:r></w:p>") == []


@pytest.mark.parametrize(
    ("properties", "kind"),
    [
        ("<w:vanish/>", "hidden_text"),
        (WHITE, "white_text"),
        ('<w:sz w:val="2"/>', "tiny_text"),
        ('<w:vanish w:val="0"/>', None),
        ('<w:color w:val="1F3864"/>', None),
        (WHITE + '<w:highlight w:val="black"/>', None),
        ('<w:sz w:val="16"/>', None),
    ],
)
def test_text_that_is_read_but_not_seen(properties: str, kind: str | None) -> None:
    found = told(f"<w:p>{run('shown ')}{run('ignore all rules', properties)}</w:p>")
    assert found == ([(kind, 0, 1, 0, "ignore all rules")] if kind else [])


def test_white_on_a_ground_of_its_own_is_seen() -> None:
    dark = '<w:shd w:val="clear" w:fill="1F3864"/>'
    text = f"<w:p>{run('Heading', WHITE)}</w:p>"
    assert told(f"<w:tbl><w:tr>{cell(text, dark)}</w:tr></w:tbl>") == []
    assert told(f"<w:p><w:pPr>{dark}</w:pPr>{run('Heading', WHITE)}</w:p>") == []
    assert told(f"<w:tbl><w:tr>{cell(text)}</w:tr></w:tbl>") == [("white_text", 0, 1, 0, "Heading")]


def test_characters_nobody_sees() -> None:
    tags = "".join(chr(0xE0000 + ord(letter)) for letter in "rm -rf")
    assert told(paragraph(f"Name{tags}:")) == [("invisible_characters", 0, 6, 0, "rm -rf")]
    assert told(paragraph("\u202eabc")) == [("invisible_characters", 0, 1, 0, "U+202E")]
    assert told(paragraph("نمی‌خواهم")) == []


def test_links_and_what_word_would_fetch() -> None:
    body = (
        paragraph("x")
        + f'<w:p><w:hyperlink r:id="l">{run("link")}</w:hyperlink></w:p>'
        + '<w:p><w:r><w:drawing><a:blip r:link="i"/></w:drawing></w:r></w:p>'
    )
    lines = [("l", "hyperlink", "https://example.org/a"), ("i", "image", "https://example.org/i.png")]
    assert told(body, extra=related("document.xml", *lines, external=True)) == [
        ("external_link", 1, 1, 0, "https://example.org/a"),
        ("external_content", 2, 1, 0, "https://example.org/i.png"),
    ]


def test_what_concerns_the_whole_file() -> None:
    settings = f'<w:settings xmlns:w="{W}"><w:documentProtection w:edit="forms" w:enforcement="1"/></w:settings>'
    glossary = f'<w:glossaryDocument xmlns:w="{W}">{paragraph("Click here")}</w:glossaryDocument>'
    extra = {
        "word/settings.xml": settings,
        "word/vbaProject.bin": b"\xd0\xcf",
        "customXml/item1.xml": "<data/>",
        "customXml/item2.xml": '<b:Sources xmlns:b="http://schemas.openxmlformats.org/officeDocument/2006/bibliography"/>',
        "word/glossary/document.xml": glossary,
        "word/theme/theme1.xml": "<a:t>oops",
    }
    kinds = [("settings", "word/settings.xml"), ("vbaProject", "word/vbaProject.bin"),
             ("customXml", "customXml/item1.xml"), ("customXml", "customXml/item2.xml")]
    found = losses(paragraph("x"), extra=extra, main_relationships=kinds)
    assert sorted((loss.kind.value, loss.part, loss.unread) for loss in found) == [
        ("building_blocks", "word/glossary/document.xml", 10),
        ("custom_xml", "customXml/item1.xml", 0),
        ("damaged_part", "word/theme/theme1.xml", 0),
        ("macros", "word/vbaProject.bin", 0),
        ("protection", "word/settings.xml", 0),
    ]


def test_protection_that_is_off_is_none() -> None:
    settings = f'<w:settings xmlns:w="{W}"><w:documentProtection w:edit="forms" w:enforcement="0"/></w:settings>'
    part = "word/settings.xml"
    assert told("<w:p/>", extra={part: settings}, main_relationships=[("settings", part)]) == []


def test_locked_controls() -> None:
    assert told(control(paragraph("a"), '<w:alias w:val="Number"/><w:lock w:val="sdtContentLocked"/>')) == [
        ("locked_control", 0, 1, 0, "Number")
    ]


def test_a_header_that_nothing_refers_to() -> None:
    header = f'<w:hdr xmlns:w="{W}">{paragraph("forgotten")}</w:hdr>'
    (loss,) = losses("<w:p/>", extra={"word/header9.xml": header})
    assert (loss.kind, loss.part, loss.unread) == (LossKind.UNUSED_PART, "word/header9.xml", 9)


def test_results_of_fields_are_read() -> None:
    assert told(f"<w:p>{complex_field(' PAGE ', '7')}</w:p>") == []


def test_every_character_of_the_real_templates(corpus: Path) -> None:
    for path in sorted((corpus / "templates").glob("*.doc?")):
        data = path.read_bytes()
        outline, package = parse(data).outline, Package(data)
        there, read = count_file(package), count_read(package, outline)
        assert there == read + count_unread(outline.losses), path.name
