"""What structures of Word say about themselves: content controls, fields and legacy form fields read into marks."""

from __future__ import annotations

import re

from .model import Mark, MarkKind
from .stream import Element, child, local
from .styles import OFF, value_of

CONTROL_KINDS = {
    "checkbox": "checkbox",
    "dropDownList": "dropdown",
    "comboBox": "combobox",
    "date": "date",
    "picture": "picture",
    "repeatingSection": "repeating",
    "text": "text",
    "docPartObj": "block",
    "docPartList": "block",
    "group": "group",
    "citation": "computed",
    "bibliography": "computed",
    "equation": "computed",
    "repeatingSectionItem": "item",
}
CALCULATED = ("currentDate", "currentTime", "calculated")
FORM_FIELDS = {"FORMTEXT", "FORMCHECKBOX", "FORMDROPDOWN"}
PROPERTY_FIELDS = {"AUTHOR", "TITLE", "SUBJECT", "KEYWORDS", "COMMENTS"}
PROMPT_FIELDS = {"MACROBUTTON", "FILLIN", "ASK"}
COMPUTED_PROPERTIES = {
    "pages",
    "words",
    "characters",
    "characterswithspaces",
    "lines",
    "paragraphs",
    "bytes",
    "lastsavedby",
    "lastsavedtime",
    "lastprinted",
    "createtime",
    "totaleditingtime",
    "nameofapplication",
    "revisionnumber",
    "security",
    "template",
    "hyperlinkbase",
}
ARGUMENT = re.compile(r'"([^"]*)"|(\S+)')


def control_mark(properties: Element, w: str, ordinal: int) -> Mark:
    """The mark of a control with this ``w:sdtPr``, its span still (0, 0)."""
    children = {local(found.tag): found for found in properties}
    kind = next((kind for name, kind in CONTROL_KINDS.items() if name in children), "rich")
    binding = children.get("dataBinding")
    return Mark(
        MarkKind.CONTROL,
        0,
        0,
        control=kind,
        ordinal=ordinal,
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


def is_contents(properties: Element, w: str) -> bool:
    """Whether a building block is a table of contents, by its gallery."""
    block = child(properties, w + "docPartObj")
    gallery = child(block, w + "docPartGallery") if block is not None else None
    return gallery is not None and (gallery.get(w + "val") or "").startswith("Table of")


def _list_items(element: Element | None, w: str) -> tuple[str, ...]:
    if element is None:
        return ()
    items = [item for item in element if item.tag == w + "listItem"]
    real = [item for item in items if item.get(w + "value") or item is not items[0]]
    return tuple(text for item in real if (text := item.get(w + "displayText") or item.get(w + "value") or ""))


def _checked(element: Element | None) -> bool | None:
    if element is None:
        return None
    state = next((found for found in element if local(found.tag) == "checked"), None)
    return state is not None and any(value in ("1", "true", "on") for value in state.attrib.values())


def _date_format(element: Element | None, w: str) -> str:
    return (value_of(child(element, w + "dateFormat"), w) or "") if element is not None else ""


def field_mark(code: str, data: Element | None, w: str, ordinal: int, span: tuple[int, int]) -> Mark | None:
    """The mark of a field with this code; None for fields that are plain text to a reader."""
    if code in FORM_FIELDS:
        return _form_field(code, data, w, ordinal, span)
    words = [quoted or plain for quoted, plain in ARGUMENT.findall(code[:2000])]
    name = words[0].upper() if words else ""
    argument = words[1] if len(words) > 1 else ""
    if name in FORM_FIELDS:
        return _form_field(name, data, w, ordinal, span)
    kind = _field_kind(name, argument)
    if kind is None:
        return None
    if kind is MarkKind.PROMPT and name == "MACROBUTTON":
        argument = "".join(code.split(None, 2)[2:]).strip()
    elif name in PROPERTY_FIELDS:
        argument = name.title()
    return Mark(kind, *span, control=name, name=argument, ordinal=ordinal)


def _field_kind(name: str, argument: str) -> MarkKind | None:
    if name == "HYPERLINK":
        return None
    if name == "MERGEFIELD":
        return MarkKind.MERGE_FIELD
    if name in PROMPT_FIELDS:
        return MarkKind.PROMPT
    stored = name == "DOCPROPERTY" and argument.casefold().replace(" ", "") not in COMPUTED_PROPERTIES
    return MarkKind.PROPERTY if stored or name in PROPERTY_FIELDS else MarkKind.COMPUTED


def _form_field(control: str, data: Element | None, w: str, ordinal: int, span: tuple[int, int]) -> Mark:
    if data is None:
        return Mark(MarkKind.FORM_FIELD, *span, control=control, ordinal=ordinal)
    parts = {found.tag: found for found in data}
    text = parts.get(w + "textInput")
    kind = value_of(child(text, w + "type"), w) or "" if text is not None else ""
    shape = value_of(child(text, w + "format"), w) or "" if text is not None and kind == "date" else ""
    entries = [entry for entry in parts.get(w + "ddList", ()) if entry.tag == w + "listEntry"]
    enabled = parts.get(w + "enabled")
    return Mark(
        MarkKind.FORM_FIELD,
        *span,
        control=control,
        ordinal=ordinal,
        name=value_of(parts.get(w + "name"), w) or "",
        tag=kind if kind in ("date", "number") else "calculated" if kind in CALCULATED else "",
        options=tuple(entry.get(w + "val") or "" for entry in entries),
        checked=_form_checked(parts.get(w + "checkBox"), w) if control == "FORMCHECKBOX" else None,
        date_format=shape,
        locked=enabled is not None and (enabled.get(w + "val") or "1") in OFF,
    )


def _form_checked(box: Element | None, w: str) -> bool:
    if box is None:
        return False
    state = child(box, w + "checked")
    if state is None:
        state = child(box, w + "default")
    return state is not None and (state.get(w + "val") or "1") not in OFF
