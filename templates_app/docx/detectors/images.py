"""Places for a picture: a linked logo, or the words "insert logo here"."""

from __future__ import annotations

import re
from collections.abc import Iterator

from ..finding import Finding, Rank, place
from ..layout import Layout
from ..lexicon import IMAGE
from ..model import FieldType, MarkKind, Paragraph
from ..wording import title_of

CODE = re.compile(r"\s*INCLUDEPICTURE\s")
FILE = re.compile(r"(?<![^\\/\"])([^\\/\"]+)\.(?:png|jpe?g|gif|bmp|svg|emf|wmf|tiff?)\b", re.IGNORECASE)
MAX_WORDS = 5
ASKING = re.compile(
    r"\b(?:insert|place|attach|add|your|company|here|einfügen|hier|insérer|ici|votre|insertar|aquí|su|"
    r"inserir|aqui|sett inn|her)\b",
    re.IGNORECASE,
)


def find_images(layout: Layout) -> Iterator[Finding]:
    for p in layout.body:
        linked = next((m for m in p.marks if m.control == "INCLUDEPICTURE" and m.kind is MarkKind.COMPUTED), None)
        if linked is not None:
            yield _linked(p, linked.start, linked.end, linked.name)
        elif CODE.match(p.text):
            yield _linked(p, 0, len(p.text), p.text)
        elif layout.at[p.part, p.p] not in layout.headings and _asks_for_picture(p):
            start = len(p.text) - len(p.text.lstrip())
            yield Finding(
                "image",
                Rank.IMAGE,
                (place(p, start, len(p.text.rstrip())),),
                0.8,
                label=title_of(p.text.strip()),
                type=FieldType.IMAGE,
            )


def _linked(p: Paragraph, start: int, end: int, path: str) -> Finding:
    match = FILE.search(path)
    name = match[1] if match else "Picture"
    return Finding(
        "image",
        Rank.IMAGE,
        (place(p, start, end),),
        0.8,
        label=title_of(name),
        name=name,
        type=FieldType.IMAGE,
        same=f"picture {name}".casefold(),
    )


def _asks_for_picture(p: Paragraph) -> bool:
    words = p.text.strip()
    if not words or len(words) > 60 or len(words.split()) > MAX_WORDS or words.endswith((":", ".")):
        return False
    return IMAGE.search(words) is not None and (
        ASKING.search(words) is not None or (len(words.split()) == 1 and words.isupper())
    )
