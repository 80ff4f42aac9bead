"""Scores: a fixed formula over the findings, computed here and nowhere else. The same findings give the same scores.

Completeness = 100 × weight of what is expected and there / weight of what is expected. A section and a required field
weigh 2, another field 1. Not judged (None) where the type of document is not known.

Compliance = 100 × (1 - sum of weight × loss / sum of weights) over the clauses in question and those a finding names.
A clause in question weighs 2 where the standard asks for documented information; all others weigh 1. Its loss is that
of its worst finding, once, however many there are: 1 when it is not addressed; 0.30 ± 0.01 by severity for what a model
found. A model's severity is what changes most from run to run: all of them one step off move compliance by no more than
one point. Not judged where no clause is in question, which is so wherever the type of document is not known: clauses
that a text happens to touch are met by that alone, and would come to 100.

Soundness = 100 × (1 - sum of faults / number of sections and fields, at least 10), not below 0: wrong types, doubled
fields, dead references, guidance left in count 1.0, 0.6 or 0.3 by severity.

Overall = 40 completeness, 40 compliance, 20 soundness, of those that are judged. All are rounded half up to a whole
number; sums are of fractions, so that their order does not matter.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from fractions import Fraction

from pydantic import BaseModel

from templates_app.choices import FindingKind, Severity
from templates_app.review.content import Content
from templates_app.review.expectations import clauses_in_question
from templates_app.review.findings import Found
from templates_app.standards.catalogue import Clause

_SECTION_WEIGHT, _REQUIRED_WEIGHT, _OPTIONAL_WEIGHT = 2, 2, 1
_MODEL_LOSS = {Severity.HIGH: Fraction(31, 100), Severity.MEDIUM: Fraction(30, 100), Severity.LOW: Fraction(29, 100)}
_FAULT = {Severity.HIGH: Fraction(1), Severity.MEDIUM: Fraction(6, 10), Severity.LOW: Fraction(3, 10)}
_UNSOUND = frozenset(
    {FindingKind.WRONG_TYPE, FindingKind.DOUBLED_FIELD, FindingKind.DEAD_REFERENCE, FindingKind.GUIDANCE_LEFT}
)
_FEWEST_THINGS = 10
_COMPLETENESS_SHARE, _COMPLIANCE_SHARE, _SOUNDNESS_SHARE = 40, 40, 20


class Basis(BaseModel):
    """What findings are held against."""

    expected_weight: int
    """Of all sections and fields expected; 0: the type of document is not known."""
    required_fields: list[str]
    clauses: dict[str, int]
    """Weight by ``clause_id``; empty: no clause is in question."""
    things: int
    """Sections and fields of the template."""


class Scores(BaseModel):
    """0 to 100, or None for what was not judged."""

    overall: int | None
    completeness: int | None
    compliance: int | None
    soundness: int | None


def clause_id(standard: str, number: str) -> str:
    return f"{standard} {number}"


def read_basis(content: Content) -> Basis:
    kind = content.kind
    required = [field.name for field in kind.expected_fields if field.required] if kind else []
    optional = len(kind.expected_fields) - len(required) if kind else 0
    sections = len(kind.expected_sections) if kind else 0
    return Basis(
        expected_weight=sections * _SECTION_WEIGHT + len(required) * _REQUIRED_WEIGHT + optional * _OPTIONAL_WEIGHT,
        required_fields=required,
        clauses={clause_id(one.id, clause.number): weight_of(clause) for one, clause in clauses_in_question(content)},
        things=sum(bool(section.heading) for section in content.sections) + len(content.fields),
    )


def weight_of(clause: Clause) -> int:
    return 2 if clause.documented else 1


def compute_scores(basis: Basis, findings: Iterable[Found]) -> Scores:
    found = list(findings)
    weights = _clause_weights(basis, found) if basis.clauses else {}
    completeness = _completeness(basis, found)
    compliance = _compliance(weights, found) if weights else None
    soundness = _soundness(basis, found)
    return Scores(
        overall=_round(_mean(completeness, compliance, soundness)),
        completeness=_round(completeness),
        compliance=_round(compliance),
        soundness=_round(soundness),
    )


def _mean(completeness: Fraction | None, compliance: Fraction | None, soundness: Fraction) -> Fraction | None:
    """Of what is judged; soundness alone says nothing about what a template is worth."""
    if completeness is None and compliance is None:
        return None
    pairs = [(_COMPLETENESS_SHARE, completeness), (_COMPLIANCE_SHARE, compliance), (_SOUNDNESS_SHARE, soundness)]
    judged = [(share, value) for share, value in pairs if value is not None]
    return sum((share * value for share, value in judged), Fraction(0)) / sum(share for share, _ in judged)


def _clause_weights(basis: Basis, found: list[Found]) -> dict[str, int]:
    """Of the clauses in question and of those that findings name beyond them."""
    named = {clause_id(one.standard, one.clause): 1 for one in found if one.clause}
    return {**named, **basis.clauses}


def _completeness(basis: Basis, found: list[Found]) -> Fraction | None:
    if not basis.expected_weight:
        return None
    missing = sum(_missing_weight(basis, one) for one in found)
    return 100 * (1 - Fraction(missing, basis.expected_weight))


def _missing_weight(basis: Basis, one: Found) -> int:
    if one.kind == FindingKind.MISSING_SECTION:
        return _SECTION_WEIGHT
    if one.kind == FindingKind.MISSING_FIELD:
        return _REQUIRED_WEIGHT if one.name in basis.required_fields else _OPTIONAL_WEIGHT
    return 0


def _compliance(weights: Mapping[str, int], found: list[Found]) -> Fraction:
    losses: dict[str, Fraction] = {}
    for one in found:
        if one.clause:
            clause = clause_id(one.standard, one.clause)
            losses[clause] = max(losses.get(clause, Fraction(0)), _loss(one))
    lost = sum((weights[clause] * loss for clause, loss in losses.items()), Fraction(0))
    return 100 * (1 - lost / sum(weights.values()))


def _loss(one: Found) -> Fraction:
    return Fraction(1) if one.kind == FindingKind.CLAUSE_NOT_ADDRESSED else _MODEL_LOSS[one.severity]


def _soundness(basis: Basis, found: list[Found]) -> Fraction:
    faults = sum((_FAULT[one.severity] for one in found if one.kind in _UNSOUND), Fraction(0))
    return 100 * max(Fraction(0), 1 - faults / max(_FEWEST_THINGS, basis.things))


def _round(value: Fraction | None) -> int | None:
    return None if value is None else math.floor(value + Fraction(1, 2))
