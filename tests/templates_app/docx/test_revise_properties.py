"""What holds of proposed changes for any document, split and set of revisions.

DNA_TEST_EXAMPLES=2000 looks at so many examples of each, new ones every time; without it the same few are looked at.
"""

from __future__ import annotations

from datetime import UTC, datetime

from hypothesis import given, note
from hypothesis import strategies as st

from bench.revise import possible, proposed_texts, texts_of
from bench.sameness import run_differences
from templates_app.docx.changes import accept, list_changes, reject
from templates_app.docx.model import Anchor
from templates_app.docx.revise import revise
from templates_app.docx.revisions import Act, Revision

from .any_documents import TEXT, AnyDocument, documents
from .reading import xml
from .test_fill_properties import check_copies, thorough

WHEN = datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)
SENTENCES = st.lists(st.sampled_from(["the ", "old ", "new ", "words\n", "ש ", "x"]), max_size=6).map("".join)


@st.composite
def revised_documents(draw: st.DrawFn) -> tuple[AnyDocument, list[Revision]]:
    """A document with proposals for spans that do not overlap, and for whole paragraphs; some will be refused."""
    document = draw(documents())
    revisions: list[Revision] = []
    for part, lines in texts_of(document.data).items():
        for p, text in enumerate(lines):
            for act, start, end in draw(_acts(len(text))):
                new = "" if act is Act.DELETE else draw(TEXT | SENTENCES)
                comment = draw(st.sampled_from(["", "ISO 9001, 7.5"]))
                revisions.append(
                    Revision(f"r{len(revisions)}", Anchor(part, p, start, end), new, "Ann", WHEN, comment, act)
                )
    return document, revisions


def _acts(length: int) -> st.SearchStrategy[list[tuple[Act, int, int]]]:
    cuts = st.lists(st.integers(0, length), max_size=4).map(sorted)
    spans = cuts.map(lambda at: [(Act.REPLACE, a, b) for a, b in zip(at[::2], at[1::2], strict=False)])
    behind = st.lists(st.just((Act.INSERT_AFTER, 0, 0)), max_size=2)
    whole = st.just([(Act.DELETE, 0, length)])
    return st.tuples(st.one_of(spans, spans, whole), behind).map(lambda both: both[0] + both[1])


@thorough
@given(revised_documents())
def test_rejected_is_the_original_and_accepted_the_proposal(drawn: tuple[AnyDocument, list[Revision]]) -> None:
    document, wanted = drawn
    data = document.data
    revised, revisions, refused = possible(data, wanted)
    note(f"{revisions} {refused} {xml(revised.data)}")
    ids = [number for item in revised.written for number in item.changes]
    assert len(set(ids)) == len(ids)
    assert set(ids) <= {change.id for change in list_changes(revised.data)}
    assert revise(data, revisions).data == revised.data
    undone = reject(revised.data, ids).data
    assert texts_of(undone) == texts_of(data)
    assert run_differences(data, undone) == []
    done = accept(revised.data, ids).data
    assert texts_of(done) == proposed_texts(data, revisions)
    for made in (revised.data, undone, done):
        check_copies(made)
    assert "commentReference" not in xml(undone) + xml(done)


@thorough
@given(revised_documents(), st.data())
def test_each_is_decided_apart(drawn: tuple[AnyDocument, list[Revision]], more: st.DataObject) -> None:
    """Some accepted, then the others rejected: the same as if only those had been proposed."""
    document, wanted = drawn
    revised, revisions, _ = possible(document.data, wanted)
    taken = [revision for revision in revisions if more.draw(st.booleans())]
    note(f"{taken} of {revisions}")
    names = {revision.id for revision in taken}
    chosen = [number for item in revised.written if item.id in names for number in item.changes]
    others = [number for item in revised.written if item.id not in names for number in item.changes]
    decided = reject(accept(revised.data, chosen).data, others).data
    assert texts_of(decided) == proposed_texts(document.data, taken)
    assert accept(reject(revised.data, others).data, chosen).data == decided
