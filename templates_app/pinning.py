"""The template as a document was asked for: its Word file and its fields then, whatever becomes of the template since.

The fields are kept as an artifact, the template's form; the same form serves all documents made of it.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from jobs_app import artifacts
from jobs_app.models import Artifact
from templates_app.errors import TemplateChanged
from templates_app.models import Document, Template, TemplateField, TemplateSection

FORM_ENTITY = "template_form"
_OF_SECTION = ("ordinal", "number", "heading")
_OF_FIELD = (
    "ordinal", "key", "label", "type", "required", "options", "hint", "confidence", "places", "marker", "detector",
    "columns", "date_format",
)


@dataclass(frozen=True, slots=True)
class Pin:
    """``form``: the fields, and which reading of the file they are of."""

    file: Artifact
    form: Artifact

    def hold(self, document: Document) -> None:
        document.template_file, document.template_form = self.file, self.form


def pin_template(template: Template, fields: Sequence[TemplateField]) -> Pin:
    """Keep the fields as they are with the file they are of. ``fields`` were read after the template was.

    Raises ``TemplateChanged`` where another reading took the place of the template's in between.
    """
    if not Template.objects.filter(id=template.id, parsed_file_id=template.parsed_file_id).exists():
        raise TemplateChanged("The template was read anew meanwhile. Look at its fields, then ask for it again.")
    sections = {one.section for one in fields if one.section is not None}
    data = {
        "parsed_file": str(template.parsed_file_id or ""),
        "sections": [_as_data(one, _OF_SECTION) for one in sorted(sections, key=lambda one: one.ordinal)],
        "fields": [
            _as_data(one, _OF_FIELD) | {"section": one.section.ordinal if one.section else None} for one in fields
        ],
    }
    return Pin(template.file, _kept_once(template, json.dumps(data, ensure_ascii=False).encode()))


def _as_data(row: TemplateField | TemplateSection, names: Sequence[str]) -> dict[str, Any]:
    return {name: getattr(row, name) for name in names}


def _kept_once(template: Template, data: bytes) -> Artifact:
    of_template = Artifact.objects.filter(
        customer_id=template.customer_id, entity_type=FORM_ENTITY, entity_id=template.id
    )
    known = of_template.filter(blob_id=artifacts.sha256_of(data)).first()
    return known or artifacts.store_bytes(
        data,
        customer_id=template.customer_id,
        filename="form.json",
        media_type="application/json",
        entity_type=FORM_ENTITY,
        entity_id=template.id,
    )


def file_of(document: Document) -> Artifact:
    """The Word file it is made of; of documents from before this was kept, the one that the template has now."""
    return document.template_file or document.template.file


def fields_of(document: Document) -> list[TemplateField]:
    """The fields it is filled by, as they were then, in the file's order; not rows of the table."""
    if document.template_form is None:
        return list(document.template.fields.select_related("section"))
    data = _form(document.template_form)
    sections = {one["ordinal"]: TemplateSection(**one) for one in data["sections"]}
    return [TemplateField(**one | {"section": sections.get(one["section"])}) for one in data["fields"]]


def reading_of(document: Document) -> Artifact | None:
    """The reading that these fields are of, outline and all."""
    if document.template_form is None:
        return document.template.parsed_file
    reading: str = _form(document.template_form)["parsed_file"]
    return Artifact.objects.filter(id=reading).first() if reading else None


def _form(artifact: Artifact) -> dict[str, Any]:
    data: dict[str, Any] = json.loads(artifacts.read_bytes(artifact))
    return data
