"""What the words inside a marker say: a name for a value, a reference, or guidance to be deleted."""

from __future__ import annotations

import re

from .lexicon import GENERIC, words_of

REFERENCE = re.compile(
    r"[\d\s,;.\-–]+|[ivxlcIVXLC]+|sic!?|et al\.?|\W+|[a-z]|online|internet|citation needed|emphasis added"
    r"|[^\W\d_]+\s*:\s*\d[\d\s,\-–:]*"
    r"|(?:see|cf\.?|refer to|siehe|vgl\.?|voir|véase|zie)\s.*|redacted|in press|eds?\.?|pdf|video|accessed .*"
)
CAMEL = re.compile(
    r"(?<=[a-zà-ÿа-я0-9])(?=[A-ZÀ-ÞА-Я])|(?<=[A-ZÀ-ÞА-Я])(?=[A-ZÀ-ÞА-Я][a-zà-ÿа-я])"
    r"|(?<=[a-zà-ÿа-я]{3})(?=\d+$)"
)
LEAD = re.compile(
    r"^(?:(?:please |to be )?(?:(?:click|tap|press)(?: or tap| or click)?(?: on)?(?: here)? to \w+"
    r"|insert|enter|add|type(?= (?:in|your|the|a|an)\b)|specify|provide|fill in|write"
    r"|select|choose|complete|"
    r"sett inn|skriv inn|einfügen|eingeben|insérer|saisir|insertar|inserir|inserire|введите|укажите|вставьте)"
    r"(?: (?:in|the|a|an|your|here|der|die|das|le|la|el))*\b[\s:]*|(?:the|a|an|your)\b\s+)",
    re.IGNORECASE,
)
MACHINE_NAME = re.compile(
    r"(?:text|texte|texto|testo|tekst|teksti|metin|szöveg|текст|текстовое\s?поле|text_|tekstvak|textfält|tekstfelt"
    r"|dropdown|drop|combo|liste|lista|listruta|rullegardin|rulleliste|listedéroulante|listadesplegable|поле\s?со\s?списком"
    r"|field|feld|campo|champ|kenttä|fält|felt|veld|pole|alan|поле)?\s?_?\d*",
    re.IGNORECASE,
)
OF_WHOM = (
    r"plaintiffs?|defendants?|petitioners?|respondents?|applicants?|tenants?|landlords?|employees?|employers?|clients?"
    r"|customers?|company|suppliers?|vendors?|patients?|students?|parents?|guardians?|buyers?|sellers?|owners?"
    r"|managers?|witness|contact|agents?|attorneys?|lawyers?|spouse|child|mother|father|recipient|sender|project"
    r"|product"
)
TAIL_WORDS = (
    r"(?:first|last|full|middle)?name|street(?:address)?|address|phone(?:number|no)?|telephone(?:number|no)?|e?mail|fax"
    r"|city|state|country|county|zip(?:code)?|postcode|signature|title|date"
)
GLUED = re.compile(
    rf"(?<![^\W\d_])(?:(?:{OF_WHOM})(?=(?:{TAIL_WORDS})(?![^\W\d_]))"
    r"|(?:street|phone|telephone)(?=(?:address|number|no)(?![^\W\d_])))",
    re.IGNORECASE,
)
INDEX = re.compile(r"(?<=\w)\[[^\]]*\]?")
TAIL = re.compile(
    r"(?<!\s)\s+(?:here|hier|ici|aquí|aqui|her|здесь)\s*$|(?<![\s:;,.?!*#])[\s:;,.?!*#]+$", re.IGNORECASE
)
ANNOTATION = re.compile(r"[^:]{2,30}:\s+\S")
OPTIONAL_CLAUSE = re.compile(r"(?:and|or|but|if|in|on|to|with|which|that|und|oder|et|ou|y|o|og|и|или)\s+(?:\S+\s+){3,}")
MAX_NAME = 60
MAX_NAME_WORDS = 14


PART = r"(?:d{1,2}|m{1,3}|y{2,4}|t{2}|j{2,4}|a{2,4}|g{2,4}|å{4}|дд|мм|гг(?:гг)?|rrrr|hh|年|月|日)"
DATE_SHAPE = re.compile(rf"(?<![\w/]){PART}(?:\s?[./\-]\s?{PART}){{1,2}}(?![\w/])", re.IGNORECASE)
DATE_JOINS = re.compile(r"[a-zдгå年月]\s?[./\- ]\s?[mdtjмдyг月日]", re.IGNORECASE)
YEAR_LETTERS = re.compile(r"yy|jj|aa|åå|гг|rr|年", re.IGNORECASE)
DATE_LETTERS = re.compile(r"[dtjgmдм日月]", re.IGNORECASE)


def is_date_shape(text: str) -> bool:
    """MM/DD/YYYY, TT.MM.JJJJ, дд.мм.гггг: letters that stand for the digits of a date."""
    return (
        DATE_SHAPE.fullmatch(text.strip()) is not None
        and DATE_LETTERS.search(text) is not None
        and YEAR_LETTERS.search(text) is not None
    )


def is_reference(text: str) -> bool:
    """[1], [3, 4], [sic], [...]: nothing to fill in."""
    return REFERENCE.fullmatch(text.strip()) is not None


def is_guidance(text: str) -> bool:
    """Sentences that tell the author what to do and are deleted afterwards."""
    text = text.strip()
    if OPTIONAL_CLAUSE.match(text):
        return True  # words to keep or strike out
    if len(text) <= MAX_NAME:
        return False
    return len(text) > 160 or len(text.split()) > MAX_NAME_WORDS or text.endswith(".") or ". " in text


def is_annotation(text: str) -> bool:
    """[Note: …], [FedRAMP Assignment: …]: a remark with its head."""
    return ANNOTATION.match(text.strip()) is not None and LEAD.match(text.strip()) is None


def split_identifier(text: str) -> str:
    """customerName, CUSTOMER_NAME and customer.name as words."""
    return " ".join(re.sub(r"[_.\-/]+", " ", CAMEL.sub(" ", text)).split())


def unglued(words: str) -> str:
    """Words that programmers wrote as one, where the first says whose or what: "tenantphone" as "tenant phone"."""
    return GLUED.sub(r"\g<0> ", GLUED.sub(r"\g<0> ", words))


def is_machine_name(text: str) -> bool:
    """What Word calls a form field in its languages before anybody names it: "Text1", "Teksti 32"."""
    return MACHINE_NAME.fullmatch(text) is not None


def is_identifier(text: str) -> bool:
    return re.fullmatch(r"[^\W\d]\w*(?:[.\-]\w+)*", text.strip()) is not None


def title_of(text: str) -> str:
    """The words of a marker as a label: "INSERT COMPANY_NAME here" → "Company name"."""
    text = INDEX.sub("", text) if "[" in text else text
    words = unglued(split_identifier(text)) if is_identifier(text) or "_" in text else " ".join(text.split())
    words = TAIL.sub("", LEAD.sub("", words, count=1)).strip(" '\"“”‘’()<>[]{}") or words
    if words.isupper() and len(words) > 3:
        words = words.capitalize()
    return words[:1].upper() + words[1:]


MACHINE_TAG = re.compile(r"<<\s*\{?(?:[a-z]{2}_|else\b)[^\n]{0,300}?>>|\{%[^\n]{0,300}?%\}")
MARKERS = re.compile(
    r"<{2,3}[^<>]{0,200}>{2,3}|<[^<>\n]{1,160}>|\[[^\[\]]{0,200}\]|\$?\{\{?[^{}]{0,120}\}?\}|«[^«»]{0,60}»|\$\w+"
    r"|[_\u3000 ]{1,40}年[_\u3000 ]{1,40}月[_\u3000 ]{1,40}日|_{2,}|\.{4,}|…+|[\u2002\ufffc☐□☑☒❏❑▢]+|\( {1,3}\)"
    r"|#{2,3}[^#\n]{1,60}#{2,3}|[%~][A-Za-z]\w{1,40}[%~]"
)
SALUTATION = re.compile(r"(?:mr|ms|mrs|dr|herrn?|frau|sra?|mme|m)\b\.?\s?/", re.IGNORECASE)
ALTERNATIVES = re.compile(r"[^/]{2,40}(?:/[^/]{2,40}){1,6}")


def without_markers(text: str, instead: str = "") -> str:
    return MARKERS.sub(instead, MACHINE_TAG.sub(instead, text))


def alternatives(words: str) -> tuple[str, ...]:
    """WEEKLY/MONTHLY/QUARTERLY offers a choice."""
    if "/" not in words or not ALTERNATIVES.fullmatch(words) or "and/or" in words.casefold() or SALUTATION.match(words):
        return ()
    return tuple(part.strip(" .") for part in words.split("/"))


def sameness(text: str) -> str:
    """What two markers share when they stand for the same value; empty for words too general to tell."""
    words = [w for w in words_of(title_of(text)) if len(w) > 1 or w.isdigit() or not w.isascii()]
    telling = [w for w in words if w not in GENERIC and not w.isdigit()]
    return " ".join(words) if telling else ""
