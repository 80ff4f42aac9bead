"""Sections: the paragraphs a reader would put in the table of contents, with levels that make a tree.

Headings are said by styles and outline levels; where a file has none, by short bold paragraphs whose look sets them
apart. Tables of contents are left out, and so is the title of the whole document.
"""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from .kinds import tell_type
from .model import Outline, Paragraph, Section
from .wording import MACHINE_TAG, MARKERS

MAX_STYLED = 300
MAX_BOLD = 110
MIN_CAPITALS = 5
FEW_STYLED = 3  # below that, a file is read by the looks of its paragraphs
SIZE_TOLERANCE = 0.75
LARGE = 1.25                           # so many times the size of the text, a line is a heading by its size alone
KIND = (
    r"(?:part|section|chapter|appendix|annex|article|teil|abschnitt|kapitel|anhang|anlage|artikel|partie|chapitre|annexe"
    r"|sección|capítulo|parte|anexo|sezione|capitolo|allegato|раздел|глава|приложение|статья|del|kapittel|vedlegg)"
)
NUMBER = re.compile(
    rf"(?:§\s*|(?i:{KIND})\s+)?(\d{{1,3}}(?:\.\d{{1,3}})*|[A-Z]|[IVXLC]+)(?:[.):]|\s*[-–—:]|(?<=\d)\s)\s*(?=\S)"
)
DOCUMENT = re.compile(  # what a document calls itself in its title
    r"\b(?:(?:position|job) description|terms of reference|form|policy"
    r"|procedure|agreement|contract|report|plan|application|request|record|checklist|register|template"
    r"|minutes|agenda|assessment|questionnaire|evaluation|review|charter|statement|letter|notice|manual|certificate|claim"
    r"|\w*(?:antrag|vertrag|formular|bericht|protokoll|checkliste|richtlinie|fragebogen|vereinbarung|vollmacht|skjema)"
    r"|demande|contrat|convention|rapport|formulaire|procès-verbal|attestation|fiche|procédure|politique"
    r"|solicitud|contrato|informe|formulario|acta|política|procedimiento|solicitação|requerimento|relatório|ata|richiesta"
    r"|contratto|modulo|verbale|relazione|aanvraag|overeenkomst|verslag|formulier|søknad|avtale|skjema|rapport|referat"
    r"|ansökan|avtal|wniosek|umowa|protokół|заявление|договор|акт|протокол|анкета)\b"
    r"|(?:申請書|届|報告書|契約書|议事录|申请表|登记表|合同|报告)$|(?:نموذج|عقد|طلب|تقرير)",
    re.IGNORECASE,
)
SAID = re.compile(rf"(?i:{KIND})\s+(?:\d{{1,2}}|[A-Z]|[IVX]{{1,4}})\s*[-–—:.)]\s*[^\W\d_].{{2,}}")
SENTENCES = re.compile(r"[.!?。]\s+\S.*\S{3}")
LETTERS = re.compile(r"[^\W\d_]{2}")
PROSE_END = (".", ",", ";", "。", "،", "؛")
TO_WRITE_ON = re.compile(r"(?:_{6,}|\.{8,}|…{3,})[\s.]*$")  # at the end of a line that asks for something
ADDRESS = re.compile(r"(?:https?://|www\.)?[\w.+\-]+(?:@[\w\-]+(?:\.[\w\-]+)+|\.[a-z]{2,6}/\S*)", re.IGNORECASE)
APART = re.compile(r"(?<=\S) {6,}(?=\S)")


@dataclass(slots=True)
class Candidate:
    """A paragraph that may be a heading, with what ranks it."""

    at: int  # index into the outline's paragraphs
    paragraph: Paragraph
    text: str
    rank: float  # the smaller the higher
    size: float
    bold: bool
    depth: int  # parts of the number that the text begins with


def find_sections(outline: Outline) -> list[Section]:
    paragraphs = _main_story(outline.paragraphs)
    alone = _lone_cells(paragraphs)
    styled = _styled(paragraphs, alone)
    if len(styled) < FEW_STYLED:
        found = _by_look(paragraphs, styled)
    else:
        found = sorted(styled + _beside_styled(paragraphs, styled), key=lambda c: c.at)
    return _tree(found)


def _main_story(paragraphs: Sequence[Paragraph]) -> list[Paragraph]:
    main = paragraphs[0].part if paragraphs else ""
    return [p for p in paragraphs if p.part == main]


def _lone_cells(paragraphs: Iterable[Paragraph]) -> set[tuple[int, int]]:
    """Rows, as (table, row), that have one cell: a table used as a frame or a banner."""
    columns: defaultdict[tuple[int, int], set[int]] = defaultdict(set)
    for p in paragraphs:
        if p.cell is not None:
            columns[p.cell.table, p.cell.row].add(p.cell.column)
    return {row for row, found in columns.items() if len(found) == 1}


def _make(at: int, paragraph: Paragraph, rank: float) -> Candidate:
    text = paragraph.text.strip()
    return Candidate(at, paragraph, text, rank, _size(paragraph), is_bold(paragraph), _number_depth(paragraph, text))


def _size(paragraph: Paragraph) -> float:
    """The size of the first letters: trailing blanks and remarks often differ."""
    if not paragraph.spans:
        return paragraph.size
    start = len(paragraph.text) - len(paragraph.text.lstrip())
    own = next((s.size for s in paragraph.spans if s.start <= start < s.end), 0.0)
    return own or paragraph.size


def is_bold(paragraph: Paragraph) -> bool:
    """Whether the first line is bold throughout; a smaller remark may follow below it."""
    text = paragraph.text
    start = len(text) - len(text.lstrip())
    end = text.find("\n", start)
    end = len(text) if end < 0 else end
    bold = sum(
        min(s.end, end) - max(s.start, start) for s in paragraph.spans if s.bold and s.start < end and s.end > start
    )
    blank = sum(text.count(c, start, end) for c in " \t\xa0")
    return end > start and bold >= (end - start) - blank and bold > 0


def _number_depth(paragraph: Paragraph, text: str) -> int:
    if paragraph.number_level is not None and paragraph.number != "•":
        return paragraph.number_level + 1
    match = NUMBER.match(text)
    if match is None:
        return 0
    parts = match[1].split(".")
    return len(parts) - (len(parts) > 1 and parts[-1] == "0")


# headings that styles or outline levels say


def _styled(paragraphs: Sequence[Paragraph], alone: set[tuple[int, int]]) -> list[Candidate]:
    found = [
        _make(at, p, float(p.level))
        for at, p in enumerate(paragraphs)
        if p.level is not None and _can_be_heading(p, alone)
    ]
    body = _body_size(paragraphs)
    found = [c for c in found if not _opens_contents(paragraphs, c.at) and not _is_level_only(c, body)]
    found = _without_prose_styles(found)
    found = _without_unnumbered(found)
    _rank_equal_levels(found)
    return found


def _can_be_heading(p: Paragraph, alone: set[tuple[int, int]]) -> bool:
    if p.in_toc or p.text_box or len(p.text) > MAX_STYLED or not LETTERS.search(p.text) or _is_of_form(p.text):
        return False
    return p.cell is None or (p.cell.table, p.cell.row) in alone


def _is_of_form(text: str) -> bool:
    """A line of a form in a heading's style: to write on, titles of columns, or where to send it."""
    if TO_WRITE_ON.search(text) or ADDRESS.fullmatch(text.strip()):
        return True
    columns = APART.split(text.strip()) if "      " in text else []
    return len(columns) > 1 and all(tell_type(title) is not None for title in columns)


def _is_level_only(c: Candidate, body: float) -> bool:
    """An outline level alone, on text that looks like all other text, was set by accident."""
    return not (c.bold or c.depth or c.paragraph.style) and c.size <= body + SIZE_TOLERANCE


def _opens_contents(paragraphs: Sequence[Paragraph], at: int) -> bool:
    following = next((p for p in paragraphs[at + 1 : at + 6] if p.text.strip()), None)
    return following is not None and following.in_toc


def _is_prose(text: str) -> bool:
    return len(text) > 60 and (text.endswith(PROSE_END) or SENTENCES.search(text) is not None)


def _without_prose_styles(found: list[Candidate]) -> list[Candidate]:
    """A heading style whose paragraphs mostly read as sentences is used as body text."""
    of_style: defaultdict[str, list[bool]] = defaultdict(list)
    for c in found:
        of_style[c.paragraph.style].append(_is_prose(c.text))
    prose = {style for style, votes in of_style.items() if sum(votes) * 2 >= len(votes)}
    plain = {c.paragraph.style for c in found if c.paragraph.style in prose and _is_prose(c.text) and not c.bold}
    return [
        c
        for c in found
        if not _is_stray_prose(c)
        and (c.paragraph.style not in prose or (c.paragraph.style in plain and c.bold and not _is_prose(c.text)))
    ]


def _is_stray_prose(c: Candidate) -> bool:
    return _is_prose(c.text) and len(c.text) > 200 and not c.paragraph.number


def _without_unnumbered(found: list[Candidate]) -> list[Candidate]:
    """Where a style numbers its headings, a paragraph of it without number and bold is a remark in between."""
    numbered = Counter(c.paragraph.style for c in found if c.paragraph.number)
    total = Counter(c.paragraph.style for c in found)
    return [
        c for c in found if c.paragraph.number or c.bold or numbered[c.paragraph.style] * 2 < total[c.paragraph.style]
    ]


def _rank_equal_levels(found: list[Candidate]) -> None:
    """Styles may share an outline level though a reader sees them nested: by list level, or one opening all others."""
    styles: defaultdict[int | None, set[str]] = defaultdict(set)
    for c in found:
        styles[c.paragraph.level].add(c.paragraph.style)
    for c in found:
        if c.paragraph.number_level:
            c.rank += c.paragraph.number_level / 10 if len(styles[c.paragraph.level]) > 1 else 0.0
    first, rest = found[:1], found[1:]
    if (
        first
        and len(rest) >= FEW_STYLED
        and all(c.rank == first[0].rank and c.paragraph.style != first[0].paragraph.style for c in rest)
    ):
        for c in rest:
            c.rank += 0.5


def _beside_styled(paragraphs: Sequence[Paragraph], styled: Sequence[Candidate]) -> list[Candidate]:
    """Bold paragraphs in a file with heading styles: larger than all headings and repeated, or a numbered sibling."""
    known = {c.at for c in styled}
    looks = {(c.size, c.paragraph.centered): c.rank for c in styled if c.bold and c.depth}
    largest = max(c.size for c in styled)
    bold = [c for c in _bold_paragraphs(paragraphs) if c.at not in known]
    siblings = [
        c
        for c in bold
        if c.depth
        and (c.size, c.paragraph.centered) in looks
        and styled[0].at < c.at
        and c.paragraph.number_level is None
    ]
    for c in siblings:
        c.rank = looks[c.size, c.paragraph.centered]
    larger = [c for c in bold if c.size > largest and not c.paragraph.centered]
    repeated = Counter(c.size for c in larger)
    above = [c for c in larger if repeated[c.size] > 1]
    for c in above:
        c.rank = 0.0
    return siblings + above + _as_large(paragraphs, bold, styled, {c.at for c in siblings + above})


def _as_large(
    paragraphs: Sequence[Paragraph], bold: Sequence[Candidate], styled: Sequence[Candidate], known: set[int]
) -> list[Candidate]:
    """Bold lines larger than the text and as large as a heading: set by hand, and of the rank they look."""
    body = _body_size(paragraphs)
    ranks: dict[float, float] = {}
    for c in styled:
        if c.bold:
            ranks[c.size] = min(c.rank, ranks.get(c.size, c.rank))
    found = []
    for c in bold:
        smaller = [size for size in ranks if size <= c.size + SIZE_TOLERANCE]
        if c.at in known or not smaller or c.size <= body + SIZE_TOLERANCE or c.paragraph.centered:
            continue
        if _reads_as_heading(c, body) and not c.text.endswith((":", "：", ".")):
            c.rank = ranks[max(smaller)]
            found.append(c)
    found = [c for c in found if not _opens_contents(paragraphs, c.at)]
    return _without_runs(found)


# headings that only their look says


def _bold_paragraphs(paragraphs: Sequence[Paragraph]) -> list[Candidate]:
    return [
        _make(at, p, 0.0)
        for at, p in enumerate(paragraphs)
        if p.cell is None
        and not p.text_box
        and not p.in_toc
        and not p.marks
        and 1 < len(p.text.strip()) <= MAX_BOLD + 60
        and LETTERS.search(p.text)
        and is_bold(p)
        and not _is_of_form(p.text)
        and len(p.text.strip().split("\n")[0]) <= MAX_BOLD
    ]


def _by_look(paragraphs: Sequence[Paragraph], styled: list[Candidate]) -> list[Candidate]:
    known = {c.at: c for c in styled}
    body = _body_size(paragraphs)
    found = [
        known.get(c.at, c)
        for c in _bold_paragraphs(paragraphs)
        if c.at in known or (_reads_as_heading(c, body) and not _opens_contents(paragraphs, c.at))
    ]
    if len(found) < FEW_STYLED:
        found += _capitals(paragraphs, {c.at for c in found})
        found += _said(paragraphs, {c.at for c in found})
        found += _large(paragraphs, {c.at for c in found}, body)
        found.sort(key=lambda c: c.at)
    found = _without_runs(found)
    found = _without_title(paragraphs, _without_cover(paragraphs, found))
    found += [c for c in styled if c.at not in {f.at for f in found}]
    found.sort(key=lambda c: c.at)
    _rank_by_size(found)
    return found


def _capitals(paragraphs: Sequence[Paragraph], known: set[int]) -> list[Candidate]:
    """Lines in capitals, where nothing is bold; in a script without capitals there are none."""
    lines = [
        _make(at, p, 0.0)
        for at, p in enumerate(paragraphs)
        if at not in known
        and _is_plain_line(p)
        and not p.marks
        and MIN_CAPITALS <= len(p.text.strip())
        and p.text.isupper()
    ]
    return [c for c in lines if not c.text.endswith((":", ",", ";"))] if len(lines) >= FEW_STYLED else []


def _is_plain_line(p: Paragraph) -> bool:
    """Short, of the running text, and nothing to fill in."""
    in_text = p.cell is None and not p.text_box and not p.in_toc
    return in_text and len(p.text.strip()) <= MAX_BOLD and not MARKERS.search(p.text)


def _said(paragraphs: Sequence[Paragraph], known: set[int]) -> list[Candidate]:
    """Short lines that say they are a section, "Part 2: Your home", where they look like all other text."""
    lines = [
        _make(at, p, 0.0)
        for at, p in enumerate(paragraphs)
        if at not in known and SAID.match(p.text.strip()) and _is_plain_line(p)
    ]
    lines = [c for c in lines if not c.text.endswith(PROSE_END)]
    return lines if len(lines) > 1 else []


def _large(paragraphs: Sequence[Paragraph], known: set[int], body: float) -> list[Candidate]:
    """Lines larger than the text, several of one size, that nothing else sets apart."""
    lines = [
        _make(at, p, 0.0)
        for at, p in enumerate(paragraphs)
        if at not in known and _size(p) >= body * LARGE and _is_plain_line(p) and LETTERS.search(p.text)
    ]
    lines = [
        c
        for c in lines
        if _reads_as_heading(c, body)
        and not c.text.endswith((*PROSE_END, ":", "："))
        and not _opens_contents(paragraphs, c.at)
    ]
    of_size = Counter(c.size for c in lines)
    return _without_runs([c for c in lines if of_size[c.size] >= FEW_STYLED])


def _body_size(paragraphs: Sequence[Paragraph]) -> float:
    """The size most of the text has."""
    weights: Counter[float] = Counter()
    for p in paragraphs:
        weights[_size(p)] += len(p.text)
    return weights.most_common(1)[0][0] if weights else 0.0


def _reads_as_heading(c: Candidate, body: float) -> bool:
    line = c.text.split("\n")[0]
    words = line[match.end() :] if (match := NUMBER.match(line)) else line
    if c.text.endswith((",", ";")) or SENTENCES.search(words) or not _opens_well(c.text):
        return False
    if MACHINE_TAG.search(c.text):
        return False
    if c.size > body + SIZE_TOLERANCE:
        return True
    return (not c.text.endswith((":", "：")) and c.size >= body - SIZE_TOLERANCE) or bool(c.depth)


def _opens_well(text: str) -> bool:
    return (text[0].isalnum() or text[0] in "§¿") and not text[0].islower()


def _without_runs(found: list[Candidate]) -> list[Candidate]:
    """Bold paragraphs that follow each other without anything between are a bold text, not headings of nothing.

    Two lines are one heading, broken by hand: the first stands for both.
    """
    runs: list[list[Candidate]] = []
    for c in found:
        last = runs[-1][-1] if runs else None
        if last is not None and last.at == c.at - 1 and last.size == c.size and not c.depth:
            runs[-1].append(c)
        else:
            runs.append([c])
    return [run[0] for run in runs if len(run) <= 2]


def _without_cover(paragraphs: Sequence[Paragraph], found: list[Candidate]) -> list[Candidate]:
    """What stands before the table of contents belongs to the cover."""
    contents = next((i for i, p in enumerate(paragraphs) if p.in_toc), -1)
    return [c for c in found if c.at > contents or c.paragraph.level is not None]


def _without_title(paragraphs: Sequence[Paragraph], found: list[Candidate]) -> list[Candidate]:
    """The first heading, when nothing else is as large or it opens the document by its kind, is the title."""
    if len(found) < 2:
        return [c for c in found if not c.paragraph.centered and c.at > 2]
    first = found[0]
    if first.depth == 0 and all(
        first.size > c.size + SIZE_TOLERANCE or (first.paragraph.centered and not c.paragraph.centered)
        for c in found[1:]
    ):
        return found[1:]
    opens = all(not LETTERS.search(p.text) for p in paragraphs[: first.at])
    numbered = sum(c.depth > 0 for c in found[1:])
    if opens and first.depth == 0 and first.paragraph.level is None:
        return found[1:] if DOCUMENT.search(first.text) or numbered * 2 > len(found) else found
    return found


def _rank_by_size(found: list[Candidate]) -> None:
    sizes = sorted({c.size for c in found}, reverse=True)
    clusters: dict[float, int] = {}
    for before, size in zip([None, *sizes], sizes, strict=False):
        clusters[size] = 0 if before is None else clusters[before] + (before - size > SIZE_TOLERANCE)
    for c in found:
        c.rank = clusters[c.size] * 10 + max(c.depth - 1, 0)
    _nest_schemes(found)


def _nest_schemes(found: list[Candidate]) -> None:
    """Letters, Roman numerals and digits of one size: what starts anew between two of another kind stands below it."""
    of_rank: defaultdict[float, list[tuple[str, Candidate]]] = defaultdict(list)
    for c in found:
        if c.depth == 1 and (scheme := _scheme(c)):
            of_rank[c.rank].append((scheme, c))
    for numbered in of_rank.values():
        schemes = [scheme for scheme, _ in numbered]
        for scheme in dict.fromkeys(schemes):
            first = schemes.index(scheme)
            outer = {s for s in schemes[:first] if s != scheme and s in schemes[first:]}
            for found_scheme, c in numbered:
                if found_scheme == scheme:
                    c.rank += len(outer) / 10


def _scheme(c: Candidate) -> str:
    number = c.paragraph.number if c.paragraph.number_level is not None else ""
    match = NUMBER.match(f"{number} x" if number else c.text)
    if match is None:
        return ""
    return "digit" if match[1][0].isdigit() else "letter" if match[1] in "ABCDEFGH" else "roman"


# the tree


def _words(text: str) -> str:
    """The heading in one line; of a long one only its first, the rest is text that was put into the heading."""
    first = text.split("\n", 1)[0] if len(text) > 2 * MAX_BOLD else text.split("\n\n", 1)[0]
    return " ".join(first.split())


def _tree(found: Sequence[Candidate]) -> list[Section]:
    """Levels as a reader draws them: one deeper than the nearest heading above that outranks this one."""
    sections: list[Section] = []
    open_ranks: list[float] = []
    for c in found:
        while open_ranks and open_ranks[-1] >= c.rank:
            open_ranks.pop()
        open_ranks.append(c.rank)
        sections.append(
            Section(
                c.paragraph.part,
                c.paragraph.p,
                len(open_ranks),
                _words(c.text),
                c.paragraph.number if c.paragraph.number != "•" else "",
            )
        )
    return sections
