"""``worker``: run jobs until told to stop."""

from __future__ import annotations

import asyncio
import signal
from typing import Any

from django.core.management.base import BaseCommand, CommandParser

from jobs_app.worker import JobWorker


class Command(BaseCommand):
    help = "Run jobs until SIGINT or SIGTERM; running ones are then handed over to other workers."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--concurrency", type=int, help="Jobs at once (default: WORKER_CONCURRENCY).")

    def handle(self, *args: Any, **options: Any) -> None:
        asyncio.run(_work(options["concurrency"]))


async def _work(concurrency: int | None) -> None:
    worker = JobWorker(concurrency=concurrency)
    for number in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(number, worker.stop)
    await worker.run()
