"""What the parser finds, to look at: ``python -m bench.report [--slug PART]`` writes build/report/index.html.

A page for each template, paragraph by paragraph. With labels: hits green, misses red, false finds orange, wrong names,
types, spans and groups beside the place with what was expected. Without labels: the found fields as they are.
What counts as found is the scorer's own rule: ``score_parse.py`` of the corpus is loaded when this runs.
"""

from __future__ import annotations

import argparse
import importlib.util
import json
import sys
from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from html import escape
from pathlib import Path
from types import ModuleType
from typing import Any

from templates_app.docx.errors import Refused
from templates_app.docx.jsonio import parse_to_json
from templates_app.docx.model import Paragraph, Parse
from templates_app.docx.parse import parse

from . import corpus

FOLDER = corpus.BUILD / "report"
Address = tuple[str, int, int, int]
Label = dict[str, Any]
FIGURES = ("F1", "span", "type", "label", "group", "head F1", "level")
STYLE = """
:root { color-scheme: light dark; --hit: #cdeccb; --miss: #ffc9c9; --false: #ffd8a0; --found: #d6e6ff; --odd: #b00020; }
@media (prefers-color-scheme: dark) {
  :root { --hit: #1f4d25; --miss: #6d1f1f; --false: #6b4305; --found: #20406b; --odd: #ff9a9a; } }
body { font: .9375rem/1.45 system-ui, sans-serif; margin: 1.5rem auto; max-width: 78rem; padding: 0 1rem; }
table { border-collapse: collapse; } td, th { padding: .15rem .5rem; text-align: start; vertical-align: top; }
.figures td:not(:first-child) { text-align: end; font-variant-numeric: tabular-nums; }
.text td { border-bottom: 1px solid #8883; white-space: pre-wrap; overflow-wrap: anywhere; }
.text td:first-child { font: .75rem monospace; white-space: nowrap; opacity: .7; }
mark { color: inherit; border-radius: .2rem; padding: 0 .15rem; outline: 1px solid #8886; }
.hit { background: var(--hit); } .miss { background: var(--miss); } .false { background: var(--false); }
.found { background: var(--found); } .ignored { background: #8882; }
small { opacity: .8; } .odd { color: var(--odd); opacity: 1; font-weight: 600; }
.heading { font-weight: 600; } .part td { font-weight: 600; padding-top: 1rem; }
"""
PAGE = """<!doctype html><html lang="en"><head><meta charset="utf-8"><title>{title}</title>
<meta name="viewport" content="width=device-width, initial-scale=1"><style>{style}</style></head>
<body><h1>{title}</h1>{body}</body></html>
"""


@dataclass(slots=True)
class Place:
    """One address with what is to be said of it. ``state``: hit, miss, false, ignored; found without labels."""

    address: Address
    state: str
    said: str  # number of the field, its label and type, as found or as expected
    odd: list[str] = field(default_factory=list)  # what is wrong about a hit, with what was expected


def load_scorer(folder: Path) -> ModuleType:
    spec = importlib.util.spec_from_file_location("score_parse", folder / "score_parse.py")
    if spec is None or spec.loader is None:
        raise corpus.NoCorpus(f"No score_parse.py in {folder}, nothing can be compared.")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


# places


def judge(scorer: ModuleType, label: Label, found: Label) -> list[Place]:
    """Every found and every missed place, matched in the scorer's order by the scorer's rule."""
    gold = [(tuple(anchor), owner) for owner in label["fields"] for anchor in owner["anchors"]]
    ignored = [tuple(anchor) for anchor in label.get("ignore", [])]
    taken: dict[int, tuple[int, Place]] = {}
    places = []
    for number, owner in enumerate(found["fields"]):
        for anchor in owner["anchors"]:
            address = _address(anchor)
            near = [n for n, (other, _) in enumerate(gold) if _is_near(scorer, other, address)]
            free = next((n for n in near if n not in taken), None)
            place = Place(address, _state(scorer, address, free, near, ignored), _said(number, owner))
            if free is not None:
                place.odd = _oddities(scorer, gold[free], address, owner)
                taken[free] = number, place
            places.append(place)
    _tell_groups({n: owner["key"] for n, (_, owner) in enumerate(gold)}, taken)
    missed = (pair for n, pair in enumerate(gold) if n not in taken)
    return places + [Place(address, "miss", f"{owner['label']} · {owner['type']}") for address, owner in missed]


def _state(
    scorer: ModuleType, address: Address, free: int | None, near: Sequence[int], ignored: Sequence[Address]
) -> str:
    if free is not None:
        return "hit"
    return "ignored" if near or any(_is_near(scorer, other, address) for other in ignored) else "false"


def _is_near(scorer: ModuleType, labelled: Address, found: Address) -> bool:
    return labelled[:2] == found[:2] and bool(scorer.near(labelled[2:], found[2:]))


def _address(anchor: dict[str, Any]) -> Address:
    return anchor["part"], anchor["p"], anchor["start"], anchor["end"]


def _said(number: int, owner: Label) -> str:
    options = f" ({' / '.join(owner['options'])})" if owner.get("options") else ""
    columns = f" [{', '.join(c['label'] for c in owner['columns'])}]" if owner.get("columns") else ""
    return f"{number} {owner['label']} · {owner['type']}{options}{columns}"


def _oddities(scorer: ModuleType, gold: tuple[Address, Label], address: Address, owner: Label) -> list[str]:
    wanted_at, wanted = gold
    odd = []
    if any(abs(a - b) > 1 for a, b in zip(wanted_at[2:], address[2:], strict=True)):
        odd.append(f"span {wanted_at[2]}–{wanted_at[3]} expected")
    if wanted["type"] != owner["type"]:
        odd.append(f"type {wanted['type']} expected")
    if not scorer.same_label(wanted, owner):
        odd.append(f"name “{wanted['label']}” expected")
    return odd


def _tell_groups(keys: dict[int, str], taken: dict[int, tuple[int, Place]]) -> None:
    """Hits that stand in another field than most of their kind: places torn apart, and places thrown together."""
    of_label: defaultdict[str, Counter[int]] = defaultdict(Counter)
    of_field: defaultdict[int, Counter[str]] = defaultdict(Counter)
    for n, (number, _) in taken.items():
        of_label[keys[n]][number] += 1
        of_field[number][keys[n]] += 1
    for n, (number, place) in taken.items():
        most, owner = of_label[keys[n]].most_common(1)[0][0], of_field[number].most_common(1)[0][0]
        if most != number:
            place.odd.append(f"belongs to field {most}")
        elif owner != keys[n]:
            place.odd.append(f"does not belong with “{owner}”")


# pages


def write_report(files: Sequence[Path], folder: Path) -> None:
    scorer = load_scorer(corpus.folder())
    folder.mkdir(parents=True, exist_ok=True)
    rows = [_report(scorer, path, folder) for path in files]
    head = "".join(f"<th>{name}</th>" for name in ("template", "places", *FIGURES))
    (folder / "index.html").write_text(
        _page("What the parser finds", f'<table class="figures"><tr>{head}</tr>{"".join(rows)}</table>'), "utf-8"
    )


def _report(scorer: ModuleType, path: Path, folder: Path) -> str:
    """Write one template's page; its row for the index."""
    try:
        found = parse(path.read_bytes())
    except Refused as error:
        return f"<tr><td>{escape(path.stem)}</td><td colspan=8>refused: {escape(str(error))}</td></tr>"
    labelled = corpus.folder() / "labels" / f"{path.stem}.json"
    label = json.loads(labelled.read_text("utf-8")) if labelled.is_file() else None
    as_json = json.loads(json.dumps(parse_to_json(found)))
    places = judge(scorer, label, as_json) if label else _unjudged(as_json)
    figures = _figures(scorer, label, as_json) if label else ["–"] * len(FIGURES)
    (folder / f"{path.stem}.html").write_text(_page(path.stem, _summary(places) + _text(found, places, label)), "utf-8")
    cells = "".join(f"<td>{value}</td>" for value in (len(places), *figures))
    return f'<tr><td><a href="{escape(path.stem)}.html">{escape(path.stem)}</a></td>{cells}</tr>'


def _unjudged(found: Label) -> list[Place]:
    fields = enumerate(found["fields"])
    return [Place(_address(a), "found", _said(n, owner)) for n, owner in fields for a in owner["anchors"]]


def _figures(scorer: ModuleType, label: Label, found: Label) -> list[str]:
    t = scorer.score(label, found)
    shares = [t[k] / t["hit"] if t["hit"] else 0.0 for k in ("exact", "type", "label")]
    group = scorer.f1(t["pair_hit"], t["pair_pred"], t["pair_gold"])[2] if t["pair_gold"] or t["pair_pred"] else 1.0
    heads = scorer.f1(t["head_hit"], t["head_pred"], t["head_gold"])[2] if t["head_gold"] or t["head_pred"] else 1.0
    level = [f"{t['level'] / t['head_hit']:.3f}" if t["head_hit"] else "–"]
    return [f"{x:.3f}" for x in (scorer.f1(t["hit"], t["pred"], t["gold"])[2], *shares, group, heads)] + level


def _summary(places: Sequence[Place]) -> str:
    counts = Counter(place.state for place in places)
    odd = sum(bool(place.odd) for place in places)
    said = "".join(f'<mark class="{state}">{state} {count}</mark> ' for state, count in sorted(counts.items()))
    return f'<p><a href="index.html">All templates</a> {said}<span class="odd">{odd} odd</span></p>'


def _text(found: Parse, places: Sequence[Place], label: Label | None) -> str:
    at: defaultdict[tuple[str, int], list[Place]] = defaultdict(list)
    for place in places:
        at[place.address[:2]].append(place)
    headings = _headings(found, label)
    rows, part = [], ""
    for p in found.outline.paragraphs:
        here = (p.part, p.p)
        if p.part != part:
            part = p.part
            rows.append(f'<tr class="part"><td colspan="2">{escape(part)}</td></tr>')
        if p.text.strip() or p.number or here in at or here in headings:
            rows.append(_row(p, sorted(at.get(here, ()), key=lambda place: place.address), headings.get(here, "")))
    return f'<table class="text">{"".join(rows)}</table>'


def _headings(found: Parse, label: Label | None) -> dict[tuple[str, int], str]:
    """Badges: the level of each found heading, and what the labels say where they differ."""
    ours = {(s.part, s.p): s.level for s in found.outline.sections}
    if label is None:
        return {here: _badge("found", f"H{level}") for here, level in ours.items()}
    wanted = {(s["part"], s["p"]): s["level"] for s in label["sections"]}
    maybe = {tuple(s) for s in label.get("maybe_sections", [])}
    badges = {here: _badge("miss", f"H{level} expected") for here, level in wanted.items() if here not in ours}
    for here, level in ours.items():
        if here in wanted:
            odd = f" H{wanted[here]} expected" if wanted[here] != level else ""
            badges[here] = _badge("hit", f"H{level}{odd}", odd=bool(odd))
        else:
            badges[here] = _badge("ignored" if here in maybe else "false", f"H{level}")
    return badges


def _badge(state: str, words: str, *, odd: bool = False) -> str:
    return f'<mark class="{state}{" odd" if odd else ""}">{words}</mark> '


def _row(p: Paragraph, places: Sequence[Place], heading: str) -> str:
    where = f" t{p.cell.table} r{p.cell.row} c{p.cell.column}" if p.cell is not None else ""
    number = f"<small>{escape(p.number)}</small> " if p.number else ""
    words = "".join(_pieces(p.text, places))
    kind = ' class="heading"' if heading else ""
    return f"<tr{kind}><td>{p.p}{where}</td><td>{heading}{number}{words}</td></tr>"


def _pieces(text: str, places: Sequence[Place]) -> Iterator[str]:
    position = 0
    for place in places:
        start, end = max(place.address[2], position), max(place.address[3], position)
        odd = f' <small class="odd">{escape("; ".join(place.odd))}</small>' if place.odd else ""
        yield escape(text[position:start])
        yield f'<mark class="{place.state}">{escape(text[start:end])} <small>{escape(place.said)}</small>{odd}</mark>'
        position = end
    yield escape(text[position:])


def _page(title: str, body: str) -> str:
    return PAGE.format(title=escape(title), style=STYLE, body=body)


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="python -m bench.report")
    parser.add_argument("--slug", default="", help="only templates with this in their name")
    options = parser.parse_args(arguments)
    try:
        files = [path for path in corpus.templates() if options.slug in path.stem]
        write_report(files, FOLDER)
    except corpus.NoCorpus as error:
        sys.stdout.write(f"{error}\n")
        return 0
    sys.stdout.write(f"{len(files)} templates to look at in {FOLDER / 'index.html'}\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
