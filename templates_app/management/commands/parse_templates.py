"""``manage.py parse_templates PATH… --customer SLUG``: many Word files through the same jobs as everybody's uploads."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from django.core.management.base import CommandError, CommandParser
from tqdm import tqdm

from accounts_app.commands import DnaCommand
from accounts_app.customers import get_customer
from accounts_app.models import Customer
from templates_app.bulk_upload import (
    Details,
    Outcome,
    await_outcomes,
    count_findings,
    find_word_files,
    submit_file,
    write_parses,
)


class Command(DnaCommand):
    help = (
        "Parse Word templates for a customer and print what was found. A refused file does not stop the others; the "
        "exit code is 1 when any file failed. Safe to run twice: a file parsed before is left out without --force, "
        "which reads its template again with what is told here; edits and documents stay."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("paths", nargs="+", type=Path, metavar="PATH", help="files, or folders of Word files")
        parser.add_argument("--customer", required=True, metavar="SLUG")
        parser.add_argument("--json", type=Path, metavar="DIR", help="write each parse as NAME.json")
        parser.add_argument("--recursive", action="store_true", help="look into folders within folders")
        parser.add_argument("--force", action="store_true", help="read again what was parsed before")
        parser.add_argument("--standard", default="", metavar="KEY", help="of all of them; left out: recognised")
        parser.add_argument("--custom-rules", default="", metavar="TEXT", help="hints for reading, in plain words")
        parser.add_argument("--provider", default="", metavar="NAME", help="language model; left out: chosen by DNA")
        parser.add_argument(
            "--allow-questions", action="store_true",
            help="ask a person where two readings are close; the command ends then and says where it waits",
        )

    def handle(
        self,
        *,
        paths: list[Path],
        customer: str,
        json: Path | None,
        recursive: bool,
        force: bool,
        standard: str,
        custom_rules: str,
        provider: str,
        allow_questions: bool,
        **options: Any,
    ) -> None:
        found = find_word_files(paths, recursive=recursive)
        if not found:
            raise CommandError("No .docx, .docm, .dotx or .dotm files there. --recursive looks into inner folders.")
        owner = get_customer(customer)
        details = Details(standard, custom_rules, provider, allow_questions)
        outcomes = self._run(found, owner, force=force, details=details)
        count_findings(outcomes)
        if json is not None:
            write_parses(outcomes, json)
        self._print_summary(outcomes)
        if not all(outcome.is_good or outcome.is_waiting for outcome in outcomes):
            raise SystemExit(1)

    def _run(
        self, found: Sequence[Path], owner: Customer, *, force: bool, details: Details
    ) -> list[Outcome]:
        outcomes = []
        with tqdm(total=len(found), unit="file", desc="Parsing", file=self.stderr, disable=None) as bar:
            for path in found:
                outcome = submit_file(path, customer_id=owner.id, force=force, details=details)
                outcomes.append(outcome)
                if outcome.status:
                    bar.update()
            await_outcomes(outcomes, ended=lambda _: bar.update())
        return outcomes

    def _print_summary(self, outcomes: Sequence[Outcome]) -> None:
        width = min(48, max(len(outcome.path.name) for outcome in outcomes))
        self.stdout.write(f"{'file':{width}}  {'status':14} {'sections':>8} {'fields':>6} {'places':>6} {'seconds':>7}")
        for one in outcomes:
            counts = f"{one.sections:8} {one.fields:6} {one.places:6} {one.seconds:7.2f}"
            found = counts if one.is_good else one.reason
            self.stdout.write(f"{one.path.name[:width]:{width}}  {one.status:14} {found}")
            if one.is_good and one.reason:
                self.stdout.write(f"{'':{width}}  {one.reason}")
        good = sum(one.is_good for one in outcomes)
        waiting = sum(one.is_waiting for one in outcomes)
        rest = f", {waiting} waiting for a person" if waiting else ""
        fields = sum(one.fields for one in outcomes)
        self.stdout.write(f"{good} of {len(outcomes)} files parsed, {fields} fields{rest}")
