"""[Company name]: words in square brackets."""

from __future__ import annotations

import re
from collections.abc import Iterator

from ..finding import Finding, Rank, place
from ..kinds import is_unit
from ..layout import Layout
from ..model import FieldType, Paragraph
from ..wording import alternatives, is_annotation, is_date_shape, is_guidance, is_reference, sameness, title_of

TOKEN = re.compile(r"(?<![\w\]])\[{1,3}([^\[\]]{1,300}?)\]{1,3}(?!\()")
OPTION_HEAD = re.compile(r"option\s*\w{1,2}\b|alternati", re.IGNORECASE)


def find_brackets(layout: Layout) -> Iterator[Finding]:
    for p in layout.body:
        if "[" in p.text:
            for match in TOKEN.finditer(p.text):
                yield from _finding(p, match)


def _finding(p: Paragraph, match: re.Match[str]) -> Iterator[Finding]:
    words = match[1].strip()
    if not words or "<<" in words or "{" in words:
        return  # a box drawn with brackets
    if re.fullmatch(r"[_.…\s●•○■◆]+", words):
        yield Finding("brackets", Rank.TOKEN, (place(p, match.start(), match.end()),), 0.8)
        return
    if is_date_shape(words):
        yield Finding("brackets", Rank.TOKEN, (place(p, *match.span()),), 0.9, type=FieldType.DATE, date_format=words)
        return
    figure = words.isdigit() or words in ("x", "n")
    counts = figure and is_unit(p.text[match.end() : match.end() + 20])  # "[30] days": a number to be agreed
    if is_reference(words) and words not in "XYN" and not counts:
        return
    if is_guidance(words) or is_annotation(words) or OPTION_HEAD.match(words):
        yield Finding("brackets", Rank.TOKEN, (place(p, match.start(), match.end()),), 0.9, ignored=True)
        return
    options = alternatives(words)
    yield Finding(
        "brackets",
        Rank.TOKEN,
        (place(p, match.start(), match.end()),),
        0.9,
        label=title_of(words),
        name=words,
        same=sameness(words),
        type=FieldType.CHOICE if options else None,
        options=options,
    )
