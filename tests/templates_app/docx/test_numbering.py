from __future__ import annotations

import pytest

from templates_app.docx.model import Outline
from templates_app.docx.numbering import format_number

from .build import paragraph
from .understanding import outline_of


def level(at: int, text: str, how: str = "decimal", more: str = "") -> str:
    return (
        f'<w:lvl w:ilvl="{at}"><w:start w:val="1"/><w:numFmt w:val="{how}"/>{more}<w:lvlText w:val="{text}"/></w:lvl>'
    )


def abstract(key: int, *levels: str) -> str:
    return f'<w:abstractNum w:abstractNumId="{key}">{"".join(levels)}</w:abstractNum>'


def num(key: int, of: int, inside: str = "") -> str:
    return f'<w:num w:numId="{key}"><w:abstractNumId w:val="{of}"/>{inside}</w:num>'


def item(num_id: int, at: int = 0, text: str = "x") -> str:
    return paragraph(text, properties=f'<w:numPr><w:ilvl w:val="{at}"/><w:numId w:val="{num_id}"/></w:numPr>')


def numbers(outline: Outline) -> list[str]:
    return [p.number for p in outline.paragraphs]


OUTLINE = abstract(0, level(0, "%1."), level(1, "%1.%2"), level(2, "(%3)", "lowerLetter")) + num(1, 0)


def test_levels_count_and_restart() -> None:
    body = item(1) + item(1, 1) + item(1, 1) + item(1, 2) + item(1, 2) + item(1) + item(1, 1)
    assert numbers(outline_of(body, numbering=OUTLINE)) == ["1.", "1.1", "1.2", "(a)", "(b)", "2.", "2.1"]


def test_a_level_that_never_restarts() -> None:
    lists = abstract(0, level(0, "%1."), level(1, "%2)", more='<w:lvlRestart w:val="0"/>')) + num(1, 0)
    body = item(1) + item(1, 1) + item(1) + item(1, 1)
    assert numbers(outline_of(body, numbering=lists)) == ["1.", "1)", "2.", "2)"]


def test_lists_of_the_same_definition_go_on_unless_they_start_anew() -> None:
    override = '<w:lvlOverride w:ilvl="0"><w:startOverride w:val="1"/></w:lvlOverride>'
    lists = abstract(0, level(0, "%1.")) + num(1, 0) + num(2, 0) + num(3, 0, override)
    assert numbers(outline_of(item(1) + item(2) + item(3), numbering=lists)) == ["1.", "2.", "1."]


def test_legal_numbering_and_bullets() -> None:
    lists = abstract(
        0, level(0, "%1", "upperRoman"), level(1, "%1.%2", more="<w:isLgl/>"), level(2, "\uf0b7", "bullet")
    ) + num(1, 0)
    assert numbers(outline_of(item(1) + item(1, 1) + item(1, 2), numbering=lists)) == ["I", "1.1", "•"]


def test_a_style_brings_its_list_and_level() -> None:
    styles = (
        '<w:style w:type="paragraph" w:styleId="H2"><w:name w:val="heading 2"/><w:pPr><w:numPr>'
        '<w:numId w:val="1"/></w:numPr></w:pPr></w:style>'
    )
    lists = abstract(0, level(0, "%1."), level(1, "%1.%2", more='<w:pStyle w:val="H2"/>')) + num(1, 0)
    body = item(1) + paragraph("Sub", properties='<w:pStyle w:val="H2"/>')
    assert numbers(outline_of(body, styles=styles, numbering=lists)) == ["1.", "1.1"]


def test_unknown_lists_and_removed_numbers_print_nothing() -> None:
    assert numbers(outline_of(item(7) + item(0) + item(1, 12), numbering=OUTLINE)) == ["", "", ""]


@pytest.mark.parametrize(
    ("number", "how", "shown"),
    [
        (4, "lowerRoman", "iv"),
        (1999, "upperRoman", "MCMXCIX"),
        (27, "lowerLetter", "aa"),
        (3, "russianLower", "в"),
        (7, "decimalZero", "07"),
        (5, "unheardOf", "5"),
        (0, "upperRoman", "0"),
    ],
)
def test_formats(number: int, how: str, shown: str) -> None:
    assert format_number(number, how) == shown
    assert len(format_number(number, how)) < 20
