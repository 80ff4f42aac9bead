"""From findings to fields: overlaps settled, places of one value gathered, every field named and typed."""

from __future__ import annotations

import re
from bisect import bisect_left, insort
from collections import defaultdict
from collections.abc import Iterable, Sequence
from functools import lru_cache

from .finding import Finding, Rank
from .kinds import is_only_unit, is_unit, tell_type
from .layout import Layout, is_blank
from .lexicon import DAY_PARTS, GENERIC, INSTRUCTION, JOINED, NAME, OPTIONAL, PARTY, REQUIRED, SIGNATURE, words_of
from .model import Anchor, Field, FieldType, Paragraph
from .naming import KEY, clean_label, key_of, unique_key
from .rows import find_echoes, join_rows
from .surroundings import OWN_NAME, label_around, section_around, words_after
from .wording import is_identifier, sameness, split_identifier, unglued, without_markers

UNNAMED = {
    FieldType.DATE: "Date",
    FieldType.CHOICE: "Choice",
    FieldType.CHECKBOX: "Box",
    FieldType.TABLE: "Records",
    FieldType.IMAGE: "Picture",
}
MAX_OPTIONS = 4  # that name a choice which nothing else names
GENERAL = frozenset({"brackets", "angles", "bare", "highlighted", "colored"})  # whose words may be as general as "Date"
PRINTED_NAME = re.compile(
    r"\s*(?:/\s*)?(?:(?:[A-ZА-ЯЁ]\.\s?){1,2}[A-ZА-ЯЁ][a-zа-яё]+|[А-ЯЁ][а-яё]+ (?:[А-ЯЁ]\.\s?){1,2})"
)  # beside the line it signs: "/L. M. Brown/", "Иванова Л.М."
ARTICLE = re.compile(r"^(?:the\s|der\s|die\s|le\s|la\s|l['’]|el\s|il\s|o\s|a\s)", re.IGNORECASE)
BESIDE = re.compile(r"[ \xa0]?[,/;–-]?[ \xa0]?(?:\$?\{\{|\$\{|«)")
BEHIND = re.compile(r"(?:(?<!%)\}|»)[ \xa0]?[,/;–-]?[ \xa0]?$")
MAX_JOIN = 4  # characters between two markers that share the words before them
MAX_SHARED = 40
MIN_NAME = 4  # letters; fewer tell less than words that are shared
IN_WORDS = re.compile(r"^\s*\([^()]*\)")
ON_DAY = re.compile(r"(?:[_…)\]>]|\.{3})\s*,?\s*(?:on|le|el|den)\s+$|(?<!\bI )\b(?:am|dated|vom)\s+$")
DAY_OF = re.compile(r"\s*days? of\b")
CURRENCY = re.compile(r"(?:[€£¥₽₹$]|\b(?:EUR|USD|GBP|CHF|NOK|SEK|DKK|RUB|BRL))\s*$")
STAR = re.compile(r"\*\s*:?\s*$|^\s*\*(?!\s)")
WEAK = re.compile(
    r"[\W\d_]*|\w{1,2}|[\dX]+(?:[., ][\dX]+)+|[a-z]{0,5}[-./ ]?(?:XX|[#0]{2})[X#0]*(?:[-./ ][X#0]+)*"
    r"|(?:link|url|lnk|text\d*|field\d*)",
    re.IGNORECASE,
)  # the shape of a number among them: "QM-XX", "X.X"


def resolve(layout: Layout, findings: Iterable[Finding]) -> list[Field]:
    """Fields in reading order."""
    found = list(findings)
    for finding in found:
        if finding.same and _is_request(layout, finding):
            finding.same = ""  # what each section is asked for is its own
    found += find_echoes(layout, found)
    stars = _stars_require(layout)
    groups = gather(join_rows(layout, settle(found)))
    order = {key: i for key, i in layout.at.items()}
    groups.sort(key=lambda group: min((order[a.part, a.p], a.start) for f in group for a in f.anchors))
    taken: dict[str, int] = {}
    fields: list[Field] = []
    for group in groups:
        fields.append(_field(layout, group, taken, fields[-1] if fields else None, stars=stars))
    return fields


# overlaps


def settle(findings: Iterable[Finding]) -> list[Finding]:
    """The findings that keep at least one place: the stronger kind first, then the earlier detector."""
    ordered = sorted(enumerate(findings), key=lambda item: (item[1].rank, item[0]))
    occupied: defaultdict[tuple[str, int], list[tuple[int, int]]] = defaultdict(list)
    kept = []
    for _, finding in ordered:
        free = tuple(a for a in finding.anchors if not _is_taken(occupied[a.part, a.p], a))
        if not free:
            continue
        for a in free:
            insort(occupied[a.part, a.p], (a.start, a.end))
        if not finding.ignored:
            _keep(finding, free)
            kept.append(finding)
    return kept


def _keep(finding: Finding, free: tuple[Anchor, ...]) -> None:
    if len(free) < len(finding.anchors) == len(finding.options):
        kept = zip(finding.options, finding.anchors, strict=True)
        finding.options = tuple(option for option, a in kept if a in free)
    finding.anchors = free


def _is_taken(spans: Sequence[tuple[int, int]], a: Anchor) -> bool:
    """``spans`` are sorted and do not overlap, so only the nearest can be in the way."""
    at = bisect_left(spans, (a.start, a.end))
    return any(_collide(span, a) for span in spans[max(at - 2, 0) : at + 2])


def _collide(span: tuple[int, int], a: Anchor) -> bool:
    start, end = span
    if start < a.end and a.start < end:
        return True
    if start != end and a.start != a.end:
        return False
    if a.start == a.end:
        return start < a.start <= end or start == end == a.start
    return a.start < start < a.end


# one value, many places


def gather(findings: Sequence[Finding]) -> list[list[Finding]]:
    groups: dict[str, list[Finding]] = {}
    alone: list[list[Finding]] = []
    for finding in findings:
        if finding.same:
            groups.setdefault(finding.same, []).append(finding)
        else:
            alone.append([finding])
    return [*groups.values(), *alone]


# names and types


def _field(
    layout: Layout, group: Sequence[Finding], taken: dict[str, int], previous: Field | None, *, stars: bool
) -> Field:
    first = min(group, key=lambda f: (-bool(f.label), layout.at[f.anchors[0].part, f.anchors[0].p]))
    anchors = tuple(sorted({a for f in group for a in f.anchors}, key=lambda a: (layout.at[a.part, a.p], a.start)))
    cryptic = _is_cryptic(first) and not _has_company(layout, first)
    around = "" if _says_enough(first) else label_around(layout, first.anchors[0], sentences=not cryptic)
    first.unit = _unit(layout, first)
    label = (
        _label(first, around, cryptic=cryptic)
        or clean_label(section_around(layout, first.anchors[0]))
        or clean_label(" / ".join(first.options[:MAX_OPTIONS]))
        or UNNAMED.get(first.type or FieldType.TEXT, "Field")
    )
    start = anchors[0]
    part = _day_part(around if first.rank is Rank.BLANK else label)
    paragraph = layout.paragraphs[layout.at[start.part, start.p]]
    kind = FieldType.DATE if part and first.type is None else _type(layout, first, label, around, cryptic=cryptic)
    if kind in (FieldType.TEXT, FieldType.LONG_TEXT) and _is_request(layout, first):
        label = clean_label(section_around(layout, first.anchors[0])) or label
    if kind is FieldType.DATE and previous is not None and _dates(layout, label, paragraph, previous):
        over, _, own = previous.label.rpartition(": ")
        label = f"{over if over and ' ' not in own else previous.label}: {label}"
    key = unique_key(_key(first, label), taken)
    return Field(
        key=key,
        label=label,
        type=kind,
        anchors=anchors,
        required=first.required or _is_required(f"{first.label} {around}", stars=stars),
        options=first.options,
        confidence=max(f.confidence for f in group),
        marker=paragraph.text[start.start : start.end],
        detector=first.detector,
        section=layout.section_index(paragraph),
        columns=first.columns,
        hint=first.hint,
        date_format=first.date_format or (part if kind is FieldType.DATE else ""),
    )


def _day_part(label: str) -> str:
    """The picture string of a place for a day, a month or a year alone: "Date of birth: Year", "MM"."""
    words = words_of(label.rpartition(":")[2] if ":" in label.rstrip(" :：") else label)
    return DAY_PARTS.get(words[0], "") if len(words) == 1 else ""


def _dates(layout: Layout, label: str, paragraph: Paragraph, previous: Field) -> bool:
    """Whether a bare "Date" stands in the line or row of a signature that says whose it is."""
    if previous.type is not FieldType.SIGNATURE or not all(word in GENERIC for word in words_of(label)):
        return False
    if SIGNATURE.fullmatch(previous.label) or all(word in GENERIC for word in words_of(previous.label)):
        return False
    anchor = previous.anchors[-1]
    before = layout.paragraphs[layout.at[anchor.part, anchor.p]]
    if before.cell is None or paragraph.cell is None:
        return before is paragraph
    at, last = paragraph.cell, before.cell
    return before.part == paragraph.part and (at.table, at.row) == (last.table, last.row)


def _says_enough(finding: Finding) -> bool:
    return bool(finding.label and finding.type) and finding.detector not in GENERAL and not _is_weak(finding.label)


def _unit(layout: Layout, finding: Finding) -> str:
    """The words after the place when they count it: "[X] years of experience"."""
    anchor = finding.anchors[0]
    p = layout.paragraphs[layout.at[anchor.part, anchor.p]]
    if anchor.start == anchor.end or finding.type is not None or not is_unit(p.text[anchor.end : anchor.end + 20]):
        return ""
    return words_after(p, anchor.end) or "%"


def _label(finding: Finding, around: str, *, cryptic: bool) -> str:
    """The marker's own words where they say enough, else the words around, else both."""
    own = finding.label
    if finding.detector == "property":
        return own
    if finding.detector in GENERAL and finding.unit[:1].isalpha() and (_is_weak(own) or not sameness(own)):
        return clean_label(finding.unit)
    if own and not _is_weak(own) and not cryptic:
        if finding.name and not sameness(own) and around and finding.detector in GENERAL:
            return _both(clean_label(around), own)
        return clean_label(own)
    return clean_label(around) or clean_label(own)


def _both(around: str, own: str) -> str:
    """A general word like "Date" together with what it is the date of."""
    return around if set(words_of(own)) <= set(words_of(around)) else f"{around}: {own}"


def _is_weak(words: str) -> bool:
    return WEAK.fullmatch(words.strip()) is not None


def _is_cryptic(finding: Finding) -> bool:
    """A program's name for the value; the words beside it are better for people."""
    if finding.detector not in ("dollars", "braces", "merge_field", "fences") or not is_identifier(finding.name):
        return False
    word, *more = unglued(split_identifier(finding.name)).casefold().split()
    return not more or (all(part.isdigit() for part in more) and word not in GENERIC)


def _has_company(layout: Layout, finding: Finding) -> bool:
    """Whether another such marker stands right beside it, and the words before are not those of this one alone."""
    anchor = finding.anchors[0]
    text = layout.paragraphs[layout.at[anchor.part, anchor.p]].text
    if len(finding.name) < MIN_NAME:
        return False
    if BEHIND.search(text, max(anchor.start - MAX_JOIN, 0), anchor.start):
        return True
    if not BESIDE.match(text, anchor.end):
        return False
    before = text[max(anchor.start - MAX_SHARED, 0) : anchor.start]
    return is_blank(before) or JOINED.search(before) is not None


def _key(finding: Finding, label: str) -> str:
    name = finding.name if finding.name and is_identifier(finding.name) and not _is_weak(finding.name) else ""
    key = key_of(name) if name and sameness(name) else ""
    key = key or key_of(label) or "field"
    return key if KEY.fullmatch(key) else "field"


def _is_section_text(layout: Layout, finding: Finding, *, named: bool) -> bool:
    """A prompt or control that is all there is in its paragraph, under a heading or with nothing else to name it."""
    anchor = finding.anchors[0]
    i = layout.at[anchor.part, anchor.p]
    p = layout.paragraphs[i]
    if p.cell is not None or p.text_box or len(finding.anchors) > 1 or finding.rank not in (Rank.PROMPT, Rank.TOKEN):
        return False
    alone = is_blank(p.text[: anchor.start]) and is_blank(p.text[anchor.end :])
    above = layout.before(p, 2)
    opens = above is not None and layout.at[above.part, above.p] in layout.headings
    return alone and (opens or not (named or layout.section_index(p) is None))


def _is_request(layout: Layout, finding: Finding) -> bool:
    """ "[State the purpose of it.]" under a heading, which is a better name for the text than what is said about it."""
    if finding.rank is not Rank.TOKEN or finding.name.count(" ") < 2 or INSTRUCTION.match(finding.name) is None:
        return False
    return _is_section_text(layout, finding, named=False)


def _says_number(text: str, start: int, end: int) -> bool:
    """A currency before the place, or a unit after it and after the same number in words."""
    after = IN_WORDS.sub("", text[end : end + 90], count=1)
    counted = is_unit(after[:20]) and not DAY_OF.match(after)
    return counted or CURRENCY.search(text, max(start - 8, 0), start) is not None


def _has_unit_behind(layout: Layout, finding: Finding) -> bool:
    """Whether the place fills its cell, and the next cell says what it is counted in: "[      ] | €"."""
    anchor = finding.anchors[0]
    p = layout.paragraphs[layout.at[anchor.part, anchor.p]]
    cell = layout.cell_of(p)
    if cell is None or not is_blank(p.text[: anchor.start]) or not is_blank(p.text[anchor.end :]):
        return False
    behind = next((c for c in layout.row_of(p) if c.column >= cell.end), None)
    return behind is not None and is_only_unit(behind.text)


def _type(layout: Layout, finding: Finding, label: str, around: str, *, cryptic: bool) -> FieldType:
    if finding.type is not None:
        return finding.type
    if finding.unit:
        return FieldType.NUMBER
    start, end = finding.anchors[0].start, finding.anchors[0].end
    text = layout.paragraphs[layout.at[finding.anchors[0].part, finding.anchors[0].p]].text
    if finding.detector in ("property", "control") and text[start:end].strip().isdigit():
        return FieldType.NUMBER
    if finding.rank is Rank.BLANK and PRINTED_NAME.match(text, end):
        return FieldType.SIGNATURE
    if finding.rank in (Rank.BLANK, Rank.TOKEN, Rank.FORM_FIELD) and _says_number(text, start, end):
        return FieldType.NUMBER
    if label == OWN_NAME:
        return FieldType.PERSON
    if finding.rank is Rank.BLANK and ON_DAY.search(text, max(start - 12, 0), start):
        return FieldType.DATE
    if _has_unit_behind(layout, finding):
        return FieldType.NUMBER
    said = (unglued(split_identifier(finding.name)), finding.label, finding.context)
    own = " ".join(dict.fromkeys(filter(None, said)))  # where the name is the label, once
    for words in (own, around if not own or cryptic else "", label):
        found = tell_type(words) if words else None
        if finding.rank is Rank.BLANK and _signs(found, words) and _is_line_over(layout, finding, words):
            return FieldType.SIGNATURE
        if found is not None:
            return found
    is_long = finding.long or _is_section_text(layout, finding, named=bool(own or around))
    return FieldType.LONG_TEXT if is_long else FieldType.TEXT


def _signs(kind: FieldType | None, words: str) -> bool:
    return kind is FieldType.PERSON or PARTY.fullmatch(ARTICLE.sub("", words.strip(" .:"), count=1)) is not None


def _is_line_over(layout: Layout, finding: Finding, words: str) -> bool:
    """Whether the place is a line with a role below it that asks for no name: "______ / Employer" is signed."""
    anchor = finding.anchors[0]
    p = layout.paragraphs[layout.at[anchor.part, anchor.p]]
    if NAME.search(words) or not is_blank(without_markers(p.text)):
        return False
    below = layout.after(p, 1)
    return below is not None and words in below.text and not below.text.lstrip().startswith("(")


def _stars_require(layout: Layout) -> bool:
    """A star beside a label marks a required field, unless it leads to a footnote."""
    notes = [p.text for p in layout.paragraphs if p.text.lstrip().startswith("*")]
    return not notes or any(REQUIRED.search(note) for note in notes)


@lru_cache(maxsize=4096)
def _is_required(words: str, *, stars: bool) -> bool:
    if OPTIONAL.search(words):
        return False
    return (stars and STAR.search(words) is not None) or REQUIRED.search(words) is not None
