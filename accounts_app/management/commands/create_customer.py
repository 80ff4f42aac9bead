"""``manage.py create_customer SLUG --name NAME``."""

from __future__ import annotations

from typing import Any

from django.core.management.base import CommandParser

from accounts_app.commands import DnaCommand
from accounts_app.customers import create_customer


class Command(DnaCommand):
    help = "Create a customer. Refused when the slug is taken, so it is safe to run twice."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("slug", help="small letters, digits and hyphens; names the customer in commands, for ever")
        parser.add_argument("--name", help="shown in pages; the slug when left out")

    def handle(self, *args: Any, slug: str, name: str | None, **options: Any) -> None:
        customer = create_customer(slug=slug, name=name or slug)
        self.stdout.write(f"Created the customer {customer.slug} ({customer.name}).")
