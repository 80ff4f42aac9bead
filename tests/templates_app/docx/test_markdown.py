"""The simple Markdown of long texts: what is a mark, and what is only text."""

from __future__ import annotations

import pytest

from templates_app.docx.markdown import is_plain, read_markdown, unescaped


def shape(text: str) -> list[tuple[int | None, int | None, str]]:
    return [(block.level, block.number, block.text) for block in read_markdown(text)]


@pytest.mark.parametrize(
    "text",
    [
        "2 * 3 * 4",
        "5*3 and 4*2",
        "snake_case_name and __init",
        "f(*args, **kwargs)",
        "** no **",
        "-5 degrees",
        "1984. A year\n1985. Another",
        "The law of\n1984. It was",
        r"\\server\share C:\Temp",
        " lead\ttab \n next",
        "- ",
        "****",
        "*",
        "",
        "\n\n",
    ],
)
def test_text_without_marks_stays_as_it_is(text: str) -> None:
    assert is_plain(read_markdown(text))
    assert unescaped(text) == text


@pytest.mark.parametrize(
    ("text", "looks"),
    [
        ("a **b** c", [("a ", False, False), ("b", True, False), (" c", False, False)]),
        ("__b__ _i_", [("b", True, False), (" ", False, False), ("i", False, True)]),
        ("***bi***", [("bi", True, True)]),
        ("**a *b* c**", [("a ", True, False), ("b", True, True), (" c", True, False)]),
        ("**a\nb**", [("a\nb", True, False)]),
        ("w**or**d", [("w", False, False), ("or", True, False), ("d", False, False)]),
        (r"\*no\* **yes**", [("*no* ", False, False), ("yes", True, False)]),
        (r"\\*i*", [("\\", False, False), ("i", False, True)]),
    ],
)
def test_emphasis(text: str, looks: list[tuple[str, bool, bool]]) -> None:
    assert [(s.text, s.bold, s.italic) for s in read_markdown(text)[0].stretches] == looks


def test_paragraphs_and_their_line_breaks() -> None:
    assert shape("\na\nb\n\n\nc\n") == [(None, None, "a\nb"), (None, None, "c")]
    assert [block.gap for block in read_markdown("\na\n\n\nc")] == [1, 3]


def test_nested_lists() -> None:
    text = "Do:\n- a\n- b\n  1. c\n     more\n  2. d\n* e\n\nend"
    assert shape(text) == [
        (None, None, "Do:"),
        (0, None, "a"),
        (0, None, "b"),
        (1, 1, "c\nmore"),
        (1, 2, "d"),
        (0, None, "e"),
        (None, None, "end"),
    ]


def test_lists_begin_anew_behind_a_paragraph_and_by_kind() -> None:
    blocks = read_markdown("1. a\n2. b\n- c\n\ntext\n\n3) d")
    assert [(block.number, block.is_first) for block in blocks if block.level is not None] == [
        (1, True),
        (2, False),
        (None, True),
        (3, True),
    ]


def test_lists_are_no_deeper_than_those_of_word() -> None:
    text = "\n".join(f"{'  ' * depth}- x" for depth in range(12))
    assert max(block.level or 0 for block in read_markdown(text)) == 8


@pytest.mark.parametrize("text", [r"\- a", r"1\. a", r"\+ a", r"  \- a"])
def test_an_escaped_mark_is_no_item(text: str) -> None:
    assert is_plain(read_markdown(text))
    assert unescaped(text) == text.replace("\\", "")
