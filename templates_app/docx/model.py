"""What the library says of a Word file: plain dataclasses, no XML, no Django.

Words: a *part* is a file inside the package (``word/document.xml``); a *story* is a part with paragraphs of
its own (main document, header, footer); a *place* is where a value goes; an *anchor* is the address of a place.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum


class FieldType(StrEnum):
    """What kind of value a field takes."""

    TEXT = "text"
    LONG_TEXT = "long_text"
    DATE = "date"
    NUMBER = "number"
    CHOICE = "choice"
    CHECKBOX = "checkbox"
    PERSON = "person"
    SIGNATURE = "signature"
    TABLE = "table"
    IMAGE = "image"


@dataclass(frozen=True, slots=True, order=True)
class Anchor:
    """The address of one place: part, ordinal of the ``w:p`` in it, span in code points of its visible text.

    Every ``w:p`` of the part counts in document order from 0, those inside ``mc:Fallback`` left out.
    The visible text: ``w:t`` and ``w:sym`` (one character) as they stand; ``w:tab``, ``w:ptab``, ``w:br`` and
    ``w:cr`` one character each; ``w:noBreakHyphen`` "-"; nothing else has width. Nested paragraphs, deleted
    and moved-away text and field codes are left out. An empty place has ``start == end``.
    """

    part: str
    p: int
    start: int
    end: int


class MarkKind(StrEnum):
    """Structures of Word that hold a value, as the reader saw them inside or around a paragraph."""

    CONTROL = "control"                # w:sdt inside the paragraph
    CONTROL_AROUND = "control_around"  # w:sdt around the paragraph, its cell or its row
    FORM_FIELD = "form_field"          # FORMTEXT, FORMCHECKBOX, FORMDROPDOWN
    MERGE_FIELD = "merge_field"        # MERGEFIELD, complex or simple
    PROPERTY = "property"              # DOCPROPERTY, AUTHOR, TITLE … whose value is stored in a part
    PROMPT = "prompt"                  # MACROBUTTON NoMacro [click here]
    COMPUTED = "computed"              # PAGE, TOC, REF, DATE …: results Word computes, never fields


@dataclass(frozen=True, slots=True)
class Mark:
    """One structure with the span of visible text it covers in its paragraph."""

    kind: MarkKind
    start: int
    end: int
    control: str = ""                  # text, rich, date, dropdown, combobox, checkbox, picture, repeating; FORMTEXT …
    name: str = ""                     # alias, field name or property name
    tag: str = ""
    options: tuple[str, ...] = ()
    placeholder: bool = False          # shows its placeholder, so nothing was filled in yet
    bound: str = ""                    # XPath of the data binding, if any
    store: str = ""                    # store item id of the data binding
    checked: bool | None = None
    date_format: str = ""
    locked: bool = False
    ordinal: int = 0                   # n-th structure of its kind in the part, as fill finds it again


@dataclass(frozen=True, slots=True)
class Span:
    """A stretch of visible text that looks the same; only what detectors ask about."""

    start: int
    end: int
    highlighted: bool = False
    color: str = ""                    # RRGGBB, empty for automatic
    bold: bool = False
    italic: bool = False
    underline: bool = False
    hidden: bool = False
    size: float = 0.0                  # points, 0 when the style decides
    style: str = ""                    # character style name


@dataclass(frozen=True, slots=True)
class Cell:
    """Where in which table a paragraph stands; tables count per part in document order from 0."""

    table: int
    row: int
    column: int                        # grid column
    span: int = 1                      # grid columns covered
    first: bool = True                 # first paragraph of its cell
    header_row: bool = False           # w:tblHeader
    depth: int = 1                     # 1 for an outermost table
    merged: bool = False               # continues a vertical merge from above
    shading: str = ""
    bordered: bool = False             # some side of the cell has a visible line
    nested: bool = False               # holds a table of its own
    tall: bool = False                 # its row has the height of several lines


@dataclass(slots=True)
class Paragraph:
    """One ``w:p`` in reading order."""

    part: str
    p: int
    text: str
    style: str = ""                    # style name, as shown in Word
    level: int | None = None           # outline level 1–9 from style or paragraph, None for body text
    number: str = ""                   # "1.2", "a)", "•" as Word prints it, empty when unnumbered
    number_level: int | None = None    # 0–8, the list level
    cell: Cell | None = None
    text_box: bool = False
    in_toc: bool = False
    marks: tuple[Mark, ...] = ()
    spans: tuple[Span, ...] = ()
    centered: bool = False
    ruled: bool = False                # some tab stop draws a line or dots on the way to it
    drawing: bool = False              # holds a picture or shape
    after_page_break: bool = False
    size: float = 0.0                  # points as its style says, 0 when it does not
    mark_size: float = 0.0             # in a cell, points of its end mark, which say how tall an empty line is


class LossKind(StrEnum):
    """What a file holds that the reader did not read, or that filling will not touch, or that a person cannot see."""

    TRACKED_CHANGE = "tracked_change"      # insertions are read, deletions and what was moved away are not
    COMMENT = "comment"
    FOOTNOTE = "footnote"
    ENDNOTE = "endnote"
    EQUATION = "equation"
    CHART = "chart"
    SMART_ART = "smart_art"
    DRAWN_TEXT = "drawn_text"              # text of shapes that is not Word's own
    EMBEDDED_OBJECT = "embedded_object"    # OLE objects, embedded files, ActiveX controls
    IMPORTED_PART = "imported_part"        # altChunk: a file that Word takes in when it opens this one
    BUILDING_BLOCKS = "building_blocks"    # the glossary part
    UNUSED_PART = "unused_part"            # holds text but nothing read refers to it
    DAMAGED_PART = "damaged_part"
    MISPLACED_TEXT = "misplaced_text"      # in no paragraph, or inside the code of a field
    HIDDEN_TEXT = "hidden_text"            # read, though Word does not show it
    WHITE_TEXT = "white_text"              # read, though nobody sees it
    TINY_TEXT = "tiny_text"                # read, though nobody can
    INVISIBLE_CHARACTERS = "invisible_characters"
    EXTERNAL_LINK = "external_link"
    EXTERNAL_CONTENT = "external_content"  # pictures, templates and objects that Word would fetch from elsewhere
    MACROS = "macros"
    PROTECTION = "protection"
    LOCKED_CONTROL = "locked_control"
    CUSTOM_XML = "custom_xml"
    SIGNATURE = "signature"


@dataclass(slots=True)
class Loss:
    """One thing of a kind, or several of it in one paragraph."""

    kind: LossKind
    part: str
    p: int | None = None               # ordinal of the paragraph where there is one
    count: int = 1
    unread: int = 0                    # characters of text elements that stand in no paragraph's text
    excerpt: str = ""


@dataclass(frozen=True, slots=True)
class Section:
    """A heading as a table of contents would show it; the title of the whole document is not one."""

    part: str
    p: int
    level: int                         # 1 = top
    heading: str
    number: str = ""


@dataclass(frozen=True, slots=True)
class Column:
    """One column of a record table."""

    key: str
    label: str
    type: FieldType = FieldType.TEXT
    options: tuple[str, ...] = ()


@dataclass(slots=True)
class Field:
    """Something a person is meant to put in: one value, one or more places."""

    key: str                           # [a-z][a-z0-9_]*, unique in the file
    label: str
    type: FieldType
    anchors: tuple[Anchor, ...]
    required: bool = False
    options: tuple[str, ...] = ()      # of a choice; for boxes in the order of the anchors
    confidence: float = 1.0            # 0–1
    marker: str = ""                   # the text that stands at the first place, "" for an empty one
    detector: str = ""                 # name of the detector that found it
    section: int | None = None         # index into the outline's sections, None before the first
    columns: tuple[Column, ...] = ()   # of a table
    hint: str = ""                     # guidance found beside the place
    date_format: str = ""


@dataclass(slots=True)
class Outline:
    """A whole file as read: every story's paragraphs in order, main part first."""

    sha256: str
    paragraphs: list[Paragraph] = field(default_factory=list)
    sections: list[Section] = field(default_factory=list)
    title: str = ""
    language: str = ""                 # BCP 47 as the file's default run language says
    notes: list[str] = field(default_factory=list)  # what was odd but not fatal, one sentence each
    losses: list[Loss] = field(default_factory=list)


@dataclass(slots=True)
class Parse:
    """Outline and fields: what ``parse`` returns and its JSON holds."""

    outline: Outline
    fields: list[Field] = field(default_factory=list)
