"""kill -9 of the worker after each step of a reading with a model: another goes on and repeats no finished call."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from django.conf import LazySettings
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from psycopg.conninfo import make_conninfo

from accounts_app.access import Actor
from accounts_app.models import Customer
from jobs_app.choices import EventType, JobStatus
from jobs_app.models import Event, Job
from llm_app.scripted.provider import ScriptedProvider
from llm_app.scripted.script import Answer, answering
from templates_app.models import Template
from templates_app.templates import upload_template
from tests.templates_app.test_reading import many_sections
from tests.templates_app.test_reviews import texts_in

ROOT = Path(__file__).resolve().parent.parent.parent
pytestmark = pytest.mark.django_db(transaction=True)
Start = Callable[[], "subprocess.Popen[bytes]"]

PARTS = 4
STEPS = 2 + PARTS + 3  # read, plan; a call for each part; check, correct, save


@pytest.fixture
def worker_process(settings: LazySettings) -> Iterator[Start]:
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
        started.append(subprocess.Popen([sys.executable, "manage.py", "worker"], cwd=ROOT, env=environment))
        return started[-1]

    yield start
    for process in started:
        process.kill()
        process.wait()


@pytest.mark.parametrize("step", range(1, STEPS + 1))
def test_a_reading_outlives_its_worker(
    step: int,
    actor: Actor,
    customer: Customer,
    scripted: ScriptedProvider,
    worker_process: Start,
) -> None:
    renamed = {"do": "rename", "fields": [1], "label": "Concern", "quote": "concern to everybody"}
    scripted.set_script(answering(Answer(data={"corrections": [renamed]}, delay_seconds=0.2)))
    file = SimpleUploadedFile("order.docx", many_sections(5))
    template = upload_template(actor=actor, customer_id=customer.id, file=file)
    assert template.parse_job is not None
    killed = worker_process()
    _until(lambda: len(_completed(template.parse_job)) >= step, seconds=60)
    killed.send_signal(signal.SIGKILL)
    killed.wait()
    finished = set(_completed(template.parse_job))
    worker_process()
    _until(lambda: Job.objects.filter(subject_id=template.id, status=JobStatus.COMPLETED).exists(), seconds=60)
    _check_calls(scripted, finished)
    template = Template.objects.get(id=template.id)
    assert sorted(_completed(template.parse_job)) == sorted(set(_completed(template.parse_job)))
    assert len(_completed(template.parse_job)) == STEPS
    assert template.corrections.filter(refusal="").count() == PARTS and template.fields.count() == 100


def _check_calls(scripted: ScriptedProvider, finished: set[str]) -> None:
    """Of the parts whose step was finished before the kill each was asked about once; of the others at most twice."""
    asked = Counter(_part_of(call.body) for call in scripted.calls)
    assert len(asked) == PARTS
    calls_finished = sum(key.startswith("model/") for key in finished)
    assert sum(times == 1 for times in asked.values()) >= calls_finished
    assert sum(asked.values()) <= PARTS + (PARTS - calls_finished)


def _part_of(body: Any) -> str:
    text = "\n".join(texts_in(body))
    return text[text.index("--- begin") : text.index("--- end")]


def _completed(job: Job | None) -> list[str]:
    events = Event.objects.filter(job=job, type=EventType.STEP_COMPLETED)
    return [event.payload["key"] for event in events]


def _until(condition: Callable[[], bool], *, seconds: float) -> None:
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.02)
