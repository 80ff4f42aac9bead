"""One realistic template made by our own code: what a new installation has to try out, and the tests to work on.

A supplier assessment as a quality manager would write it: brackets, labels with blanks, empty cells beside labels,
boxes, content controls, a record table, and a token in the page header. The same bytes every time.
"""

from __future__ import annotations

import io
import zipfile
import zlib
from datetime import UTC, datetime
from typing import Any

from docx import Document as new_document
from docx.enum.text import WD_TAB_ALIGNMENT
from docx.oxml import parse_xml
from docx.oxml.ns import nsdecls
from docx.shared import Cm, Pt

SAMPLE_FILENAME = "supplier-assessment.docx"
SAMPLE_NAME = "Supplier assessment (sample)"
SAMPLE_STANDARD = "iso-9001-2015"
_W14 = "http://schemas.microsoft.com/office/word/2010/wordml"
_MADE_AT = datetime(2026, 1, 5, 9, 0, tzinfo=UTC)


def sample_template() -> bytes:
    document = new_document()
    _set_properties(document)
    _write_page_header(document)
    _write_control(document)
    _write_supplier(document)
    _write_assessment(document)
    _write_decision(document)
    made = io.BytesIO()
    document.save(made)
    return _with_fixed_times(made.getvalue())


def _set_properties(document: Any) -> None:
    about = document.core_properties
    about.title, about.author, about.subject = "Supplier assessment", "DNA", "ISO 9001:2015, clause 8.4"
    about.last_modified_by, about.comments, about.revision = "DNA", "", 1
    about.created = about.modified = _MADE_AT.replace(tzinfo=None)
    style = document.styles["Normal"]
    style.font.name, style.font.size = "Calibri", Pt(11)


def _write_page_header(document: Any) -> None:
    section = document.sections[0]
    section.left_margin = section.right_margin = Cm(2.2)
    line = section.header.paragraphs[0]
    line.text = "[Company name]\tSupplier assessment"
    line.paragraph_format.tab_stops.add_tab_stop(Cm(16.5), WD_TAB_ALIGNMENT.RIGHT)
    section.footer.paragraphs[0].text = "Form QF-08-04, kept for five years"


def _write_control(document: Any) -> None:
    document.add_paragraph("Supplier assessment", style="Title")
    document.add_paragraph(
        "This form records how [Company name] assesses a supplier before the first order and once a year after that "
        "(ISO 9001:2015, clause 8.4)."
    )
    document.add_heading("Document control", 1)
    _write_table(
        document,
        [("Document number", ""), ("Version", ""), ("Date of issue", ""), ("Prepared by", ""), ("Approved by", "")],
    )


def _write_supplier(document: Any) -> None:
    document.add_heading("The supplier", 1)
    document.add_heading("Contact", 2)
    for label in ("Name of the supplier", "Address", "Contact person", "E-mail"):
        document.add_paragraph(f"{label}: ______________________________")
    document.add_heading("What is supplied", 2)
    document.add_paragraph("[Describe the products or services]")
    document.add_paragraph("Kind of supply:  ☐ Material   ☐ Service   ☐ Software")
    _add_date_control(document, "Supplier since: ", "Supplier since")


def _write_assessment(document: Any) -> None:
    document.add_heading("Assessment", 1)
    document.add_heading("Criteria", 2)
    _add_choice_control(document, "Risk if this supplier fails: ", "Risk", ["Low", "Medium", "High"])
    document.add_paragraph("Number of deliveries last year: ________")
    document.add_paragraph("Evidence seen (tick all that apply):")
    for evidence in ("Certificate of the quality management system", "Report of a visit on site", "References"):
        document.add_paragraph(f"☐ {evidence}")
    document.add_heading("Findings", 2)
    table = document.add_table(rows=4, cols=4, style="Table Grid")
    for cell, text in zip(table.rows[0].cells, ("No.", "Finding", "Due date", "Responsible"), strict=True):
        cell.paragraphs[0].add_run(text).bold = True
    table.rows[0]._tr.get_or_add_trPr().append(parse_xml(f"<w:tblHeader {nsdecls('w')}/>"))


def _write_decision(document: Any) -> None:
    document.add_heading("Decision", 1)
    document.add_paragraph("Remarks: [Remarks]")
    document.add_paragraph("Decision:  ☐ Approved   ☐ Approved with conditions   ☐ Rejected")
    document.add_paragraph("Next assessment due: [Date]")
    _add_box_control(document, "The supplier was told the result")
    document.add_paragraph("Signature: ______________________________")


def _write_table(document: Any, rows: list[tuple[str, str]]) -> None:
    """Labels on the left, places to write on the right."""
    table = document.add_table(rows=0, cols=2, style="Table Grid")
    for label, value in rows:
        left, right = table.add_row().cells
        left.paragraphs[0].add_run(label).bold = True
        right.text = value


def _add_date_control(document: Any, text: str, alias: str) -> None:
    kind = '<w:date><w:dateFormat w:val="d MMMM yyyy"/><w:lid w:val="en-GB"/><w:calendar w:val="gregorian"/></w:date>'
    _add_control(document.add_paragraph(text), alias, kind, "Choose a date.")


def _add_choice_control(document: Any, text: str, alias: str, options: list[str]) -> None:
    items = "".join(f'<w:listItem w:displayText="{one}" w:value="{one.lower()}"/>' for one in options)
    _add_control(document.add_paragraph(text), alias, f"<w:dropDownList>{items}</w:dropDownList>", "Choose an item.")


def _add_box_control(document: Any, text: str) -> None:
    kind = f'<w14:checkbox xmlns:w14="{_W14}"><w14:checked w14:val="0"/></w14:checkbox>'
    paragraph = document.add_paragraph()
    _add_control(paragraph, text, kind, "☐", placeholder=False)
    paragraph.add_run(f" {text}")


def _add_control(paragraph: Any, alias: str, kind: str, content: str, *, placeholder: bool = True) -> None:
    """A content control at the end of the paragraph; its id follows from its name."""
    number = 1_000_000 + zlib.crc32(alias.encode()) % 1_000_000
    state = "<w:showingPlcHdr/>" if placeholder else ""
    paragraph._p.append(
        parse_xml(
            f'<w:sdt {nsdecls("w")}><w:sdtPr><w:alias w:val="{alias}"/><w:tag w:val="{_tag(alias)}"/>'
            f'<w:id w:val="{number}"/>{state}{kind}</w:sdtPr>'
            f"<w:sdtContent><w:r><w:t>{content}</w:t></w:r></w:sdtContent></w:sdt>"
        )
    )


def _tag(alias: str) -> str:
    return "_".join(alias.lower().split())[:60]


def _with_fixed_times(data: bytes) -> bytes:
    """The same package with the same time on every part, whenever it was made."""
    made = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(data)) as old, zipfile.ZipFile(made, "w", zipfile.ZIP_DEFLATED) as new:
        for name in old.namelist():
            entry = zipfile.ZipInfo(name, _MADE_AT.timetuple()[:6])
            entry.compress_type = zipfile.ZIP_DEFLATED
            new.writestr(entry, old.read(name))
    return made.getvalue()
