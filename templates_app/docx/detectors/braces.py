"""{{ customer }}, {customer}, ${customer}, {% … %}: the placeholders of template engines.

What is printed is a field, named by the path it begins with; statements and comments take their place and are none.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from ..finding import Finding, Rank, place
from ..layout import Layout
from ..model import FieldType, Paragraph
from ..wording import is_guidance, is_reference, title_of

STATEMENT = re.compile(r"\{%[^\n]{0,1000}?%\}|\{#[^\n]{0,1000}?#\}")
PRINTED = re.compile(r"\$?\{\{\{?([^\n{][^\n]{0,300}?)\}?\}\}")
SINGLE = re.compile(r"\$?(?<!\{)\{([^{}\n]{1,80}?)\}(?!\})")
MACHINERY = re.compile(
    r"\s*(?:[%#/^>!@]|else\b|end(?:[ -]?(?:if|for|each|unless|with|while)\b|\s*$)|if\b|for\b|each\b|unless\b)"
    r"|.*\[\w+\+\d+\]",
    re.IGNORECASE,
)
VARIABLE = re.compile(r"\s*([^\W\d][\w.\- \[\]]*?)\s*(?:\|.*|:[a-z]\w*(?:\(.*\))?)?\s*")
QUOTES = str.maketrans("“”„‘’‚", "\"\"\"'''")  # Word turns them as it likes
OF_PERSON = re.compile(r"\.name\.(?:full|familiar|first|middle|last|lastfirst)\b")
PREFIX = re.compile(r"\s*(?:=|(?:p|r|tr|tc)\s+(?=\S))?\s*")
PATH = re.compile(r"(?:[^\W\d]\w*\()*([^\W\d]\w*(?:\[[^\]]*\]|\.[^\W\d]\w*(?!\w*\())*)")


def find_braces(layout: Layout) -> Iterator[Finding]:
    for p in layout.body:
        if "{" in p.text:
            yield from _in_paragraph(p)


def _in_paragraph(p: Paragraph) -> Iterator[Finding]:
    text = p.text
    for match in STATEMENT.finditer(text) if "{%" in text or "{#" in text else ():
        yield Finding("braces", Rank.COMPUTED, (place(p, *match.span()),), 0.9, ignored=True)
    for match in PRINTED.finditer(text) if "{{" in text else ():
        words = match[1][_prefix_end(match[1]) :]
        yield _finding(p, match, words, _variable(words) or _path(words))
    for match in SINGLE.finditer(text):
        name = _variable(match[1])
        if name or MACHINERY.match(match[1]):
            yield _finding(p, match, match[1], name)


def _prefix_end(words: str) -> int:
    prefix = PREFIX.match(words)
    return prefix.end() if prefix is not None else 0


def _variable(words: str) -> str:
    """The name when there is nothing but a name, with a filter or a format behind it."""
    match = VARIABLE.fullmatch(words)
    return match[1] if match is not None and not is_guidance(words) and not is_reference(words) else ""


def _path(words: str) -> str:
    """The first path of an expression: customer.name of "upper(customer.name) if customer else '-'"."""
    match = PATH.match(words.strip())
    return match[1] if match is not None else ""


def _finding(p: Paragraph, match: re.Match[str], words: str, name: str) -> Finding:
    anchor = (place(p, match.start(), match.end()),)
    if not name or MACHINERY.match(words):
        return Finding("braces", Rank.TOKEN, anchor, 0.9, ignored=True)
    plain = " ".join(words.translate(QUOTES).split()) if "(" in words else name
    kind = FieldType.PERSON if OF_PERSON.search(words) else None
    return Finding(
        "braces", Rank.TOKEN, anchor, 0.95, label=title_of(name), name=name, same=f"var {plain.casefold()}", type=kind
    )
