"""Word files made from the XML of their body: small, complete, the same bytes each time."""

from __future__ import annotations

import io
import posixpath
import zipfile
from collections.abc import Mapping, Sequence

W = "http://schemas.openxmlformats.org/wordprocessingml/2006/main"
OFFICE = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
NAMESPACES = {
    "w": W,
    "r": OFFICE,
    "mc": "http://schemas.openxmlformats.org/markup-compatibility/2006",
    "w14": "http://schemas.microsoft.com/office/word/2010/wordml",
    "w15": "http://schemas.microsoft.com/office/word/2012/wordml",
    "wp": "http://schemas.openxmlformats.org/drawingml/2006/wordprocessingDrawing",
    "wps": "http://schemas.microsoft.com/office/word/2010/wordprocessingShape",
    "a": "http://schemas.openxmlformats.org/drawingml/2006/main",
    "pic": "http://schemas.openxmlformats.org/drawingml/2006/picture",
    "v": "urn:schemas-microsoft-com:vml",
}
DECLARED = " ".join(f'xmlns:{prefix}="{name}"' for prefix, name in NAMESPACES.items()) + ' mc:Ignorable="w14 w15"'
HEAD = '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n'
MAIN_TYPE = "application/vnd.openxmlformats-officedocument.wordprocessingml.document.main+xml"
PART_TYPE = "application/vnd.openxmlformats-officedocument.wordprocessingml.{}+xml"
RELATIONSHIPS = "http://schemas.openxmlformats.org/package/2006/relationships"
DATE = (2020, 2, 20, 20, 20, 20)
ROOTS = {"header": "hdr", "footer": "ftr"}


def build(
    body_xml: str,
    *,
    headers: Sequence[str] = (),
    footers: Sequence[str] = (),
    styles: str = "",
    numbering: str = "",
    extra: Mapping[str, str | bytes] | None = None,
    main: str = "word/document.xml",
    main_relationships: Sequence[tuple[str, str]] = (),
    package_relationships: Sequence[tuple[str, str]] = (),
) -> bytes:
    """A .docx: ``body_xml`` inside w:body; headers, footers, styles and numbering the insides of their roots.

    ``extra`` are further parts by name (their own root and all); the relationships to them are given apart as
    (kind, absolute part name).
    """
    folder = posixpath.dirname(main)
    parts: dict[str, str | bytes] = {main: f"{HEAD}<w:document {DECLARED}><w:body>{body_xml}</w:body></w:document>"}
    related = list(main_relationships)
    types = {main: MAIN_TYPE}
    for kind, insides in (
        ("header", headers),
        ("footer", footers),
        ("styles", [styles] if styles else []),
        ("numbering", [numbering] if numbering else []),
    ):
        for number, inside in enumerate(insides, 1):
            name = posixpath.join(folder, f"{kind}{number if kind in ROOTS else ''}.xml")
            root = ROOTS.get(kind, kind)
            parts[name] = f"{HEAD}<w:{root} {DECLARED}>{inside}</w:{root}>"
            types[name] = PART_TYPE.format(kind)
            related.append((kind, name))
    parts.update(extra or {})
    index = {
        "[Content_Types].xml": _content_types(types),
        "_rels/.rels": _relationships([("officeDocument", main), *package_relationships]),
        posixpath.join(folder, "_rels", posixpath.basename(main) + ".rels"): _relationships(related),
    }
    return zipped({**index, **parts})


def zipped(parts: Mapping[str, str | bytes]) -> bytes:
    """A zip of these parts in their order."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as package:
        for name, data in parts.items():
            info = zipfile.ZipInfo(name, DATE)
            info.compress_type = zipfile.ZIP_DEFLATED
            package.writestr(info, data)
    return out.getvalue()


def _content_types(types: Mapping[str, str]) -> str:
    overrides = "".join(f'<Override PartName="/{name}" ContentType="{kind}"/>' for name, kind in types.items())
    return (
        f'{HEAD}<Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types">'
        '<Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/>'
        f'<Default Extension="xml" ContentType="application/xml"/>{overrides}</Types>'
    )


def _relationships(related: Sequence[tuple[str, str]]) -> str:
    lines = "".join(
        f'<Relationship Id="rId{number}" Type="{OFFICE}/{kind}" Target="/{target}"/>'
        for number, (kind, target) in enumerate(related, 1)
    )
    return f'{HEAD}<Relationships xmlns="{RELATIONSHIPS}">{lines}</Relationships>'


def paragraph(*runs: str, properties: str = "") -> str:
    """A w:p with a run of plain text for each string."""
    own = f"<w:pPr>{properties}</w:pPr>" if properties else ""
    return f"<w:p>{own}{''.join(run(text) for text in runs)}</w:p>"


def run(text: str, properties: str = "") -> str:
    own = f"<w:rPr>{properties}</w:rPr>" if properties else ""
    escaped = text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
    return f'<w:r>{own}<w:t xml:space="preserve">{escaped}</w:t></w:r>'


def table(*rows: Sequence[str]) -> str:
    """A w:tbl; each cell is the text of its one paragraph."""
    lines = "".join(
        f"<w:tr>{''.join(cell(paragraph(text) if text else '<w:p/>') for text in row)}</w:tr>" for row in rows
    )
    grid = "".join('<w:gridCol w:w="2000"/>' for _ in rows[0])
    return f"<w:tbl><w:tblPr/><w:tblGrid>{grid}</w:tblGrid>{lines}</w:tbl>"


def cell(inside: str, properties: str = "") -> str:
    return f"<w:tc><w:tcPr>{properties}</w:tcPr>{inside}</w:tc>"
