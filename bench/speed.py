"""How fast Word files are read, beside other libraries: each in a process of its own, several interleaved rounds.

``python -m bench.speed [--rounds N] [FILE …]``. Processor seconds of reading alone: starting and importing are left
out, and shown apart for our child process. Ratios are over the files that both read. Exit 1 where ours refuses what
python-docx reads, or takes over 1.5 times as long as python-docx takes for the texts of the same paragraphs.
"""

from __future__ import annotations

import argparse
import json
import resource
import subprocess
import sys
import tempfile
import time
import zipfile
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from statistics import median

from . import corpus

OURS, PARAGRAPHS, BODY, XML = (
    "ours, fields included",
    "python-docx, all paragraphs",
    "python-docx, body only",
    "XML alone",
)
MOST = 1.5
SLOW_SECONDS = 10.0  # a reader that takes longer for all files is measured once
STARTS = 7


@dataclass(slots=True)
class Measured:
    """One library: seconds for each file in each round, what it said to those it refused, its peak memory."""

    seconds: dict[str, list[float]] = field(default_factory=dict)
    refused: dict[str, str] = field(default_factory=dict)
    megabytes: float = 0.0

    def of(self, name: str) -> float:
        return median(self.seconds[name])


def _ours() -> Callable[[Path], object]:
    from templates_app.docx.parse import parse

    return lambda path: parse(path.read_bytes())


def _paragraphs() -> Callable[[Path], object]:
    from docx import Document
    from docx.oxml.ns import qn
    from docx.text.paragraph import Paragraph

    def read(path: Path) -> object:
        document = Document(str(path))
        return [Paragraph(p, document).text for p in document.element.body.iter(qn("w:p"))]

    return read


def _body() -> Callable[[Path], object]:
    from docx import Document

    return lambda path: [paragraph.text for paragraph in Document(str(path)).paragraphs]


def _xml() -> Callable[[Path], object]:
    from lxml import etree

    def read(path: Path) -> object:
        with zipfile.ZipFile(path) as package:
            parts = [name for name in package.namelist() if name.endswith((".xml", ".rels"))]
            return [etree.fromstring(package.read(name)).tag for name in parts]

    return read


def _docxtpl() -> Callable[[Path], object]:
    from docxtpl import DocxTemplate

    return lambda path: DocxTemplate(str(path)).get_undeclared_template_variables()


def _mammoth() -> Callable[[Path], object]:
    import mammoth

    def read(path: Path) -> object:
        with path.open("rb") as file:
            return mammoth.convert_to_html(file).value

    return read


def _docx2python() -> Callable[[Path], object]:
    from docx2python import docx2python

    def read(path: Path) -> object:
        with docx2python(str(path)) as found:
            return found.text

    return read


def _markitdown() -> Callable[[Path], object]:
    from markitdown import MarkItDown

    converter = MarkItDown()
    return lambda path: converter.convert(str(path)).text_content


READERS = {
    OURS: _ours,
    PARAGRAPHS: _paragraphs,
    BODY: _body,
    XML: _xml,
    "docxtpl, variables": _docxtpl,
    "mammoth": _mammoth,
    "docx2python": _docx2python,
    "markitdown": _markitdown,
}


def read_all(name: str, files: Sequence[Path]) -> None:
    """In a process of its own: print seconds or refusal of each file, and the peak of memory."""
    read = READERS[name]()
    _try(read, files[0])  # what is imported only when it is used
    found = {str(path): _try(read, path) for path in files}
    print(json.dumps({"files": found, "mb": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024}))  # noqa: T201


def _try(read: Callable[[Path], object], path: Path) -> float | str:
    started = time.process_time()
    try:
        read(path)
    except Exception as error:  # noqa: BLE001 - whatever a library says to a file it does not read
        return f"{type(error).__name__}: {error}"[:100]
    return time.process_time() - started


def measure(files: Sequence[Path], rounds: int) -> dict[str, Measured]:
    found = {name: Measured() for name in READERS}
    slow: set[str] = set()
    with tempfile.NamedTemporaryFile("w", suffix=".txt") as listed:
        listed.write("\n".join(map(str, files)))
        listed.flush()
        for _ in range(rounds):
            for name in READERS:
                if name not in slow and _measure_once(name, listed.name, found[name]) > SLOW_SECONDS:
                    slow.add(name)
    return found


def _measure_once(name: str, listed: str, measured: Measured) -> float:
    command = [sys.executable, "-m", "bench.speed", "--reader", name, "--listed", listed]
    done = subprocess.run(command, cwd=corpus.ROOT, check=True, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)  # noqa: S603
    answer = json.loads(done.stdout.splitlines()[-1])
    measured.megabytes = max(measured.megabytes, answer["mb"])
    total = 0.0
    for path, result in answer["files"].items():
        if isinstance(result, str):
            measured.refused[path] = result
        else:
            measured.seconds.setdefault(path, []).append(result)
            total += result
    return total


def start_seconds() -> dict[str, float]:
    """Wall time, the median of several: Python alone, our child with a file of one paragraph."""
    from .hostile import p, package

    with tempfile.NamedTemporaryFile(suffix=".docx") as tiny:
        tiny.write(package(p("x")))
        tiny.flush()
        commands = {
            "Python alone": ["-c", "pass"],
            "our child, one paragraph": ["-m", "templates_app.docx", "parse", tiny.name],
        }
        return {name: median(_run_seconds(command) for _ in range(STARTS)) for name, command in commands.items()}


def _run_seconds(command: Sequence[str]) -> float:
    started = time.perf_counter()
    subprocess.run([sys.executable, *command], cwd=corpus.ROOT, check=True, stdout=subprocess.DEVNULL)  # noqa: S603
    return time.perf_counter() - started


def show(found: dict[str, Measured], count: int) -> int:
    ours = found[OURS]
    sys.stdout.write(f"speed: {count} files\n  {'':28} seconds  files  refused   ours / it      MB\n")
    for name, measured in found.items():
        common = ours.seconds.keys() & measured.seconds.keys()
        took, we = sum(map(measured.of, common)), sum(map(ours.of, common))
        sys.stdout.write(
            f"  {name:28}{took:8.2f}{len(measured.seconds):7}{len(measured.refused):9}"
            f"{we / max(took, 1e-9):12.2f}{measured.megabytes:8.0f}\n"
        )
    for name, measured in found.items():
        for path, said in measured.refused.items():
            sys.stdout.write(f"  refused by {name}: {Path(path).name}: {said[:70]}\n")
    for name, seconds in start_seconds().items():
        sys.stdout.write(f"  start: {name} {seconds * 1000:.0f} ms\n")
    return 1 if _is_fault(found) else 0


def _is_fault(found: dict[str, Measured]) -> bool:
    ours, theirs = found[OURS], found[PARAGRAPHS]
    common = ours.seconds.keys() & theirs.seconds.keys()
    too_slow = sum(map(ours.of, common)) > MOST * sum(map(theirs.of, common))
    return too_slow or not ours.refused.keys() <= theirs.refused.keys()


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="python -m bench.speed")
    parser.add_argument("files", nargs="*", type=Path)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--reader", choices=READERS, help=argparse.SUPPRESS)
    parser.add_argument("--listed", type=Path, help=argparse.SUPPRESS)
    options = parser.parse_args(arguments)
    if options.reader:
        read_all(options.reader, [Path(line) for line in options.listed.read_text().splitlines()])
        return 0
    try:
        files = options.files or corpus.templates()
    except corpus.NoCorpus as error:
        sys.stdout.write(f"{error}\n")
        return 0
    return show(measure(files, options.rounds), len(files))


if __name__ == "__main__":
    sys.exit(main())
