"""<Date>, <<COMPANY>>: words in angle brackets."""

from __future__ import annotations

import re
from collections.abc import Iterator

from ..finding import Finding, Rank, place
from ..layout import Layout
from ..model import FieldType, Paragraph
from ..wording import MACHINE_TAG, alternatives, is_date_shape, is_identifier, is_reference, sameness, title_of

TOKEN = re.compile(
    r"<{2,3}(?=[^\s<])([^<>]{1,200}?)>{2,3}|<(?=[^\s<>/!=\-\d])([^<>\n]{1,160}?)>"
    r"|<([#xX?_.…][^<>\n]{0,40}|[\d.#xX]{1,12})>"
)
NO_VALUE = re.compile(r"(?:https?:|mailto:|www\.|\S+@\S+\.|/)", re.IGNORECASE)
MARKUP = re.compile(r"/?(?:br|p|b|i|u|a|li|ul|ol|td|tr|div|span|html|body|table|head|img|h\d)\b", re.IGNORECASE)
MACHINERY = re.compile(r"\{?\s*(?:else\b|elseif|end\b|if\b|for\b|/|#|\^|%|!|\$\w+$)", re.IGNORECASE)
EXPRESSION = re.compile(r"\{.*\}")
IN_EXPRESSION = re.compile(r"\(([^\W\d]\w*)")


def find_angles(layout: Layout) -> Iterator[Finding]:
    for p in layout.body:
        if "<" not in p.text or ">" not in p.text:
            continue
        for tag in MACHINE_TAG.finditer(p.text):
            yield Finding("angles", Rank.TOKEN, (place(p, *tag.span()),), 0.9, ignored=True)
        for match in TOKEN.finditer(MACHINE_TAG.sub(lambda tag: " " * len(tag[0]), p.text)):
            yield from _finding(p, match)


def _finding(p: Paragraph, match: re.Match[str]) -> Iterator[Finding]:
    words = (match[1] or match[2] or match[3] or "").strip()
    if not words or NO_VALUE.match(words):
        return
    anchor = (place(p, match.start(), match.end()),)
    double = match[1] is not None
    if double and MACHINERY.match(words):
        yield Finding("angles", Rank.TOKEN, anchor, 0.9, ignored=True)
        return
    if not double and (MARKUP.fullmatch(words.split()[0]) or (is_reference(words) and not match[3] and words != "X")):
        return
    if EXPRESSION.fullmatch(words):
        inner = IN_EXPRESSION.search(words)
        words = inner[1] if inner else words.strip("{}")
    if is_date_shape(words):
        yield Finding("angles", Rank.TOKEN, anchor, 0.9, type=FieldType.DATE, date_format=words)
        return
    options = alternatives(words) if not double else ()
    variable = is_identifier(words) and words != words.upper()
    yield Finding(
        "angles",
        Rank.TOKEN,
        anchor,
        0.9,
        label=title_of(words),
        name=words,
        same=f"var {words.casefold()}" if double and variable else sameness(words),
        type=FieldType.CHOICE if options else None,
        options=options,
    )
