"""``setup``: bring the database up to date, with a first customer, administrator and sample. Safe to run again."""

from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand

from dna.installation import prepare_installation


class Command(BaseCommand):
    help = "Set up the database, the first customer and administrator, and one sample template."

    def handle(self, *args: Any, **options: Any) -> None:
        prepare_installation(say=self.stdout.write)
