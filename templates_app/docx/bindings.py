"""What Word keeps outside the document's text: custom XML and properties that controls and fields show.

Word reloads a bound control from its part when it opens the file, so a value must be written there as well.
"""

from __future__ import annotations

import re

from lxml import etree

from . import errors
from .dates import format_date
from .draft import Draft
from .text import FALLBACK
from .values import as_date

CORE_STORE = "{6c3c8bc8-f283-45ae-878a-bab7291924a1}"
EXTENDED_STORE = "{6668398d-a668-4e3e-a5eb-62b293d839f1}"
CP = "{http://schemas.openxmlformats.org/package/2006/metadata/core-properties}"
DC = "{http://purl.org/dc/elements/1.1/}"
MAPPING = re.compile(r"xmlns:([\w.-]+)\s*=\s*(?:\"([^\"]*)\"|'([^']*)')")
STEP = re.compile(r"/(?:([\w.-]+):)?(@?)(?:([\w.-]+):)?([\w.-]+)(?:\[(\d+)\])?")
CORE_NAMES = {"title": DC + "title", "subject": DC + "subject", "author": DC + "creator",
              "comments": DC + "description",
              "keywords": CP + "keywords", "category": CP + "category", "lastsavedby": CP + "lastModifiedBy",
              "contentstatus": CP + "contentStatus"}
EXTENDED_NAMES = {"company": "Company", "manager": "Manager", "hyperlinkbase": "HyperlinkBase"}


def binding_of(sdt: etree._Element, w: str) -> etree._Element | None:
    """The w:dataBinding of a control, or the one later versions of Word write."""
    properties = sdt.find(w + "sdtPr")
    if properties is None:
        return None
    return next(iter(properties.findall("{*}dataBinding")), None)


def binding_key(sdt: etree._Element, w: str) -> tuple[str, ...]:
    """What a control is bound to: the store and the path by resolved names; empty where it is not or not plainly."""
    binding = binding_of(sdt, w)
    if binding is None:
        return ()
    names = {str(key).rpartition("}")[2]: str(value) for key, value in binding.attrib.items()}
    mapping, path = _mapping(names), names.get("xpath", "")
    steps = list(STEP.finditer(path))
    if not steps or "".join(step[0] for step in steps) != path:
        return ()
    return (names.get("storeItemID", "").lower(),
            *(f"{step[2]}{_step_name(step, mapping)}[{step[5] or 1}]" for step in steps))


def bound_twins(draft: Draft, sdt: etree._Element, w: str) -> list[tuple[str, etree._Element]]:
    """Every control of the file, with its part, that is bound to the same data as this one."""
    key = binding_key(sdt, w)
    if not key:
        return []
    if draft.bound_controls is None:
        draft.bound_controls = _bound_controls(draft)
    return [(part, twin) for part, twin in draft.bound_controls.get(key, ()) if twin is not sdt]


def _bound_controls(draft: Draft) -> dict[tuple[str, ...], list[tuple[str, etree._Element]]]:
    found: dict[tuple[str, ...], list[tuple[str, etree._Element]]] = {}
    for part in draft.package.stories:
        w = draft.w(part)
        for sdt in draft.root(part).iter(w + "sdt"):
            if next(sdt.iterancestors(FALLBACK), None) is None:
                found.setdefault(binding_key(sdt, w), []).append((part, sdt))
    return found


def write_binding(draft: Draft, sdt: etree._Element, w: str, text: str, value: object) -> None:
    """Write a control's value to the part it is bound to; a binding that leads nowhere is noted."""
    binding = binding_of(sdt, w)
    if binding is None:
        return
    names = {str(key).rpartition("}")[2]: str(value) for key, value in binding.attrib.items()}
    mapping, path, stored = _mapping(names), names.get("xpath", ""), stored_text(sdt, w, text, value)
    part = _store(draft, names.get("storeItemID", "").lower())
    if part is None or not _write_path(draft, part, path, mapping, stored):
        draft.note(f"A control is bound to {path}, which this file does not have.")
    elif draft.stored.setdefault((part, path), stored) != stored:
        draft.note(f"Two fields with different values are bound to {path}; Word will show the last one in both.")


def _mapping(names: dict[str, str]) -> dict[str, str]:
    return {prefix: a or b for prefix, a, b in MAPPING.findall(names.get("prefixMappings", ""))}


def stored_text(sdt: etree._Element, w: str, text: str, value: object) -> str:
    """What the part holds for a value: ISO dates, the value behind a list entry, true or false."""
    properties = sdt.find(w + "sdtPr")
    date = properties.find(w + "date") if properties is not None else None
    if isinstance(value, bool):
        return "true" if value else "false"
    if date is not None:
        return _stored_date(date, w, text, value)
    entries = (entry for entry in properties.iter(w + "listItem")) if properties is not None else ()
    shown = {entry.get(w + "displayText") or entry.get(w + "value"): entry.get(w + "value") for entry in entries}
    return shown.get(text) or text


def _stored_date(date: etree._Element, w: str, text: str, value: object) -> str:
    day, stored = as_date(value), date.find(w + "storeMappedDataAs")
    kind = stored.get(w + "val") if stored is not None else "dateTime"
    if day is None or kind == "text":
        return text
    return format_date(day, "yyyy-MM-dd") + ("T00:00:00" if kind == "dateTime" else "")


def _store(draft: Draft, store: str) -> str | None:
    package = draft.package
    if store == CORE_STORE:
        return package.related("", "core-properties")
    if store == EXTENDED_STORE:
        return package.related("", "extended-properties")
    related = package.relationships(package.main_part)
    items = (r.target for r in related if r.type == "customXml" and r.target in package.names)
    return next((item for item in items if _store_id(draft, item) == store), None)


def _store_id(draft: Draft, item: str) -> str:
    properties = draft.package.related(item, "customXmlProps")
    if properties is None:
        return ""
    try:
        root = draft.root(properties)
    except errors.Refused:
        return ""
    return next((str(value).lower() for key, value in root.attrib.items() if str(key).endswith("}itemID")), "")


def _write_path(draft: Draft, part: str, path: str, mapping: dict[str, str], text: str) -> bool:
    """Follow a plain path of named steps. Other XPath is not evaluated: it comes from the file."""
    steps = list(STEP.finditer(path))
    if not steps or "".join(step[0] for step in steps) != path:
        return False
    try:
        root = draft.root(part)
    except errors.Refused:
        return False
    first, *rest = steps
    if root.tag != _step_name(first, mapping):
        return False
    return _write_steps(draft, part, root, rest, mapping, text)


def _write_steps(draft: Draft, part: str, root: etree._Element, steps: list[re.Match[str]], mapping: dict[str, str],
                 text: str) -> bool:
    node = root
    for step in steps:
        name = _step_name(step, mapping)
        if step[2]:
            node.set(name, text)
            draft.touch(part)
            return True
        found = node.findall(name)
        index = int(step[5] or 1) - 1
        if index < len(found):
            node = found[index]
        elif node is root and root.tag == CP + "coreProperties" and index == 0:
            node = etree.SubElement(root, name)
        else:
            return False
    return _write_element(draft, part, node, text)


def _step_name(step: re.Match[str], mapping: dict[str, str]) -> str:
    href = mapping.get(step[3] or step[1] or "", "")
    return f"{{{href}}}{step[4]}" if href else step[4]


def _write_element(draft: Draft, part: str, node: etree._Element, text: str) -> bool:
    if len(node):
        return False
    node.text = text
    for key in [key for key in node.attrib if str(key).endswith("XMLSchema-instance}nil")]:
        del node.attrib[key]
    draft.touch(part)
    return True


def write_property(draft: Draft, code: str, text: str) -> None:
    """Write the property a field shows (DOCPROPERTY, TITLE, DOCVARIABLE …)."""
    word, _, rest = code.strip().partition(" ")
    name = _argument(rest) if word.upper() in ("DOCPROPERTY", "DOCVARIABLE") else word
    if word.upper() == "DOCVARIABLE":
        written = _write_variable(draft, name, text)
    elif name.lower() in CORE_NAMES:
        written = _write_child(draft, "core-properties", CORE_NAMES[name.lower()], text)
    elif name.lower() in EXTENDED_NAMES:
        written = _write_extended(draft, EXTENDED_NAMES[name.lower()], text)
    else:
        written = _write_custom(draft, name, text)
    if not written:
        draft.note(f"The file has no document property {name!r}; the text was written only where it is shown.")


def _argument(rest: str) -> str:
    match = re.match(r"\s*(?:\"([^\"]*)\"|(\S+))", rest)
    return (match[1] or match[2] or "") if match else ""


def _write_child(draft: Draft, kind: str, name: str, text: str) -> bool:
    part = draft.package.related("", kind)
    if part is None:
        return False
    root = draft.root(part)
    child = root.find(name)
    return _write_element(draft, part, etree.SubElement(root, name) if child is None else child, text)


def _write_extended(draft: Draft, name: str, text: str) -> bool:
    part = draft.package.related("", "extended-properties")
    if part is None:
        return False
    return _write_child(draft, "extended-properties", draft.root(part).tag.rpartition("}")[0] + "}" + name, text)


def _write_custom(draft: Draft, name: str, text: str) -> bool:
    part = draft.package.related("", "custom-properties")
    if part is None:
        return False
    entry = next((e for e in draft.root(part) if (e.get("name") or "").lower() == name.lower() and len(e) == 1), None)
    if entry is None:
        return False
    stored = entry[0]
    if stored.tag.rpartition("}")[2] not in ("lpwstr", "lpstr", "bstr"):
        stored.tag = stored.tag.rpartition("}")[0] + "}lpwstr"
    return _write_element(draft, part, stored, text)


def _write_variable(draft: Draft, name: str, text: str) -> bool:
    part = draft.package.related(draft.package.main_part, "settings")
    if part is None:
        return False
    root = draft.root(part)
    w = root.tag.rpartition("}")[0] + "}"
    entry = next((e for e in root.iter(w + "docVar") if (e.get(w + "name") or "").lower() == name.lower()), None)
    if entry is None:
        return False
    entry.set(w + "val", text)
    draft.touch(part)
    return True
