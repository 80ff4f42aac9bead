"""Where the real files are. They stay outside the repository; without them there is nothing to measure."""

from __future__ import annotations

import os
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
BUILD = ROOT / "build"


class NoCorpus(Exception):
    """The folder with the real files is not there."""


def folder() -> Path:
    """DNA_BENCH, or ../shared/bench beside the repository. Raises NoCorpus with a sentence to print."""
    named = os.environ.get("DNA_BENCH")
    path = Path(named) if named else ROOT.parent / "shared" / "bench"
    if not (path / "templates").is_dir():
        raise NoCorpus(f"No real Word files at {path}, nothing measured. DNA_BENCH may name the folder that has them.")
    return path


def templates() -> list[Path]:
    return sorted((folder() / "templates").glob("*.doc?"))


def odd_files() -> list[Path]:
    return sorted(path for path in (folder() / "robustness").iterdir() if path.suffix.startswith(".do"))
