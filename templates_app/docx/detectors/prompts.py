"""Prompts: "click here to enter …" as a MACROBUTTON or FILLIN field, or left as plain words."""

from __future__ import annotations

import re
from collections.abc import Iterator

from ..finding import Finding, Rank, place
from ..layout import Layout
from ..lexicon import PROMPT, TO_COME
from ..model import FieldType, MarkKind, Paragraph
from ..wording import is_machine_name, title_of

STARTS = (
    "blank", "clic", "klik", "klick", "tap ", "press", "choose", "choisi", "wählen", "select", "elija", "velg", "место",
    "щелк", "单击", "クリック",
)  # fmt: skip
REQUEST = re.compile(
    r"(?:please )?(?:enter|insert|fill in|write|specify|select|choose|type (?=the|in|your|an?|here))\s*\w{2}"
    r"|bitte (?:eintragen|ausfüllen)"
    r"|(?:hier )?eintragen|saisir|insérer|insertar"
    r"|ingresar|inserir|inserire|sett inn|fyll inn|введите|укажите|впишите|wpisz",
    re.IGNORECASE,
)
MAX_REQUEST = 80
CHOOSING = ("item", "element", "élément", "elemento")


def _asks_for_its_cell(layout: Layout, p: Paragraph) -> bool:
    """ "Enter the project name" beside its label, with no empty cell to put it in."""
    words = p.text.strip()
    if len(words) > MAX_REQUEST or not REQUEST.match(words) or words.endswith((":", "?")):
        return False
    cell = layout.cell_of(p)
    row = layout.row_of(p)
    if cell is None or len(cell.paragraphs) > 1 or not row or row[0] is cell:
        return False
    left = next((c for c in reversed(row) if c.column < cell.column), None)
    return left is not None and 0 < len(left.text) <= MAX_REQUEST and not any(c.empty for c in row)


def _is_to_come(layout: Layout, p: Paragraph) -> bool:
    """ "TBD", "to be confirmed": alone in a cell beside its label."""
    cell = layout.cell_of(p)
    if cell is None or len(cell.paragraphs) > 1 or not TO_COME.fullmatch(p.text.strip(" .…[]<>()")):
        return False
    return cell.cell.row > 0 or any(c.column < cell.column for c in layout.row_of(p))


def _may_prompt(text: str) -> bool:
    """Far quicker than the pattern, which nearly always finds nothing."""
    folded = text.casefold()
    return any(map(folded.__contains__, STARTS))


def find_prompts(layout: Layout) -> Iterator[Finding]:
    for p in layout.body:
        for mark in p.marks:
            if mark.kind is MarkKind.PROMPT:
                words = mark.name.strip("[]<>{} ")
                own = "" if not words or PROMPT.search(words) or is_machine_name(words) else title_of(words)
                yield Finding("prompt", Rank.PROMPT, (place(p, mark.start, mark.end),), 0.9, label=own, hint=words)
        if p.cell is not None and (_asks_for_its_cell(layout, p) or _is_to_come(layout, p)):
            start = len(p.text) - len(p.text.lstrip())
            yield Finding("prompt", Rank.PROMPT, (place(p, start, len(p.text.rstrip())),), 0.6, hint=p.text.strip())
        for match in PROMPT.finditer(p.text) if _may_prompt(p.text) else ():
            kind = FieldType.CHOICE if match[0].rstrip(".").casefold().endswith(CHOOSING) else None
            yield Finding(
                "prompt", Rank.PROMPT, (place(p, match.start(), match.end()),), 0.85, hint=match[0], type=kind
            )
