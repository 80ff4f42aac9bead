"""Word files as they come in: read up to the limit, looked at from outside, with a truthful name and media type."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from pathlib import PurePath
from typing import Any

from django.conf import settings
from django.core.files.base import File

from accounts_app.errors import TooLarge
from templates_app.docx.errors import Refused
from templates_app.docx.package import Container
from templates_app.errors import WordFileRefused
from templates_app.names import cleaned_name

DOCX, DOCM, DOTX, DOTM = ".docx", ".docm", ".dotx", ".dotm"
SUFFIXES = (DOCX, DOCM, DOTX, DOTM)
MEDIA_TYPES = {
    DOCX: "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
    DOCM: "application/vnd.ms-word.document.macroenabled.12",
    DOTX: "application/vnd.openxmlformats-officedocument.wordprocessingml.template",
    DOTM: "application/vnd.ms-word.template.macroenabled.12",
}
# Content type of the main part, as [Content_Types].xml has it, without regard to case.
_KINDS = {
    "application/vnd.openxmlformats-officedocument.wordprocessingml.document.main+xml": DOCX,
    "application/vnd.ms-word.document.macroenabled.main+xml": DOCM,
    "application/vnd.openxmlformats-officedocument.wordprocessingml.template.main+xml": DOTX,
    "application/vnd.ms-word.template.macroenabledtemplate.main+xml": DOTM,
}


@dataclass(frozen=True, slots=True)
class WordFile:
    """An upload that may be kept: a Word package as far as can be told without reading its content."""

    data: bytes
    sha256: str
    filename: str
    media_type: str


def receive_word_file(file: File[Any]) -> WordFile:
    """Read and look at an upload. Raises ``TooLarge``, and ``WordFileRefused`` with the library's code and sentence."""
    data = _read_up_to(file, settings.MAX_UPLOAD_BYTES)
    try:
        container = Container(data)
        kind = _KINDS.get(container.content_type(container.main_part).lower(), "")
    except Refused as error:
        raise refusal(error) from error
    filename = _truthful_name(file.name or "", kind)
    media_type = MEDIA_TYPES[kind or PurePath(filename).suffix.lower()]
    return WordFile(data, hashlib.sha256(data).hexdigest(), filename, media_type)


def refusal(error: Refused) -> WordFileRefused:
    """The library's refusal as one that every door can present."""
    refused = WordFileRefused(error.message)
    refused.code = error.code
    return refused


def _read_up_to(file: File[Any], limit_bytes: int) -> bytes:
    """All of the file; a larger one is left unread from the limit on, whatever size it claims."""
    pieces, size = [], 0
    for piece in file.chunks():
        size += len(piece)
        if size > limit_bytes:
            raise TooLarge(
                f"The file is larger than {_megabytes(limit_bytes)}. Remove large pictures or split the document."
            )
        pieces.append(piece)
    return b"".join(pieces)


def _megabytes(size_bytes: int) -> str:
    megabytes = size_bytes / (1024 * 1024)
    return f"{megabytes:.0f} MB" if megabytes >= 1 else f"{size_bytes / 1024:.0f} kB"


def _truthful_name(name: str, kind: str) -> str:
    """The file's own name as far as it can be printed, with the suffix its content has; at most 255 characters."""
    path = PurePath(cleaned_name(name, 1000) or "template")
    suffix = kind or (path.suffix.lower() if path.suffix.lower() in SUFFIXES else DOCX)
    if path.suffix.lower() == suffix:
        return f"{path.stem[:250]}{path.suffix}"
    stem = path.stem if path.suffix.lower() in (*SUFFIXES, ".doc", ".dot", ".zip") else path.name
    return f"{stem[:250]}{suffix}"
