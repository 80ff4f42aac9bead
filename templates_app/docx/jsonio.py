"""A parse as JSON and back, exactly. Sections and fields stand in full; of paragraphs only what is not the default."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import MISSING, fields
from datetime import datetime
from enum import StrEnum
from typing import TYPE_CHECKING, Any

from .model import (
    Anchor,
    Cell,
    Column,
    Field,
    FieldType,
    Loss,
    LossKind,
    Mark,
    MarkKind,
    Outline,
    Paragraph,
    Parse,
    Section,
    Span,
)

if TYPE_CHECKING:
    from .revisions import Revision

Json = dict[str, Any]
FORMAT = 1                             # raised when the form changes so that older readers would misread it
_known_defaults: dict[Any, dict[str, Any]] = {}
NESTED = (Anchor, Cell, Column, Mark, Span)


def parse_to_json(parse: Parse) -> Json:
    outline = parse.outline
    return {
        "format": FORMAT,
        "sha256": outline.sha256,
        "title": outline.title,
        "language": outline.language,
        "notes": list(outline.notes),
        "losses": [_full(loss) for loss in outline.losses],
        "sections": [_full(section) for section in outline.sections],
        "fields": fields_to_json(parse.fields),
        "paragraphs": [_brief(paragraph) for paragraph in outline.paragraphs],
    }


def parse_from_json(data: Mapping[str, Any]) -> Parse:
    """Raise ValueError (KeyError, TypeError) for what ``parse_to_json`` did not write."""
    if data.get("format", FORMAT) != FORMAT:
        raise ValueError(f"unknown format {data.get('format')!r}")
    outline = Outline(
        sha256=data["sha256"], title=data["title"], language=data["language"], notes=list(data["notes"]),
        sections=[Section(**section) for section in data["sections"]],
        paragraphs=[_paragraph(paragraph) for paragraph in data["paragraphs"]],
        losses=[Loss(**{**loss, "kind": LossKind(loss["kind"])}) for loss in data.get("losses", ())])
    return Parse(outline, fields_from_json(data["fields"]))


def fields_to_json(found: Sequence[Field]) -> list[Json]:
    return [_full(field) for field in found]


def fields_from_json(data: Sequence[Mapping[str, Any]]) -> list[Field]:
    return [_field(dict(field)) for field in data]


def revisions_from_json(data: Sequence[Mapping[str, Any]]) -> list[Revision]:
    """Raise ValueError (KeyError, TypeError) for what has not the names of a revision; ``when`` is ISO 8601."""
    return [_revision(dict(revision)) for revision in data]


def _revision(data: Json) -> Revision:
    from .revisions import Act, Revision  # brings the calendars of all languages, which reading a file does not need

    anchor, when, act = Anchor(**data.pop("anchor")), data.pop("when"), Act(data.pop("act", "replace"))
    revision = Revision(anchor=anchor, when=datetime.fromisoformat(when), act=act, **data)
    texts = (revision.id, anchor.part, revision.new_text, revision.author, revision.comment)
    if not all(isinstance(text, str) for text in texts) or any(
            type(number) is not int for number in (anchor.p, anchor.start, anchor.end)):
        raise TypeError("a text or a number of a revision is of another type")
    return revision


def _field(data: Json) -> Field:
    anchors = tuple(Anchor(**anchor) for anchor in data.pop("anchors"))
    columns = tuple(_column(column) for column in data.pop("columns", ()))
    options = tuple(data.pop("options", ()))
    known = {key: value for key, value in data.items() if key in _defaults(Field)}
    return Field(**{**known, "type": FieldType(known["type"])}, anchors=anchors, columns=columns, options=options)


def _column(data: Mapping[str, Any]) -> Column:
    return Column(data["key"], data["label"], FieldType(data.get("type", "text")), tuple(data.get("options", ())))


def _paragraph(data: Mapping[str, Any]) -> Paragraph:
    known = dict(data)
    cell = known.pop("cell", None)
    marks = tuple(Mark(**{**mark, "kind": MarkKind(mark["kind"]), "options": tuple(mark.get("options", ()))})
                  for mark in known.pop("marks", ()))
    spans = tuple(Span(**span) for span in known.pop("spans", ()))
    return Paragraph(**known, cell=Cell(**cell) if cell is not None else None, marks=marks, spans=spans)


def _defaults(cls: Any) -> dict[str, Any]:
    """The default of each attribute, MISSING where there is none."""
    if cls not in _known_defaults:
        _known_defaults[cls] = {
            f.name: f.default_factory() if f.default_factory is not MISSING else f.default for f in fields(cls)}
    return _known_defaults[cls]


def _full(value: Any) -> Json:
    return {name: _plain(getattr(value, name), _full) for name in _defaults(type(value))}


def _brief(value: Any) -> Json:
    found = {}
    for name, default in _defaults(type(value)).items():
        own = getattr(value, name)
        if default is MISSING or own != default or type(own) is not type(default):
            found[name] = _plain(own, _brief)
    return found


def _plain(value: Any, nested: Any) -> Any:
    if isinstance(value, StrEnum):
        return value.value
    if isinstance(value, NESTED):
        return nested(value)
    return [_plain(item, nested) for item in value] if isinstance(value, tuple | list) else value
