"""What kind of value a place takes, told by its label, its marker and the words around it."""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import lru_cache

from .folding import Folded
from .lexicon import (
    ADDRESS,
    AGENDA,
    AMOUNT,
    BEFORE_DAY,
    CHOICE,
    COUNT_OF,
    DATA_OF,
    DATE,
    DATE_ALONE,
    DATE_COMPOUND,
    DATE_DONE,
    DATE_SIGNED,
    DAY_PARTS,
    DURATION,
    EXPLAIN,
    IDENTIFIER,
    IMAGE,
    IN_WORDS,
    JOINED,
    LINK,
    LONG,
    MEASURED,
    NAME,
    NAME_KIND,
    NUMBER,
    NUMBER_COMPOUND,
    OPEN_QUESTION,
    PERSONAL_NAME,
    POSITION,
    REQUEST,
    ROLE,
    SHORT,
    SIGNATURE,
    UNIT,
    words_of,
)
from .model import FieldType
from .naming import NUMBERING

YES_NO_QUESTION = re.compile(r"^(?:is|are|do|does|did|has|have|will|can|was|were|required)\b.*\?$", re.IGNORECASE)
BY = re.compile(
    r"\b(?:by|von|durch|par|por|da|av|af|door|przez)\s*:?\s*$"
    r"|\b(?:by whom|von wem|durch wen|par qui|por qui[eé]n|por quem|da chi|door wie|av vem|af hvem|przez kogo)\b",
    re.IGNORECASE,
)
PLACE = re.compile(r"(?:place|lieu|lugar|luogo|local|plaats|sted|miejsce|ort)\b", re.IGNORECASE)
DATED = re.compile(r"\b(?:date|datum|fecha|data|dato)\b", re.IGNORECASE)
AFTER = re.compile(
    r"(?:['’]s)?(?:\s+\d{1,2})?\s*(?:$|[:：/,;&|?*-]|(?:of|at|for|in|from|on|to|and|or|der|des|für|de|du|des|pour|del|della|da|das|do|dos|di|para|per"
    r"|van|voor|en|y|e|et|und|oder|av|til|for|för|og|och|och|dla|i|и|по|для)\b)",
    re.IGNORECASE,
)
REMARK = re.compile(r"(?<!\s)\s*(?:\([^()]*\)|（[^（）]*）)")
OFFICE_OF = Folded(  # what somebody is, in languages that say whose afterwards: "Cargo do subscritor"
    r"(?:cargo|fun[cç][aã]o|qualifica[cç][aã]o|profiss[aã]o|puesto|ocupaci[oó]n|fonction|qualité|ruolo|mansione|functie)"
    r"(?![^\W_])\s+\S"
)
DOING = re.compile(r"(?:name of )?(?:the )?person (?!being)[a-z]+ing\b", re.IGNORECASE)
OF = re.compile(r"\b(?:to|with|for|of|between|from)(?: the| your| an?)?\s+$", re.IGNORECASE)
SOFTWARE = re.compile(r"(?:password|task|package|content|file|device) $", re.IGNORECASE)
MAX_TOLD = 1000  # characters; what a longer text asks for, its beginning tells
MAX_LABEL_WORDS = 8  # longer words are a sentence, and a sentence mentions many things
NUMBERED = frozenset({"number", "no", "nr", "id"})
ON_BEHALF = re.compile(r"\bon behalf\b", re.IGNORECASE)  # tells of no day
SMALL_WORDS = frozenset(
    "of the a an and or der die das des von und de la le du des et del y e i el og och av en et и или 's s".split()
)


def infer_type(label: str, *, context: str = "", column: bool = False) -> FieldType:
    """``context``: a title over several labels, which tells whose name a "Name" is and asks what its parts answer."""
    return tell_type(label, context=context, column=column) or FieldType.TEXT


@lru_cache(maxsize=4096)
def tell_type(label: str, *, context: str = "", column: bool = False) -> FieldType | None:
    """As ``infer_type``, but None where no word tells anything."""
    found = _by_words(label, column=column)
    if found is FieldType.PERSON and context and _is_only_name(_head(label)) and not _is_person(_head(context), column):
        return FieldType.TEXT  # the name of the organisation whose block this is
    if found is None and OPEN_QUESTION.search(context):
        return FieldType.LONG_TEXT
    return found


def is_unit(words: str) -> bool:
    """Whether the words after a place count or measure it: "years of experience", "%"."""
    return UNIT.match(words.lstrip()) is not None


def is_only_unit(words: str) -> bool:
    """Whether words are a unit and nothing else, as in the cell behind the one for the value: "€", "kg"."""
    words = words.strip(" .()[]")
    return UNIT.fullmatch(words) is not None and words.casefold() not in DAY_PARTS


def _head(words: str) -> str:
    head = NUMBERING.sub("", words.split("\n")[0].strip(), count=1)
    head = REMARK.sub("", head).strip() or head
    head = ON_BEHALF.sub("for", head) if "ehalf" in head.casefold() else head
    return " ".join(head.split()[:MAX_LABEL_WORDS]) if len(head.split()) > MAX_LABEL_WORDS else head


def _by_words(words: str, *, column: bool) -> FieldType | None:
    words = words[:MAX_TOLD]
    whole = words.split("\n")[0].strip()
    if YES_NO_QUESTION.fullmatch(whole):
        return FieldType.CHOICE if column else None
    if len(whole.split()) <= MAX_LABEL_WORDS and CHOICE.search(whole):
        return FieldType.CHOICE
    if whole.rstrip(" :：").casefold() == "by":
        return FieldType.SIGNATURE  # of a contract's party
    if OPEN_QUESTION.search(whole) and not DATE.search(whole):
        return FieldType.LONG_TEXT
    if len(whole.split()) > MAX_LABEL_WORDS and REQUEST.search(whole):
        return FieldType.LONG_TEXT
    if "(" in whole and MEASURED.search(whole):
        return FieldType.NUMBER
    head = _head(words)
    return next((kind for kind, applies in RULES if applies(head, column)), None) if head else None


def _is_number(head: str, column: bool) -> bool:
    if DATED.match(head):
        return False
    amount = AMOUNT.search(head)
    if amount is not None and not IDENTIFIER.search(head, 0, amount.start()):
        return IN_WORDS.search(head) is None
    if COUNT_OF.match(head):
        return True
    told = NUMBER.search(head) or NUMBER_COMPOUND.search(head)
    return told is not None and not IDENTIFIER.search(head) and not _is_short(head) and not IN_WORDS.search(head)


def _is_short(head: str) -> bool:
    """Whether it ends in a word for something short, as "Cost centre" and "Action status" do."""
    return SHORT.fullmatch(head.rstrip(" :：").rpartition(" ")[2]) is not None


def _is_date(head: str, column: bool) -> bool:
    told = DATE_ALONE.fullmatch(head) or DATE.search(head) or DATE_COMPOUND.search(head) or DATA_OF.match(head)
    if told is None and not _tells_day(head):
        return False
    return not DURATION.search(head) and not AGENDA.search(head) and not _is_place(head)


def _is_more_than_date(head: str) -> bool:
    """ "Date/description"; "Date of complaint" and "Complaint received on" ask for nothing but a date."""
    if LONG.search(head) is None:
        return False
    if any(LONG.match(part.strip()) for part in JOINED.split(head)[1:]):
        return True
    return not (DATED.match(head) or _tells_day(head))


def _tells_day(head: str) -> bool:
    """Whether it ends in a word before which something was done on the day to be told: "Erstellt am"."""
    last = head.rstrip(" :：").rpartition(" ")[2]
    return last.casefold() in BEFORE_DAY and DATE_DONE.search(head) is not None


def _is_place(head: str) -> bool:
    """Place of birth, Lieu de naissance; "Place, date" asks for a date as well."""
    return PLACE.match(head) is not None and DATED.search(head) is None


def _is_long(head: str, column: bool) -> bool:
    opens = LONG.match(head) is not None and len(head.split()) <= 3 and not _is_short(head) and not ROLE.match(head)
    return opens or _leads(LONG, head) or (not column and EXPLAIN.search(head) is not None)


def _leads(words: Folded, head: str) -> bool:
    """Whether one of the words is what the label is about: "owner of the system", not "owner address"."""
    return any(
        AFTER.match(head, match.end())
        and not SOFTWARE.search(head, 0, match.start())
        and (match.start() == 0 or not OF.search(head, 0, match.start()))
        for match in words.finditer(head)
    )


def _is_person(head: str, column: bool) -> bool:
    if BY.search(head) or _is_only_name(head) or DOING.match(head):
        return True
    if "/" not in head and PERSONAL_NAME.search(head):
        return True
    if not ROLE.search(head) or OFFICE_OF.match(head):
        return False
    return NAME.search(head) is not None or _leads(ROLE, head)


def _is_only_name(head: str) -> bool:
    """Name, Full name, Имя: the name of nobody in particular is a person's."""
    if NAME.fullmatch(head.strip(" .:：")):
        return True  # also where a name is more than words, as "Ф.И.О." is
    words = [w for w in words_of(head) if w not in SMALL_WORDS and not w.isdigit() and not NAME_KIND.fullmatch(w)]
    return bool(words) and all(NAME.fullmatch(w) for w in words)


Rule = Callable[[str, bool], bool]
RULES: tuple[tuple[FieldType, Rule], ...] = (
    (FieldType.TEXT, lambda head, column: LINK.search(head) is not None),
    (FieldType.DATE, lambda head, column: DATE_SIGNED.search(head) is not None),
    (FieldType.SIGNATURE, lambda head, column: SIGNATURE.search(head) is not None),
    (FieldType.IMAGE, lambda head, column: IMAGE.search(head) is not None and len(head.split()) <= 6),
    (FieldType.CHOICE, lambda head, column: CHOICE.search(head) is not None),
    (FieldType.NUMBER, _is_number),
    (FieldType.TEXT, lambda head, column: _is_date(head, column) and _is_more_than_date(head)),
    (FieldType.DATE, _is_date),
    (FieldType.TEXT, lambda head, column: ADDRESS.search(head) is not None or IDENTIFIER.search(head) is not None),
    (FieldType.TEXT, lambda head, column: POSITION.fullmatch(head.strip(" :：")) is not None),
    (FieldType.TEXT, lambda head, column: head.rstrip(" .:：").rpartition(" ")[2].casefold() in NUMBERED),
    (FieldType.LONG_TEXT, _is_long),
    (FieldType.PERSON, _is_person),
)
