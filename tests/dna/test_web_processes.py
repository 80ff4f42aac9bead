"""``web --processes``: several on one port, replaced when they die, gone when their parent is."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import httpx
import psycopg
import pytest
from django.db import connection

from tests.dna.test_up import ROOT, free_port


@pytest.fixture
def web(transactional_db: None) -> Iterator[tuple[subprocess.Popen[bytes], str]]:
    """Two processes on the test's database, and their address."""
    port = free_port()
    url = psycopg.conninfo.make_conninfo(
        **{name: value for name, value in connection.get_connection_params().items() if name in _CONNECTION}
    )
    process = subprocess.Popen(
        [sys.executable, "manage.py", "web", "--processes", "2"],
        cwd=ROOT,
        env=os.environ | {"DATABASE_URL": url, "PORT": str(port)},
    )
    address = f"http://127.0.0.1:{port}/api/v1/health"
    try:
        until(lambda: answers(address))
        yield process, address
    finally:
        if process.poll() is None:
            process.terminate()
            process.wait(30)


_CONNECTION = ("host", "port", "user", "password", "dbname")


def until(holds: Callable[[], bool], *, seconds: float = 120) -> None:
    deadline = time.monotonic() + seconds
    while not holds():
        assert time.monotonic() < deadline, "it did not come to that"
        time.sleep(0.05)


def answers(address: str) -> bool:
    try:
        return httpx.get(address, timeout=5).status_code == 200
    except httpx.TransportError:
        return False


def children(process: subprocess.Popen[bytes]) -> list[int]:
    return [int(pid) for pid in Path(f"/proc/{process.pid}/task/{process.pid}/children").read_text().split()]


def is_running(pid: int) -> bool:
    try:
        return "\nState:\tZ" not in Path(f"/proc/{pid}/status").read_text()
    except FileNotFoundError:
        return False


def test_both_serve_and_stop_when_told(web: tuple[subprocess.Popen[bytes], str]) -> None:
    process, _ = web
    serving = children(process)
    assert len(serving) == 2
    process.send_signal(signal.SIGTERM)
    assert process.wait(30) == 0
    assert not any(is_running(pid) for pid in serving)


def test_one_that_dies_is_replaced_while_the_other_serves(web: tuple[subprocess.Popen[bytes], str]) -> None:
    process, address = web
    killed, other = children(process)
    os.kill(killed, signal.SIGKILL)
    assert answers(address)
    until(lambda: len(children(process)) == 2 and killed not in children(process))
    assert other in children(process)


def test_none_outlives_its_parent(web: tuple[subprocess.Popen[bytes], str]) -> None:
    process, _ = web
    serving = children(process)
    process.kill()
    process.wait()
    until(lambda: not any(is_running(pid) for pid in serving), seconds=30)


def test_an_address_they_cannot_share_is_refused() -> None:
    told = subprocess.run(
        [sys.executable, "manage.py", "web", "--processes", "2"],
        cwd=ROOT, env=os.environ | {"BIND_ADDRESS": "::1"}, capture_output=True, text=True, timeout=60,
    )  # fmt: skip
    assert told.returncode == 1
    assert "IPv4" in told.stderr
