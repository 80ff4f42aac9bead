"""``manage.py import_facts FILE --customer SLUG``: a customer's facts out of a CSV or XLSX file."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from django.core.files.base import File
from django.core.management.base import CommandError, CommandParser

from accounts_app.commands import DnaCommand
from accounts_app.customers import get_customer
from templates_app.errors import BadRows
from templates_app.fact_import import import_facts


class Command(DnaCommand):
    help = (
        "Read facts from a table with the columns value and key or label, and where wanted type and source. All rows "
        "are taken or none: each bad one is named. Safe to run twice."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("file", type=Path, metavar="FILE", help="CSV (UTF-8) or XLSX")
        parser.add_argument("--customer", required=True, metavar="SLUG")

    def handle(self, *, file: Path, customer: str, **options: Any) -> None:
        owner = get_customer(customer)
        try:
            with file.open("rb") as source:
                done = import_facts(File(source, file.name), customer_id=owner.id, actor=None)
        except OSError as error:
            raise CommandError(f"{file}: {error.strerror}") from error
        except BadRows as error:
            for row in error.details["rows"]:
                self.stderr.write(f"Row {row['row']}: {row['message']}")
            raise CommandError("Nothing was written.") from error
        self.stdout.write(f"{done.rows} facts read, {done.changed} of them new or changed")
