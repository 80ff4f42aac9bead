from __future__ import annotations

import json
import random
import subprocess
import sys
import time
from pathlib import Path

from templates_app.docx.model import FieldType
from templates_app.docx.parse import parse

from .build import build, paragraph
from .understanding import fields_of, grid

HEADING = '<w:style w:type="paragraph" w:styleId="H1"><w:name w:val="heading 1"/></w:style>'


def test_a_whole_form() -> None:
    body = (
        paragraph("Applicant", properties='<w:pStyle w:val="H1"/>')
        + grid(["Full name", ""], ["Date of birth", ""])
        + paragraph("Project", properties='<w:pStyle w:val="H1"/>')
        + paragraph("The [PROJECT TITLE] starts on MM/DD/YYYY.")
        + paragraph("Funded before?  ☐ Yes  ☐ No")
        + paragraph("Signature: ____________")
    )
    found = parse(build(body, styles=HEADING, headers=[paragraph("[PROJECT TITLE]")]))
    assert [(f.key, f.type, f.section, len(f.anchors)) for f in found.fields] == [
        ("full_name", FieldType.PERSON, 0, 1),
        ("date_of_birth", FieldType.DATE, 0, 1),
        ("project_title", FieldType.TEXT, 1, 2),
        ("starts_on", FieldType.DATE, 1, 1),
        ("funded_before", FieldType.CHOICE, 1, 2),
        ("signature", FieldType.SIGNATURE, 1, 1),
    ]
    assert [s.heading for s in found.outline.sections] == ["Applicant", "Project"]


def test_a_plain_text_has_no_fields() -> None:
    text = (
        "The committee met on 3 May 2020 [1] and agreed: costs rise by 5 % (see section 4.2), though x < y and y > z."
    )
    assert fields_of(paragraph(text) * 3 + grid(["Item", "Price"], ["Pen", "2 €"])) == []


def test_wide_and_long_tables_are_read_in_time() -> None:
    noise = random.Random(7)  # text that does not pack too well
    body = grid(*(["", noise.randbytes(30).hex(), "", f"[a{n}]", "☐"] for n in range(3000)))
    began = time.process_time()
    fields_of(body)
    assert time.process_time() - began < 8


def test_the_labelled_templates_stay_understood(corpus: Path, tmp_path: Path) -> None:
    for label in sorted((corpus / "labels").glob("*.json")):
        found = parse((corpus / "templates" / f"{label.stem}.docx").read_bytes())
        fields = [
            {
                "key": f.key,
                "label": f.label,
                "type": f.type,
                "anchors": [{"part": a.part, "p": a.p, "start": a.start, "end": a.end} for a in f.anchors],
            }
            for f in found.fields
        ]
        sections = [{"part": s.part, "p": s.p, "level": s.level} for s in found.outline.sections]
        (tmp_path / label.name).write_text(json.dumps({"fields": fields, "sections": sections}))
    command = [sys.executable, str(corpus / "score_parse.py"), str(corpus / "labels"), str(tmp_path)]
    out = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    assert float(out.split("mean F1 over templates ")[1].split()[0]) >= 0.95, out
