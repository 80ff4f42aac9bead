"""``manage.py generate_documents --template ID``: documents for customers, or for each row of a table."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any
from uuid import UUID

from django.core.files.base import File
from django.core.management.base import CommandError, CommandParser

from accounts_app.commands import DnaCommand
from jobs_app import artifacts
from jobs_app.awaiting import await_jobs
from jobs_app.choices import JobStatus
from jobs_app.downloads import safe_filename
from jobs_app.models import Artifact
from templates_app.batches import create_batch
from templates_app.choices import OnUnfilled
from templates_app.documents import Wishes
from templates_app.errors import NobodyServed
from templates_app.models import Batch, Document, Template
from templates_app.rounds import make_round


class Command(DnaCommand):
    help = (
        "Make documents of a template. With --rows one for each row of a CSV or XLSX file; otherwise one for each "
        "--customer, out of its fact sheet (of its own copy of the template, which it gets where it has none). The "
        "exit code is 1 when one could not be made; the others are made all the same."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--template", type=UUID, required=True, metavar="ID")
        parser.add_argument("--customer", action="append", default=[], metavar="SLUG", help="left out: the template's")
        parser.add_argument("--rows", type=Path, metavar="FILE", help="CSV (UTF-8) or XLSX")
        parser.add_argument("--name", default="", help="of the documents; left out: the template's")
        parser.add_argument("--pdf", action="store_true", help="make PDFs, too")
        parser.add_argument("--partial", action="store_true", help="though fields that must be filled are empty")
        parser.add_argument(
            "--on-unfilled", choices=OnUnfilled.values, default=OnUnfilled.LIST.value,
            help="fields without a value stay (keep), stay and are named (list), or no document is made (refuse)",
        )
        parser.add_argument(
            "--draft", action="append", default=[], metavar="KEY",
            help="an empty long text to be drafted by a language model, or all; a person decides on it before the "
            "document is made",
        )
        parser.add_argument("--provider", default="", metavar="NAME", help="language model; left out: chosen by DNA")
        parser.add_argument("--out", type=Path, metavar="DIR", help="write the files here")

    def handle(
        self,
        *,
        template: UUID,
        customer: list[str],
        rows: Path | None,
        name: str,
        pdf: bool,
        partial: bool,
        on_unfilled: str,
        draft: list[str],
        provider: str,
        out: Path | None,
        **options: Any,
    ) -> None:
        found = Template.objects.filter(id=template).first()
        if found is None:
            raise CommandError("There is no such template.")
        wishes = Wishes(
            on_unfilled=OnUnfilled(on_unfilled),
            partial=partial,
            pdf=pdf,
            draft="all" if "all" in draft else draft,
            provider=provider,
        )
        if rows is not None:
            if draft:
                raise CommandError("Texts are drafted for customers' documents, not for rows: leave out --draft.")
            if customer:
                raise CommandError("Give rows or customers, not both: a template's rows are its own customer's.")
            self._make_rows(found, rows, name, wishes, out)
        else:
            self._make_for_customers(found, customer or [found.customer.slug], name, wishes, out)

    # --- rows ---

    def _make_rows(self, template: Template, rows: Path, name: str, wishes: Wishes, out: Path | None) -> None:
        try:
            with rows.open("rb") as source:
                file = File(source, rows.name)
                batch = create_batch(actor=None, template_id=template.id, file=file, name=name, wishes=wishes)
        except OSError as error:
            raise CommandError(f"{rows}: {error.strerror}") from error
        await_jobs([batch.job_id] if batch.job_id else [])
        batch = Batch.objects.select_related("file").get(id=batch.id)
        for one in batch.refused:
            self.stdout.write(f"row {one['row']:<6} refused  {one['message']}")
        documents = list(batch.documents.select_related("job").defer("values").order_by("row"))
        for document in documents:
            self._print(f"row {document.row:<6}", document)
        if out is not None and batch.file is not None:
            self._write(batch.file, out, f"{batch.name}.zip")
        self._end(documents, refused=len(batch.refused))

    # --- customers ---

    def _make_for_customers(
        self, template: Template, slugs: Sequence[str], name: str, wishes: Wishes, out: Path | None
    ) -> None:
        try:
            made = make_round(actor=None, template_id=template.id, customers=slugs, name=name, wishes=wishes)
        except NobodyServed as error:
            for slug, message in error.details.items():
                self.stdout.write(f"{slug:10} refused  {message}")
            return self._end([], refused=len(error.details))
        for one in made.refused:
            self.stdout.write(f"{one.customer.slug:10} refused  {one.message}")
        await_jobs([document.job_id for document in made.documents if document.job_id])
        related = Document.objects.select_related("customer", "job", "file", "pdf")
        documents = [related.get(id=document.id) for document in made.documents]
        for document in documents:
            self._print(f"{document.customer.slug:10}", document)
            for file in (document.file, document.pdf):
                if out is not None and file is not None:
                    self._write(file, out, f"{document.customer.slug} {file.filename}")
        self._end(documents, refused=len(made.refused))

    # --- what is said ---

    def _print(self, head: str, document: Document) -> None:
        if _is_waiting(document):
            texts = document.drafts.count()
            self.stdout.write(f"{head} waiting  {texts} texts to decide on: /documents/{document.id}/")
            return
        if document.file_id is None:
            reason = document.failure or (document.job.error_message if document.job else "The job is gone.")
            self.stdout.write(f"{head} failed   {reason}")
            return
        said = [*document.notes, *(one["sentence"] for one in document.checks.get("findings", []))]
        self.stdout.write(" ".join([f"{head} made     {document.name}", *(f"· {one}" for one in said)]))

    def _write(self, file: Artifact, out: Path, name: str) -> None:
        out.mkdir(parents=True, exist_ok=True)
        path = out / safe_filename(name)
        path.write_bytes(artifacts.read_bytes(file))
        self.stdout.write(f"written: {path}")

    def _end(self, documents: Sequence[Document], *, refused: int) -> None:
        made = sum(document.file_id is not None for document in documents)
        waiting = sum(map(_is_waiting, documents))
        asked = len(documents) + refused
        rest = f", {waiting} waiting for a person" if waiting else ""
        self.stdout.write(f"{made} of {asked} documents made{rest}")
        if made + waiting < asked:
            raise SystemExit(1)


def _is_waiting(document: Document) -> bool:
    return document.status == JobStatus.WAITING
