"""``manage.py collect_artifacts [--dry-run]``."""

from __future__ import annotations

from typing import Any

from django.core.management.base import CommandParser

from accounts_app.commands import DnaCommand
from jobs_app.collection import collect_artifacts


class Command(DnaCommand):
    help = "Remove files that nothing refers to for a day. Workers do it once a day; safe to run at any time."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--dry-run", action="store_true", help="only say what would go")

    def handle(self, *args: Any, dry_run: bool, **options: Any) -> None:
        found = collect_artifacts(dry_run=dry_run)
        would = "would be " if dry_run else ""
        self.stdout.write(f"{found.blobs} unused files ({found.bytes} bytes) {would}removed.")
        self.stdout.write(f"{found.newly_unused} files newly unused: a day of grace.")
        self.stdout.write(f"{found.orphan_files} files without a row, {found.drafts} old drafts {would}removed.")
