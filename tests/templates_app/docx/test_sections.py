from __future__ import annotations

from typing import Any

import pytest

from .build import paragraph, run
from .understanding import complex_field, grid, outline_of

STYLES = (
    "".join(
        f'<w:style w:type="paragraph" w:styleId="H{n}"><w:name w:val="heading {n}"/><w:rPr><w:b/></w:rPr></w:style>'
        for n in range(1, 5)
    )
    + '<w:style w:type="paragraph" w:styleId="T1"><w:name w:val="toc 1"/></w:style>'
)


def heading(text: str, level: int) -> str:
    return paragraph(text, properties=f'<w:pStyle w:val="H{level}"/>')


def bold(text: str, size: int = 24, properties: str = "") -> str:
    own = f"<w:pPr>{properties}</w:pPr>" if properties else ""
    return f"<w:p>{own}{run(text, BOLD.format(size))}</w:p>"


BOLD = '<w:b/><w:sz w:val="{}"/>'
SMALL = '<w:sz w:val="22"/>'
TEXT = f"<w:p>{run('Plain text that makes up most of the document and is not bold at all.', SMALL)}</w:p>"


def sections(body: str, **parts: Any) -> list[tuple[str, int]]:
    return [(s.heading, s.level) for s in outline_of(body, styles=STYLES, **parts).sections]


def test_levels_make_a_tree_without_gaps() -> None:
    body = heading("One", 1) + heading("Deep", 3) + heading("Two", 1) + heading("Mid", 2) + heading("Deeper", 3)
    assert sections(body) == [("One", 1), ("Deep", 2), ("Two", 1), ("Mid", 2), ("Deeper", 3)]


def test_contents_and_their_title_are_left_out() -> None:
    contents = heading("Contents", 1) + paragraph("One 3", properties='<w:pStyle w:val="T1"/>')
    assert sections(contents + heading("One", 1) + heading("Two", 1) + heading("Three", 1)) == [
        ("One", 1),
        ("Two", 1),
        ("Three", 1),
    ]


def test_a_heading_style_used_for_sentences_is_text() -> None:
    sentence = "Many people have their own devices, and they use them for work. That is risky for everybody."
    body = heading("One", 1) + heading("Two", 1) + heading("Three", 1) + heading(sentence, 4) * 3
    assert sections(body) == [("One", 1), ("Two", 1), ("Three", 1)]


def test_headings_in_cells_count_when_the_cell_is_alone_in_its_row() -> None:
    def row(*texts: str) -> str:
        return f"<w:tbl><w:tr>{''.join(f'<w:tc>{heading(t, 2)}</w:tc>' for t in texts)}</w:tr></w:tbl>"

    body = heading("One", 1) + row("Banner") + row("Photo", "here") + heading("Two", 1)
    assert sections(body) == [("One", 1), ("Banner", 2), ("Two", 1)]


def test_empty_headings_are_none() -> None:
    assert sections(
        heading("One", 1) + heading("  ", 1) + heading("Two", 1) + heading("3", 1) + heading("Three", 1)
    ) == [("One", 1), ("Two", 1), ("Three", 1)]


def test_bold_lines_where_nothing_else_says_headings() -> None:
    body = (
        bold("The title of it all", 40, '<w:jc w:val="center"/>')
        + TEXT
        + bold("Scope", 28)
        + TEXT
        + bold("Part", 24)
        + TEXT
        + bold("Terms", 28)
        + TEXT
    )
    assert sections(body) == [("Scope", 1), ("Part", 2), ("Terms", 1)]


@pytest.mark.parametrize("line", ["Name:", "this, that;", "First sentence. And a second one that follows."])
def test_bold_lines_that_are_no_headings(line: str) -> None:
    assert sections(bold("Scope", 28) + TEXT + bold(line, 22) + TEXT + bold("Terms", 28) + TEXT) == [
        ("Scope", 1),
        ("Terms", 1),
    ]


def test_a_bold_block_is_no_heading_and_two_lines_are_one() -> None:
    block = bold("One") + bold("Two") + bold("Three") + TEXT
    pair = bold("A heading broken", 28) + bold("by hand", 28) + TEXT
    assert sections(block + pair + bold("Terms", 28) + TEXT) == [("A heading broken", 1), ("Terms", 1)]


def test_numbered_bold_lines_go_below_larger_ones() -> None:
    body = (
        bold("Rules", 28)
        + TEXT
        + bold("1. Purpose", 22)
        + TEXT
        + bold("2. Scope", 22)
        + TEXT
        + bold("Annex", 28)
        + TEXT
    )
    assert sections(body) == [("Rules", 1), ("1. Purpose", 2), ("2. Scope", 2), ("Annex", 1)]


def test_marks_in_a_bold_line_make_it_a_value() -> None:
    value = f"<w:p>{complex_field(' DOCPROPERTY Company ', 'ACME')}</w:p>".replace(
        "<w:r><w:t", "<w:r><w:rPr><w:b/></w:rPr><w:t"
    )
    assert sections(value + TEXT + bold("Scope", 28) + TEXT + bold("Terms", 28) + TEXT) == [("Scope", 1), ("Terms", 1)]


def test_printed_numbers_come_along() -> None:
    lists = (
        '<w:abstractNum w:abstractNumId="0"><w:lvl w:ilvl="0"><w:start w:val="1"/><w:numFmt w:val="decimal"/>'
        '<w:lvlText w:val="%1."/></w:lvl>'
        '</w:abstractNum><w:num w:numId="1"><w:abstractNumId w:val="0"/></w:num>'
    )
    own = '<w:pStyle w:val="H1"/><w:numPr><w:ilvl w:val="0"/><w:numId w:val="1"/></w:numPr>'
    outline = outline_of(
        paragraph("One", properties=own) + paragraph("Two", properties=own), styles=STYLES, numbering=lists
    )
    assert [(s.number, s.heading) for s in outline.sections] == [("1.", "One"), ("2.", "Two")]


def test_headers_have_no_sections() -> None:
    assert sections(paragraph("x") + grid(["y"]), headers=[heading("Head", 1)]) == []


def test_the_title_that_opens_a_document_is_no_section() -> None:
    parts = bold("1. Definitions") + TEXT + bold("2. Term") + TEXT
    assert sections(bold("Services in the garden") + TEXT + parts) == [("1. Definitions", 1), ("2. Term", 1)]
    plain = bold("Purpose") + TEXT + bold("Scope") + TEXT
    assert sections(bold("Besprechungsprotokoll") + TEXT + plain) == [("Purpose", 1), ("Scope", 1)]
    assert sections(bold("Training record") + TEXT + plain) == [("Purpose", 1), ("Scope", 1)]
    assert sections(plain + bold("Definitions") + TEXT) == [("Purpose", 1), ("Scope", 1), ("Definitions", 1)]


def test_paragraph_signs_number_headings() -> None:
    body = TEXT + bold("§ 1 Beginn") + TEXT + bold("§ 2 Vergütung") + TEXT
    assert sections(body) == [("§ 1 Beginn", 1), ("§ 2 Vergütung", 1)]


def test_lines_that_say_they_are_sections() -> None:
    body = paragraph("Section 1: Who you are") + TEXT + paragraph("Section 2: What you want") + TEXT
    assert sections(body) == [("Section 1: Who you are", 1), ("Section 2: What you want", 1)]
    assert sections(TEXT + paragraph("Part 2: see below") + TEXT) == []


@pytest.mark.parametrize(
    "line",
    ["Applicant's signature: ______________", "Name of child            Parent's signature", "help.desk@example.org"],
)
def test_lines_of_a_form_are_no_headings_however_they_look(line: str) -> None:
    kept = [("Scope", 1), ("Terms", 1), ("Annex", 1)]
    styled = heading("Scope", 1) + TEXT + heading(line, 1) + TEXT + heading("Terms", 1) + TEXT + heading("Annex", 1)
    assert sections(styled + TEXT) == kept
    looks = bold("Scope", 28) + TEXT + bold(line, 28) + TEXT + bold("Terms", 28) + TEXT + bold("Annex", 28) + TEXT
    assert sections(looks) == kept


def test_several_lines_larger_than_the_text_are_headings() -> None:
    def large(text: str, size: int = 36) -> str:
        return f"<w:p>{run(text, SIZE.format(size))}</w:p>"

    body = "".join(large(title) + TEXT for title in ("Contact", "Telephones", "Instructions"))
    assert sections(large("Request for equipment", 48) + body) == [
        ("Contact", 1),
        ("Telephones", 1),
        ("Instructions", 1),
    ]
    assert sections(large("Contact") + TEXT + large("Telephones") + TEXT) == []


SIZE = '<w:sz w:val="{}"/>'
