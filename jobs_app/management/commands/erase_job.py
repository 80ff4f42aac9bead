"""``manage.py erase_job ID --yes``."""

from __future__ import annotations

import uuid
from typing import Any

from django.core.management.base import CommandError, CommandParser

from accounts_app.commands import DnaCommand
from jobs_app.erasing import erase_job


class Command(DnaCommand):
    help = "Remove the content of a job and of the jobs it started, for ever. Their logs stay: they hold no content."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("id", type=uuid.UUID)
        parser.add_argument("--yes", action="store_true", help="do it")

    def handle(self, *args: Any, id: uuid.UUID, yes: bool, **options: Any) -> None:
        if not yes:
            raise CommandError(f"This would erase the content of job {id} and of the jobs it started. Add --yes.")
        erased = erase_job(id, actor=None)
        self.stdout.write(f"Erased the content of {erased.jobs} jobs, {erased.artifacts} files.")
