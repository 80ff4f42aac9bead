"""The Word library in a child process: uploads are never read in a process that serves others.

The child has its own process group and sets its own limits of memory and time; ours is only the last resort.
"""

from __future__ import annotations

import asyncio
import json
import os
import signal
import sys
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any

from django.conf import settings

from jobs_app import progress
from templates_app.docx.sandbox import Bounds
from templates_app.errors import WordChildFailed, WordFileRefused

_REFUSED = 3
# On top of the child's own limits, for its start and its last words, and for others that keep the machine busy.
_GRACE_SECONDS = 5
_TOO_LONG = "The file takes too long to read. Split the document, or remove what is not needed."


async def run_word_child(command: str, *arguments: str | Path) -> None:
    """Run ``python -m templates_app.docx COMMAND …``; its progress lines go to the job's followers.

    Raises ``WordFileRefused`` with the library's code and sentence, ``WordChildFailed`` when the child breaks.
    """
    child = await asyncio.create_subprocess_exec(
        *_command_line(command, _bounds(command), arguments),
        cwd=settings.BASE_DIR,
        env=child_environment(),
        stdin=asyncio.subprocess.DEVNULL,
        stdout=asyncio.subprocess.DEVNULL,
        stderr=asyncio.subprocess.PIPE,
        start_new_session=True,
    )
    try:
        async with asyncio.timeout(settings.WORD_CHILD_SECONDS + _GRACE_SECONDS):
            last_words = await _follow(child)
            status = await child.wait()
    except TimeoutError:
        raise WordFileRefused(_TOO_LONG) from None
    finally:
        await _end(child)
    if status == _REFUSED:
        raise _refusal(last_words)
    if status != 0:
        raise WordChildFailed(details=last_words[-2000:], status=status)


def child_environment() -> dict[str, str]:
    """Nothing of ours but the way to programs: no keys, no address of the database."""
    return {"PATH": os.environ.get("PATH", ""), "LC_ALL": "C.UTF-8", "PYTHONDONTWRITEBYTECODE": "1"}


def _bounds(command: str) -> Bounds:
    if command == "parse":
        return Bounds(memory_mb=settings.WORD_READ_MEMORY_MB, cpu_seconds=settings.WORD_READ_SECONDS)
    return Bounds(memory_mb=settings.WORD_CHILD_MEMORY_MB, cpu_seconds=settings.WORD_CHILD_SECONDS)


def _command_line(command: str, bounds: Bounds, arguments: Sequence[str | Path]) -> list[str]:
    limits = ["--memory-mb", str(bounds.memory_mb), "--cpu-seconds", str(bounds.cpu_seconds)]
    return [sys.executable, "-m", "templates_app.docx", command, *limits, *map(str, arguments)]


async def _follow(child: asyncio.subprocess.Process) -> str:
    """Hand on progress lines; return everything else the child said."""
    said: list[str] = []
    assert child.stderr is not None  # noqa: S101 - a pipe was asked for
    async for line in child.stderr:
        text = line.decode(errors="replace")
        told = _as_json(text)
        if "progress" in told:
            progress.report(told["progress"], told["step"], done=told.get("done"), total=told.get("total"))
        else:
            said.append(text)
    return "".join(said)


def _as_json(line: str) -> dict[str, Any]:
    try:
        told = json.loads(line)
    except ValueError:
        return {}
    return told if isinstance(told, dict) else {}


def _refusal(last_words: str) -> WordFileRefused:
    for line in reversed(last_words.splitlines()):
        if (told := _as_json(line)).get("message"):
            error = WordFileRefused(told["message"])
            error.code = told.get("code", error.code)
            return error
    return WordFileRefused()


async def _end(child: asyncio.subprocess.Process) -> None:
    """Leave no child behind, however this ended."""
    if child.returncode is None:
        with suppress(ProcessLookupError):
            os.killpg(child.pid, signal.SIGKILL)
        await child.wait()
