"""One task in a child process that has bounded its own memory and time before it touches a file.

A child that is killed, runs out of memory or crashes in a library ends as a refusal, never as a traceback.
"""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Callable
from dataclasses import dataclass

from . import errors

MEGABYTE = 1 << 20
Result = dict[str, object]


@dataclass(frozen=True, slots=True)
class Bounds:
    """What one task may take. Address space is a little more than the memory in use."""

    memory_mb: int = 300
    cpu_seconds: int = 10
    output_mb: int = 300


READING = Bounds(memory_mb=200)        # the largest real template takes 75 MB, the largest odd file 90 MB


def run_bounded(task: Callable[[], Result], bounds: Bounds) -> Result:
    """What the task returns, or ``{"code", "message"}`` when it refuses, runs out of its bounds or dies."""
    if sys.platform == "win32":        # has neither fork nor limits: the task runs as it is
        return guarded(task)
    reading, writing = os.pipe()
    child = os.fork()
    if child == 0:
        os.close(reading)
        _run_child(task, bounds, writing)
    os.close(writing)
    with os.fdopen(reading, "rb") as pipe:
        answer = pipe.read()
    _, status = os.waitpid(child, 0)
    if status == 0 and answer:
        result: Result = json.loads(answer)
        return result
    return refusal(errors.TooComplex())


def _run_child(task: Callable[[], Result], bounds: Bounds, writing: int) -> None:
    """Never returns: the parent's buffers and exit handlers must not run twice."""
    status = 1
    try:
        limit_self(bounds)
        answer = json.dumps(guarded(task)).encode()
        with os.fdopen(writing, "wb") as pipe:
            pipe.write(answer)
        status = 0
    finally:
        os._exit(status)


def limit_self(bounds: Bounds) -> None:
    """Bound this process for good: address space, CPU time, size of what it writes, no core file."""
    import resource

    for kind, limit in ((resource.RLIMIT_AS, bounds.memory_mb * MEGABYTE), (resource.RLIMIT_CPU, bounds.cpu_seconds),
                        (resource.RLIMIT_FSIZE, bounds.output_mb * MEGABYTE), (resource.RLIMIT_CORE, 0)):
        _, hard = resource.getrlimit(kind)
        allowed = limit if hard == resource.RLIM_INFINITY else min(limit, hard)
        resource.setrlimit(kind, (allowed, allowed))


def guarded(task: Callable[[], Result]) -> Result:
    """The task's result or its refusal. This is a door: what nobody foresaw becomes a refusal that names it."""
    try:
        return task()
    except errors.DocxError as error:
        return refusal(error)
    except (MemoryError, RecursionError):
        return refusal(errors.TooComplex())
    except Exception as error:  # noqa: BLE001
        return {**refusal(errors.DocxError()), "detail": _where(error)}


def refusal(error: errors.DocxError) -> Result:
    about = {"revision": error.revision} if isinstance(error, errors.ReviseError) and error.revision else {}
    return {"code": error.code, "message": error.message, **about}


def _where(error: Exception) -> str:
    """Kind of an unforeseen error and the line it came from; not its text, which may hold the document's."""
    trace = error.__traceback__
    while trace is not None and trace.tb_next is not None:
        trace = trace.tb_next
    line = f"{os.path.basename(trace.tb_frame.f_code.co_filename)}:{trace.tb_lineno}" if trace else "?"  # noqa: PTH119
    return f"{type(error).__name__} at {line}"
