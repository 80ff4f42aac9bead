"""The end of a process that serves."""

from __future__ import annotations

import logging
import os
import sys
import threading
import time

# What is said last may still be written, and threads that are idle end by themselves.
_LAST_SECONDS = 0.5


def end_in_spite_of_threads() -> None:
    """Let the process end within half a second, whatever its threads still do; call as its last act.

    A thread cannot be cancelled, and Python waits for it without end: a request that was answered by nobody when the
    event loop stopped, a step of a job that is another worker's by now. Nothing that they still do counts.
    """
    threading.Thread(target=_end, name="dna-end", daemon=True).start()


def _end() -> None:
    time.sleep(_LAST_SECONDS)
    logging.shutdown()
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(0)
