"""Dates as a template writes them: Word's picture strings and the bare forms people type (DD/MM/YYYY)."""

from __future__ import annotations

import re
from datetime import date

MONTHS = {
    "en": "January February March April May June July August September October November December",
    "de": "Januar Februar März April Mai Juni Juli August September Oktober November Dezember",
    "fr": "janvier février mars avril mai juin juillet août septembre octobre novembre décembre",
    "es": "enero febrero marzo abril mayo junio julio agosto septiembre octubre noviembre diciembre",
    "it": "gennaio febbraio marzo aprile maggio giugno luglio agosto settembre ottobre novembre dicembre",
    "pt": "janeiro fevereiro março abril maio junho julho agosto setembro outubro novembro dezembro",
    "nl": "januari februari maart april mei juni juli augustus september oktober november december",
    "da": "januar februar marts april maj juni juli august september oktober november december",
    "nb": "januar februar mars april mai juni juli august september oktober november desember",
    "sv": "januari februari mars april maj juni juli augusti september oktober november december",
    "pl": "stycznia lutego marca kwietnia maja czerwca lipca sierpnia września października listopada grudnia",
    "cs": "ledna února března dubna května června července srpna září října listopadu prosince",
    "ru": "января февраля марта апреля мая июня июля августа сентября октября ноября декабря",
    "uk": "січня лютого березня квітня травня червня липня серпня вересня жовтня листопада грудня",
}
WEEKDAYS = {
    "en": "Monday Tuesday Wednesday Thursday Friday Saturday Sunday",
    "de": "Montag Dienstag Mittwoch Donnerstag Freitag Samstag Sonntag",
    "fr": "lundi mardi mercredi jeudi vendredi samedi dimanche",
    "es": "lunes martes miércoles jueves viernes sábado domingo",
    "it": "lunedì martedì mercoledì giovedì venerdì sabato domenica",
    "pt": "segunda-feira terça-feira quarta-feira quinta-feira sexta-feira sábado domingo",
    "nl": "maandag dinsdag woensdag donderdag vrijdag zaterdag zondag",
    "da": "mandag tirsdag onsdag torsdag fredag lørdag søndag",
    "nb": "mandag tirsdag onsdag torsdag fredag lørdag søndag",
    "sv": "måndag tisdag onsdag torsdag fredag lördag söndag",
    "pl": "poniedziałek wtorek środa czwartek piątek sobota niedziela",
    "cs": "pondělí úterý středa čtvrtek pátek sobota neděle",
    "ru": "понедельник вторник среда четверг пятница суббота воскресенье",
    "uk": "понеділок вівторок середа четвер пʼятниця субота неділя",
}
ALIASES = {"no": "nb", "nn": "nb"}
TOKEN = re.compile(r"'([^']*)'|([dDmMyY])\2*|.", re.DOTALL)
FOREIGN = (  # letters other languages use in forms, where the one that stands for the year shows which language it is
    (re.compile("A{4}", re.IGNORECASE), (("A{4}", "yyyy"), ("J{2}", "dd"))),            # JJ/MM/AAAA, DD/MM/AAAA
    (re.compile("J{4}", re.IGNORECASE), (("J{4}", "yyyy"), ("T{2}", "dd"))),            # TT.MM.JJJJ
    (re.compile("Г{4}", re.IGNORECASE), (("Г{4}", "yyyy"), ("Д{2}", "dd"), ("М{2}", "MM"))),
)


def format_date(day: date, picture: str, language: str = "") -> str:
    """A day in a picture string; ``m`` is a month too, for a date has no minutes. Names in the language if known."""
    names = language.partition("-")[0].lower()
    names = ALIASES.get(names, names)
    return "".join(_token(match, day, names) for match in TOKEN.finditer(_in_english(picture)))


def _in_english(picture: str) -> str:
    for year, letters in FOREIGN:
        if year.search(picture):
            for theirs, ours in letters:
                picture = re.sub(theirs, ours, picture, flags=re.IGNORECASE)
    return picture


def _token(match: re.Match[str], day: date, names: str) -> str:
    token = match[0]
    if match[1] is not None:
        return match[1]
    if match[2] is None:
        return token
    letter, width = token[0].lower(), len(token)
    if letter == "y":
        return f"{day.year:04d}" if width > 2 else f"{day.year % 100:02d}"
    if width <= 2:
        return f"{day.day if letter == 'd' else day.month:0{width}d}"
    name = _weekday(day, names) if letter == "d" else _month(day, names)
    return name[:3] if width == 3 else name


def _weekday(day: date, names: str) -> str:
    return WEEKDAYS.get(names, WEEKDAYS["en"]).split()[day.weekday()]


def _month(day: date, names: str) -> str:
    return MONTHS.get(names, MONTHS["en"]).split()[day.month - 1]
