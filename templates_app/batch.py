"""Many files at once, from the command line: upload each, have them parsed by the real job runtime, say how it went."""

from __future__ import annotations

import asyncio
import json
import threading
import time
import uuid
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

from django.conf import settings
from django.core.files.base import File
from django.db.models.functions import Now

from accounts_app.errors import DnaError
from jobs_app import artifacts
from jobs_app.choices import TERMINAL, JobStatus
from jobs_app.models import Job, Worker
from jobs_app.worker import JobWorker
from templates_app.models import Template
from templates_app.templates import find_parsed_copy, upload_template
from templates_app.word_files import SUFFIXES, receive_word_file

_POLL_SECONDS = 0.1
_STOP_SECONDS = 10.0


@dataclass(slots=True)
class Outcome:
    """What became of one file. ``status`` is parsed, already parsed, refused or failed."""

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


def submit_file(path: Path, *, customer_id: uuid.UUID, force: bool) -> Outcome:
    """Upload one file, unless the customer has it parsed already; a refusal is an outcome, not an error."""
    outcome = Outcome(path)
    try:
        with path.open("rb") as source:
            if not force and (copy := find_parsed_copy(customer_id, receive_word_file(File(source, path.name)).sha256)):
                outcome.status, outcome.template_id = "already parsed", copy.id
                return outcome
            source.seek(0)
            template = upload_template(actor=None, customer_id=customer_id, file=File(source, path.name))
    except DnaError as error:
        outcome.status, outcome.reason = "refused", error.user_message
    except OSError as error:
        outcome.status, outcome.reason = "refused", error.strerror or "The file cannot be opened."
    else:
        outcome.template_id, outcome.job_id = template.id, template.parse_job_id
    return outcome


def await_outcomes(outcomes: Sequence[Outcome], *, ended: Callable[[Outcome], object]) -> None:
    """Wait until every job has ended: run by a live worker, or by one of our own as long as there is none."""
    waiting = {outcome.job_id: outcome for outcome in outcomes if outcome.job_id and not outcome.status}
    with worker_where_none_lives():
        while waiting:
            for job in Job.objects.filter(id__in=list(waiting), status__in=TERMINAL):
                outcome = waiting.pop(job.id)
                _take_over(outcome, job)
                ended(outcome)
            time.sleep(_POLL_SECONDS)


def _take_over(outcome: Outcome, job: Job) -> None:
    outcome.seconds = (job.duration_ms or 0) / 1000
    if job.status == JobStatus.COMPLETED:
        outcome.status = "parsed"
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


def is_worker_alive() -> bool:
    """Whether a worker said within two leases that it lives."""
    since = Now() - timedelta(seconds=2 * settings.JOB_LEASE_SECONDS)
    return Worker.objects.filter(stopped_at=None, heartbeat_at__gt=since).exists()


@contextmanager
def worker_where_none_lives() -> Iterator[None]:
    """Runs a worker in a thread of this process while the block runs, unless one is alive elsewhere."""
    if is_worker_alive():
        yield
        return
    stop = threading.Event()
    thread = threading.Thread(target=lambda: asyncio.run(_work_until(stop)), name="dna-worker", daemon=True)
    thread.start()
    try:
        yield
    finally:
        stop.set()
        thread.join(_STOP_SECONDS)


async def _work_until(stop: threading.Event) -> None:
    worker = JobWorker()
    running = asyncio.create_task(worker.run())
    while not stop.is_set() and not running.done():
        await asyncio.sleep(_POLL_SECONDS)
    worker.stop()
    await running
