"""What a pass over a story notes beside its text: changes, references, objects, and every character it leaves out."""

from __future__ import annotations

import re

from .line import Line
from .model import Loss, LossKind, Paragraph, Span
from .package import W_STRICT, W_TRANSITIONAL
from .stream import Element, Handler, Stream, ignore

EXCERPT = 80
TINY_POINTS = 2.0
INVISIBLE = re.compile("[\u202d\u202e\u2061-\u2064\U000e0000-\U000e007f]")  # overrides, unseen operators, tags
WHITE = re.compile("(?:F[0-9A-F]){3}")
TRANSITIONAL = "{http://schemas.openxmlformats.org/"
STRICT = "{http://purl.oclc.org/ooxml/"
DRAWING = (TRANSITIONAL + "drawingml/2006/", STRICT + "drawingml/")
MATH = (TRANSITIONAL + "officeDocument/2006/math}", STRICT + "officeDocument/math}")
RELATIONSHIPS = (TRANSITIONAL + "officeDocument/2006/relationships}", STRICT + "officeDocument/relationships}")
DRAWN_TEXT = tuple(drawing + "main}t" for drawing in DRAWING)
REFERRING = {
    **{drawing + "chart}chart": LossKind.CHART for drawing in DRAWING},
    **{drawing + "diagram}relIds": LossKind.SMART_ART for drawing in DRAWING},
    "{http://schemas.microsoft.com/office/drawing/2014/chartex}chart": LossKind.CHART,
}
LINKING = (
    *(drawing + name for drawing in DRAWING for name in ("main}blip", "main}hlinkClick")),
    "{urn:schemas-microsoft-com:vml}imagedata",
    "{urn:schemas-microsoft-com:office:office}OLEObject",
)
NOTES = {
    "commentReference": LossKind.COMMENT,
    "footnoteReference": LossKind.FOOTNOTE,
    "endnoteReference": LossKind.ENDNOTE,
}
CHANGES = ("ins", "del", "moveFrom", "moveTo", "cellIns", "cellDel", "cellMerge", "numberingChange",
           "rPrChange", "pPrChange", "trPrChange", "tcPrChange", "tblPrChange")


class NotingWalk(Stream):
    """The part of reading a story that is about losses; what is text, a story's own walk decides."""

    def __init__(self, part: str) -> None:
        super().__init__()
        self.part = part
        self.root = self.w = ""
        self.paragraphs: list[Paragraph] = []
        self.line: Line | None = None
        self.muted_at: int | None = None                   # where deleted text stands while it is passed over
        self.changes: frozenset[str] = frozenset()
        self.used: dict[str, int | None] = {}              # paragraph in which a relationship is first used
        self.notes: dict[tuple[LossKind, str], int | None] = {}  # paragraph of each comment or note by its id
        self._losses: dict[tuple[LossKind, int | None], Loss] = {}

    @property
    def losses(self) -> list[Loss]:
        return list(self._losses.values())

    def begin(self, root: str) -> None:
        self.root = root
        w = self.w = W_STRICT if root.startswith(W_STRICT) else W_TRANSITIONAL
        self.changes = frozenset(w + name for name in CHANGES)
        self.leaves |= {w + name: self._note_reference(kind) for name, kind in NOTES.items()}
        self.leaves |= dict.fromkeys(DRAWN_TEXT, self._drawn)
        self.leaves |= {math + "t": self._calculated for math in MATH}
        self.leaves[w + "delText"] = self._deleted
        self.frames |= {tag: (self._relate(kind), ignore) for tag, kind in REFERRING.items()}
        self.frames |= {tag: (self._use, ignore) for tag in (*LINKING, w + "hyperlink", w + "subDoc")}
        self.frames |= {math + "oMath": (self._note_equation, ignore) for math in MATH}
        self.frames |= {w + name: (self._note_change, ignore) for name in ("ins", "moveTo")}
        self.frames[w + "altChunk"] = self._relate(LossKind.IMPORTED_PART), ignore

    def here(self) -> int | None:
        """The paragraph being read, or the last one."""
        if self.line is not None:
            return self.line.paragraph.p
        if self.muted_at is not None:
            return self.muted_at
        return len(self.paragraphs) - 1 if self.paragraphs else None

    def note(self, kind: LossKind, *, count: int = 1, unread: int = 0, excerpt: str = "") -> None:
        p = self.here()
        loss = self._losses.get((kind, p))
        if loss is None:
            loss = self._losses[kind, p] = Loss(kind, self.part, p, 0)
        loss.count += count
        loss.unread += unread
        if excerpt and len(loss.excerpt) < EXCERPT:
            loss.excerpt = shorten(f"{loss.excerpt} {excerpt}")

    def _note_change(self, _: Element) -> None:
        self.note(LossKind.TRACKED_CHANGE)

    def _note_equation(self, _: Element) -> None:
        self.note(LossKind.EQUATION)

    def note_property_changes(self, stated: dict[str, Element]) -> None:
        """Tracked changes of a paragraph, row or cell, or of the mark at a paragraph's end."""
        if not self.changes.isdisjoint(stated):
            self.note(LossKind.TRACKED_CHANGE)
        mark = stated.get(self.w + "rPr")
        if mark is not None and not self.changes.isdisjoint([found.tag for found in mark]):
            self.note(LossKind.TRACKED_CHANGE)

    def miss(self, text: str) -> None:
        """Text that stands in no paragraph's text."""
        if self.muted_at is not None:
            self._miss_deleted(text)
        else:
            self.note(LossKind.MISPLACED_TEXT, unread=len(text), excerpt=text)

    def miss_code(self, unread: int, text: str) -> None:
        if unread:
            self.note(LossKind.MISPLACED_TEXT, unread=unread, excerpt=text)

    def _miss_deleted(self, text: str) -> None:
        self.note(LossKind.TRACKED_CHANGE, count=0, unread=len(text), excerpt=text)

    def _deleted(self, element: Element) -> None:
        self._miss_deleted(element.text or "")

    def _calculated(self, element: Element) -> None:
        text = element.text or ""
        self.note(LossKind.EQUATION, count=0, unread=len(text), excerpt=text)

    def _drawn(self, element: Element) -> None:
        text = element.text or ""
        self.note(LossKind.DRAWN_TEXT, unread=len(text), excerpt=text)

    def _note_reference(self, kind: LossKind) -> Handler:
        def refer(element: Element) -> None:
            self.notes.setdefault((kind, element.get(self.w + "id", "")), self.here())

        return refer

    def _relate(self, kind: LossKind) -> Handler:
        def relate(element: Element) -> None:
            self.note(kind)
            self._use(element)

        return relate

    def _use(self, element: Element) -> None:
        for name, value in element.items():
            if name.startswith(RELATIONSHIPS):
                self.used.setdefault(value, self.here())

    def look_at(self, line: Line) -> None:
        """What is read of a finished paragraph but not seen on the page."""
        paragraph = line.paragraph
        text = paragraph.text
        if paragraph.spans:
            self._look_at_spans(line, text, paragraph.spans)
        if 0 < paragraph.size <= TINY_POINTS and text.strip():
            self.note(LossKind.TINY_TEXT, excerpt=text)
        if not text.isascii() and (found := INVISIBLE.findall(text)):
            self.note(LossKind.INVISIBLE_CHARACTERS, count=len(found), excerpt=_named(found))

    def _look_at_spans(self, line: Line, text: str, spans: tuple[Span, ...]) -> None:
        for span in spans:
            kind = _unseen(span, line)
            if kind is not None and (excerpt := text[span.start : span.end].strip()):
                self.note(kind, excerpt=excerpt)


def _unseen(span: Span, line: Line) -> LossKind | None:
    """Why nobody sees a stretch of text. White text on a shape is left out: its ground is not read."""
    if span.hidden:
        return LossKind.HIDDEN_TEXT
    if 0 < span.size <= TINY_POINTS:
        return LossKind.TINY_TEXT
    if not span.color or not WHITE.fullmatch(span.color):
        return None
    paragraph = line.paragraph
    if not (line.shaded or paragraph.text_box or span.highlighted):
        return None if paragraph.cell is not None and paragraph.cell.shading else LossKind.WHITE_TEXT
    return None


def _named(characters: list[str]) -> str:
    """Characters that cannot be seen by their numbers, tag characters by the letters they smuggle."""
    return "".join(chr(ord(c) - 0xE0000) if "\U000e0020" <= c <= "\U000e007e" else f"U+{ord(c):04X} "
                   for c in characters[:EXCERPT])


def shorten(text: str) -> str:
    plain = " ".join(text.split())
    return plain if len(plain) <= EXCERPT else plain[: EXCERPT - 1] + "…"
