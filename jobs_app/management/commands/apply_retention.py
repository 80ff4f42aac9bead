"""``manage.py apply_retention``."""

from __future__ import annotations

from typing import Any

from accounts_app.commands import DnaCommand
from jobs_app.retention import apply_retention


class Command(DnaCommand):
    help = "Remove what is older than the retention settings allow. Workers do it once a day; safe to run at any time."

    def handle(self, *args: Any, **options: Any) -> None:
        for kind, count in apply_retention().items():
            self.stdout.write(f"{kind}: {count}")
