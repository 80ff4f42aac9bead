"""``manage.py check_ledger [--settle]``: is every call booked, and every balance the sum of its entries?"""

from __future__ import annotations

from typing import Any

from django.core.management.base import CommandError, CommandParser

from accounts_app.commands import DnaCommand
from llm_app.ledger import find_orphans, find_unbalanced, settle_orphans


class Command(DnaCommand):
    help = (
        "List calls that were sent and never booked, because their process died in between, and balances that are not"
        " the sum of their entries; exit 1 when there are any."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--settle", action="store_true", help="book such calls at the most they can have cost")

    def handle(self, *args: Any, settle: bool, **options: Any) -> None:
        orphans = list(find_orphans())
        for entry in orphans:
            customer = entry.customer.slug if entry.customer else "-"
            self.stdout.write(
                f"{entry.id}  {entry.created_at:%Y-%m-%d %H:%M:%S}  {entry.provider}  {entry.reserved_usd} USD reserved"
                f"  customer {customer}  job {entry.job_id or '-'}  {entry.step_key}"
            )
        unbalanced = list(find_unbalanced())
        for one in unbalanced:
            self.stdout.write(
                f"{one.balance}: {one.balance.spent_usd} spent, {one.balance.reserved_usd} reserved; by its entries"
                f" {one.spent_usd}, {one.reserved_usd}"
            )
        if settle:
            self.stdout.write(f"{len(settle_orphans())} calls booked as estimates.")
            orphans = []
        if orphans or unbalanced:
            raise CommandError(f"{len(orphans)} calls not booked, {len(unbalanced)} balances wrong.")
