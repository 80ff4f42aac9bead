"""Legacy form fields: FORMTEXT and FORMDROPDOWN. FORMCHECKBOX is read with all other boxes."""

from __future__ import annotations

from collections.abc import Iterator

from ..finding import Finding, Rank, place
from ..layout import Layout
from ..model import FieldType, Mark, MarkKind, Paragraph
from ..wording import is_machine_name, title_of

TYPES = {"date": FieldType.DATE, "number": FieldType.NUMBER}


def find_form_fields(layout: Layout) -> Iterator[Finding]:
    for p in layout.marked:
        marks = [m for m in p.marks if m.kind is MarkKind.FORM_FIELD and m.control != "FORMCHECKBOX"]
        for run in _runs(marks):
            yield _finding(p, run)


def _runs(marks: list[Mark]) -> list[list[Mark]]:
    """Text fields without anything between are one place, drawn longer."""
    runs: list[list[Mark]] = []
    for mark in sorted(marks, key=lambda m: m.start):
        last = runs[-1][-1] if runs else None
        if (
            last is not None
            and last.end == mark.start
            and last.control == mark.control == "FORMTEXT"
            and last.end > last.start
        ):
            runs[-1].append(mark)
        else:
            runs.append([mark])
    return runs


def _finding(p: Paragraph, run: list[Mark]) -> Finding:
    first = run[0]
    own = "" if is_machine_name(first.name) else first.name
    kind = FieldType.CHOICE if first.control == "FORMDROPDOWN" else TYPES.get(first.tag)
    return Finding(
        "form_field",
        Rank.FORM_FIELD,
        (place(p, first.start, run[-1].end),),
        0.97,
        name=own,
        context=title_of(own) if own else "",
        type=kind,
        options=first.options,
        date_format=first.date_format,
        ignored=first.tag == "calculated",
    )
