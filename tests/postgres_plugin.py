"""Gives the tests a real Postgres: the one of ``DATABASE_URL``, or the embedded one kept in ``build/test``.

Loaded by ``-p`` in pytest's options, before pytest-django reads the settings. The role must be allowed to create
databases. Workers of pytest-xdist inherit the environment of the first process, which holds the server for all.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from dna.postgres import Server, ensure_running

HOME = Path(__file__).resolve().parent.parent / "build" / "test"

_server: Server | None = None


@pytest.hookimpl(wrapper=True)
def pytest_load_initial_conftests() -> Iterator[None]:
    """A wrapper runs before pytest-django's own hook, which imports the settings."""
    global _server
    os.environ.setdefault("SECRET_KEY", "only-for-tests-" + "x" * 40)
    os.environ.setdefault("DNA_HOME", str(HOME))
    if not (os.environ.get("DATABASE_URL") or os.environ.get("DB_HOST")):
        _server = ensure_running(HOME)
        os.environ["DATABASE_URL"] = _server.admin_url
        os.environ.pop("DATABASE_OWNER_URL", None)
    return (yield)


@pytest.hookimpl(trylast=True)  # after pytest-django has dropped the test databases
def pytest_unconfigure() -> None:
    if _server is not None:
        _server.release()
