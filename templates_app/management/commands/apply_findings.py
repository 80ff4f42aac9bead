"""``manage.py apply_findings --review ID --as EMAIL``: decide about a review's findings, as the person named."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.core.management.base import CommandError, CommandParser

from accounts_app.access import Actor, actor_for
from accounts_app.commands import DnaCommand
from accounts_app.members import get_user
from jobs_app.awaiting import await_jobs
from jobs_app.choices import JobStatus
from jobs_app.models import Job
from templates_app.choices import TextDecision
from templates_app.reviews import Chosen, apply_findings, ignore_findings
from templates_app.text_fixes import decide_texts


class Command(DnaCommand):
    help = (
        "Make the changes that findings of a review propose: of fields at once, of texts as tracked changes with a "
        "comment, which --accept and --reject decide about. Nothing is decided by nobody: --as names who does. "
        "review_templates --findings prints the ids. The exit code is 1 when a change could not be made."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--review", type=UUID, required=True, metavar="ID")
        parser.add_argument("--as", dest="email", required=True, metavar="EMAIL", help="the person who decides")
        which = parser.add_mutually_exclusive_group(required=True)
        which.add_argument("--finding", type=UUID, action="append", default=[], metavar="ID")
        which.add_argument("--all", action="store_true", help="that can be applied, or whose changes are undecided")
        what = parser.add_mutually_exclusive_group()
        what.add_argument("--ignore", metavar="REASON", help="leave the named findings be instead, for this reason")
        what.add_argument(
            "--accept", dest="decision", action="store_const", const=TextDecision.ACCEPT, help="their tracked changes"
        )
        what.add_argument("--reject", dest="decision", action="store_const", const=TextDecision.REJECT)

    def handle(
        self,
        *,
        review: UUID,
        email: str,
        finding: list[UUID],
        ignore: str | None,
        decision: TextDecision | None,
        **options: Any,
    ) -> None:
        actor = _person(email)
        if ignore is not None:
            if not finding:
                raise CommandError("Name the findings to ignore, each with --finding.")
            self._say(len(ignore_findings(review, finding, ignore, actor=actor)), "ignored")
        elif decision is not None:
            job = decide_texts(review, finding or None, decision, actor=actor)
            self._await(job, "The tracked changes are decided.")
        else:
            self._apply(review, finding or "all", actor)

    def _apply(self, review: UUID, chosen: Chosen, actor: Actor) -> None:
        outcome = apply_findings(review, chosen, actor=actor)
        self._say(len(outcome.applied), "applied")
        if outcome.job is not None:
            self._await(outcome.job, f"{len(outcome.proposed)} proposed as tracked changes.")
        for finding_id, reason in outcome.refused.items():
            self.stderr.write(f"{finding_id}: {reason}")
        if outcome.refused:
            raise SystemExit(1)

    def _await(self, job: Job, done: str) -> None:
        await_jobs([job.id])
        job.refresh_from_db()
        if job.status != JobStatus.COMPLETED:
            raise CommandError(job.error_message or "The job did not complete.")
        self.stdout.write(done)

    def _say(self, count: int, what: str) -> None:
        self.stdout.write(f"{count} {'finding' if count == 1 else 'findings'} {what}.")


def _person(email: str) -> Actor:
    user = get_user(email)
    if not user.is_active:
        raise CommandError(f"{user.email} is {user.get_status_display().lower()} and decides about nothing.")
    return actor_for(user, door="command")
