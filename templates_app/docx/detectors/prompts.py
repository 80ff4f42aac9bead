"""Prompts: "click here to enter …" as a MACROBUTTON or FILLIN field, or left as plain words."""

from __future__ import annotations

from collections.abc import Iterator

from ..finding import Finding, Rank, place
from ..layout import Layout
from ..lexicon import PROMPT
from ..model import FieldType, MarkKind
from ..wording import title_of

STARTS = (
    "clic",
    "klik",
    "klick",
    "tap ",
    "press",
    "choose",
    "choisi",
    "wählen",
    "select",
    "elija",
    "velg",
    "место",
    "щелк",
    "单击",
    "クリック",
)
CHOOSING = ("item", "element", "élément", "elemento")


def find_prompts(layout: Layout) -> Iterator[Finding]:
    for p in layout.body():
        for mark in p.marks:
            if mark.kind is MarkKind.PROMPT:
                words = mark.name.strip("[]<>{} ")
                own = "" if not words or PROMPT.search(words) else title_of(words)
                yield Finding("prompt", Rank.PROMPT, (place(p, mark.start, mark.end),), 0.9, label=own, hint=words)
        text = p.text.casefold()
        for match in PROMPT.finditer(p.text) if any(start in text for start in STARTS) else ():
            kind = FieldType.CHOICE if match[0].rstrip(".").casefold().endswith(CHOOSING) else None
            yield Finding(
                "prompt", Rank.PROMPT, (place(p, match.start(), match.end()),), 0.85, hint=match[0], type=kind
            )
