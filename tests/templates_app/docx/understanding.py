"""What tests of reading and understanding ask: an outline, the findings of one detector, the fields of a file."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Any

from templates_app.docx.finding import Finding
from templates_app.docx.layout import Layout
from templates_app.docx.model import Field, Outline
from templates_app.docx.package import Package
from templates_app.docx.parse import parse
from templates_app.docx.read import read_outline

from .build import build, cell, paragraph

BORDERS = "".join(
    f'<w:{side} w:val="single" w:sz="4"/>' for side in ("top", "left", "bottom", "right", "insideH", "insideV")
)


def outline_of(body: str, **parts: Any) -> Outline:
    return read_outline(Package.open(build(body, **parts)))


def layout_of(body: str, **parts: Any) -> Layout:
    return Layout(outline_of(body, **parts))


def findings(detect: Callable[[Layout], Iterator[Finding]], body: str, **parts: Any) -> list[Finding]:
    """What one detector alone finds, ignored places left out."""
    return [f for f in detect(layout_of(body, **parts)) if not f.ignored]


def spans(detect: Callable[[Layout], Iterator[Finding]], body: str, **parts: Any) -> list[str]:
    """The texts at the places one detector finds."""
    layout = layout_of(body, **parts)
    return [
        layout.paragraphs[layout.at[a.part, a.p]].text[a.start : a.end]
        for f in detect(layout)
        if not f.ignored
        for a in f.anchors
    ]


def fields_of(body: str, **parts: Any) -> list[Field]:
    return parse(build(body, **parts)).fields


def grid(*rows: Sequence[str], header: bool = False) -> str:
    """A table with lines around its cells; each cell is the text of its one paragraph."""
    lines = []
    for n, row in enumerate(rows):
        cells = "".join(cell(paragraph(text) if text else "<w:p/>") for text in row)
        own = "<w:trPr><w:tblHeader/></w:trPr>" if header and n == 0 else ""
        lines.append(f"<w:tr>{own}{cells}</w:tr>")
    return f"<w:tbl><w:tblPr><w:tblBorders>{BORDERS}</w:tblBorders></w:tblPr>{''.join(lines)}</w:tbl>"


def complex_field(code: str, result: str = "", data: str = "") -> str:
    """The runs of a field with its code and its result."""
    begin = f'<w:r><w:fldChar w:fldCharType="begin">{data}</w:fldChar></w:r>'
    middle = (
        f'<w:r><w:instrText xml:space="preserve">{code}</w:instrText></w:r><w:r>'
        f'<w:fldChar w:fldCharType="separate"/></w:r>'
    )
    shown = f'<w:r><w:t xml:space="preserve">{result}</w:t></w:r>' if result else ""
    return f'{begin}{middle}{shown}<w:r><w:fldChar w:fldCharType="end"/></w:r>'


def control(inside: str, properties: str = "") -> str:
    return f"<w:sdt><w:sdtPr>{properties}</w:sdtPr><w:sdtContent>{inside}</w:sdtContent></w:sdt>"


def form_data(name: str, inside: str) -> str:
    return f'<w:ffData><w:name w:val="{name}"/><w:enabled/>{inside}</w:ffData>'
