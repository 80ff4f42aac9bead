"""Where text may be changed at all: not in what Word computes, what is locked, or what somebody else has changed."""

from __future__ import annotations

from collections.abc import Iterator

from lxml import etree

from . import errors
from .bindings import binding_of
from .draft import Draft
from .nodes import W14
from .structures import controls_around, structures
from .text import Piece, pieces

CHANGES = ("ins", "del", "moveFrom", "moveTo")
ROW_CHANGES = ("trPr/{0}ins", "trPr/{0}del")
CELL_CHANGES = ("tcPr/{0}cellIns", "tcPr/{0}cellDel", "tcPr/{0}cellMerge")
AROUND_RUNS = ("hyperlink", "smartTag", "customXml", "bdo", "dir", "sdt", "sdtContent")
FIXED = ("dropDownList", "comboBox", "date", "picture", "citation", "equation", "showingPlcHdr")
MARKERS = ("bookmarkStart", "bookmarkEnd", "commentRangeStart", "commentRangeEnd", "permStart", "permEnd", "proofErr")
IN_RUNS = ("rPr", "t", "tab", "ptab", "br", "cr", "sym", "noBreakHyphen", "softHyphen", "lastRenderedPageBreak",
           "commentReference")


class Guard:
    """Looks at the original paragraphs, before anything is written; everything it raises is a ReviseError."""

    def __init__(self, draft: Draft) -> None:
        self.draft = draft
        self._fields: dict[str, tuple[set[etree._Element], set[etree._Element]]] = {}

    def check_span(self, part: str, p: etree._Element, start: int, end: int) -> None:
        """Raise where the span, or the point between two characters, may not be changed."""
        w = self.draft.w(part)
        self._check_surroundings(part, p, w)
        found = pieces(p, w)
        if start < end:
            _check_structures(p, w, start, end)
            _check_deleted(p, w, found, start, end)
        else:
            _check_point(p, w, start)
        if not found:
            _check_mark(p, w)
        for path in _paths(p, found, start, end):
            _check_path(path, w)

    def check_insert_after(self, part: str, p: etree._Element) -> None:
        w = self.draft.w(part)
        self._check_surroundings(part, p, w)
        _check_mark(p, w)
        if p in self._open_fields(part)[1]:
            raise errors.TouchesField
        if any(sdt.find(f"{w}sdtPr/{w}text") is not None for sdt in controls_around(p, w)):
            raise errors.TouchesControl

    def check_delete(self, part: str, p: etree._Element) -> None:
        w = self.draft.w(part)
        self._check_surroundings(part, p, w)
        _check_mark(p, w)
        if next_paragraph(p, w) is None or p.find(f"{w}pPr/{w}sectPr") is not None:
            raise errors.ParagraphNeeded
        for node in p:
            if node.tag != w + "pPr":
                _check_plain(node, w)

    def _check_surroundings(self, part: str, p: etree._Element, w: str) -> None:
        if p in self._open_fields(part)[0]:
            raise errors.TouchesField
        for sdt in controls_around(p, w):
            _check_control(sdt, w)
        for node in p.iterancestors(w + "tr", w + "tc"):
            if any(node.find(w + path.format(w)) is not None for path in (*ROW_CHANGES, *CELL_CHANGES)):
                raise errors.TouchesChange

    def _open_fields(self, part: str) -> tuple[set[etree._Element], set[etree._Element]]:
        """Paragraphs that begin, and those that end, inside a field over several paragraphs."""
        if part not in self._fields:
            self._fields[part] = _find_open_fields(self.draft.root(part), self.draft.w(part))
        return self._fields[part]


def next_paragraph(p: etree._Element, w: str) -> etree._Element | None:
    """The paragraph that text would run into if the mark of ``p`` were not there."""
    markers = {w + name for name in MARKERS}
    after = next((node for node in p.itersiblings() if isinstance(node.tag, str) and node.tag not in markers), None)
    return after if after is not None and after.tag == w + "p" else None


def _find_open_fields(root: etree._Element, w: str) -> tuple[set[etree._Element], set[etree._Element]]:
    depth = 0
    begin: set[etree._Element] = set()
    end: set[etree._Element] = set()
    for event, node in etree.iterwalk(root, events=("start", "end"), tag=(w + "p", w + "fldChar")):
        if node.tag == w + "p" and depth:
            (begin if event == "start" else end).add(node)
        elif node.tag == w + "fldChar" and event == "start":
            kind = node.get(w + "fldCharType")
            depth = max(0, depth + (kind == "begin") - (kind == "end"))
    return begin, end


def _check_control(sdt: etree._Element, w: str) -> None:
    properties = sdt.find(w + "sdtPr")
    if properties is None:
        return
    lock = properties.find(w + "lock")
    if properties.find(w + "group") is not None or (
            lock is not None and lock.get(w + "val") in ("contentLocked", "sdtContentLocked")):
        raise errors.LockedText
    if binding_of(sdt, w) is not None or properties.find(W14 + "checkbox") is not None or any(
            properties.find(w + name) is not None for name in FIXED):
        raise errors.TouchesControl


def _check_structures(p: etree._Element, w: str, start: int, end: int) -> None:
    for structure in structures(p, w):
        empty = structure.start == structure.end
        apart = structure.end <= start or end <= structure.start
        if apart and not (empty and start < structure.start < end):
            continue
        if not structure.is_control:
            raise errors.TouchesField
        if empty or not (structure.start <= start and end <= structure.end):
            raise errors.TouchesControl
        _check_control(structure.node, w)


def _check_point(p: etree._Element, w: str, at: int) -> None:
    for structure in structures(p, w):
        if structure.start < at < structure.end:
            if not structure.is_control:
                raise errors.TouchesField
            _check_control(structure.node, w)


def _check_deleted(p: etree._Element, w: str, found: list[Piece], start: int, end: int) -> None:
    """Somebody's deletion inside the span has no width, so only its place among the pieces tells."""
    ends = {piece.node: piece.end for piece in found}
    position = 0
    gone = {w + "del", w + "moveFrom"}
    for node in p.iter():
        position = ends.get(node, position)
        if node.tag in gone and start < position < end and next(node.iterancestors(w + "p")) is p:
            raise errors.TouchesChange


def _check_mark(p: etree._Element, w: str) -> None:
    mark = p.find(f"{w}pPr/{w}rPr")
    if mark is not None and any(mark.find(w + name) is not None for name in CHANGES):
        raise errors.TouchesChange


def _paths(p: etree._Element, found: list[Piece], start: int, end: int) -> Iterator[list[etree._Element]]:
    """The elements around each text node that would change, inside the paragraph, inner ones first."""
    if start < end:
        for piece in found:
            if piece.start < end and piece.end > start:
                yield _path(p, piece.node)
        return
    before = next((piece for piece in reversed(found) if piece.start < start), None)
    after = next((piece for piece in found if piece.end > start), None)
    if before is not None and after is not None:
        around = _path(p, after.node)
        yield [node for node in _path(p, before.node) if node in around]


def _path(p: etree._Element, node: etree._Element) -> list[etree._Element]:
    path = []
    for parent in node.iterancestors():
        if parent is p:
            break
        path.append(parent)
    return path


def _check_path(path: list[etree._Element], w: str) -> None:
    for number, node in enumerate(path):
        name = str(node.tag).removeprefix(w)
        if name in CHANGES or (name == "r" and node.find(f"{w}rPr/{w}rPrChange") is not None):
            raise errors.TouchesChange
        if name == "fldSimple":
            raise errors.TouchesField
        if name not in AROUND_RUNS and not (name == "r" and number == 0):
            raise errors.TouchesObject


def _check_plain(node: etree._Element, w: str) -> None:
    """A child of a paragraph that is to go as a whole."""
    name = str(node.tag).removeprefix(w)
    if name in CHANGES or node.find(f"{w}rPr/{w}rPrChange") is not None:
        raise errors.TouchesChange
    if name == "fldSimple" or next(node.iter(w + "fldChar"), None) is not None:
        raise errors.TouchesField
    if name == "sdt":
        raise errors.TouchesControl
    if name == "r" and any(str(child.tag).removeprefix(w) not in IN_RUNS for child in node):
        raise errors.TouchesObject
    if name in ("hyperlink", "smartTag"):
        for child in node:
            _check_plain(child, w)
    elif name != "r" and name not in MARKERS:
        raise errors.TouchesObject
