"""``manage.py cleanup_stale [--hours N]``."""

from __future__ import annotations

from typing import Any

from django.core.management.base import CommandError, CommandParser

from accounts_app.commands import DnaCommand
from jobs_app.stale import mark_stale


class Command(DnaCommand):
    help = "Fail jobs that are unfinished for too long. Workers do it once a day; safe to run at any time."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--hours", type=int, help="older than this (default: JOB_STALE_HOURS)")

    def handle(self, *args: Any, hours: int | None, **options: Any) -> None:
        if hours is not None and hours < 1:
            raise CommandError("--hours must be at least 1.")
        marked = mark_stale(older_than_hours=hours)
        for job_id in marked:
            self.stdout.write(str(job_id))
        self.stdout.write(f"{len(marked)} jobs marked stale.")
