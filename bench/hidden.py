"""What a printed document does not show, proved from the file or by experiment: unused headers, hidden text, rows."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from lxml import etree

from templates_app.docx.draft import serialised
from templates_app.docx.fill import Placed
from templates_app.docx.model import Anchor
from templates_app.docx.nodes import detach
from templates_app.docx.package import Package
from templates_app.docx.styles import is_on, read_styles
from templates_app.docx.text import iter_paragraphs, namespace, pieces

EVERY_PAGE, FIRST_PAGE, EVEN_PAGES = "default", "first", "even"


class Hidden:
    """One filled file and how many pages it was printed on."""

    def __init__(self, package: Package, *, pages: int) -> None:
        self.package = package
        self.pages = pages
        self.styles = read_styles(package)
        self.main = package.xml(package.main_part)
        self.w = namespace(self.main)
        self.printed = {package.main_part} | set(self._printed_stories())
        self._paragraphs: dict[str, list[etree._Element]] = {}

    def reason(self, item: Placed) -> str:
        """Why the value of a place is not printed; empty when it must be."""
        if item.place.part not in self.printed:
            return "in a header or footer that no page of this document has"
        if all(self._is_hidden(span) for span in (item.place, *item.further) if span.start < span.end) and item.text:
            return "in hidden text"
        return ""

    def _printed_stories(self) -> set[str]:
        """Headers and footers that some page has. A section goes on with those of the one before but for its own."""
        related = {r.id: r.target for r in self.package.relationships(self.package.main_part)}
        even_differ = self._is_set_in_settings("evenAndOddHeaders")
        found: set[str] = set()
        current: dict[tuple[object, str], str] = {}
        for number, section in enumerate(self.main.iter(self.w + "sectPr")):
            for reference in section.iter(self.w + "headerReference", self.w + "footerReference"):
                target = next((str(v) for k, v in reference.attrib.items() if str(k).endswith("}id")), "")
                current[reference.tag, reference.get(self.w + "type", EVERY_PAGE)] = related.get(target, "")
            title, begin = section.find(self.w + "titlePg"), section.find(self.w + "type")
            first_differs = title is not None and is_on(title, self.w)
            in_page = number > 0 and begin is not None and begin.get(self.w + "val") == "continuous"
            shown = {EVERY_PAGE: self.pages > 1 or not first_differs, FIRST_PAGE: first_differs and not in_page,
                     EVEN_PAGES: even_differ and self.pages > 1}
            found |= {part for (_, kind), part in current.items() if shown.get(kind)}
        return found

    def _is_set_in_settings(self, name: str) -> bool:
        part = self.package.related(self.package.main_part, "settings")
        if part is None:
            return False
        root = self.package.xml(part)
        element = root.find(namespace(root) + name)
        return element is not None and is_on(element, namespace(root))

    def _is_hidden(self, span: Anchor) -> bool:
        if span.part not in self._paragraphs:
            root = self.package.xml(span.part)
            self._paragraphs[span.part] = list(iter_paragraphs(root, namespace(root)))
        p = self._paragraphs[span.part][span.p]
        inside = [piece for piece in pieces(p, self.w) if piece.start < span.end and piece.end > span.start]
        return bool(inside) and all(self._vanishes(piece.node) for piece in inside)

    def _vanishes(self, node: etree._Element) -> bool:
        run = next(node.iterancestors(self.w + "r"), None)
        look = run.find(self.w + "rPr") if run is not None else None
        own = look.find(self.w + "vanish") if look is not None else None
        if own is not None:
            return is_on(own, self.w)
        style = look.find(self.w + "rStyle") if look is not None else None
        return style is not None and bool(self.styles.get(style.get(self.w + "val")).look.hidden)


def _let_rows_grow(root: etree._Element, w: str) -> bool:
    exact = [height for height in root.iter(w + "trHeight") if height.get(w + "hRule") == "exact"]
    for height in exact:
        height.set(w + "hRule", "atLeast")
    return bool(exact)


def _repeat_no_rows(root: etree._Element, w: str) -> bool:
    repeated = list(root.iter(w + "tblHeader"))
    for mark in repeated:
        detach(mark)
    return bool(repeated)


EXPERIMENTS: tuple[tuple[str, Callable[[etree._Element, str], bool]], ...] = (
    ("cut off by a row of exact height (it shows when the row may grow)", _let_rows_grow),
    ("lost by LibreOffice at the end of a page below a repeated row (it shows when no row is repeated)",
     _repeat_no_rows),
)


def variants(data: bytes) -> Iterator[tuple[str, bytes]]:
    """The same file with one thing of its tables changed, for each thing that may keep a value from being shown.

    What shows in a variant is in the file, and the reason why it did not show is proved.
    """
    for reason, change in EXPERIMENTS:
        package = Package.open(data)
        roots = {part: package.xml(part) for part in package.stories}
        changed = {part: serialised(root) for part, root in roots.items() if change(root, namespace(root))}
        if changed:
            yield reason, package.rewrite(changed)
