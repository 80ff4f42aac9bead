"""Every template filled and printed by LibreOffice: does the PDF show every value?

``python -m bench.pdf_check [FILE …]``; exit 1 when a value is missing for which the file gives no reason.
"""

from __future__ import annotations

import argparse
import io
import re
import shutil
import subprocess
import sys
import tempfile
import time
import unicodedata
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from pathlib import Path

from pypdf import PageObject, PdfReader

from templates_app.docx.fill import Placed
from templates_app.docx.package import Package
from templates_app.errors import PdfFailed, PdfUnavailable
from templates_app.pdf import convert_to_pdf, find_soffice

from . import corpus
from .fill_check import check_template
from .hidden import Hidden, variants

LIMIT_SECONDS = 400.0                  # filled with every type, the largest has some hundred pages
SHOWN = 8
DROPPED = re.compile("[\\s\u00ad\u200b-\u200f\u202a-\u202e\u2060-\u2069\ufeff\u2010-\u2015-]+")
RTL = re.compile("[\u0590-\u08ff]")
GLYPHS = "\u2612\u2611\u2713\u2714\u25cf\u2716\uf0fe\uf0fd"
PICTURE, CHECKED = "(a picture)", "(a checked box)"
LINE = re.compile(r"([\d.-]+) ([\d.-]+) m\s+([\d.-]+) ([\d.-]+) l\s+S")
LEAST_PART = 4                         # of a line that is parted by the end of a page


class NoPoppler(Exception):
    """pdftotext is not installed."""


@dataclass(slots=True)
class Printed:
    """One template's PDF: how many values it should show, and what is missing with and without a reason."""

    name: str
    values: int = 0
    pages: int = 0
    seconds: float = 0.0
    wanted: Counter[str] = field(default_factory=Counter)
    missing: dict[str, str] = field(default_factory=dict)
    excused: Counter[str] = field(default_factory=Counter)


def print_template(path: Path) -> Printed:
    printed, check = Printed(path.stem), check_template(path)
    if check.filled is None:
        printed.missing["the file"] = "; ".join(check.wrong)
        return printed
    package = Package.open(check.filled.data)
    try:
        started = time.perf_counter()
        shown = read_pdf(convert_to_pdf(check.filled.data, suffix=path.suffix, time_limit_seconds=LIMIT_SECONDS))
        printed.seconds = time.perf_counter() - started
        _compare(printed, shown, check.filled.placed_spans, package)
        _excuse_proved(printed, check.filled.data, path.suffix)
    except PdfFailed as error:
        printed.missing["the PDF"] = error.user_message
    return printed


def _compare(printed: Printed, shown: Shown, placed: Sequence[Placed], package: Package) -> None:
    printed.values, printed.pages = len(placed), len(shown.pages)
    hidden = Hidden(package, pages=printed.pages)
    owners: dict[str, str] = {}
    for item in placed:
        reason = hidden.reason(item)
        if reason:
            printed.excused[reason] += 1
            continue
        for line in _lines(item):
            printed.wanted[line] += 1
            owners.setdefault(line, f"{item.key} at {item.place}")
    for line, count in printed.wanted.items():
        there = shown.count(line, count)
        if there < count:
            printed.missing[line] = f"{owners[line]}: {line!r} {there} of {count} times"


def _excuse_proved(printed: Printed, data: bytes, suffix: str) -> None:
    """Print the file again with one thing changed, as long as values are missing and there is something to change."""
    for reason, variant in variants(data):
        if not printed.missing:
            return
        shown = read_pdf(convert_to_pdf(variant, suffix=suffix, time_limit_seconds=LIMIT_SECONDS))
        for line in list(printed.missing):
            if shown.count(line, printed.wanted[line]) >= printed.wanted[line]:
                printed.excused[reason] += 1
                del printed.missing[line]


@dataclass(slots=True)
class Shown:
    """What a PDF shows: the text of each page, how many pictures, how many boxes with a cross."""

    pages: list[str]
    pictures: int
    crosses: int

    @property
    def text(self) -> str:
        return "".join(self.pages)

    def count(self, line: str, wanted: int) -> int:
        """How often it is there; parts of it are looked for, which takes long, only where it lacks."""
        if line == PICTURE:
            return self.pictures
        if line == CHECKED:
            return self.crosses + sum(self.text.count(glyph) for glyph in GLYPHS)
        there = self.text.count(line) + (self._turned(line) if RTL.search(line) else 0)
        if there >= wanted:
            return there
        rest = [page.replace(line, " ") for page in self.pages]
        return there + sum(_goes_on(line, page, after) for page, after in pairwise(rest))

    def _turned(self, line: str) -> int:
        """Right to left: as it is seen from the left, or, where it goes on in the next line, its second part first."""
        parted = {line[cut:] + line[:cut] for cut in range(1, len(line))} - {line}
        return self.text.count(line[::-1]) + sum(map(self.text.count, parted))


def _goes_on(line: str, page: str, after: str) -> bool:
    """Whether a line begins on one page and ends on the next, which puts its header and other cells between."""
    return any(line[:cut] in page and line[cut:] in after for cut in range(1, len(line))
               if max(cut, len(line) - cut) >= LEAST_PART)


def read_pdf(pdf: bytes) -> Shown:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "document.pdf"
        path.write_bytes(pdf)
        text = _tool("pdftotext", "-raw", "-enc", "UTF-8", str(path), "-")
        pictures = [row.split() for row in _tool("pdfimages", "-list", str(path)).splitlines()[2:]]
    crosses = sum(_crosses(page) for page in PdfReader(io.BytesIO(pdf)).pages)
    return Shown([normalised(page) for page in text.split("\f")[:-1]],
                 sum(row[2] == "image" for row in pictures), crosses)


def _crosses(page: PageObject) -> int:
    """Boxes of legacy forms are drawn: two lines from corner to corner when checked."""
    contents = page.get_contents()
    drawn = LINE.findall(contents.get_data().decode("latin-1")) if contents is not None else []
    seen: Counter[frozenset[str]] = Counter()
    for x, y, to_x, to_y in drawn:
        if x != to_x and y != to_y:
            seen[frozenset((x, y, to_x, to_y))] += 1
    return sum(count // 2 for count in seen.values())


def _lines(item: Placed) -> Iterator[str]:
    """What must be read in the PDF for one place: its lines, a glyph, a picture of its size."""
    if item.state == "picture":
        yield PICTURE
    elif item.state == "checked" and (not item.text or item.text in GLYPHS):
        yield CHECKED
    elif item.state != "unchecked":
        yield from filter(None, map(normalised, item.text.split("\n")))


def normalised(text: str) -> str:
    """Without what a line break may add or take away, or a font change: white space, hyphens, case, forms."""
    dropped = DROPPED.sub("", unicodedata.normalize("NFKC", text))
    return unicodedata.normalize("NFKC", dropped).casefold()


def _tool(name: str, *arguments: str) -> str:
    program = shutil.which(name)
    if program is None:
        raise NoPoppler(f"{name} of poppler-utils is not installed: PDFs not checked.")
    done = subprocess.run([program, *arguments], capture_output=True, check=True)  # noqa: S603
    return done.stdout.decode(errors="replace")


def run(files: Sequence[Path]) -> int:
    printed = []
    for path in files:
        one = print_template(path)
        printed.append(one)
        _tell(one)
    failed = sum(bool(one.missing) for one in printed)
    values, excused = sum(one.values for one in printed), sum((one.excused for one in printed), Counter())
    for reason, count in sorted(excused.items()):
        sys.stdout.write(f"     {count:6} not shown: {reason}\n")
    sys.stdout.write(f"pdf: {len(files)} templates, {sum(one.pages for one in printed)} pages, {values} values, "
                     f"{values - excused.total()} of them to be shown; {failed} templates with a value missing\n")
    return 1 if failed else 0


def _tell(one: Printed) -> None:
    sys.stdout.write(f"{'FAIL' if one.missing else 'ok  '} {one.name}: {one.values} values, {one.pages} pages, "
                     f"{one.seconds:.1f} s\n")
    for sentence in list(one.missing.values())[:SHOWN]:
        sys.stdout.write(f"     {sentence}\n")
    if len(one.missing) > SHOWN:
        sys.stdout.write(f"     … and {len(one.missing) - SHOWN} more\n")
    sys.stdout.flush()


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="python -m bench.pdf_check")
    parser.add_argument("files", nargs="*", type=Path)
    options = parser.parse_args(arguments)
    try:
        find_soffice()
        return run(options.files or corpus.templates())
    except (corpus.NoCorpus, PdfUnavailable, NoPoppler) as missing:
        sys.stdout.write(f"{missing}\n")
        return 0


if __name__ == "__main__":
    sys.exit(main())
