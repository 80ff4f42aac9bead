"""``web``: serve pages, API and WebSockets; jobs are run by ``worker`` processes."""

from __future__ import annotations

import argparse
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandParser

from dna.server import Inherited, serve
from dna.web_processes import serve_in_processes


class Command(BaseCommand):
    help = "Serve pages, API and WebSockets until SIGINT or SIGTERM."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--processes", type=int, help="Processes on the one port (default: WEB_PROCESSES).")
        # How such a process is told where to accept connections from.
        parser.add_argument("--socket", type=int, help=argparse.SUPPRESS)
        parser.add_argument("--alive", type=int, help=argparse.SUPPRESS)

    def handle(self, *args: Any, **options: Any) -> None:
        count = options["processes"] or settings.WEB_PROCESSES
        if options["socket"] is not None:
            serve(with_worker=False, inherited=Inherited(options["socket"], options["alive"]))
        elif count > 1:
            serve_in_processes(count)
        else:
            serve(with_worker=False)
