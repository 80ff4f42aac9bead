"""``manage.py erase_customer SLUG --yes``."""

from __future__ import annotations

from typing import Any

from django.core.management.base import CommandError, CommandParser

from accounts_app.commands import DnaCommand
from accounts_app.customers import get_customer
from jobs_app.erasing import erase_customer
from jobs_app.models import Artifact, Job


class Command(DnaCommand):
    help = "Remove a customer with all its jobs, files, templates and documents, for ever."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("slug")
        parser.add_argument("--yes", action="store_true", help="do it; without this, only say what would go")

    def handle(self, *args: Any, slug: str, yes: bool, **options: Any) -> None:
        customer = get_customer(slug)
        if not yes:
            jobs = Job.objects.filter(customer=customer).count()
            files = Artifact.objects.filter(customer=customer).count()
            raise CommandError(f"This would erase {customer.name} with {jobs} jobs and {files} files. Add --yes.")
        alone = [m.user.email for m in customer.memberships.select_related("user") if m.user.memberships.count() == 1]
        erased = erase_customer(customer.pk, actor=None)
        self.stdout.write(f"Erased {slug}: {erased.jobs} jobs, {erased.artifacts} files.")
        if alone:
            self.stdout.write(f"Members of no customer now: {', '.join(alone)}. erase_person removes them.")
