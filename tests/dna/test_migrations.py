"""Every migration can be undone: all apps down to nothing and up again, on a database of their own."""

from __future__ import annotations

import os
import subprocess
import sys
import uuid
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest
from django.conf import settings
from django.db import connections
from psycopg import sql
from psycopg.conninfo import make_conninfo

ROOT = Path(__file__).resolve().parent.parent.parent
# procrastinate's own migrations cannot be undone; nothing of ours is in them.
_DOWN_AND_UP = """
import django
django.setup()
from django.core.management import call_command
from django.db import connection
from django.db.migrations.loader import MigrationLoader

def migrate(*arguments):
    call_command("migrate", *arguments, verbosity=0, interactive=False)

migrate()
for label in sorted({app for app, _ in MigrationLoader(connection).graph.nodes} - {"procrastinate"}):
    migrate(label, "zero")
print("LEFT", *sorted(connection.introspection.table_names()), flush=True)
"""
_SHAPE = """
    SELECT concat_ws(' ', table_name, column_name, data_type, is_nullable, column_default)
      FROM information_schema.columns WHERE table_schema = 'public'
    UNION ALL SELECT indexdef FROM pg_indexes WHERE schemaname = 'public'
    UNION ALL SELECT conrelid::regclass || ' ' || conname || ' ' || pg_get_constraintdef(oid)
                FROM pg_constraint WHERE connamespace = 'public'::regnamespace
    UNION ALL SELECT pg_get_triggerdef(oid) FROM pg_trigger WHERE NOT tgisinternal
    UNION ALL SELECT proname || prosrc FROM pg_proc
               WHERE pronamespace = 'public'::regnamespace AND (proname LIKE 'dna%' OR proname LIKE 'llm_app%')
    UNION ALL SELECT relname || array_to_string(reloptions, ',')
                FROM pg_class WHERE relnamespace = 'public'::regnamespace
     ORDER BY 1"""


@pytest.fixture
def scratch(django_db_setup: None) -> Iterator[str]:
    """The address of a new database beside the tests' own."""
    name = f"{connections['default'].settings_dict['NAME']}_{uuid.uuid4().hex[:6]}"
    server = make_conninfo(settings.DATABASE_URL, dbname="postgres")
    with psycopg.connect(server, autocommit=True) as connection:
        connection.execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(name)))
        yield make_conninfo(settings.DATABASE_URL, dbname=name)
        connection.execute(sql.SQL("DROP DATABASE {} WITH (FORCE)").format(sql.Identifier(name)))


def run(address: str, *arguments: str) -> str:
    environment = {**os.environ, "DATABASE_URL": address, "DJANGO_SETTINGS_MODULE": "dna.settings"}
    environment.pop("DATABASE_DIRECT_URL", None)
    done = subprocess.run(
        [sys.executable, *arguments], cwd=ROOT, env=environment, capture_output=True, text=True, timeout=180
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def shape(address: str) -> list[str]:
    with psycopg.connect(address) as connection:
        return [row[0] for row in connection.execute(_SHAPE).fetchall()]


def test_all_apps_go_down_to_nothing_and_up_again(scratch: str) -> None:
    said = run(scratch, "-c", _DOWN_AND_UP)
    (left,) = [line.split()[1:] for line in said.splitlines() if line.startswith("LEFT")]
    assert [table for table in left if not table.startswith("procrastinate_")] == ["django_migrations"]
    run(scratch, "manage.py", "migrate", "--verbosity=0")
    again = shape(scratch)
    with psycopg.connect(scratch, autocommit=True) as connection:
        connection.execute("DROP SCHEMA public CASCADE")
        connection.execute("CREATE SCHEMA public")
    run(scratch, "manage.py", "migrate", "--verbosity=0")
    assert again == shape(scratch)
