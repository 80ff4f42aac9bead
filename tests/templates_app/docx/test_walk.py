from __future__ import annotations

import pytest

from templates_app.docx.errors import DamagedFile
from templates_app.docx.model import MarkKind
from templates_app.docx.package import Package
from templates_app.docx.text import iter_paragraphs, namespace, paragraph_text

from .build import build, cell, paragraph, run, table
from .understanding import complex_field, control, grid, outline_of

PLAIN = '<w:b w:val="0"/>'
GREY = '<w:rStyle w:val="C"/>'
SPAN = '<w:gridSpan w:val="{}"/>'
BOX = (
    "<w:r><mc:AlternateContent><mc:Choice Requires='wps'><w:drawing><wps:txbx><w:txbxContent><w:p><w:r>"
    "<w:t>boxed</w:t></w:r></w:p>"
    "</w:txbxContent></wps:txbx></w:drawing></mc:Choice><mc:Fallback><w:pict><w:txbxContent><w:p><w:r>"
    "<w:t>boxed</w:t></w:r></w:p>"
    "</w:txbxContent></w:pict></mc:Fallback></mc:AlternateContent></w:r>"
)
ODD = (
    f"<w:p>{run('a')}<w:r><w:tab/><w:br/><w:noBreakHyphen/><w:cr/><w:sym w:char='F06F'/>"
    f"<w:sym w:char='F0E0'/></w:r>{run('b')}</w:p>",
    f"<w:p><w:pPr><w:tabs><w:tab w:val='left'/></w:tabs></w:pPr><w:del><w:r><w:delText>gone</w:delText>"
    f"</w:r></w:del>{run('kept')}</w:p>",
    f"<w:p>{run('before ')}{BOX}{run(' after')}</w:p>",
    f"<w:p>{complex_field(' IF ', 'shown')}{run(' x')}</w:p>",
    f"<w:p><w:r><w:fldChar w:fldCharType='begin'/></w:r><w:r><w:t>code</w:t></w:r>{complex_field(' PAGE ', '7')}"
    "<w:r><w:fldChar w:fldCharType='separate'/></w:r><w:r><w:t>result</w:t></w:r><w:r>"
    "<w:fldChar w:fldCharType='end'/></w:r></w:p>",
    f"<w:p><w:moveFrom>{run('moved')}{BOX}</w:moveFrom>{run('here')}</w:p>",
    f"{control(paragraph('controlled'), '<w:text/>')}<w:p><w:hyperlink>{run('linked')}</w:hyperlink>"
    f"<w:ins>{run('new')}</w:ins></w:p>",
    table(["a", ""], ["", "b"]),
    "<w:p><w:r><w:fldChar w:fldCharType='end'/></w:r><w:r><w:fldChar w:fldCharType='begin'/></w:r><w:r>"
    "<w:t>open</w:t></w:r></w:p>",
)


@pytest.mark.parametrize("body", ODD)
def test_the_text_is_the_one_anchors_count_in(body: str) -> None:
    data = build(body)
    package = Package.open(data)
    root = package.xml(package.main_part)
    w = namespace(root)
    assert [p.text for p in outline_of(body).paragraphs] == [paragraph_text(p, w) for p in iter_paragraphs(root, w)]


def test_text_boxes_are_paragraphs_after_their_own() -> None:
    found = outline_of(f"<w:p>{run('before ')}{BOX}{run(' after')}</w:p>").paragraphs
    assert [(p.p, p.text, p.text_box) for p in found] == [(0, "before  after", False), (1, "boxed", True)]
    assert found[0].drawing


def test_looks_of_runs_over_styles() -> None:
    styles = (
        '<w:style w:type="paragraph" w:styleId="P"><w:name w:val="Loud"/><w:rPr><w:b/><w:sz w:val="30"/>'
        "</w:rPr></w:style>"
        '<w:style w:type="character" w:styleId="C"><w:name w:val="Placeholder Text"/><w:rPr>'
        '<w:color w:val="808080"/></w:rPr></w:style>'
    )
    body = f"<w:p><w:pPr><w:pStyle w:val='P'/></w:pPr>{run('loud ')}{run('quiet ', PLAIN)}{run('grey', GREY)}</w:p>"
    (found,) = outline_of(body, styles=styles).paragraphs
    assert (found.style, found.size) == ("Loud", 15.0)
    assert [(s.start, s.end, s.bold, s.color, s.style) for s in found.spans] == [
        (0, 5, True, "", ""),
        (11, 15, True, "808080", "Placeholder Text"),
    ]


def test_cells_know_their_place_in_the_grid() -> None:
    wide = f"<w:tr>{cell(paragraph('wide'), SPAN.format(2))}{cell(paragraph('c'))}</w:tr>"
    low = (
        f"<w:tr>{cell(paragraph('a') + paragraph('more'))}{cell(paragraph('b'))}{cell('<w:p/>', '<w:vMerge/>')}</w:tr>"
    )
    found = [p.cell for p in outline_of(f"<w:tbl>{wide}{low}</w:tbl>").paragraphs]
    assert [(c.row, c.column, c.span, c.first, c.merged) for c in found if c] == [
        (0, 0, 2, True, False),
        (0, 2, 1, True, False),
        (1, 0, 1, True, False),
        (1, 0, 1, False, False),
        (1, 1, 1, True, False),
        (1, 2, 1, True, True),
    ]


def test_nested_tables_and_absurd_spans() -> None:
    inner = table(["x"])
    row = f"<w:tr>{cell(inner + paragraph('after'), SPAN.format(40))}</w:tr>"
    found = [p.cell for p in outline_of(f"<w:tbl>{row}</w:tbl>{grid(['y'])}").paragraphs]
    assert [(c.table, c.depth, c.nested, c.bordered) for c in found if c] == [
        (1, 2, False, False),
        (0, 1, True, False),
        (2, 1, False, True),
    ]


def test_tables_of_contents_by_field_by_style_and_by_control() -> None:
    field = (
        f"<w:p>{complex_field(' X ', 'y')}<w:r><w:fldChar w:fldCharType='begin'/></w:r><w:r>"
        f"<w:instrText> TOC \\o </w:instrText></w:r>"
        f"<w:r><w:fldChar w:fldCharType='separate'/></w:r>{run('One')}</w:p>{paragraph('Two')}"
        f"<w:p><w:r><w:fldChar w:fldCharType='end'/></w:r></w:p>{paragraph('Text')}"
    )
    assert [p.in_toc for p in outline_of(field).paragraphs] == [True, True, True, False]
    styles = '<w:style w:type="paragraph" w:styleId="T"><w:name w:val="toc 1"/></w:style>'
    assert outline_of(paragraph("One", properties='<w:pStyle w:val="T"/>'), styles=styles).paragraphs[0].in_toc
    block = '<w:docPartObj><w:docPartGallery w:val="Table of Contents"/></w:docPartObj>'
    assert [p.in_toc for p in outline_of(control(paragraph("One"), block) + paragraph("Text")).paragraphs] == [
        True,
        False,
    ]


def test_marks_count_structures_as_filling_finds_them() -> None:
    inside = f"<w:p>{control(run('a'), '<w:text/>')}{complex_field(' PAGE ', '1')}</w:p>"
    body = inside + control(paragraph("b"), "<w:text/>")
    found = [m for p in outline_of(body).paragraphs for m in p.marks]
    assert [(m.kind, m.ordinal) for m in found] == [
        (MarkKind.CONTROL, 0),
        (MarkKind.COMPUTED, 0),
        (MarkKind.CONTROL_AROUND, 1),
    ]


def test_a_page_break_is_seen_by_the_next_paragraph() -> None:
    body = (
        '<w:p><w:r><w:br w:type="page"/></w:r></w:p>'
        + paragraph("next")
        + paragraph("own", properties="<w:pageBreakBefore/>")
    )
    assert [p.after_page_break for p in outline_of(body).paragraphs] == [False, True, True]


def test_paragraphs_where_none_belong_are_refused() -> None:
    with pytest.raises(DamagedFile):
        outline_of("<w:p><w:pPr><w:p/></w:pPr></w:p>")
