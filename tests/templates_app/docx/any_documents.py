"""Any document for property tests: paragraphs with text and places in any order, split into any runs, in any container.

A document is built from a model that knows every paragraph's text and where its places are, before and after filling.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from hypothesis import strategies as st

from templates_app.docx.dates import format_date
from templates_app.docx.fill import Filled
from templates_app.docx.model import Anchor, Field, FieldType
from templates_app.docx.values import Value

from .build import build, cell, run
from .reading import DOCUMENT, texts
from .test_fill import CONTROL, END, SEPARATE, begin, code

HEADER = "word/header1.xml"
LETTERS = st.characters(exclude_categories=("Cs", "Cc", "Cn"))
TEXT = st.text(LETTERS | st.sampled_from("\n\t"), max_size=8)
LITERAL = st.text(LETTERS | st.sampled_from("\n\t"), min_size=1, max_size=8)
WORDS = st.text("abc äß値ש", min_size=1, max_size=6).filter(lambda text: text.strip() == text)
LOOKS = st.sampled_from(["", "<w:b/>", '<w:rStyle w:val="X"/><w:i/>', '<w:highlight w:val="yellow"/>', "<w:rtl/>"])
NOISE = st.sampled_from(
    [
        "",
        "",
        "",
        '<w:proofErr w:type="spellStart"/>',
        '<w:bookmarkStart w:id="7" w:name="b"/><w:bookmarkEnd w:id="7"/>',
        '<w:commentRangeStart w:id="3"/>',
        "<w:r><w:lastRenderedPageBreak/></w:r>",
        '<w:del w:id="9" w:author="a"><w:r><w:delText>gone</w:delText></w:r></w:del>',
    ]
)
MARKERS = st.sampled_from(["[Name]", "____", "{{ x }}", "«x»", "<Date>", "$x", "…", "MM/DD/YYYY", "x"])
LIST = (
    '<w:dropDownList><w:listItem w:displayText="High" w:value="h"/><w:listItem w:displayText="Low" w:value="l"/>'
    "</w:dropDownList>"
)
TICK = (
    '<w14:checkbox><w14:checked w14:val="0"/><w14:checkedState w14:val="2612" w14:font="MS Gothic"/>'
    '<w14:uncheckedState w14:val="2610" w14:font="MS Gothic"/></w14:checkbox>'
)
DAY = '<w:date><w:dateFormat w:val="d. MMMM yyyy"/><w:lid w:val="de-DE"/></w:date>'


@dataclass(frozen=True, slots=True)
class Place:
    """One place: its XML, the text that stands there, the field's type, a value and how that value reads there."""

    xml: str
    marker: str
    kind: FieldType
    value: Value
    reads: str
    paragraphs: tuple[str, ...] = ()   # that a long text goes on in
    is_empty: bool = False             # takes text where none stands, which may then be parted by a space


@dataclass(frozen=True, slots=True)
class Line:
    """A paragraph: text, place, text, place … and its XML."""

    segments: tuple[str | Place, ...]
    xml: str

    @property
    def text(self) -> str:
        return "".join(segment if isinstance(segment, str) else segment.marker for segment in self.segments)


@dataclass(slots=True)
class AnyDocument:
    """The file, and its lines by part in the order of their ordinals."""

    data: bytes
    lines: dict[str, list[Line]]
    boxes: int = 0
    keys: dict[tuple[str, int, int], str] = field(default_factory=dict)

    def places(self) -> list[tuple[str, int, int, Place]]:
        """Part, line, segment and place."""
        return [(part, p, s, segment) for part, lines in self.lines.items() for p, line in enumerate(lines)
                for s, segment in enumerate(line.segments) if isinstance(segment, Place)]

    def fields(self) -> list[Field]:
        return [self.field_at(part, p, s, place, Anchor(part, p, *self._span(part, p, s)))
                for part, p, s, place in self.places()]

    def values(self) -> dict[str, Value]:
        return {key_of(part, p, s): place.value for part, p, s, place in self.places()}

    def field_at(self, part: str, p: int, s: int, place: Place, anchor: Anchor) -> Field:
        options = ("High", "Low") if place.kind is FieldType.CHOICE else ()
        return Field(key_of(part, p, s), "A field", place.kind, (anchor,), options=options)

    def _span(self, part: str, p: int, s: int) -> tuple[int, int]:
        before = self.lines[part][p].segments[:s]
        start = sum(len(one if isinstance(one, str) else one.marker) for one in before)
        own = self.lines[part][p].segments[s]
        return start, start + len(own.marker if isinstance(own, Place) else own)


def key_of(part: str, p: int, s: int) -> str:
    return f"{'h' if part == HEADER else 'd'}_{p}_{s}"


def check_document(document: AnyDocument, filled: Filled, written: set[str]) -> list[Field]:
    """Every value stands at its place and all other text is as it was; returns the unwritten fields as they are now."""
    left: list[Field] = []
    spans = {placed.key: placed for placed in filled.placed_spans}
    assert set(spans) == written
    for part, lines in document.lines.items():
        here = texts(filled.data, part)
        number = 0
        for p, line in enumerate(lines):
            left += _check_line(document, part, p, line, here[number], number, spans)
            number += 1
            last = line.segments[-1] if line.segments else ""
            further = last.paragraphs if isinstance(last, Place) else ()
            if further and key_of(part, p, len(line.segments) - 1) in spans:
                assert tuple(here[number:number + len(further)]) == further
                number += len(further)
        assert number == len(here)
    return left


def _check_line(
    document: AnyDocument, part: str, p: int, line: Line, text: str, number: int, spans: dict[str, Any]
) -> list[Field]:
    """Walk along the text of a paragraph with its segments; a space may part a value from the words around it."""
    left, at, loose = [], 0, False
    for s, segment in enumerate(line.segments):
        if isinstance(segment, str):
            at += loose and not text.startswith(segment, at)
            assert text.startswith(segment, at), (text, segment, at)
            at, loose = at + len(segment), False
            continue
        placed = spans.get(key_of(part, p, s))
        if placed is None:
            anchor = Anchor(part, number, at, at + len(segment.marker))
            assert text[at:anchor.end] == segment.marker
            left.append(document.field_at(part, p, s, segment, anchor))
            at = anchor.end
            continue
        assert (placed.place.part, placed.place.p) == (part, number)
        assert placed.place.start - at in ({0, 1} if segment.is_empty else {0})
        assert text[at:placed.place.start].strip() == ""
        assert text[placed.place.start:placed.place.end] == segment.reads
        at, loose = placed.place.end, segment.is_empty
    assert text[at:] == ""
    return left


def split(draw: st.DrawFn, text: str, looks: st.SearchStrategy[str] = LOOKS) -> str:
    """A text as runs cut anywhere, of any look, with any noise between; breaks and tabs as elements."""
    parts = [draw(NOISE)]
    while text:
        cut = draw(st.integers(1, len(text)))
        parts.append(_run(text[:cut], draw(looks)) + draw(NOISE))
        text = text[cut:]
    return "".join(parts)


def _run(text: str, look: str) -> str:
    inside = "".join(
        "<w:br/>" if piece == "\n" else "<w:tab/>" if piece == "\t" else run(piece)[5:-6]
        for piece in re.split(r"([\n\t])", text)
        if piece
    )
    return f"<w:r>{f'<w:rPr>{look}</w:rPr>' if look else ''}{inside}</w:r>"


@st.composite
def places(draw: st.DrawFn, *, last: bool) -> Place:
    makers = [_token, _token, _control, _day, _choice, _tick, _glyph, _form_text, _merge, _form_box]
    return draw(st.sampled_from([*makers, *([_empty, _long] if last else [])]))(draw)


def _token(draw: st.DrawFn) -> Place:
    marker, value = draw(MARKERS), draw(TEXT)
    return Place(split(draw, marker), marker, FieldType.TEXT, value, value)


def _empty(draw: st.DrawFn) -> Place:
    value = draw(TEXT)
    return Place("", "", FieldType.TEXT, value, value, is_empty=True)


def _long(draw: st.DrawFn) -> Place:
    blocks = draw(st.lists(WORDS, min_size=2, max_size=4))
    lists = draw(st.lists(st.sampled_from(["", "- ", "1. ", "**"]), min_size=4, max_size=4))
    marked = [f"**{text}**" if mark == "**" else mark + text for mark, text in zip(["", *lists], blocks, strict=False)]
    first, *further = blocks
    xml, value = split(draw, "[long]"), "\n\n".join(marked)
    return Place(xml, "[long]", FieldType.LONG_TEXT, value, first, tuple(further))


def _control(draw: st.DrawFn) -> Place:
    value, shown = draw(TEXT), split(draw, "Click")
    return Place(CONTROL.format("<w:showingPlcHdr/><w:text/>", shown), "Click", FieldType.TEXT, value, value)


def _day(draw: st.DrawFn) -> Place:
    day = draw(st.dates(date(1900, 1, 1), date(2199, 12, 31)))
    reads = format_date(day, "d. MMMM yyyy", "de-DE")
    value: Value = day if draw(st.booleans()) else day.isoformat()
    return Place(CONTROL.format(f"<w:showingPlcHdr/>{DAY}", run("Datum")), "Datum", FieldType.DATE, value, reads)


def _choice(draw: st.DrawFn) -> Place:
    value = draw(st.sampled_from(["High", "Low"]))
    return Place(CONTROL.format(LIST, split(draw, "Choose")), "Choose", FieldType.CHOICE, value, value)


def _tick(draw: st.DrawFn) -> Place:
    checked = draw(st.booleans())
    return Place(CONTROL.format(TICK, run("☐")), "☐", FieldType.CHECKBOX, checked, "☒" if checked else "☐")


def _glyph(draw: st.DrawFn) -> Place:
    checked = draw(st.booleans())
    symbol = '<w:r><w:sym w:font="Wingdings" w:char="F0A8"/></w:r>'
    xml = draw(st.sampled_from([run("☐"), symbol]))
    return Place(xml, "☐", FieldType.CHECKBOX, checked, "☒" if checked else "☐")


def _form_text(draw: st.DrawFn) -> Place:
    value, data = draw(TEXT), "<w:ffData><w:textInput/></w:ffData>"
    xml = begin(data) + code("FORMTEXT") + SEPARATE + split(draw, "\u2002\u2002") + END
    return Place(xml, "\u2002\u2002", FieldType.TEXT, value, value)


def _merge(draw: st.DrawFn) -> Place:
    value, shown = draw(TEXT), split(draw, "«x»")
    simple = f'<w:fldSimple w:instr=" MERGEFIELD x ">{run("«x»")}</w:fldSimple>'
    xml = draw(st.sampled_from([begin() + code("MERGEFIELD x") + SEPARATE + shown + END, simple]))
    return Place(xml, "«x»", FieldType.TEXT, value, value)


def _form_box(draw: st.DrawFn) -> Place:
    xml = begin("<w:ffData><w:checkBox/></w:ffData>") + code("FORMCHECKBOX") + SEPARATE + END
    return Place(xml, "", FieldType.CHECKBOX, draw(st.booleans()), "")


@st.composite
def lines(draw: st.DrawFn) -> Line:
    """Text between all places, so that no two stand at one point."""
    segments: list[str | Place] = []
    inside = ""
    for _ in range(draw(st.integers(0, 3))):
        segments.append(draw(LITERAL))
        segments.append(draw(places(last=False)))
    if draw(st.booleans()):
        segments.append(draw(LITERAL))
        segments += [draw(places(last=True))] if draw(st.booleans()) else []
    for segment in segments:
        inside += split(draw, segment) if isinstance(segment, str) else segment.xml
    return Line(tuple(segments), f"<w:p>{inside}</w:p>")


@st.composite
def documents(draw: st.DrawFn) -> AnyDocument:
    found: list[Line] = []
    body, boxes = "", 0
    for _ in range(draw(st.integers(1, 4))):
        container = draw(st.sampled_from(["plain", "plain", "cell", "box", "control"]))
        inside = draw(st.lists(lines(), min_size=1, max_size=2))
        if container == "box":
            found.append(Line((), ""))
            boxes += 1
        found += inside
        body += _wrapped(container, inside)
    header = draw(st.lists(lines(), max_size=1))
    data = build(body, headers=["".join(line.xml for line in header)] if header else [])
    return AnyDocument(data, {DOCUMENT: found, **({HEADER: header} if header else {})}, boxes)


def _wrapped(container: str, inside: Sequence[Line]) -> str:
    xml = "".join(line.xml for line in inside)
    if container == "cell":
        return f"<w:tbl><w:tr>{cell(xml)}</w:tr></w:tbl>"
    if container == "control":
        return CONTROL.format("<w:showingPlcHdr/>", xml)
    if container == "box":
        return BOX.format(xml)
    return xml


BOX = (
    "<w:p><w:r><mc:AlternateContent><mc:Choice Requires='wps'><w:txbxContent>{0}</w:txbxContent></mc:Choice>"
    "<mc:Fallback><w:txbxContent>{0}</w:txbxContent></mc:Fallback></mc:AlternateContent></w:r></w:p>"
)
