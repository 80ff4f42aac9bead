"""Run once before the processes start: tables, customers, keys. Prints the customers as JSON."""

from __future__ import annotations

import json
import sys

import django
from django.core.management import call_command
from django.db import connections

TABLE = """
CREATE TABLE chaos_effect (
    id bigserial PRIMARY KEY, job_id uuid NOT NULL, customer_id uuid NOT NULL, key text NOT NULL, what text NOT NULL,
    process_id int NOT NULL, lease bigint NOT NULL, written_at timestamptz NOT NULL DEFAULT clock_timestamp())"""
CUSTOMERS = ("acme", "globex", "initech")


def prepare(fault: str) -> list[dict[str, str]]:
    from accounts_app.api_keys import create_api_key
    from accounts_app.choices import Role
    from accounts_app.customers import create_customer
    from accounts_app.members import create_user
    from tests.chaos.faults import SCHEMA

    call_command("migrate", verbosity=0, interactive=False)
    with connections["owner"].cursor() as cursor:
        cursor.execute(TABLE)
        if fault in SCHEMA:
            cursor.execute(SCHEMA[fault])
    made = []
    for slug in CUSTOMERS:
        customer = create_customer(slug=slug, name=slug.title())
        user = create_user(email=f"editor@{slug}.example", customer=customer, role=Role.EDITOR)
        _, key = create_api_key(user=user, customer=customer, name="chaos")
        made.append({"slug": slug, "id": str(customer.id), "key": key})
    return made


if __name__ == "__main__":
    django.setup()
    sys.stdout.write(json.dumps(prepare(*sys.argv[1:])))
