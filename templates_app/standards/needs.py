"""Which fields of a template must be filled because of its type of document, though the file does not say so."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from functools import cache, lru_cache

from templates_app.docx.model import FieldType
from templates_app.standards.catalogue import DocumentType, ExpectedField, Standard, catalogue
from templates_app.words import key_stems

# A document is signed once it is made; a box that is not ticked says something, too.
_FILLED_LATER = frozenset({FieldType.SIGNATURE, FieldType.CHECKBOX})
# “Document title” asks for the title.
_SAYS_LITTLE = key_stems("document")
# Six documents in ten have them: by these a document is identified, described and approved.
_SHARE_OF_IDENTIFYING = 0.6
_MOST_CLAUSES = 3
_TITLES_OF_IDENTIFYING = ("creating and updating", "control of documents")


def why_needed(kind: DocumentType | None, standards: Sequence[Standard], *, label: str, field_type: str) -> str:
    """A sentence, or empty: the type expects no such field, or can do without."""
    if kind is None or field_type in _FILLED_LATER:
        return ""
    expected = _expected(kind.id, label)
    if expected is None:
        return ""
    answered = [one.id for one in standards if one.id in kind.standards] or list(kind.standards)
    standard = catalogue().standards[answered[0]]
    if expected.name in _identifying():
        return f"{standard.title}, {_identifying_clause(standard.id)} asks for it in every document."
    clauses = ", ".join(kind.standards[standard.id][:_MOST_CLAUSES])
    return f"A document of the type “{kind.name}” has it ({standard.title}, {clauses})."


@lru_cache(maxsize=20_000)
def _expected(kind_id: str, label: str) -> ExpectedField | None:
    """The required field that the label names: all its words, and of more words than one at most one besides."""
    said = key_stems(label) - _SAYS_LITTLE
    for one in catalogue().document_types[kind_id].expected_fields:
        wanted = key_stems(one.name) - _SAYS_LITTLE
        if one.required and wanted <= said and len(said - wanted) <= (len(wanted) > 1):
            return one
    return None


@cache
def _identifying() -> frozenset[str]:
    kinds = [one for one in catalogue().document_types.values() if one.kind == "document"]
    count = Counter(field.name for kind in kinds for field in kind.expected_fields)
    return frozenset(name for name, times in count.items() if times >= _SHARE_OF_IDENTIFYING * len(kinds))


@cache
def _identifying_clause(standard_id: str) -> str:
    clauses = catalogue().standards[standard_id].clauses
    return next(one.number for one in clauses if one.title.lower().startswith(_TITLES_OF_IDENTIFYING))
