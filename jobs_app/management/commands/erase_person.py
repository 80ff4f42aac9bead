"""``manage.py erase_person EMAIL --yes``."""

from __future__ import annotations

from typing import Any

from django.core.management.base import CommandError, CommandParser

from accounts_app.commands import DnaCommand
from accounts_app.members import get_user
from jobs_app.erasing import erase_person
from jobs_app.models import Job


class Command(DnaCommand):
    help = "Remove a person's account and the content of their jobs, for ever. Templates and documents stay, nameless."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("email")
        parser.add_argument("--yes", action="store_true", help="do it; without this, only say what would go")

    def handle(self, *args: Any, email: str, yes: bool, **options: Any) -> None:
        user = get_user(email)
        if not yes:
            jobs = Job.objects.filter(created_by=user).count()
            raise CommandError(f"This would erase {user.email} and the content of {jobs} jobs. Add --yes.")
        erased = erase_person(user.pk, actor=None)
        self.stdout.write(f"Erased the account and the content of {erased.jobs} jobs, {erased.artifacts} files.")
