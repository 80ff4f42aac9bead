"""``manage.py review_templates --customer SLUG``: a customer's templates, each through a job like everybody's."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.core.management.base import CommandError, CommandParser

from accounts_app.commands import DnaCommand
from accounts_app.customers import get_customer
from jobs_app.awaiting import await_jobs
from templates_app.choices import ReviewMode
from templates_app.models import Review, Template
from templates_app.reviews import request_review


class Command(DnaCommand):
    help = "Review a customer's templates and print the scores. The exit code is 1 when a review failed."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--customer", required=True, metavar="SLUG")
        parser.add_argument("--template", type=UUID, action="append", default=[], metavar="ID", help="only this one")
        parser.add_argument("--mode", choices=ReviewMode.values, default=ReviewMode.FULL.value)
        parser.add_argument("--provider", default="", metavar="NAME", help="language model; left out: chosen by DNA")

    def handle(
        self, *, customer: str, template: list[UUID], mode: str, provider: str, **options: Any
    ) -> None:
        found = Template.objects.filter(customer=get_customer(customer), archived_at=None).exclude(parsed_at=None)
        if template:
            found = found.filter(id__in=template)
        if not found:
            raise CommandError("No templates there that have been read. Upload some, or see parse_templates.")
        asked = [request_review(one.id, actor=None, mode=mode, provider=provider) for one in found]
        await_jobs([review.job_id for review in asked if review.job_id])
        self._print([review.id for review in asked])

    def _print(self, asked: list[UUID]) -> None:
        reviews = list(Review.objects.filter(id__in=asked).select_related("job", "template").order_by("template__name"))
        line = "{:48}  {:>7} {:>12} {:>10} {:>8} {:>7}"
        self.stdout.write(line.format("template", "overall", "completeness", "compliance", "findings", "seconds"))
        for one in reviews:
            scores = [_shown(score) for score in (one.overall, one.completeness, one.compliance)]
            seconds = f"{(one.job.duration_ms or 0) / 1000 if one.job else 0:.2f}"
            self.stdout.write(line.format(one.template.name[:48], *scores, one.findings.count(), seconds))
            if one.completed_at is None:
                self.stdout.write(f"  {one.job.error_message if one.job else 'The job is gone.'}")
        if any(one.completed_at is None for one in reviews):
            raise SystemExit(1)


def _shown(score: int | None) -> str:
    return "-" if score is None else str(score)
