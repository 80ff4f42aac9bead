"""From an opened package to its outline: every paragraph of every story as a reader of the page knows it."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

from .errors import DamagedFile, NotAWordFile
from .losses import find_losses
from .model import Outline, Paragraph
from .numbering import Numbering, read_numbering
from .package import W_STRICT, W_TRANSITIONAL, Package
from .sections import find_sections
from .styles import Styles, read_styles
from .walk import StoryWalk, check_paragraphs

T = TypeVar("T")
DOCUMENTS = (W_TRANSITIONAL + "document", W_STRICT + "document")
DC_TITLE = "{http://purl.org/dc/elements/1.1/}title"


def read_outline(package: Package) -> Outline:
    """Raises ``errors.Refused`` for what cannot be read."""
    outline = Outline(sha256=package.sha256)
    styles = _or_note(outline, lambda: read_styles(package), Styles(), "styles")
    numbering = _or_note(outline, lambda: read_numbering(package), Numbering(), "list numbers")
    walks = []
    for part in package.stories:
        read = _read_main if part == package.main_part else _read_beside
        walk = read(outline, package, part, styles, numbering)
        if part == package.main_part and walk.root not in DOCUMENTS:
            raise NotAWordFile
        outline.paragraphs += walk.paragraphs
        check_paragraphs(len(outline.paragraphs))
        walks.append(walk)
    outline.language = styles.language
    outline.title = _title(package, outline.paragraphs)
    outline.sections = find_sections(outline)
    outline.losses = find_losses(package, walks)
    return outline


def _or_note(outline: Outline, read: Callable[[], T], fallback: T, what: str) -> T:
    """The text is worth reading even where the part that describes its looks is damaged."""
    try:
        return read()
    except DamagedFile:
        outline.notes.append(f"The part with the {what} is damaged and was not read.")
        return fallback


def _read_main(outline: Outline, package: Package, part: str, styles: Styles, numbering: Numbering) -> StoryWalk:
    numbering.restart()
    walk = StoryWalk(part, styles, numbering)
    data, max_elements = package.take(part)
    walk.run(data, max_elements=max_elements)
    return walk


def _read_beside(outline: Outline, package: Package, part: str, styles: Styles, numbering: Numbering) -> StoryWalk:
    """A header or footer; a damaged one is left out, as Word repairs it."""
    try:
        return _read_main(outline, package, part, styles, numbering)
    except DamagedFile:
        outline.notes.append(f"{part} is damaged and was not read.")
        return StoryWalk(part, styles, numbering)


def _title(package: Package, paragraphs: list[Paragraph]) -> str:
    titles = (p.text.strip() for p in paragraphs if p.style.casefold() == "title" and p.text.strip())
    return next(titles, "") or _stored_title(package)


def _stored_title(package: Package) -> str:
    part = package.related("", "core-properties")
    if part is None:
        return ""
    try:
        return (package.xml(part).findtext(DC_TITLE) or "").strip()
    except DamagedFile:
        return ""
