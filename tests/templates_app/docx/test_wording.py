from __future__ import annotations

import pytest

from templates_app.docx.wording import (
    alternatives,
    is_guidance,
    is_reference,
    sameness,
    split_identifier,
    title_of,
    without_markers,
)


@pytest.mark.parametrize(
    ("words", "title"),
    [
        ("COMPANY_NAME", "Company name"),
        ("insert company name here", "Company name"),
        ("customer.firstName", "Customer first Name"),
        ("Enter the contract date", "Contract date"),
        ("your name", "Name"),
        ("extraSecurityMeasures", "Extra Security Measures"),
        ("CEO", "CEO"),
        ("names[0]", "Names"),
        ("Typ", "Typ"),
        ("plans to/does not plan to", "Plans to/does not plan to"),
    ],
)
def test_titles(words: str, title: str) -> None:
    assert title_of(words) == title


def test_sameness_ignores_case_and_marks_but_not_general_words() -> None:
    assert sameness("COMPANY NAME") == sameness("Company_name") == "company name"
    assert sameness("Date") == sameness("[NAME]") == sameness("Item 2") == ""


def test_references_and_guidance() -> None:
    assert is_reference("12, 14") and is_reference("iv") and not is_reference("Company")
    assert is_guidance("Delete this text before you send the document to anybody outside.") and not is_guidance(
        "Company name"
    )
    assert is_guidance("and the application is refused")


def test_identifiers_as_words() -> None:
    assert split_identifier("navnOpplaeringssted") == "navn Opplaeringssted"
    assert split_identifier("month1") == "month 1"


def test_alternatives_and_markers() -> None:
    assert alternatives("INTERNAL/EXTERNAL") == ("INTERNAL", "EXTERNAL")
    assert alternatives("and/or something") == ()
    assert without_markers("for <<cs_{x<2}>>you<<es_>> [name] ____!") == "for you  !"
