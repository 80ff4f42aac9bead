from __future__ import annotations

import pytest

from templates_app.docx.marks import field_mark
from templates_app.docx.model import Mark, MarkKind

W = "{http://schemas.openxmlformats.org/wordprocessingml/2006/main}"


def mark(code: str) -> Mark | None:
    return field_mark(code, None, W, 3, (1, 4))


@pytest.mark.parametrize(
    ("code", "kind", "name"),
    [
        ('MERGEFIELD "Last name" \\* MERGEFORMAT', MarkKind.MERGE_FIELD, "Last name"),
        ("DOCPROPERTY Company", MarkKind.PROPERTY, "Company"),
        ("docproperty  Pages", MarkKind.COMPUTED, "Pages"),
        ("TITLE", MarkKind.PROPERTY, "Title"),
        ("MACROBUTTON NoMacro Click here", MarkKind.PROMPT, "Click here"),
        ('FILLIN "Your name?"', MarkKind.PROMPT, "Your name?"),
        ("FORMTEXT", MarkKind.FORM_FIELD, ""),
        ("PAGE", MarkKind.COMPUTED, ""),
        ("REF _Ref1 \\h", MarkKind.COMPUTED, "_Ref1"),
        ("", MarkKind.COMPUTED, ""),
    ],
)
def test_fields_by_their_code(code: str, kind: MarkKind, name: str) -> None:
    found = mark(code)
    assert found is not None
    assert (found.kind, found.name, found.start, found.end, found.ordinal) == (kind, name, 1, 4, 3)


def test_a_link_is_text() -> None:
    assert mark('HYPERLINK "https://example.org"') is None
