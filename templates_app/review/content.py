"""What a template holds, as reviews look at it: texts by section, fields, what it is expected to be."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cached_property

from pydantic import BaseModel

from templates_app.choices import FieldType
from templates_app.docx.model import Outline, Paragraph
from templates_app.standards.catalogue import DocumentType, Standard
from templates_app.words import Wording, key_stems

# A line of so few words may name what stands below or beside it, like a heading or a label.
_WORDS_OF_A_NAME = 6
_SPEAKS_OF_CLAUSES = re.compile(r"\b(?:clauses?|controls?|iso|annex)\b", re.IGNORECASE)
_CITED = re.compile(r"(?<![\w.])(?:A\.)?\d+(?:\.\d+)+(?![\w]|\.\d)")
_NUMBER_AT_HEAD = re.compile(r"\s*(\d+(?:\.\d+)*)")


class Line(BaseModel):
    """A paragraph with its address."""

    part: str
    p: int
    text: str


@dataclass(slots=True)
class SectionText:
    """A heading and the paragraphs below it, up to the next one. Without a heading: what stands before the first."""

    heading: str = ""
    number: str = ""
    part: str = ""
    p: int = 0
    lines: list[Line] = field(default_factory=list)

    @property
    def title(self) -> str:
        return f"{self.number} {self.heading}".strip()

    @property
    def is_numbered(self) -> bool:
        """By Word or by hand."""
        return bool(self.number or _NUMBER_AT_HEAD.match(self.heading))


@dataclass(frozen=True, slots=True)
class FieldFacts:
    """A field as it is now, with edits; ``types`` are those it may be given."""

    key: str
    label: str
    type: FieldType
    required: bool
    options: tuple[str, ...]
    columns: tuple[str, ...]
    section: str
    places: tuple[tuple[str, int, int, int], ...]
    types: tuple[FieldType, ...]
    home: tuple[str, int] | None = None
    """The paragraph with words at or before its first place: an empty cell is asked about with its label."""

    @property
    def line(self) -> tuple[str, int] | None:
        return self.places[0][:2] if self.places else None


@dataclass(frozen=True)
class Content:
    title: str
    language: str
    sections: Sequence[SectionText]
    fields: Sequence[FieldFacts]
    numbers: frozenset[str]
    """Of sections and numbered paragraphs."""
    kind: DocumentType | None
    standards: Sequence[Standard]

    @cached_property
    def lines(self) -> list[tuple[SectionText, Line]]:
        return [(section, line) for section in self.sections for line in section.lines]

    @cached_property
    def headings(self) -> list[str]:
        return [section.heading for section in self.sections if section.heading]

    @cached_property
    def heading_stems(self) -> list[frozenset[str]]:
        return [key_stems(heading) for heading in self.headings]

    @cached_property
    def cited(self) -> frozenset[str]:
        """Numbers in texts that speak of clauses or of a standard."""
        texts = [*self.headings, *self.labels, *(line.text for _, line in self.lines)]
        return frozenset(number for text in texts if _SPEAKS_OF_CLAUSES.search(text) for number in _CITED.findall(text))

    @cached_property
    def labels(self) -> list[str]:
        return [label for one in self.fields for label in (one.label, *one.columns)]

    @cached_property
    def names(self) -> set[frozenset[str]]:
        """Whatever names a section or a field, or may: the title, headings, labels, columns, lines of a few words."""
        short = [line.text for _, line in self.lines if len(line.text.split()) <= _WORDS_OF_A_NAME]
        title = ["Title"] if self.title else []
        return {key_stems(text) for text in (*title, *self.headings, *self.labels, *short)}

    @cached_property
    def wording(self) -> Wording:
        return Wording((*self.headings, *self.labels, *(line.text for _, line in self.lines)))


def read_sections(outline: Outline) -> list[SectionText]:
    """The outline's texts by section, in reading order; headers, footers and the like come last, as one."""
    heads = {(section.part, section.p): section for section in outline.sections}
    main = outline.paragraphs[0].part if outline.paragraphs else ""
    sections, aside = [SectionText()], SectionText()
    for paragraph in outline.paragraphs:
        if (head := heads.get((paragraph.part, paragraph.p))) is not None:
            sections.append(SectionText(head.heading, head.number.rstrip("."), head.part, head.p))
        elif paragraph.text.strip() and not paragraph.in_toc:
            into = sections[-1] if paragraph.part == main else aside
            into.lines.append(Line(part=paragraph.part, p=paragraph.p, text=paragraph.text))
    return [section for section in (*sections, aside) if section.heading or section.lines]


def read_homes(outline: Outline) -> dict[tuple[str, int], tuple[str, int]]:
    """For every paragraph the last one with words at or before it."""
    homes: dict[tuple[str, int], tuple[str, int]] = {}
    home: tuple[str, int] | None = None
    for paragraph in outline.paragraphs:
        address = (paragraph.part, paragraph.p)
        home = address if paragraph.text.strip() and not paragraph.in_toc else home
        if home is not None:
            homes[address] = home
    return homes


def read_numbers(outline: Outline) -> frozenset[str]:
    """Every number a reference may mean: of headings and numbered paragraphs, as computed or as typed."""
    typed = [_NUMBER_AT_HEAD.match(one.text) for one in outline.paragraphs if _may_be_numbered(one)]
    found = {match[1] for match in typed if match} | {one.number.rstrip(".") for one in outline.paragraphs}
    return frozenset(number for number in found if number)


def _may_be_numbered(paragraph: Paragraph) -> bool:
    return not paragraph.in_toc and paragraph.text[:1].strip().isdigit()
