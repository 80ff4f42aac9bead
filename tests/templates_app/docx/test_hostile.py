"""Hostile files through the command line: each read or refused as is right, and nothing fetched from anywhere."""

from __future__ import annotations

import json
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from bench.hostile import Hostile, hostile_files
from templates_app.docx import errors
from templates_app.docx.limits import LIMITS
from templates_app.docx.parse import parse

from .build import build, paragraph

ROOT = Path(__file__).resolve().parents[3]


@pytest.fixture
def listener() -> Iterator[socket.socket]:
    """Where the files would have something fetched from."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        server.setblocking(False)
        yield server


def outcomes(files: dict[str, Hostile], folder: Path) -> dict[str, str]:
    """How the command line ends each file: all in one call, each in a child of its own."""
    paths = {name: folder / f"{number}.docx" for number, name in enumerate(files)}
    for name, path in paths.items():
        path.write_bytes(files[name].make())
    command = [sys.executable, "-m", "templates_app.docx", "parse", *map(str, paths.values())]
    done = subprocess.run(command, cwd=ROOT, text=True, capture_output=True, check=False, timeout=240)
    refused = {answer["file"]: answer for answer in map(json.loads, done.stderr.splitlines())}
    assert not [answer for answer in refused.values() if "detail" in answer or not answer["message"].endswith(".")]
    read = {line.partition(": ")[0] for line in done.stdout.splitlines()}
    assert read | set(refused) == set(map(str, paths.values()))
    return {name: refused[str(path)]["code"] if str(path) in refused else "read" for name, path in paths.items()}


def test_hostile_files_end_as_is_right_and_fetch_nothing(tmp_path: Path, listener: socket.socket) -> None:
    files = hostile_files(f"http://127.0.0.1:{listener.getsockname()[1]}/")
    found = outcomes(files, tmp_path)
    assert {name: end for name, end in found.items() if end not in files[name].outcomes} == {}
    with pytest.raises(BlockingIOError):
        listener.accept()


def test_more_paragraphs_than_a_file_may_have() -> None:
    most = LIMITS.paragraphs // 2 + 1
    halves = "<w:p/>" * most + "<!-- " + "".join(map(str, range(most // 2))) + " -->"
    with pytest.raises(errors.TooComplex, match="50,000 paragraphs"):
        parse(build(halves, headers=[halves]))


def test_more_places_than_a_file_may_have() -> None:
    body = "".join(paragraph(f"Name {n}: [Field {n}]") for n in range(LIMITS.places + 1))
    with pytest.raises(errors.TooComplex, match="10,000 places"):
        parse(build(body))
