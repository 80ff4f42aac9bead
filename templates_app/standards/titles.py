"""What the title of a document says about its type: titles as used in the field, in several languages, are data.

A title that is known speaks for its type as strongly as it explains the line it stands in. Words that every title may
have (codes, versions, “template”) count for nothing, other words weaken it, and a word for another kind of document
(“procedure” beside “risk register”) nearly undoes it.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cache, lru_cache

from templates_app.standards.catalogue import TitleWords, catalogue, title_words
from templates_app.words import stem

_PLACEHOLDER = re.compile(r"<<[^<>]*>>|\{\{?[^{}]*\}?\}|\[[^\[\]]*\]|<[^<>]*>|«[^«»]*»|\$\w+")
_CAMEL = re.compile(r"(?<=[a-z])(?=[A-Z][a-z])")
_WRITTEN_OUT = re.compile(r"([aou])e")
_WORD = re.compile(r"[^\W_]+")
_INNER_HYPHEN = re.compile(r"(?<=[^\W\d_])[-‑](?=[^\W\d_])")
_CODE = re.compile(r"[a-z]{0,3}\d[\d.x]*")
# A title of more words is a sentence.
_MOST_WORDS = 14
# What one word too many takes away. “Access control”, without a word for a kind, may as well head a section.
_EXTRA_WORD, _EXTRA_WORD_OF_BARE, _BARE = 0.05, 0.1, 0.05
_SCATTERED = 0.2
# “Security policy” is the whole title of one, and the end of many others' (“Personnel security policy”).
_NOT_ALONE = 0.2
_ANOTHER_KIND = 0.35
# “Procedure” names a type, but not where the same line names one that says on what.
_OF_GENERAL, _CLEARLY_SPECIFIC = 0.9, 0.7
_MOST_WORDS_ABOUT_GENERAL = 5
_LETTERS_OF_ACRONYM = 4


@dataclass(frozen=True, slots=True)
class KnownTitle:
    """One way to write a title: its words in order, which name ``type_id``."""

    type_id: str
    words: tuple[str, ...]
    is_general: bool
    is_bare: bool
    """Without a word for a kind of document."""
    is_for_alone: bool

    @property
    def is_acronym(self) -> bool:
        return len(self.words) == 1 and len(self.words[0]) <= _LETTERS_OF_ACRONYM


@lru_cache(maxsize=4_000)
def fold(text: str) -> str:
    """Without case and accents, which file names often lack or write out: “Änderung”, “Aenderung”, “anderung”."""
    parts = unicodedata.normalize("NFKD", text.casefold())
    plain = "".join(one for one in parts if not unicodedata.combining(one))
    return _WRITTEN_OUT.sub(r"\1", plain)


def readings(text: str) -> tuple[tuple[str, ...], ...]:
    """The words of a line that may be a title, in one or two ways: “Risiko-Register” is two words and one."""
    label, colon, rest = text.partition(":")
    if colon and _known_words().labels.intersection(_words(label)):
        text = rest  # “Document name: …”
    bare = _CAMEL.sub(" ", _PLACEHOLDER.sub(" ", text))
    apart = _words(bare)
    joined = _words(_INNER_HYPHEN.sub("", bare))
    return (apart,) if joined == apart else (apart, joined)


def _words(text: str) -> tuple[str, ...]:
    joining = _known_words().joining
    found = _WORD.findall(fold(text))
    return tuple(one for one in found if one not in joining and not _CODE.fullmatch(one))


def strengths(lines: Iterable[str], *, may_be_general: bool = True) -> dict[str, float]:
    """How strongly these lines name each type, 0 to 1; types that no line names are left out."""
    best: dict[str, float] = {}
    for line in lines:
        for words in readings(line):
            for type_id, strength in _strengths_of(words, may_be_general=may_be_general).items():
                best[type_id] = max(best.get(type_id, 0.0), strength)
    return best


def _strengths_of(words: tuple[str, ...], *, may_be_general: bool) -> dict[str, float]:
    if not 0 < len(words) <= _MOST_WORDS:
        return {}
    stemmed = tuple(map(stem, words))
    line, plain = frozenset(stemmed), frozenset(words)
    may_be = [one for word in line | plain for one in _titles_by_first_word().get(word, ())]
    found = [one for one in may_be if (plain if one.is_general else line).issuperset(one.words)]
    told = [(one, _strength(one, words, stemmed)) for one in found]
    told = [one for one in told if not _is_part_of_another(one, told)]
    clearest = max((strength for one, strength in told if not one.is_general), default=0.0)
    general_counts = may_be_general and clearest < _CLEARLY_SPECIFIC
    best: dict[str, float] = {}
    for one, strength in told:
        if strength and (general_counts or not one.is_general):
            best[one.type_id] = max(best.get(one.type_id, 0.0), strength)
    return best


def _is_part_of_another(one: tuple[KnownTitle, float], told: Sequence[tuple[KnownTitle, float]]) -> bool:
    """“Internal audit” says nothing where “Internal audit report” stands."""
    (title, strength), words = one, set(map(stem, one[0].words))
    return any(words < set(map(stem, other.words)) and strength <= more for other, more in told if other is not title)


def _strength(one: KnownTitle, words: Sequence[str], stemmed: Sequence[str]) -> float:
    known = _known_words()
    own = words if one.is_general else stemmed
    telling = [said for word, said in zip(words, own, strict=True) if word not in known.fillers or said in one.words]
    extra = [said for said in telling if said not in one.words]
    other_kind = any(stem(said) in known.kinds - _kinds_of(one.type_id) for said in extra)
    if one.is_general:
        return _strength_of_general(one, telling, extra, other_kind=other_kind)
    if one.is_acronym and extra:
        return 0.0
    lost = _BARE + _EXTRA_WORD_OF_BARE * len(extra) if one.is_bare else _EXTRA_WORD * len(extra)
    lost += _SCATTERED * (not _stand_together(one.words, telling)) + _NOT_ALONE * (one.is_for_alone and bool(extra))
    return max(0.0, 1.0 - lost - _ANOTHER_KIND * other_kind)


def _strength_of_general(one: KnownTitle, telling: Sequence[str], extra: Sequence[str], *, other_kind: bool) -> float:
    """Any subject before or behind it, but a subject: a line “Procedure” heads a section."""
    size = len(one.words)
    at_an_end = one.words in (tuple(telling[:size]), tuple(telling[-size:]))
    is_clear = size > 1 or one.is_acronym or (bool(extra) and not other_kind)
    return _OF_GENERAL if at_an_end and is_clear and len(extra) <= _MOST_WORDS_ABOUT_GENERAL else 0.0


def _stand_together(wanted: Sequence[str], words: Sequence[str]) -> bool:
    size = len(wanted)
    return any(sorted(words[at : at + size]) == sorted(wanted) for at in range(len(words) - size + 1))


@cache
def known_titles() -> tuple[KnownTitle, ...]:
    """The name of each type and its other titles, read in every way."""
    found = {}
    for kind in catalogue().document_types.values():
        for text in (kind.name, *kind.titles):
            for words in readings(text):
                title = _known_title(kind.id, words, is_for_alone=fold(text) in _known_words().alone)
                found[title.type_id, title.words] = title
    return tuple(found.values())


@cache
def _titles_by_first_word() -> dict[str, list[KnownTitle]]:
    by_word: dict[str, list[KnownTitle]] = {}
    for one in known_titles():
        by_word.setdefault(one.words[0], []).append(one)
    return by_word


@cache
def _kinds_of(type_id: str) -> frozenset[str]:
    """The kinds that the type's own titles say: “Document control” may as well be called a procedure."""
    kind = catalogue().document_types[type_id]
    words = {stem(word) for text in (kind.name, *kind.titles) for words in readings(text) for word in words}
    return _known_words().kinds & words


def _known_title(type_id: str, words: Sequence[str], *, is_for_alone: bool) -> KnownTitle:
    is_general = type_id in title_words().general
    stemmed = tuple(map(stem, words))
    is_bare = not any(one in _known_words().kinds for one in stemmed)
    return KnownTitle(type_id, tuple(words) if is_general else stemmed, is_general, is_bare, is_for_alone)


@cache
def _known_words() -> TitleWords:
    """Folded as titles are; the kinds by their stems."""
    told = title_words()
    return TitleWords(
        general=told.general,
        joining=frozenset(map(fold, told.joining)),
        fillers=frozenset(map(fold, told.fillers)),
        kinds=frozenset(stem(fold(one)) for one in told.kinds),
        labels=frozenset(map(fold, told.labels)),
        alone=frozenset(map(fold, told.alone)),
    )
