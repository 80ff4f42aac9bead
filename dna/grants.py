"""Rights of the app's role: it uses the tables and owns none, so it cannot switch off what they hold to."""

from __future__ import annotations

from typing import Any

from django.db import connections
from psycopg import sql

_GRANTS = (
    "GRANT USAGE ON SCHEMA public TO {app}",
    "GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA public TO {app}",
    "GRANT USAGE ON ALL SEQUENCES IN SCHEMA public TO {app}",
    "REVOKE UPDATE ON jobs_app_event FROM {app}",
)


def grant_app_role(using: str, **_: Any) -> None:
    """Receiver of ``post_migrate`` of this app, which comes last. Only where an owner's connection exists."""
    if using != "owner":
        return
    app_role = connections["default"].settings_dict["USER"]
    with connections[using].cursor() as cursor:
        for grant in _GRANTS:
            cursor.execute(sql.SQL(grant).format(app=sql.Identifier(app_role)))
