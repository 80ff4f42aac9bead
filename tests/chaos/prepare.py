"""Run once before the processes start: tables, witness, customers, keys. Prints the customers as JSON."""

from __future__ import annotations

import json
import sys

import django
from django.core.management import call_command
from django.db import connections

CUSTOMERS = ("acme", "globex", "initech")


def prepare(fault: str) -> list[dict[str, str]]:
    """By customer its id, and an editor's and an administrator's key."""
    from tests.chaos.faults import SCHEMA
    from tests.chaos.witness import TABLES, TRIGGERS

    call_command("migrate", verbosity=0, interactive=False)
    with connections["owner"].cursor() as cursor:
        for sql in (TABLES, TRIGGERS, SCHEMA.get(fault, "")):
            if sql:
                cursor.execute(sql)
    return [_make_customer(slug) for slug in CUSTOMERS]


def _make_customer(slug: str) -> dict[str, str]:
    from accounts_app.api_keys import create_api_key
    from accounts_app.choices import Role
    from accounts_app.customers import create_customer
    from accounts_app.members import create_user

    customer = create_customer(slug=slug, name=slug.title())
    editor = create_user(email=f"editor@{slug}.example", customer=customer, role=Role.EDITOR)
    staff = create_user(email=f"staff@{slug}.example", customer=customer, role=Role.MANAGER, is_staff=True)
    _, key = create_api_key(user=editor, customer=customer, name="chaos")
    _, staff_key = create_api_key(user=staff, customer=customer, name="chaos")
    about = {"slug": slug, "id": str(customer.id), "editor_id": str(editor.id)}
    return about | {"key": key, "staff_key": staff_key}


if __name__ == "__main__":
    django.setup()
    sys.stdout.write(json.dumps(prepare(*sys.argv[1:])))
