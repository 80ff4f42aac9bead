"""###Name###, %NAME%, @@name@@, +++INS name+++: a name between two equal marks."""

from __future__ import annotations

import re
from collections.abc import Iterator

from ..finding import Finding, Rank, place
from ..layout import Layout
from ..wording import title_of

TOKEN = re.compile(
    r"(?<![\w#%@+~])(?:(?P<twice>#{2,3}|%%|@@|~~|\+{3})\s?(?P<words>[^\W\d_][^\n#%@+~]{0,60}?)\s?(?P=twice)"
    r"|(?P<once>[%@~])(?P<name>[^\W\d_]\w{1,60})(?P=once))(?![\w#%@+~])"
)
MARKS = re.compile(r"##|%[^\W\d_]|%%|@[^\W\d_]|@@|~[^\W\d_]|~~|\+\+\+")
COMMAND = re.compile(r"(?:INS|=)\s*(?=\S)")
MACHINERY = re.compile(r"(?:FOR|END-FOR|IF|END-IF|EXEC|ALIAS|QUERY|CMD_NODE)\b")


def find_fences(layout: Layout) -> Iterator[Finding]:
    for p in layout.body:
        if not MARKS.search(p.text):
            continue
        for match in TOKEN.finditer(p.text):
            words = match["words"] or match["name"]
            name = COMMAND.sub("", words, count=1)
            yield Finding(
                "fences",
                Rank.TOKEN,
                (place(p, *match.span()),),
                0.85,
                label=title_of(name),
                name=name,
                same=f"var {name.casefold()}",
                ignored=MACHINERY.match(words) is not None,
            )
