from __future__ import annotations

import pytest

from templates_app.docx.package import Package
from templates_app.docx.styles import PLAIN, Look, Styles, read_styles

from .build import build


def styles(inside: str) -> Styles:
    return read_styles(Package.open(build("<w:p/>", styles=inside)))


def style(style_id: str, name: str, inside: str = "", base: str = "", default: str = "") -> str:
    based = f'<w:basedOn w:val="{base}"/>' if base else ""
    return (
        f'<w:style w:type="paragraph" {default} w:styleId="{style_id}">'
        f'<w:name w:val="{name}"/>{based}{inside}</w:style>'
    )


def test_a_style_has_what_its_bases_have() -> None:
    found = styles(
        style(
            "A",
            "Base",
            '<w:pPr><w:outlineLvl w:val="1"/><w:jc w:val="center"/></w:pPr><w:rPr><w:b/><w:sz w:val="28"/></w:rPr>',
        )
        + style("B", "Own", "<w:rPr><w:i/></w:rPr>", base="A")
    ).get("B")
    assert (found.name, found.level, found.centered) == ("Own", 2, True)
    assert (found.look.bold, found.look.italic, found.look.size) == (True, True, 14.0)


@pytest.mark.parametrize(("name", "level"), [("heading 1", 1), ("Heading 3", 3), ("heading 10", None), ("Title", None)])
def test_headings_by_their_built_in_name(name: str, level: int | None) -> None:
    assert styles(style("H", name)).get("H").level == level


def test_an_outline_level_of_body_text_is_none() -> None:
    assert styles(style("H", "heading 1", '<w:pPr><w:outlineLvl w:val="9"/></w:pPr>')).get("H").level is None


def test_a_circle_of_bases_is_cut() -> None:
    found = styles(style("A", "One", base="B") + style("B", "Two", base="A", inside="<w:rPr><w:b/></w:rPr>"))
    assert found.get("A").look.bold and found.get("B").look.bold


def test_paragraphs_without_style_have_the_default_one() -> None:
    found = styles(
        '<w:docDefaults><w:rPrDefault><w:rPr><w:sz w:val="22"/><w:lang w:val="de-AT"/></w:rPr></w:rPrDefault>'
        "</w:docDefaults>" + style("N", "Normal", "<w:rPr><w:b/></w:rPr>", default='w:default="1"')
    )
    assert (found.get(None).name, found.get(None).look.bold, found.get(None).look.size) == ("", True, 11.0)
    assert found.get("unknown").name == "unknown"
    assert found.language == "de-AT"


def test_numbers_that_are_none_are_left_out() -> None:
    assert (
        styles(style("A", "X", '<w:pPr><w:outlineLvl w:val="many"/></w:pPr><w:rPr><w:sz w:val="big"/></w:rPr>'))
        .get("A")
        .level
        is None
    )


def test_looks_lie_over_each_other() -> None:
    assert Look(bold=False).over(Look(bold=True, italic=True)) == Look(bold=False, italic=True)
    assert PLAIN.over(Look(bold=True)) == Look(bold=True)


def test_a_file_without_styles() -> None:
    assert read_styles(Package.open(build("<w:p/>"))).get("X").name == "X"
