"""Content controls: around words, paragraphs and cells. Check boxes are read with all other boxes."""

from __future__ import annotations

import re
from collections.abc import Iterator

from ..finding import Finding, Rank, place
from ..layout import Layout
from ..lexicon import PROMPT
from ..model import FieldType, Mark, MarkKind, Paragraph
from ..wording import title_of

TYPES = {"dropdown": FieldType.CHOICE, "combobox": FieldType.CHOICE, "date": FieldType.DATE, "picture": FieldType.IMAGE}
NO_VALUE = frozenset({"checkbox", "repeating", "item", "group", "computed", "block"})
TOKENS = re.compile(r"\[[^\]]+\]|<[^>]+>|\{[^}]+\}|«[^»]+»|_{3,}|\$\w+")
STEP = re.compile(r"(?<![\w\-])([\w\-]+)(?:\[\d+\])?$")
CANONICAL = {"creator": "author", "description": "comments", "contentstatus": "status", "lastmodifiedby": "editor"}
MAX_FILLED = 300
MIN_LONG = 100  # a prompt of that length asks for a longer text


def find_controls(layout: Layout) -> Iterator[Finding]:
    taken: set[tuple[str, int]] = set()
    for p in layout.marked:
        for mark in p.marks:
            if mark.kind not in (MarkKind.CONTROL, MarkKind.CONTROL_AROUND):
                continue
            if (p.part, mark.ordinal) in taken:
                yield Finding("control", Rank.CONTROL, (place(p, mark.start, mark.end),), 0.9, ignored=True)
            elif _is_place(layout, p, mark):
                taken.add((p.part, mark.ordinal))
                yield _finding(layout, p, mark)


def _is_place(layout: Layout, p: Paragraph, mark: Mark) -> bool:
    if mark.control in NO_VALUE or mark.locked:
        return False
    if mark.placeholder or mark.bound or mark.control in TYPES:
        return True
    text = p.text[mark.start : mark.end]
    if layout.at[p.part, p.p] in layout.headings or len(text) > MAX_FILLED or _has_places_inside(p, mark):
        return False
    if text.strip() or mark.control == "text" or mark.kind is MarkKind.CONTROL:
        return True
    return p.cell is not None  # around an empty cell it waits for a value, around an empty line it is spacing


def _has_places_inside(p: Paragraph, mark: Mark) -> bool:
    """A region around smaller places is not a place of its own."""
    if any(
        m is not mark
        and mark.start <= m.start
        and m.end <= mark.end
        and m.kind is not MarkKind.CONTROL_AROUND
        and (m.start, m.end, m.ordinal) != (mark.start, mark.end, mark.ordinal)
        for m in p.marks
    ):
        return True
    text = p.text[mark.start : mark.end]
    match = TOKENS.search(text)
    return match is not None and match[0] != text.strip()


def _text_type(layout: Layout, p: Paragraph, mark: Mark) -> FieldType | None:
    """Several paragraphs, or a long prompt, make a long text; of anything else the words around tell."""
    if mark.control != "rich" or mark.kind is not MarkKind.CONTROL_AROUND or mark.bound:
        return FieldType.LONG_TEXT if mark.placeholder and mark.end - mark.start > MIN_LONG else None
    i = layout.at[p.part, p.p] + 1
    following = layout.paragraphs[i : i + 1]
    goes_on = any(
        q.part == p.part
        and layout.cell_of(q) is layout.cell_of(p)
        and any(m.ordinal == mark.ordinal and m.kind is mark.kind for m in q.marks)
        for q in following
    )
    return FieldType.LONG_TEXT if goes_on or mark.end - mark.start > MIN_LONG else None


def _finding(layout: Layout, p: Paragraph, mark: Mark) -> Finding:
    shown = p.text[mark.start : mark.end].strip()
    own = mark.name or mark.tag
    prompt = shown if mark.placeholder and len(shown) <= 80 else ""
    own = own or (shown if prompt and not PROMPT.search(prompt) else "")
    return Finding(
        "control",
        Rank.CONTROL,
        (place(p, mark.start, mark.end),),
        0.97 if mark.placeholder or mark.bound else 0.85,
        label=title_of(own) if own else "",
        name=own,
        type=TYPES.get(mark.control) or _text_type(layout, p, mark),
        options=mark.options,
        same=_same(mark, shown),
        context=prompt,
        hint=prompt,
        date_format=mark.date_format,
    )


def _same(mark: Mark, shown: str) -> str:
    if mark.bound:
        return property_key(mark.bound)
    if mark.tag and mark.control == "text" and not mark.tag.isdigit():
        return f"control {mark.tag} {shown}".casefold()
    return ""


def property_key(path: str) -> str:
    """One value whatever shows it: the last step of a binding's XPath, or the name of a document property."""
    match = STEP.search(path.rsplit("/", 1)[-1].rsplit(":", 1)[-1])
    name = (match[1] if match else path).casefold()
    return f"property {CANONICAL.get(name, name)}"
