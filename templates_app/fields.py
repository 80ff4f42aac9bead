"""Fields of templates: what a person may change of them, and in which bounds."""

from __future__ import annotations

import uuid
from collections.abc import Mapping, Sequence
from typing import Any

from django.db import transaction
from django.utils import timezone

from accounts_app.access import Actor, record_audit
from accounts_app.errors import NotFound
from templates_app.choices import FieldType, VersionKind
from templates_app.errors import BadField
from templates_app.field_types import possible_types
from templates_app.models import Template, TemplateField
from templates_app.names import is_name, is_text, one_line
from templates_app.parsing import EDITABLE
from templates_app.templates import check_not_archived, locked_template
from templates_app.versions import add_version, edited_differences

_MAX_LABEL_CHARACTERS = 500
_MAX_HINT_CHARACTERS = 2000
_MAX_OPTIONS = 500
_MAX_OPTION_CHARACTERS = 500


def edit_field(template_id: uuid.UUID, key: str, changes: Mapping[str, Any], *, actor: Actor) -> TemplateField:
    """Change label, type, required, options or hint; what is not named stays. The same change again does nothing.

    Raises ``BadField`` with ``field`` in its details, ``TemplateArchived``, ``NotAllowed`` and ``NotFound``.
    """
    with transaction.atomic():
        template = locked_template(template_id, actor=actor)
        check_not_archived(template)
        field = get_field(template, key)
        wanted = check_changes(field, changes)
        before = {name: getattr(field, name) for name in wanted if getattr(field, name) != wanted[name]}
        if not before:
            return field
        for name in before:
            setattr(field, name, wanted[name])
        field.edited_at, field.edited_by = timezone.now(), actor.user
        field.save(update_fields=[*before, "edited_at", "edited_by"])
        after = {name: wanted[name] for name in before}
        record_audit(actor, "field.edited", template, key=key, before=before, after=after)
        edited = edited_differences(field, before, after)
        add_version(template, VersionKind.FIELD_EDITED, user=actor.user, differences=edited)
    return field


def get_field(template: Template, key: str) -> TemplateField:
    field = template.fields.select_related("section").filter(key=key).first()
    if field is None:
        raise NotFound(f"The template has no field {key!r}.")
    return field


def has_boxes(field: TemplateField) -> bool:
    """A choice whose options are boxes in the file, one place each: they can be renamed, not added or removed."""
    read_as = field.parsed
    return read_as.get("type") == FieldType.CHOICE and 1 < len(field.places) == len(read_as.get("options", []))


def types_for(field: TemplateField) -> list[FieldType]:
    """The types this field may be given."""
    return possible_types(FieldType(field.parsed.get("type", field.type)), has_boxes=has_boxes(field))


def check_changes(field: TemplateField, changes: Mapping[str, Any]) -> dict[str, Any]:
    """The changes as they would be stored, or ``BadField``."""
    if unknown := set(changes) - set(EDITABLE):
        name = sorted(unknown)[0]
        raise BadField(f"{name} cannot be changed; label, type, required, options and hint can.", field=name)
    wanted = dict(changes)
    if "label" in wanted:
        wanted["label"] = _label(wanted["label"], field.label)
    if "hint" in wanted:
        wanted["hint"] = _hint(wanted["hint"])
    if "type" in wanted:
        wanted["type"] = _type(field, wanted["type"])
    if "required" in wanted and not isinstance(wanted["required"], bool):
        raise BadField("Required is true or false.", field="required")
    if "options" in wanted or "type" in wanted:
        wanted["options"] = _options(field, wanted.get("type", field.type), wanted.get("options"))
    return wanted


def _label(value: Any, known: str) -> str:
    """What was read may be anything; it may come back with the form that shows it."""
    label = one_line(value) if isinstance(value, str) else ""
    if not label:
        raise BadField("The label must not be empty.", field="label")
    if value.strip() != known and not is_name(label, _MAX_LABEL_CHARACTERS):
        raise BadField(f"A label has at most {_MAX_LABEL_CHARACTERS} printable characters.", field="label")
    return label if value.strip() != known else known


def _hint(value: Any) -> str:
    hint = value.strip() if isinstance(value, str) else None
    if hint is None or not is_text(hint, _MAX_HINT_CHARACTERS):
        raise BadField(f"A hint has at most {_MAX_HINT_CHARACTERS} printable characters.", field="hint")
    return hint


def _type(field: TemplateField, value: Any) -> str:
    allowed = types_for(field)
    if value in allowed:
        return str(value)
    if value not in FieldType.values:
        raise BadField(f"There is no type {value!r}; use one of {', '.join(allowed)}.", field="type")
    if len(allowed) == 1:
        raise BadField(f"This place in the file is a {allowed[0].label.lower()}; its type cannot change.", field="type")
    raise BadField(f"This place in the file cannot become a {FieldType(value).label.lower()}.", field="type")


def _options(field: TemplateField, kind: str, given: Any) -> list[str]:
    if kind != FieldType.CHOICE:
        if given:
            raise BadField("Only a choice has options.", field="options")
        return []
    options = _distinct(field.options if given is None else given, field.options)
    if not options:
        raise BadField("A choice needs at least one option.", field="options")
    if has_boxes(field) and len(options) != len(field.places):
        raise BadField(f"The file has {len(field.places)} boxes here; give each one option.", field="options")
    return options


def _distinct(given: Any, known: Sequence[str]) -> list[str]:
    """Not empty, each once, printable unless it was read so."""
    if not isinstance(given, Sequence) or isinstance(given, str) or not all(isinstance(one, str) for one in given):
        raise BadField("Options are a list of texts.", field="options")
    options = [one.strip() if one.strip() in known else one_line(one) for one in given if one.strip()]
    if len(set(options)) != len(options):
        raise BadField("Each option may appear only once.", field="options")
    are_good = all(one in known or is_name(one, _MAX_OPTION_CHARACTERS) for one in options)
    if len(options) > _MAX_OPTIONS or not are_good:
        most = f"{_MAX_OPTIONS} options of {_MAX_OPTION_CHARACTERS} printable characters"
        raise BadField(f"At most {most} each.", field="options")
    return options
