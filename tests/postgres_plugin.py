"""Gives the tests a real Postgres: the one of ``DATABASE_URL``, or the embedded one kept in ``build/test``.

Loaded by ``-p`` in pytest's options, before pytest-django reads the settings. The role must be allowed to create
databases. Each run has databases of its own, so that two may run at once. Workers of pytest-xdist inherit the
environment of the first process, which holds the server for all.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest
from psycopg import sql

from dna.postgres import ADMIN, Server, ensure_running

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
        _drop_left_over(_server)
        os.environ["DATABASE_URL"] = _server.url(ADMIN, f"run_{os.getpid()}")  # Django puts test_ before it
        os.environ.pop("DATABASE_OWNER_URL", None)
    return (yield)


def _drop_left_over(server: Server) -> None:
    """Databases of runs that were killed."""
    with psycopg.connect(server.admin_url, autocommit=True) as connection:
        names = connection.execute(r"SELECT datname FROM pg_database WHERE datname LIKE 'test\_run\_%'").fetchall()
        for (name,) in names:
            if not _is_running(int(name.split("_")[2])):
                connection.execute(sql.SQL("DROP DATABASE {} WITH (FORCE)").format(sql.Identifier(name)))


def _is_running(process_id: int) -> bool:
    try:
        os.kill(process_id, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True


@pytest.hookimpl(trylast=True)  # after pytest-django has dropped the test databases
def pytest_unconfigure() -> None:
    if _server is not None:
        _server.release()
