from __future__ import annotations

import pytest

from templates_app.docx.detectors.fences import find_fences

from ..build import paragraph
from ..understanding import findings, spans


@pytest.mark.parametrize(
    ("text", "tokens"),
    [
        ("Dear ###First Name###,", ["###First Name###"]),
        ("%CUSTOMER% of %%City%%", ["%CUSTOMER%", "%%City%%"]),
        ("Ref. @@order_no@@", ["@@order_no@@"]),
        ("Total: +++INS total+++", ["+++INS total+++"]),
    ],
)
def test_a_name_between_equal_marks(text: str, tokens: list[str]) -> None:
    assert spans(find_fences, paragraph(text)) == tokens


@pytest.mark.parametrize("text", ["5 % of 10 % are", "to me@x.org or you@y.org", "## Heading", "a+++b", "50%off%"])
def test_no_names(text: str) -> None:
    assert spans(find_fences, paragraph(text)) == []


def test_commands_of_an_engine_are_no_fields() -> None:
    assert spans(find_fences, paragraph("+++FOR p IN people+++ x +++END-FOR p+++")) == []


def test_the_name_is_the_label() -> None:
    assert [f.label for f in findings(find_fences, paragraph("+++INS company_name+++"))] == ["Company name"]
