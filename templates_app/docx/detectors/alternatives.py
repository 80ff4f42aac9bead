"""Yes / No: words of which one is to be kept."""

from __future__ import annotations

import re
from collections.abc import Iterator

from ..finding import Finding, Rank, place
from ..layout import Layout, is_blank
from ..lexicon import LEVELS, NEGATIONS, OPPOSED_LETTERS, OPPOSITES, SELECTION, SINGLE, YES_NO, words_of
from ..model import FieldType, Paragraph
from ..wording import MARKERS

PAIRS = "|".join(rf"{re.escape(a)}\s*/\s*{re.escape(b)}" for a, b in YES_NO if len(a) > 1)
YES_OR_NO = re.compile(
    rf"(?<![\w/])(?:{PAIRS})(?:\s*/\s*[^\W\d_.]{{1,4}}(?:[/.][^\W\d_]\.?)?)?(?![\w/])", re.IGNORECASE
)
OFFERED = re.compile(rf"\by/n\b|{YES_OR_NO.pattern}", re.IGNORECASE)  # in a label also by the letters alone
MAX_ROWS = 50
MAX_TAIL = 150
WORDS = r"[^\W_][\w'’\-]*(?: [^\W_][\w'’\-]*){0,2}"
LISTED = re.compile(rf"(?:^|\s{{2,}}|\s)((?:{WORDS}) / (?:{WORDS})(?: / (?:{WORDS}))*)\s*$")
SELECTING = re.compile(
    r"\b(?:select|choose|delete as|circle|strike out|nichtzutreffendes|rayer|streichen|выбрать|подчеркнуть)\b",
    re.IGNORECASE,
)


GAP = r"(?:[ \xa0]{2,}|[ \xa0]*\t[ \xa0\t]*)"  # between words to circle
SLASH = r"\s?[/・]\s?"
APART = "|".join(rf"{re.escape(a)}{GAP}{re.escape(b)}" for a, b in YES_NO if len(a) > 1)
OPPOSED = "|".join(rf"{re.escape(a)}(?:{GAP}|{SLASH}){re.escape(b)}" for a, b in OPPOSITES)
NEGATED = rf"(?P<said>[^\W\d_]{{2,}}){SLASH}(?:{'|'.join(NEGATIONS)})[ -](?P=said)"
LETTERS = "|".join(rf"(?-i:{a}(?:{GAP}|{SLASH}){b})" for a, b in OPPOSED_LETTERS)
OPPOSITE = re.compile(
    rf"(?<![\w/])(?:(?P<words>{APART}|{OPPOSED}|{NEGATED})(?:(?:{GAP}|{SLASH})n/?a)?|{LETTERS})(?![\w/])", re.IGNORECASE
)
INSTRUCTED = re.compile(rf"\s*(?:\*+|\(?\s*{SELECTION}\b[^()\n]{{0,60}}\)?)\s*[.:?]?\s*", re.IGNORECASE)
PARTS = re.compile(rf"\s*(?<!\bn)[/・](?!a\b)\s*|{GAP}", re.IGNORECASE)
ASKED = re.compile(r"[:?：？)*]\s*$|\s{2,}$|\t$")
SELECTED = re.compile(
    rf"(?:^|[:?：？]\s*|\s{{2,}})((?:{WORDS})(?:{SLASH}(?:{WORDS}))+)\s*\(\s*{SELECTION}\b[^()\n]{{0,60}}\)\s*[.:?]?\s*$",
    re.IGNORECASE,
)
LABELLED = re.compile(r"\w\s?[:?][ \xa0\t]*$")
NEXT = re.compile(r"\*?(?:\t|[ \xa0]{3,})[ \xa0\t]*[^\W_][^:：\n]{0,60}[:：]")
WHOLE = re.compile(r"\S[^\n]*\S")
MAX_LINE = 300  # a longer paragraph offers nothing to circle


def find_alternatives(layout: Layout) -> Iterator[Finding]:
    for p in layout.body:
        if len(p.text) <= MAX_LINE and any(mark in p.text for mark in ("/", "  ", "\t", "・")):
            first = OPPOSITE.search(p.text)
            found = _opposite(layout, p, first)
            inside = [found] if found is not None else _inside(p) if first is not None else []
            if inside:
                yield from inside
                continue
        if "/" not in p.text:
            continue
        matches = list(YES_OR_NO.finditer(p.text))
        for match in matches:
            if not _belongs_to_label(layout, p, match):
                yield _finding(p, match.start(), match[0], 0.8)
        if not matches and " / " in p.text:
            yield from _listed(layout, p)


def _finding(p: Paragraph, start: int, words: str, confidence: float) -> Finding:
    options = tuple(" ".join(part.split()) for part in PARTS.split(words))
    return Finding(
        "alternatives",
        Rank.BARE,
        (place(p, start, start + len(words)),),
        confidence,
        type=FieldType.CHOICE,
        options=options,
    )


def _opposite(layout: Layout, p: Paragraph, first: re.Match[str] | None) -> Finding | None:
    """Words to circle or strike out at the end of a line: "Sex:  Male   Female"."""
    selected = SELECTED.search(p.text)
    match = selected or first or _levels(p)
    if match is None or p.marks or MARKERS.search(p.text):
        return None
    start, words = (match.start(1), match[1]) if selected is not None else (match.start(), match[0])
    before, after = p.text[:start], p.text[start + len(words) :]
    instructed = INSTRUCTED.fullmatch(after.strip()) is not None
    if not is_blank(after) and not instructed:
        return None
    if not is_blank(before) and not ASKED.search(before):
        return None
    if is_blank(before) and not instructed and not _is_beside_label(layout, p):
        return None
    return _finding(p, start, words, 0.7) if not _belongs_to_label(layout, p, match) else None


def _inside(p: Paragraph) -> list[Finding]:
    """Such words behind their label, and wide blanks before the next: "Sex: male / female      Born: ______"."""
    return [
        _finding(p, match.start(), match[0], 0.7)
        for match in OPPOSITE.finditer(p.text)
        if LABELLED.search(p.text, 0, match.start()) and NEXT.match(p.text, match.end())
    ]


def _levels(p: Paragraph) -> re.Match[str] | None:
    """High / Medium / Low, if there is nothing else in the paragraph."""
    match = WHOLE.fullmatch(p.text) if p.text.count("/") > 1 else None
    return match if match is not None and all(w in LEVELS for w in words_of(match[0])) else None


def _is_beside_label(layout: Layout, p: Paragraph) -> bool:
    """Whether its cell holds nothing else, and the one before it has words."""
    cell = layout.cell_of(p)
    if cell is None or cell.text != p.text.strip():
        return False
    left = next((c for c in reversed(layout.row_of(p)) if c.column < cell.column), None)
    return left is not None and any(c.isalpha() for c in left.text)


def _belongs_to_label(layout: Layout, p: Paragraph, match: re.Match[str]) -> bool:
    """ "Required (Yes/No)" beside or above an empty cell says what goes there."""
    cell = layout.cell_of(p)
    table = layout.table_of(p)
    if cell is None or table is None:
        return False
    right = next((c for c in layout.row_of(p) if c.column >= cell.end), None)
    if right is not None and right.empty and not is_blank(p.text[: match.start()]):
        return True
    return cell.cell.row == 0 and any(c.empty for r in table.rows[1:MAX_ROWS] for c in r if c.column == cell.column)


def _listed(layout: Layout, p: Paragraph) -> Iterator[Finding]:
    match = LISTED.search(p.text, max(len(p.text) - MAX_TAIL, 0))
    if match is None:
        return
    words = match[1]
    before = p.text[: match.start(1)]
    above = layout.before(p, 1)
    asked = above is not None and above.text.strip().endswith("?")
    if SELECTING.search(before) or SINGLE.search(before):
        first, slash, rest = words.partition(" / ")
        words = f"{first.split()[-1]}{slash}{rest}"
        yield _finding(p, match.end(1) - len(words), words, 0.6)
    elif asked and not before.strip() and p.cell is None:
        yield _finding(p, match.start(1), words, 0.6)
