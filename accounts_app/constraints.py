"""Constraints that Django has no words for, as migration operations."""

from __future__ import annotations

from django.db.migrations import RunSQL


def same_customer(table: str, column: str, target: str) -> RunSQL:
    """A reference that cannot point at another customer's row. The target needs a unique (customer_id, id)."""
    name = f"{table}_{column}_same_customer"
    return RunSQL(
        f"ALTER TABLE {table} ADD CONSTRAINT {name} FOREIGN KEY (customer_id, {column})"
        f" REFERENCES {target} (customer_id, id) DEFERRABLE INITIALLY DEFERRED",
        f"ALTER TABLE {table} DROP CONSTRAINT {name}",
    )
