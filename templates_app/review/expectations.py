"""What the type of document and the standards ask for, and whether it is there."""

from __future__ import annotations

from collections.abc import Iterator

from templates_app.choices import FindingKind, Severity
from templates_app.review.content import Content
from templates_app.review.findings import Found
from templates_app.standards.catalogue import Clause, Standard
from templates_app.standards.recognition import is_among
from templates_app.words import key_stems

_EVIDENCE_NAMED = 3
_MAX_REPORTED_NAME = 500


def find_missing_sections(content: Content) -> Iterator[Found]:
    kind = content.kind
    for name in kind.expected_sections if kind else ():
        if not is_among(key_stems(name), content.names):
            yield Found(
                kind=FindingKind.MISSING_SECTION,
                severity=Severity.MEDIUM,
                name=name[:_MAX_REPORTED_NAME],
                sentence=f"{_a_kind(content)} has a section “{name}”; none was found.",
                suggestion=f"Add a section “{name}”.",
            )


def find_missing_fields(content: Content) -> Iterator[Found]:
    kind = content.kind
    for field in kind.expected_fields if kind else ():
        if not is_among(key_stems(field.name), content.names):
            must = "" if field.required else " It is useful rather than necessary."
            yield Found(
                kind=FindingKind.MISSING_FIELD,
                severity=Severity.MEDIUM if field.required else Severity.LOW,
                name=field.name[:_MAX_REPORTED_NAME],
                sentence=f"{_a_kind(content)} has a place for “{field.name}”; none was found.{must}",
                suggestion=f"Add a place for “{field.name}” to the Word file, and upload it again.",
            )


def _a_kind(content: Content) -> str:
    name = content.kind.name if content.kind else ""
    return f"A document of the type “{name}”"


def clauses_in_question(content: Content) -> list[tuple[Standard, Clause]]:
    """Those the type of document answers to. Without a type none: what a text touches says not what it lacks."""
    wanted = content.kind.standards if content.kind else {}
    found = [(standard, standard.leaves_under(wanted.get(standard.id, ()))) for standard in content.standards]
    return [(standard, clause) for standard, clauses in found for clause in clauses]


def find_clauses_not_addressed(content: Content) -> Iterator[Found]:
    for standard, clause in clauses_in_question(content):
        if not is_addressed(clause, content):
            yield Found(
                kind=FindingKind.CLAUSE_NOT_ADDRESSED,
                severity=_severity_of(clause),
                standard=standard.id,
                clause=clause.number,
                name=clause.title[:_MAX_REPORTED_NAME],
                sentence=f"{standard.title}, {clause.number} “{clause.title}” is not addressed.",
                suggestion=f"Say how it is met; what usually shows it: {', '.join(clause.evidence[:_EVIDENCE_NAMED])}.",
            )


def is_addressed(clause: Clause, content: Content) -> bool:
    """By one of its keywords, a heading like its title, or its number where the text speaks of clauses."""
    if any(map(content.wording.has, clause.keywords)) or clause.number in content.cited:
        return True
    title = key_stems(clause.title)
    return any(title <= heading for heading in content.heading_stems)


def _severity_of(clause: Clause) -> Severity:
    if clause.conditional:
        return Severity.LOW
    return Severity.HIGH if clause.documented else Severity.MEDIUM
