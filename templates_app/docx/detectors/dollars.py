"""$name, $__name__: variables with a dollar sign."""

from __future__ import annotations

import re
from collections.abc import Iterator

from ..finding import Finding, Rank, place
from ..layout import Layout
from ..wording import title_of

TOKEN = re.compile(r"(?<![^\W_])(?<!\$)\$(?:__([^\W_](?:\w*?[^\W_])?)__|([^\W\d_]\w*[^\W_]))")
CURRENCIES = frozenset("usd us cad aud nzd hkd sgd mxn brl eur gbp".split())


def find_dollars(layout: Layout) -> Iterator[Finding]:
    for p in layout.body:
        if "$" not in p.text:
            continue
        for match in TOKEN.finditer(p.text):
            name = match[1] or match[2]
            if name.casefold() not in CURRENCIES:
                yield Finding(
                    "dollars",
                    Rank.TOKEN,
                    (place(p, match.start(), match.end()),),
                    0.9,
                    label=title_of(name),
                    name=name,
                    same=f"var {name.casefold()}",
                )
