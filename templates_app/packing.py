"""Finished documents as one zip, with a report of what became of each; the same documents give the same zip."""

from __future__ import annotations

import csv
import io
import tempfile
import zipfile
from collections.abc import Iterable, Sequence
from pathlib import Path

from jobs_app import artifacts
from jobs_app.downloads import safe_filename
from jobs_app.models import Artifact
from templates_app.models import Document

# The same for the same documents: a zip of today and one of tomorrow do not differ.
_MADE_AT = (2000, 1, 1, 0, 0, 0)


class Package:
    """A zip that grows file by file; names that are taken get a number."""

    def __init__(self) -> None:
        self._taken: set[str] = set()
        self._files: list[tuple[str, Artifact]] = []

    def add(self, document: Document, stem: str) -> str:
        """The Word file and the PDF, as far as there are any; the name of the former, empty where there is none."""
        stem = _free(safe_filename(stem) or "document", self._taken)
        named = [(f"{stem}{_suffix(file)}", file) for file in (document.file, document.pdf) if file is not None]
        self._files += named
        return named[0][0] if named else ""

    @property
    def size_bytes(self) -> int:
        return sum(file.blob.size_bytes for _, file in self._files)

    def packed(self, head: Sequence[str], lines: Iterable[Sequence[object]]) -> bytes:
        """With ``report.csv`` of these lines below that head."""
        with tempfile.TemporaryFile() as file:
            with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as package:
                for name, artifact in self._files:
                    package.writestr(_entry(name), artifacts.read_bytes(artifact))
                package.writestr(_entry("report.csv"), _report(head, lines))
            file.seek(0)
            return file.read()


def outcome(document: Document) -> tuple[str, str]:
    """For the report: made or failed, and what a reader must know."""
    findings = [one["sentence"] for one in document.checks.get("findings", [])]
    notes = " ".join([*document.notes, *findings])
    return "made" if document.file else "failed", document.failure or notes


def _entry(name: str) -> zipfile.ZipInfo:
    entry = zipfile.ZipInfo(name, _MADE_AT)
    entry.compress_type = zipfile.ZIP_DEFLATED
    return entry


def _suffix(file: Artifact) -> str:
    return ".pdf" if file.media_type == "application/pdf" else Path(file.filename).suffix


def _free(stem: str, taken: set[str]) -> str:
    name, number = stem, 1
    while name.casefold() in taken:
        number += 1
        name = f"{stem} ({number})"
    taken.add(name.casefold())
    return name


def _report(head: Sequence[str], lines: Iterable[Sequence[object]]) -> bytes:
    made = io.StringIO()
    writer = csv.writer(made)
    writer.writerow(head)
    writer.writerows([_inert(cell) if isinstance(cell, str) else cell for cell in line] for line in lines)
    return made.getvalue().encode("utf-8-sig")


def _inert(text: str) -> str:
    """What a spreadsheet would take for a formula is kept as text."""
    return f"'{text}" if text[:1] in ("=", "+", "-", "@") else text
