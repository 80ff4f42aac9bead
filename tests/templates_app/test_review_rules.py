"""The rules of a review, each on a file that has the fault and one that has not; and the formula of the scores."""

from __future__ import annotations

import io
from collections.abc import Sequence
from itertools import pairwise, permutations

import docx
import pytest

from templates_app.choices import FieldType, FindingKind, FindingSource, Severity
from templates_app.docx.parse import parse
from templates_app.review.content import Content, FieldFacts, read_numbers, read_sections
from templates_app.review.findings import Found
from templates_app.review.rules import RULES, find_by_rules, what_was_not_judged
from templates_app.review.scores import Basis, compute_scores, read_basis
from templates_app.standards.catalogue import catalogue, get_standard
from tests.templates_app.review_files import PLANTED, SECTIONS, audit_procedure

KIND = "internal-audit-procedure"


def content_of(data: bytes, *, kind: str = KIND, standards: Sequence[str] = ("iso-9001-2015",)) -> Content:
    read = parse(data)
    outline = read.outline
    return Content(
        title=outline.title,
        language=outline.language,
        sections=read_sections(outline),
        fields=[
            FieldFacts(
                key=one.key,
                label=one.label,
                type=FieldType(one.type.value),
                required=one.required,
                options=one.options,
                columns=tuple(column.label for column in one.columns),
                section=outline.sections[one.section].heading if one.section is not None else "",
                places=tuple((place.part, place.p, place.start, place.end) for place in one.anchors),
                types=tuple(FieldType),
            )
            for one in read.fields
        ],
        numbers=read_numbers(outline),
        kind=catalogue().document_types.get(kind),
        standards=[get_standard(one) for one in standards],
    )


def field(label: str, kind: FieldType = FieldType.TEXT, *, key: str = "", **facts: object) -> FieldFacts:
    known = {"required": False, "options": (), "columns": (), "section": "Scope", "places": ()}
    known["types"] = tuple(FieldType)
    return FieldFacts(key=key or label.lower(), label=label, type=kind, **{**known, **facts})  # type: ignore[arg-type]  # by name


def content(*fields: FieldFacts, kind: str = "", language: str = "en-GB") -> Content:
    return Content("", language, [], fields, frozenset(), catalogue().document_types.get(kind), [])


def found_of(kind: FindingKind, content: Content) -> list[Found]:
    return [one for one in find_by_rules(content) if one.kind == kind]


# --- what is expected -----------------------------------------------------------------------------------------------


def test_a_complete_procedure_lacks_nothing() -> None:
    whole = content_of(audit_procedure())
    assert [(one.kind, one.name or one.quote) for one in find_by_rules(whole)] == []
    scores = compute_scores(read_basis(whole), [])
    assert (scores.overall, scores.completeness, scores.compliance, scores.soundness) == (100, 100, 100, 100)


def test_a_missing_section_is_named_and_costs_completeness() -> None:
    less = content_of(audit_procedure(without=("Follow-up", "Grading of findings")))
    found = found_of(FindingKind.MISSING_SECTION, less)
    assert [one.name for one in found] == ["Grading of findings", "Follow-up"]
    assert "“Follow-up”" in found[1].sentence and found[1].source == FindingSource.RULE
    # 11 sections and 7 required fields of weight 2, one field of weight 1: 4 of 37 are missing
    assert compute_scores(read_basis(less), found).completeness == 89


def test_missing_fields_and_clauses_not_addressed() -> None:
    empty = content_of(audit_procedure(without=tuple(SECTIONS)))
    bare = Content("", "en", [], [], frozenset(), empty.kind, empty.standards)
    found = find_by_rules(bare)
    fields = [one for one in found if one.kind == FindingKind.MISSING_FIELD]
    assert {one.name: one.severity for one in fields}["Next review date"] == Severity.LOW
    assert {one.name: one.severity for one in fields}["Owner"] == Severity.MEDIUM
    clauses = [one for one in found if one.kind == FindingKind.CLAUSE_NOT_ADDRESSED]
    assert [(one.standard, one.clause) for one in clauses] == [("iso-9001-2015", "9.2.1"), ("iso-9001-2015", "9.2.2")]
    assert clauses[1].severity == Severity.HIGH and "9.2.2" in clauses[1].sentence
    scores = compute_scores(read_basis(bare), found)
    assert (scores.completeness, scores.compliance, scores.overall) == (0, 0, 20)


def test_what_is_not_known_is_not_judged_and_said() -> None:
    unknown = content_of(audit_procedure(), kind="", standards=())
    notes = what_was_not_judged(unknown)
    assert "type of document is not known" in notes[0] and "No standard" in notes[1]
    scores = compute_scores(read_basis(unknown), find_by_rules(unknown))
    assert (scores.overall, scores.completeness, scores.compliance, scores.soundness) == (None, None, None, 100)
    said_by_model = compute_scores(read_basis(unknown), [said(Severity.HIGH)])
    assert (said_by_model.overall, said_by_model.compliance) == (None, None)
    typeless = content_of(audit_procedure(), kind="")
    assert read_basis(typeless).clauses == {} and compute_scores(read_basis(typeless), []).overall is None
    assert "are not judged" in notes[0] and "“Reviewed as”" in notes[0]
    german = content(kind=KIND, language="de-DE")
    assert "not in English" in what_was_not_judged(german)[-1]
    other = content_of(audit_procedure(), kind="backup-policy", standards=("iso-14001-2015",))
    assert "answers to no clause" in what_was_not_judged(other)[0]


# --- soundness ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("label", "kind", "wanted"),
    [
        ("Effective date", FieldType.TEXT, "date"),
        ("Signature", FieldType.LONG_TEXT, "signature"),
        ("Number of employees", FieldType.TEXT, "number"),
        ("Trained (yes/no)", FieldType.TEXT, "choice"),
    ],
)
def test_a_type_that_the_label_contradicts_comes_with_the_change(label: str, kind: FieldType, wanted: str) -> None:
    (found,) = find_by_rules(content(field(label, kind)))
    assert found.kind == FindingKind.WRONG_TYPE and found.change["type"] == wanted and found.name == label
    fixed = content(field(label, FieldType(wanted), options=("Yes", "No")))
    assert find_by_rules(fixed) == []


def test_a_change_that_the_place_does_not_take_is_not_proposed() -> None:
    (found,) = find_by_rules(content(field("Effective date", types=(FieldType.TEXT,))))
    assert found.change == {} and "date" in found.suggestion


@pytest.mark.parametrize("label", ["Place, date", "Up to date", "Name and date", "What is done after this date?"])
def test_labels_that_say_more_than_a_type_are_left_alone(label: str) -> None:
    assert find_by_rules(content(field(label))) == []


def test_a_type_other_than_the_one_expected_is_found_once() -> None:
    found = found_of(FindingKind.WRONG_TYPE, content(field("Owner"), field("Effective date"), kind=KIND))
    assert [(one.field_key, one.change["type"]) for one in found] == [("owner", "person"), ("effective date", "date")]
    (choice,) = find_by_rules(content(field("Risk", FieldType.CHOICE, options=("High",))))
    assert "less than two options" in choice.sentence and choice.change == {}


def test_the_same_label_twice_in_a_section_is_found_once() -> None:
    twice = content(field("Remarks", key="a"), field("Remarks", key="b"), field("Remarks", key="c", section="Else"))
    (found,) = find_by_rules(twice)
    assert (found.kind, found.field_key) == (FindingKind.DOUBLED_FIELD, "b") and "a, b" in found.sentence


def test_dead_references_and_guidance_are_found_where_they_stand() -> None:
    planted = content_of(numbered(tuple(PLANTED.values())))
    found = {one.quote: one for one in find_by_rules(planted) if one.quote}
    assert set(found) == set(PLANTED.values())
    kinds = {name: found[text].kind for name, text in PLANTED.items()}
    assert kinds["dead reference"] == kinds["broken reference"] == FindingKind.DEAD_REFERENCE
    assert kinds["guidance"] == kinds["instruction"] == kinds["undecided"] == FindingKind.GUIDANCE_LEFT
    dead = found[PLANTED["dead reference"]]
    assert dead.place is not None and dead.section == "3 Records" and "7.4" in dead.sentence


@pytest.mark.parametrize(
    "line",
    [
        "As said in section 2.1.",
        "As said in section 2.",
        "See clause 7.5.2 for documents.",
        "See section 7.4 of ISO 14001.",
        "Under section 47 of the Children Act.",
        "Remove all information from the disk.",
        "The form is to be completed by the supplier.",
        "See 2026-11-25 and section 12:30.",
    ],
)
def test_references_and_words_that_are_right_are_left_alone(line: str) -> None:
    assert [one.quote for one in find_by_rules(content_of(numbered((line,)), kind="")) if one.quote] == []


def test_the_same_guidance_is_found_once_with_how_often() -> None:
    (found,) = [one for one in find_by_rules(content_of(numbered(("TODO",) * 3), kind="")) if one.quote]
    assert found.sentence.endswith("It stands 3 times.")


def numbered(lines: tuple[str, ...]) -> bytes:
    """Headings whose numbers are typed, as many authors do."""
    document = docx.Document()
    for heading in ("1 Purpose", "2 Scope", "2.1 Sites", "3 Records"):
        document.add_heading(heading, heading.count(".") + 1)
    for line in lines:
        document.add_paragraph(line)
    made = io.BytesIO()
    document.save(made)
    return made.getvalue()


# --- scores ---------------------------------------------------------------------------------------------------------

CLAUSES = {"iso-9001-2015 4.3": 2, "iso-9001-2015 5.1": 1}
BASIS = Basis(expected_weight=20, required_fields=["Owner"], clauses=CLAUSES, things=10)


def said(severity: Severity, clause: str = "4.3") -> Found:
    return Found(
        kind=FindingKind.CONTENT,
        severity=severity,
        sentence="Vague.",
        source=FindingSource.MODEL,
        standard="iso-9001-2015",
        clause=clause,
    )


def test_a_clause_counts_once_whatever_the_order_and_number() -> None:
    found = [said(Severity.HIGH), said(Severity.LOW), said(Severity.LOW), said(Severity.MEDIUM, "5.1")]
    scores = {str(compute_scores(BASIS, order)) for order in permutations(found)}
    assert len(scores) == 1
    # 2 × 0.31 + 1 × 0.30 of 3
    assert compute_scores(BASIS, found).compliance == 69


def test_severities_one_step_off_move_a_score_by_one_point_at_most() -> None:
    for clauses in (("4.3",), ("4.3", "5.1"), ("4.3", "5.1", "9.9")):
        by_severity = [
            compute_scores(BASIS, [said(severity, one) for one in clauses]) for severity in Severity
        ]
        compliance = [one.compliance or 0 for one in by_severity]
        assert all(abs(before - after) <= 1 for before, after in pairwise(compliance))


def test_soundness_never_falls_below_nothing() -> None:
    faults = [said(Severity.HIGH).model_copy(update={"kind": FindingKind.WRONG_TYPE, "clause": ""})] * 50
    assert compute_scores(BASIS, faults).soundness == 0
    assert len(RULES) == len(set(RULES)) == 7
