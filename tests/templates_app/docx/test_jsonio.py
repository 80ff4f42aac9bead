"""A parse survives JSON exactly, and its JSON is what the scorer reads."""

from __future__ import annotations

import json

import pytest

from templates_app.docx.jsonio import fields_from_json, fields_to_json, parse_from_json, parse_to_json
from templates_app.docx.model import (
    Anchor,
    Cell,
    Column,
    Field,
    FieldType,
    Mark,
    MarkKind,
    Outline,
    Paragraph,
    Parse,
    Section,
    Span,
)


def full_parse() -> Parse:
    """Every attribute of every class away from its default."""
    mark = Mark(MarkKind.CONTROL, 1, 2, "dropdown", "n", "t", ("a", "b"), True, "/x", "{1}", False, "d", True, 3)
    span = Span(0, 3, True, "FF0000", True, True, True, True, 10.5, "Strong")
    cell = Cell(1, 2, 3, 2, False, True, 2, True, "EEEEEE")
    paragraph = Paragraph(
        "word/document.xml",
        4,
        "a\n\U0001f9ec",
        "Heading 1",
        1,
        "1.2",
        0,
        cell,
        True,
        True,
        (mark,),
        (span,),
        True,
        True,
        True,
    )
    column = Column("c", "C", FieldType.CHOICE, ("x", "y"))
    field = Field(
        "k",
        "K",
        FieldType.TABLE,
        (Anchor("word/document.xml", 4, 0, 2),),
        True,
        ("o",),
        0.5,
        "[x]",
        "brackets",
        0,
        (column,),
        "hint",
        "d.M.yyyy",
    )
    section = Section("word/document.xml", 4, 2, "Purpose", "1.2")
    return Parse(
        Outline("ab" * 32, [paragraph, Paragraph("word/document.xml", 5, "")], [section], "T", "de-DE", ["odd"]),
        [field],
    )


def test_round_trip_is_exact() -> None:
    parse = full_parse()
    again = parse_from_json(json.loads(json.dumps(parse_to_json(parse))))
    assert again == parse
    assert isinstance(again.fields[0].type, FieldType)
    assert isinstance(again.outline.paragraphs[0].marks[0].kind, MarkKind)


def test_empty_parse() -> None:
    parse = Parse(Outline("00"))
    assert parse_from_json(parse_to_json(parse)) == parse


def test_a_checked_mark_that_is_false_is_not_one_that_says_nothing() -> None:
    for checked in (None, False, True):
        paragraph = Paragraph("p", 0, "", marks=(Mark(MarkKind.CONTROL, 0, 0, checked=checked),))
        again = parse_from_json(parse_to_json(Parse(Outline("", [paragraph]))))
        assert again.outline.paragraphs[0].marks[0].checked is checked


def test_the_scorers_form() -> None:
    data = parse_to_json(full_parse())
    assert data["sections"] == [
        {"part": "word/document.xml", "p": 4, "level": 2, "heading": "Purpose", "number": "1.2"}
    ]
    field = data["fields"][0]
    assert (field["key"], field["label"], field["type"]) == ("k", "K", "table")
    assert field["anchors"] == [{"part": "word/document.xml", "p": 4, "start": 0, "end": 2}]
    assert field["columns"] == [{"key": "c", "label": "C", "type": "choice", "options": ["x", "y"]}]
    assert {"required", "options", "confidence", "marker", "detector", "section", "hint", "date_format"} <= field.keys()


def test_fields_need_key_label_type_and_anchors_only() -> None:
    minimal = {
        "key": "k",
        "label": "K",
        "type": "text",
        "anchors": [{"part": "p", "p": 0, "start": 0, "end": 1}],
        "new": 1,
    }
    found = fields_from_json([minimal])
    assert found == [Field("k", "K", FieldType.TEXT, (Anchor("p", 0, 0, 1),))]
    assert fields_from_json(fields_to_json(found)) == found


@pytest.mark.parametrize("data", [{"format": 2}, {}, {"sha256": "x"}])
def test_other_json_is_refused(data: dict[str, object]) -> None:
    with pytest.raises((ValueError, KeyError)):
        parse_from_json(data)
