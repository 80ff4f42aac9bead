"""What a transactional test leaves to the next one: nothing."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from django.db import connection

from jobs_app.models import Event, Job
from tests.emptying import KEPT, empty_database, filled_tables


def filled() -> set[str]:
    with connection.cursor() as cursor:
        return filled_tables(cursor, set(connection.introspection.table_names(cursor)))


@pytest.mark.django_db(transaction=True)
def test_rows_events_and_tickets_go_and_what_migrations_leave_stays(submit: Callable[..., Job]) -> None:
    submit("test.sum")
    assert filled() > KEPT | {Job._meta.db_table, Event._meta.db_table, "procrastinate_jobs"}
    empty_database()
    assert filled() == KEPT
