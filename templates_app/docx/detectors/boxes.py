"""Boxes to tick: ☐ in any guise — glyphs, symbols, legacy form fields, content controls, "[ ]".

Boxes that exclude each other are one choice with one anchor per box; the others are check boxes of their own.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise

from ..finding import Finding, Rank, place
from ..layout import Layout, Table, TableCell, is_blank
from ..lexicon import MULTIPLE, OPPOSITES, SINGLE, YES_NO_WORDS, words_of
from ..model import FieldType, Paragraph
from ..surroundings import ASKING, label_above, words_before
from ..wording import MACHINE_TAG

GLYPHS = re.compile(r"[☐□▢◻❏❑☑☒⬜🗆🗹🔲\uf06f\uf070\uf071\uf072\uf0a8\uf0fd\uf0fe]|\[ {1,3}\]|\[[xX]\](?=\s)")
GLYPHS_ALONE = re.compile(GLYPHS.pattern.rsplit("|", 1)[0])
RADIO = re.compile(r"[○◯⭘🔘]|(?<!\w)\( {1,3}\)")  # only several in a line are boxes: one alone may be a bullet
EMPTY_DRAWN = re.compile(r"\[ {1,3}\]")
GLYPH_CHARS = re.compile(r"[☐□▢◻❏❑☑☒⬜🗆🗹🔲\uf06f\uf070\uf071\uf072\uf0a8\uf0fd\uf0fe\[]")
NOT_APPLICABLE = frozenset(
    {"n", "a", "na", "partial", "partly", "unknown", "maybe", "entfällt", "teilweise", "частично"}
)
ONE_OF = re.compile(
    r"\b(?:phase|status|type|level|gender|sex|frequency|method|classification|category|typ|geschlecht|kategorie"
    r"|sexe|sexo|tipo|niveau|kjønn|пол|тип|вид|статус)\s*:?\s*$",
    re.IGNORECASE,
)
OPPOSED = frozenset({*OPPOSITES, *(pair[::-1] for pair in OPPOSITES)})
BETWEEN = re.compile(r"[ \xa0]?[/.\-–]?[ \xa0]?")  # boxes of one value
MIN_COMB = 3
MAX_LABEL = 160
MAX_NAMED = 4
MAX_ROWS_UP = 40  # so far above a box its column title is looked for
MAX_CHOICE = 8
MAX_STATED = 30  # where the words say that one is to be chosen


@dataclass(slots=True)
class Box:
    """One box with the words beside it."""

    paragraph: Paragraph
    start: int
    end: int
    label: str = ""

    def words(self) -> set[str]:
        return set(words_of(self.label))


TICKING = re.compile(
    r"\b(?:tick|check|mark|cross|place an?|put an?|enter an?|ankreuzen|kreuzen|cocher|cochez|marcar|marque|barrare"
    r"|aankruisen|kryss|kryssa|отметить|отметьте|zaznacz\w*)\b[^.:?☐□]{0,30}$",
    re.IGNORECASE,
)


def find_boxes(layout: Layout) -> Iterator[Finding]:
    glyphs = GLYPHS if not _drops_ticks(layout) else GLYPHS_ALONE
    by_paragraph: list[tuple[Paragraph, list[Box]]] = []
    for p in layout.body:
        combs, boxes = _apart(_boxes(p, glyphs))
        yield from (Finding("boxes", Rank.BOX, (place(p, c[0].start, c[-1].end),), 0.8) for c in combs)
        if boxes:
            by_paragraph.append((p, boxes))
    for _, boxes in by_paragraph:
        _label_in_line(boxes)
    lone: list[Box] = []
    for p, boxes in by_paragraph:
        if len(boxes) == 1 and _is_mentioned(boxes[0]):
            yield Finding("boxes", Rank.BOX, (place(p, boxes[0].start, boxes[0].end),), 0.9, ignored=True)
        elif len(boxes) == 1:
            lone.append(boxes[0])
        else:
            yield from _in_line(layout, p, boxes)
    yield from _over_paragraphs(layout, lone)


def _apart(boxes: list[Box]) -> tuple[list[list[Box]], list[Box]]:
    """Rows of boxes that take a character each, "☐☐ / ☐☐ / ☐☐☐☐", and the boxes to tick."""
    runs: list[list[Box]] = []
    for box in boxes:
        last = runs[-1][-1] if runs else None
        if last is not None and box.start > last.start and BETWEEN.fullmatch(box.paragraph.text, last.end, box.start):
            runs[-1].append(box)
        else:
            runs.append([box])
    combs = [run for run in runs if len(run) >= MIN_COMB and any(a.end == b.start for a, b in pairwise(run))]
    combs = [run for run in combs if all(b.start < b.end for b in run) and not run[0].paragraph.marks]
    return combs, [box for run in runs if run not in combs for box in run]


def _is_mentioned(box: Box) -> bool:
    """ "Please tick ☒ what applies" shows how a box is ticked and has none to tick."""
    text = box.paragraph.text
    shown = TICKING.search(text, 0, box.start) is not None or text.startswith("を", box.end)
    return bool(box.label) and not box.paragraph.marks and shown


def _boxes(p: Paragraph, glyphs: re.Pattern[str]) -> list[Box]:
    spans: set[tuple[int, int]] = set()
    if p.marks:
        spans = {(m.start, m.end) for m in p.marks if m.control in ("checkbox", "FORMCHECKBOX")}
    if not p.text.isascii() or "[" in p.text or "(" in p.text:
        spans |= _drawn(p, glyphs, spans)
    return [Box(p, start, end) for start, end in sorted(spans)] if spans else []


def _drawn(p: Paragraph, glyphs: re.Pattern[str], spans: set[tuple[int, int]]) -> set[tuple[int, int]]:
    drawn: set[tuple[int, int]] = set()
    if GLYPH_CHARS.search(p.text):
        drawn = {m.span() for m in glyphs.finditer(p.text) if not any(s <= m.start() < e for s, e in spans)}
    radios = [m.span() for m in RADIO.finditer(p.text)]
    return drawn | set(radios) if len(radios) > 1 else drawn


def _drops_ticks(layout: Layout) -> bool:
    """ "[X]" is a ticked box only where empty ones are drawn the same way."""
    return not any(EMPTY_DRAWN.search(p.text) for p in layout.paragraphs if "[" in p.text)


def _label_in_line(boxes: Sequence[Box]) -> None:
    """The words after a box name it, unless the line begins with words and ends with a box."""
    text = boxes[0].paragraph.text
    ends = [b.start for b in boxes[1:]] + [len(text)]
    after = [_first_words(text[b.end : end]) for b, end in zip(boxes, ends, strict=True)]
    starts = [0] + [b.end for b in boxes[:-1]]
    before = [_last_words(text[start : b.start]) for b, start in zip(boxes, starts, strict=True)]
    ends_with_box = not after[-1] and bool(before[0])
    answers = all(words.casefold() in YES_NO_WORDS for words in before)
    use_before = ends_with_box or answers or _stand_behind(text, boxes)
    for box, words in zip(boxes, before if use_before else after, strict=True):
        box.label = words


def _stand_behind(text: str, boxes: Sequence[Box]) -> bool:
    """Whether each box is nearer to the words before it than to those behind it: "Mr ☐  Mrs ☐  Other"."""
    before = (text[: b.start] for b in boxes)
    behind = (text[b.end :] for b in boxes)
    return all(words[-2:].strip() and words[-2:-1].strip(" :") for words in before) and all(
        is_blank(words[:2]) for words in behind
    )


def _first_words(text: str) -> str:
    text = MACHINE_TAG.sub("", text)
    words = re.split(r"\t|\n|\s{3,}|_{3,}|\.{4,}|（[\u3000 ]*）?", text.strip(" \xa0\u2002\ufffc:\t\n"), maxsplit=1)[0]
    return words.strip(" \u3000/;,|")[:MAX_LABEL].rstrip()


def _last_words(text: str) -> str:
    return re.split(r"\t|\n|\s{3,}|[:：]\s", MACHINE_TAG.sub("", text).strip())[-1].strip(" /;,|")[:MAX_LABEL]


# several boxes in one paragraph


def _in_line(layout: Layout, p: Paragraph, boxes: Sequence[Box]) -> Iterator[Finding]:
    above = label_above(layout, p)
    multiple = MULTIPLE.search(p.text) is not None or MULTIPLE.search(above) is not None
    for group in _groups(p, boxes):
        if len(group) > 1 and not multiple and len(group) <= MAX_CHOICE:
            yield _choice(group, label=_question(p, group) or above or " / ".join(b.label for b in group[:MAX_NAMED]))
        else:
            yield from (_single(box) for box in group)


def _question(p: Paragraph, group: Sequence[Box]) -> str:
    """The words in front of the first box that are not its own label."""
    words = words_before(p, group[0].start)
    own = group[0].label
    if own and words.endswith(own):
        words = words_before(p, p.text.rfind(own, 0, group[0].start))
    return words if words not in {b.label for b in group} else ""


def _groups(p: Paragraph, boxes: Sequence[Box]) -> list[list[Box]]:
    """A label that comes again, or a new line, begins the next choice."""
    groups: list[list[Box]] = []
    for box in boxes:
        last = groups[-1] if groups else None
        broken = last is not None and "\n" in p.text[last[-1].end : box.start]
        if (
            last is None
            or broken
            or len(last) > MAX_CHOICE
            or (box.label and box.label.casefold() in {b.label.casefold() for b in last})
        ):
            groups.append([box])
        else:
            last.append(box)
    return groups


def _choice(group: Sequence[Box], label: str = "") -> Finding:
    anchors = tuple(place(b.paragraph, b.start, b.end) for b in group)
    return Finding(
        "boxes", Rank.BOX, anchors, 0.9, label=label, type=FieldType.CHOICE, options=tuple(b.label for b in group)
    )


def _single(box: Box, title: str = "") -> Finding:
    label = f"{title}: {box.label}" if title and box.label else box.label or title
    return Finding(
        "boxes", Rank.BOX, (place(box.paragraph, box.start, box.end),), 0.95, label=label, type=FieldType.CHECKBOX
    )


def _short_title(intro: str) -> str:
    """The words over a group of boxes, when they are a title and no sentence."""
    words = re.sub(r"\s*\([^()]*\)", "", intro.split("\n")[-1]).strip(" :：")
    return words if 0 < len(words.split()) <= 5 else ""


# one box in each of several paragraphs or cells


def _over_paragraphs(layout: Layout, lone: Sequence[Box]) -> Iterator[Finding]:
    rows: defaultdict[tuple[str, int, int], list[Box]] = defaultdict(list)
    rest: list[Box] = []
    for box in lone:
        cell = box.paragraph.cell
        if cell is not None:
            rows[box.paragraph.part, cell.table, cell.row].append(box)
        else:
            rest.append(box)
    columns: list[Box] = []
    for boxes in rows.values():
        if len({b.paragraph.cell.column for b in boxes if b.paragraph.cell}) == len(boxes) > 1:
            yield from _across(layout, boxes)
        else:
            columns += boxes
    yield from _downwards(layout, sorted(columns + rest, key=lambda b: layout.at[b.paragraph.part, b.paragraph.p]))


def _across(layout: Layout, boxes: list[Box]) -> Iterator[Finding]:
    """Boxes in the cells of one row: a choice named by the row, its options by their cells or column headers."""
    table = layout.table_of(boxes[0].paragraph)
    row = layout.row_of(boxes[0].paragraph)
    titles = [_title(table, b) for b in boxes]
    for box, title in zip(boxes, titles, strict=True):
        box.label = box.label or (
            title if len(set(titles)) == len(boxes) and all(titles) else _label_from_cells(table, row, box)
        )
    exclusive = all(b.words() & YES_NO_WORDS or b.words() & NOT_APPLICABLE for b in boxes)
    own = {b.paragraph.cell.column for b in boxes if b.paragraph.cell}
    first = next((c.text for c in row if c.column not in own and len(c.text) > 3), "")
    if (exclusive or first) and len(boxes) <= MAX_CHOICE and not MULTIPLE.search(first):
        yield _choice(boxes, label=first.split("\n")[0] if first else "")
    else:
        yield from (_single(box) for box in boxes)


def _label_from_cells(table: Table | None, row: Sequence[TableCell], box: Box) -> str:
    cell = box.paragraph.cell
    if table is None or cell is None:
        return ""
    right = next((c.text for c in row if c.column > cell.column), "")
    left = next((c.text for c in reversed(row) if c.column < cell.column and c.text), "")
    if left.endswith(ASKING) and right.endswith(ASKING):
        return left.split("\n")[0][:MAX_LABEL]  # each asks for the cell behind it
    if right and not GLYPHS.search(right):
        return right.split("\n")[0][:MAX_LABEL]
    return (_title(table, box) or left).split("\n")[0][:MAX_LABEL]


def _title(table: Table | None, box: Box) -> str:
    """The words over a column of boxes."""
    cell = box.paragraph.cell
    if table is None or cell is None:
        return ""
    for at in range(cell.row, max(cell.row - MAX_ROWS_UP, 0), -1):
        found = table.above(at, cell.column)
        if found is not None and found.text and not GLYPHS.search(found.text):
            return found.text.split("\n")[0][:MAX_LABEL]
    return ""


def _downwards(layout: Layout, boxes: Sequence[Box]) -> Iterator[Finding]:
    for box in boxes:
        if not box.label:
            box.label = _label_from_cells(layout.table_of(box.paragraph), layout.row_of(box.paragraph), box)
    for run in _runs(layout, boxes):
        intro = MACHINE_TAG.sub("", _intro(layout, run[0])).strip()
        if 1 < len(run) <= (MAX_STATED if SINGLE.search(intro) else MAX_CHOICE) and _excludes(run, intro):
            yield _choice(run, label=intro.rstrip(" :"))
        else:
            yield from (_single(box, _short_title(intro) if len(run) > 1 else "") for box in run)


def _runs(layout: Layout, boxes: Sequence[Box]) -> list[list[Box]]:
    """Boxes in neighbouring paragraphs of one cell or of the body, or in neighbouring rows of one column."""
    runs: list[list[Box]] = []
    for box in boxes:
        if runs and _are_neighbours(layout, runs[-1][-1], box):
            runs[-1].append(box)
        else:
            runs.append([box])
    return runs


def _are_neighbours(layout: Layout, a: Box, b: Box) -> bool:
    first, second = a.paragraph.cell, b.paragraph.cell
    if a.paragraph.part != b.paragraph.part or (first is None) != (second is None):
        return False
    if (
        first is None
        or second is None
        or (first.table, first.row, first.column) == (second.table, second.row, second.column)
    ):
        return _are_next(layout, a.paragraph, b.paragraph)
    return (
        first.table == second.table
        and first.column == second.column
        and second.row == first.row + 1
        and first.first
        and second.first
    )


def _are_next(layout: Layout, a: Paragraph, b: Paragraph) -> bool:
    """One under the other, or with an empty or an indented line between, which continues the label above."""
    if b.p - a.p <= 1:
        return True
    between = layout.paragraphs[layout.at[a.part, a.p] + 1]
    return b.p - a.p == 2 and (is_blank(between.text) or between.text.startswith("    "))


def _intro(layout: Layout, box: Box) -> str:
    """What stands above the first box of a run."""
    cell = box.paragraph.cell
    table = layout.table_of(box.paragraph)
    if cell is not None and table is not None:
        inside = layout.before(box.paragraph, 3)
        if (
            inside is not None
            and inside.cell is not None
            and (inside.cell.row, inside.cell.column) == (cell.row, cell.column)
        ):
            return inside.text.strip()
        above = table.above(cell.row, cell.column)
        return above.text if above is not None else ""
    before = layout.before(box.paragraph, 2)
    return before.text.strip() if before is not None else ""


def _excludes(run: Sequence[Box], intro: str) -> bool:
    if MULTIPLE.search(intro):
        return False
    if all(b.words() & YES_NO_WORDS or b.words() & NOT_APPLICABLE for b in run):
        return True
    if tuple(b.label.strip(" .:;,").casefold() for b in run) in OPPOSED:
        return True
    return SINGLE.search(intro) is not None or ONE_OF.search(intro) is not None
