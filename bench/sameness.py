"""Whether a filled file differs from its template only where values stand.

The places are cut out of both files, what filling may touch (``architecture.md``, "Nothing else changes") is taken
out of both, and what remains must be equal: text exactly, XML in canonical form.
"""

from __future__ import annotations

import io
import re
from collections import Counter
from collections.abc import Iterable, Sequence
from copy import deepcopy
from itertools import pairwise

from lxml import etree

from templates_app.docx.fill import Filled, Placed
from templates_app.docx.model import Anchor
from templates_app.docx.nodes import SPACE, W14, detach, is_empty_run
from templates_app.docx.package import CONTENT_TYPES, Package, parse_xml
from templates_app.docx.structures import Kind, structures
from templates_app.docx.text import CHOICE, FALLBACK, iter_paragraphs, namespace, paragraph_text, pieces

NEW = re.compile(r"word/media/dna-[0-9a-f]+\.\w+|.*\.rels|[^/]+/numbering\.xml")
LIST = re.compile(r"\{.*\}(?:abstractNum|num)")
BOUND = re.compile(r"(?i)(customXml/|docProps/|.*settings\.xml$)")
LAYOUT = ("numPr", "ind", "bidi")
Span = tuple[int, int]


def differences(original: bytes, filled: Filled) -> list[str]:
    """One sentence for each thing that changed and should not have."""
    old, new = Package.open(original), Package.open(filled.data)
    stories = {placed.place.part for placed in filled.placed_spans}
    found = list(_parts(old, new, stories))
    for part in sorted(stories):
        placed = [item for item in filled.placed_spans if item.place.part == part]
        found += _story(old, new, part, placed)
    return found


def run_differences(original: bytes, undone: bytes) -> list[str]:
    """One sentence for each thing but the parting of runs that rejected changes left behind."""
    old, new = Package.open(original), Package.open(undone)
    found = [f"{name} is new and not empty" for name in new.names
             if name not in old.names and (not name.endswith(".rels") and len(new.xml(name)))]
    for name in old.names:
        if _raw(old, name) == _raw(new, name):
            continue
        if name == CONTENT_TYPES or name.endswith(".rels"):
            before, after = (parse_xml(package.read(name), max_elements=100_000) for package in (old, new))
            added = {_c14n(child) for child in after} - {_c14n(child) for child in before}
            found += [f"{name} changed"] if len(added) > 1 or len(after) > len(before) + 1 else []
        else:
            before, after = _unparted(old.xml(name)), _unparted(new.xml(name))
            found += _first_difference(name, _c14n(before).decode(), _c14n(after).decode())
    return found


def _unparted(root: etree._Element) -> etree._Element:
    """With neighbouring runs of one look as one run, and neighbouring texts as one text."""
    copy, w = deepcopy(root), namespace(root)
    _join_runs(copy, w)
    for node in list(copy.iter(w + "t")):
        node.attrib.pop(SPACE, "")
        before = node.getprevious()
        if before is not None and before.tag == w + "t":
            before.text = (before.text or "") + (node.text or "")
            detach(node)
    for node in [*copy.iter(w + "rPr"), *copy.iter(w + "pPr")]:
        if not len(node) and not node.attrib:
            detach(node)
    return copy


def _parts(old: Package, new: Package, stories: set[str]) -> Iterable[str]:
    if list(old.names) != [name for name in new.names if name in old.names]:
        yield "the order of the parts changed"
    for name in new.names:
        if name not in old.names and not NEW.fullmatch(name):
            yield f"{name} is new"
    added = any(name not in old.names for name in new.names)
    for name in old.names:
        index = added and (name == CONTENT_TYPES or name.endswith(".rels"))
        if name in stories or BOUND.match(name) or index:
            continue
        if _raw(old, name) != _raw(new, name) and not _only_lists_were_added(old, new, name):
            yield f"{name} changed"


def _only_lists_were_added(old: Package, new: Package, name: str) -> bool:
    """Whether a numbering part is what it was but for further lists."""
    if name != old.related(old.main_part, "numbering"):
        return False
    before, after = deepcopy(old.xml(name)), deepcopy(new.xml(name))
    known = Counter(_c14n(child) for child in before)
    for child in list(after):
        form = _c14n(child)
        if known[form]:
            known[form] -= 1
        elif LIST.fullmatch(str(child.tag)):
            detach(child)
    return _c14n(before) == _c14n(after)


def _raw(package: Package, name: str) -> bytes:
    entry = package._entries[name]
    return package._archive.packed(entry)


def _story(old: Package, new: Package, part: str, placed: Sequence[Placed]) -> list[str]:
    w = namespace(old.xml(part))
    before, after = deepcopy(old.xml(part)), deepcopy(new.xml(part))
    old_p, new_p = list(iter_paragraphs(before, w)), list(iter_paragraphs(after, w))
    clones = _added_rows(placed, new_p, w)
    cloned = {p for row in clones for p in row.iter(w + "p")}
    further = {new_p[anchor.p] for item in placed for anchor in item.further}
    kept = [p for p in new_p if p not in cloned and p not in further]
    if len(kept) != len(old_p):
        return [f"{part}: {len(old_p)} paragraphs became {len(kept)}"]
    places = _spans((new_p[item.place.p], item.place) for item in placed if new_p[item.place.p] not in cloned)
    twin_of = dict(zip(kept, old_p, strict=True))
    anchors = _spans((twin_of[p], item.anchor) for item in placed if (p := new_p[item.place.p]) in twin_of
                     and not (item.row and _was_empty(twin_of[p], w)))
    for item in placed:
        p = new_p[item.place.p]
        if item.row and p in twin_of and _was_empty(twin_of[p], w):
            anchors.setdefault(twin_of[p], []).append((0, len(paragraph_text(twin_of[p], w))))
    wrong = []
    for q, p in twin_of.items():
        pair = _text_differs(p, sorted(anchors.get(p, [])), q, sorted(places.get(q, [])), w)
        if pair is not None:
            wrong.append(f"{part} {old_p.index(p)}: {pair[0]!r} became {pair[1]!r}")
    for p in [twin for p in further if (twin := _twin(p, w)) is not None] + list(further):
        detach(p)
    for q, p in twin_of.items():
        if q in places:
            _forget_layout(p, q, anchors.get(p, []), places[q], w)
    _mask(anchors, w)
    _mask(places, w)
    for row in clones:
        detach(_with_control(row, w))
    return wrong + _canonical_difference(part, before, after, w)


def _was_empty(p: etree._Element, w: str) -> bool:
    return not paragraph_text(p, w).strip()


def _spans(pairs: Iterable[tuple[etree._Element, Anchor]]) -> dict[etree._Element, list[Span]]:
    found: dict[etree._Element, list[Span]] = {}
    for p, anchor in pairs:
        found.setdefault(p, []).append((anchor.start, anchor.end))
    return found


def _added_rows(placed: Sequence[Placed], paragraphs: Sequence[etree._Element], w: str) -> set[etree._Element]:
    """The rows the report calls added. Whatever else was added, or was there before, shows as a difference."""
    return {next(paragraphs[item.place.p].iterancestors(w + "tr")) for item in placed if item.added}


def _with_control(row: etree._Element, w: str) -> etree._Element:
    """A row, or the control around it alone."""
    return next(row.iterancestors(w + "sdt")) if row.getparent() is not None and row.getprevious() is None and (
        row.getnext() is None and next(row.iterancestors()).tag == w + "sdtContent") else row


def _text_differs(p: etree._Element, anchors: list[Span], q: etree._Element, places: list[Span],
                  w: str) -> tuple[str, str] | None:
    """The texts outside the places, where a value put into an empty place may be parted by one space."""
    old, new = _outside(paragraph_text(p, w), anchors), _outside(paragraph_text(q, w), places)
    empty = [start == end for start, end in anchors]
    if len(old) == len(new) and all(
            b in {left + a + right for left in ("", " " if i and empty[i - 1] else "")
                  for right in ("", " " if i < len(empty) and empty[i] else "")}
            for i, (a, b) in enumerate(zip(old, new, strict=True))):
        return None
    return "|".join(old), "|".join(new)


def _outside(text: str, spans: list[Span]) -> list[str]:
    found, position = [], 0
    for start, end in spans:
        found.append(text[position:start])
        position = end
    return [*found, text[position:]]


def _forget_layout(p: etree._Element, q: etree._Element, anchors: list[Span], places: list[Span], w: str) -> None:
    """A paragraph that holds nothing but a value may have become an item of a list, or run from right to left."""
    around = _outside(paragraph_text(p, w), sorted(anchors)) + _outside(paragraph_text(q, w), sorted(places))
    if "".join(around).strip():
        return
    for one in [x for pair in ((p, _twin(p, w)), (q, _twin(q, w))) for x in pair if x is not None]:
        properties = one.find(w + "pPr")
        for node in [node for name in LAYOUT for node in (properties if properties is not None else ()) if
                     node.tag == w + name]:
            detach(node)
        if properties is not None and not len(properties):
            detach(properties)


def _mask(spans: dict[etree._Element, list[Span]], w: str) -> None:
    """Cut the places out, in the version for older programs too."""
    for p, own in spans.items():
        twin = _twin(p, w)
        for q in [p, *([twin] if twin is not None else [])]:
            for start, end in sorted(own, reverse=True):
                _cut(q, start, end, w)


def _twin(p: etree._Element, w: str) -> etree._Element | None:
    choice = next(p.iterancestors(CHOICE), None)
    fallback = next(choice.itersiblings(FALLBACK), None) if choice is not None else None
    if choice is None or fallback is None:
        return None
    ours, theirs = list(iter_paragraphs(choice, w)), list(fallback.iter(w + "p"))
    return theirs[ours.index(p)] if len(ours) == len(theirs) else None


def _cut(p: etree._Element, start: int, end: int, w: str) -> None:
    for structure in structures(p, w):
        if structure.kind in (Kind.MERGE, Kind.PROMPT) and start <= structure.start and structure.end <= end:
            _remove_field(p, structure.node, structure.stop, w)
            end -= structure.end - structure.start
    for piece in pieces(p, w):
        if piece.start < end and piece.end > start:
            rest = piece.text[:max(0, start - piece.start)] + piece.text[max(0, end - piece.start):]
            if piece.node.tag == w + "t" and rest:
                piece.node.text = rest
            else:
                detach(piece.node)


def _remove_field(p: etree._Element, begin: etree._Element, stop: etree._Element | None, w: str) -> None:
    if begin.tag == w + "fldSimple":
        detach(begin)
        return
    inside = False
    around = (w + "p", w + "del", w + "moveFrom")
    for node in [node for run in p.iter(w + "r") if next(run.iterancestors(*around)) is p for node in run]:
        inside = inside or node is begin
        if inside and node.tag != w + "rPr":
            detach(node)
        if node is stop:
            return


def _canonical_difference(part: str, before: etree._Element, after: etree._Element, w: str) -> list[str]:
    return _first_difference(part, _canonical(before, w), _canonical(after, w))


def _first_difference(part: str, first: str, second: str) -> list[str]:
    if first == second:
        return []
    at = next((i for i, (a, b) in enumerate(zip(first, second, strict=False)) if a != b), min(len(first), len(second)))
    return [f"{part}: XML differs at {first[max(0, at - 150):at + 150]!r} / {second[max(0, at - 150):at + 150]!r}"]


def _canonical(root: etree._Element, w: str) -> str:
    _normalise(root, w)
    out = io.BytesIO()
    root.getroottree().write_c14n(out)
    return out.getvalue().decode()


def _normalise(root: etree._Element, w: str) -> None:
    """Take out what filling may change in and around a place; white space of text is compared elsewhere."""
    _forget_states(root, w)
    for node in list(root.iter(w + "lastRenderedPageBreak")):  # where pages ended when Word last looked
        detach(node)
    for node in list(root.iter(w + "t")):
        node.text = "".join((node.text or "").split())
        node.attrib.pop(SPACE, "")
        if not node.text:
            detach(node)
    for node in list(root.iter(w + "drawing")):
        if any(next(blip.iterancestors(w + "drawing")) is node and "rIdDna" in " ".join(map(str, blip.attrib.values()))
               for blip in node.iter("{*}blip")):
            detach(node)
    _forget_empty_results(root, w)
    for run in [run for run in root.iter(w + "r") if is_empty_run(run, w)]:
        detach(run)
    _join_runs(root, w)
    for node in list(root.iter(w + "t")):
        before = node.getprevious()
        if before is not None and before.tag == w + "t":
            before.text = (before.text or "") + (node.text or "")
            detach(node)


def _join_runs(root: etree._Element, w: str) -> None:
    """Neighbouring runs of one look are one run: a value may part a run without changing how it looks."""
    for run in list(root.iter(w + "r")):
        before = run.getprevious()
        if before is not None and before.tag == run.tag and _look(before, w) == _look(run, w):
            before.extend([child for child in run if child.tag != w + "rPr"])
            detach(run)


def _look(run: etree._Element, w: str) -> bytes:
    look = run.find(w + "rPr")
    return _c14n(look) if look is not None else b""


def _c14n(element: etree._Element) -> bytes:
    copy = deepcopy(element)
    copy.tail = None
    out = io.BytesIO()
    etree.ElementTree(copy).write_c14n(out)
    return out.getvalue()


def _forget_empty_results(root: etree._Element, w: str) -> None:
    """A field that never had a result gets the mark before which its code ends."""
    marks = list(root.iter(w + "fldChar", w + "t", w + "drawing"))
    for mark, after in pairwise(marks):
        if mark.get(w + "fldCharType") == "separate" and after.get(w + "fldCharType") == "end":
            detach(mark)


def _forget_states(root: etree._Element, w: str) -> None:
    states = [*root.iter(w + "showingPlcHdr", W14 + "checked")]
    for data, name in (("checkBox", "checked"), ("ddList", "result")):
        states += [node for entry in root.iter(w + data) for node in entry.findall(w + name)]
    for node in states:
        detach(node)
    for node in root.iter(w + "date", w + "text", w + "dropDownList", w + "comboBox"):
        for name in (w + "fullDate", w + "multiLine", w + "lastValue"):
            node.attrib.pop(name, "")
