"""The words around a place that name it, nearest first."""

from __future__ import annotations

import re
from collections.abc import Iterator

from .layout import Layout, Table, TableCell, drawn_lines, is_blank
from .lexicon import SELECTION
from .model import Anchor, MarkKind, Paragraph
from .wording import MARKERS, without_markers

ABBREVIATION = re.compile(
    r"\b(?:e\.g|i\.e|z\.\s?B|d\.h|u\.a|bzw|ca|no|nr|num|tel|approx|incl|inkl|p\.ex|т\.е|т\.д|ул|им|тел)\.(?=\s)",
    re.IGNORECASE,
)
REMARK = re.compile(r"(?<=\?)\s*\([^()]*\)\s*$")
CLAUSE = re.compile(r"[.;!?]\s+|\t+|\n|\s{3,}")
COMMA = re.compile(r",\s+")
COLUMNS = re.compile(r"\t+|\s{4,}")
CAPTION = re.compile(r"\s*\(([^()]{3,90})\)")
LETTERS = re.compile(r"[^\W\d_]")
ASKING = (":", "?", "：", "？")
MAX_WORDS = 8  # a longer clause is a sentence, whose end tells most
MAX_OPENING = 16  # but not when it opens the paragraph and the place ends it
MAX_CLAUSES = 6  # so far back a name is looked for that the words before the place go on from
MAX_BESIDE = 6  # words of a label that needs no caption after its place
MAX_LINE_WORDS = 10
MAX_TITLE_WORDS = 3  # more with a full stop behind are a sentence
MAX_CELL_WORDS = 25
MAX_AT = 3  # words before the place where something is signed: "Fait à", "Done at"
MAX_NEARBY = 20
MAX_REACH = 500  # characters before a place in which its name is looked for
MAX_LINE = 2000  # a longer paragraph is no line of a form
PREPOSITIONS = frozenset(
    "for and the von vom zum zur bei mit pour avec para con from with til med fra and или для".split()
)
LISTED = re.compile(r"\s*\(?(?:\d{1,2}|[a-z])[.)]\s*")
MAX_LISTED = 20
NUMBER_SIGN = re.compile(r"(?:№|N[°ºo]\.?|Nr\.?|No\.?|Nº|#)$", re.IGNORECASE)
DEFINED = re.compile(
    r"\s*(?:,\s*)?(?:\(\s*)?(?:hereinafter|hereafter|referred to|именуем|im folgenden|nachfolgend|ci-après|en adelante"
    r"|en lo sucesivo|doravante|di seguito|heretter|hierna)[^\"«“„'‘\n]{0,60}[\"«“„'‘]([^\"»”“'’\n]{2,40})",
    re.IGNORECASE,
)
DEFINITION = re.compile(
    r"\(\s*(?:(?:the|el|la|le|der|die|das|o|a|hereinafter|hereafter|referred to|im folgenden|nachfolgend|ci-après"
    r"|en adelante|en lo sucesivo|doravante|di seguito|heretter|hierna)\b[^()\"“„«»‘']{0,40})?"
    r"[\"“„«‘']([^()\"“„”«»‘’']{2,40})[\"”“»’'][^()]{0,30}\)",
    re.IGNORECASE,
)  # (the “Customer”): what a contract calls the party or the thing named before
QUOTES = re.compile(r"[\"“„«»‘']")
PLACE_AND_DAY = {
    "le": ("Lieu", "Date"), "den": ("Ort", "Datum"), "dnia": ("Miejscowość", "Data"), "il": ("Luogo", "Data"),
    "a": ("Lugar", "Fecha"), "dne": ("Místo", "Datum"),
}  # fmt: skip
DAY_WORDS = "|".join(PLACE_AND_DAY)
DAY_AFTER = re.compile(rf"\s*,\s*({DAY_WORDS})\s+[_.…\[<]", re.IGNORECASE)
SPANISH = re.compile(r"\s*En\s")  # "a" is a word of too many languages
DATE_AFTER = re.compile(r"\s*,\s*_{1,6} de _", re.IGNORECASE)
DAY_BEFORE = re.compile(rf"[_.…\]>]\s*,\s*({DAY_WORDS})\s+$", re.IGNORECASE)
DATED = re.compile(r"\b(?:on|dated|as of|effective)\s+$", re.IGNORECASE)
PARTY = re.compile(
    r"\b(?:between|and|with|by|zwischen|und|mit|entre|et|y|e|tra|tussen|en|mellom|mellan|og|och|между|и)\s+$",
    re.IGNORECASE,
)
SELF = re.compile(
    r"(?:^|[\s.,;:])(?:Herrn?\s?/\s?Frau|Frau\s?/\s?Herrn?|D\.\s?/\s?D(?:ña|ª)\.?|Don\s?/\s?Doña|M\.\s?/\s?Mme"
    r"|Mr\.?\s?/\s?M(?:r?s|iss)\.?(?:\s?/\s?M(?:r?s|iss)\.?)*|Sr\.?\s?/\s?Sra\.?"
    r"|I|Ich|Я|Yo|Eu|Jeg|Io|Dear|Mr\.?|Ms\.?|Mrs\.?|Herrn?|Frau|Sra?\.?|[Jj]e soussigné\S*)\s*,?\s*$"
)
SELECTING = re.compile(rf"\s*{SELECTION}\b", re.IGNORECASE)
SELECT = re.compile(rf"\(\s*{SELECTION}\b[^()\n]*\)", re.IGNORECASE)
OWN_NAME = "Name"
VALUES = frozenset({MarkKind.CONTROL, MarkKind.CONTROL_AROUND, MarkKind.FORM_FIELD, MarkKind.COMPUTED})
MIN_LETTERS = 3  # fewer are a preposition: "of", "от", "le"


def label_around(layout: Layout, anchor: Anchor, *, sentences: bool = True) -> str:
    """What a reader takes for the name of the place; empty when nothing near says.

    ``sentences`` False: the end of a running sentence is no name.
    """
    p = layout.paragraphs[layout.at[anchor.part, anchor.p]]
    return next((words for words in _candidates(layout, p, anchor, sentences=sentences) if _tells(words)), "")


def section_around(layout: Layout, anchor: Anchor) -> str:
    return layout.heading_of(layout.paragraphs[layout.at[anchor.part, anchor.p]])


def label_above(layout: Layout, p: Paragraph) -> str:
    """The name of a whole line of places: what stands over or left of it."""
    sources = _around_cell(layout, p) if p.cell is not None else _around_line(layout, p)
    return next((words for words in sources if _tells(words)), "")


def _tells(words: str) -> bool:
    if not words:
        return False
    letters = LETTERS.findall(words)
    short = words.rstrip().endswith(ASKING) + any(letter >= "\u3040" for letter in letters)  # Chinese words are short
    needed = MIN_LETTERS - min(short, 1)
    return len(letters) >= needed and words.strip().casefold() not in PREPOSITIONS


def _candidates(layout: Layout, p: Paragraph, anchor: Anchor, *, sentences: bool) -> Iterator[str]:
    before = words_before(p, anchor.start, sentences=sentences)
    yield _definition(p, anchor)
    if before.endswith(ASKING):
        yield before
    if SELF.search(p.text, max(anchor.start - 20, 0), anchor.start):
        yield OWN_NAME
    yield _caption_beside(p, anchor, before)
    yield _columns_above(layout, p, anchor)
    yield _caption_below(layout, p, anchor)
    yield _place_or_day(p, anchor)
    yield before
    if p.cell is not None:
        yield from _around_cell(layout, p)
    elif is_blank(before):
        yield from _around_line(layout, p)
    if sentences:
        yield words_after(p, anchor.end)


def _definition(p: Paragraph, anchor: Anchor) -> str:
    """What the first place of a clause is called at its end: "____, residing at ____ (the “Tenant”)"."""
    if len(p.text) > MAX_LINE or not QUOTES.search(p.text):
        return ""
    defined = DEFINED.match(p.text, anchor.end)
    if defined is not None and "(" not in defined[0]:
        return defined[1]
    definitions = [*DEFINITION.finditer(p.text), *DEFINED.finditer(p.text)]
    behind = min((d for d in definitions if d.start() >= anchor.end), key=re.Match.start, default=None)
    if behind is None:
        return ""
    begin = max((d.end() for d in definitions if d.end() <= anchor.start), default=0)
    is_next = is_blank(p.text[anchor.end : behind.start()].strip(","))
    dated = not is_next and DATED.search(p.text, begin, anchor.start) is not None
    is_first = not dated and MARKERS.search(p.text, begin, anchor.start) is None
    begins = is_next and PARTY.search(p.text, max(anchor.start - 30, 0), anchor.start) is not None
    return behind[1].strip(" ,.") if begins or is_first else ""


def _place_or_day(p: Paragraph, anchor: Anchor) -> str:
    """The two places of "____, den ____" and its like, where a letter or a contract is signed."""
    if "," not in p.text:
        return ""
    place = DAY_AFTER.match(p.text, anchor.end)
    if place is not None and len(p.text[: anchor.start].split()) <= MAX_AT and _is_said(p, place[1]):
        return PLACE_AND_DAY[place[1].casefold()][0]
    if DATE_AFTER.match(p.text, anchor.end) and is_blank(p.text[: anchor.start]):
        return "Place"
    day = DAY_BEFORE.search(p.text, max(anchor.start - 30, 0), anchor.start)
    return PLACE_AND_DAY[day[1].casefold()][1] if day is not None and _is_said(p, day[1]) else ""


def _is_said(p: Paragraph, word: str) -> bool:
    return word.casefold() != "a" or SPANISH.match(p.text) is not None


def _caption_beside(p: Paragraph, anchor: Anchor, before: str) -> str:
    """ "(full name)" after the place, unless the line begins with such a caption or opens with a label."""
    caption = CAPTION.match(p.text, anchor.end)
    if caption is not None and (DEFINITION.fullmatch(caption[0].strip()) or SELECTING.match(caption[1])):
        return ""
    if caption is None or len(p.text) > MAX_LINE:
        return caption[1] if caption is not None else ""
    if p.text[: anchor.start].rstrip().endswith(")") and p.text.lstrip().startswith("("):
        return ""
    opens = bool(before) and p.text.lstrip().startswith(before) and len(before.split()) <= MAX_BESIDE
    return before if opens and _tells(before) else caption[1]


def words_before(p: Paragraph, start: int, *, sentences: bool = True) -> str:
    """The clause that leads to the place, other markers left out; of a long one its end, or nothing."""
    text = ABBREVIATION.sub(
        lambda m: m[0].rstrip("."), without_markers(p.text[max(start - MAX_REACH, 0) : start], " \t ")
    )
    text = REMARK.sub("", text) if _tells(REMARK.sub("", text)) else text
    clauses = [c.strip(' ,–-()"“„«»/') for c in CLAUSE.split(text)]
    words = _last_clause([c for c in clauses if LETTERS.search(c) or NUMBER_SIGN.search(c)])
    if ")" in words and "(" not in words and _tells(behind := words.rpartition(")")[2].strip(" ,")):
        words = behind  # what stands before is the caption of the place before
    opening = (
        len(p.text) < MAX_LINE and p.text.lstrip().startswith(words[:20]) and is_blank(without_markers(p.text[start:]))
    )
    if len(words.split()) > (MAX_OPENING if opening else MAX_WORDS) and not words.endswith(ASKING):
        if not sentences:
            return ""
        parts = [part for part in COMMA.split(words) if _tells(part)]
        words = " ".join((parts[-1] if parts else words).split()[-MAX_WORDS:])
    closed = words.count("(") > words.count(")") and p.text[:start].rstrip(" \xa0\t:：").endswith(")")
    return f"{words})" if closed else words


def _last_clause(clauses: list[str]) -> str:
    """The last one; where it is only "to" or "No.", behind what it goes on from: "Period: to", "Passport No."."""
    last = clauses[-1] if clauses else ""
    if _tells(last) or not last:
        return last
    earlier = next((c for c in reversed(clauses[-MAX_CLAUSES:-1]) if _tells(c)), "")
    head = earlier.partition(":")[0] if _tells(earlier.partition(":")[0]) else earlier
    return f"{' '.join(head.split()[-MAX_WORDS:])} {last}".strip()


def words_after(p: Paragraph, end: int) -> str:
    text = p.text[end : end + 200]
    if "(" in text:
        text = SELECT.sub("", DEFINITION.sub("", text))
    text = MARKERS.split(text)[0]
    clauses = [c.strip(' ,–-:.)»"”') for c in CLAUSE.split(text) if LETTERS.search(c)]
    return " ".join(clauses[0].split()[:MAX_WORDS]) if clauses else ""


def _around_line(layout: Layout, p: Paragraph) -> Iterator[str]:
    above = layout.before(p, 2)
    for _ in range(MAX_LISTED if _is_listed(p) else 0):
        if above is None or not _is_listed(above):
            break
        above = layout.before(above, 2)
    if above is None:
        return
    text = above.text.strip()
    if MARKERS.search(text) or _is_computed(above) or (above.cell is not None and not _share_table(above, p)):
        return
    prose = text.endswith(".") and len(text.split()) > MAX_TITLE_WORDS
    if (text.endswith(ASKING) and len(text) <= 250) or (len(text.split()) <= MAX_LINE_WORDS and not prose):
        yield text


def _is_computed(p: Paragraph) -> bool:
    """Whether Word writes the whole line itself: today's date over the name of whom a letter goes to."""
    return any(m.kind is MarkKind.COMPUTED for m in p.marks) and _is_value(p)


def _is_listed(p: Paragraph) -> bool:
    """A numbered line to write on; several have one name above them."""
    return len(p.text) < MAX_LINE and LISTED.fullmatch(without_markers(p.text)) is not None


def _share_table(a: Paragraph, b: Paragraph) -> bool:
    return a.cell is not None and b.cell is not None and a.cell.table == b.cell.table


def _around_cell(layout: Layout, p: Paragraph) -> Iterator[str]:
    cell = layout.cell_of(p)
    table = layout.table_of(p)
    if cell is None or table is None:
        return
    at = cell.index(p)
    for q in reversed(cell.paragraphs[max(at - 4, 0) : at]):
        text = without_markers(q.text).strip()
        if text.endswith(ASKING) or 0 < len(text.split()) <= MAX_CELL_WORDS:
            yield text
    caption = _caption_cell(layout, p, cell)
    if caption.startswith("("):
        yield caption.strip("() ")
    left = _label_left(layout, p, cell)
    title, over = _title_above(layout, p, cell)
    if left and title and over is not None and _is_of_column(layout, p, left, over):
        yield f"{left.rstrip('?？')}: {title}"
    yield left
    if caption and _stands_over(table, cell):
        yield caption
    yield title
    yield caption
    yield next(
        (
            text
            for q in cell.paragraphs[:MAX_NEARBY]
            if q is not p and LETTERS.search(text := without_markers(q.text).strip())
        ),
        "",
    )
    first = layout.paragraphs[table.first]
    yield from _around_line(layout, first)


def _caption_cell(layout: Layout, p: Paragraph, cell: TableCell) -> str:
    """The few words in the cell below, under a line to sign or write on."""
    below = next((c for c in layout.row_at(p, 1) if c.column == cell.column), None)
    if below is None or below.cell.span != cell.cell.span or any(q.marks for q in below.paragraphs):
        return ""
    text = without_markers(below.text).strip()
    if MARKERS.search(below.text) and not text.startswith("("):
        return ""
    text = text.split("\n")[0]
    return text if 0 < len(text.split()) <= MAX_BESIDE else ""


def _is_of_column(layout: Layout, p: Paragraph, left: str, over: TableCell) -> bool:
    """Whether the words above tell one cell of the row from another: not those over the whole table.

    A label with its colon has its one cell; what is asked in a question, only a row of titles tells apart.
    """
    table = layout.table_of(p)
    if table is None or len(table.rows[over.cell.row]) == 1 or len(layout.row_of(p)) <= 2:
        return False
    titles = over.cell.row == 0 or over.cell.header_row
    return not left.endswith(ASKING) or (titles and left.endswith(("?", "？")))


def _stands_over(table: Table, cell: TableCell) -> bool:
    """Whether the column begins with a line to write on: then what names a line stands below it."""
    top = next((c for row in table.rows for c in row if c.column == cell.column and c.text), None)
    return top is not None and is_blank(without_markers(top.text))


def _label_left(layout: Layout, p: Paragraph, cell: TableCell) -> str:
    """The words nearest to the left, rather of a cell in which nothing is to be filled in."""
    named = [
        (text.strip().split("\n")[0].strip(), text == c.text)
        for c in reversed(layout.row_of(p))
        if c.column < cell.column and _tells(text := without_markers(c.text)) and not _holds_value(c)
    ]
    return next((text for text, whole in named if whole), named[0][0] if named else "")


def _holds_value(cell: TableCell) -> bool:
    """Whether all that stands in it is a value or the prompt for one, which names nothing beside it."""
    return all(_is_value(p) for p in cell.paragraphs if not is_blank(p.text))


def _is_value(p: Paragraph) -> bool:
    """Whether one field or control shows all of its text."""
    end = len(p.text.rstrip())
    return any(is_blank(p.text[: m.start]) and m.end >= end and m.kind in VALUES for m in p.marks)


def _title_above(layout: Layout, p: Paragraph, cell: TableCell) -> tuple[str, TableCell | None]:
    """The nearest words above in the column, and their cell.

    They are those of the row above, or the column title over rows like this one.
    """
    table = layout.table_of(p)
    above: TableCell | None = cell
    for _ in range(40):
        above = (
            table.above(above.cell.row, cell.column)
            if table is not None and above is not None and above.cell.row
            else None
        )
        if above is None:
            break
        text = without_markers(above.text).strip()
        if text != above.text.strip() or any(q.marks for q in above.paragraphs):
            continue
        if _tells(text):
            own = above.cell.row == cell.cell.row - 1 or above.cell.row == 0 or above.cell.header_row
            words = text.split("\n")[-1 if text.endswith(ASKING) else 0].strip() if own else ""
            part = title_part(table, above, cell) if own and table is not None else ""
            return part or words, above
    return "", None


def title_part(table: Table, above: TableCell, cell: TableCell) -> str:
    """Of words set out over several cells, "Day   Month   Year", those over this one, with what stands above them."""
    *over, last = above.text.split("\n")
    parts = _columns(last)
    below = [c.column for c in table.rows[cell.cell.row] if above.column <= c.column < above.end]
    if len(parts) != len(below) or len(below) < 2:
        return ""
    return ": ".join([*(" ".join(words.split()).rstrip(" :：") for words in over[:1]), parts[below.index(cell.column)]])


def _caption_below(layout: Layout, p: Paragraph, anchor: Anchor) -> str:
    """Lines to sign on have their caption below: "(signature)"; several under several, in order."""
    below = layout.after(p, 1)
    if below is None or len(p.text) > MAX_LINE or len(below.text) > MAX_LINE:
        return ""
    if layout.cell_of(below) is not layout.cell_of(p) or MARKERS.search(below.text) or below.marks:
        return ""
    starts = _places(p)
    n = sum(start < anchor.start for start in starts)
    captions = re.findall(r"\(([^()]{2,90})\)", below.text) if below.text.strip().startswith("(") else []
    if not captions and _is_lone_line(layout, p, below):
        captions = [below.text.strip()]
    if not captions:
        captions = _columns(below.text)
        if len(captions) > 1 and not drawn_lines(p):
            return _caption_of_column(p, anchor, captions)
        if not (len(captions) == len(starts) > 1 or (below.text.startswith("    ") and len(captions) == 1)):
            return ""
    if starts and 0 < len(starts) < len(captions) and below.text.strip().startswith("("):
        n += len(captions) - len(starts)  # the first captions stand under what is filled in already
    return captions[n] if n < len(captions) else ""


def _caption_of_column(p: Paragraph, anchor: Anchor, captions: list[str]) -> str:
    """The caption under the column a place stands in; "Place, date" is under two places one after the other."""
    columns: list[list[int]] = []
    at = 0
    for gap in [*COLUMNS.finditer(p.text), None]:
        end = gap.start() if gap is not None else len(p.text)
        places = [m.start() for m in MARKERS.finditer(p.text, at, end)]
        columns += [places] if places else []
        at = gap.end() if gap is not None else end
    if len(columns) == 1 and len(columns[0]) == len(captions) and not LETTERS.search(without_markers(p.text)):
        columns = [[start] for start in columns[0]]
    if len(columns) != len(captions):
        return ""
    for places, caption in zip(columns, captions, strict=True):
        if anchor.start in places:
            parts = [part.strip() for part in COMMA.split(caption)]
            return parts[places.index(anchor.start)] if len(parts) == len(places) else caption
    return ""


def _places(p: Paragraph) -> list[int]:
    """Where in a line something may be written, whatever marks it."""
    marked = [m.start() for m in MARKERS.finditer(p.text)]
    return sorted({*marked, *(start for start, _ in drawn_lines(p))})


def _is_lone_line(layout: Layout, p: Paragraph, below: Paragraph) -> bool:
    """A line drawn for a signature, with a word or two right below it that ask for nothing themselves."""
    above = layout.before(p, 1)
    asked = above is not None and above.text.rstrip().endswith(ASKING)
    alone = len(_columns(below.text)) == 1 or len(_places(p)) == 1
    drawn = alone and is_blank(without_markers(p.text)) and p.text.strip().startswith(("___", "....", "…"))
    text = below.text.strip()
    return drawn and not asked and len(text.split()) <= 4 and not text.endswith((*ASKING, ".")) and below.level is None


def _columns(text: str) -> list[str]:
    """The words of a line that tabs or blanks set out in columns."""
    return [part.strip() for part in COLUMNS.split(text.strip()) if LETTERS.search(part)]


def _columns_above(layout: Layout, p: Paragraph, anchor: Anchor) -> str:
    """Places set out by tabs under words set out by tabs."""
    count = len(MARKERS.findall(p.text)) if len(p.text) < MAX_LINE else 0
    if count < 2 or not COLUMNS.search(p.text) or not is_blank(without_markers(p.text)):
        return ""
    i = layout.at[p.part, p.p]
    for above in reversed(layout.paragraphs[max(i - 2, 0) : i]):
        is_captions = above.text.lstrip().startswith("(")  # of the line above it
        titles = _columns(above.text) if not is_captions else []
        if len(titles) == count and not MARKERS.search(above.text):
            return titles[len(MARKERS.findall(p.text[: anchor.start]))]
    return ""
