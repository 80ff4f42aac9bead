"""A worker killed after every step of a generation: the job completes, and no finished call is made again."""

from __future__ import annotations

import signal

import pytest

from accounts_app.access import Actor
from jobs_app.choices import TERMINAL, EventType, JobStatus
from jobs_app.models import Event, Job, StepResult
from llm_app.scripted.provider import ScriptedProvider
from llm_app.scripted.script import Answer, answering
from templates_app.documents import Wishes, create_document
from templates_app.drafts import decide_draft
from templates_app.models import Document, Template
from tests.templates_app.conftest import StartWorker, until

pytestmark = pytest.mark.django_db(transaction=True)
DRAFTS = 2


def finished(job: Job) -> set[str]:
    return set(StepResult.objects.filter(job=job, completed_at__isnull=False).values_list("key", flat=True))


def test_killed_after_each_step_it_completes_and_pays_nothing_twice(
    template: Template, actor: Actor, scripted: ScriptedProvider, worker_process: StartWorker
) -> None:
    scripted.set_script(answering(Answer(data={"text": "A text.", "sources": []})))
    made = create_document(
        actor=actor, template_id=template.id, name="x", values={"version": "1"}, wishes=Wishes(draft="all", pdf=True)
    )
    job = made.job
    assert job is not None
    kills, decided = 0, False
    while True:
        job.refresh_from_db()
        if job.status in TERMINAL:
            break
        if job.status == JobStatus.WAITING and not decided:
            for draft in made.drafts.all():
                decide_draft(made.id, draft.field_key, "accepted", actor=actor)
            decided = True
        drafted, asked = _drafted(job), len(scripted.calls)
        kills += _run_one_step_more(job, worker_process)
        # A call that was under way when the worker died may be made again; its step was not finished.
        assert len(scripted.calls) - asked <= DRAFTS - drafted, "a finished call was made again"
    document = Document.objects.get(id=made.id)
    assert job.status == JobStatus.COMPLETED, job.error_message
    assert document.file is not None and document.values["remarks"] == "A text." and document.drafts.count() == DRAFTS
    done = [event.payload["key"] for event in Event.objects.filter(job=job, type=EventType.STEP_COMPLETED)]
    assert len(done) == len(set(done)) and kills >= 6, (kills, done)


def _drafted(job: Job) -> int:
    return sum(key.endswith("/answer") for key in finished(job))


def _run_one_step_more(job: Job, worker_process: StartWorker) -> int:
    """Start a worker and kill it as soon as one more step is finished; 1, unless the job was quicker or waits."""
    before = finished(job)
    process = worker_process()
    until(lambda: finished(job) > before or _rests(job))
    process.send_signal(signal.SIGKILL)
    process.wait()
    job.refresh_from_db()
    return int(job.status == JobStatus.PROCESSING)


def _rests(job: Job) -> bool:
    return Job.objects.filter(id=job.id, status__in=[*TERMINAL, JobStatus.WAITING]).exists()
