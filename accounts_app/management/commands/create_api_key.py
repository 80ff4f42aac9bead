"""``manage.py create_api_key EMAIL --customer SLUG``."""

from __future__ import annotations

from typing import Any

from django.core.management.base import CommandParser

from accounts_app.api_keys import create_api_key
from accounts_app.commands import DnaCommand
from accounts_app.customers import get_customer
from accounts_app.members import get_user


class Command(DnaCommand):
    help = (
        "Create an API key of a user for a customer. The key stands alone on the last line of standard output and "
        "is shown this once. Each run makes another key; a --name is refused while a key has it."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("email")
        parser.add_argument("--customer", required=True, metavar="SLUG")
        parser.add_argument("--name", default="", help="what will use the key")

    def handle(self, *args: Any, email: str, customer: str, name: str, **options: Any) -> None:
        user, found = get_user(email), get_customer(customer)
        key, secret = create_api_key(user=user, customer=found, name=name)
        self.stderr.write(f"Created the API key {key} of {user.email} for {found.slug}. It is not shown again:")
        self.stdout.write(secret)
