"""Files that are not what their name says, each made here, with the code they are refused with."""

from __future__ import annotations

import io
import struct
import zipfile

from templates_app.sample import sample_template

_OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"


def _zipped(**parts: bytes) -> bytes:
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w") as archive:
        for name, data in parts.items():
            archive.writestr(name, data)
    return made.getvalue()


def _renamed_parts() -> bytes:
    """The sample with its main part under a name nothing refers to."""
    made = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(sample_template())) as old, zipfile.ZipFile(made, "w") as new:
        for name in old.namelist():
            new.writestr(name.replace("word/document.xml", "word/dokument.xml"), old.read(name))
    return made.getvalue()


def _compound(stream: str) -> bytes:
    """A compound file [MS-CFB] with one stream: a header, one sector of directory, one of the allocation table."""
    header = bytearray(_OLE.ljust(512, b"\xff"))
    struct.pack_into("<H", header, 30, 9)  # sectors of 512 bytes
    struct.pack_into("<L", header, 48, 0)  # the directory is in sector 0
    struct.pack_into("<L", header, 76, 1)  # the table in sector 1
    directory = _entry("Root Entry", child=1) + _entry(stream) + bytes(256)
    return bytes(header) + directory + struct.pack("<2L", 0xFFFFFFFE, 0xFFFFFFFD).ljust(512, b"\xff")


def _entry(name: str, *, child: int = 0xFFFFFFFF) -> bytes:
    coded = (name + "\0").encode("utf-16-le")
    entry = bytearray(coded.ljust(128, b"\0"))
    struct.pack_into("<H", entry, 64, len(coded))
    struct.pack_into("<3L", entry, 68, 0xFFFFFFFF, 0xFFFFFFFF, child)
    return bytes(entry)


BAD_FILES: dict[str, tuple[bytes, str]] = {
    "empty": (b"", "empty_file"),
    "text": (b"Dear Sir or Madam, this is not a Word file.", "not_a_word_file"),
    "pdf": (b"%PDF-1.7\n1 0 obj\n", "not_a_word_file"),
    "other zip": (_zipped(**{"readme.txt": b"hello"}), "not_a_word_file"),
    "legacy": (_compound("WordDocument"), "legacy_word_file"),
    "encrypted": (_compound("EncryptedPackage"), "encrypted_file"),
    "forged compound file": (_OLE + bytes(8_000), "not_a_word_file"),
    "truncated": (sample_template()[:9_000], "damaged_file"),
    "wrong part names": (_renamed_parts(), "missing_main_part"),
}
