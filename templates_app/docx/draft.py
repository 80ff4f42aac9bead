"""A file while values are written into it: its parts as trees, which of them changed, and the new file at the end."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from functools import cached_property

from lxml import etree

from . import errors
from .model import Anchor
from .nodes import W14
from .package import Package
from .text import CHOICE, FALLBACK, iter_paragraphs, namespace, paragraph_text

ID_LIMIT = 0x7FFFFFFF                  # of w14:paraId; ids of controls and drawings fit as well
PARAGRAPH_IDS = (W14 + "paraId", W14 + "textId")
PLACEHOLDER_STYLE = "placeholder text"
HEADING_NAMES = ("heading", "title", "subtitle")
DECLARATION = '<?xml version="1.0" encoding="UTF-8"{}?>\r\n'
STANDALONE = {None: "", True: ' standalone="yes"', False: ' standalone="no"'}


class Draft:
    """Owns its package: the trees it hands out are changed in place. Paragraphs count as in the original file."""

    def __init__(self, data: bytes) -> None:
        self.package = Package.open(data)
        self.notes: list[str] = []
        self.added: dict[str, bytes] = {}
        self.stored: dict[tuple[str, str], str] = {}   # what bound parts were given, by part and path
        self.bound_controls: dict[tuple[str, ...], list[tuple[str, etree._Element]]] | None = None  # by what they show
        self._touched: dict[str, etree._Element] = {}
        self._paragraphs: dict[str, list[etree._Element]] = {}
        self._last_ids: dict[str, int] = {}

    def root(self, part: str) -> etree._Element:
        return self.package.xml(part)

    def w(self, part: str) -> str:
        return namespace(self.root(part))

    def paragraphs(self, part: str) -> list[etree._Element]:
        """As they stood when first asked for, whatever was cloned since."""
        if part not in self._paragraphs:
            self._paragraphs[part] = list(iter_paragraphs(self.root(part), self.w(part)))
        return self._paragraphs[part]

    def paragraph(self, anchor: Anchor) -> etree._Element:
        """Raise FillError when the anchor belongs to another file."""
        if anchor.part in self.package.stories:
            paragraphs = self.paragraphs(anchor.part)
            if 0 <= anchor.p < len(paragraphs):
                length = len(paragraph_text(paragraphs[anchor.p], self.w(anchor.part)))
                if 0 <= anchor.start <= anchor.end <= length:
                    return paragraphs[anchor.p]
        place = f"{anchor.part} {anchor.p} {anchor.start}-{anchor.end}"
        raise errors.FillError(f"The place {place} does not exist in this file.")

    def ordinals(self, part: str) -> dict[etree._Element, int]:
        """Where each paragraph stands now."""
        return {p: number for number, p in enumerate(iter_paragraphs(self.root(part), self.w(part)))}

    def original_ordinal(self, part: str, p: etree._Element) -> int | None:
        return next((number for number, known in enumerate(self.paragraphs(part)) if known is p), None)

    def touch(self, part: str) -> None:
        self._touched[part] = self.root(part)

    def put(self, part: str, root: etree._Element) -> None:
        """A part that is written anew from a tree of its own, as relationships and content types are."""
        self._touched[part] = root

    def touched(self, part: str) -> etree._Element | None:
        return self._touched.get(part)

    def note(self, sentence: str) -> None:
        if sentence not in self.notes:
            self.notes.append(sentence)

    def finish(self) -> bytes:
        changes = {part: serialised(root) for part, root in self._touched.items()}
        return self.package.rewrite({**changes, **self.added})

    def stories(self) -> Iterator[etree._Element]:
        return (self.root(part) for part in self.package.stories)

    def text_parts(self) -> tuple[str, ...]:
        """The parts with paragraphs: stories, and the notes and comments beside them."""
        main = self.package.main_part
        beside = (self.package.related(main, kind) for kind in ("footnotes", "endnotes", "comments"))
        return (*self.package.stories, *(part for part in beside if part is not None))

    def fresh_id(self, kind: str) -> int:
        """An id that no paragraph, control, drawing or annotation of the file has; the same ones for the same file."""
        if kind not in self._last_ids:
            self._last_ids[kind] = max(self._taken_ids(kind), default=0)
        last = self._last_ids[kind]
        self._last_ids[kind] = last + 1 if last + 1 < ID_LIMIT else self._lowest_free(kind)
        return self._last_ids[kind]

    def _lowest_free(self, kind: str) -> int:
        taken = set(self._taken_ids(kind))
        return next(number for number in range(1, ID_LIMIT) if number not in taken)

    def _taken_ids(self, kind: str) -> Iterator[int]:
        roots = map(self.root, self.text_parts()) if kind == "annotation" else self.stories()
        return (number for root in roots for number in _ids(root, kind))

    @cached_property
    def placeholder_styles(self) -> frozenset[str]:
        """Ids of the character style that placeholders are shown in; the id is translated, the name is not."""
        root = self._styles
        if root is None:
            return frozenset({"PlaceholderText"})
        w = namespace(root)
        found = {"PlaceholderText"}
        for style in root.iter(w + "style"):
            name = style.find(w + "name")
            if name is not None and (name.get(w + "val") or "").lower() == PLACEHOLDER_STYLE:
                found.add(style.get(w + "styleId") or "")
        return frozenset(found)

    def style_after(self, p: etree._Element, w: str) -> str | None:
        """The style Word gives a paragraph begun behind a heading; None where it says nothing or the same style."""
        own = p.find(f"{w}pPr/{w}pStyle")
        style_id = own.get(w + "val") if own is not None else None
        if style_id is None or self._styles is None:
            return None
        following = (style.find(w + "next") for style in self._styles.iter(w + "style")
                     if style.get(w + "styleId") == style_id)
        named = next(following, None)
        return named.get(w + "val") if named is not None else None

    def is_heading(self, p: etree._Element) -> bool:
        """Whether a paragraph's style is one of headings or titles."""
        style = p.find("{*}pPr/{*}pStyle")
        own = next(iter(style.attrib.values()), "") if style is not None else ""
        return str(own) in self._heading_styles

    @cached_property
    def _heading_styles(self) -> frozenset[str]:
        root = self._styles
        if root is None:
            return frozenset()
        w = namespace(root)
        named = ((style.get(w + "styleId") or "", style.find(w + "name"), style.find(f"{w}pPr/{w}outlineLvl"))
                 for style in root.iter(w + "style"))
        return frozenset(own for own, name, level in named if level is not None or (
            name is not None and (name.get(w + "val") or "").lower().startswith(HEADING_NAMES)))

    @cached_property
    def language(self) -> str:
        """Of runs that name none."""
        root = self._styles
        w = namespace(root) if root is not None else ""
        element = root.find(f"{w}docDefaults/{w}rPrDefault/{w}rPr/{w}lang") if root is not None else None
        return (element.get(w + "val") or "") if element is not None else ""

    @cached_property
    def _styles(self) -> etree._Element | None:
        part = self.package.related(self.package.main_part, "styles")
        return self.root(part) if part else None

    def double(self, p: etree._Element, w: str) -> etree._Element | None:
        """The paragraph in mc:Fallback that stores the same text once more for older programs."""
        choice = next(p.iterancestors(CHOICE), None)
        fallback = next(choice.itersiblings(FALLBACK), None) if choice is not None else None
        if choice is None or fallback is None:
            return None
        ours = list(iter_paragraphs(choice, w))
        theirs = [q for q in fallback.iter(w + "p") if next(q.iterancestors(FALLBACK)) is fallback]
        twin = theirs[ours.index(p)] if len(ours) == len(theirs) else None
        if twin is None or paragraph_text(twin, w) != paragraph_text(p, w):
            self.note("A text box is stored in two versions that differ; only the one that Word shows was changed.")
            return None
        return twin


def _ids(root: etree._Element, kind: str) -> Iterator[int]:
    w = namespace(root)
    found: Iterable[str | None]
    if kind == "paragraph":
        found = (value for node in root.iter() for name in PARAGRAPH_IDS if (value := node.get(name)))
    elif kind == "annotation":         # comments, bookmarks and changes; they need not differ from one another, but may
        found = (node.get(w + "id") for node in root.iter())
    elif kind == "control":
        found = (node.get(w + "val") for node in root.iter(w + "id"))
    else:
        found = (node.get("id") for node in root.iter("{*}docPr"))
    for text in found:
        try:
            yield int(text or "0", 16 if kind == "paragraph" else 10)
        except ValueError:
            continue


def serialised(root: etree._Element) -> bytes:
    """The bytes of a part, with the declaration it had and what stood before its root."""
    tree = root.getroottree()
    body = etree.tostring(tree, encoding="UTF-8", xml_declaration=False)
    return DECLARATION.format(STANDALONE[tree.docinfo.standalone]).encode() + body


