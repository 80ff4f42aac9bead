"""Single statements from the event loop: without the two changes of thread and the visit to the pool of ``run_sync``.

Each event loop keeps one connection until it ends. Whoever finds it taken goes through a thread, like everybody else:
so a process has one connection more, and no statement waits behind another.
"""

from __future__ import annotations

import asyncio
import logging
import select
import time
from collections.abc import AsyncGenerator, Mapping, Sequence
from functools import partial
from typing import Any

from django.conf import settings
from django.db import connection
from psycopg import AsyncConnection
from psycopg.pq import TransactionStatus

from jobs_app.db import check_write, reached, run_sync
from jobs_app.direct import direct_conninfo

Values = Sequence[Any] | Mapping[str, Any]
Rows = list[tuple[Any, ...]]

# Where Django logs every statement while DEBUG is on.
_statements = logging.getLogger("django.db.backends")


class _Kept:
    """The connection of one event loop: made at first use, and anew when it was lost."""

    def __init__(self) -> None:
        self.is_taken = False
        self._connection: AsyncConnection[tuple[Any, ...]] | None = None

    async def execute(self, sql: str, values: Values) -> Rows:
        if self._connection is None or _is_dead(self._connection):
            await self.close()
            self._connection = await AsyncConnection.connect(direct_conninfo(), autocommit=True)
        cursor = await self._connection.execute(sql, values, prepare=True)
        return await cursor.fetchall()

    async def close(self) -> None:
        if self._connection is not None:
            await self._connection.close()
            self._connection = None


def _is_dead(kept: AsyncConnection[Any]) -> bool:
    """Whether it was closed or left amid a statement, or the server went away: what it says unasked is good-bye.

    Asks nobody. Of what cannot be seen from here the statement itself finds out, and is tried again.
    """
    if kept.info.transaction_status != TransactionStatus.IDLE:
        return True
    poll = select.poll()
    poll.register(kept.fileno(), select.POLLIN)
    return bool(poll.poll(0))


# By event loop, with what closes the connection when the loop ends.
_kept: dict[asyncio.AbstractEventLoop, tuple[_Kept, AsyncGenerator[None]]] = {}


async def execute(sql: str, values: Values) -> Rows:
    """The rows of one statement that is a transaction of its own; prepared once in the connection.

    Tried again as ``persisted`` does, so it must be safe to run twice. Raises Django's errors.
    """
    check_write(sql)
    return await reached(sql.split("(")[0].strip(), partial(_execute, sql, values))


async def _execute(sql: str, values: Values) -> Rows:
    kept = await _of_this_loop()
    if kept.is_taken:
        return await run_sync(_execute_in_thread, sql, values)
    kept.is_taken, started = True, time.monotonic()
    try:
        with connection.wrap_database_errors:
            return await kept.execute(sql, values)
    finally:
        kept.is_taken = False
        if settings.DEBUG:
            _statements.debug("(%.3f) %s; args=%s; alias=%s", time.monotonic() - started, sql, values, "default")


def _execute_in_thread(sql: str, values: Values) -> Rows:
    with connection.cursor() as cursor:
        cursor.execute(sql, values)
        return list(cursor.fetchall())


async def _of_this_loop() -> _Kept:
    loop = asyncio.get_running_loop()
    if loop not in _kept:
        kept = _Kept()
        closing = _until_the_end(loop, kept)
        _kept[loop] = kept, closing
        await anext(closing)
    return _kept[loop][0]


async def _until_the_end(loop: asyncio.AbstractEventLoop, kept: _Kept) -> AsyncGenerator[None]:
    """An event loop that ends closes its generators, and this one the connection."""
    try:
        yield
    finally:
        del _kept[loop]
        await kept.close()
