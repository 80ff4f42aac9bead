"""What a language model is asked of a reading: the candidates of a part with short contexts, never the whole text.

What the rules are sure of is left out unless the person gave hints for reading, then it is one short line. What repeats
down the column of a table is shown once. A section without candidates to ask about and without text that looks like a
missed place is not shown at all.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from django.conf import settings
from pydantic import BaseModel

from llm_app.choices import Role
from llm_app.exchange import Request
from llm_app.prompts import Untrusted, Value, ask_with, load_prompt
from templates_app.correction.scores import is_sure
from templates_app.docx.model import Field, Outline, Paragraph, Parse

PROMPTS = Path(__file__).parent.parent / "prompts"
# Each call repeats the instructions, so short sections share one; long ones make the answer slow and careless.
_PART_CHARACTERS = 4_000
_MOST_PARTS = 60
_CONTEXT_CHARACTERS = 60
_DOUBTFUL_CHARACTERS = 120
_TITLE_CHARACTERS = 60
_LABEL_CHARACTERS = 80
_WORDS_OF_A_LABEL = 6
_RULES_CHARACTERS = 2_000

# Text that may hold a place which the rules left out.
_DOUBTFUL = re.compile(
    r"_{3,}|\.{5,}|…{2,}|\[[^\]\d][^\]]{1,80}\]|(?<!<)<[^<>{}_]{2,60}>(?!>)|\{[^{}]{2,60}\}"
    r"|\b(?:TBD|TBC|TODO)\b|\b(?:insert|enter|specify|fill in|delete as applicable)\b",
    re.IGNORECASE,
)
# Text that talks to whoever reads it by machine. It is never shown, and nothing said of its part is taken over.
_ORDERS = re.compile(
    r"\b(?:ignore|disregard|forget)\b.{0,30}\b(?:instructions?|prompts?|rules)\b"
    r"|^\W*(?:system|assistant|developer|reviewer)\s*:\s*(?:you|ignore|set|mark|delete|answer|from now)\b"
    r"|\byou are now\b|\b(?:administrator|developer|jailbreak) mode\b"
    r"|\b(?:as|in|repeat\b.{0,30}\bas) your (?:answer|output|response)\b|\banswer with\b.{0,40}\bnothing else\b"
    r"|\b(?:delete|drop|mark) (?:all|every) (?:the )?fields?\b|\{\s*\"(?:findings|corrections)\"\s*:",
    re.IGNORECASE,
)


class Candidate(BaseModel):
    """A field as it was shown, by its number in the part. ``alike``: keys of those below it that were not shown."""

    key: str
    alike: list[str] = []


class Question(BaseModel):
    """One part of a template as it is asked about; what an answer says is checked against it."""

    key: str
    shown: str
    sections: int
    """Those that begin in it."""
    candidates: list[Candidate]
    paragraphs: list[tuple[str, int]]
    """Of the sections shown, whether they were shown themselves or not: where quotes may stand."""
    gives_orders: bool = False


@dataclass(slots=True)
class _Block:
    """A section: its title and its paragraphs."""

    title: str = ""
    paragraphs: list[Paragraph] = field(default_factory=list)


@dataclass(slots=True)
class _Line:
    """What is shown of one candidate or of a doubtful text."""

    text: str
    candidate: Candidate | None = None


def ask_in_parts(parse: Parse, *, has_rules: bool) -> tuple[list[Question], bool]:
    """All that is worth asking; with True where it is too much and the end is left out."""
    asked = [one for one in parse.fields if has_rules or not is_sure(one)]
    beginning, taken = _beginnings(asked), _taken(parse.fields)
    blocks = ((block, _lines(block, beginning, taken)) for block in _blocks(parse.outline))
    shown = [_Shown(block, lines) for block, lines in blocks if lines]
    parts = list(_parts(shown))
    return [_question(number, part) for number, part in enumerate(parts[:_MOST_PARTS], 1)], len(parts) > _MOST_PARTS


def _blocks(outline: Outline) -> list[_Block]:
    """The main story by sections; headers, footers and the like come last, as one."""
    heads = {(one.part, one.p): one for one in outline.sections}
    main = outline.paragraphs[0].part if outline.paragraphs else ""
    blocks, aside = [_Block()], _Block()
    for paragraph in outline.paragraphs:
        if (head := heads.get((paragraph.part, paragraph.p))) is not None:
            blocks.append(_Block(f"{head.number} {head.heading}".strip()[:_TITLE_CHARACTERS]))
        (blocks[-1] if paragraph.part == main else aside).paragraphs.append(paragraph)
    return [*blocks, aside]


Address = tuple[str, int]
Spans = Sequence[tuple[int, int]]


def _beginnings(fields: Sequence[Field]) -> dict[Address, list[Field]]:
    """The fields whose first place is in each paragraph."""
    found: dict[Address, list[Field]] = {}
    for one in fields:
        found.setdefault((one.anchors[0].part, one.anchors[0].p), []).append(one)
    return found


def _taken(fields: Sequence[Field]) -> dict[Address, Spans]:
    """What fields take of each paragraph."""
    taken: dict[Address, list[tuple[int, int]]] = {}
    for anchor in (anchor for one in fields for anchor in one.anchors):
        taken.setdefault((anchor.part, anchor.p), []).append((anchor.start, anchor.end))
    return dict(taken)


def _lines(block: _Block, beginning: dict[Address, list[Field]], taken: dict[Address, Spans]) -> list[_Line]:
    columns: dict[tuple[object, ...], Candidate] = {}
    lines: list[_Line] = []
    for paragraph in block.paragraphs:
        address = (paragraph.part, paragraph.p)
        for one in beginning.get(address, ()):
            lines += _candidate_lines(one, paragraph, columns)
        if _is_doubtful(paragraph, taken.get(address, ())):
            lines.append(_Line(f"? {_one_line(paragraph.text)[:_DOUBTFUL_CHARACTERS]}"))
    return lines


def _candidate_lines(one: Field, paragraph: Paragraph, columns: dict[tuple[object, ...], Candidate]) -> list[_Line]:
    """None where the same was shown further up in the column of its table."""
    cell, candidate = paragraph.cell, Candidate(key=one.key)
    if cell is not None and len(one.anchors) == 1:
        head = one.label.rpartition(": ")[2]  # of "row: column"; a label beside its place is that row's alone
        first = columns.setdefault((paragraph.part, cell.table, cell.column, one.type, head), candidate)
        if first is not candidate:
            first.alike.append(one.key)
            return []
    return [_Line(_shown(one, paragraph), candidate)]


def _shown(one: Field, paragraph: Paragraph) -> str:
    """Type and label; how many places, and the words around the first where the rules are not sure."""
    times = f" ×{len(one.anchors)}" if len(one.anchors) > 1 else ""
    line = f"{one.type.value} {_one_line(one.label)[:_LABEL_CHARACTERS]}{times}"
    around = "" if is_sure(one) or speaks_to_machines(paragraph.text) else _around(one, paragraph.text)
    return f"{line} | {around}" if around else line


def _around(one: Field, text: str) -> str:
    """Empty where the paragraph says no more than the label."""
    start, end = one.anchors[0].start, one.anchors[0].end
    before, after = text[max(0, start - _CONTEXT_CHARACTERS) : start], text[end : end + _CONTEXT_CHARACTERS]
    said = _one_line(f"{before}⟦{text[start:end][:_CONTEXT_CHARACTERS]}⟧{after}")
    label = re.sub(r"\W", "", one.label).casefold()
    return "" if re.sub(r"\W", "", said).casefold() in (label, "") else said


def _is_doubtful(paragraph: Paragraph, taken: Spans) -> bool:
    text = paragraph.text
    if paragraph.in_toc or speaks_to_machines(text):
        return False
    if not taken and text.rstrip().endswith((":", "：")) and len(text.split()) <= _WORDS_OF_A_LABEL:
        return True
    found = (match.span() for match in _DOUBTFUL.finditer(text))
    return any(all(end <= begun or ended <= start for begun, ended in taken) for start, end in found)


def speaks_to_machines(text: str) -> bool:
    return _ORDERS.search(text) is not None


def _one_line(text: str) -> str:
    return " ".join(text.split())


@dataclass(slots=True)
class _Shown:
    """A section or a piece of it; ``begins``: the first one."""

    block: _Block
    lines: list[_Line]
    begins: bool = True


def _parts(sections: Sequence[_Shown]) -> Iterator[list[_Shown]]:
    """Consecutive lines up to the length of a part; a long section goes on in the next."""
    part: list[_Shown] = []
    room = _PART_CHARACTERS
    for section in sections:
        for number, line in enumerate(section.lines):
            if len(line.text) > room and part:
                yield part
                part, room = [], _PART_CHARACTERS
            if number == 0 or not part:
                part.append(_Shown(section.block, [], begins=number == 0))
                room -= len(section.block.title)
            part[-1].lines.append(line)
            room -= len(line.text)
    if part:
        yield part


def _question(number: int, part: Sequence[_Shown]) -> Question:
    candidates: list[Candidate] = []
    shown: list[str] = []
    for piece in part:
        shown += [f"# {piece.block.title}"] if piece.block.title else []
        for line in piece.lines:
            if line.candidate is not None:
                candidates.append(line.candidate)
            shown.append(f"{len(candidates)} {line.text}" if line.candidate else line.text)
    paragraphs = [one for piece in part for one in piece.block.paragraphs]
    return Question(
        key=f"part-{number}",
        shown="\n".join(shown),
        sections=sum(piece.begins for piece in part),
        candidates=candidates,
        paragraphs=[(one.part, one.p) for one in paragraphs],
        gives_orders=any(speaks_to_machines(one.text) for one in paragraphs),
    )


def as_request(question: Question, *, rules: str, provider: str) -> Request:
    """The prompt with the person's hints as they are, and the part as data."""
    hints = f"Hints of the person who uploaded the file:\n{rules[:_RULES_CHARACTERS]}" if rules else ""
    values: dict[str, Value] = {"hints": hints, "part": Untrusted(question.shown, "part of a template")}
    prompt, keep_seconds = load_prompt(PROMPTS, "correct"), settings.KEEP_ANSWERS_HOURS * 3600
    return ask_with(prompt, values, role=Role.PARSER, provider=provider, keep_seconds=keep_seconds)
