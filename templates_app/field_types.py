"""Which types a place in a Word file may take."""

from __future__ import annotations

from templates_app.choices import FieldType

# Types whose place in the file is a structure of its own: a table, a picture, a box. Their type cannot change.
STRUCTURAL = frozenset({FieldType.TABLE, FieldType.IMAGE, FieldType.CHECKBOX})


def possible_types(read_as: FieldType, *, has_boxes: bool) -> list[FieldType]:
    """Of a place that was read as this type; ``has_boxes``: a choice whose options are boxes, one place each."""
    if read_as in STRUCTURAL or has_boxes:
        return [read_as]
    return [kind for kind in FieldType if kind not in STRUCTURAL]
