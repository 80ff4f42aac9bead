"""Document type and standards of a template as its words tell them. What was set by hand (``templates``) stays."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import PurePath

from templates_app.docx.model import Outline, Parse
from templates_app.models import Template
from templates_app.standards.recognition import Evidence, first_lines, header_lines, recognise, within_limit

_HEADER = re.compile(r"/header\d*\.xml$")


def classify(template: Template, parse: Parse) -> list[str]:
    """Set what its words speak for, without saving; the names of the columns changed."""
    found = recognise(_evidence(template, parse))
    template.recognition = {"type_score": found.type_score, "standards": found.standards}
    changed = ["recognition"]
    if not template.document_type_by_hand:
        template.document_type = found.document_type
        changed.append("document_type")
    if not template.standards_by_hand:
        template.standards = list(found.standards)
        changed.append("standards")
    return changed


def _lines_of_front(outline: Outline, main: str) -> Iterator[str]:
    """Without headings, which name sections, unless one is the first line: that is the title."""
    heads = {(one.part, one.p) for one in outline.sections}
    texts = (one for one in outline.paragraphs if one.part == main and not one.in_toc and one.text.strip())
    for ordinal, one in enumerate(texts):
        if ordinal == 0 or (one.part, one.p) not in heads:
            yield one.text


def _evidence(template: Template, parse: Parse) -> Evidence:
    outline = parse.outline
    main = outline.paragraphs[0].part if outline.paragraphs else ""
    lines, following = first_lines(_lines_of_front(outline, main))
    headers = header_lines(one.text for one in outline.paragraphs if _HEADER.search(one.part))
    file_name = PurePath(template.file.filename).stem.replace("_", " ").replace("-", " ")
    labels = [field.label for field in parse.fields]
    columns = [column.label for field in parse.fields for column in field.columns]
    return Evidence(
        titles=(template.name, outline.title, file_name, *lines),
        headings=tuple(section.heading for section in outline.sections),
        labels=(*labels, *columns),
        texts=within_limit(paragraph.text for paragraph in outline.paragraphs),
        fronts=tuple(following),
        headers=tuple(headers),
    )
