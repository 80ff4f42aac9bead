"""The package of parts: opened with limits, parts by name, relationships, and a new file with some parts changed."""

from __future__ import annotations

import hashlib
import posixpath
import re
from collections.abc import Mapping
from dataclasses import dataclass
from io import BytesIO
from typing import Any, BinaryIO
from urllib.parse import unquote_to_bytes

from lxml import etree

from . import errors, ole
from .archive import Archive, Entry, write_archive
from .limits import LIMITS

W_TRANSITIONAL = "{http://schemas.openxmlformats.org/wordprocessingml/2006/main}"
W_STRICT = "{http://purl.oclc.org/ooxml/wordprocessingml/main}"
RELATIONSHIP = "{http://schemas.openxmlformats.org/package/2006/relationships}Relationship"
CONTENT_TYPES = "[Content_Types].xml"
OTHER_OFFICE = ("xl/", "ppt/")
SHORTEST_ELEMENT = len("<a/>")        # so a text has no more elements than it is long in these
NO_MEMORY = 2                          # libxml2's XML_ERR_NO_MEMORY, which lxml reports as a syntax error
WORD_CONTENT = ("wordprocessingml", "ms-word.")
ASCII_ENCODINGS = re.compile(r"utf-?8|us-ascii|ascii|iso-8859-\d+|windows-125\d", re.IGNORECASE)
DECLARATION = re.compile(rb"<\?xml\b[^>]*?\?>")
DECLARED_ENCODING = re.compile(rb"encoding\s*=\s*[\"']([^\"']*)[\"']")
DOCTYPE = re.compile(rb"(?>(?>\s+)|<\?(?>.*?\?>)|<!--(?>.*?-->))*+<!DOCTYPE", re.DOTALL | re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Relationship:
    """One line of a .rels part. ``target`` is a name of the package, or the text as it stands when external."""

    id: str
    type: str                          # last segment of the type's address: "header", "image", …
    target: str
    external: bool = False


class Container:
    """The names in a package and how its parts refer to each other; none of the document's own content.

    Everything it raises is an ``errors.Refused``, except KeyError for an unknown part name.
    """

    def __init__(self, source: bytes | BinaryIO) -> None:
        _check_first_bytes(BytesIO(source) if isinstance(source, bytes) else source)
        self._archive = Archive(source)
        self._entries = _entries_by_name(self._archive)
        self._lookup = {_folded(name): name for name in reversed(self._entries)}
        self._relationships: dict[str, tuple[Relationship, ...]] = {}
        self.names: tuple[str, ...] = tuple(self._entries)
        self.main_part = self._find_main_part()

    def read_index(self, name: str) -> bytes:
        """A part that must be small: content types, relationships."""
        return self._archive.read(self._entries[name], LIMITS.index_bytes)

    def find(self, name: str) -> str | None:
        """The name as the package spells it; Word ignores case, a leading slash, %-encoding and backslashes."""
        return name if name in self._entries else self._lookup.get(_folded(name))

    def relationships(self, part: str) -> tuple[Relationship, ...]:
        """Those of a part, in their order; of the package itself for ``""``."""
        if part not in self._relationships:
            self._relationships[part] = self._read_relationships(part)
        return self._relationships[part]

    def _read_relationships(self, part: str) -> tuple[Relationship, ...]:
        name = self.find(relationships_name(part))
        if name is None:
            return ()
        root = parse_xml(self.read_index(name), max_elements=LIMITS.elements)
        return tuple(self._relationship(part, element) for element in root.iter(RELATIONSHIP))

    def _relationship(self, part: str, element: etree._Element) -> Relationship:
        kind = element.get("Type", "").rsplit("/", 1)[-1]
        target = element.get("Target", "")
        if element.get("TargetMode") == "External":
            return Relationship(element.get("Id", ""), kind, target, external=True)
        path = target.replace("\\", "/")
        joined = posixpath.normpath(posixpath.join(posixpath.dirname(part), path)).lstrip("/")
        absolute = path[1:] if path.startswith("/") else joined
        return Relationship(element.get("Id", ""), kind, self.find(absolute) or absolute)

    def related(self, part: str, kind: str) -> str | None:
        """The first existing part of that kind which ``part`` refers to."""
        return next((r.target for r in self.relationships(part) if r.type == kind and self._is_inside(r)), None)

    def _is_inside(self, relationship: Relationship) -> bool:
        return not relationship.external and relationship.target in self._entries

    @property
    def stories(self) -> tuple[str, ...]:
        """The main part, then its headers and footers in relationship order, each once, only those that exist."""
        around = (r.target for r in self.relationships(self.main_part)
                  if r.type in ("header", "footer") and self._is_inside(r))
        return tuple(dict.fromkeys((self.main_part, *around)))

    def content_type(self, name: str) -> str:
        """As ``[Content_Types].xml`` says, empty when it says nothing."""
        index = self.find(CONTENT_TYPES)
        if index is None:
            return ""
        by_extension = ""
        for element in parse_xml(self.read_index(index), max_elements=LIMITS.elements):
            if _folded(element.get("PartName") or "") == _folded(name):
                return element.get("ContentType", "")
            if element.get("Extension", "\0").casefold() == name.rpartition(".")[2].casefold():
                by_extension = element.get("ContentType", "")
        return by_extension

    def _find_main_part(self) -> str:
        main = self.related("", "officeDocument")
        if main is None:
            raise errors.MissingMainPart if self._looks_like_word() else errors.NotAWordFile
        kind = self.content_type(main)
        other_kind = kind.startswith("application/vnd.") and not any(word in kind for word in WORD_CONTENT)
        if other_kind or _folded(main).startswith(OTHER_OFFICE):
            raise errors.NotAWordFile
        return main

    def _looks_like_word(self) -> bool:
        names = [_folded(name) for name in self.names]
        other_office = any(name.startswith(OTHER_OFFICE) for name in names)
        return not other_office and any(name.startswith("word/") or name == _folded(CONTENT_TYPES) for name in names)

class Package(Container):
    """An opened Word file."""

    def __init__(self, data: bytes) -> None:
        super().__init__(data)
        self._data = data
        self._roots: dict[str, etree._Element] = {}
        self._elements = 0

    @classmethod
    def open(cls, data: bytes) -> Package:
        package = cls(data)
        if package.xml(package.main_part).tag not in (W_TRANSITIONAL + "document", W_STRICT + "document"):
            raise errors.NotAWordFile
        return package

    @property
    def sha256(self) -> str:
        return hashlib.sha256(self._data).hexdigest()

    def read(self, name: str) -> bytes:
        return self._archive.read(self._entries[name])

    def xml(self, name: str) -> etree._Element:
        """The root of a part, parsed once; whoever changes it changes it for everybody."""
        if name not in self._roots:
            data = self.read(name)
            root = parse_xml(data, max_elements=LIMITS.elements - self._elements)
            self._elements += count_elements(data)
            _check_spans(root)
            self._roots[name] = root
        return self._roots[name]

    def take(self, name: str) -> tuple[bytes, int]:
        """A part for one pass over it, and how many elements it may have; nothing of it is kept."""
        data, left = self.read(name), LIMITS.elements - self._elements
        self._elements += count_elements(data)
        return data, left

    def rewrite(self, changes: Mapping[str, bytes]) -> bytes:
        """A new file with these parts changed or added; all others keep their packed bytes, order and times."""
        changed = {self._entries[name].name: data for name, data in changes.items() if name in self._entries}
        added = {name: data for name, data in changes.items() if name not in self._entries}
        return write_archive(self._archive, changed, added)


def check_container(source: bytes | BinaryIO) -> None:
    """The first look a web process may take, in a few milliseconds: no document content is inflated or parsed.

    Raises the same errors as ``Package.open`` for what is empty, no Word file, legacy, encrypted, cut off, too large
    or without a main part. Passing says nothing about the content. Leaves a file at an undefined position.
    """
    Container(source)


sniff = check_container


def relationships_name(part: str) -> str:
    folder, name = posixpath.split(part)
    return posixpath.join(folder, "_rels", name + ".rels")


def parse_xml(data: bytes, *, max_elements: int) -> etree._Element:
    """The root element. Entities, DOCTYPEs, other encodings than Word's and too many elements are refused."""
    text = checked_xml(data, max_elements=max_elements)
    try:
        return etree.fromstring(text, etree.XMLParser(**parser_options()))
    except etree.XMLSyntaxError as error:
        raise syntax_refusal(error) from error


def parser_options() -> dict[str, Any]:
    """Nothing is resolved, loaded or fetched, and libxml2 keeps its own limits."""
    return {"resolve_entities": False, "no_network": True, "load_dtd": False, "huge_tree": False}


def syntax_refusal(error: etree.XMLSyntaxError) -> errors.Refused:
    too_much = getattr(error, "code", None) == NO_MEMORY or "depth" in str(error) or "huge" in str(error)
    return errors.TooComplex() if too_much else errors.DamagedFile()


def checked_xml(data: bytes, *, max_elements: int) -> bytes:
    """The XML in an encoding that both parsers read alike, once what is refused before parsing was looked for."""
    text = _as_ascii_compatible(data)
    if DOCTYPE.match(text):
        raise errors.UnsafeFile
    if len(text) // SHORTEST_ELEMENT > max_elements and count_elements(text) > max_elements:
        raise errors.TooComplex
    return text


def count_elements(text: bytes) -> int:
    """Not less than there are; comments and instructions count as well."""
    return text.count(b"<") - text.count(b"</")


def _as_ascii_compatible(data: bytes) -> bytes:
    """Without byte order mark, UTF-16 turned into UTF-8; so the checks on bytes see what the parser will see."""
    if data[:2] in (b"\xff\xfe", b"\xfe\xff") or b"\0" in data[:4]:
        codec = "utf-16" if data[:2] in (b"\xff\xfe", b"\xfe\xff") else "utf-16-le" if data[:1] == b"<" else "utf-16-be"
        return DECLARATION.sub(b"", data.decode(codec, "replace").encode(errors="replace"), count=1)
    text = data.removeprefix(b"\xef\xbb\xbf")
    head = DECLARATION.match(text)
    encoding = DECLARED_ENCODING.search(head[0]) if head else None
    if not text.lstrip()[:1] == b"<":
        raise errors.DamagedFile
    if encoding and encoding[1].lower() == b"utf-16":
        return DECLARATION.sub(b"", text, count=1)
    if encoding and not ASCII_ENCODINGS.fullmatch(encoding[1].decode("ascii", "replace")):
        raise errors.UnsafeFile
    return text


def _check_spans(root: etree._Element) -> None:
    w = W_STRICT if root.tag.startswith(W_STRICT) else W_TRANSITIONAL
    for element in root.iter(w + "gridSpan", w + "gridBefore", w + "gridAfter"):
        value = (element.get(w + "val") or "").strip()
        if len(value) > 4 or (value.isdecimal() and int(value) > LIMITS.grid_span):
            raise errors.TooComplex(f"A table cell claims more than {LIMITS.grid_span} columns.")


def _check_first_bytes(file: BinaryIO) -> None:
    size = file.seek(0, 2)
    file.seek(0)
    head = file.read(8)
    if not head:
        raise errors.EmptyFile
    if size > LIMITS.upload_bytes:
        raise errors.TooLarge(f"The file is larger than DNA reads ({LIMITS.upload_bytes // 1_000_000} MB). "
                              "Remove large pictures or split the document.")
    if head == ole.MAGIC:
        raise ole.refusal(file)
    if not head.startswith((b"PK\x03\x04", b"PK\x05\x06")):
        raise errors.NotAWordFile


def _entries_by_name(archive: Archive) -> dict[str, Entry]:
    entries: dict[str, Entry] = {}
    for entry in archive.entries:
        name = entry.name.replace("\\", "/").lstrip("/")
        if ".." in name.split("/") or "\0" in name:
            raise errors.UnsafeFile(f"A part of the file has a name that leads elsewhere ({entry.name[:80]!r}).")
        if name in entries:
            raise errors.UnsafeFile(f"The file holds two parts of the same name ({name[:80]}).")
        entries[name] = entry
    return entries


def _folded(name: str) -> str:
    return unquote_to_bytes(name.replace("\\", "/").lstrip("/")).decode("utf-8", "replace").casefold()
