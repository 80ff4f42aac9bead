"""Connections beside Django's: sessions of their own for LISTEN, leases and notifications."""

from __future__ import annotations

from django.conf import settings
from django.db import connections
from psycopg.conninfo import make_conninfo

# Well below a lease, so that a worker cut off from the database notices in time.
CONNECT_SECONDS = 3


def direct_conninfo() -> str:
    """Where to connect without a pooler; always the database that Django uses at this moment."""
    name = connections["default"].settings_dict["NAME"]
    return make_conninfo(settings.DATABASE_DIRECT_URL, dbname=name, connect_timeout=CONNECT_SECONDS)
