"""No character is lost unsaid: over the elements that hold text in all parts of every real file, those in the file are
those read plus those that the loss report counts as unread.

``python -m bench.accounting [FILE …]``; exit 1 where they differ. The file is counted here by other code than reads it.
"""

from __future__ import annotations

import sys
from collections import Counter
from collections.abc import Iterator, Sequence
from pathlib import Path

from lxml import etree

from templates_app.docx.errors import Refused
from templates_app.docx.model import Loss, Outline
from templates_app.docx.package import Package
from templates_app.docx.parse import parse
from templates_app.docx.text import FALLBACK, iter_paragraphs, namespace, pieces

from . import corpus

WORD = ("http://schemas.openxmlformats.org/wordprocessingml/2006/main", "http://purl.oclc.org/ooxml/wordprocessingml/main")
OTHER = ("http://schemas.openxmlformats.org/officeDocument/2006/math", "http://purl.oclc.org/ooxml/officeDocument/math",
         "http://schemas.openxmlformats.org/drawingml/2006/main", "http://purl.oclc.org/ooxml/drawingml/main")
TEXTS = frozenset({*(f"{{{space}}}{name}" for space in WORD for name in ("t", "delText")),
                   *(f"{{{space}}}t" for space in OTHER)})


def count_file(package: Package) -> int:
    """Characters of text elements in all XML parts, those of mc:Fallback left out."""
    return sum(len(element.text or "") for root in _roots(package) for element in root.iter(*TEXTS)
               if next(element.iterancestors(FALLBACK), None) is None)


def _roots(package: Package) -> Iterator[etree._Element]:
    parser = etree.XMLParser(resolve_entities=False, no_network=True)
    for name in package.names:
        if name.lower().endswith(".xml"):
            try:
                yield etree.fromstring(package.read(name), parser)
            except (etree.XMLSyntaxError, Refused):
                continue               # reported as a damaged part, which has no characters to count


def count_read(package: Package, outline: Outline) -> int:
    """Characters of text elements in the paragraphs' texts. Raises ValueError where a text is not what it should be."""
    known = {(p.part, p.p): p.text for p in outline.paragraphs}
    total = 0
    for part in dict.fromkeys(p.part for p in outline.paragraphs):
        root = package.xml(part)
        w = namespace(root)
        for number, element in enumerate(iter_paragraphs(root, w)):
            found = pieces(element, w)
            if "".join(piece.text for piece in found) != known[part, number]:
                raise ValueError(f"paragraph {number} of {part} was read otherwise")
            total += sum(len(piece.text) for piece in found if piece.node.tag == w + "t")
    return total


def count_unread(losses: Sequence[Loss]) -> int:
    return sum(loss.unread for loss in losses)


def run(files: Sequence[Path]) -> int:
    kinds: Counter[str] = Counter()
    refused = held = 0
    for path in files:
        data = path.read_bytes()
        try:
            outline = parse(data).outline
        except Refused:
            refused += 1
            continue
        package = Package(data)
        there, read, unread = count_file(package), count_read(package, outline), count_unread(outline.losses)
        held += there == read + unread
        kinds.update({loss.kind.value for loss in outline.losses})
        if there != read + unread:
            sys.stdout.write(f"FAIL {path.name}: {there} characters, {read} read, {unread} reported\n")
    with_kinds = ", ".join(f"{n} {kind}" for kind, n in kinds.most_common())
    sys.stdout.write(f"accounting: every character read or reported in {held} of {len(files) - refused} files read, "
                     f"{refused} refused\n  files with: {with_kinds}\n")
    return 0 if held == len(files) - refused else 1


def main(arguments: Sequence[str] | None = None) -> int:
    names = sys.argv[1:] if arguments is None else arguments
    try:
        return run([Path(name) for name in names] or [*corpus.templates(), *corpus.odd_files()])
    except corpus.NoCorpus as error:
        sys.stdout.write(f"{error}\n")
        return 0


if __name__ == "__main__":
    sys.exit(main())
