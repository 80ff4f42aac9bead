"""Proposed changes decided by another program: LibreOffice comes to exactly the two texts."""

from __future__ import annotations

import pytest

from bench.revise import proposed_texts, texts_of
from templates_app.docx.revise import revise
from templates_app.docx.revisions import Act, Revision

from .build import build, cell, paragraph, run
from .libreoffice import LibreOffice
from .reading import DOCUMENT, at
from .test_revise import HEADER, a_revision

LINK = f'<w:hyperlink w:anchor="b">{run("a link")}</w:hyperlink>'
ROW = f"<w:tbl><w:tblPr/><w:tblGrid><w:gridCol w:w='2000'/></w:tblGrid><w:tr>{cell(paragraph('cell'))}</w:tr></w:tbl>"
BODY = (
    paragraph("The quick ", "brown fox jumps", " over the dog")  # 0
    + paragraph("goes as a whole")  # 1
    + f"<w:p>{run('text with ', '<w:b/>')}{LINK}{run(' in it')}</w:p>"  # 2
    + paragraph("stays")  # 3
    + ROW  # 4
    + paragraph("")  # 5
    + paragraph("last")  # 6
)
REVISIONS = [
    a_revision(at(0, 4, 19), "slow grey fox", comment="ISO 9001, 7.5.1: say which", id="replace"),
    a_revision(at(0, 38, 38), " again", comment="more", id="append"),
    a_revision(at(0, 0, 0), "Behind an insertion.", Act.INSERT_AFTER, "new", id="behind_insertion"),
    a_revision(at(1, 0, 0), "", Act.DELETE, "gone", id="delete"),
    a_revision(at(2, 5, 12), "by\ta\nlink", comment="x", id="into_link"),
    a_revision(at(3, 0, 0), "Before a table.", Act.INSERT_AFTER, "new", id="before_table"),
    a_revision(at(4, 0, 4), "", comment="empty", id="empty_cell"),
    a_revision(at(4, 0, 0), "Last of its cell.", Act.INSERT_AFTER, id="in_cell"),
    a_revision(at(5, 0, 0), "Where nothing stood", comment="x", id="into_empty"),
    a_revision(at(6, 0, 0), "One more.", Act.INSERT_AFTER, "new", id="one"),
    a_revision(at(6, 0, 0), "And another.", Act.INSERT_AFTER, "new", id="another"),
    a_revision(at(0, 0, 4, HEADER), "HEAD", comment="unsaid", id="header"),
]


@pytest.fixture(scope="module")
def libreoffice(tmp_path_factory: pytest.TempPathFactory) -> LibreOffice:
    return LibreOffice(tmp_path_factory.mktemp("libreoffice"))


def stories(data: bytes) -> list[list[str]]:
    """LibreOffice names the parts of headers anew, and writes a reference to each it kept."""
    return [lines for part, lines in texts_of(data).items() if part == DOCUMENT or any(lines)]


@pytest.mark.parametrize("chosen", [REVISIONS, REVISIONS[::2], REVISIONS[1::2]], ids=["all", "even", "odd"])
def test_accept_all_and_reject_all_give_the_two_texts(libreoffice: LibreOffice, chosen: list[Revision]) -> None:
    section = '<w:sectPr><w:headerReference w:type="default" r:id="rId1"/></w:sectPr>'
    data = build(BODY + section, headers=[paragraph("head")])
    made = revise(data, chosen).data
    assert stories(libreoffice.decide(made, "Reject")) == list(texts_of(data).values())
    assert stories(libreoffice.decide(made, "Accept")) == list(proposed_texts(data, chosen).values())
