"""What the package says of its parts - relationships and content types - as a new picture or list needs it."""

from __future__ import annotations

from lxml import etree

from .draft import Draft
from .package import CONTENT_TYPES, W_STRICT, parse_xml, relationships_name

PACKAGE_RELATIONSHIPS = "http://schemas.openxmlformats.org/package/2006/relationships"
TRANSITIONAL = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
STRICT = "http://purl.oclc.org/ooxml/officeDocument/relationships"


def office_relationships(draft: Draft, part: str) -> str:
    """The namespace of r: names and of relationship types, as the part's dialect has it."""
    return STRICT if draft.w(part) == W_STRICT else TRANSITIONAL


def relate(draft: Draft, part: str, kind: str, target: str) -> str:
    """The id of the relationship from one part to another, a new one where there is none."""
    name = draft.package.find(relationships_name(part)) or relationships_name(part)
    root = _index(draft, name, f'<Relationships xmlns="{PACKAGE_RELATIONSHIPS}"/>')
    address = "/" + target
    known = next((r.get("Id", "") for r in root if r.get("Target") == address), None)
    if known is not None:
        return known
    taken = {relationship.get("Id") for relationship in root}
    number = next(n for n in range(1, 1_000_000) if f"rIdDna{n}" not in taken)
    etree.SubElement(root, f"{{{PACKAGE_RELATIONSHIPS}}}Relationship", Id=f"rIdDna{number}",
                     Type=f"{office_relationships(draft, part)}/{kind}", Target=address)
    draft.put(name, root)
    return f"rIdDna{number}"


def add_default_type(draft: Draft, extension: str, content_type: str) -> None:
    """The content type of all parts with an extension, where none is given yet."""
    name, root = _content_types(draft)
    if any((entry.get("Extension") or "").lower() == extension for entry in root):
        return
    default = root.makeelement(root.tag.rpartition("}")[0] + "}Default")
    default.set("Extension", extension)
    default.set("ContentType", content_type)
    root.insert(0, default)
    draft.put(name, root)


def add_override_type(draft: Draft, part: str, content_type: str) -> None:
    """The content type of one part."""
    name, root = _content_types(draft)
    etree.SubElement(root, root.tag.rpartition("}")[0] + "}Override", PartName="/" + part, ContentType=content_type)
    draft.put(name, root)


def _content_types(draft: Draft) -> tuple[str, etree._Element]:
    name = draft.package.find(CONTENT_TYPES) or CONTENT_TYPES
    return name, _index(draft, name, "")


def _index(draft: Draft, name: str, empty: str) -> etree._Element:
    """The tree of a relationships or content types part as changed so far."""
    touched = draft.touched(name)
    if touched is not None:
        return touched
    data = draft.package.read_index(name) if name in draft.package.names else empty.encode()
    return parse_xml(data, max_elements=100_000)
