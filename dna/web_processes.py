"""Several web processes on one port: the first one listens and looks after the others, which serve."""

from __future__ import annotations

import logging
import os
import signal
import socket
import subprocess
import sys
import threading

from django.conf import settings
from django.core.management.base import CommandError

from dna.server import check_port_free

_BACKLOG = 1024  # connections that wait to be accepted, while processes start or are busy
_RESTART_SECONDS = 1.0  # between an end and the next start, so that one that cannot start does not take a whole core

logger = logging.getLogger(__name__)


def serve_in_processes(count: int) -> None:
    """Serve from ``count`` processes until SIGINT or SIGTERM; one that ends before is replaced.

    Each has its own copy of everything but the socket, and ends by itself when this one is gone, however it went.
    """
    if ":" in settings.BIND_ADDRESS:
        raise CommandError("Several web processes need an IPv4 address: set BIND_ADDRESS, or WEB_PROCESSES=1.")
    check_port_free()
    _Processes(count).run()


class _Processes:
    """What serves, until told to stop."""

    def __init__(self, count: int) -> None:
        self._count = count
        self._running: list[subprocess.Popen[bytes]] = []
        self._stopping = threading.Event()

    def run(self) -> None:
        for number in (signal.SIGINT, signal.SIGTERM):
            signal.signal(number, lambda *_: self._stopping.set())
        # The children hold the end to read from: it closes when this process ends in any way.
        alive, held = os.pipe()
        with _listening_socket() as listening:
            while not self._stopping.wait(_RESTART_SECONDS if self._running else 0):
                self._replace_missing(listening.fileno(), alive)
            for process in self._running:
                process.terminate()
            for process in self._running:
                process.wait()
        os.close(held)
        os.close(alive)

    def _replace_missing(self, listening: int, alive: int) -> None:
        for process in [process for process in self._running if process.poll() is not None]:
            logger.error("web process %d ended with %d and is replaced", process.pid, process.returncode)
            self._running.remove(process)
        while len(self._running) < self._count:
            self._running.append(_start(listening, alive))


def _listening_socket() -> socket.socket:
    listening = socket.create_server((settings.BIND_ADDRESS, settings.PORT), backlog=_BACKLOG)
    listening.setblocking(False)  # whoever comes second to a connection must not wait for the next one
    return listening


def _start(listening: int, alive: int) -> subprocess.Popen[bytes]:
    command = [sys.executable, "manage.py", "web", "--socket", str(listening), "--alive", str(alive)]
    return subprocess.Popen(command, cwd=settings.BASE_DIR, pass_fds=(listening, alive))  # noqa: S603 - our own
