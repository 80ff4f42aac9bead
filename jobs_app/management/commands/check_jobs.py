"""``manage.py check_jobs [--customer SLUG] [--json]``: is every job what its log says?"""

from __future__ import annotations

import json
from dataclasses import asdict
from typing import Any

from django.core.management.base import CommandError, CommandParser

from accounts_app.commands import DnaCommand
from accounts_app.customers import get_customer
from jobs_app.models import Job
from jobs_app.replay import Check, Difference


class Command(DnaCommand):
    help = "Rebuild each job's summary from its log alone and compare; exit 1 with the differences. Changes nothing."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--customer", metavar="SLUG", help="only this customer's jobs")
        parser.add_argument("--json", action="store_true", help="one JSON object per difference, a line each")

    def handle(self, *args: Any, customer: str | None, json: bool, **options: Any) -> None:
        jobs = Job.objects.filter(customer=get_customer(customer)) if customer else Job.objects.all()
        check = Check(jobs)
        found = 0
        for difference in check.differences():
            if not json and not found:
                self.stdout.write(_row("job", "what", "in the row", "by the log"))
            self.stdout.write(_as_json(difference) if json else _as_row(difference))
            found += 1
        said = f"{check.checked} jobs checked, {found} differences."
        if found:
            raise CommandError(said)
        self.stderr.write(said)


def _as_json(difference: Difference) -> str:
    return json.dumps(asdict(difference), default=str)


def _as_row(difference: Difference) -> str:
    return _row(str(difference.job_id), difference.column, str(difference.row), str(difference.log))


def _row(job: str, column: str, row: str, log: str) -> str:
    return f"{job:36}  {column:20}  {row[:40]:40}  {log[:40]}"
