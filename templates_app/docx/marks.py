"""What structures of Word say about themselves: content controls, fields and legacy form fields read into marks."""

from __future__ import annotations

import re
from typing import Any

from .model import Mark, MarkKind
from .styles import value_of

Element = Any

CONTROL_KINDS = {
    "checkbox": "checkbox", "dropDownList": "dropdown", "comboBox": "combobox", "date": "date", "picture": "picture",
    "repeatingSection": "repeating", "text": "text", "docPartObj": "block", "docPartList": "block", "group": "group",
    "citation": "computed", "bibliography": "computed", "equation": "computed", "repeatingSectionItem": "item",
}
FORM_FIELDS = {"FORMTEXT", "FORMCHECKBOX", "FORMDROPDOWN"}
PROPERTY_FIELDS = {"AUTHOR", "TITLE", "SUBJECT", "KEYWORDS", "COMMENTS"}
PROMPT_FIELDS = {"MACROBUTTON", "FILLIN", "ASK"}
COMPUTED_PROPERTIES = {
    "pages", "words", "characters", "characterswithspaces", "lines", "paragraphs", "bytes", "lastsavedby",
    "lastsavedtime", "lastprinted", "createtime", "totaleditingtime", "nameofapplication", "revisionnumber",
    "security", "template", "hyperlinkbase",
}
ARGUMENT = re.compile(r'"([^"]*)"|(\S+)')


def local(tag: object) -> str:
    return str(tag).rpartition("}")[2]


def control_mark(sdt: Element, w: str, ordinal: int) -> Mark:
    """The mark of a ``w:sdt``, its span still (0, 0)."""
    properties = sdt.find(w + "sdtPr")
    if properties is None:
        return Mark(MarkKind.CONTROL, 0, 0, control="rich", ordinal=ordinal)
    children = {local(child.tag): child for child in properties}
    kind = next((kind for name, kind in CONTROL_KINDS.items() if name in children), "rich")
    binding = children.get("dataBinding")
    return Mark(
        MarkKind.CONTROL, 0, 0, control=kind, ordinal=ordinal,
        name=value_of(children.get("alias"), w) or "",
        tag=value_of(children.get("tag"), w) or "",
        options=_list_items(children.get("dropDownList", children.get("comboBox")), w),
        placeholder="showingPlcHdr" in children,
        bound=(binding.get(w + "xpath") or "") if binding is not None else "",
        store=(binding.get(w + "storeItemID") or "") if binding is not None else "",
        checked=_checked(children.get("checkbox")),
        date_format=_date_format(children.get("date"), w),
        locked="ontent" in (value_of(children.get("lock"), w) or ""),
    )


def is_contents(sdt: Element, w: str) -> bool:
    """Whether a building block is a table of contents, by its gallery."""
    gallery = sdt.find(f"{w}sdtPr/{w}docPartObj/{w}docPartGallery")
    return gallery is not None and (gallery.get(w + "val") or "").startswith("Table of")


def _list_items(element: Element | None, w: str) -> tuple[str, ...]:
    if element is None:
        return ()
    items = element.findall(w + "listItem")
    real = [item for item in items if item.get(w + "value") or item is not items[0]]
    return tuple(text for item in real if (text := item.get(w + "displayText") or item.get(w + "value") or ""))


def _checked(element: Element | None) -> bool | None:
    if element is None:
        return None
    state = next((child for child in element if local(child.tag) == "checked"), None)
    return state is not None and any(value in ("1", "true", "on") for value in state.attrib.values())


def _date_format(element: Element | None, w: str) -> str:
    return (value_of(element.find(w + "dateFormat"), w) or "") if element is not None else ""


def field_mark(code: str, data: Element | None, w: str, ordinal: int) -> Mark | None:
    """The mark of a field with this code, its span still (0, 0); None for fields that are plain text to a reader."""
    words = [quoted or plain for quoted, plain in ARGUMENT.findall(code[:2000])]
    name = words[0].upper() if words else ""
    argument = words[1] if len(words) > 1 else ""
    if name in FORM_FIELDS:
        return _form_field(name, data, w, ordinal)
    if name == "MERGEFIELD":
        return Mark(MarkKind.MERGE_FIELD, 0, 0, control=name, name=argument, ordinal=ordinal)
    if name in PROPERTY_FIELDS:
        return Mark(MarkKind.PROPERTY, 0, 0, control=name, name=name.title(), ordinal=ordinal)
    if name == "DOCPROPERTY" and argument.casefold().replace(" ", "") not in COMPUTED_PROPERTIES:
        return Mark(MarkKind.PROPERTY, 0, 0, control=name, name=argument, ordinal=ordinal)
    if name in PROMPT_FIELDS:
        shown = code.split(None, 2)[2:] if name == "MACROBUTTON" else [argument]
        return Mark(MarkKind.PROMPT, 0, 0, control=name, name="".join(shown).strip(), ordinal=ordinal)
    return None if name == "HYPERLINK" else Mark(MarkKind.COMPUTED, 0, 0, control=name, name=argument, ordinal=ordinal)


def _form_field(control: str, data: Element | None, w: str, ordinal: int) -> Mark:
    if data is None:
        return Mark(MarkKind.FORM_FIELD, 0, 0, control=control, ordinal=ordinal)
    entries = data.findall(f"{w}ddList/{w}listEntry")
    kind = value_of(data.find(f"{w}textInput/{w}type"), w) or ""
    shape = value_of(data.find(f"{w}textInput/{w}format"), w) or ""
    enabled = data.find(w + "enabled")
    return Mark(
        MarkKind.FORM_FIELD, 0, 0, control=control, ordinal=ordinal,
        name=value_of(data.find(w + "name"), w) or "",
        tag=kind if kind in ("date", "number") else "calculated" if kind in ("currentDate", "currentTime", "calculated")
        else "",
        options=tuple(entry.get(w + "val") or "" for entry in entries),
        checked=_form_checked(data, w) if control == "FORMCHECKBOX" else None,
        date_format=shape if kind == "date" else "",
        locked=enabled is not None and (enabled.get(w + "val") or "1") in ("0", "false", "off"),
    )


def _form_checked(data: Element, w: str) -> bool:
    state = data.find(f"{w}checkBox/{w}checked")
    if state is None:
        state = data.find(f"{w}checkBox/{w}default")
    return state is not None and (state.get(w + "val") or "1") not in ("0", "false", "off")
