"""The report marks what the scorer counts: hits, misses, false finds, and what is odd about a hit."""

from __future__ import annotations

from types import ModuleType
from typing import Any

import pytest

from bench.report import Place, judge

PART = "word/document.xml"


@pytest.fixture
def scorer() -> ModuleType:
    """The corpus brings the real one; spans that overlap are near, equal labels are the same."""
    module = ModuleType("score_parse")
    module.near = lambda a, b: max(a[0], b[0]) <= min(a[1], b[1])  # type: ignore[attr-defined]  # a module made here
    module.same_label = lambda a, b: a["label"] == b["label"]  # type: ignore[attr-defined]  # a module made here
    return module


def wanted(label: str, *anchors: list[Any], kind: str = "text") -> dict[str, Any]:
    return {"key": label.lower(), "label": label, "type": kind, "anchors": list(anchors)}


def found(label: str, *places: tuple[int, int, int], kind: str = "text") -> dict[str, Any]:
    anchors = [{"part": PART, "p": p, "start": start, "end": end} for p, start, end in places]
    return {"key": label.lower(), "label": label, "type": kind, "anchors": anchors}


def judged(scorer: ModuleType, labels: list[dict[str, Any]], fields: list[dict[str, Any]]) -> list[Place]:
    return judge(scorer, {"fields": labels, "ignore": [[PART, 9, 0, 5]]}, {"fields": fields})


def test_hits_misses_false_and_ignored_places(scorer: ModuleType) -> None:
    labels = [wanted("Name", [PART, 1, 0, 6]), wanted("Date", [PART, 2, 0, 6])]
    places = judged(scorer, labels, [found("Name", (1, 0, 6)), found("Rule", (5, 0, 9)), found("Help", (9, 1, 2))])
    assert [(place.state, place.address[1]) for place in places] == [
        ("hit", 1), ("false", 5), ("ignored", 9), ("miss", 2)
    ]


def test_what_is_odd_about_a_hit(scorer: ModuleType) -> None:
    [place] = judged(scorer, [wanted("Start", [PART, 1, 4, 10], kind="date")], [found("Begin", (1, 0, 5))])
    assert place.odd == ["span 4–10 expected", "type date expected", "name “Start” expected"]


def test_places_torn_apart_and_thrown_together(scorer: ModuleType) -> None:
    labels = [wanted("Firm", [PART, 1, 0, 3], [PART, 2, 0, 3], [PART, 3, 0, 3]), wanted("City", [PART, 4, 0, 3])]
    places = judged(scorer, labels, [found("Firm", (1, 0, 3), (2, 0, 3), (4, 0, 3)), found("Firm", (3, 0, 3))])
    odd = {place.address[1]: place.odd for place in places if place.odd}
    assert "belongs to field 0" in odd[3]
    assert "does not belong with “firm”" in odd[4]
    assert 1 not in odd
