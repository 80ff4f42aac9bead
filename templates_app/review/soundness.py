"""What is wrong with a template whatever it is for: types of fields, doubled fields, dead references, guidance."""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Iterator
from typing import Any

from templates_app.choices import FieldType, FindingKind, Severity
from templates_app.review.content import Content, FieldFacts, Line, SectionText
from templates_app.review.findings import Fix, Found, at_field, at_line
from templates_app.words import key_stems, stems

_UNTYPED = frozenset({FieldType.TEXT, FieldType.LONG_TEXT})
# A longer label is a question or a sentence, and its words say less of the value.
_WORDS_OF_A_LABEL = 6
# What a label says of the value, and what it says it is not.
_LABELS: tuple[tuple[FieldType, re.Pattern[str], re.Pattern[str], Severity], ...] = (
    (
        FieldType.SIGNATURE,
        re.compile(r"\b(signature|signed by|unterschrift)\b", re.I),
        re.compile(r"\b(date|datum|name|title|position)\b", re.I),
        Severity.MEDIUM,
    ),
    (
        FieldType.DATE,
        re.compile(r"\b(date|dated|datum)\b(?! format)", re.I),
        re.compile(r"\b(up to date|place|name|signature|time|version|ort|name|unterschrift|and|or)\b|[,/&?]", re.I),
        Severity.MEDIUM,
    ),
    (
        FieldType.NUMBER,
        re.compile(r"^(number of|quantity|amount|percentage)\b", re.I),
        re.compile(r"\b(word|currency|document|reference)", re.I),
        Severity.LOW,
    ),
)
_YES_OR_NO = re.compile(r"\byes\s*/\s*no\b|\bja\s*/\s*nein\b", re.I)
# Types as good as the one expected. Of others it is not said that they are wrong.
_AS_GOOD = {
    FieldType.DATE: {FieldType.DATE, FieldType.TABLE},
    FieldType.PERSON: {FieldType.PERSON, FieldType.SIGNATURE, FieldType.CHOICE, FieldType.TABLE},
    FieldType.SIGNATURE: {FieldType.SIGNATURE, FieldType.PERSON, FieldType.IMAGE, FieldType.TABLE},
    FieldType.NUMBER: {FieldType.NUMBER, FieldType.TABLE},
}

_REFERENCE = re.compile(
    r"(?:\b(?P<word>sections?|chapters?|paragraphs?|clauses?)|§|\bsee)\s+(?P<number>\d+(?:\.\d+)*)(?![\d/:%-]|\.\d)",
    re.I,
)
# The numbers of another text: a standard, a law, a named document.
_ELSEWHERE = re.compile(
    r"\b(iso|iec|en|nist|din|bs|act|law|regulation|directive|gdpr|code|standard|annex|appendix|agreement|u\.?s\.?c|cfr)\b",
    re.I,
)
_NUMBERED_SECTIONS = 3
_BROKEN = re.compile(
    r"Error! (?:Reference source not found|Bookmark not defined|No text of specified style in document)"
    r"|Fehler! (?:Verweisquelle konnte nicht gefunden werden|Textmarke nicht definiert)"
    r"|Erreur ?! (?:Source du renvoi introuvable|Signet non défini)",
    re.I,
)

# Of a paragraph that is nothing but guidance.
_LONGEST_GUIDANCE = 300
_GUIDANCE: tuple[tuple[re.Pattern[str], Severity], ...] = (
    (
        re.compile(
            r"\b(?:delete|remove) (?:this|these|all|the) (?:\w+ ){0,2}?"
            r"(?:page|text|instruction|guidance|note|section|paragraph|box|comment|sentence)s?\b",
            re.I,
        ),
        Severity.MEDIUM,
    ),
    (
        re.compile(
            r"^\W*(?:guidance|instructions?|template note|notes? to (?:the )?(?:author|user|editor))\s?[:–-]",
            re.I,
        ),
        Severity.MEDIUM,
    ),
    (re.compile(r"\blorem ipsum\b", re.I), Severity.MEDIUM),
    (re.compile(r"\b(?:TBD|TBC|TODO|to be (?:defined|determined|confirmed))\b"), Severity.LOW),
)


def find_wrong_types(content: Content) -> Iterator[Found]:
    """At most one finding a field: what its label says goes before what the type of document expects."""
    fields = content.kind.expected_fields if content.kind else ()
    expected = {key_stems(one.name): FieldType(one.type) for one in fields}
    for one in content.fields:
        found = _against_label(one) or _against_expected(one, expected)
        if found is not None:
            yield found


def _against_label(one: FieldFacts) -> Found | None:
    if one.type == FieldType.CHOICE and len(one.options) < 2:
        return _wrong_type(one, Severity.MEDIUM, f"“{one.label}” is a choice of less than two options.", {})
    if one.type not in _UNTYPED:
        return None
    if _YES_OR_NO.search(one.label):
        change = {"type": FieldType.CHOICE.value, "options": ["Yes", "No"]}
        return _wrong_type(one, Severity.LOW, f"“{one.label}” asks for yes or no, but takes any text.", change)
    for kind, says, denies, severity in _LABELS if len(one.label.split()) <= _WORDS_OF_A_LABEL else ():
        if says.search(one.label) and not denies.search(one.label):
            sentence = f"The label “{one.label}” says {kind.label.lower()}, the type is {one.type.label.lower()}."
            return _wrong_type(one, severity, sentence, {"type": kind.value})
    return None


def _against_expected(one: FieldFacts, expected: dict[frozenset[str], FieldType]) -> Found | None:
    kind = expected.get(key_stems(one.label))
    if kind is None or one.type in _AS_GOOD.get(kind, {one.type}):
        return None
    sentence = f"“{one.label}” is expected to be a {kind.label.lower()}, the type is {one.type.label.lower()}."
    return _wrong_type(one, Severity.LOW, sentence, {"type": kind.value})


def _wrong_type(one: FieldFacts, severity: Severity, sentence: str, change: dict[str, Any]) -> Found:
    """With the change as data where the place in the file takes that type."""
    possible = change if change.get("type") in one.types else {}
    wanted = f"Change the type to {FieldType(change['type']).label.lower()}." if change else "Give it its options."
    return Found(
        kind=FindingKind.WRONG_TYPE,
        severity=severity,
        sentence=sentence,
        suggestion=wanted,
        change=possible,
        **at_field(one),
    )


def find_doubled_fields(content: Content) -> Iterator[Found]:
    """The same label twice in one section: whoever fills the template is asked twice for one thing."""
    groups: dict[tuple[str, ...], list[FieldFacts]] = defaultdict(list)
    for one in content.fields:
        if (words := stems(one.label)) and one.type not in (FieldType.CHECKBOX, FieldType.TABLE, FieldType.IMAGE):
            groups[one.section, one.type.value, *words].append(one)
    for same in groups.values():
        if len(same) > 1:
            where = f"in “{same[0].section}”" if same[0].section else "before the first heading"
            keys = ", ".join(one.key for one in same)
            yield Found(
                kind=FindingKind.DOUBLED_FIELD,
                severity=Severity.LOW,
                sentence=f"There are {len(same)} fields “{same[0].label}” {where}: {keys}.",
                suggestion="Give each a label of its own, or the same marker in the Word file if they mean one thing.",
                **at_field(same[1]),
            )


def find_dead_references(content: Content) -> Iterator[Found]:
    are_numbered = sum(section.is_numbered for section in content.sections) >= _NUMBERED_SECTIONS
    for section, line in content.lines:
        for broken in _BROKEN.finditer(line.text):
            yield _dead(section, line, broken, "Word could not find what this refers to.")
        for said in _REFERENCE.finditer(line.text) if are_numbered else ():
            if _is_dead(said, line, content):
                yield _dead(section, line, said, f"There is no section {said['number']} in the file.")


def _is_dead(said: re.Match[str], line: Line, content: Content) -> bool:
    number = said["number"]
    if any(one == number or one.startswith(f"{number}.") for one in content.numbers):
        return False
    if (said["word"] or "").lower().startswith("clause") and any(number in one.by_number for one in content.standards):
        return False
    return not _ELSEWHERE.search(line.text)


def _dead(section: SectionText, line: Line, said: re.Match[str], sentence: str) -> Found:
    return Found(
        kind=FindingKind.DEAD_REFERENCE,
        severity=Severity.MEDIUM,
        sentence=sentence,
        suggestion="Refer to what is meant, or take the reference out.",
        **at_line(section, line, start=said.start(), end=said.end()),
    )


def find_guidance(content: Content) -> Iterator[Found]:
    """Words for the author of a document that its readers would read. The same words are found once.

    What is a field's own place is none: it is filled.
    """
    places = {place for one in content.fields for place in one.places}
    said_before: dict[str, Found] = {}
    times: Counter[str] = Counter()
    for section, line in content.lines:
        if (found := _guidance_in(section, line, places)) is not None:
            times[found.quote] += 1
            said_before.setdefault(found.quote, found)
    for quote, found in said_before.items():
        more = f" It stands {times[quote]} times." if times[quote] > 1 else ""
        yield found.model_copy(update={"sentence": f"{found.sentence}{more}"})


def _guidance_in(section: SectionText, line: Line, places: set[tuple[str, int, int, int]]) -> Found | None:
    for pattern, severity in _GUIDANCE:
        said = pattern.search(line.text)
        if said and not _is_in_place(said, line, places):
            return Found(
                kind=FindingKind.GUIDANCE_LEFT,
                severity=severity,
                sentence="This reads like guidance for the author and would stand in every document.",
                suggestion="Take it out of the template, or make it the hint of a field.",
                fix=_taken_out(line, places) if severity == Severity.MEDIUM else None,
                **at_line(section, line, start=said.start(), end=said.end()),
            )
    return None


def _taken_out(line: Line, places: set[tuple[str, int, int, int]]) -> Fix | None:
    """The whole paragraph, where it is short and nothing in it is filled: a long one says other things, too."""
    if len(line.text) > _LONGEST_GUIDANCE or any((part, p) == (line.part, line.p) for part, p, _, _ in places):
        return None
    return Fix(part=line.part, p=line.p, start=0, end=len(line.text), old=line.text, new="")


def _is_in_place(said: re.Match[str], line: Line, places: set[tuple[str, int, int, int]]) -> bool:
    return any((part, p) == (line.part, line.p) and start <= said.start() < end for part, p, start, end in places)
