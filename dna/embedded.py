"""Where ``DATABASE_URL`` is not set: the embedded Postgres under ``DNA_HOME``, started if nobody else runs it."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager

from dna import env
from dna.postgres import PostgresError, ensure_running

# Commands that touch no database; `help` and `--version` must not start a server.
_WITHOUT_DATABASE = {"help", "--help", "-h", "--version", "version", "startapp", "startproject", "collectstatic"}


@contextmanager
def embedded_database(arguments: Sequence[str]) -> Iterator[None]:
    """Hold the embedded server while a command runs; the last process to let go of it stops it."""
    if env.database_url() or not arguments or arguments[0] in _WITHOUT_DATABASE or "--help" in arguments:
        yield
        return
    try:
        server = ensure_running(env.path("DNA_HOME", env.BASE_DIR / "var"))
    except PostgresError as error:
        sys.stderr.write(f"{error}\n")
        raise SystemExit(1) from None
    env.set_databases(app=server.app_url, owner=server.owner_url)
    try:
        yield
    finally:
        server.release()
