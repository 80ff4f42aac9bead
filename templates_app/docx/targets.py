"""From an anchor to what stands there: plain text, a field of Word, a control in or around the paragraph, a box."""

from __future__ import annotations

from dataclasses import dataclass
from dataclasses import field as default

from lxml import etree

from .draft import Draft
from .fill_boxes import is_box
from .fill_controls import is_checkbox
from .model import Anchor, Field
from .nodes import ancestor
from .structures import BOXES, Kind, Structure, controls_around, structures
from .text import FALLBACK, paragraph_text


@dataclass(slots=True)
class Target:
    """One place in one paragraph. ``controls`` are those whose whole content is this place, inner ones first."""

    field: Field
    anchor: Anchor
    p: etree._Element
    w: str
    start: int
    end: int
    text: str
    row: int = 0
    added: bool = False                # stands in a row that was cloned for it
    structure: Structure | None = None
    controls: list[etree._Element] = default(default_factory=list)
    doubled: bool = False              # the same place in the version for older programs, which is not reported

    @property
    def checkbox(self) -> etree._Element | None:
        return next((sdt for sdt in self.controls if is_checkbox(sdt, self.w)), None)

    @property
    def is_box(self) -> bool:
        return (self.checkbox is not None or is_box(self.text)
                or (self.structure is not None and self.structure.kind in BOXES))

    @property
    def could_be_box(self) -> bool:
        return self.is_box or (not self.text and self.structure is None)


def find_target(draft: Draft, field: Field, anchor: Anchor, p: etree._Element, *, taken: set[etree._Element],
                span: tuple[int, int] | None = None, row: int = 0) -> Target:
    """What stands at the anchor's span in ``p``. Several empty structures at one point are taken in their order."""
    w = draft.w(anchor.part)
    start, end = span or (anchor.start, anchor.end)
    return _target(Target(field, anchor, p, w, start, end, "", row), taken)


def doubled_target(draft: Draft, target: Target, taken: set[etree._Element]) -> Target | None:
    twin = draft.double(target.p, target.w)
    if twin is None:
        return None
    copy = Target(target.field, target.anchor, twin, target.w, target.anchor.start, target.anchor.end, "", target.row)
    copy.doubled = True
    return _target(copy, taken)


def bound_target(draft: Draft, like: Target, part: str, sdt: etree._Element) -> Target | None:
    """The whole content of another control as a place of the same field; None where it is not one paragraph."""
    w = draft.w(part)
    inside = [p for p in sdt.iter(w + "p") if next(p.iterancestors(FALLBACK), None) is None]
    p = inside[0] if inside else ancestor(sdt, w + "p")
    number = draft.original_ordinal(part, p) if p is not None and len(inside) < 2 else None
    if p is None or number is None:
        return None
    span = (0, len(paragraph_text(p, w))) if inside else next(
        ((s.start, s.end) for s in structures(p, w) if s.node is sdt), None)
    if span is None:
        return None
    return find_target(draft, like.field, Anchor(part, number, *span), p, taken=set())


def _target(target: Target, taken: set[etree._Element]) -> Target:
    p, w = target.p, target.w
    whole = paragraph_text(p, w)
    matching = [s for s in structures(p, w) if s.node not in taken and _covers(s, target.start, target.end, whole)]
    exact = [s for s in matching if (s.start, s.end) == (target.start, target.end)]
    wants_box = target.field.type.value in ("checkbox", "choice")
    best = min(exact, key=lambda s: _fitness(s, wants_box=wants_box), default=None)
    if best is not None and (best.kind not in BOXES or wants_box):
        target.structure = best
        taken.add(best.node)
    target.text = whole[target.start:target.end]
    inline = [s.node for s in matching if s.is_control and _is_with(s.node, target.structure)]
    around = [sdt for sdt in controls_around(p, w) if _holds_only(sdt, p, w)]
    target.controls = inline + (around if target.text.strip() == whole.strip() else [])
    return target


def _covers(structure: Structure, start: int, end: int, text: str) -> bool:
    """Whether a structure holds the span and, besides it, nothing but white space."""
    if start == end or structure.start == structure.end:
        return (structure.start, structure.end) == (start, end)
    outside = text[structure.start:start] + text[end:structure.end]
    return structure.start <= start and end <= structure.end and not outside.strip()


def _fitness(structure: Structure, *, wants_box: bool) -> int:
    """Lower fits better; inner structures come first among equals."""
    if structure.kind in BOXES:
        return 0 if wants_box else 3
    return 2 if structure.kind is Kind.OTHER else 1


def _is_with(control: etree._Element, structure: Structure | None) -> bool:
    """Of several empty controls at one point only those around the structure that is filled belong to the place."""
    return structure is None or control is structure.node or control in structure.node.iterancestors() or (
        structure.node in control.iterancestors())


def _holds_only(sdt: etree._Element, p: etree._Element, w: str) -> bool:
    """Whether ``p`` is the only paragraph, but for text boxes inside it and their copies."""
    is_copy = next(p.iterancestors(FALLBACK), None) is not None
    return all(q is p or p in q.iterancestors() or (not is_copy and next(q.iterancestors(FALLBACK), None) is not None)
               for q in sdt.iter(w + "p"))
