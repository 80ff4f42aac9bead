"""The container of Word 97-2003 files and of encrypted packages: just enough to tell which one it is.

Source: [MS-CFB], compound file binary format.
"""

from __future__ import annotations

import struct
from typing import BinaryIO

from . import errors

MAGIC = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
END_OF_CHAIN = 0xFFFFFFFA              # this and everything above are no sector numbers
SECTORS_READ = 4_096                   # of the directory: 8 entries or more in each
ENTRY_BYTES = 128


def refusal(file: BinaryIO) -> errors.Refused:
    """Why a compound file is refused, from the names directly under its root."""
    names = root_names(file)
    if "EncryptedPackage" in names:
        return errors.EncryptedFile()
    if "WordDocument" in names:
        return errors.LegacyWordFile()
    return errors.NotAWordFile()


def root_names(file: BinaryIO) -> set[str]:
    try:
        return _children(_directory(file))
    except (struct.error, IndexError):
        return set()


def _directory(file: BinaryIO) -> list[bytes]:
    file.seek(0)
    header = file.read(512)
    shift, = struct.unpack_from("<H", header, 30)
    size = 1 << max(9, min(shift, 12))  # 512 or 4096, whatever the header claims
    sector, = struct.unpack_from("<L", header, 48)
    table = struct.unpack_from("<109L", header, 76)
    entries: list[bytes] = []
    for _ in range(SECTORS_READ):
        if sector >= END_OF_CHAIN:
            break
        data = _sector(file, sector, size)
        entries += [data[i:i + ENTRY_BYTES] for i in range(0, size, ENTRY_BYTES)]
        per_table = size // 4
        following = _sector(file, table[sector // per_table], size)
        sector, = struct.unpack_from("<L", following, sector % per_table * 4)
    return entries


def _sector(file: BinaryIO, number: int, size: int) -> bytes:
    file.seek((number + 1) * size)
    return file.read(size)


def _children(entries: list[bytes]) -> set[str]:
    """Names in the tree of siblings below the root entry; deeper storages belong to embedded objects."""
    names, seen = set(), set()
    waiting = [struct.unpack_from("<L", entries[0], 76)[0]]
    while waiting:
        index = waiting.pop()
        if index in seen or index >= len(entries):
            continue
        seen.add(index)
        entry = entries[index]
        length, = struct.unpack_from("<H", entry, 64)
        names.add(entry[:max(0, min(length, 64) - 2)].decode("utf-16-le", "replace"))
        waiting += struct.unpack_from("<2L", entry, 68)
    return names
