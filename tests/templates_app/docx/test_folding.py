from __future__ import annotations

import re

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from templates_app.docx import lexicon
from templates_app.docx.folding import MAX_LABEL, Folded, FoldedWords, fold

VOCABULARIES = [value for value in vars(lexicon).values() if isinstance(value, FoldedWords)]
PIECES = sorted({piece for words in VOCABULARIES for piece in re.findall(r"[^\W_]{2,}", words.pattern)}) + list(
    " s_-/%?.:1İß氏名"
)


def test_case_does_not_matter_and_positions_stay() -> None:
    pattern = Folded("дата|straße")
    found = pattern.search("  ДАТА и STRASSE, Straße")
    assert found is not None and found.span() == (2, 6)
    assert [match.span() for match in pattern.finditer("Дата Straße")] == [(0, 4), (5, 11)]
    assert pattern.fullmatch("ДАТА") and pattern.match("Дата:") and not pattern.search("Дата", 1)


@pytest.mark.parametrize("text", ["İstanbul İ", "ΣΊΣΥΦΟΣ", "ß ẞ", "", "Tag\U000e0041"])
def test_folding_keeps_the_length(text: str) -> None:
    assert len(fold(text)) == len(text)


def test_words_are_whole_and_stems_stand_anywhere() -> None:
    words = FoldedWords(["date", "né(e) le", "%"], ["datum"])
    assert [match[0] for match in words.finditer("Update: DATES, Né(e) le 3 %, Beginndatum")] == [
        "dates", "né(e) le", "%", "datum",
    ]
    assert words.fullmatch("Date") and words.match("dates of") and not words.search("dated, mandate, née le")
    assert words.search("date" + " x" * MAX_LABEL) and not FoldedWords([]).search("date")


@example(lexicon.DATE, "dateless", 4)
@given(st.sampled_from(VOCABULARIES), st.lists(st.sampled_from(PIECES), max_size=8).map("".join), st.integers(0, 9))
def test_a_look_at_the_words_first_changes_nothing(words: FoldedWords, text: str, start: int) -> None:
    plain = re.compile(words.pattern)
    for found, expected in (
        (words.search(text, start), plain.search(fold(text), start)),
        (words.search(text, 0, start), plain.search(fold(text), 0, start)),
        (words.match(text), plain.match(fold(text))),
        (words.fullmatch(text), plain.fullmatch(fold(text))),
    ):
        assert (found and found.span()) == (expected and expected.span())
    assert [m.span() for m in words.finditer(text)] == [m.span() for m in plain.finditer(fold(text))]
