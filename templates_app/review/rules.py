"""The rules together, in the order in which their findings are shown."""

from __future__ import annotations

from itertools import islice

from templates_app.review.content import Content
from templates_app.review.expectations import find_clauses_not_addressed, find_missing_fields, find_missing_sections
from templates_app.review.findings import Found
from templates_app.review.soundness import find_dead_references, find_doubled_fields, find_guidance, find_wrong_types

RULES = (
    find_clauses_not_addressed,
    find_missing_sections,
    find_missing_fields,
    find_wrong_types,
    find_doubled_fields,
    find_dead_references,
    find_guidance,
)
# Of one rule: who mends so many will review again, and a longer list is read by nobody.
MOST_FINDINGS_OF_A_RULE = 200
_NO_TYPE = (
    "The type of document is not known, so completeness and compliance are not judged: what is missing was not looked "
    "for. Set the type under “Reviewed as” or by PATCH /api/v1/templates/{id} (document_type), and review again."
)


def find_by_rules(content: Content) -> list[Found]:
    return [found for rule in RULES for found in islice(rule(content), MOST_FINDINGS_OF_A_RULE)]


def what_was_not_judged(content: Content) -> list[str]:
    """Sentences for the reader about what the rules could not know."""
    notes = []
    if content.kind is None:
        notes.append(_NO_TYPE)
    if not content.standards:
        notes.append("No standard is known for this template, so no clause was looked for. Set one.")
    elif content.kind is not None and not any(one.id in content.kind.standards for one in content.standards):
        notes.append(f"“{content.kind.name}” answers to no clause of the standards set for this template.")
    if content.kind is not None and content.language and not content.language.lower().startswith("en"):
        notes.append("The file is not in English; what is expected is looked for by English words.")
    return notes
