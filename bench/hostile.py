"""Hostile Word files made by code: each with what must become of it, "read" or the code of its refusal.

Where several are right, because it depends on what the limits of memory and time allow, all are listed.
``python -m bench.hostile OUT_DIR`` writes them, apart from whoever measures: making them takes more than reading.
"""

from __future__ import annotations

import io
import json
import random
import struct
import sys
import zipfile
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

from templates_app.docx.limits import LIMITS
from templates_app.sample import sample_template

W = "http://schemas.openxmlformats.org/wordprocessingml/2006/main"
R = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
PACKAGE = "http://schemas.openxmlformats.org/package/2006"
MAIN, RELS, MAIN_RELS, TYPES = "word/document.xml", "_rels/.rels", "word/_rels/document.xml.rels", "[Content_Types].xml"
CUTS = 50
READ_OR_TOO_COMPLEX = ("read", "too_complex")
NAMES = "names.json"


@dataclass(frozen=True, slots=True)
class Hostile:
    """How a file is made, and the outcomes that are right."""

    make: Callable[[], bytes]
    outcomes: tuple[str, ...]


def hostile_files(elsewhere: str = "http://127.0.0.1:9/") -> dict[str, Hostile]:
    """By name. ``elsewhere`` is an address that the files try to have fetched."""
    return {**_bombs(), **_masses(), **_lies(), **_entities(elsewhere), **_strange_words(), **_cut()}


def _cut() -> dict[str, Hostile]:
    whole = sample_template()
    cuts = [len(whole) * number // CUTS for number in range(1, CUTS + 1)]
    return {
        f"cut after {cut - 1} bytes": Hostile(lambda cut=cut: whole[: cut - 1], ("damaged_file",))  # type: ignore[misc]
        for cut in cuts
    }


def package(body: str, parts: Mapping[str, str | bytes] | None = None, links: str = "") -> bytes:
    """A Word file with this inside of w:body, further parts, further relationships of the main part."""
    return zipped({**index(links), MAIN: document(body), **(parts or {})})


def document(body: str) -> str:
    return f'<w:document xmlns:w="{W}" xmlns:r="{R}"><w:body>{body}</w:body></w:document>'


def index(links: str = "") -> dict[str, str]:
    plain = '<Default Extension="xml" ContentType="application/xml"/>'
    main = f'<Relationship Id="a" Type="{R}/officeDocument" Target="{MAIN}"/>'
    return {
        TYPES: f'<Types xmlns="{PACKAGE}/content-types">{plain}</Types>',
        RELS: f'<Relationships xmlns="{PACKAGE}/relationships">{main}</Relationships>',
        MAIN_RELS: f'<Relationships xmlns="{PACKAGE}/relationships">{links}</Relationships>',
    }


def link(number: int, kind: str, target: str, *, external: bool = False) -> str:
    mode = ' TargetMode="External"' if external else ""
    return f'<Relationship Id="x{number}" Type="{R}/{kind}" Target="{target}"{mode}/>'


def zipped(parts: Mapping[str, str | bytes]) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in parts.items():
            archive.writestr(zipfile.ZipInfo(name, (2020, 2, 20, 20, 20, 20)), data, zipfile.ZIP_DEFLATED)
    return out.getvalue()


def p(text: str) -> str:
    return f"<w:p><w:r><w:t>{text}</w:t></w:r></w:p>"


def noise(size: int) -> bytes:
    """Bytes that are not caught by their ratio."""
    return mixed("x" * 60, "y" * 60, count=size // 60).encode()


def mixed(*pieces: str, count: int) -> str:
    """So many of these pieces in no order, which packs badly enough not to be caught by its ratio.

    A long stretch is repeated: packing looks back no further than 32 kB.
    """
    chance = random.Random(7)  # noqa: S311 - the same file each time
    stretch = chance.choices(pieces, k=min(count, 50_000))
    return "".join(stretch) * (count // len(stretch)) + "".join(stretch[: count % len(stretch)])


def _bombs() -> dict[str, Hostile]:
    return {
        "bomb by ratio": Hostile(lambda: package(" " * 30_000_000), ("unsafe_file",)),
        "bomb in a part beside": Hostile(
            lambda: package(p("x"), {"customXml/i.xml": b" " * 30_000_000}), ("unsafe_file",)
        ),
        "bomb in the relationships": Hostile(
            lambda: package(p("x"), links=" " * 30_000_000), ("too_large", "unsafe_file")
        ),
        "part over 50 MB": Hostile(lambda: package(p("x"), {"customXml/i.xml": noise(51_000_000)}), ("too_large",)),
        "file over 200 MB": Hostile(
            lambda: package(p("x"), dict.fromkeys((f"customXml/i{n}.xml" for n in range(5)), noise(48_000_000))),
            ("too_large",),
        ),
        "pictures of 60 MB": Hostile(
            lambda: package(
                p("x"),
                {f"word/media/{n}.png": b"\0" * 400_000 for n in range(150)},
                "".join(link(n, "image", f"media/{n}.png") for n in range(150)),
            ),
            ("read",),
        ),
        "picture that is a bomb": Hostile(lambda: package(p("x"), {"word/media/a.png": b"\0" * 60_000_000}), ("read",)),
        "too many parts": Hostile(
            lambda: package(p("x"), {f"a/{n}": b"" for n in range(LIMITS.entries)}), ("too_large",)
        ),
    }


def _masses() -> dict[str, Hostile]:
    few = LIMITS.elements - 100
    begin = "<w:r><w:fldChar w:fldCharType='begin'/></w:r>"
    return {
        "too many elements": Hostile(lambda: package(mixed("<a/>", "<b/>", count=LIMITS.elements)), ("too_complex",)),
        "as many elements as allowed": Hostile(lambda: package(mixed("<a/>", "<b/>", count=few)), READ_OR_TOO_COMPLEX),
        "too many paragraphs": Hostile(
            lambda: package(mixed("<w:p/>", "<w:p></w:p>", count=LIMITS.paragraphs + 1)), ("too_complex",)
        ),
        "one paragraph of a million runs": Hostile(
            lambda: package(f"<w:p>{mixed('<w:r/>', '<w:r><w:t/></w:r>', count=1_000_000)}</w:p>"), READ_OR_TOO_COMPLEX
        ),
        "50,000 fields": Hostile(
            lambda: package("".join(p(f"Name {n}: [Field {n}]") for n in range(50_000))), READ_OR_TOO_COMPLEX
        ),
        "as many fields as allowed": Hostile(
            lambda: package("".join(p(f"Name {n}: [Field {n}]") for n in range(LIMITS.places - 1))), READ_OR_TOO_COMPLEX
        ),
        "50,000 blanks": Hostile(
            lambda: package("".join(p(f"Item{n} ________") for n in range(50_000))), READ_OR_TOO_COMPLEX
        ),
        "one table of 250,000 cells": Hostile(
            lambda: package(f"<w:tbl>{''.join(_row(n) for n in range(5_000))}</w:tbl>"), READ_OR_TOO_COMPLEX
        ),
        "10,000 controls": Hostile(
            lambda: package(
                "".join(
                    f"<w:sdt><w:sdtPr><w:alias w:val='c{n}'/></w:sdtPr><w:sdtContent>{p('x')}</w:sdtContent></w:sdt>"
                    for n in range(10_000)
                )
            ),
            READ_OR_TOO_COMPLEX,
        ),
        "fields that never end": Hostile(
            lambda: package(f"<w:p>{mixed(begin, begin + '<w:r/>', count=50_000)}</w:p>"), READ_OR_TOO_COMPLEX
        ),
        "deep": Hostile(lambda: package("<w:sdt>" * 10_000 + "</w:sdt>" * 10_000), ("too_complex", "unsafe_file")),
        "deep tables": Hostile(
            lambda: package("<w:tbl><w:tr><w:tc>" * 80 + p("x") + "</w:tc></w:tr></w:tbl>" * 80), READ_OR_TOO_COMPLEX
        ),
        "grid span of 64": Hostile(lambda: package(_span("64")), ("too_complex",)),
        "grid span of 200000000": Hostile(lambda: package(_span("200000000")), ("too_complex",)),
        "grid span of 63": Hostile(lambda: package(_span("63")), ("read",)),
        "styles based on each other": Hostile(
            lambda: package(p("x"), {"word/styles.xml": _styles()}, link(0, "styles", "styles.xml")), ("read",)
        ),
    }


def _row(n: int) -> str:
    return "<w:tr>" + "".join(f"<w:tc>{p(str(n * c % 7919))}</w:tc>" for c in range(50)) + "</w:tr>"


def _span(value: str) -> str:
    cell = f'<w:tc><w:tcPr><w:gridSpan w:val="{value}"/></w:tcPr>{p("x")}</w:tc>'
    return f"<w:tbl><w:tr>{cell}</w:tr></w:tbl>"


def _styles() -> str:
    chain = "".join(f'<w:style w:styleId="s{n}"><w:basedOn w:val="s{(n + 1) % 5000}"/></w:style>' for n in range(5_000))
    return f'<w:styles xmlns:w="{W}">{chain}</w:styles>'


def _strange_words() -> dict[str, Hostile]:
    """One long paragraph of what detectors look for: none of them may take more than linear time."""
    words = (
        "[",
        "]",
        "&lt;",
        "_",
        "{{",
        "____ ",
        "a:",
        "(",
        " ",
        ".",
        "☐ ",
        "$a",
        "MM/",
        "A ",
        "« ",
        "x\u200b",
        "1.",
        "…",
    )
    return {
        f"a long line of {word!r}": Hostile(lambda word=word: package(p(_long(word))), READ_OR_TOO_COMPLEX)  # type: ignore[misc]
        for word in words
    } | {name: Hostile(lambda body=body: package(body), READ_OR_TOO_COMPLEX) for name, body in _runs().items()}  # type: ignore[misc]


def _runs() -> dict[str, str]:
    """Runs of one sign after another, where a pattern may begin at each sign of the one and go through the other."""
    blanks, long = " " * 30_000, 20_000
    bound = f"<w:sdtPr><w:dataBinding w:xpath='/a/{'x-' * 20_000}!' w:storeItemID='{{1}}'/></w:sdtPr>"
    picture = f"<w:r><w:instrText>INCLUDEPICTURE {'1.1' * 20_000}</w:instrText></w:r>"
    begin, end = (f"<w:r><w:fldChar w:fldCharType='{kind}'/></w:r>" for kind in ("begin", "end"))
    return {
        "dots, then spaces": p(f"Name {'.' * 30_000}{blanks}!"),
        "spaces between lines": p(f"____{blanks}____ x"),
        "spaces behind what is chosen": p(f"Sex: male / female{blanks}"),
        "a line without end": p(f"Name {'_' * long} de x"),
        "wide spaces": p(f"氏名\u3000{chr(0x3000) * long}x"),
        "a long address of a bound value": f"<w:sdt>{bound}<w:sdtContent>{p('x')}</w:sdtContent></w:sdt>",
        "a long name of a picture": f"<w:p>{begin}{picture}{end}</w:p>",
        "crosses": f"<w:tbl>{_row_of('Xxxxxxxx ' * 5_000, '')}{_row_of('X' * long, '')}</w:tbl>",
    }


def _row_of(*cells: str) -> str:
    return f"<w:tr>{''.join(f'<w:tc>{p(cell)}</w:tc>' for cell in cells)}</w:tr>"


def _long(word: str) -> str:
    """Long stretches of the word alone and among letters, which packs badly enough not to be caught by its ratio."""
    alone = word * 30_000
    return f"{mixed(word, 'q', 'wx', count=30_000)}[Name]{alone}[Date]{mixed('q', 'wxyz', 'ab', 'n', count=30_000)}"


def _lies() -> dict[str, Hostile]:
    good = package(p("x"))
    return {
        "plain size of 0 in the directory": Hostile(
            lambda: _patched(package(" " * 30_000_000), 24, 0), ("unsafe_file",)
        ),
        "plain size of 4 GB in the directory": Hostile(lambda: _patched(good, 24, 0xFFFFFFF0), ("read",)),
        "packed size too small": Hostile(lambda: _patched(good, 20, 20), ("damaged_file",)),
        "packed size too large": Hostile(lambda: _patched(good, 20, 0x7FFFFFFF), ("unsafe_file", "damaged_file")),
        "wrong checksum": Hostile(lambda: _patched(good, 16, 1), ("damaged_file",)),
        "offset outside the file": Hostile(lambda: _patched(good, 42, 0x7FFFFFFF), ("damaged_file",)),
        "offset of another part": Hostile(lambda: _patched(good, 42, 0), ("damaged_file", "not_a_word_file")),
        "sizes of 0 in the local header": Hostile(lambda: _patched_local(good), ("read",)),
        "directory that is too long": Hostile(
            lambda: _patched_end(good, 12, 0x7FFFFFFF), ("damaged_file", "too_large")
        ),
        "directory outside the file": Hostile(lambda: _patched_end(good, 16, 0x7FFFFFFF), ("damaged_file",)),
        "parts that overlap": Hostile(_overlapping, ("unsafe_file",)),
        "two main parts": Hostile(lambda: _twice(good), ("unsafe_file",)),
        "names that lead elsewhere": Hostile(
            lambda: package(p("x"), {"../../../etc/cron.d/x": b"x"}), ("unsafe_file",)
        ),
        "names that lead elsewhere, on Windows": Hostile(
            lambda: package(p("x"), {"..\\..\\x": b"x"}), ("unsafe_file",)
        ),
        "a relationship that leads elsewhere": Hostile(
            lambda: package(p("x"), links=link(0, "styles", "../../../../etc/passwd")), ("read",)
        ),
        "encrypted parts": Hostile(lambda: _flagged(good), ("encrypted_file",)),
        "forged compound file": Hostile(
            lambda: b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\0" * 9_000, ("not_a_word_file",)
        ),
    }


def _record(data: bytes) -> int:
    """Where the main part's line of the directory begins."""
    return data.rfind(b"PK\x01\x02", 0, data.rfind(MAIN.encode()))


def _patched(data: bytes, offset: int, value: int) -> bytes:
    changed = bytearray(data)
    struct.pack_into("<L", changed, _record(data) + offset, value)
    return bytes(changed)


def _patched_local(data: bytes) -> bytes:
    changed = bytearray(data)
    at = struct.unpack_from("<L", data, _record(data) + 42)[0]
    struct.pack_into("<3L", changed, at + 14, 0, 0, 0)
    return bytes(changed)


def _patched_end(data: bytes, offset: int, value: int) -> bytes:
    changed = bytearray(data)
    struct.pack_into("<L", changed, data.rfind(b"PK\x05\x06") + offset, value)
    return bytes(changed)


def _flagged(data: bytes) -> bytes:
    changed = bytearray(data)
    changed[_record(data) + 8] |= 1
    return bytes(changed)


def _twice(data: bytes) -> bytes:
    """A part that is harmless and one of the same name that is not."""
    return (
        data.replace(b"word/dociment.xml", MAIN.encode())
        if b"dociment" in data
        else _twice(package(p("x"), {"word/dociment.xml": document(p("other"))}))
    )


def _overlapping() -> bytes:
    """Two hundred lines of the directory for one and the same large part."""
    data = package(p("x"), {"customXml/0.xml": random.Random(7).randbytes(200_000)})  # noqa: S311
    start = data.rfind(b"PK\x01\x02", 0, data.rfind(b"customXml/0.xml"))
    end = data.rfind(b"PK\x05\x06")
    line = data[start:end]
    lines = b"".join(line.replace(b"0.xml", f"{n:x}.xml"[-5:].encode()) for n in range(16))
    out = bytearray(data[:end] + lines + data[end:])
    at = out.rfind(b"PK\x05\x06")
    struct.pack_into("<L", out, at + 12, struct.unpack_from("<L", out, at + 12)[0] + len(lines))
    return bytes(out)


def _entities(elsewhere: str) -> dict[str, Hostile]:
    external = f'<!DOCTYPE w [<!ENTITY x SYSTEM "{elsewhere}xxe">]>'
    laughs = "".join(f'<!ENTITY l{n} "{f"&l{n - 1};" * 10}">' for n in range(1, 10))
    bomb = f'<!DOCTYPE w [<!ENTITY l0 "lol">{laughs}]>'
    body = document(p("&x;"))
    remote = "".join(
        link(n, kind, f"{elsewhere}{kind}", external=True)
        for n, kind in enumerate(
            ("image", "attachedTemplate", "hyperlink", "oleObject", "frame", "subDocument", "aFChunk")
        )
    )
    shown = '<w:p><w:r><w:pict><v:imagedata xmlns:v="urn:schemas-microsoft-com:vml" r:id="x0"/></w:pict></w:r></w:p>'
    schema = f' xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" xsi:schemaLocation="{W} {elsewhere}w.xsd"'
    wide = '<?xml version="1.0" encoding="UTF-16"?>'
    return {
        "external entity": Hostile(lambda: _with_main(external + body), ("unsafe_file",)),
        "external entity in UTF-16": Hostile(
            lambda: _with_main((wide + external + body).encode("utf-16")), ("unsafe_file",)
        ),
        "external entity behind a comment": Hostile(
            lambda: _with_main("<!-- x -->\n" + external + body), ("unsafe_file",)
        ),
        "external DTD": Hostile(lambda: _with_main(f'<!DOCTYPE w SYSTEM "{elsewhere}dtd">' + body), ("unsafe_file",)),
        "entity bomb": Hostile(lambda: _with_main(bomb + document(p("&l9;"))), ("unsafe_file",)),
        "entity bomb in the relationships": Hostile(
            lambda: zipped({**index(), MAIN: document(p("x")), MAIN_RELS: bomb + index()[MAIN_RELS]}), ("unsafe_file",)
        ),
        "entity bomb in the styles": Hostile(
            lambda: package(p("x"), {"word/styles.xml": bomb + "<w:styles/>"}, link(0, "styles", "styles.xml")),
            ("unsafe_file",),
        ),
        "content elsewhere": Hostile(lambda: package(shown, links=remote), ("read",)),
        "schema elsewhere": Hostile(
            lambda: _with_main(document(p("x")).replace("<w:body", f"<w:body{schema}")), ("read",)
        ),
        "style sheet elsewhere": Hostile(
            lambda: _with_main(f'<?xml-stylesheet href="{elsewhere}x.xsl"?>' + document(p("x"))), ("read",)
        ),
        "inclusion of a file": Hostile(
            lambda: package('<x:include xmlns:x="http://www.w3.org/2001/XInclude" href="/etc/passwd"/>' + p("x")),
            ("read",),
        ),
    }


def _with_main(main: str | bytes) -> bytes:
    return zipped({**index(), MAIN: main})


def main() -> None:
    folder = Path(sys.argv[1])
    names = {f"hostile-{number:03}.docx": name for number, name in enumerate(hostile_files())}
    for path, hostile in zip(names, hostile_files().values(), strict=True):
        (folder / path).write_bytes(hostile.make())
    (folder / NAMES).write_text(json.dumps(names), encoding="utf-8")


if __name__ == "__main__":
    main()
