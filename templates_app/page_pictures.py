"""Pictures of a PDF's pages, and which of them are empty, by poppler's pdftoppm, which may be missing."""

from __future__ import annotations

import os
import shutil
import subprocess
import tempfile
from dataclasses import dataclass
from pathlib import Path

from templates_app.errors import PagesUnavailable, PdfFailed

MAX_PICTURES = 12
MAX_PAGES = 300
"""Looked at for emptiness; the largest of 44 real templates has 150."""
_PICTURE_DPI, _LOOK_DPI = 50, 12
_TIME_LIMIT_SECONDS = 60.0
# Header and footer make no page full: the upper and lower tenths are not looked at.
_MARGIN = 10
_WHITE = 250


@dataclass(frozen=True, slots=True)
class Pages:
    """PNGs of the first pages, and the numbers of the empty ones among all."""

    pictures: list[bytes]
    blank: list[int]


def look_at_pages(pdf: bytes) -> Pages:
    """Raises ``PagesUnavailable`` and ``PdfFailed``."""
    program = shutil.which("pdftoppm")
    if program is None:
        raise PagesUnavailable()
    with tempfile.TemporaryDirectory(prefix="dna-pages-") as name:
        folder = Path(name)
        source = folder / "document.pdf"
        source.write_bytes(pdf)
        _draw(program, source, folder / "page", "-png", "-r", str(_PICTURE_DPI), "-l", str(MAX_PICTURES))
        _draw(program, source, folder / "look", "-gray", "-r", str(_LOOK_DPI), "-l", str(MAX_PAGES))
        pictures = [file.read_bytes() for file in sorted(folder.glob("page-*.png"))]
        looks = [file.read_bytes() for file in sorted(folder.glob("look-*.pgm"))]
    return Pages(pictures, [number for number, look in enumerate(looks, 1) if is_blank(look)])


def _draw(program: str, source: Path, target: Path, *options: str) -> None:
    environment = {"PATH": os.defpath, "HOME": str(target.parent), "LANG": "C.UTF-8"}
    try:
        subprocess.run(  # noqa: S603 - a program of this machine, on a file of ours
            [program, *options, str(source), str(target)],
            env=environment, check=True, capture_output=True, timeout=_TIME_LIMIT_SECONDS,
        )
    except (subprocess.SubprocessError, OSError) as error:
        raise PdfFailed("Pictures of the pages could not be made.") from error


def is_blank(pgm: bytes) -> bool:
    """Whether nothing but white stands between the margins of a grey picture (binary PGM)."""
    _, width, height, _, pixels = _read_pgm(pgm)
    first, last = height // _MARGIN, height - height // _MARGIN
    return min(pixels[first * width : last * width], default=_WHITE) >= _WHITE


def _read_pgm(pgm: bytes) -> tuple[bytes, int, int, int, bytes]:
    kind, size, depth, pixels = pgm.split(b"\n", 3)
    width, height = map(int, size.split())
    return kind, width, height, int(depth), pixels
