from __future__ import annotations

from templates_app.docx.detectors.lines import find_lines

from ..build import paragraph, run
from ..understanding import spans

TAB = '<w:r><w:rPr><w:u w:val="single"/></w:rPr><w:tab/></w:r>'


def line(*runs: str) -> str:
    return f"<w:p>{''.join(runs)}</w:p>"


def underlined(text: str) -> str:
    return run(text, '<w:u w:val="single"/>')


def test_underlined_blanks_and_tabs_are_lines_to_write_on() -> None:
    body = line(run("Name: "), underlined("        "), run(" Town "), TAB, TAB)
    assert spans(find_lines, body) == ["        ", "\t\t"]


def test_a_line_that_goes_on_below_words_is_filled_already() -> None:
    assert spans(find_lines, line(run("Name: "), underlined("  Eve"), underlined("      "))) == []
    assert spans(find_lines, line(underlined("Title"), underlined("      "))) == []


def test_one_underlined_blank_is_no_line() -> None:
    assert spans(find_lines, line(run("a"), underlined(" "), run("b"))) == []


def test_a_line_alone_needs_words_that_ask_for_it() -> None:
    assert spans(find_lines, line(TAB)) == []
    assert spans(find_lines, line(TAB) + paragraph("(signature)")) == ["\t"]
    assert spans(find_lines, paragraph("Address:") + line(TAB)) == ["\t"]


def ruled(text: str, leader: str = "underscore") -> str:
    tabs = f'<w:pPr><w:tabs><w:tab w:val="right" w:leader="{leader}" w:pos="9000"/></w:tabs></w:pPr>'
    return f"<w:p>{tabs}{'<w:r><w:tab/></w:r>'.join(run(words) for words in text.split('|'))}</w:p>"


def test_tabs_that_draw_a_line_are_lines_to_write_on() -> None:
    assert spans(find_lines, ruled("Name|  Town||", "dot")) == ["\t", "\t\t"]
    assert spans(find_lines, ruled("|Name|")) == ["\t"]
    assert spans(find_lines, ruled("|")) == []
    assert spans(find_lines, ruled("Name|", "none")) == []


def test_a_tab_that_leads_to_words_is_no_line() -> None:
    assert spans(find_lines, ruled("Soup|4.50", "dot")) == []
