"""Values put into a Word file: the original bytes, fields with their anchors, and values make new bytes.

Nothing but the places changes. All anchors address the original file, so everything is found before anything is
written, and the places of a paragraph are written from right to left.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from lxml import etree

from . import errors
from .bindings import bound_twins
from .draft import Draft
from .fill_tables import record_places
from .fill_writing import Writing, write_value
from .model import Anchor, Field, FieldType
from .targets import Target, bound_target, doubled_target, find_target
from .text import paragraph_text
from .values import OnUnfilled, Scalar, Value, check_value, chosen_options, named

NAMED_UNFILLED = 5                     # in the sentence that refuses them


@dataclass(frozen=True, slots=True)
class Placed:
    """One written place. ``place`` is where the value stands in the new file; its text there is ``text``.

    A long text may go on in ``further`` paragraphs; ``text`` has a line for each.
    """

    key: str
    anchor: Anchor                     # in the original; for further records that of the first row
    place: Anchor
    text: str                          # empty where a state was set that has no text (form check boxes, pictures)
    state: str = ""                    # "checked", "unchecked", "entry 2", "picture"
    row: int = 0                       # of a record table
    added: bool = False                # whether that row was added to the table
    further: tuple[Anchor, ...] = ()


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
    unfilled: tuple[str, ...] = ()     # keys of the fields without a value, where the caller asks for them


def fill(data: bytes, fields: Sequence[Field], values: Mapping[str, Value], *,
         on_unfilled: OnUnfilled = OnUnfilled.LIST) -> Filled:
    """Raise ``errors.Refused`` for a file that cannot be read and ``errors.FillError`` for values that do not fit.

    Fields without a value, or with None, stay as they stand; ``on_unfilled`` says whether they are listed, passed over
    (KEEP) or refused (``errors.UnfilledFields``). The same inputs give the same bytes.
    """
    known = {field.key: field for field in fields}
    for key in values:
        if key not in known:
            raise errors.FillError(f"The template has no field {key!r}.")
    left = [field for field in fields if values.get(field.key) is None]
    if left and on_unfilled is OnUnfilled.REFUSE:
        raise unfilled_error(left)
    wanted = [(field, values[field.key]) for field in fields if values.get(field.key) is not None]
    for field, value in wanted:
        check_value(field, value)
    filled = _Filling(Draft(data)).run(wanted)
    return replace(filled, unfilled=tuple(f.key for f in left)) if on_unfilled is OnUnfilled.LIST else filled


def unfilled_error(left: Sequence[Field]) -> errors.UnfilledFields:
    first = ", ".join(named(field) for field in left[:NAMED_UNFILLED])
    more = f" and {len(left) - NAMED_UNFILLED} more" if len(left) > NAMED_UNFILLED else ""
    return errors.UnfilledFields(f"No value was given for {first}{more}.")


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
        self.plan_twins()
        for paragraph_writings in self.by_paragraph():
            for writing in self.without_overlaps(paragraph_writings):
                self.write(writing)
        placed = tuple(self.report())
        return Filled(self.draft.finish(), placed, tuple(self.skipped), tuple(self.draft.notes))

    def plan_table(self, field: Field, rows: Value) -> None:
        for cell in record_places(self.draft, field, rows):  # type: ignore[arg-type]
            target = find_target(self.draft, cell.field, cell.anchor, cell.p, taken=self.taken, span=cell.span,
                                 row=cell.row)
            target.added = cell.added
            self.plan(self.boxed(cell.field, cell.value, [target], 0) or Writing(target, cell.value))

    def plan_field(self, field: Field, value: Value) -> None:
        targets = [find_target(self.draft, field, anchor, self.draft.paragraph(anchor), taken=self.taken)
                   for anchor in field.anchors]
        for index, target in enumerate(targets):
            self.plan(self.boxed(field, value, targets, index) or Writing(target, _scalar(value)))

    def plan(self, writing: Writing) -> None:
        """One writing, and the same in the version for older programs."""
        self.writings.append(writing)
        double = doubled_target(self.draft, writing.target, self.taken)
        if double is not None:
            self.writings.append(replace(writing, target=double))

    def plan_twins(self) -> None:
        """Controls bound to the same data show it in several places: Word would bring them all to one value."""
        controls = {sdt for writing in self.writings for sdt in writing.target.controls}
        for writing in [w for w in self.writings if not w.target.doubled]:
            for sdt in writing.target.controls:
                for part, twin in bound_twins(self.draft, sdt, writing.target.w):
                    target = bound_target(self.draft, writing.target, part, twin) if twin not in controls else None
                    controls.add(twin)
                    if target is not None:
                        self.plan(Writing(target, writing.value, checked=writing.checked))

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
        write_value(self.draft, writing)
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
            further = tuple(Anchor(place.part, ordinals[place.part][p], 0, len(paragraph_text(p, target.w)))
                            for p in stand.further)
            yield Placed(target.field.key, target.anchor, place, writing.text, writing.state, target.row, target.added,
                         further)


def _scalar(value: Value) -> Scalar:
    return ", ".join(str(item) for item in value) if isinstance(value, list | tuple) else value  # type: ignore[return-value]


def _overlap(one: Target, other: Target) -> bool:
    if one.start == one.end and other.start == other.end:
        same_point = one.start == other.start
        return same_point and one.structure is None and other.structure is None
    return max(one.start, other.start) < min(one.end, other.end)
