"""The sample is a real template: the same bytes every time, and every kind of place is found in it."""

from __future__ import annotations

from templates_app.choices import FieldType
from templates_app.docx.package import check_container
from templates_app.docx.parse import parse
from templates_app.sample import sample_template


def test_the_sample_is_the_same_every_time() -> None:
    assert sample_template() == sample_template()


def test_the_sample_shows_what_can_be_found() -> None:
    check_container(sample_template())
    found = parse(sample_template())
    assert [section.heading for section in found.outline.sections if section.level == 1] == [
        "Document control", "The supplier", "Assessment", "Decision"
    ]  # fmt: skip
    types = {field.type.value for field in found.fields}
    assert types == set(FieldType.values) - {"image"}
    assert {"brackets", "blanks", "cells", "boxes", "control", "records"} <= {field.detector for field in found.fields}
    assert any(anchor.part.startswith("word/header") for field in found.fields for anchor in field.anchors)
