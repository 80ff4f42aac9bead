"""Which type of document a file is and which standards it serves, by its words; below a threshold, no claim."""

from __future__ import annotations

import math
import re
from collections import Counter
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache

from templates_app.standards.catalogue import DocumentType, catalogue, title_words
from templates_app.standards.titles import strengths
from templates_app.words import Wording, key_stems

# Below these nothing is claimed: a wrong type makes a review ask for the wrong things, none only makes it ask less.
TYPE_THRESHOLD = 0.5
STANDARD_THRESHOLD = 0.5

# A title names the type; sections and fields alone hardly tell one procedure from another.
_TITLE_WEIGHT, _SECTIONS_WEIGHT, _FIELDS_WEIGHT = 0.6, 0.25, 0.15
# What may be a title without being one: a header may name the manual that a form belongs to.
_IN_FRONT, _IN_HEADER = 0.95, 0.88
# “Standard operating procedure” above the title of one says less than that title.
_CLEAR, _BESIDE_CLEAR = 0.7, 0.8
# Some words of a type's name, in a title that is not known: a hint that sections and fields have to bear out.
_PARTLY_NAMED = 0.5
_NAMED_IN_TITLE, _NAMED_IN_TEXT, _ONLY_STANDARD_OF_TYPE = 1.0, 0.8, 0.6
# So many keywords that one standard alone has, found in a text, are worth half of being sure.
_HALF_SURE_KEYWORDS = 6
# Subjects overlap: words for a second standard count where they are nearly as many as those for the first.
_CLOSE = 0.85
# A standard named once in a text that is full of another's words is spoken of rather than served.
_TIMES_NAMED = 2
_STANDARD_NAME = re.compile(r"\b(?:iso|iec|en|bs|din)\b[\s/a-z-]{0,12}?(\d{4,5})\b", re.IGNORECASE)
# Of the words of an expected section or field, so many must stand in a heading or label.
MATCH_SHARE = 0.6
# What a file is about is said on its first hundred pages.
_MOST_CHARACTERS = 300_000
_PARAGRAPHS_OF_TITLE = 4
_PARAGRAPHS_OF_FRONT = 10
_TITLE_CHARACTERS = 120
_ENDS_A_SENTENCE = (".", "?", "!", ";", ",")


@dataclass(frozen=True, slots=True)
class Evidence:
    """What of a file is looked at. ``titles`` are what names it: title, file name, first lines; ``fronts`` what may."""

    titles: tuple[str, ...]
    headings: tuple[str, ...]
    labels: tuple[str, ...]
    texts: tuple[str, ...]
    fronts: tuple[str, ...] = ()
    """Further lines of the first page."""
    headers: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Recognition:
    """What is claimed, each with its score from 0 to 1."""

    document_type: str = ""
    type_score: float = 0.0
    standards: dict[str, float] = field(default_factory=dict)


def within_limit(texts: Iterable[str]) -> tuple[str, ...]:
    """The texts from the beginning on, as far as they are looked at."""
    kept, characters = [], 0
    for text in texts:
        characters += len(text)
        if characters > _MOST_CHARACTERS:
            break
        kept.append(text)
    return tuple(kept)


def first_lines(texts: Iterable[str]) -> tuple[list[str], list[str]]:
    """The short lines at the head of a file, among which its title stands; and those that follow on the first page."""
    lines = [text.strip() for text in texts if text.strip()]
    first, following = lines[:_PARAGRAPHS_OF_TITLE], lines[_PARAGRAPHS_OF_TITLE:_PARAGRAPHS_OF_FRONT]
    return [*filter(_may_be_title, first)], [*filter(_may_be_title, following)]


def header_lines(texts: Iterable[str]) -> list[str]:
    """What stands between tabs in headers, once."""
    parts = dict.fromkeys(part.strip() for text in texts for part in text.split("\t"))
    return [part for part in parts if _may_be_title(part)]


def _may_be_title(line: str) -> bool:
    return 0 < len(line) <= _TITLE_CHARACTERS and not line.endswith(_ENDS_A_SENTENCE)


def recognise(evidence: Evidence) -> Recognition:
    """Type first: where it belongs to one standard alone, that counts for the standard."""
    found, score = best_type(evidence)
    claimed = found if found is not None and score >= TYPE_THRESHOLD else None
    return Recognition(
        document_type=claimed.id if claimed else "",
        type_score=round(score, 2),
        standards={name: round(score, 2) for name, score in _claimed_standards(evidence, claimed).items()},
    )


def best_type(evidence: Evidence) -> tuple[DocumentType | None, float]:
    """The type that fits best with its score; of equals, the one with the more telling name."""
    known = frozenset(_rarity())
    names = {key_stems(text) & known for text in (*evidence.headings, *evidence.labels)}
    titles = _title_scores(evidence)
    scored = [(_type_score(one, titles, names), _weight(key_stems(one.name)), one.id) for one in _types()]
    score, _, type_id = max(scored)
    return catalogue().document_types[type_id], score


def _title_scores(evidence: Evidence) -> dict[str, float]:
    """By id, how much what names the file speaks for each type."""
    words = [key_stems(text) for text in evidence.titles]
    scores = {one.id: _PARTLY_NAMED * _named_share(key_stems(one.name), words) for one in _types()}
    said = strengths(evidence.titles)
    for type_id, strength in strengths(evidence.fronts, may_be_general=False).items():
        said[type_id] = max(said.get(type_id, 0.0), _IN_FRONT * strength)
    general = title_words().general
    if any(strength >= _CLEAR for type_id, strength in said.items() if type_id not in general):
        said |= {type_id: _BESIDE_CLEAR * said[type_id] for type_id in general & said.keys()}
    for type_id, strength in strengths(evidence.headers, may_be_general=False).items():
        said[type_id] = max(said.get(type_id, 0.0), _IN_HEADER * strength)
    return {type_id: max(score, said.get(type_id, 0.0)) for type_id, score in scores.items()}


def _named_share(wanted: frozenset[str], titles: Iterable[frozenset[str]]) -> float:
    return max((_weight(wanted & one) for one in titles), default=0.0) / _weight(wanted)


def _type_score(kind: DocumentType, titles: Mapping[str, float], names: Collection[frozenset[str]]) -> float:
    sections = _found_share([key_stems(one) for one in kind.expected_sections], names)
    fields = _found_share([key_stems(one.name) for one in kind.expected_fields], names)
    return _TITLE_WEIGHT * titles[kind.id] + _SECTIONS_WEIGHT * sections + _FIELDS_WEIGHT * fields


def _found_share(expected: Sequence[frozenset[str]], names: Collection[frozenset[str]]) -> float:
    """By weight: “Scope”, which half of all types expect, tells less than “Recovery strategies”."""
    weights = [_weight(one) for one in expected]
    found = sum(weight for one, weight in zip(expected, weights, strict=True) if is_among(one, names))
    return found / sum(weights)


def is_among(wanted: frozenset[str], names: Iterable[frozenset[str]]) -> bool:
    """Whether one of the names says this, perhaps with more words or with a few less."""
    return any(len(wanted & name) >= MATCH_SHARE * len(wanted) for name in names if wanted) and bool(wanted)


def _types() -> Iterable[DocumentType]:
    return catalogue().document_types.values()


@cache
def _rarity() -> dict[str, float]:
    """Of each word in the names, sections and fields of all types: the rarer, the more telling."""
    seen: Counter[str] = Counter()
    for kind in _types():
        texts = (kind.name, *kind.expected_sections, *(one.name for one in kind.expected_fields))
        seen.update({word for text in texts for word in key_stems(text)})
    return {word: math.log(1 + len(catalogue().document_types) / count) for word, count in seen.items()}


def _weight(words: Iterable[str]) -> float:
    return sum(_rarity().get(word, 0.0) for word in words)


def _claimed_standards(evidence: Evidence, kind: DocumentType | None) -> dict[str, float]:
    """Those named, and of those that only their words speak for, the best and what comes close to it."""
    of_all = _scores_by_words(evidence)
    by_words = {name: score for name, score in of_all.items() if not kind or name in kind.standards}
    best = max(by_words.values(), default=0.0)
    scores = {name: score for name, score in by_words.items() if score >= _CLOSE * best}
    if kind is not None and len(kind.standards) == 1:
        (only,) = kind.standards
        scores[only] = max(scores.get(only, 0.0), _ONLY_STANDARD_OF_TYPE)
    scores |= dict.fromkeys(_served(_named(evidence.texts), of_all), _NAMED_IN_TEXT)
    scores |= dict.fromkeys(_named((*evidence.titles, *evidence.headings)), _NAMED_IN_TITLE)
    return {name: scores[name] for name in catalogue().standards if scores.get(name, 0.0) >= STANDARD_THRESHOLD}


def _named(texts: Iterable[str]) -> dict[str, int]:
    """How often each standard is named."""
    numbers = Counter(number for text in texts for number in _STANDARD_NAME.findall(text))
    return {one.id: numbers[one.short_number] for one in catalogue().standards.values() if one.short_number in numbers}


def _served(named: Mapping[str, int], by_words: Mapping[str, float]) -> list[str]:
    """Without those named in passing: a form on security asks once for a certificate of quality as well."""
    best = max((by_words[name] for name in named), default=0.0)
    least = _CLOSE * best if best >= STANDARD_THRESHOLD else 0.0
    return [name for name, times in named.items() if times >= _TIMES_NAMED or by_words[name] >= least]


def _scores_by_words(evidence: Evidence) -> dict[str, float]:
    """From the keywords that no other standard has: more of them make it surer, never quite sure."""
    wording = Wording((*evidence.headings, *evidence.labels, *evidence.texts))
    found = {name: sum(map(wording.has, words)) for name, words in _own_keywords().items()}
    return {name: count / (count + _HALF_SURE_KEYWORDS) for name, count in found.items()}


@cache
def _own_keywords() -> dict[str, tuple[str, ...]]:
    """The keywords of each standard that no other one has."""
    known = catalogue().standards.values()
    of = {one.id: {word for clause in one.clauses for word in clause.keywords} for one in known}
    count = Counter(word for words in of.values() for word in words)
    return {name: tuple(sorted(word for word in words if count[word] == 1)) for name, words in of.items()}
