"""Many files at once, from the command line: upload each, have them parsed by the real job runtime, say how it went."""

from __future__ import annotations

import json
import uuid
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

from django.core.files.base import File
from django.db import transaction

from accounts_app.errors import DnaError
from jobs_app import artifacts
from jobs_app.awaiting import await_jobs
from jobs_app.choices import JobStatus
from jobs_app.models import Job
from templates_app.models import Template
from templates_app.templates import change_template, find_parsed_copy, reparse_template, upload_template
from templates_app.word_files import SUFFIXES, receive_word_file


@dataclass(slots=True)
class Outcome:
    """What became of one file.

    ``status`` is parsed, already parsed, waiting (for a person's answer), refused or failed; ``reason`` says more.
    """

    path: Path
    status: str = ""
    reason: str = ""
    template_id: uuid.UUID | None = None
    job_id: uuid.UUID | None = None
    sections: int = 0
    fields: int = 0
    places: int = 0
    seconds: float = 0.0

    @property
    def is_good(self) -> bool:
        return self.status in ("parsed", "already parsed")

    @property
    def is_waiting(self) -> bool:
        return self.status == "waiting"


def find_word_files(paths: Sequence[Path], *, recursive: bool) -> list[Path]:
    """The Word files named, and those in the folders named; Word's own lock files (``~$…``) are left out."""
    found: list[Path] = []
    for path in paths:
        if path.is_dir():
            inside = path.rglob("*") if recursive else path.glob("*")
            found += sorted(one for one in inside if _is_word_file(one))
        else:
            found.append(path)
    return list(dict.fromkeys(found))


def _is_word_file(path: Path) -> bool:
    return path.is_file() and path.suffix.lower() in SUFFIXES and not path.name.startswith("~$")


@dataclass(frozen=True, slots=True)
class Details:
    """What is told about every file; each as ``upload_template`` takes it, empty where it is left to DNA."""

    standard: str = ""
    custom_rules: str = ""
    provider: str = ""
    allow_questions: bool = False


def submit_file(path: Path, *, customer_id: uuid.UUID, force: bool, details: Details) -> Outcome:
    """Upload one file; with ``force`` read the customer's template of it again, as the details say, if there is one.

    A refusal is an outcome, not an error.
    """
    outcome = Outcome(path)
    try:
        with path.open("rb") as source:
            copy = find_parsed_copy(customer_id, receive_word_file(File(source, path.name)).sha256)
            if copy is not None and not force:
                outcome.status, outcome.template_id = "already parsed", copy.id
                outcome.reason = _what_differs(copy, details)
                return outcome
            if copy is not None:
                template = _read_again(copy, details)
            else:
                source.seek(0)
                file = File(source, path.name)
                template = upload_template(actor=None, customer_id=customer_id, file=file, **asdict(details))
    except DnaError as error:
        outcome.status, outcome.reason = "refused", error.user_message
    except OSError as error:
        outcome.status, outcome.reason = "refused", error.strerror or "The file cannot be opened."
    else:
        outcome.template_id, outcome.job_id = template.id, template.parse_job_id
    return outcome


def _what_differs(copy: Template, details: Details) -> str:
    """Of how it was read, where something else is told now."""
    words = {
        "standard": "the standard",
        "custom_rules": "the hints for reading",
        "provider": "the language model",
        "allow_questions": "the leave to ask",
    }
    told = {name: value.strip() if isinstance(value, str) else value for name, value in asdict(details).items()}
    differ = [words[name] for name, value in told.items() if value and value != getattr(copy, name)]
    return f"Not read with {' and '.join(differ)} given now; --force does." if differ else ""


def _read_again(copy: Template, details: Details) -> Template:
    """What is left out of the details stays as it was."""
    with transaction.atomic():
        change_template(
            copy.id,
            actor=None,
            standard=details.standard or None,
            custom_rules=details.custom_rules or None,
            provider=details.provider or None,
            allow_questions=details.allow_questions or None,
        )
        return reparse_template(copy.id, actor=None)


def await_outcomes(outcomes: Sequence[Outcome], *, ended: Callable[[Outcome], object]) -> None:
    """Wait until every job has ended or asks a person, and say of each outcome that it is complete."""
    waiting = {outcome.job_id: outcome for outcome in outcomes if outcome.job_id and not outcome.status}

    def take_over(job: Job) -> None:
        _take_over(waiting[job.id], job)
        ended(waiting[job.id])

    await_jobs([job_id for job_id in waiting if job_id], rested=take_over)


def _take_over(outcome: Outcome, job: Job) -> None:
    outcome.seconds = (job.duration_ms or 0) / 1000
    if job.status == JobStatus.COMPLETED:
        outcome.status = "parsed"
    elif job.status == JobStatus.WAITING:
        outcome.status, outcome.reason = "waiting", f"for an answer: /jobs/{job.id}/"
    else:
        outcome.status = "failed"
        outcome.reason = job.error_message or f"The job was {job.get_status_display().lower()}."


def count_findings(outcomes: Sequence[Outcome]) -> None:
    """Fill in what was found, also for files parsed before."""
    for outcome in outcomes:
        if outcome.is_good and outcome.template_id:
            template = Template.objects.get(id=outcome.template_id)
            places = list(template.fields.values_list("places", flat=True))
            outcome.sections, outcome.fields = template.sections.count(), len(places)
            outcome.places = sum(len(one) for one in places)


def write_parses(outcomes: Sequence[Outcome], folder: Path) -> None:
    """Each parse as NAME.json; files of one name in several folders get numbers."""
    folder.mkdir(parents=True, exist_ok=True)
    seen: dict[str, int] = {}
    for outcome in outcomes:
        if not outcome.is_good or outcome.template_id is None:
            continue
        template = Template.objects.select_related("parsed_file").get(id=outcome.template_id)
        if template.parsed_file is None:
            continue
        number = seen[outcome.path.stem] = seen.get(outcome.path.stem, 0) + 1
        name = outcome.path.stem if number == 1 else f"{outcome.path.stem}-{number}"
        parse = json.loads(artifacts.read_bytes(template.parsed_file))
        (folder / f"{name}.json").write_text(json.dumps(parse, ensure_ascii=False, indent=1), encoding="utf-8")
