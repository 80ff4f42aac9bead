"""Versions of templates: every Word file, edit of a field and reading that changed fields, with who and when.

Fields of a new file are matched to the old ones, so that keys stay, and with them the values that documents and
customers have under them, and what people edited.
"""

from __future__ import annotations

import uuid
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any

from django.db.models import QuerySet

from accounts_app.access import Actor
from accounts_app.errors import NotFound
from accounts_app.models import User
from templates_app.choices import Difference, VersionKind
from templates_app.docx.layout import Layout
from templates_app.docx.model import Anchor, Field, Outline, Parse
from templates_app.docx.moving import Movement
from templates_app.docx.naming import unique_key
from templates_app.field_types import STRUCTURAL
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
    """The new fields under the keys of the old ones that they are, and edited ones that it lacks where they stood."""
    movement = Movement(old.outline, new.outline)
    found = _same_fields(new.fields, kept, movement)
    lost = {one.key: one for one in kept if one.edited_at is not None and one not in found.values()}
    fields, back = _with_lost(new, movement.fields([one for one in old.fields if one.key in lost]))
    keys = dict.fromkeys((*(field.key for field in found.values()), *(one.key for one in back)), 0)
    named = [
        replace(one, key=found[index].key if index in found else unique_key(one.key, keys))
        for index, one in enumerate(fields)
    ]
    before = {field.key: field for field in found.values()} | {one.key: lost[one.key] for one in back}
    return Matched(Parse(new.outline, _in_order([*named, *back], new.outline) if back else named), before)


def edited_places(new: Parse, old: Parse, kept: Sequence[TemplateField]) -> dict[str, frozenset[Anchor]]:
    """Where the fields are that a person edited, as far as they stand there still, by the key they have in ``new``."""
    movement = Movement(old.outline, new.outline)
    return {
        new.fields[index].key: frozenset(_moved_places(one, movement))
        for index, one in _same_fields(new.fields, kept, movement).items()
        if one.edited_at is not None
    }


def placed_fields(fields: Sequence[Field], outline: Outline) -> list[Field]:
    """Sections are known by their index, which a heading more or less has moved; markers by what stands there now."""
    layout = Layout(outline)
    found = []
    for one in fields:
        first = one.anchors[0]
        paragraph = layout.paragraphs[layout.at[first.part, first.p]]
        marker = paragraph.text[first.start : first.end]
        found.append(replace(one, section=layout.section_index(paragraph), marker=marker))
    return found


def _with_lost(new: Parse, lost: Sequence[Field]) -> tuple[list[Field], list[Field]]:
    """The new fields without the places of those lost, and those lost whose places can be had."""
    fields, back = list(new.fields), list[Field]()
    for one in placed_fields(lost, new.outline):
        places = set(one.anchors)
        rest = [replace(field, anchors=tuple(a for a in field.anchors if a not in places)) for field in fields]
        givers = [field for field in fields if places & set(field.anchors)]
        others = [place for field in (*rest, *back) for place in field.anchors]
        is_free = not any(_share_text(mine, other) for mine in places for other in others)
        if is_free and all(rest_of.anchors for rest_of in rest) and all(map(_can_part, givers)):
            fields = rest
            back.append(one)
    return fields, back


def _can_part(field: Field) -> bool:
    """Whether each of its places can be a field of its own."""
    return field.type.value not in STRUCTURAL and not 1 < len(field.options) == len(field.anchors)


def _share_text(one: Anchor, other: Anchor) -> bool:
    if (one.part, one.p) != (other.part, other.p):
        return False
    return one.start == other.start or (one.start < other.end and other.start < one.end)


def _in_order(fields: Sequence[Field], outline: Outline) -> list[Field]:
    at = Layout(outline).at
    return sorted(fields, key=lambda one: (at[one.anchors[0].part, one.anchors[0].p], one.anchors[0].start))


Same = dict[int, TemplateField]


def _same_fields(fields: Sequence[Field], kept: Sequence[TemplateField], movement: Movement) -> Same:
    """By place (what stood there stands there still), then by key, then by a label that only one on each side has."""
    found: Same = {}
    for same in (_by_place(fields, kept, movement), _by_key(fields, kept), _by_label(fields, kept)):
        taken = {field.key for field in found.values()}
        for index, field in same.items():
            if index not in found and field.key not in taken:
                found[index] = field
                taken.add(field.key)
    return found


def _by_place(fields: Sequence[Field], kept: Sequence[TemplateField], movement: Movement) -> Same:
    at = {anchor: index for index, one in enumerate(fields) for anchor in one.anchors}
    found: Same = {}
    for one in kept:
        index = next((at[place] for place in _moved_places(one, movement) if place in at), None)
        if index is not None:
            found.setdefault(index, one)
    return found


def _moved_places(field: TemplateField, movement: Movement) -> Iterator[Anchor]:
    """Those that are in the new file, as they are there."""
    places = (movement.anchor(Anchor(**place)) for place in field.places)
    return (place for place in places if place is not None)


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
    """Of what the files say, not of what people edited: added and changed in reading order, then removed."""
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
        if (reread := _reread(one, before)) is not None:
            differences.append(reread)
    gone = (one for one in kept if one.key not in matched.before)
    return [*differences, *(_difference(Difference.REMOVED, one.key, one.label) for one in gone)]


def _reread(one: Field, before: TemplateField) -> dict[str, Any] | None:
    """What else was read of the same field: whether it must be filled, its options, its hint."""
    now = {"required": one.required, "options": list(one.options), "hint": one.hint}
    names = [name for name in now if before.parsed.get(name, getattr(before, name)) != now[name]]
    if not names:
        return None
    was = {name: before.parsed.get(name, getattr(before, name)) for name in names}
    return _difference(Difference.REREAD, one.key, one.label, was, {name: now[name] for name in names})


def _difference(what: Difference, key: str, label: str, before: Any = None, after: Any = None) -> dict[str, Any]:
    return {"what": what.value, "key": key, "label": label, "before": before, "after": after}


def edited_differences(field: TemplateField, before: dict[str, Any], after: dict[str, Any]) -> list[dict[str, Any]]:
    """One edit of a field, for its version."""
    return [_difference(Difference.EDITED, field.key, field.label, before, after)]
