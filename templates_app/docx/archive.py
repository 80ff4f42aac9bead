"""The zip container, read without trusting it and written with everything untouched copied as it was packed.

The standard library's ``zipfile`` believes sizes, reads directories of any length and cannot copy packed bytes.
"""

from __future__ import annotations

import struct
import zlib
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from io import SEEK_END, BytesIO
from typing import BinaryIO

from . import errors
from .limits import LIMITS

END = struct.Struct("<4s4H2LH")
CENTRAL = struct.Struct("<4s6H3L5H2L")
LOCAL = struct.Struct("<4s5H3L2H")
ZIP64_LOCATOR = struct.Struct("<4sLQL")
ZIP64_END = struct.Struct("<4sQ2H2L4Q")
STORED, DEFLATED = 0, 8
ENCRYPTED_FLAG, DESCRIPTOR_FLAG, UTF8_FLAG = 0x1, 0x8, 0x800
LONG = 0xFFFFFFFF
NEW_DATE = (1 << 5) | 1                # 1980-01-01, the earliest a zip can say: new parts carry no clock
CHUNK_BYTES = 1 << 16


@dataclass(frozen=True, slots=True)
class Entry:
    """One line of the central directory; ``raw_name`` and ``extra`` are kept to be written back as they were."""

    name: str
    raw_name: bytes
    extra: bytes
    comment: bytes
    made_by: int
    needed: int
    flags: int
    method: int
    time: int
    date: int
    crc: int
    packed_bytes: int
    plain_bytes: int
    internal: int
    external: int
    offset: int


class Archive:
    """A zip over bytes or a seekable binary file; raises only ``errors.Refused``."""

    def __init__(self, source: bytes | BinaryIO) -> None:
        self._file = BytesIO(source) if isinstance(source, bytes) else source
        self._size = self._file.seek(0, SEEK_END)
        self.inflated_bytes = 0
        self.entries = list(self._directory())
        if sum(entry.packed_bytes for entry in self.entries) > self._size:
            raise errors.UnsafeFile("Parts of the file overlap each other; no Word program writes that.")

    def read(self, entry: Entry, limit_bytes: int = LIMITS.part_bytes) -> bytes:
        """The plain bytes, inflated no further than the limits allow."""
        if entry.flags & ENCRYPTED_FLAG:
            raise errors.EncryptedFile
        packed = self.packed(entry)
        if entry.method == STORED:
            plain = packed
            _check_size(entry, len(plain), limit_bytes)
        elif entry.method == DEFLATED:
            plain = _inflate(entry, packed, limit_bytes)
        else:
            raise errors.UnsafeFile(f"{entry.name} is packed by a method that Word does not know.")
        if zlib.crc32(plain) != entry.crc:
            raise errors.DamagedFile
        self.inflated_bytes += len(plain)
        if self.inflated_bytes > LIMITS.file_bytes:
            raise errors.TooLarge
        return plain

    def packed(self, entry: Entry) -> bytes:
        """The bytes as they stand in the file."""
        _, name_bytes, extra_bytes = self._local(entry)
        data = self._at(entry.offset + LOCAL.size + name_bytes + extra_bytes, entry.packed_bytes)
        if len(data) != entry.packed_bytes:
            raise errors.DamagedFile
        return data

    def local_extra(self, entry: Entry) -> bytes:
        _, name_bytes, extra_bytes = self._local(entry)
        return self._at(entry.offset + LOCAL.size + name_bytes, extra_bytes)

    def _local(self, entry: Entry) -> tuple[bytes, int, int]:
        head = self._at(entry.offset, LOCAL.size)
        if len(head) != LOCAL.size or head[:4] != b"PK\x03\x04":
            raise errors.DamagedFile
        fields = LOCAL.unpack(head)
        return fields[0], fields[9], fields[10]

    def _at(self, offset: int, count: int) -> bytes:
        if not 0 <= offset <= self._size:
            raise errors.DamagedFile
        self._file.seek(offset)
        return self._file.read(count)

    def _directory(self) -> Iterator[Entry]:
        start, length, shift = self._find_directory()
        if length > LIMITS.directory_bytes:
            raise errors.TooLarge("The file holds more parts than any Word file has.")
        data, position, count = self._at(start, length), 0, 0
        while position + CENTRAL.size <= len(data):
            count += 1
            if count > LIMITS.entries:
                raise errors.TooLarge(f"The file holds more than {LIMITS.entries} parts.")
            entry, position = _central_entry(data, position)
            if not entry.name.endswith("/"):
                yield replace(entry, offset=entry.offset + shift)

    def _find_directory(self) -> tuple[int, int, int]:
        """Start and length of the central directory, and what all offsets must be shifted by."""
        tail_start = max(0, self._size - END.size - 0xFFFF)
        tail = self._at(tail_start, self._size - tail_start)
        found = tail.rfind(b"PK\x05\x06")
        if found < 0 or len(tail) - found < END.size:
            raise errors.DamagedFile
        end = tail_start + found
        _, _, _, _, _, length, start, _ = END.unpack_from(tail, found)
        if LONG in (length, start):
            end, length, start = self._zip64_directory(end)
        shift = end - length - start
        if shift < 0:
            raise errors.DamagedFile
        return start + shift, length, shift

    def _zip64_directory(self, end: int) -> tuple[int, int, int]:
        locator = self._at(max(0, end - ZIP64_LOCATOR.size), ZIP64_LOCATOR.size)
        if locator[:4] != b"PK\x06\x07":
            raise errors.DamagedFile
        position = ZIP64_LOCATOR.unpack(locator)[2]
        record = self._at(position, ZIP64_END.size)
        if len(record) != ZIP64_END.size or record[:4] != b"PK\x06\x06":
            raise errors.DamagedFile
        fields = ZIP64_END.unpack(record)
        return position, fields[8], fields[9]


def _central_entry(data: bytes, position: int) -> tuple[Entry, int]:
    fields = CENTRAL.unpack_from(data, position)
    if fields[0] != b"PK\x01\x02":
        raise errors.DamagedFile
    made_by, needed, flags, method, time, date, crc, packed, plain, names, extras, comments = fields[1:13]
    internal, external, offset = fields[14:]
    after = position + CENTRAL.size
    raw_name, extra = data[after:after + names], data[after + names:after + names + extras]
    comment = data[after + names + extras:after + names + extras + comments]
    plain, packed, offset = _zip64_sizes(extra, plain, packed, offset)
    name = raw_name.decode("utf-8" if flags & UTF8_FLAG else "cp437", "replace")
    entry = Entry(name, raw_name, extra, comment, made_by, needed, flags, method, time, date, crc, packed, plain,
                  internal, external, offset)
    return entry, after + names + extras + comments


def _zip64_sizes(extra: bytes, *sizes: int) -> tuple[int, int, int]:
    """Plain size, packed size and offset, those that do not fit 32 bits taken from the extra field in this order."""
    block = next((block for kind, block in _extra_blocks(extra) if kind == 1), b"")
    long_values = iter(struct.unpack(f"<{len(block) // 8}Q", block[:len(block) // 8 * 8]))
    plain, packed, offset = (next(long_values, size) if size == LONG else size for size in sizes)
    return plain, packed, offset


def _extra_blocks(extra: bytes) -> Iterator[tuple[int, bytes]]:
    position = 0
    while position + 4 <= len(extra):
        kind, length = struct.unpack_from("<2H", extra, position)
        yield kind, extra[position + 4:position + 4 + length]
        position += 4 + length


def _without_zip64(extra: bytes) -> bytes:
    """Sizes are written in 32 bits, so the 64-bit copies of them must go."""
    return b"".join(struct.pack("<2H", kind, len(block)) + block for kind, block in _extra_blocks(extra) if kind != 1)


def _inflate(entry: Entry, packed: bytes, limit_bytes: int) -> bytes:
    """Inflated piece by piece, so that a bomb is noticed when it has unpacked little more than the limit."""
    stream = zlib.decompressobj(-zlib.MAX_WBITS)
    pieces, total, rest = [], 0, packed
    try:
        while not stream.eof:
            piece = stream.decompress(rest, CHUNK_BYTES)
            rest = stream.unconsumed_tail
            if not piece and not rest:
                break
            pieces.append(piece)
            total += len(piece)
            _check_size(entry, total, limit_bytes)
    except zlib.error as error:
        raise errors.DamagedFile from error
    if not stream.eof:
        raise errors.DamagedFile
    return b"".join(pieces)


def _check_size(entry: Entry, total: int, limit_bytes: int) -> None:
    if total > limit_bytes:
        raise errors.TooLarge(f"A part of the file ({entry.name}) is larger than {limit_bytes // 1_000_000} MB.")
    if total > LIMITS.ratio_floor_bytes and total > LIMITS.ratio * max(1, entry.packed_bytes):
        raise errors.UnsafeFile(f"A part of the file ({entry.name}) unpacks to over {LIMITS.ratio} times its size.")


def write_archive(source: Archive, changes: Mapping[str, bytes], added: Mapping[str, bytes]) -> bytes:
    """A new zip: same order, times, attributes; entries not in ``changes`` (by their zip name) as they were packed."""
    out, directory, count = BytesIO(), [], 0
    for entry, packed, local_extra in _written_entries(source, changes, added):
        directory.append(_central_record(entry, out.tell()))
        out.write(_local_record(entry, local_extra) + packed)
        count += 1
    start, central = out.tell(), b"".join(directory)
    out.write(central + END.pack(b"PK\x05\x06", 0, 0, count, count, len(central), start, 0))
    return out.getvalue()


def _written_entries(source: Archive, changes: Mapping[str, bytes],
                     added: Mapping[str, bytes]) -> Iterable[tuple[Entry, bytes, bytes]]:
    for entry in source.entries:
        clean = replace(entry, flags=entry.flags & ~DESCRIPTOR_FLAG, extra=_without_zip64(entry.extra))
        if entry.name in changes:
            yield *_packed(clean, changes[entry.name]), b""
        else:
            yield clean, source.packed(entry), _without_zip64(source.local_extra(entry))
    for name, data in added.items():
        raw_name = name.encode()
        flags = 0 if name.isascii() else UTF8_FLAG
        blank = Entry(name, raw_name, b"", b"", 20, 20, flags, DEFLATED, 0, NEW_DATE, 0, 0, 0, 0, 0, 0)
        yield *_packed(blank, data), b""


def _packed(entry: Entry, data: bytes) -> tuple[Entry, bytes]:
    packed = data
    if entry.method != STORED:
        deflate = zlib.compressobj(6, zlib.DEFLATED, -zlib.MAX_WBITS)
        packed = deflate.compress(data) + deflate.flush()
    return replace(entry, crc=zlib.crc32(data), packed_bytes=len(packed), plain_bytes=len(data)), packed


def _local_record(entry: Entry, extra: bytes) -> bytes:
    head = LOCAL.pack(b"PK\x03\x04", entry.needed, entry.flags, entry.method, entry.time, entry.date, entry.crc,
                      entry.packed_bytes, entry.plain_bytes, len(entry.raw_name), len(extra))
    return head + entry.raw_name + extra


def _central_record(entry: Entry, offset: int) -> bytes:
    head = CENTRAL.pack(b"PK\x01\x02", entry.made_by, entry.needed, entry.flags, entry.method, entry.time, entry.date,
                        entry.crc, entry.packed_bytes, entry.plain_bytes, len(entry.raw_name), len(entry.extra),
                        len(entry.comment), 0, entry.internal, entry.external, offset)
    return head + entry.raw_name + entry.extra + entry.comment
