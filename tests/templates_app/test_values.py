"""Values: one test per type, good and bad, and one error for all that is wrong."""

from __future__ import annotations

import base64
from typing import Any

import pytest

from templates_app.errors import BadValues
from templates_app.models import TemplateField
from templates_app.values import MAX_PICTURE_BYTES, clean_values

PNG = base64.b64decode(
    "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=="
)
PICTURE = base64.b64encode(PNG).decode()
COLUMNS = [
    {"key": "what", "label": "What", "type": "text", "options": []},
    {"key": "due", "label": "Due", "type": "date", "options": []},
]


def a_field(kind: str, **more: Any) -> TemplateField:
    defaults: dict[str, Any] = {"key": "f", "label": "F", "type": kind, "options": [], "places": [{}], "columns": []}
    return TemplateField(**(defaults | {"parsed": {"type": kind}} | more))


BOXES = a_field("choice", options=["A", "B"], places=[{}, {}], parsed={"type": "choice", "options": ["A", "B"]})
CHOICE = a_field("choice", options=["Low", "High"])
TABLE = a_field("table", columns=COLUMNS)

GOOD: list[tuple[TemplateField, Any, Any]] = [
    (a_field("text"), "Acme & Söhne <1>\n", "Acme & Söhne <1>\n"),
    (a_field("text"), "", ""),
    (a_field("text"), 7, "7"),
    (a_field("long_text"), "a\nb", "a\nb"),
    (a_field("person"), "Ada", "Ada"),
    (a_field("date"), "2026-11-30", "2026-11-30"),
    (a_field("number"), 12.5, 12.5),
    (a_field("number"), " 1200.50 ", "1200.50"),
    (CHOICE, "Low", "Low"),
    (a_field("number"), "1e3", "1e3"),
    (CHOICE, " low", "Low"),
    (a_field("choice"), "anything", "anything"),
    (BOXES, ["B", "a"], ["B", "A"]),
    (a_field("checkbox"), False, False),
    (a_field("signature"), "A. Byron", "A. Byron"),
    (a_field("signature"), f"data:image/png;base64,{PICTURE}", {"base64": PICTURE}),
    (a_field("image"), PICTURE, {"base64": PICTURE}),
    (a_field("image"), {"base64": PICTURE}, {"base64": PICTURE}),
    (TABLE, [{"what": "x", "due": "2026-01-02"}, ["y"]], [{"what": "x", "due": "2026-01-02"}, {"what": "y"}]),
    (TABLE, [{"what": None, "due": ""}], [{"due": ""}]),
]

BAD: list[tuple[TemplateField, Any, str]] = [
    (a_field("text"), True, "takes text"),
    (a_field("text"), ["a"], "takes text"),
    (a_field("text"), "a\x07b", "control character"),
    (a_field("text"), "x" * 100_001, "At most"),
    (a_field("text"), float("1e400"), "too large"),
    (a_field("number"), "1_000", "takes a number"),
    (a_field("number"), "1e400", "too large"),
    (a_field("number"), "sNaN", "takes a number"),
    (a_field("number"), float("1e400"), "takes a number"),
    (BOXES, ["A", "Choose an item."], "is no choice"),
    (a_field("date"), "30.11.2026", "YYYY-MM-DD"),
    (a_field("date"), "2026-02-30", "YYYY-MM-DD"),
    (a_field("date"), 20261130, "YYYY-MM-DD"),
    (a_field("number"), "many", "takes a number"),
    (a_field("number"), "NaN", "takes a number"),
    (a_field("number"), True, "takes a number"),
    (CHOICE, "Medium", "Low, High"),
    (CHOICE, ["Low"], "not a list"),
    (CHOICE, 1, "as text"),
    (BOXES, ["A", "C"], "A, B"),
    (a_field("checkbox"), "yes", "true or false"),
    (a_field("image"), "!", "not valid base64"),
    (a_field("image"), base64.b64encode(b"BM").decode(), "PNG, JPEG or GIF"),
    (a_field("image"), base64.b64encode(PNG + bytes(MAX_PICTURE_BYTES)).decode(), "at most 4 MB"),
    (a_field("image"), {"url": "x"}, "takes a picture"),
    (TABLE, "x", "list of rows"),
    (TABLE, [["a", "2026-01-01", "c"]], "Row 1: the table has 2 columns"),
    (TABLE, [{}, {"whom": "x"}], "Row 2: there is no column 'whom'"),
    (TABLE, [{"due": "soon"}], "Row 1: Due: This takes a date"),
    (TABLE, [7], "Row 1: a row is"),
    (TABLE, [[]] * 2001, "At most 2,000 rows"),
]


@pytest.mark.parametrize(("field", "given", "kept"), GOOD)
def test_a_fitting_value_is_kept(field: TemplateField, given: Any, kept: Any) -> None:
    assert clean_values([field], {"f": given}) == {"f": kept}


@pytest.mark.parametrize(("field", "given", "sentence"), BAD)
def test_a_value_that_does_not_fit_is_said_by_its_key(field: TemplateField, given: Any, sentence: str) -> None:
    with pytest.raises(BadValues) as refused:
        clean_values([field], {"f": given})
    assert sentence in refused.value.details["f"]


def test_nothing_is_left_out_and_everything_wrong_is_said_at_once() -> None:
    fields = [a_field("date", key="day"), a_field("number", key="count"), a_field("text", key="name")]
    with pytest.raises(BadValues) as refused:
        clean_values(fields, {"day": "x", "count": "x", "name": "Ada", "other": 1})
    assert set(refused.value.details) == {"day", "count", "other"}
    assert refused.value.http_status == 422 and refused.value.code == "bad_values"


def test_null_leaves_the_place_as_it_stands() -> None:
    assert clean_values([a_field("text")], {"f": None}) == {}


@pytest.mark.parametrize(
    "prompt", ["Choose an item.", " choose an item ", "-- Select one --", "Please select an option", "Bitte wählen"]
)
def test_an_entry_that_asks_to_choose_is_no_value(prompt: str) -> None:
    asked = a_field("choice", options=[prompt, "Low", "Choose wisely", "Select"])
    assert clean_values([asked], {"f": prompt}) == {}
    for option in asked.options[1:]:
        assert clean_values([asked], {"f": option}) == {"f": option}
    columns = [{"key": "risk", "label": "Risk", "type": "choice", "options": [prompt, "Low"]}]
    assert clean_values([a_field("table", columns=columns)], {"f": [{"risk": prompt}]}) == {"f": [{"risk": ""}]}
