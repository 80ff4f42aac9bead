"""A worker killed after every step of a generation: the job completes, and no finished call is made again."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from django.db import connection
from psycopg.conninfo import make_conninfo

from accounts_app.access import Actor
from jobs_app.choices import TERMINAL, EventType, JobStatus
from jobs_app.models import Event, Job, StepResult
from llm_app.scripted.provider import ScriptedProvider
from llm_app.scripted.script import Answer, answering
from templates_app.documents import Wishes, create_document
from templates_app.drafts import decide_draft
from templates_app.models import Document, Template

ROOT = Path(__file__).resolve().parent.parent.parent
pytestmark = pytest.mark.django_db(transaction=True)
DRAFTS = 2
Start = Callable[[], subprocess.Popen[bytes]]


@pytest.fixture
def worker_process(settings: Any) -> Iterator[Start]:
    """A worker in a process of its own, to be killed."""
    started: list[subprocess.Popen[bytes]] = []

    def start() -> subprocess.Popen[bytes]:
        url = make_conninfo(os.environ["DATABASE_URL"], dbname=connection.settings_dict["NAME"])
        environment = os.environ | {
            "DATABASE_URL": url,
            "DATABASE_DIRECT_URL": url,
            "DJANGO_SETTINGS_MODULE": "tests.templates_app.worker_settings",
            "ARTIFACT_ROOT": str(settings.ARTIFACT_ROOT),
        }
        process = subprocess.Popen([sys.executable, "manage.py", "worker"], cwd=ROOT, env=environment)
        started.append(process)
        return process

    yield start
    for process in started:
        if process.poll() is None:
            process.kill()
        process.wait()


def until(condition: Callable[[], bool], *, seconds: float = 90) -> None:
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.005)


def finished(job: Job) -> set[str]:
    return set(StepResult.objects.filter(job=job, completed_at__isnull=False).values_list("key", flat=True))


def test_killed_after_each_step_it_completes_and_pays_nothing_twice(
    template: Template, actor: Actor, scripted: ScriptedProvider, worker_process: Start
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


def _run_one_step_more(job: Job, worker_process: Start) -> int:
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
