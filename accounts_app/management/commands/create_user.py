"""``manage.py create_user EMAIL --customer SLUG --role ROLE``."""

from __future__ import annotations

import sys
from typing import Any

from django.core.management.base import CommandError, CommandParser

from accounts_app.choices import Role
from accounts_app.commands import DnaCommand
from accounts_app.customers import get_customer
from accounts_app.members import add_member, clean_email, create_user
from accounts_app.models import Customer, User


class Command(DnaCommand):
    help = (
        "Create a user who is a member of a customer; an existing user becomes a member of one more. "
        "Refused when the user is a member already, so it is safe to run twice."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("email")
        parser.add_argument("--customer", required=True, metavar="SLUG")
        parser.add_argument("--role", required=True, choices=Role.values)
        parser.add_argument("--name", default="", help="the person's name")
        parser.add_argument("--staff", action="store_true", help="may use the admin")
        parser.add_argument(
            "--password-stdin",
            action="store_true",
            help="read the password from the first line of standard input; without one, use sign_in_link",
        )

    def handle(self, *args: Any, email: str, customer: str, role: str, **options: Any) -> None:
        found = get_customer(customer)
        password = _read_password() if options["password_stdin"] else None
        user = User.objects.filter(email=clean_email(email)).first()
        if user is None:
            user = create_user(
                email=email,
                customer=found,
                role=Role(role),
                password=password,
                name=options["name"],
                is_staff=options["staff"],
            )
            self.stdout.write(f"Created the user {user.email}, {role} of {found.slug}.")
        else:
            self._add_existing(user, found, Role(role), asks_for_more=bool(password or options["staff"]))

    def _add_existing(self, user: User, customer: Customer, role: Role, *, asks_for_more: bool) -> None:
        """Only the membership: neither a password nor rights of somebody who exists are changed in passing."""
        if asks_for_more:
            raise CommandError(f"There is a user {user.email} already: --password-stdin and --staff are for new ones.")
        add_member(user=user, customer=customer, role=role)
        self.stdout.write(f"The user {user.email} existed and is now {role} of {customer.slug}, too.")


def _read_password() -> str:
    password = sys.stdin.readline().rstrip("\r\n")
    if not password:
        raise CommandError("--password-stdin: there was no password on standard input.")
    return password
