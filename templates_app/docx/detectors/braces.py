"""{{ customer }}, {customer}, ${customer}, {% … %}: the placeholders of template engines."""

from __future__ import annotations

import re
from collections.abc import Iterator

from ..finding import Finding, Rank, place
from ..layout import Layout
from ..wording import is_guidance, is_reference, title_of

TOKEN = re.compile(r"\$?\{\{\{?([^{}\n]{1,120}?)\}?\}\}|\$?\{([^{}\n]{1,80}?)\}")
MACHINERY = re.compile(r"\s*(?:[%#/^>!@]|else\b|end|if\b|for\b|each\b|unless\b)", re.IGNORECASE)
VARIABLE = re.compile(r"\s*([^\W\d][\w.\- \[\]]*?)\s*(?:\|.*)?\s*")


def find_braces(layout: Layout) -> Iterator[Finding]:
    for p in layout.body():
        if "{" not in p.text:
            continue
        for match in TOKEN.finditer(p.text):
            words = match[1] or match[2]
            anchor = (place(p, match.start(), match.end()),)
            variable = VARIABLE.fullmatch(words)
            if MACHINERY.match(words):
                yield Finding("braces", Rank.TOKEN, anchor, 0.9, ignored=True)
            elif variable is not None and not is_guidance(words) and not is_reference(words):
                name = variable[1]
                yield Finding(
                    "braces", Rank.TOKEN, anchor, 0.95, label=title_of(name), name=name, same=f"var {name.casefold()}"
                )
