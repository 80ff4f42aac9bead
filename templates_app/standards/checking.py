"""What the catalogue's data must be like. Run as a system check of Django and by the tests."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from templates_app.docx.model import FieldType
from templates_app.standards.catalogue import DATA, read_document_types, read_standards, read_titles

# Clauses of each edition, headings included (27001: 41 clauses, Annex A with its heading, 4 themes and 93 controls).
CLAUSES = {
    "iso-9001-2015": 91,
    "iso-13485-2016": 91,
    "iso-14001-2015": 45,
    "iso-22000-2018": 105,
    "iso-22301-2019": 67,
    "iso-27001-2022": 139,
    "iso-42001-2023": 43,
    "iso-45001-2018": 56,
    "iso-50001-2018": 49,
}
_LAST_TOP_CLAUSE = {"iso-13485-2016": 8}
_ANNEX_A_OF_27001 = {"A.5": 37, "A.6": 8, "A.7": 14, "A.8": 34}
_FEWEST_TYPES = 40
_MOST_TITLE_CHARACTERS = 130
_MOST_WORDS = 20
_DOCUMENTED = ("maintain", "retain", None)
_SLUG = re.compile(r"[a-z0-9]+(-[a-z0-9]+)*")

Data = dict[str, Any]


def find_faults(folder: Path = DATA) -> list[str]:
    """One line for each fault, saying where it is; empty when the data is good."""
    try:
        standards, types, titles = read_standards(folder), read_document_types(folder), read_titles(folder)
    except (OSError, ValueError) as error:
        return [f"The data cannot be read: {error}"]
    faults = [f"{one}: the file is missing" for one in CLAUSES if one not in standards]
    for name, data in standards.items():
        faults += [f"{name} {fault}" for fault in _faults_of_standard(name, data)]
    faults += [f"document_types {fault}" for fault in _faults_of_types(types)]
    faults += [f"titles {fault}" for fault in _faults_of_titles(titles, types)]
    numbers = {name: {clause.get("number") for clause in data.get("clauses", [])} for name, data in standards.items()}
    for data in types:
        faults += [f"document_types {data.get('id')}: {fault}" for fault in _faults_of_type(data, numbers)]
    return faults


def _faults_of_standard(name: str, data: Data) -> Iterator[str]:
    if data.get("id") != name or not data.get("title") or not data.get("subject"):
        yield "needs its own id, a title and a subject"
    clauses = data.get("clauses") or []
    numbers = [str(clause.get("number")) for clause in clauses]
    yield from (f"{number}: repeated" for number in _repeated(numbers))
    if len(clauses) != CLAUSES.get(name):
        yield f"has {len(clauses)} clauses, not {CLAUSES.get(name)}"
    top = [str(number) for number in range(4, _LAST_TOP_CLAUSE.get(name, 10) + 1)]
    if [number for number in numbers if number.isdigit()] != top:
        yield f"has other top clauses than {', '.join(top)}"
    parents = {clause.get("parent") for clause in clauses}
    for clause in clauses:
        where = clause.get("number")
        yield from (f"{where}: {fault}" for fault in _faults_of_clause(clause, set(numbers), where in parents))
    yield from _gaps(clauses)
    if name == "iso-27001-2022":
        yield from _faults_of_annex(numbers)


def _faults_of_clause(clause: Data, numbers: set[str], is_parent: bool) -> Iterator[str]:
    number = str(clause.get("number"))
    if not re.fullmatch(r"(\d+|A)(\.\d+)*", number):
        yield "is no clause number"
    parent = number.rsplit(".", 1)[0] if "." in number else None
    if clause.get("parent") != parent or (parent and parent not in numbers):
        yield f"its parent is {clause.get('parent')}, not {parent}"
    if not 0 < len(clause.get("title") or "") <= _MOST_TITLE_CHARACTERS:
        yield "its title is empty or too long"
    if clause.get("confidence") not in ("high", "medium"):
        yield "its confidence is neither high nor medium"
    yield from _faults_of_documented(clause, is_parent)
    yield from _faults_of_words(clause, is_parent)


def _faults_of_documented(clause: Data, is_parent: bool) -> Iterator[str]:
    documented, every = clause.get("documented", 0), clause.get("documented_all")
    if documented not in _DOCUMENTED:
        yield "documented is neither maintain nor retain nor null"
    fits = isinstance(every, list) and (every[0] if every else None) == documented and not _repeated(every)
    if not fits:
        yield "documented_all does not fit documented"
    if is_parent and documented:
        yield "a heading cannot be documented; its sub-clauses can"


def _faults_of_words(clause: Data, is_parent: bool) -> Iterator[str]:
    for name in ("evidence", "keywords"):
        texts: list[Any] = clause.get(name, [None])
        if not _is_texts(texts):
            yield f"{name} are not texts"
            continue
        if _repeated(texts) or (not texts and (name == "keywords" or not is_parent)):
            yield f"{name} are repeated or missing"
        yield from (f"{name} too long: {text}" for text in texts if len(text.split()) > _MOST_WORDS)
        yield from (f"reads like normative text: {text}" for text in texts if _is_normative(text))
    if any(word != word.lower() for word in clause.get("keywords") or []):
        yield "a keyword is not in lower case"
    if _is_normative(clause.get("note") or ""):
        yield "its note reads like normative text"


def _gaps(clauses: list[Data]) -> Iterator[str]:
    """Children are numbered from 1 without a gap, in order; Annex A starts at 5."""
    children: dict[str, list[str]] = {}
    for clause in clauses:
        if clause.get("parent") not in (None, "A"):
            children.setdefault(clause["parent"], []).append(str(clause["number"]).rsplit(".", 1)[-1])
    for parent, found in children.items():
        if found != [str(number) for number in range(1, len(found) + 1)]:
            yield f"{parent}: its sub-clauses have a gap or are out of order"


def _faults_of_annex(numbers: list[str]) -> Iterator[str]:
    for theme, count in _ANNEX_A_OF_27001.items():
        found = sum(number.startswith(f"{theme}.") for number in numbers)
        if found != count:
            yield f"{theme} has {found} controls, not {count}"


def _faults_of_types(types: list[Any]) -> Iterator[str]:
    if len(types) < _FEWEST_TYPES:
        yield f"has only {len(types)} types"
    yield from (f"{one}: repeated" for one in _repeated([data.get("id") for data in types]))


def _faults_of_type(data: Data, numbers: dict[str, set[Any]]) -> Iterator[str]:
    if not _SLUG.fullmatch(str(data.get("id"))) or not data.get("name"):
        yield "needs an id and a name"
    if data.get("kind") not in ("document", "record"):
        yield "is neither document nor record"
    if not data.get("standards"):
        yield "belongs to no standard"
    for standard, clauses in (data.get("standards") or {}).items():
        if not _is_texts(clauses) or not clauses or _repeated(clauses) or set(clauses) - numbers.get(standard, set()):
            yield f"names clauses that {standard} does not have, or none, or twice"
    sections: list[Any] = data.get("expected_sections", [])
    if not _is_texts(sections) or len(sections) < 3 or _repeated(sections):
        yield "needs three expected sections or more"
    yield from _faults_of_fields(data.get("expected_fields") or [])


def _faults_of_fields(fields: list[Data]) -> Iterator[str]:
    names = [field.get("name") for field in fields]
    if len(names) < 3 or _repeated(names) or not all(names):
        yield "needs three expected fields or more, each with a name of its own"
    for field in fields:
        if field.get("type") not in set(FieldType) or not isinstance(field.get("required"), bool):
            yield f"the field {field.get('name')} has no known type, or required is not said"
    if not any(field.get("required") for field in fields):
        yield "no field is required"


def _faults_of_titles(data: Data, known: list[Any]) -> Iterator[str]:
    """Each type has titles, known ones only, and no title names two."""
    types = {one.get("id") for one in known}
    titles: dict[str, Any] = data.get("titles") or {}
    if set(titles) != types:
        yield f"have other types than document_types: {', '.join(sorted(map(str, set(titles) ^ types)))}"
    yield from (f"{one}: its titles are no texts, or none" for one, said in titles.items() if not _is_texts(said, 1))
    texts = [str(one.get("name")) for one in known] + [text for said in titles.values() for text in said]
    yield from (f"“{text}” names a type twice, or two" for text in _repeated([str(one).casefold() for one in texts]))
    for name in ("general", "joining", "fillers", "kinds", "labels", "alone"):
        words = data.get(name)
        if not _is_texts(words, 1) or _repeated(words or []):
            yield f"{name} are no texts, none, or repeated"
    if unknown := set(data.get("general") or ()) - types:
        yield f"general names unknown types: {', '.join(sorted(unknown))}"


def _repeated(values: list[Any]) -> list[Any]:
    return [value for value, count in Counter(values).items() if count > 1]


def _is_texts(value: Any, fewest: int = 0) -> bool:
    is_list = isinstance(value, list) and len(value) >= fewest
    return is_list and all(isinstance(one, str) and one and one == one.strip() for one in value)


def _is_normative(text: str) -> bool:
    return re.search(r"\bshall\b", text, re.IGNORECASE) is not None
