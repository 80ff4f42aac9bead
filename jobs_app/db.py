"""Database work outside requests: the one executor, and the guard over what a job may write.

Django's thread-sensitive executor is a single thread for everything outside requests; jobs and streams use
``run_sync`` instead.
"""

from __future__ import annotations

import asyncio
import contextvars
import logging
import re
import time
from collections.abc import Awaitable, Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from enum import Enum
from functools import lru_cache, partial
from typing import Any, ParamSpec, TypeVar

from django.conf import settings
from django.db import InterfaceError, InternalError, OperationalError, close_old_connections
from django.db.backends.base.base import BaseDatabaseWrapper

from accounts_app.outage import is_connection_lost
from jobs_app.errors import WriteOutsideAtomicStep

P = ParamSpec("P")
R = TypeVar("R")

_TRY_AGAIN_SECONDS = 0.2

logger = logging.getLogger(__name__)


@lru_cache(maxsize=1)
def _executor() -> ThreadPoolExecutor:
    return ThreadPoolExecutor(settings.WORKER_THREAD_POOL, thread_name_prefix="dna-db")


async def run_sync(fn: Callable[P, R], /, *args: P.args, **kwargs: P.kwargs) -> R:
    """Run a sync function that uses the database, in a thread that gives its connection back afterwards.

    A transaction must begin and end inside ``fn``. When the awaiting task is cancelled the thread goes on.
    """
    call = partial(contextvars.copy_context().run, _with_connection, partial(fn, *args, **kwargs))
    return await asyncio.get_running_loop().run_in_executor(_executor(), call)


async def persisted(fn: Callable[P, R], /, *args: P.args, **kwargs: P.kwargs) -> R:
    """``run_sync``, tried again for as long as a lease lasts while the database cannot be reached.

    Whether a commit came through before the connection was lost nobody can tell: ``fn`` must be safe to call again.
    """
    return await reached(fn.__name__, partial(run_sync, fn, *args, **kwargs))


async def reached(name: str, work: Callable[[], Awaitable[R]]) -> R:
    """What this work comes to, begun anew for as long as a lease lasts while the database cannot be reached."""
    give_up_at = time.monotonic() + settings.JOB_LEASE_SECONDS
    while True:
        try:
            return await work()
        except (OperationalError, InterfaceError, InternalError) as error:
            if not is_connection_lost(error) or time.monotonic() > give_up_at:
                raise
            logger.warning("%s: trying again: %s", name, error)
            await asyncio.sleep(_TRY_AGAIN_SECONDS)


async def settled(work: Awaitable[R]) -> R:
    """Await to the outcome even when cancelled meanwhile; the cancellation goes on afterwards."""
    task = asyncio.ensure_future(work)
    try:
        return await asyncio.shield(task)
    except asyncio.CancelledError:
        if not task.done():
            await asyncio.wait([task])
        if not task.cancelled() and (error := task.exception()) is not None:
            logger.info("what was cancelled had failed: %s", error)
        raise


def _with_connection(call: Callable[[], R]) -> R:
    close_old_connections()
    try:
        return call()
    finally:
        close_old_connections()


class Writing(Enum):
    """What the running code may write: everything (a request), or, inside a job, domain rows only in atomic steps."""

    FREE = "free"
    JOB = "job"


_writing: contextvars.ContextVar[Writing] = contextvars.ContextVar("dna_writing", default=Writing.FREE)

_WRITE = re.compile(
    r'\s*(?:INSERT\s+INTO|UPDATE|DELETE\s+FROM|TRUNCATE(?:\s+TABLE)?|MERGE\s+INTO)\s+"?(\w+)', re.IGNORECASE
)
# The runtime's own rows, which carry job and step, and the queue; of the language models what is paid, how often they
# were asked, and answers kept for the next time. Everything else is domain.
_EXEMPT = (
    "jobs_app_", "procrastinate_", "llm_app_ledger", "llm_app_ratebucket", "llm_app_cachedanswer", "django_session",
)


@contextmanager
def writing(mode: Writing) -> Iterator[None]:
    token = _writing.set(mode)
    try:
        yield
    finally:
        _writing.reset(token)


def check_write(sql: str) -> None:
    """Raise ``WriteOutsideAtomicStep`` where the running code may not write what this statement writes."""
    if _writing.get() is Writing.JOB and (found := _WRITE.match(sql)) and not found[1].startswith(_EXEMPT):
        raise WriteOutsideAtomicStep(f"A job wrote to {found[1]} outside an atomic step.")


def _refuse_domain_writes(execute: Callable[..., Any], sql: str, params: Any, many: bool, context: Any) -> Any:
    check_write(str(sql))
    return execute(sql, params, many, context)


def install_guard(connection: BaseDatabaseWrapper, **_: Any) -> None:
    """Receiver of ``connection_created``."""
    if _refuse_domain_writes not in connection.execute_wrappers:
        connection.execute_wrappers.append(_refuse_domain_writes)
