"""Proposed changes in a Word file: how they stand in it, where they are refused, and how they are decided."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone

import pytest

from bench.revise import proposed_texts, texts_of
from bench.sameness import run_differences
from templates_app.docx import errors
from templates_app.docx.changes import ChangeKind, accept, list_changes, reject
from templates_app.docx.model import Anchor
from templates_app.docx.package import Package
from templates_app.docx.revise import IN_BOX, IN_HEADER, PROTECTED, revise
from templates_app.docx.revisions import Act, Edit, Revised, Revision, edits

from .any_documents import BOX, DAY
from .build import DECLARED, build, cell, paragraph, run, table
from .reading import DOCUMENT, at, texts, xml
from .test_fill import CONTROL, END, SEPARATE, begin, code

WHEN = datetime(2026, 1, 2, 4, 4, 5, tzinfo=timezone(timedelta(hours=1)))
STAMP = 'w:author="Ann" w:date="2026-01-02T03:04:05Z"'
HEADER = "word/header1.xml"


def a_revision(
    anchor: Anchor, new_text: str = "", act: Act = Act.REPLACE, comment: str = "", id: str = "r"
) -> Revision:
    return Revision(id, anchor, new_text, "Ann", WHEN, comment, act)


def revised(data: bytes, *revisions: Revision) -> Revised:
    """Also checks what holds of every file: both texts, and nothing else but parted runs."""
    made = revise(data, revisions)
    ids = [number for item in made.written for number in item.changes]
    assert texts_of(accept(made.data, ids).data) == proposed_texts(data, revisions)
    assert run_differences(data, reject(made.data, ids).data) == []
    return made


def refusal(body: str, revision: Revision) -> type[errors.ReviseError]:
    with pytest.raises(errors.ReviseError) as caught:
        revise(build(body), [revision])
    assert caught.value.revision == revision.id
    assert caught.value.message.endswith(".")
    return type(caught.value)


class TestText:
    def test_runs_are_parted_at_the_span_and_keep_their_looks(self) -> None:
        data = build(f"<w:p>{run('abc', '<w:b/>')}{run('def', '<w:i/>')}</w:p>")
        made = xml(revised(data, a_revision(at(0, 2, 4), "X")).data).replace(' xml:space="preserve"', "")
        bold, italic = "<w:r><w:rPr><w:b/></w:rPr>", "<w:r><w:rPr><w:i/></w:rPr>"
        assert (
            f'{bold}<w:t>ab</w:t></w:r><w:del w:id="1" {STAMP}>{bold}<w:delText>c</w:delText></w:r>'
            f'{italic}<w:delText>d</w:delText></w:r></w:del>'
            f'<w:ins w:id="2" {STAMP}>{bold}<w:t>X</w:t></w:r></w:ins>{italic}<w:t>ef</w:t></w:r>'
        ) in made

    def test_a_property_that_stands_twice_is_written_once(self) -> None:
        data = build("<w:p>" + run("abc", '<w:b/><w:b w:val="0"/><w:i/>') + "</w:p>")
        made = xml(revised(data, a_revision(at(0, 3, 3), "X")).data)
        assert '<w:r><w:rPr><w:b w:val="0"/><w:i/></w:rPr><w:t>X</w:t></w:r></w:ins>' in made

    def test_only_the_words_that_differ_change(self) -> None:
        data = build(paragraph("Audits take place once a year in each unit."))
        made = revised(data, a_revision(at(0, 0, 43), "Audits take place twice a year in each unit."))
        assert [(c.kind, c.text) for c in list_changes(made.data)] == [
            (ChangeKind.DELETION, "once "),
            (ChangeKind.INSERTION, "twice "),
        ]

    def test_breaks_and_tabs(self) -> None:
        made = revised(build(paragraph("ab")), a_revision(at(0, 1, 1), "1\t2\r\n3"))
        assert texts(made.data) == ["a1\t2\n3b"]
        assert "<w:tab/>" in xml(made.data) and "<w:br/>" in xml(made.data)

    @pytest.mark.parametrize("body", ["<w:p/>", "<w:p><w:pPr><w:rPr><w:b/></w:rPr></w:pPr></w:p>"])
    def test_where_nothing_stands(self, body: str) -> None:
        made = revised(build(body), a_revision(at(0, 0, 0), "new", comment="why"))
        assert texts(made.data) == ["new"]
        assert xml(made.data).count("<w:b/>") == 2 * body.count("<w:b/>")

    def test_several_at_one_paragraph(self) -> None:
        data = build(paragraph("one two ", "three"))
        places = [at(0, 0, 3), at(0, 3, 3), at(0, 4, 7), at(0, 13, 13)]
        wanted = [a_revision(place, f"<{n}>", id=str(n), comment="c") for n, place in enumerate(places)]
        made = revised(data, *wanted)
        assert [item.id for item in made.written] == ["0", "1", "2", "3"]
        assert texts(accept(made.data).data) == ["<0><1> <2> three<3>"]

    def test_text_in_a_link_stays_in_it_and_text_behind_it_does_not(self) -> None:
        link = f'<w:hyperlink w:anchor="b">{run("link")}</w:hyperlink>'
        made = revised(build(f"<w:p>{run('a ')}{link}</w:p>"), a_revision(at(0, 2, 6), "LINK"))
        assert "LINK</w:t></w:r></w:ins></w:hyperlink>" in xml(made.data)
        made = revised(build(f"<w:p>{link}</w:p>"), a_revision(at(0, 4, 4), "!"))
        assert "</w:hyperlink><w:ins" in xml(made.data)

    def test_words_of_long_texts_are_not_compared(self) -> None:
        assert edits("a " * 600, "a " * 599, 7) == [Edit(7, 1207, "a " * 599)]
        assert edits("a b c", "a x c", 7) == [Edit(9, 11, "x ")]


class TestParagraphs:
    def test_inserted_before_another_its_own_mark_is_tracked(self) -> None:
        data = build(paragraph("one", properties='<w:jc w:val="center"/>') + paragraph("two"))
        made = revised(data, a_revision(at(0, 0, 0), "new", Act.INSERT_AFTER))
        assert f'<w:pPr><w:jc w:val="center"/><w:rPr><w:ins w:id="2" {STAMP}/></w:rPr></w:pPr><w:ins' in xml(made.data)

    @pytest.mark.parametrize("body", [paragraph("one"), table(["one"]), table([""])])
    def test_inserted_as_the_last(self, body: str) -> None:
        made = revised(build(body), a_revision(at(0, 0, 0), "new", Act.INSERT_AFTER, "why"))
        assert texts(made.data)[-1] == "new"

    def test_inserted_before_the_end_of_a_section(self) -> None:
        section = '<w:sectPr><w:pgSz w:w="100" w:h="100"/></w:sectPr>'
        data = build(paragraph("one", properties=section) + paragraph("two"))
        made = xml(revised(data, a_revision(at(0, 0, 0), "new", Act.INSERT_AFTER)).data)
        assert made.count("<w:sectPr>") == 1
        assert made.index("one") < made.index("<w:sectPr>") < made.index("new")

    def test_what_follows_a_heading_is_none(self) -> None:
        styles = (
            '<w:style w:type="paragraph" w:styleId="H"><w:name w:val="heading 1"/><w:next w:val="Body"/></w:style>'
            '<w:style w:type="paragraph" w:styleId="Body"><w:name w:val="Body"/></w:style>'
        )
        data = build(paragraph("Scope", properties='<w:pStyle w:val="H"/>') + paragraph("two"), styles=styles)
        made = revised(data, a_revision(at(0, 0, 0), "new", Act.INSERT_AFTER))
        assert xml(made.data).count('<w:pStyle w:val="H"/>') == 1
        assert '<w:pStyle w:val="Body"/>' in xml(made.data)

    def test_several_stand_in_their_order(self) -> None:
        wanted = [a_revision(at(0, 0, 0), text, Act.INSERT_AFTER, id=text) for text in "xyz"]
        assert texts(revised(build(paragraph("one")), *wanted).data) == ["one", "x", "y", "z"]

    @pytest.mark.parametrize("body", [paragraph("one") + paragraph("two"), table(["one"])])
    def test_of_several_one_is_decided_apart(self, body: str) -> None:
        wanted = [a_revision(at(0, 0, 0), text, Act.INSERT_AFTER, id=text) for text in "xy"]
        made = revised(build(body), *wanted)
        for undone, left in zip(made.written, "yx", strict=True):
            assert texts(accept(reject(made.data, undone.changes).data).data)[:2] == ["one", left]

    @pytest.mark.parametrize("text", ["gone", ""])
    def test_deleted(self, text: str) -> None:
        data = build(paragraph(text) + paragraph("two"))
        made = revised(data, a_revision(at(0, 0, 0), "", Act.DELETE, "why"))
        done = accept(made.data).data
        assert texts(done) == ["two"]
        assert "comment" not in xml(done)


class TestComments:
    def test_the_part_is_made(self) -> None:
        made = revised(build(paragraph("old")), a_revision(at(0, 0, 3), "new", comment="ISO 9001\n7.5"))
        package = Package.open(made.data)
        assert package.related(DOCUMENT, "comments") == "word/comments.xml"
        assert package.content_type("word/comments.xml").endswith("comments+xml")
        number = made.written[0].comment
        assert f'<w:comment w:id="{number}" {STAMP} w:initials="DNA">' in xml(made.data, "word/comments.xml")
        assert f'<w:commentRangeStart w:id="{number}"/><w:del ' in xml(made.data)
        assert f'</w:ins><w:commentRangeEnd w:id="{number}"/><w:r><w:commentReference w:id="{number}"/></w:r>' in xml(
            made.data
        )

    def test_others_comments_stay(self) -> None:
        theirs = (
            f'<w:comments {DECLARED}><w:comment w:id="5" w:author="Bob"><w:p>{run("hm")}</w:p></w:comment></w:comments>'
        )
        body = (
            f'<w:p><w:commentRangeStart w:id="5"/>{run("old")}<w:commentRangeEnd w:id="5"/>'
            '<w:r><w:commentReference w:id="5"/></w:r></w:p>'
        )
        extra = {"word/comments.xml": theirs}
        data = build(body, extra=extra, main_relationships=[("comments", "word/comments.xml")])
        made = revised(data, a_revision(at(0, 0, 3), "new", comment="why"))
        assert made.written[0].comment is not None and made.written[0].comment > 5
        done = accept(made.data).data
        assert "hm" in xml(done, "word/comments.xml") and "why" not in xml(done, "word/comments.xml")
        assert xml(done).count('w:id="5"') == 3

    def test_one_goes_with_the_last_of_its_changes(self) -> None:
        made = revised(build(paragraph("old")), a_revision(at(0, 0, 3), "new", comment="why"))
        first, second = made.written[0].changes
        half = accept(made.data, [first]).data
        assert "commentReference" in xml(half)
        assert "commentReference" not in xml(reject(half, [second]).data)

    def test_in_a_header_there_is_none(self) -> None:
        data = build(paragraph("x"), headers=[paragraph("old")])
        made = revised(data, a_revision(at(0, 0, 3, HEADER), "new", comment="why"))
        assert made.written[0].note == IN_HEADER
        assert "word/comments.xml" not in Package.open(made.data).names

    def test_in_a_text_box_it_stands_at_the_box_and_both_versions_change(self) -> None:
        data = build(BOX.format(paragraph("old")))
        made = revised(data, a_revision(at(1, 0, 3), "new", comment="why"))
        assert made.written[0].note == IN_BOX
        assert len(made.written[0].changes) == 4
        assert xml(accept(made.data).data).count(">new<") == 2
        assert xml(made.data).index("commentRangeEnd") > xml(made.data).index("</mc:AlternateContent>")


CHANGED = '<w:{0} w:id="3" w:author="Bob"><w:r><w:{1}>theirs</w:{1}></w:r></w:{0}>'
FORMATTED = '<w:rPrChange w:id="2" w:author="x"><w:rPr/></w:rPrChange>'
LOCK = '<w:lock w:val="sdtContentLocked"/>'
FIELD = begin() + code("PAGE") + SEPARATE + run("12") + END


class TestRefusals:
    @pytest.mark.parametrize(
        ("body", "start", "end", "error"),
        [
            (f"<w:p>{run('ab')}{CHANGED.format('ins', 't')}</w:p>", 1, 4, errors.TouchesChange),
            (f"<w:p>{run('ab')}{CHANGED.format('ins', 't')}</w:p>", 4, 4, errors.TouchesChange),
            (f"<w:p>{run('a')}{CHANGED.format('del', 'delText')}{run('b')}</w:p>", 0, 2, errors.TouchesChange),
            (f"<w:p>{run('ab', FORMATTED)}</w:p>", 0, 1, errors.TouchesChange),
            (f"<w:p>{run('a')}{FIELD}</w:p>", 0, 2, errors.TouchesField),
            (f"<w:p>{run('a')}{FIELD}</w:p>", 2, 2, errors.TouchesField),
            (f'<w:p><w:fldSimple w:instr="PAGE">{run("12")}</w:fldSimple></w:p>', 0, 1, errors.TouchesField),
            (f"<w:p>{begin()}{code('TOC')}{SEPARATE}</w:p><w:p>{run('1')}</w:p><w:p>{END}</w:p>", 0, 0, None),
            (f"<w:p>{run('a')}{CONTROL.format('<w:text/>', run('bc'))}</w:p>", 0, 2, errors.TouchesControl),
            (f"<w:p>{CONTROL.format(DAY, run('bc'))}</w:p>", 0, 2, errors.TouchesControl),
            (f"<w:p>{CONTROL.format(LOCK, run('bc'))}</w:p>", 0, 1, errors.LockedText),
            (CONTROL.format("<w:group/>", paragraph("bc")), 0, 1, errors.LockedText),
            (paragraph("a"), 0, 5, errors.NoSuchPlace),
            (paragraph("x"), 0, 1, errors.NothingToChange),
            ("<w:p><w:r><w:ruby><w:rt>" + run("a") + "</w:rt></w:ruby></w:r></w:p>", 0, 1, errors.TouchesObject),
        ],
    )
    def test_of_a_span(self, body: str, start: int, end: int, error: type[errors.ReviseError] | None) -> None:
        p = 0 if error is not None else 1
        assert refusal(body, a_revision(at(p, start, end), "x")) is (error or errors.TouchesField)

    @pytest.mark.parametrize(
        ("body", "act", "error"),
        [
            (paragraph("last"), Act.DELETE, errors.ParagraphNeeded),
            (paragraph("a") + table(["b"]), Act.DELETE, errors.ParagraphNeeded),
            (f"<w:p>{run('a')}{FIELD}</w:p>" + paragraph("b"), Act.DELETE, errors.TouchesField),
            ('<w:p><w:r><w:footnoteReference w:id="1"/></w:r></w:p>' + paragraph("b"), Act.DELETE,
             errors.TouchesObject),
            (f"<w:p>{begin()}{code('TOC')}{SEPARATE}</w:p><w:p>{END}</w:p>", Act.INSERT_AFTER, errors.TouchesField),
            ('<w:p><w:pPr><w:rPr><w:del w:id="1" w:author="x"/></w:rPr></w:pPr></w:p>', Act.INSERT_AFTER,
             errors.TouchesChange),
            (f'<w:tbl><w:tr><w:trPr><w:ins w:id="1" w:author="x"/></w:trPr>{cell(paragraph("a"))}</w:tr></w:tbl>',
             Act.INSERT_AFTER, errors.TouchesChange),
            (CONTROL.format("<w:text/>", paragraph("a")), Act.INSERT_AFTER, errors.TouchesControl),
        ],
    )
    def test_of_a_paragraph(self, body: str, act: Act, error: type[errors.ReviseError]) -> None:
        assert refusal(body, a_revision(at(0, 0, 0), "" if act is Act.DELETE else "new", act)) is error

    def test_of_overlaps(self) -> None:
        data = build(paragraph("abcdef") + paragraph("x"))
        for one, other in (((0, 3), (2, 4)), ((0, 3), (1, 1))):
            with pytest.raises(errors.OverlappingRevisions) as caught:
                revise(data, [a_revision(at(0, *one), "x", id="a"), a_revision(at(0, *other), "y", id="b")])
            assert caught.value.revision == "b"
        with pytest.raises(errors.OverlappingRevisions):
            revise(data, [a_revision(at(0, 0, 1), "x"), a_revision(at(0, 0, 0), "", Act.DELETE)])

    @pytest.mark.parametrize(
        "revision",
        [
            Revision("r", at(0, 0, 1), "\x01", "Ann", WHEN),
            Revision("r", at(0, 0, 1), "x", " ", WHEN),
            Revision("r", at(0, 0, 1), "x", "Ann", WHEN.replace(tzinfo=None)),
            Revision("r", at(0, 0, 1), "x", "Ann", WHEN, act=Act.DELETE),
        ],
    )
    def test_of_what_no_file_can_hold(self, revision: Revision) -> None:
        assert refusal(paragraph("a") + paragraph("b"), revision) is errors.BadRevision

    def test_a_protected_document_is_told(self) -> None:
        settings = f'<w:settings {DECLARED}><w:documentProtection w:edit="readOnly" w:enforcement="1"/></w:settings>'
        data = build(paragraph("a"), extra={"word/settings.xml": settings},
                     main_relationships=[("settings", "word/settings.xml")])
        assert revised(data, a_revision(at(0, 0, 1), "x")).notes == (PROTECTED,)


class TestDecisions:
    OTHERS = (
        f"<w:p>{run('a')}{CHANGED.format('ins', 't')}{CHANGED.format('del', 'delText')}"
        '<w:moveFrom w:id="8" w:author="x"><w:r><w:t>moved</w:t></w:r></w:moveFrom></w:p>'
    )

    def test_changes_of_others(self) -> None:
        data = build(self.OTHERS)
        assert [(c.kind.value, c.author, c.text) for c in list_changes(data)] == [
            ("insertion", "Bob", "theirs"), ("deletion", "Bob", "theirs")]
        done = accept(data)
        assert (texts(done.data), done.decided, done.left) == (["atheirs"], 2, 1)
        assert "delText" not in xml(done.data)
        assert xml(reject(data).data).count("<w:t>theirs</w:t>") == 1

    def test_ours_leave_theirs_alone(self) -> None:
        data = build(self.OTHERS + paragraph("mine"))
        made = revised(data, a_revision(at(1, 0, 4), "ours"))
        assert min(made.written[0].changes) > 8

    def test_an_insertion_with_a_deletion_inside(self) -> None:
        inside = f'<w:ins w:id="1" w:author="x">{run("a")}{CHANGED.format("del", "delText")}</w:ins>'
        data = build(f"<w:p>{inside}</w:p>")
        assert texts(accept(data).data) == ["a"]
        assert texts(accept(reject(data, [3]).data).data) == ["atheirs"]
        assert texts(reject(data).data) == [""]

    def test_a_paragraph_before_a_table(self) -> None:
        mark = '<w:p><w:pPr><w:rPr><w:ins w:id="1" w:author="x"/></w:rPr></w:pPr></w:p>'
        assert texts(reject(build(mark + table(["a"]))).data) == ["a"]
        assert texts(reject(build(table(["a"]) + mark + table(["b"]))).data) == ["a", "", "b"]

    @pytest.mark.parametrize("ids", [[4], [99]])
    def test_of_none_that_is_there(self, ids: list[int]) -> None:
        with pytest.raises(errors.NoSuchChange):
            accept(build(paragraph("a")), ids)

    def test_nothing_to_decide_gives_the_same_bytes(self) -> None:
        data = build(paragraph("a"))
        assert accept(data).data == reject(data, []).data == data
        assert WHEN.astimezone(UTC).hour == 3
