"""Empties the database after a transactional test: the rows that are there go, and the tables stay.

Django truncates its own tables, all of them. Postgres makes new files for each and for every index, however few rows
there were, and each open connection reads anew what the tables are; and tickets stay in the queue for later tests.
"""

from __future__ import annotations

from django.contrib.auth.models import Permission
from django.contrib.contenttypes.models import ContentType
from django.db import connection, transaction
from django.db.backends.utils import CursorWrapper
from django.db.migrations.recorder import MigrationRecorder

from jobs_app.models import Event

# Filled by the migrations' end, and changed by no test.
KEPT = {model._meta.db_table for model in (MigrationRecorder.Migration, ContentType, Permission)}
TRUNCATED = {Event._meta.db_table}  # refuses to delete single rows


def empty_database() -> None:
    """Waits for whoever is still writing, so that nothing of the test comes afterwards."""
    with transaction.atomic(), connection.cursor() as cursor:
        tables = set(connection.introspection.table_names(cursor)) - KEPT
        cursor.execute(f"LOCK TABLE {', '.join(sorted(tables))} IN ACCESS EXCLUSIVE MODE")
        filled = filled_tables(cursor, tables)
        for table in filled & TRUNCATED:
            cursor.execute(f"TRUNCATE {table}")
        for table in filled - TRUNCATED:
            cursor.execute(f"DELETE FROM {table}")  # noqa: S608 - as the database names it


def filled_tables(cursor: CursorWrapper, tables: set[str]) -> set[str]:
    """Those of the tables that have a row."""
    looks = (f"SELECT '{table}' WHERE EXISTS (SELECT FROM {table})" for table in tables)  # noqa: S608 - as above
    cursor.execute(" UNION ALL ".join(looks))
    return {table for (table,) in cursor.fetchall()}
