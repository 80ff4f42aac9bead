"""``manage.py sign_in_link EMAIL``."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.core.management.base import CommandParser

from accounts_app.commands import DnaCommand
from accounts_app.errors import Conflict
from accounts_app.members import get_user
from accounts_app.tokens import sign_in_link


class Command(DnaCommand):
    help = "Print an address that signs a user in, once. It stands alone on the last line of standard output."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("email")

    def handle(self, *args: Any, email: str, **options: Any) -> None:
        user = get_user(email)
        if not user.is_active:
            raise Conflict(f"{user.email} is {user.get_status_display().lower()} and cannot sign in.")
        hours = settings.SIGN_IN_LINK_SECONDS / 3600
        self.stderr.write(f"Signs {user.email} in, once, within {hours:g} hours:")
        self.stdout.write(sign_in_link(user))
