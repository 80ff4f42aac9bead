"""``web``: serve pages, API and WebSockets; jobs are run by ``worker`` processes."""

from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand

from dna.server import serve


class Command(BaseCommand):
    help = "Serve pages, API and WebSockets until SIGINT or SIGTERM."

    def handle(self, *args: Any, **options: Any) -> None:
        serve(with_worker=False)
