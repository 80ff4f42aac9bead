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
    help = (
        "Review a customer's templates and print the scores, who read them and what a reader must know. The exit code "
        "is 1 when a review failed. apply_findings makes the changes that findings propose."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--customer", required=True, metavar="SLUG")
        parser.add_argument("--template", type=UUID, action="append", default=[], metavar="ID", help="only this one")
        parser.add_argument("--mode", choices=ReviewMode.values, default=ReviewMode.FULL.value)
        parser.add_argument("--provider", default="", metavar="NAME", help="language model; left out: chosen by DNA")
        parser.add_argument("--findings", action="store_true", help="print each finding with its id, too")

    def handle(
        self, *, customer: str, template: list[UUID], mode: str, provider: str, findings: bool, **options: Any
    ) -> None:
        found = Template.objects.filter(customer=get_customer(customer), archived_at=None).exclude(parsed_at=None)
        if template:
            found = found.filter(id__in=template)
        if not found:
            raise CommandError("No templates there that have been read. Upload some, or see parse_templates.")
        asked = [request_review(one.id, actor=None, mode=mode, provider=provider) for one in found]
        await_jobs([review.job_id for review in asked if review.job_id])
        self._print([review.id for review in asked], with_findings=findings)

    def _print(self, asked: list[UUID], *, with_findings: bool) -> None:
        reviews = list(Review.objects.filter(id__in=asked).select_related("job", "template").order_by("template__name"))
        line = "{:48}  {:>7} {:>12} {:>10} {:>8} {:>7}"
        self.stdout.write(line.format("template", "overall", "completeness", "compliance", "findings", "seconds"))
        for one in reviews:
            scores = [_shown(score) for score in (one.overall, one.completeness, one.compliance)]
            seconds = f"{(one.job.duration_ms or 0) / 1000 if one.job else 0:.2f}"
            self.stdout.write(line.format(one.template.name[:48], *scores, one.findings.count(), seconds))
            if one.completed_at is None:
                self.stdout.write(f"  {one.job.error_message if one.job else 'The job is gone.'}")
                continue
            self.stdout.write(f"  review {one.id}, by {' and '.join(['rules', *one.asked_providers])}")
            for note in one.notes:
                self.stdout.write(f"  {note}")
            if with_findings:
                self._print_findings(one)
        if any(one.completed_at is None for one in reviews):
            raise SystemExit(1)

    def _print_findings(self, review: Review) -> None:
        for one in review.findings.all():
            about = " ".join(filter(None, [one.get_severity_display(), one.source, one.standard_title, one.clause]))
            can = ", can be applied" if one.can_be_applied else ""
            self.stdout.write(f"  {one.id}  {about}, {one.get_status_display().lower()}{can}: {one.sentence}")


def _shown(score: int | None) -> str:
    return "-" if score is None else str(score)
