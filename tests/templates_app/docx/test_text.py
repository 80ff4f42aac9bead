"""Addresses: the rules of ``model.Anchor``, one by one."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from templates_app.docx.package import W_STRICT, Package
from templates_app.docx.text import iter_paragraphs, namespace, paragraph_text, pieces, symbol_text

from .build import W, build, paragraph, run
from .reading import texts

CHOICE = (
    '<mc:AlternateContent><mc:Choice Requires="wps"><w:drawing><wps:txbx><w:txbxContent>{}</w:txbxContent></wps:txbx>'
    "</w:drawing></mc:Choice><mc:Fallback><w:pict><v:textbox><w:txbxContent>{}</w:txbxContent></v:textbox></w:pict>"
    "</mc:Fallback></mc:AlternateContent>"
)


def text_of(inside: str) -> str:
    return texts(build(f"<w:p>{inside}</w:p>"))[0]


@pytest.mark.parametrize(
    ("inside", "text"),
    [
        (run("a") + run("b"), "ab"),
        ("<w:r><w:t>a</w:t><w:tab/><w:t>b</w:t><w:br/><w:cr/><w:ptab/></w:r>", "a\tb\n\n\t"),
        ("<w:r><w:noBreakHyphen/><w:softHyphen/></w:r>", "-"),
        ('<w:r><w:sym w:font="Wingdings" w:char="F06F"/></w:r>', "\u2610"),
        ('<w:r><w:sym w:font="Wingdings" w:char="f0fe"/></w:r>', "\u2612"),
        ('<w:r><w:sym w:font="Wingdings 2" w:char="F0A3"/></w:r>', "\u2610"),
        ('<w:r><w:sym w:font="Wingdings 2" w:char="F054"/></w:r>', "\u2612"),
        ('<w:r><w:sym w:font="Symbol" w:char="F0A3"/></w:r>', "\ufffc"),
        ('<w:r><w:sym w:font="Symbol" w:char="F0B7"/></w:r>', "\ufffc"),
        ('<w:pPr><w:tabs><w:tab w:val="left" w:pos="720"/></w:tabs></w:pPr>' + run("a"), "a"),
        ("<w:del><w:r><w:delText>old</w:delText><w:t>old</w:t></w:r></w:del><w:ins>" + run("new") + "</w:ins>", "new"),
        ("<w:moveFrom>" + run("from") + "</w:moveFrom><w:moveTo>" + run("to") + "</w:moveTo>", "to"),
        ("<w:hyperlink>" + run("link") + "</w:hyperlink><w:smartTag>" + run("tag") + "</w:smartTag>", "linktag"),
        ("<w:sdt><w:sdtPr><w:rPr/></w:sdtPr><w:sdtContent>" + run("in") + "</w:sdtContent></w:sdt>", "in"),
        ('<w:fldSimple w:instr="PAGE">' + run("7") + "</w:fldSimple>", "7"),
        ("<!-- note --><?pi x?>" + run("a"), "a"),
        (run("\U0001f9ec"), "\U0001f9ec"),
    ],
)
def test_visible_text(inside: str, text: str) -> None:
    assert text_of(inside) == text


def field(code: str, result: str) -> str:
    return (
        f'<w:r><w:fldChar w:fldCharType="begin"/></w:r><w:r>{code}</w:r>'
        f'<w:r><w:fldChar w:fldCharType="separate"/></w:r>{result}<w:r><w:fldChar w:fldCharType="end"/></w:r>'
    )


def test_field_codes_are_left_out() -> None:
    assert text_of(run("a") + field("<w:instrText>REF x</w:instrText>", run("b")) + run("c")) == "abc"


def test_results_of_fields_nested_in_a_code_are_code() -> None:
    inner = field("<w:instrText>MERGEFIELD x</w:instrText>", run("hidden"))
    outer = (
        '<w:r><w:fldChar w:fldCharType="begin"/></w:r><w:r><w:instrText>IF </w:instrText></w:r>'
        + inner
        + '<w:r><w:fldChar w:fldCharType="separate"/></w:r>'
        + run("shown")
        + '<w:r><w:fldChar w:fldCharType="end"/></w:r>'
    )
    assert text_of(outer + run("!")) == "shown!"


def test_a_field_that_ends_elsewhere_hides_nothing() -> None:
    assert text_of('<w:r><w:fldChar w:fldCharType="begin"/></w:r>' + run("text")) == "text"


def test_paragraphs_of_text_boxes_count_and_their_copies_do_not() -> None:
    box = CHOICE.format(paragraph("inner"), paragraph("copy"))
    body = f"<w:p>{run('a')}<w:r>{box}</w:r>{run('b')}</w:p>" + paragraph("after")
    assert texts(build(body)) == ["ab", "inner", "after"]


def test_pieces_cover_the_text_without_gaps() -> None:
    data = build(f"<w:p>{run('ab')}<w:r><w:tab/><w:t/></w:r>{run('c')}</w:p>")
    root = Package.open(data).xml("word/document.xml")
    w = namespace(root)
    p = next(iter_paragraphs(root, w))
    assert [(piece.start, piece.end, piece.text) for piece in pieces(p, w)] == [(0, 2, "ab"), (2, 3, "\t"), (3, 4, "c")]


def test_strict_namespace() -> None:
    document = (
        f'<w:document xmlns:w="{W_STRICT[1:-1]}"><w:body><w:p><w:r><w:t>a</w:t></w:r></w:p></w:body></w:document>'
    )
    root = Package.open(build("", extra={"word/document.xml": document})).xml("word/document.xml")
    assert namespace(root) == W_STRICT
    assert [paragraph_text(p, W_STRICT) for p in iter_paragraphs(root, W_STRICT)] == ["a"]
    assert W != W_STRICT[1:-1]


def test_a_symbol_without_code() -> None:
    assert symbol_text(None) == "\ufffc"


def test_agrees_with_the_labels_addresses(corpus: Path) -> None:
    """On every real template, paragraph by paragraph, with the module that labels were made with."""
    sys.path.insert(0, str(corpus))
    import wordtext  # type: ignore[import-not-found]

    for path in sorted((corpus / "templates").glob("*.doc?")):
        package = Package.open(path.read_bytes())
        for part in package.stories:
            root = package.xml(part)
            w = namespace(root)
            theirs = [
                wordtext._text(p, w)[0]
                for p in root.iter(w + "p")
                if not any(a.tag.endswith("}Fallback") for a in p.iterancestors())
            ]
            ours = [paragraph_text(p, w).replace("\u2612", "\ufffc") for p in iter_paragraphs(root, w)]
            assert ours == [text.replace("\u2612", "\ufffc") for text in theirs], (path, part)
