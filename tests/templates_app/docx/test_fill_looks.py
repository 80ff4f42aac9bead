"""How a value looks: the formatting of its place without what only marked it, and the direction of its script."""

from __future__ import annotations

import pytest

from templates_app.docx.fill_looks import directions
from templates_app.docx.model import FieldType

from .build import build, paragraph, run
from .reading import a_field, at, texts, xml
from .test_fill import CONTROL, put

RED = '<w:color w:val="FF0000"/>'
YELLOW = '<w:highlight w:val="yellow"/>'


class TestMarks:
    def test_highlighting_of_the_place_goes(self) -> None:
        body = f"<w:p>{run('Dear ')}{run('[x]', '<w:b/>' + YELLOW)}{run(' you')}</w:p>"
        result = xml(put(build(body), a_field("x", at(0, 5, 8)), "Ann").data)
        assert "highlight" not in result
        assert "<w:rPr><w:b/></w:rPr><w:t>Ann</w:t>" in result

    def test_highlighting_of_the_whole_line_stays(self) -> None:
        body = f"<w:p>{run('Dear [x] you', YELLOW)}</w:p>"
        assert "highlight" in xml(put(build(body), a_field("x", at(0, 5, 8)), "Ann").data)

    def test_a_place_found_by_its_highlighting_loses_it_even_beside_another(self) -> None:
        body = f"<w:p>{run('Ann', YELLOW)}{run(' and ')}{run('Bob', YELLOW)}</w:p>"
        filled = put(build(body), a_field("x", at(0, 0, 3), detector="highlighted"), "Eve")
        assert texts(filled.data) == ["Eve and Bob"]
        assert xml(filled.data).count("highlight") == 1

    @pytest.mark.parametrize(("detector", "left"), [("colored", 0), ("brackets", 1)])
    def test_colour_goes_only_where_it_is_the_mark(self, detector: str, left: int) -> None:
        body = f"<w:p>{run('name', RED)}</w:p>"
        result = xml(put(build(body), a_field("x", at(0, 0, 4), detector=detector), "Ann").data)
        assert result.count("<w:color") == left

    def test_only_the_value_loses_the_mark_not_its_run(self) -> None:
        body = f"<w:p>{run('a [x] b', YELLOW)}</w:p>"
        result = xml(put(build(body), a_field("x", at(0, 2, 5), detector="highlighted"), "v").data)
        assert result.count("highlight") == 2
        assert "<w:r><w:t>v</w:t></w:r>" in result

    def test_grey_of_a_placeholder_goes(self) -> None:
        grey = run("Click", '<w:b/><w:color w:val="808080"/>')
        body = "<w:p>" + CONTROL.format("<w:showingPlcHdr/>", grey) + "</w:p>"
        assert "<w:rPr><w:b/></w:rPr><w:t>y</w:t>" in xml(put(build(body), a_field("x", at(0, 0, 5)), "y").data)

    def test_placeholder_style_goes_where_no_state_says_so(self) -> None:
        styled = run("Click", '<w:rStyle w:val="PlaceholderText"/>')
        body = "<w:p>" + CONTROL.format("<w:text/>", styled) + "</w:p>"
        assert "PlaceholderText" not in xml(put(build(body), a_field("x", at(0, 0, 5)), "y").data)

    def test_colours_of_controls_that_show_no_placeholder_stay(self) -> None:
        grey = run("Text", '<w:color w:val="808080"/>')
        body = "<w:p>" + CONTROL.format("<w:text/>", grey) + "</w:p>"
        assert "<w:color" in xml(put(build(body), a_field("x", at(0, 0, 4)), "y").data)


class TestDirection:
    @pytest.mark.parametrize(
        ("text", "parts"),
        [
            ("plain", [("plain", False)]),
            ("שלום 12, x", [("שלום 12, ", True), ("x", False)]),
            ("a قيمة", [("a ", False), ("قيمة", True)]),
            ("12 שלום", [("12 שלום", True)]),
            ("", [("", False)]),
        ],
    )
    def test_stretches(self, text: str, parts: list[tuple[str, bool]]) -> None:
        assert list(directions(text)) == parts

    def test_only_what_runs_from_right_to_left_is_marked(self) -> None:
        filled = put(build(paragraph("Name: [x]!")), a_field("x", at(0, 6, 9)), "Ann שלום")
        assert texts(filled.data) == ["Name: Ann שלום!"]
        assert xml(filled.data).count("<w:rtl/>") == 1
        assert "<w:bidi/>" not in xml(filled.data)

    def test_a_paragraph_of_its_own_turns(self) -> None:
        filled = put(build("<w:p><w:pPr><w:jc w:val='both'/></w:pPr></w:p>"), a_field("x", at(0, 0, 0)), "שלום")
        assert '<w:pPr><w:bidi/><w:jc w:val="both"/></w:pPr>' in xml(filled.data)

    def test_long_texts_turn_paragraph_by_paragraph(self) -> None:
        field = a_field("x", at(0, 0, 3), kind=FieldType.LONG_TEXT)
        result = xml(put(build(paragraph("[x]")), field, "one\n\n**שלום**").data)
        assert result.count("<w:bidi/>") == 1
        assert "<w:rPr><w:b/><w:bCs/><w:rtl/></w:rPr>" in result

    @pytest.mark.parametrize("text", ["e\u0301", "\U0001f9ec\U0001f469\u200d\U0001f52c", "क्षि", "\ufdd0", "ﷺ"])
    def test_any_character_comes_through(self, text: str) -> None:
        assert texts(put(build(paragraph("[x]")), a_field("x", at(0, 0, 3)), text).data) == [text]
