"""Content controls filled: content, placeholder state, date, list entry, check box, and the part they are bound to."""

from __future__ import annotations

import re
from copy import deepcopy

from lxml import etree

from . import errors
from .bindings import write_binding
from .draft import Draft
from .fill_text import Stand, new_run, own_look, replace_text
from .nodes import W14, detach, make, swap, text_nodes
from .properties import drop_property
from .structures import Structure
from .values import as_date

GREY = re.compile(r"([3-9A-Da-d][0-9A-Fa-f])\1\1")  # between black and white
SYMBOL_FONTS = ("Wingdings", "Webdings", "Symbol")


def replace_content(draft: Draft, p: etree._Element, w: str, structure: Structure, text: str) -> Stand:
    """The value as the whole content of a control inside the paragraph."""
    if structure.start < structure.end:
        return replace_text(p, w, structure.start, structure.end, text)
    content = structure.node.find(w + "sdtContent")
    if content is None:
        content = make(w + "sdtContent")
        structure.node.append(content)
    nodes = text_nodes(text, w)
    run = next(content.iter(w + "r"), None)
    if run is not None:
        run.extend(nodes)
    else:
        content.append(new_run(w, _typed_look(structure.node, w, own_look(p, w)), nodes))
    return Stand(structure.start, structure.start + len(text), nodes)


def _typed_look(sdt: etree._Element, w: str, otherwise: etree._Element | None) -> etree._Element | None:
    """The formatting a control gives to what is typed into it."""
    look = sdt.find(f"{w}sdtPr/{w}rPr")
    return look if look is not None else otherwise


def settle_control(draft: Draft, sdt: etree._Element, w: str, stand: Stand, value: object, text: str) -> None:
    """What a control that now holds exactly this value must say of itself and to its bound part."""
    leave_placeholder_state(draft, sdt, w, stand)
    properties = sdt.find(w + "sdtPr")
    if properties is None:
        return
    _settle_date(properties, w, value)
    _settle_list(properties, w, text)
    plain = properties.find(w + "text")
    if plain is not None and "\n" in text:
        plain.set(w + "multiLine", "1")
    write_binding(draft, sdt, w, text, value)


def leave_placeholder_state(draft: Draft, sdt: etree._Element, w: str, stand: Stand) -> None:
    """No control that holds a value may call its content a placeholder, or Word throws it away on the first click."""
    showing = sdt.find(f"{w}sdtPr/{w}showingPlcHdr")
    if showing is not None:
        detach(showing)
    run = stand.run(w)
    style = run.find(f"{w}rPr/{w}rStyle") if run is not None else None
    styled = style is not None and style.get(w + "val") in draft.placeholder_styles
    if run is not None and (showing is not None or styled):
        _unstyle(draft, run, w, _typed_look(sdt, w, None))


def _unstyle(draft: Draft, run: etree._Element, w: str, look: etree._Element | None) -> None:
    """Take the placeholder's look from a run: the control's own formatting instead, or just without style and grey."""
    current = run.find(w + "rPr")
    if current is None:
        return
    style, color = current.find(w + "rStyle"), current.find(w + "color")
    styled = style is not None and style.get(w + "val") in draft.placeholder_styles
    if styled and look is not None and len(look):
        copy = deepcopy(look)
        copy.tail = None
        run.replace(current, copy)
        return
    if styled:
        drop_property(current, w + "rStyle")
    if color is not None and GREY.fullmatch(color.get(w + "val") or ""):
        drop_property(current, w + "color")
    if not len(current):
        detach(current)


def _settle_date(properties: etree._Element, w: str, value: object) -> None:
    date = properties.find(w + "date")
    if date is None:
        return
    day = as_date(value)
    if day is not None:
        date.set(w + "fullDate", f"{day.isoformat()}T00:00:00Z")
    elif date.get(w + "fullDate") is not None:
        del date.attrib[w + "fullDate"]


def _settle_list(properties: etree._Element, w: str, text: str) -> None:
    entries = properties.find(w + "dropDownList")
    if entries is None:
        entries = properties.find(w + "comboBox")
    if entries is None or entries.get(w + "lastValue") is None:
        return
    chosen = next((item for item in entries.iter(w + "listItem") if text == shown_entry(item, w)), None)
    if chosen is not None:
        entries.set(w + "lastValue", chosen.get(w + "value") or text)
    else:
        del entries.attrib[w + "lastValue"]


def shown_entry(item: etree._Element, w: str) -> str:
    return item.get(w + "displayText") or item.get(w + "value") or ""


def entry_text(sdt: etree._Element, w: str, text: str, field_name: str) -> str:
    """The entry of a drop-down list as it is shown; FillError when the list has no such entry."""
    closed = sdt.find(f"{w}sdtPr/{w}dropDownList")
    entries = closed if closed is not None else sdt.find(f"{w}sdtPr/{w}comboBox")
    items = entries.findall(w + "listItem") if entries is not None else []
    folded = text.strip().casefold()
    for item in items:
        if folded in (shown_entry(item, w).strip().casefold(), (item.get(w + "value") or "").strip().casefold()):
            return shown_entry(item, w)
    if closed is None or not items:
        return text
    shown = ", ".join(shown_entry(item, w) for item in items)
    raise errors.FillError(f"{field_name} has no entry {text!r}; it has: {shown}.")


def date_picture(sdt: etree._Element, w: str) -> tuple[str, str]:
    """Format and language of a date control, empty where it says none."""
    date = sdt.find(f"{w}sdtPr/{w}date")
    if date is None:
        return "", ""
    picture, language = date.find(w + "dateFormat"), date.find(w + "lid")
    return (picture.get(w + "val") or "" if picture is not None else "",
            language.get(w + "val") or "" if language is not None else "")


def is_checkbox(sdt: etree._Element, w: str) -> bool:
    return sdt.find(f"{w}sdtPr/{W14}checkbox") is not None


def tick_control(draft: Draft, sdt: etree._Element, w: str, p: etree._Element, stand: Stand, *, checked: bool) -> Stand:
    """Set a check-box control: its state, its glyph in the font it names, and its bound part."""
    box = sdt.find(f"{w}sdtPr/{W14}checkbox")
    if box is None:
        return stand
    state = box.find(W14 + "checked")
    if state is None:
        state = etree.Element(W14 + "checked", nsmap={"w14": W14[1:-1]})
        box.insert(0, state)
    state.set(W14 + "val", "1" if checked else "0")
    shown = box.find(W14 + ("checkedState" if checked else "uncheckedState"))
    code, font = ((shown.get(W14 + "val") or "", shown.get(W14 + "font") or "") if shown is not None else ("", ""))
    placed = _put_glyph(p, w, stand, code or ("2612" if checked else "2610"), font or "MS Gothic")
    leave_placeholder_state(draft, sdt, w, placed)
    write_binding(draft, sdt, w, "", checked)
    return placed


def _put_glyph(p: etree._Element, w: str, stand: Stand, code: str, font: str) -> Stand:
    if stand.start == stand.end:
        return stand
    if font.startswith(SYMBOL_FONTS) or (code.upper().startswith("F0") and len(code) == 4):
        placed = replace_text(p, w, stand.start, stand.end, "x")
        symbol = make(w + "sym", font=font, char=f"{int(code, 16) | 0xF000:04X}")
        swap(placed.nodes[0], symbol)
        return Stand(placed.start, placed.end, (symbol,))
    character = chr(int(code, 16)) if code else ""
    placed = replace_text(p, w, stand.start, stand.end, character)
    run = placed.run(w)
    if run is not None:
        set_font(run, w, font)
    return placed


def set_font(run: etree._Element, w: str, font: str) -> None:
    look = run.find(w + "rPr")
    if look is None:
        look = make(w + "rPr")
        run.insert(0, look)
    fonts = look.find(w + "rFonts")
    if fonts is None:
        fonts = make(w + "rFonts")
        look.insert(1 if look.find(w + "rStyle") is not None else 0, fonts)
    for name in ("ascii", "hAnsi", "eastAsia"):
        fonts.set(w + name, font)
    fonts.set(w + "hint", "eastAsia")


