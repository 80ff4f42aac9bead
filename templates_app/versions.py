"""Versions of templates: every Word file and every edit of a field, with who and when, and how the fields differ.

Fields of a new file are matched to the old ones, so that keys stay, and with them the values that documents and
customers have under them, and what people edited.
"""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

from django.db.models import QuerySet

from accounts_app.access import Actor
from accounts_app.errors import NotFound
from accounts_app.models import User
from templates_app.choices import Difference, VersionKind
from templates_app.docx.model import Anchor, Field, Parse
from templates_app.docx.moving import Movement
from templates_app.docx.naming import unique_key
from templates_app.models import Template, TemplateField, TemplateVersion


def add_version(
    template: Template,
    kind: VersionKind,
    *,
    user: User | None,
    differences: Sequence[dict[str, Any]] = (),
    texts: Sequence[dict[str, Any]] = (),
    is_first: bool = False,
) -> TemplateVersion:
    """The next version, of the template's file as it is now. The caller holds the lock of the template's row.

    ``is_first``: the template is new, so nothing is looked up.
    """
    numbers = template.versions.order_by("-number").values_list("number", flat=True)
    last = 0 if is_first else numbers.first() or 0
    return TemplateVersion.objects.create(
        customer_id=template.customer_id,
        template=template,
        number=last + 1,
        kind=kind,
        file_id=template.file_id,
        differences=list(differences),
        texts=list(texts),
        created_by=user,
    )


def versions_of(template_id: uuid.UUID, *, actor: Actor) -> QuerySet[TemplateVersion]:
    """Of one visible template, newest first."""
    template = Template.objects.get_for(actor, id=template_id)
    return TemplateVersion.objects.filter(template=template).select_related("created_by", "file__blob")


def get_version(template_id: uuid.UUID, number: int, *, actor: Actor) -> TemplateVersion:
    version = versions_of(template_id, actor=actor).filter(number=number).first()
    if version is None:
        raise NotFound("The template has no such version.")
    return version


@dataclass(frozen=True, slots=True)
class Matched:
    """A new parse under the old keys where a field is the same; ``before`` is that old field, by the kept key."""

    parse: Parse
    before: dict[str, TemplateField]


def match_fields(new: Parse, old: Parse, kept: Sequence[TemplateField]) -> Matched:
    """By place (what stood there stands there still), then by key, then by a label that only one on each side has."""
    movement = Movement(old.outline, new.outline)
    found: dict[int, TemplateField] = {}
    for same in (_by_place(new.fields, kept, movement), _by_key(new.fields, kept), _by_label(new.fields, kept)):
        taken = {field.key for field in found.values()}
        for index, field in same.items():
            if index not in found and field.key not in taken:
                found[index] = field
                taken.add(field.key)
    keys = dict.fromkeys((field.key for field in found.values()), 0)
    fields = [
        replace(one, key=found[index].key if index in found else unique_key(one.key, keys))
        for index, one in enumerate(new.fields)
    ]
    return Matched(Parse(new.outline, fields), {found[index].key: found[index] for index in found})


Same = dict[int, TemplateField]


def _by_place(fields: Sequence[Field], kept: Sequence[TemplateField], movement: Movement) -> Same:
    at = {anchor: index for index, one in enumerate(fields) for anchor in one.anchors}
    found: Same = {}
    for one in kept:
        places = (movement.anchor(Anchor(**place)) for place in one.places)
        index = next((at[place] for place in places if place is not None and place in at), None)
        if index is not None:
            found.setdefault(index, one)
    return found


def _by_key(fields: Sequence[Field], kept: Sequence[TemplateField]) -> Same:
    by_key = {one.key: one for one in kept}
    return {index: by_key[one.key] for index, one in enumerate(fields) if one.key in by_key}


def _by_label(fields: Sequence[Field], kept: Sequence[TemplateField]) -> Same:
    """As the file says them, and as people do."""
    labels = [one.label.casefold() for one in fields]
    known: dict[str, list[TemplateField]] = {}
    for one in kept:
        for label in {one.label.casefold(), str(one.parsed.get("label", "")).casefold()}:
            known.setdefault(label, []).append(one)
    once = ((index, label) for index, label in enumerate(labels) if labels.count(label) == 1)
    return {index: known[label][0] for index, label in once if len(known.get(label, ())) == 1}


def find_differences(matched: Matched, kept: Sequence[TemplateField]) -> list[dict[str, Any]]:
    """Of what the files say, not of what people edited: added, renamed, retyped in reading order, then removed."""
    differences: list[dict[str, Any]] = []
    for one in matched.parse.fields:
        before = matched.before.get(one.key)
        if before is None:
            differences.append(_difference(Difference.ADDED, one.key, one.label))
            continue
        old_label, old_type = before.parsed.get("label", before.label), before.parsed.get("type", before.type)
        if old_label != one.label:
            differences.append(_difference(Difference.RENAMED, one.key, one.label, old_label, one.label))
        if old_type != one.type.value:
            differences.append(_difference(Difference.RETYPED, one.key, one.label, old_type, one.type.value))
    gone = (one for one in kept if one.key not in matched.before)
    return [*differences, *(_difference(Difference.REMOVED, one.key, one.label) for one in gone)]


def _difference(what: Difference, key: str, label: str, before: Any = None, after: Any = None) -> dict[str, Any]:
    return {"what": what.value, "key": key, "label": label, "before": before, "after": after}


def edited_differences(field: TemplateField, before: dict[str, Any], after: dict[str, Any]) -> list[dict[str, Any]]:
    """One edit of a field, for its version."""
    return [_difference(Difference.EDITED, field.key, field.label, before, after)]
