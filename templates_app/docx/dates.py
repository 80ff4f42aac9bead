"""Dates as a template writes them: Word's picture strings, the bare forms people type (DD/MM/YYYY), and where the
template says nothing, the form that is customary in its language (CLDR).
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from datetime import date
from functools import lru_cache
from itertools import groupby
from operator import itemgetter

from babel import Locale, UnknownLocaleError
from babel import dates as cldr

ENGLISH = "en-US"                      # of the names in a picture where the language is unknown
TOKEN = re.compile(r"'([^']*)'|([dDmMyY])\2*|.", re.DOTALL)
WORDS = {                              # what people write for a day, a month in letters and a year
    "d": "day jour tag dia día giorno dag dzień den день число".split(),
    "MMMM": "month mois monat mes mês mese maand måned månad miesiąc měsíc месяц місяць".split(),
    "yyyy": "year année annee jahr año ano anno jaar år rok год рік".split(),
}
WORD = re.compile(rf"(?<!\w)({'|'.join(word for words in WORDS.values() for word in words)})(?!\w)", re.IGNORECASE)
FOREIGN = (  # letters other languages use in forms; those that stand for the year show which language it is
    (re.compile("A{4}", re.IGNORECASE), (("A{4}", "yyyy"), ("J{2}", "dd"))),            # JJ/MM/AAAA, DD/MM/AAAA
    (re.compile("J{4}", re.IGNORECASE), (("J{4}", "yyyy"), ("T{2}", "dd"))),            # TT.MM.JJJJ, DD-MM-JJJJ
    (re.compile("Г{4}", re.IGNORECASE), (("Г{4}", "yyyy"), ("Д{2}", "dd"), ("М{2}", "MM"))),
    (re.compile("Р{4}", re.IGNORECASE), (("Р{4}", "yyyy"), ("Д{2}", "dd"), ("М{2}", "MM"))),
    (re.compile("R{4}", re.IGNORECASE), (("R{4}", "yyyy"),)),                           # DD.MM.RRRR
    (re.compile("Å{4}", re.IGNORECASE), (("Å{4}", "yyyy"),)),                           # DD.MM.ÅÅÅÅ
    (re.compile("V{4}", re.IGNORECASE), (("V{4}", "yyyy"), ("P{2}", "dd"), ("K{2}", "MM"))),
)
SHAPE = re.compile(r"(?:([dD]{1,4})|([mM]{1,4})|([yY]{2,4})|[\s.,/\\\-\u2013])+")
AROUND = " \t\n\xa0[]{}()<>\u00ab\u00bb$%"


def format_date(day: date, picture: str, language: str = "") -> str:
    """A day in a picture string; ``m`` is a month too, for a date has no minutes. Names in the language if known."""
    locale = _locale(language) or _locale(ENGLISH)
    tokens = list(TOKEN.finditer(_in_english(picture)))
    alone = not any(token[0][:1] in "dD" and len(token[0]) < 3 for token in tokens)
    pattern = "".join(_quoted("".join(group)) if literal else "".join(_letters(token, alone=alone) for token in group)
                      for literal, group in _grouped(tokens))
    return cldr.format_date(day, pattern, locale=locale) if pattern else ""


def customary_date(day: date, language: str) -> str:
    """The form people of the language write, with the year in full; ISO where the language is unknown."""
    locale = _locale(language)
    return cldr.format_date(day, "medium", locale=locale) if locale is not None else day.isoformat()


def picture_in(marker: str) -> str:
    """The picture string a place shows as its marker ("[DD.MM.YYYY]", "Month DD, YYYY"); empty when it shows none."""
    picture = _in_english(marker.strip(AROUND))
    match = SHAPE.fullmatch(picture)
    return picture if match and match[2] and match[3] else ""


@lru_cache(maxsize=64)
def _locale(language: str) -> Locale | None:
    """Of a language tag as Word writes it: the whole tag, or else its language alone."""
    for tag in (language, language.partition("-")[0]):
        try:
            return Locale.parse(tag, sep="-") if tag else None
        except (UnknownLocaleError, ValueError):
            continue
    return None


def _in_english(picture: str) -> str:
    picture = WORD.sub(lambda match: next(p for p, words in WORDS.items() if match[1].lower() in words), picture)
    for year, letters in FOREIGN:
        if year.search(picture):
            for theirs, ours in letters:
                picture = re.sub(theirs, ours, picture, flags=re.IGNORECASE)
    return picture


def _grouped(tokens: Iterable[re.Match[str]]) -> Iterator[tuple[bool, Iterator[str]]]:
    """Stretches of literal text, and stretches of tokens that stand for parts of the day."""
    marked = ((match[2] is None, match[1] if match[1] is not None else match[0]) for match in tokens)
    return ((literal, (text for _, text in group)) for literal, group in groupby(marked, key=itemgetter(0)))


def _quoted(literal: str) -> str:
    return "'" + literal.replace("'", "''") + "'" if literal else ""


def _letters(token: str, *, alone: bool) -> str:
    """A token in CLDR's letters. ``alone``: the month stands without a day, which some languages inflect."""
    letter, width = token[0].lower(), len(token)
    if letter == "y":
        return "yyyy" if width > 2 else "yy"
    if letter == "d":
        return "d" * width if width < 3 else "E" * min(width, 4)
    return ("L" if alone and width > 2 else "M") * min(width, 4)
