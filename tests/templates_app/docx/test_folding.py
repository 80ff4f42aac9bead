from __future__ import annotations

import pytest

from templates_app.docx.folding import Folded, fold


def test_case_does_not_matter_and_positions_stay() -> None:
    pattern = Folded("дата|straße")
    found = pattern.search("  ДАТА и STRASSE, Straße")
    assert found is not None and found.span() == (2, 6)
    assert [match.span() for match in pattern.finditer("Дата Straße")] == [(0, 4), (5, 11)]
    assert pattern.fullmatch("ДАТА") and pattern.match("Дата:") and not pattern.search("Дата", 1)


@pytest.mark.parametrize("text", ["İstanbul İ", "ΣΊΣΥΦΟΣ", "ß ẞ", "", "Tag\U000e0041"])
def test_folding_keeps_the_length(text: str) -> None:
    assert len(fold(text)) == len(text)
