"""The loss report in words: what a Word file holds that reading leaves out, filling does not touch or nobody sees."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import TypedDict

from templates_app.docx.model import Loss, LossKind

MAX_PLACES = 20
"""Of each kind; a page with more is not read, and the parse artifact has them all."""


class LossPlace(TypedDict):
    """Where one is: a part, and the paragraph in it where there is one."""

    part: str
    p: int | None
    excerpt: str


class LossSummary(TypedDict):
    """All of one kind in a file."""

    kind: str
    count: int
    unread: int
    sentence: str
    places: list[LossPlace]


@dataclass(frozen=True, slots=True)
class Undecided:
    """Traces of people at work on a Word file, which every document made of it holds, too."""

    changes: int
    comments: int

    def told(self, where: str) -> list[str]:
        """A sentence for each kind that there is; ``where`` names the file that holds them."""
        sentences = []
        if self.changes:
            waits = "tracked change that waits" if self.changes == 1 else "tracked changes that wait"
            sentences.append(
                f"{where} holds {self.changes:,} {waits} to be accepted or rejected: "
                "readers see the old text beside the new."
            )
        if self.comments:
            comments = "comment" if self.comments == 1 else "comments"
            sentences.append(f"{where} holds {self.comments:,} {comments} that every reader can see.")
        return sentences


_WORDS: dict[LossKind, tuple[str, str, str]] = {
    LossKind.HIDDEN_TEXT: (
        "stretch of hidden text",
        "stretches of hidden text",
        "Word does not show it, yet it is read like other text. Make sure that it belongs there",
    ),
    LossKind.WHITE_TEXT: (
        "stretch of white text",
        "stretches of white text",
        "nobody sees it on white paper, yet it is read like other text. Make sure that it belongs there",
    ),
    LossKind.TINY_TEXT: (
        "stretch of tiny text",
        "stretches of tiny text",
        "nobody can read it, yet it is read like other text. Make sure that it belongs there",
    ),
    LossKind.INVISIBLE_CHARACTERS: (
        "invisible character",
        "invisible characters",
        "they can carry words that only programs see. Delete them unless you put them there",
    ),
    LossKind.MACROS: ("set of macros", "sets of macros", "never run here, and kept in the documents made of the file"),
    LossKind.EXTERNAL_CONTENT: (
        "piece of content from elsewhere",
        "pieces of content from elsewhere",
        "never fetched here, but Word may fetch it when somebody opens the file. Embed it in Word",
    ),
    LossKind.TRACKED_CHANGE: (
        "tracked change",
        "tracked changes",
        "deleted text is not read. Accept or reject all changes in Word, then upload the file again",
    ),
    LossKind.COMMENT: (
        "comment",
        "comments",
        "not read, and kept in the documents made of the file. Delete them in Word if readers should not see them",
    ),
    LossKind.FOOTNOTE: (
        "footnote",
        "footnotes",
        "not read, and kept unchanged: places to fill in must be in the text",
    ),
    LossKind.ENDNOTE: ("endnote", "endnotes", "not read, and kept unchanged: places to fill in must be in the text"),
    LossKind.EQUATION: ("equation", "equations", "not read, and kept unchanged"),
    LossKind.CHART: (
        "chart",
        "charts",
        "not read, and kept unchanged: their figures do not follow what is filled in",
    ),
    LossKind.SMART_ART: ("SmartArt diagram", "SmartArt diagrams", "not read, and kept unchanged"),
    LossKind.DRAWN_TEXT: (
        "text in a drawing",
        "texts in drawings",
        "not read, and kept unchanged. Use a text box of Word if something should be filled in there",
    ),
    LossKind.EMBEDDED_OBJECT: ("embedded object", "embedded objects", "not opened, and kept unchanged"),
    LossKind.IMPORTED_PART: (
        "imported file",
        "imported files",
        "not read. Save the file once in Word, which makes it part of the text",
    ),
    LossKind.BUILDING_BLOCKS: (
        "store of building blocks",
        "stores of building blocks",
        "not read, and kept unchanged",
    ),
    LossKind.UNUSED_PART: (
        "part that nothing refers to",
        "parts that nothing refers to",
        "not read, and kept unchanged",
    ),
    LossKind.DAMAGED_PART: (
        "damaged part",
        "damaged parts",
        "not read. Open the file in Word, let Word repair it and upload the new copy",
    ),
    LossKind.MISPLACED_TEXT: (
        "text in no paragraph",
        "texts in no paragraph",
        "Word does not show it, and it is not read",
    ),
    LossKind.PROTECTION: (
        "protection of the file",
        "protections of the file",
        "filling works all the same, and the documents made of it are protected in the same way",
    ),
    LossKind.LOCKED_CONTROL: (
        "locked content control",
        "locked content controls",
        "left unchanged. Unlock them in Word (Developer › Properties) to have them filled",
    ),
    LossKind.EXTERNAL_LINK: ("link to other places", "links to other places", "never followed, and kept unchanged"),
    LossKind.CUSTOM_XML: (
        "part with data of another program",
        "parts with data of other programs",
        "kept unchanged, except where a content control is bound to them",
    ),
    LossKind.SIGNATURE: (
        "digital signature",
        "digital signatures",
        "valid for the file as it is, never for a document made of it",
    ),
}
"""Of each kind one, many, and what that means and what to do. In the order of how much a person should look at it."""


def summarize_losses(losses: Iterable[Loss]) -> list[LossSummary]:
    """One entry for each kind that the file has, the most telling first."""
    by_kind: dict[LossKind, list[Loss]] = {}
    for loss in losses:
        by_kind.setdefault(loss.kind, []).append(loss)
    return [_summary(kind, by_kind[kind]) for kind in _WORDS if kind in by_kind]


def undecided_in(losses: Iterable[LossSummary]) -> Undecided:
    counts = {loss["kind"]: loss["count"] for loss in losses}
    return Undecided(counts.get(LossKind.TRACKED_CHANGE.value, 0), counts.get(LossKind.COMMENT.value, 0))


def _summary(kind: LossKind, losses: list[Loss]) -> LossSummary:
    count, unread = sum(loss.count for loss in losses), sum(loss.unread for loss in losses)
    places: list[LossPlace] = [
        {"part": loss.part, "p": loss.p, "excerpt": loss.excerpt} for loss in losses if loss.count
    ]
    return {
        "kind": kind.value,
        "count": count,
        "unread": unread,
        "sentence": _sentence(kind, count, unread),
        "places": places[:MAX_PLACES],
    }


def _sentence(kind: LossKind, count: int, unread: int) -> str:
    one, many, meaning = _WORDS[kind]
    size = f" ({unread:,} character{'s' if unread > 1 else ''})" if unread else ""
    return f"{count:,} {one if count == 1 else many}{size}: {meaning}."
