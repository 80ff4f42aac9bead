"""Values put into a Word file: the original bytes, fields with their anchors, and values make new bytes.

Nothing but the places changes. All anchors address the original file, so everything is found before anything is
written, and the places of a paragraph are written from right to left.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from lxml import etree

from . import errors
from .bindings import write_property
from .draft import Draft
from .fill_boxes import tick_character
from .fill_controls import (
    date_picture,
    entry_text,
    leave_placeholder_state,
    replace_content,
    settle_control,
    tick_control,
)
from .fill_fields import (
    choose_form_entry,
    form_entries,
    remove_field,
    replace_field,
    replace_result,
    tick_form_checkbox,
)
from .fill_images import new_drawing, swap_picture
from .fill_tables import record_places
from .fill_text import Stand, put_text
from .model import Anchor, Field, FieldType
from .nodes import swap
from .structures import Kind, structures
from .targets import Target, doubled_target, find_target
from .text import paragraph_text
from .values import Scalar, Value, as_text, check_value, chosen_options, named


@dataclass(frozen=True, slots=True)
class Placed:
    """One written place. ``place`` is where the value stands in the new file; its text there is ``text``."""

    key: str
    anchor: Anchor                     # in the original; for further records that of the first row
    place: Anchor
    text: str                          # empty where a state was set that has no text (form check boxes, pictures)
    state: str = ""                    # "checked", "unchecked", "entry 2", "picture"
    row: int = 0                       # of a record table
    added: bool = False                # whether that row was added to the table


@dataclass(frozen=True, slots=True)
class Skipped:
    """A place that was not written, and why."""

    key: str
    anchor: Anchor
    reason: str


@dataclass(frozen=True, slots=True)
class Filled:
    """The new file and what happened to each place."""

    data: bytes
    placed_spans: tuple[Placed, ...]
    skipped: tuple[Skipped, ...]
    notes: tuple[str, ...]


@dataclass(slots=True)
class Writing:
    """One target with its value; ``checked`` is set instead of the value where a box is meant."""

    target: Target
    value: Scalar
    checked: bool | None = None
    stand: Stand | None = None
    text: str = ""
    state: str = ""


def fill(data: bytes, fields: Sequence[Field], values: Mapping[str, Value]) -> Filled:
    """Raise ``errors.Refused`` for a file that cannot be read and ``errors.FillError`` for values that do not fit.

    Fields without a value, or with None, stay as they stand. The same inputs give the same bytes.
    """
    known = {field.key: field for field in fields}
    for key in values:
        if key not in known:
            raise errors.FillError(f"The template has no field {key!r}.")
    wanted = [(field, values[field.key]) for field in fields if values.get(field.key) is not None]
    for field, value in wanted:
        check_value(field, value)
    return _Filling(Draft(data)).run(wanted)


class _Filling:
    """One call of ``fill``."""

    def __init__(self, draft: Draft) -> None:
        self.draft = draft
        self.taken: set[etree._Element] = set()
        self.writings: list[Writing] = []
        self.skipped: list[Skipped] = []
        self.written: dict[etree._Element, list[Writing]] = {}

    def run(self, wanted: Sequence[tuple[Field, Value]]) -> Filled:
        tables = [pair for pair in wanted if pair[0].type is FieldType.TABLE]
        for field, _ in wanted:
            for anchor in field.anchors:
                self.draft.paragraph(anchor)
        for field, value in tables:
            self.plan_table(field, value)
        for field, value in wanted:
            if field.type is not FieldType.TABLE:
                self.plan_field(field, value)
        for paragraph_writings in self.by_paragraph():
            for writing in self.without_overlaps(paragraph_writings):
                self.write(writing)
        placed = tuple(self.report())
        return Filled(self.draft.finish(), placed, tuple(self.skipped), tuple(self.draft.notes))

    def plan_table(self, field: Field, rows: Value) -> None:
        for cell in record_places(self.draft, field, rows):  # type: ignore[arg-type]
            target = find_target(self.draft, field, cell.anchor, cell.p, taken=self.taken, span=cell.span,
                                 row=cell.row)
            target.added = cell.added
            self.writings.append(Writing(target, cell.value))

    def plan_field(self, field: Field, value: Value) -> None:
        targets = [find_target(self.draft, field, anchor, self.draft.paragraph(anchor), taken=self.taken)
                   for anchor in field.anchors]
        for index, target in enumerate(targets):
            writing = self.boxed(field, value, targets, index) or Writing(target, _scalar(value))
            self.writings.append(writing)
            double = doubled_target(self.draft, target, self.taken)
            if double is not None:
                self.writings.append(replace_target(writing, double))

    def boxed(self, field: Field, value: Value, targets: list[Target], index: int) -> Writing | None:
        """The writing of a box, or None where the field's places take text."""
        if field.type is FieldType.CHECKBOX:
            return Writing(targets[index], None, checked=bool(value))
        options = len(field.options)
        many = options > 1 and len(targets) % options == 0
        if field.type is not FieldType.CHOICE or not many or not all(t.could_be_box for t in targets):
            return None
        return Writing(targets[index], None, checked=index % options in chosen_options(field, value))

    def by_paragraph(self) -> Iterable[list[Writing]]:
        groups: dict[etree._Element, list[Writing]] = {}
        for writing in self.writings:
            groups.setdefault(writing.target.p, []).append(writing)
        return groups.values()

    def without_overlaps(self, writings: list[Writing]) -> Iterator[Writing]:
        """From right to left, leaving out places that an earlier field took already."""
        chosen: list[Writing] = []
        for writing in writings:
            if any(_overlap(writing.target, other.target) for other in chosen):
                self.skip(writing, "Another field stands at the same place.")
            else:
                chosen.append(writing)
        order = {id(writing): number for number, writing in enumerate(chosen)}
        return iter(sorted(chosen, key=lambda x: (x.target.start, x.target.end, order[id(x)]), reverse=True))

    def skip(self, writing: Writing, reason: str) -> None:
        if not writing.target.doubled:
            self.skipped.append(Skipped(writing.target.field.key, writing.target.anchor, reason))

    def write(self, writing: Writing) -> None:
        target = writing.target
        length = len(paragraph_text(target.p, target.w))
        self.draft.touch(target.anchor.part)
        if writing.checked is not None:
            tick(self.draft, writing)
        elif isinstance(writing.value, bytes):
            write_picture(self.draft, writing)
        else:
            write_text(self.draft, writing)
        grown = len(paragraph_text(target.p, target.w)) - length
        behind = self.written.setdefault(target.p, [])
        for other in behind:
            if other.stand is not None:
                other.stand.start += grown
                other.stand.end += grown
        behind.append(writing)

    def report(self) -> Iterator[Placed]:
        ordinals = {part: self.draft.ordinals(part) for part in {x.target.anchor.part for x in self.writings}}
        for writing in self.writings:
            target, stand = writing.target, writing.stand
            if target.doubled or stand is None:
                continue
            number = ordinals[target.anchor.part].get(target.p)
            if number is None:
                self.skip(writing, "It stood inside another place that was replaced.")
                continue
            place = Anchor(target.anchor.part, number, stand.start, stand.end)
            yield Placed(target.field.key, target.anchor, place, writing.text, writing.state, target.row, target.added)


def replace_target(writing: Writing, target: Target) -> Writing:
    return replace(writing, target=target)


def write_text(draft: Draft, writing: Writing) -> None:
    target = writing.target
    text = place_text(draft, target, writing.value)
    structure, p, w = target.structure, target.p, target.w
    if structure is not None and structure.kind is Kind.FORM_DROPDOWN:
        choose_entry(writing, text)
        return
    if structure is None:
        stand = put_over_fields(target, text)
    elif structure.is_control:
        stand = replace_content(draft, p, w, structure, text)
    elif structure.kind in (Kind.MERGE, Kind.PROMPT):
        stand = replace_field(p, w, structure, text)
    else:
        stand = replace_result(p, w, structure, text)
    if structure is not None and structure.kind is Kind.PROPERTY:
        write_property(draft, structure.code, text)
    writing.stand, writing.text = stand, text
    for sdt in target.controls:
        settle_control(draft, sdt, target.w, stand, writing.value, text)
    leave_placeholders(draft, target, stand)


def put_over_fields(target: Target, text: str) -> Stand:
    """Plain text; merge fields that stand wholly inside the span go with it."""
    p, w = target.p, target.w
    inside = [s for s in structures(p, w) if s.kind in (Kind.MERGE, Kind.PROMPT)
              and target.start <= s.start < s.end <= target.end]
    stand = put_text(p, w, target.start, target.end, text)
    for structure in inside:
        remove_field(p, w, structure, stand.nodes)
    return stand


def leave_placeholders(draft: Draft, target: Target, stand: Stand) -> None:
    """No control around a written place shows its placeholder any more."""
    if stand.nodes:
        for sdt in stand.nodes[0].iterancestors(target.w + "sdt"):
            leave_placeholder_state(draft, sdt, target.w, stand)
    for sdt in target.controls:
        leave_placeholder_state(draft, sdt, target.w, stand)


def place_text(draft: Draft, target: Target, value: Scalar) -> str:
    """The value's text as this place shows it."""
    field, picture, language = target.field, target.field.date_format, draft.language
    for sdt in target.controls:
        own, lid = date_picture(sdt, target.w)
        picture, language = picture or own, lid or language
    text = as_text(field, value, picture, language)
    for sdt in target.controls:
        text = entry_text(sdt, target.w, text, named(field))
    return text


def choose_entry(writing: Writing, text: str) -> None:
    target, structure = writing.target, writing.target.structure
    if structure is None:
        return
    entries = form_entries(structure, target.w)
    folded = [entry.strip().casefold() for entry in entries]
    if text.strip().casefold() not in folded:
        raise errors.FillError(f"{named(target.field)} has no entry {text!r}; it has: {', '.join(entries)}.")
    index = folded.index(text.strip().casefold())
    choose_form_entry(structure, target.w, index)
    writing.state = f"entry {index}"
    if structure.start < structure.end:
        writing.stand, writing.text = replace_result(target.p, target.w, structure, entries[index]), entries[index]
    else:
        writing.stand = Stand(structure.start, structure.end)


def tick(draft: Draft, writing: Writing) -> None:
    target, checked = writing.target, bool(writing.checked)
    structure, control = target.structure, target.checkbox
    writing.state = "checked" if checked else "unchecked"
    if control is not None:
        there = Stand(target.start, target.end)
        writing.stand = tick_control(draft, control, target.w, target.p, there, checked=checked)
    elif structure is not None and structure.kind is Kind.FORM_CHECKBOX:
        tick_form_checkbox(structure, target.w, checked=checked)
        writing.stand = Stand(target.start, target.end)
    else:
        writing.stand = tick_character(target.p, target.w, target.start, target.end, checked=checked)
        leave_placeholders(draft, target, writing.stand)
    stand = writing.stand
    writing.text = paragraph_text(target.p, target.w)[stand.start:stand.end]


def write_picture(draft: Draft, writing: Writing) -> None:
    target, value = writing.target, writing.value
    part = target.anchor.part
    writing.state = "picture"
    frame = _frame(target)
    if isinstance(value, bytes) and frame is not None and swap_picture(draft, part, frame, value):
        writing.stand = Stand(target.start, target.end)
        leave_placeholders(draft, target, writing.stand)
    elif isinstance(value, bytes):
        drawing = new_drawing(draft, part, target.p, value, target.field.type)
        stand = put_over_fields(target, "\ufffc")
        swap(stand.nodes[0], drawing)
        writing.stand = Stand(stand.start, stand.start, (drawing,))
        leave_placeholders(draft, target, writing.stand)


def _frame(target: Target) -> etree._Element | None:
    """The drawing a picture control holds, or the one in an otherwise empty place."""
    around = [*target.controls, *([target.p] if target.start == target.end else [])]
    return next((drawing for node in around for drawing in node.iter(target.w + "drawing")), None)


def _scalar(value: Value) -> Scalar:
    return ", ".join(str(item) for item in value) if isinstance(value, list | tuple) else value  # type: ignore[return-value]


def _overlap(one: Target, other: Target) -> bool:
    if one.start == one.end and other.start == other.end:
        same_point = one.start == other.start
        return same_point and one.structure is None and other.structure is None
    return max(one.start, other.start) < min(one.end, other.end)
