"""The package layer: what is read, what is refused and why, and what a rewritten file keeps."""

from __future__ import annotations

import io
import struct
import zipfile
import zlib
from collections.abc import Callable

import pytest

from templates_app.docx import errors
from templates_app.docx.limits import LIMITS
from templates_app.docx.package import Package, check_container, parse_xml

from .build import OFFICE, RELATIONSHIPS, W, build, paragraph, zipped

BODY = paragraph("Hello")
DOCUMENT = f'<w:document xmlns:w="{W}"><w:body>{BODY}</w:body></w:document>'


def rels(target: str, kind: str = "officeDocument", more: str = "") -> str:
    return (
        f'<Relationships xmlns="{RELATIONSHIPS}"><Relationship Id="rId1" Type="{OFFICE}/{kind}" '
        f'Target="{target}"/>{more}</Relationships>'
    )


def with_document(document: str | bytes) -> bytes:
    return zipped({"_rels/.rels": rels("word/document.xml"), "word/document.xml": document})


def compound(*names: str) -> bytes:
    """A compound file (the container of old Office files) with these streams under its root."""
    header = bytearray(512)
    header[:8] = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
    struct.pack_into("<5H", header, 24, 0x3E, 3, 0xFFFE, 9, 6)
    struct.pack_into("<2L", header, 44, 1, 1)
    struct.pack_into("<109L", header, 76, 0, *[0xFFFFFFFF] * 108)
    table = struct.pack("<128L", 0xFFFFFFFD, 0xFFFFFFFE, *[0xFFFFFFFF] * 126)
    entries = [compound_entry("Root Entry", child=1 if names else 0xFFFFFFFF)]
    for number, name in enumerate(names, 1):
        entries.append(compound_entry(name, right=number + 1 if number < len(names) else 0xFFFFFFFF))
    return bytes(header) + table + b"".join(entries).ljust(512, b"\0")


def compound_entry(name: str, *, child: int = 0xFFFFFFFF, right: int = 0xFFFFFFFF) -> bytes:
    raw = (name + "\0").encode("utf-16-le")
    return raw.ljust(64, b"\0") + struct.pack("<HBB3L", len(raw), 2, 1, 0xFFFFFFFF, right, child) + b"\0" * 48


def descriptor_zip() -> bytes:
    """Written to a stream that cannot seek: sizes stand behind the data."""

    class Stream(io.RawIOBase):
        def __init__(self) -> None:
            self.data = bytearray()

        def writable(self) -> bool:
            return True

        def write(self, data: object) -> int:
            self.data += bytes(data)  # type: ignore[call-overload]
            return len(bytes(data))  # type: ignore[call-overload]

    stream = Stream()
    with zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as package:
        package.writestr("_rels/.rels", rels("word/document.xml"))
        package.writestr("word/document.xml", DOCUMENT)
    return bytes(stream.data)


class TestReading:
    def test_names_stories_and_relationships(self) -> None:
        package = Package.open(build(BODY, headers=[BODY], footers=[BODY], styles="<w:style/>"))
        assert package.main_part == "word/document.xml"
        assert package.stories == ("word/document.xml", "word/header1.xml", "word/footer1.xml")
        assert package.related("word/document.xml", "styles") == "word/styles.xml"
        assert package.related("word/document.xml", "numbering") is None
        assert package.xml("word/header1.xml") is package.xml("word/header1.xml")

    def test_main_part_is_found_by_its_relationship(self) -> None:
        package = Package.open(build(BODY, main="content/doc2.xml", headers=[BODY]))
        assert package.stories == ("content/doc2.xml", "content/header1.xml")

    @pytest.mark.parametrize(
        "target",
        [
            "Word/Document.xml",
            "word\\document.xml",
            "word/doc%75ment.xml",
            "/word/document.xml",
            "x/../word/document.xml",
        ],
    )
    def test_targets_as_word_tolerates_them(self, target: str) -> None:
        data = zipped({"_rels/.rels": rels(target), "word/document.xml": DOCUMENT})
        assert Package.open(data).main_part == "word/document.xml"

    def test_entries_with_backslashes(self) -> None:
        data = zipped({"_rels\\.rels": rels("word/document.xml"), "word\\document.xml": DOCUMENT})
        assert Package.open(data).main_part == "word/document.xml"

    def test_external_targets_are_no_parts(self) -> None:
        link = f'<Relationship Id="x" Type="{OFFICE}/image" Target="http://example.org/a.png" TargetMode="External"/>'
        package = Package.open(
            zipped({"_rels/.rels": rels("word/document.xml", more=link), "word/document.xml": DOCUMENT})
        )
        found = package.relationships("")[1]
        assert found.external
        assert found.target == "http://example.org/a.png"

    @pytest.mark.parametrize(
        "encode",
        [
            lambda text: text.encode("utf-8-sig"),
            lambda text: ('<?xml version="1.0" encoding="UTF-16"?>' + text).encode("utf-16"),
            lambda text: text.encode("utf-16-le"),
            lambda text: ('<?xml version="1.0" encoding="UTF-16"?>' + text).encode("utf-16-be"),
            lambda text: ('<?xml version="1.0" encoding="windows-1252"?>' + text).encode("cp1252"),
        ],
    )
    def test_encodings(self, encode: Callable[[str], bytes]) -> None:
        root = Package.open(with_document(encode(DOCUMENT.replace("Hello", "Grüße")))).xml("word/document.xml")
        assert "".join(map(str, root.itertext())) == "Grüße"

    def test_strict_namespace(self) -> None:
        strict = DOCUMENT.replace(W, "http://purl.oclc.org/ooxml/wordprocessingml/main")
        assert Package.open(with_document(strict)).main_part == "word/document.xml"

    def test_broken_checksum_of_a_picture_does_not_matter(self) -> None:
        data = bytearray(build(BODY, extra={"word/media/a.png": b"picture " * 9}))
        entry = zipfile.ZipFile(io.BytesIO(bytes(data))).getinfo("word/media/a.png")
        data[entry.header_offset + 30 + len(entry.filename) + 3] ^= 0xFF
        assert Package.open(bytes(data)).names[-1] == "word/media/a.png"


REFUSED: dict[str, tuple[bytes, type[errors.Refused]]] = {
    "empty": (b"", errors.EmptyFile),
    "text": (b"just text", errors.NotAWordFile),
    "pdf": (b"%PDF-1.7", errors.NotAWordFile),
    "legacy": (compound("WordDocument", "1Table"), errors.LegacyWordFile),
    "encrypted": (compound("DataSpaces", "EncryptionInfo", "EncryptedPackage"), errors.EncryptedFile),
    "old workbook": (compound("Workbook"), errors.NotAWordFile),
    "broken compound": (compound("WordDocument")[:600], errors.NotAWordFile),
    "plain zip": (zipped({"a.txt": "a"}), errors.NotAWordFile),
    "empty zip": (zipped({}), errors.NotAWordFile),
    "spreadsheet": (
        zipped({"_rels/.rels": rels("xl/workbook.xml"), "xl/workbook.xml": "<workbook/>"}),
        errors.NotAWordFile,
    ),
    "no main part": (
        zipped({"_rels/.rels": rels("word/document.xml"), "word/styles.xml": "<a/>"}),
        errors.MissingMainPart,
    ),
    "wrong names": (zipped({"word/document.xml": DOCUMENT}), errors.MissingMainPart),
    "cut off": (build(BODY)[:-40], errors.DamagedFile),
    "path traversal": (zipped({"_rels/.rels": rels("word/document.xml"), "../../etc/passwd": "x"}), errors.UnsafeFile),
    "too many entries": (zipped({f"{number}": b"" for number in range(LIMITS.entries + 1)}), errors.TooLarge),
}
UNREADABLE: dict[str, tuple[str | bytes, type[errors.Refused]]] = {
    "not xml": (b"<w:document", errors.DamagedFile),
    "no xml at all": (b"hello", errors.DamagedFile),
    "doctype": (f"<!DOCTYPE x>{DOCUMENT}", errors.UnsafeFile),
    "doctype after comments": (f"<!-- a --><?b c?>\n<!-- d --><!DOCTYPE x []>{DOCUMENT}", errors.UnsafeFile),
    "doctype in UTF-16": (f"<!DOCTYPE x>{DOCUMENT}".encode("utf-16"), errors.UnsafeFile),
    "external entity": (
        f'<!DOCTYPE x [<!ENTITY e SYSTEM "file:///etc/passwd">]>{DOCUMENT.replace("Hello", "&e;")}',
        errors.UnsafeFile,
    ),
    "entity bomb": (
        '<!DOCTYPE x [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;&a;">]>'
        + DOCUMENT.replace("Hello", "&b;&b;"),
        errors.UnsafeFile,
    ),
    "strange encoding": (('<?xml version="1.0" encoding="UTF-7"?>' + DOCUMENT).encode(), errors.UnsafeFile),
    "undeclared entity": (DOCUMENT.replace("Hello", "&nothing;"), errors.DamagedFile),
    "other root": ("<worksheet/>", errors.NotAWordFile),
    "too deep": (DOCUMENT.replace(BODY, "<w:p>" * 300 + "</w:p>" * 300), errors.TooComplex),
    "grid span": (
        DOCUMENT.replace(
            BODY, '<w:tbl><w:tr><w:tc><w:tcPr><w:gridSpan w:val="200000000"/></w:tcPr><w:p/></w:tc></w:tr></w:tbl>'
        ),
        errors.TooComplex,
    ),
    "grid span of 64": (DOCUMENT.replace(BODY, '<w:gridSpan w:val="64"/>'), errors.TooComplex),
    "ratio": (DOCUMENT.replace(BODY, BODY * 20_000), errors.UnsafeFile),
}


class TestRefusing:
    @pytest.mark.parametrize("name", REFUSED)
    def test_container(self, name: str) -> None:
        data, error = REFUSED[name]
        with pytest.raises(error) as opened:
            Package.open(data)
        with pytest.raises(error) as looked:
            check_container(data)
        with pytest.raises(error):
            check_container(io.BytesIO(data))
        assert type(opened.value) is type(looked.value) is error
        assert opened.value.message

    @pytest.mark.parametrize("name", UNREADABLE)
    def test_content(self, name: str) -> None:
        document, error = UNREADABLE[name]
        data = with_document(document)
        check_container(data)
        with pytest.raises(errors.Refused) as opened:
            Package.open(data)
        assert type(opened.value) is error

    def test_truncated_anywhere(self) -> None:
        data = build(BODY, headers=[BODY])
        for cut in range(0, len(data), len(data) // 50):
            with pytest.raises(errors.Refused):
                Package.open(data[:cut])

    def test_any_byte_may_be_wrong(self) -> None:
        data = build(BODY)
        refused = 0
        for position in range(0, len(data), 3):
            broken = bytearray(data)
            broken[position] ^= 0xFF
            try:
                package = Package.open(bytes(broken))
                for name in package.names:
                    package.read(name)
            except errors.Refused:
                refused += 1
        assert 0 < refused < len(data) // 3

    def test_lying_sizes(self) -> None:
        """A directory that promises ten bytes does not make an inflater stop or a limit fail."""
        data = bytearray(with_document(DOCUMENT.replace(BODY, BODY * 40_000)))
        record = data.rfind(b"PK\x01\x02", 0, data.rfind(b"PK\x01\x02") + 4)
        struct.pack_into("<L", data, record + 24, 10)
        with pytest.raises(errors.UnsafeFile):
            Package.open(bytes(data))

    def test_part_too_large(self) -> None:
        noise = zlib.compress(bytes(range(256)) * 40)
        package = Package.open(build(BODY, extra={"word/media/a.bin": noise * 10}))
        entry = package._entries["word/media/a.bin"]
        with pytest.raises(errors.TooLarge):
            package._archive.read(entry, limit_bytes=1_000)

    def test_overlapping_entries(self) -> None:
        """The same packed bytes listed a thousand times."""
        noise = zlib.compress(bytes(range(256)) * 400)
        data = bytearray(build(BODY, extra={f"word/{number}.bin": noise for number in range(9)}))
        at, offset = 0, None
        while (at := data.find(b"PK\x01\x02", at + 1)) > 0:
            offset = offset or struct.unpack_from("<L", data, at + 20)[0]
            struct.pack_into("<L", data, at + 20, len(data))
        with pytest.raises(errors.UnsafeFile):
            Package.open(bytes(data))

    def test_two_parts_of_one_name(self) -> None:
        out = io.BytesIO(build(BODY))
        with pytest.warns(UserWarning, match="Duplicate"), zipfile.ZipFile(out, "a") as package:
            package.writestr("word/document.xml", DOCUMENT)
        with pytest.raises(errors.UnsafeFile):
            Package.open(out.getvalue())

    def test_encrypted_entry(self) -> None:
        data = bytearray(with_document(DOCUMENT))
        record = data.rfind(b"PK\x01\x02")
        data[record + 8] |= 1
        with pytest.raises(errors.EncryptedFile):
            Package.open(bytes(data))

    def test_elements_are_counted_before_parsing(self) -> None:
        with pytest.raises(errors.TooComplex):
            parse_xml(b"<a>" + b"<b/>" * 10 + b"</a>", max_elements=10)
        assert len(parse_xml(b"<a>" + b"<b/>" * 9 + b"</a>", max_elements=10)) == 9

    def test_upload_too_large(self) -> None:
        with pytest.raises(errors.TooLarge):
            check_container(b"PK\x03\x04" + bytes(LIMITS.upload_bytes))


class TestRewriting:
    def test_untouched_parts_keep_their_packed_bytes(self) -> None:
        data = build(BODY, headers=[BODY], extra={"word/media/a.png": b"\x89PNG" * 99})
        new = Package.open(data).rewrite({"word/document.xml": DOCUMENT.encode()})
        before, after = zipfile.ZipFile(io.BytesIO(data)), zipfile.ZipFile(io.BytesIO(new))
        assert before.namelist() == after.namelist()
        assert after.testzip() is None
        for old, fresh in zip(before.infolist(), after.infolist(), strict=True):
            assert (old.date_time, old.external_attr, old.compress_type) == (
                fresh.date_time,
                fresh.external_attr,
                fresh.compress_type,
            )
            if old.filename != "word/document.xml":
                assert before.read(old) == after.read(fresh)
                assert (old.compress_size, old.CRC) == (fresh.compress_size, fresh.CRC)

    def test_no_changes_give_the_same_file(self) -> None:
        data = build(BODY)
        assert Package.open(data).rewrite({}) == data

    def test_new_parts_come_last_and_twice_the_same(self) -> None:
        package = Package.open(build(BODY))
        new = package.rewrite({"word/média.png": b"1"})
        assert new == package.rewrite({"word/média.png": b"1"})
        assert zipfile.ZipFile(io.BytesIO(new)).namelist()[-1] == "word/média.png"
        assert Package.open(new).read("word/média.png") == b"1"

    def test_sizes_behind_the_data_become_sizes_before_it(self) -> None:
        new = Package.open(descriptor_zip()).rewrite({})
        assert zipfile.ZipFile(io.BytesIO(new)).testzip() is None
        assert Package.open(new).read("word/document.xml") == DOCUMENT.encode()

    def test_long_sizes_become_short_ones(self) -> None:
        out = io.BytesIO()
        with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as package:
            for name, data in (("_rels/.rels", rels("word/document.xml")), ("word/document.xml", DOCUMENT)):
                with package.open(name, "w", force_zip64=True) as part:
                    part.write(data.encode())
        new = Package.open(out.getvalue()).rewrite({})
        assert zipfile.ZipFile(io.BytesIO(new)).testzip() is None
        assert len(new) < len(out.getvalue())
        assert Package.open(new).read("word/document.xml") == DOCUMENT.encode()

    def test_directory_with_long_sizes(self) -> None:
        """Sizes and the directory's own place given in 64 bits, as some writers always do."""
        data = bytearray(zipped({"_rels/.rels": rels("word/document.xml"), "word/document.xml": DOCUMENT}))
        end = data.rfind(b"PK\x05\x06")
        length, start = struct.unpack_from("<2L", data, end + 12)
        record = data.rfind(b"PK\x01\x02")
        packed, plain = struct.unpack_from("<2L", data, record + 20)
        struct.pack_into("<2L", data, record + 20, 0xFFFFFFFF, 0xFFFFFFFF)
        struct.pack_into("<H", data, record + 30, 20)
        extra = struct.pack("<2H2Q", 1, 16, plain, packed)
        long_end = struct.pack("<4sQ2H2L4Q", b"PK\x06\x06", 44, 45, 45, 0, 0, 2, 2, length + 20, start)
        locator = struct.pack("<4sLQL", b"PK\x06\x07", 0, end + 20, 1)
        struct.pack_into("<2L", data, end + 12, 0xFFFFFFFF, 0xFFFFFFFF)
        whole = bytes(data[:end]) + extra + long_end + locator + bytes(data[end:])
        assert zipfile.ZipFile(io.BytesIO(whole)).testzip() is None
        new = Package.open(whole).rewrite({})
        assert zipfile.ZipFile(io.BytesIO(new)).testzip() is None

    def test_bytes_before_the_zip_are_refused(self) -> None:
        with pytest.raises(errors.NotAWordFile):
            Package.open(b"#!/bin/sh\n" + build(BODY))


def test_a_first_look_does_not_inflate_the_document() -> None:
    bomb = with_document(b"<" * 5_000_000)
    check_container(bomb)
    with pytest.raises(errors.Refused):
        Package.open(bomb).xml("word/document.xml")


def test_messages_say_what_to_do() -> None:
    for error in errors.Refused.__subclasses__():
        assert error().message.endswith(".")
        assert "\n" not in error().message
