"""____, ......, …: lines to write on."""

from __future__ import annotations

import re
from collections.abc import Iterator

from ..finding import Finding, Rank, place
from ..kinds import tell_type
from ..layout import Layout, is_blank
from ..model import FieldType, Paragraph
from ..wording import without_markers

UNDERSCORES = r"_{3,}(?:[ \t]_{3,})*|(?<![\w_$])__(?![\w_])"
DOTS = (
    r"(?<!\w)\.{5,}…*|\.{8,}…*|(?:\. ){5,}\.?|(?:…[ .]{0,3}){3,}\.*|(?<!\w)…\.{2,}…*|…[.…]*\.{4,}…*|…(?:\s*,\s*…)+"
)
DAY = (
    r"[«\"“„‹]\s*(?:_+|[.…]{1,9}|(?<=[«\"“„‹])[ \xa0]{2,12})\s*[»\"”“›]\s*(?:_{3,}|[.…]{2,40}|[ \xa0]{5,60})\s*"
    r"(?:20\s?[_.…]{1,4}|20[ \xa0]{2,6}|[_.…]{2,}|20\d\d)(?:\s*г(?:ода|\.)?)?"
)
DATE = (
    r"_{1,10}\s?[/.\-]\s?_{1,10}\s?[/.\-]\s?_{1,12}"
    r"|(?:\.{2,10}|…[.…]{0,9})\s?(?P<stroke>[/\-–])\s?(?:\.{2,10}|…[.…]{0,9})\s?(?P=stroke)\s?(?:\.{2,12}|…[.…]{0,11})"
    r"|(?<!_)_{2,}\s?(?:st|th)?\s?day of\s_{3,},?\s?(?:20)?_{2,}|(?<!_)_{4,},?\s{1,3}20\s?_{1,4}(?!_)"
    r"|(?<!_)_{2,}\sde\s_{3,}\sde[l ]?\s?(?:20)?_{2,}"
    r"|(?<=[:\t ])[ \xa0]{2,99}/[ \xa0]{2,99}/(?:[ \xa0]{2,99}|[ \xa0]?$)"
)
EAST = (
    r"(?:(?:平成|令和|昭和|民國|民国|西暦)\s*)?(?:20\d\d|[_\u3000 ]{1,40})年[_\u3000 ]{1,40}月[_\u3000 ]{1,40}日"
    r"|(?:^|(?<=[:：\s]))年[_\u3000 ]{1,40}月[_\u3000 ]{1,40}日"
)
WIDE = (  # blanks of an eastern form: before its seal, in its brackets, before what they count
    r"\u3000{2,99}(?=[（(]?[㊞印])|(?<=[（(])\u3000{2,99}(?=[）)])"
    r"|(?<=〒)[\u3000 _]{2,}-[\u3000 _]{2,}|\u3000{2,99}(?=(?:日間|時間|円|人|名|歳|か月|ヶ月|年間|件|台|個))"
)
TIME = r"_{1,4}\s?[:hH]\s?_{1,4}(?![_\w])"
COMB = r"\|(?:_{1,3}\|)+(?:[ /.\-]{0,3}\|(?:_{1,3}\|)+)*"  # |__|__| / |__|__|: a line for each character
BLANK = re.compile(rf"(?P<date>{DAY}|{DATE}|{EAST})|(?P<time>{TIME})|{COMB}|{UNDERSCORES}|{DOTS}|(?P<wide>{WIDE})")
LABELLED = re.compile(r"[ \u3000]*[\u3040-\u9fff](?:\u3000?[\u3040-\u9fff]){1,9}(\u3000[ \u3000]{5,})")
LONE_ELLIPSIS = re.compile(r"\s*(?:…|\.\.\.)\s*")
MARKS = re.compile(r"_|…|\.\.\.|\. \.|年[_\u3000 ]|\u3000{2}|[ \xa0]{2}(?:/[ \xa0]{2}|[»\"”]\s{5})")
TOKEN_ENDS, TOKEN_STARTS = ("}", ">", "_"), ("$", "{", "<")  # what a mark touches that only lengthens a token
LINES_BELOW = 2  # lines under a line, from which on they ask for a longer text
COLUMNS = re.compile(r"\t+|\s{4,}")
SIGNED = (FieldType.SIGNATURE, FieldType.DATE, FieldType.PERSON)
AS_WHOM = re.compile(r",?\s*\(?[^\W\d_]+(?: [^\W\d_]+){0,3}\)?")  # ", Petitioner" after a name
MAX_CAPTION = 40
MAX_RULE = 12  # a line longer than that with nothing beside it may be a rule across the page


def find_blanks(layout: Layout) -> Iterator[Finding]:
    previous_blank: Paragraph | None = None
    for p in layout.body:
        if not _may_be_blank(p.text):
            previous_blank = None if not is_blank(p.text) else previous_blank
            continue
        if _is_only_blanks(p.text):
            yield from _whole_line(layout, p, previous_blank)
            previous_blank = p
        else:
            previous_blank = p if p.text.rstrip().endswith(("___", "....", "……")) else None
            yield from (_finding(layout, p, match) for match in BLANK.finditer(p.text))
            labelled = LABELLED.fullmatch(p.text)
            if labelled is not None:
                yield Finding("blanks", Rank.BLANK, (place(p, *labelled.span(1)),), 0.6)
            if LONE_ELLIPSIS.fullmatch(p.text) and _fills_cell(layout, p):
                start = len(p.text) - len(p.text.lstrip())
                yield Finding("blanks", Rank.BLANK, (place(p, start, len(p.text.rstrip())),), 0.7)


def _may_be_blank(text: str) -> bool:
    plain = "_" in text or "..." in text or ". ." in text or "  " in text or not text.isascii()
    return plain and MARKS.search(text) is not None


def _is_only_blanks(text: str) -> bool:
    return BLANK.search(text) is not None and is_blank(BLANK.sub("", text).strip(".,;:|/()-–"))


def _finding(layout: Layout, p: Paragraph, match: re.Match[str]) -> Finding:
    kind = FieldType.DATE if match["date"] else FieldType.TEXT if match["time"] else None
    start = match.start() + len(match[0]) - len(match[0].lstrip(" "))
    end = match.end() if match["wide"] else match.start() + len(match[0].rstrip())
    lengthens = p.text.endswith(TOKEN_ENDS, 0, start) or p.text.startswith(TOKEN_STARTS, end)
    long = end == len(p.text.rstrip()) and _has_lines_below(layout, p)
    return Finding("blanks", Rank.BLANK, (place(p, start, end),), 0.85, type=kind, long=long, ignored=lengthens)


def _has_lines_below(layout: Layout, p: Paragraph) -> bool:
    i = layout.at[p.part, p.p] + 1
    below = layout.paragraphs[i : i + LINES_BELOW]
    inside = (q.part == p.part and layout.cell_of(q) is layout.cell_of(p) for q in below)
    return len(below) == LINES_BELOW and all(inside) and all(_is_only_blanks(q.text) for q in below)


def _whole_line(layout: Layout, p: Paragraph, previous: Paragraph | None) -> Iterator[Finding]:
    """Lines under lines of a cell are one value; a line with nothing above or below it that could name it is a rule."""
    for match in BLANK.finditer(p.text):
        finding = _finding(layout, p, match)
        continued = (
            previous is not None
            and layout.cell_of(previous) is layout.cell_of(p)
            and not _is_signed(layout, p)
            and (len(BLANK.findall(previous.text)) == 1 if _is_only_blanks(previous.text) else p.p == previous.p + 1)
        )
        finding.ignored = finding.ignored or continued or not _is_writable(layout, p, match)
        if finding.type is None and _is_over_name(layout, p):
            finding.type, finding.label = FieldType.SIGNATURE, "Signature"
        yield finding


def _is_writable(layout: Layout, p: Paragraph, match: re.Match[str]) -> bool:
    if p.cell is not None or len(match[0]) <= MAX_RULE:
        return True
    above, below = layout.before(p, 2), layout.after(p, 2)
    if below is not None and (below.text.strip().startswith("(") or _is_captions(without_markers(below.text))):
        return True
    return above is not None and (above.text.strip().endswith((":", "?", "：")) or len(above.text) <= 80)


def _is_signed(layout: Layout, p: Paragraph) -> bool:
    """Whether the next line says that this one is for a signature, a name or a date."""
    below = layout.after(p, 1)
    if below is None or MARKS.search(below.text) or below.text.rstrip().endswith((":", ".")):
        return False
    columns = COLUMNS.split(below.text.strip())
    return _is_captions(below.text) and all(tell_type(column) in SIGNED for column in columns)


def _is_captions(text: str) -> bool:
    return all(len(column) <= MAX_CAPTION for column in COLUMNS.split(text.strip()))


def _is_over_name(layout: Layout, p: Paragraph) -> bool:
    """Whether the next line is a placeholder, alone or with who that is behind it: the line above is signed."""
    below = layout.after(p, 1)
    if below is None or MARKS.search(below.text):
        return False
    rest = without_markers(below.text).strip()
    named = rest != below.text.strip() and rest.startswith((",", "("))
    return is_blank(rest) or (named and AS_WHOM.fullmatch(rest) is not None)


def _fills_cell(layout: Layout, p: Paragraph) -> bool:
    """An ellipsis alone in a cell stands for a value when its row has a label."""
    row = layout.row_of(p)
    cell = layout.cell_of(p)
    if cell is None or not row or row[0] is cell:
        return False
    return not LONE_ELLIPSIS.fullmatch(row[0].text or "…")
