from __future__ import annotations

from templates_app.docx.layout import is_blank

from .build import cell, paragraph
from .understanding import grid, layout_of

HEADING = '<w:style w:type="paragraph" w:styleId="H1"><w:name w:val="heading 1"/></w:style>'


def heading(text: str) -> str:
    return paragraph(text, properties='<w:pStyle w:val="H1"/>')


def test_tables_are_grids_of_cells() -> None:
    layout = layout_of(paragraph("before") + grid(["a", ""], ["", "d"]))
    (table,) = layout.tables.values()
    assert [[(c.text, c.empty) for c in row] for row in table.rows] == [
        [("a", False), ("", True)],
        [("", True), ("d", False)],
    ]
    above = table.above(1, 1)
    assert above is not None and above.empty and table.width == 2


def test_above_a_merged_cell_stands_its_beginning() -> None:
    rows = "".join(
        f"<w:tr>{cell(paragraph(text) if text else '<w:p/>', merge)}</w:tr>"
        for text, merge in (("top", '<w:vMerge w:val="restart"/>'), ("", "<w:vMerge/>"), ("below", ""))
    )
    (table,) = layout_of(f"<w:tbl>{rows}</w:tbl>").tables.values()
    above = table.above(2, 0)
    assert above is not None and above.text == "top"


def test_every_paragraph_knows_its_section() -> None:
    layout = layout_of(
        paragraph("0") + heading("Aim") + paragraph("1") + heading("Body") + heading("End"), styles=HEADING
    )
    assert [layout.section_index(p) for p in layout.paragraphs] == [None, 0, 0, 1, 2]
    assert layout.heading_of(layout.paragraphs[2]) == "Aim"


def test_neighbours_stay_in_their_story() -> None:
    layout = layout_of(paragraph("a") + "<w:p/>" + paragraph("b"), headers=[paragraph("head")])
    first, _, last, head = layout.paragraphs
    assert layout.before(last) is first and layout.after(first) is last
    assert layout.before(head) is None and layout.after(last) is None


def test_blank_text() -> None:
    assert is_blank("") and is_blank(" \t\xa0") and is_blank("\u200b") and not is_blank("_")
