"""kill -9 of the worker after every step of each agent: others go on to the end, and repeat no finished call."""

from __future__ import annotations

import asyncio
import io
import signal
import zipfile
from collections.abc import Callable
from dataclasses import dataclass

import pytest
from django.core.files.base import ContentFile
from django.core.files.uploadedfile import SimpleUploadedFile

from accounts_app.access import Actor
from accounts_app.models import Customer
from jobs_app.artifacts import read_bytes
from jobs_app.choices import TERMINAL, EventType, JobStatus
from jobs_app.models import Event, Job, StepResult
from llm_app.models import Provider
from llm_app.scripted.provider import ScriptedProvider
from llm_app.scripted.script import Answer, answering
from templates_app.batches import create_batch
from templates_app.choices import FindingStatus
from templates_app.documents import Wishes, create_document
from templates_app.drafts import decide_draft
from templates_app.models import Batch, Document, Review, Template
from templates_app.reviews import apply_findings, request_review
from templates_app.templates import upload_template
from tests.conftest import run_jobs_until_idle
from tests.llm_app.conftest import and_close
from tests.templates_app.conftest import StartWorker, read_file, until
from tests.templates_app.review_files import audit_procedure
from tests.templates_app.test_reading import many_sections
from tests.templates_app.test_reviews import said

pytestmark = pytest.mark.django_db(transaction=True)


@dataclass(slots=True)
class Killer:
    """Lets a job live under workers that are killed one after another, each as soon as one more step is finished."""

    start_worker: StartWorker
    scripted: ScriptedProvider
    kills: int = 0

    def see_through(self, job: Job | None, *, calls: int = 0, decide: Callable[[], None] | None = None) -> Job:
        """The job, completed; ``calls`` of a model belong to it, ``decide`` is what a person does when it waits."""
        assert job is not None
        while True:
            job.refresh_from_db()
            if job.status in TERMINAL:
                break
            if job.status == JobStatus.WAITING and decide is not None:
                decide()
            asked, left = len(self.scripted.calls), calls - _answers(job)
            self._one_step_more(job)
            # A call under way when the worker died may be made again; its step was not finished.
            assert len(self.scripted.calls) - asked <= left, "a finished call was made again"
        assert job.status == JobStatus.COMPLETED, job.error_message
        done = [event.payload["key"] for event in Event.objects.filter(job=job, type=EventType.STEP_COMPLETED)]
        assert len(done) == len(set(done)) and _answers(job) == calls
        return job

    def _one_step_more(self, job: Job) -> None:
        before = _finished(job)
        process = self.start_worker()
        until(lambda: _finished(job) > before or _rests(job))
        process.send_signal(signal.SIGKILL)
        process.wait()
        job.refresh_from_db()
        self.kills += job.status == JobStatus.PROCESSING


def _finished(job: Job) -> set[str]:
    return set(StepResult.objects.filter(job=job, completed_at__isnull=False).values_list("key", flat=True))


def _answers(job: Job) -> int:
    return sum(key.endswith("/answer") for key in _finished(job))


def _rests(job: Job) -> bool:
    return Job.objects.filter(id=job.id, status__in=[*TERMINAL, JobStatus.WAITING]).exists()


def _switch_models_off() -> None:
    """A worker that may need one loads LiteLLM ahead, which takes longer than most of these steps."""
    Provider.objects.update(enabled=False)


@pytest.fixture
def killer(worker_process: StartWorker, scripted: ScriptedProvider) -> Killer:
    return Killer(worker_process, scripted)


def test_a_reading(killer: Killer, actor: Actor, customer: Customer) -> None:
    renamed = {"do": "rename", "fields": [1], "label": "Concern", "quote": "concern to everybody"}
    killer.scripted.set_script(answering(Answer(data={"corrections": [renamed]}, delay_seconds=0.2)))
    file = SimpleUploadedFile("order.docx", many_sections(3))
    template = upload_template(actor=actor, customer_id=customer.id, file=file)
    killer.see_through(template.parse_job, calls=2)
    assert template.corrections.filter(refusal="").count() == 2 and template.fields.count() == 60
    assert killer.kills >= 5  # read, plan; of four parts at once at least one; check, correct


def test_a_review(killer: Killer, actor: Actor, customer: Customer) -> None:
    long = tuple(f"Step {number}: the auditor looks at the evidence. " * 60 for number in range(3))
    template = read_file(audit_procedure(lines=long), actor=actor, customer=customer)
    finding = said("Nobody audits their own work.")
    killer.scripted.set_script(answering(Answer(data={"findings": [finding]}, delay_seconds=0.2)))
    made = request_review(template.id, actor=actor)
    killer.see_through(made.job, calls=2)
    done = Review.objects.get(id=made.id)
    assert done.findings.filter(quote=finding["quote"]).count() == 1
    assert killer.kills >= 2  # rules; of the parts at once at least one


def test_texts_that_become_tracked_changes(killer: Killer, actor: Actor, customer: Customer) -> None:
    template = read_file(audit_procedure(lines=("Delete this page before use.",)), actor=actor, customer=customer)
    _switch_models_off()
    review = request_review(template.id, actor=actor)
    asyncio.run(and_close(run_jobs_until_idle()))
    outcome = apply_findings(review.id, "all", actor=actor)
    killer.see_through(outcome.job)
    (finding,) = outcome.proposed
    finding.refresh_from_db()
    assert finding.status == FindingStatus.APPLIED and template.versions.count() == 2
    assert killer.kills >= 2  # write, read


def test_a_document_with_drafts_and_a_pdf(killer: Killer, template: Template, actor: Actor) -> None:
    killer.scripted.set_script(answering(Answer(data={"text": "A text.", "sources": []}, delay_seconds=0.2)))
    wishes = Wishes(draft="all", pdf=True)
    made = create_document(actor=actor, template_id=template.id, name="x", values={"version": "1"}, wishes=wishes)

    def accept() -> None:
        for draft in made.drafts.all():
            decide_draft(made.id, draft.field_key, "accepted", actor=actor)
        _switch_models_off()

    killer.see_through(made.job, calls=2, decide=accept)
    document = Document.objects.get(id=made.id)
    assert document.file is not None and document.values["remarks"] == "A text." and document.drafts.count() == 2
    assert killer.kills >= 6


def test_a_batch(killer: Killer, template: Template, actor: Actor) -> None:
    _switch_models_off()
    rows = "document name,version\n" + "".join(f"Supplier {number},{number}\n" for number in range(2))
    batch = create_batch(actor=actor, template_id=template.id, file=ContentFile(rows.encode(), "rows.csv"))
    killer.see_through(batch.job)
    batch = Batch.objects.select_related("file").get(id=batch.id)
    assert batch.file is not None and batch.documents.exclude(file=None).count() == 2
    with zipfile.ZipFile(io.BytesIO(read_bytes(batch.file))) as package:
        assert len(package.namelist()) == 3
    assert killer.kills >= 4
