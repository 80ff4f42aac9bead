"""One value written at one place, whatever stands there."""

from __future__ import annotations

from dataclasses import dataclass

from lxml import etree

from . import errors
from .bindings import write_property
from .dates import picture_in
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
from .fill_looks import Marks, has_right_to_left, isolate, marks_of, take_off
from .fill_paragraphs import Room, in_lines, lay_out, room_for
from .fill_text import Stand, language_of, put_text
from .markdown import Block, Stretch, is_plain, read_markdown, unescaped
from .model import FieldType
from .nodes import swap
from .structures import Kind, structures
from .targets import Target
from .text import paragraph_text
from .values import Scalar, as_text, named


@dataclass(slots=True)
class Writing:
    """One target with its value; ``checked`` is set instead of the value where a box is meant."""

    target: Target
    value: Scalar
    checked: bool | None = None
    stand: Stand | None = None
    text: str = ""
    state: str = ""


def write_value(draft: Draft, writing: Writing) -> None:
    """Write one value; the writing then knows where it stands and how it reads."""
    if writing.checked is not None:
        tick(draft, writing)
    elif isinstance(writing.value, bytes):
        write_picture(draft, writing, writing.value)
    else:
        write_text(draft, writing)


def write_text(draft: Draft, writing: Writing) -> None:
    target = writing.target
    text = place_text(draft, target, writing.value)
    blocks: list[Block] = []
    room = Room.LINES
    if target.structure is not None and target.structure.kind is Kind.FORM_DROPDOWN:
        choose_entry(writing, text)
        return
    if target.field.type is FieldType.LONG_TEXT:
        text, blocks, room = long_text(draft, target, text)
    marks = marks_of(target.p, target.w, target.start, target.end, target.field.detector)
    stand = put_whole(draft, target, text)
    for sdt in target.controls:
        settle_control(draft, sdt, target.w, stand, writing.value, text)
    leave_placeholders(draft, target, stand)
    take_off_marks(stand, target.w, marks)
    if blocks:
        lay_out(draft, target, stand, blocks, room=room)
    elif has_right_to_left(text):
        lay_out(draft, target, stand, [Block([Stretch(text)])], room=Room.LINES)
    here = paragraph_text(target.p, target.w)[stand.start:stand.end]
    writing.stand = stand
    writing.text = "\n".join([here, *(paragraph_text(p, target.w) for p in stand.further)])


def long_text(draft: Draft, target: Target, text: str) -> tuple[str, list[Block], Room]:
    """The text to write first, and the blocks it is laid out in then; none where it has no marks."""
    blocks, room = read_markdown(text), room_for(draft, target)
    if is_plain(blocks):
        return unescaped(text), [], room
    if room is Room.PARAGRAPHS:
        return "\n".join(block.text for block in blocks), blocks, room
    lines = "".join(stretch.text for stretch in in_lines(blocks))
    return lines, blocks if room is Room.RUNS else [], room


def put_whole(draft: Draft, target: Target, text: str) -> Stand:
    """The text at its place, in the way of the structure that stands there."""
    structure, p, w = target.structure, target.p, target.w
    if structure is None:
        return put_over_fields(target, text)
    if structure.is_control:
        return replace_content(draft, p, w, structure, text)
    if structure.kind in (Kind.MERGE, Kind.PROMPT):
        return replace_field(p, w, structure, text)
    if structure.kind is Kind.PROPERTY:
        write_property(draft, structure.code, text)
    return replace_result(p, w, structure, text)


def take_off_marks(stand: Stand, w: str, marks: Marks) -> None:
    if marks == Marks():
        return
    run = isolate(stand, w)
    if run is not None:
        take_off(run, w, marks)


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
    field, language = target.field, language_of(target.p, target.w, target.start) or draft.language
    picture = target.field.date_format or (picture_in(target.text) if field.type is FieldType.DATE else "")
    for sdt in target.controls:
        own, lid = date_picture(sdt, target.w)
        picture, language = own or picture, lid or language
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


def write_picture(draft: Draft, writing: Writing, picture: bytes) -> None:
    target = writing.target
    part = target.anchor.part
    writing.state = "picture"
    frame = _frame(target)
    if frame is not None and swap_picture(draft, part, frame, picture):
        writing.stand = Stand(target.start, target.end)
        leave_placeholders(draft, target, writing.stand)
    else:
        drawing = new_drawing(draft, part, target.p, picture, target.field.type)
        stand = put_over_fields(target, "\ufffc")
        swap(stand.nodes[0], drawing)
        writing.stand = Stand(stand.start, stand.start, (drawing,))
        leave_placeholders(draft, target, writing.stand)


def _frame(target: Target) -> etree._Element | None:
    """The drawing a picture control holds, or the one in an otherwise empty place."""
    around = [*target.controls, *([target.p] if target.start == target.end else [])]
    return next((drawing for node in around for drawing in node.iter(target.w + "drawing")), None)
