"""List numbers as Word prints them: definitions of ``numbering.xml`` and the counters that run through a story."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import Any

from .package import Package
from .styles import value_of, whole
from .text import namespace

Element = Any

LEVELS = 9
PLACEHOLDER = re.compile(r"%([1-9])")
LATIN = "abcdefghijklmnopqrstuvwxyz"
RUSSIAN = "абвгдежзиклмнопрстуфхцчшщэюя"
ROMAN = (
    (1000, "m"),
    (900, "cm"),
    (500, "d"),
    (400, "cd"),
    (100, "c"),
    (90, "xc"),
    (50, "l"),
    (40, "xl"),
    (10, "x"),
    (9, "ix"),
    (5, "v"),
    (4, "iv"),
    (1, "i"),
)


@dataclass(frozen=True, slots=True)
class Level:
    """How one level of a list counts and prints."""

    start: int = 1
    format: str = "decimal"
    text: str = ""
    restart: int | None = None  # restarts after this level (1-based); 0 never
    legal: bool = False
    style: str = ""


@dataclass(slots=True)
class Definition:
    """One ``w:num``: its levels and the list whose counters it shares."""

    counter: str
    levels: dict[int, Level]
    restarts: dict[int, int] = field(default_factory=dict)  # start overrides, applied when the num is first used


@dataclass(slots=True)
class Source:
    """The lists as they stand in the part; files define far more of them than they use."""

    w: str
    nums: dict[str, Element]
    abstract: dict[str, Element]
    links: dict[str, str]  # lists that only name a numbering style, by the list that defines it


@dataclass(slots=True)
class Numbering:
    """All lists of a file and how far each has counted."""

    source: Source | None = None
    definitions: dict[str, Definition | None] = field(default_factory=dict)
    _counts: dict[str, list[int | None]] = field(default_factory=dict)
    _started: set[str] = field(default_factory=set)

    def definition(self, num_id: str) -> Definition | None:
        if num_id not in self.definitions:
            known = self.source is not None and num_id in self.source.nums
            self.definitions[num_id] = _definition(self.source, num_id) if known and self.source else None
        return self.definitions[num_id]

    def restart(self) -> None:
        """A new story counts from the beginning."""
        self._counts.clear()
        self._started.clear()

    def level_for_style(self, num_id: str, style_id: str | None) -> int:
        """The level that a paragraph style stands for in its list, 0 where the list does not say."""
        definition = self.definition(num_id)
        levels = definition.levels.items() if definition is not None and style_id else ()
        return next((at for at, level in levels if level.style == style_id), 0)

    def next(self, num_id: str, level: int) -> str | None:
        """Count one paragraph and return its printed number; None when the list is unknown or numbers nothing."""
        definition = self.definition(num_id)
        if definition is None or not 0 <= level < LEVELS:
            return None
        counts = self._counts.setdefault(definition.counter, [None] * LEVELS)
        self._apply_overrides(num_id, definition, counts)
        own = definition.levels.get(level, Level())
        current = counts[level]
        counts[level] = own.start if current is None else current + 1
        self._reset_below(definition, counts, level)
        return _printed(definition, counts, level)

    def _apply_overrides(self, num_id: str, definition: Definition, counts: list[int | None]) -> None:
        if num_id in self._started:
            return
        self._started.add(num_id)
        for level in definition.restarts:
            if level < LEVELS:
                counts[level] = None  # its levels carry the new start

    @staticmethod
    def _reset_below(definition: Definition, counts: list[int | None], level: int) -> None:
        for lower in range(level + 1, LEVELS):
            restart = definition.levels.get(lower, Level()).restart
            if restart is None or (0 < restart and level < restart):
                counts[lower] = None


def _printed(definition: Definition, counts: list[int | None], level: int) -> str:
    own = definition.levels.get(level, Level())
    if own.format == "bullet":
        return _bullet(own.text)

    def number(match: re.Match[str]) -> str:
        at = int(match[1]) - 1
        shown = definition.levels.get(at, Level())
        count = counts[at]
        how = "decimal" if own.legal and shown.format != "decimal" else shown.format
        return format_number(shown.start if count is None else count, how)

    return PLACEHOLDER.sub(number, own.text).strip()


def _bullet(text: str) -> str:
    """Symbol fonts keep their bullets in the private use area; any bullet reads as one."""
    char = text.strip()[:1]
    return "•" if not char or "\ue000" <= char <= "\uf8ff" or char in "·o§" else char


def format_number(number: int, how: str) -> str:
    writer = FORMATS.get(how)
    return writer(number) if writer else str(number)


def _letters(number: int, alphabet: str) -> str:
    if number < 1:
        return str(number)
    turns, at = divmod(number - 1, len(alphabet))
    return alphabet[at] * min(turns + 1, 12)


def _roman(number: int) -> str:
    if not 0 < number < 5000:
        return str(number)
    out = ""
    for value, sign in ROMAN:
        times, number = divmod(number, value)
        out += sign * times
    return out


FORMATS: dict[str, Callable[[int], str]] = {
    "decimalZero": lambda n: f"{n:02d}",
    "lowerLetter": lambda n: _letters(n, LATIN),
    "upperLetter": lambda n: _letters(n, LATIN).upper(),
    "lowerRoman": _roman,
    "upperRoman": lambda n: _roman(n).upper(),
    "russianLower": lambda n: _letters(n, RUSSIAN),
    "russianUpper": lambda n: _letters(n, RUSSIAN).upper(),
    "none": lambda n: "",
}


def read_numbering(package: Package) -> Numbering:
    part = package.related(package.main_part, "numbering")
    if part is None:
        return Numbering()
    root = package.xml(part)
    w = namespace(root)
    abstract = {element.get(w + "abstractNumId") or "": element for element in root.iterchildren(w + "abstractNum")}
    nums = {element.get(w + "numId") or "": element for element in root.iterchildren(w + "num")}
    return Numbering(Source(w, nums, abstract, _style_links(abstract, w)))


def _style_links(abstract: dict[str, Element], w: str) -> dict[str, str]:
    defining: dict[str, str] = {}
    linking: dict[str, str] = {}
    for key, element in abstract.items():
        if style := value_of(element.find(w + "styleLink"), w):
            defining[style] = key
        if style := value_of(element.find(w + "numStyleLink"), w):
            linking[key] = style
    return {key: defining[style] for key, style in linking.items() if style in defining}


def _levels(element: Element, w: str) -> list[tuple[int, Level]]:
    found = ((whole(level.get(w + "ilvl")), level) for level in element.iterchildren(w + "lvl"))
    return [(at, _level(level, w)) for at, level in found if at is not None and 0 <= at < LEVELS]


def _level(element: Element, w: str) -> Level:
    stated = {found.tag: found for found in reversed(element)}  # of several alike the first counts
    start = whole(value_of(stated.get(w + "start"), w))
    format_element = stated.get(w + "numFmt")
    if format_element is None:  # newer Word hides it in a choice beside its fallback
        format_element = next(element.iter(w + "numFmt"), None)
    return Level(
        start=1 if start is None else start,
        format=value_of(format_element, w) or "decimal",
        text=value_of(stated.get(w + "lvlText"), w) or "",
        restart=whole(value_of(stated.get(w + "lvlRestart"), w)),
        legal=w + "isLgl" in stated,
        style=value_of(stated.get(w + "pStyle"), w) or "",
    )


def _definition(source: Source, num_id: str) -> Definition:
    w, num = source.w, source.nums[num_id]
    key = value_of(num.find(w + "abstractNumId"), w) or ""
    key = source.links.get(key, key)
    element = source.abstract.get(key)
    definition = Definition(key, dict(_levels(element, w)) if element is not None else {})
    for override in num.iterchildren(w + "lvlOverride"):
        at = whole(override.get(w + "ilvl"))
        if at is None or not 0 <= at < LEVELS:
            continue
        own = override.find(w + "lvl")
        if own is not None:
            definition.levels[at] = _level(own, w)
        start = whole(value_of(override.find(w + "startOverride"), w))
        if start is not None:
            definition.restarts[at] = start
            definition.levels[at] = replace(definition.levels.get(at, Level()), start=start)
    return definition
