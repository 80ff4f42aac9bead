"""When the database is away: how to tell it from a fault of the statement."""

from __future__ import annotations

from django.db import InterfaceError, InternalError, OperationalError

# The server goes down, is down or comes up, or has no room for another connection; it cut an idle transaction; it chose
# this one of two in a deadlock.
_TRANSIENT_STATES = ("57P01", "57P02", "57P03", "53300", "25P03", "40001", "40P01")


def is_connection_lost(error: BaseException) -> bool:
    """Whether the same again may well succeed: the fault is the connection's or the server's, not the statement's."""
    if not isinstance(error, (OperationalError, InterfaceError, InternalError)):
        return False
    state = getattr(error.__cause__, "sqlstate", None)  # none where the server could not even say so
    return state is None or state.startswith("08") or state in _TRANSIENT_STATES
