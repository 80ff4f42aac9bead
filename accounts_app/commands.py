"""The base of management commands."""

from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand, CommandError

from accounts_app.errors import DnaError


class DnaCommand(BaseCommand):
    """An error of ours becomes one sentence and exit code 1, not a traceback."""

    def execute(self, *args: Any, **options: Any) -> str | None:
        try:
            return super().execute(*args, **options)
        except DnaError as error:
            raise CommandError(error.user_message) from error
