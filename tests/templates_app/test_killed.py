"""kill -9 of the worker after each step of a reading with a model: another goes on and repeats no finished call."""

from __future__ import annotations

import signal
from collections import Counter
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile

from accounts_app.access import Actor
from accounts_app.models import Customer
from jobs_app.choices import EventType, JobStatus
from jobs_app.models import Event, Job
from llm_app.scripted.provider import ScriptedProvider
from llm_app.scripted.script import Answer, answering
from templates_app.models import Template
from templates_app.templates import upload_template
from tests.templates_app.conftest import StartWorker, until
from tests.templates_app.test_reading import many_sections
from tests.templates_app.test_reviews import texts_in

pytestmark = pytest.mark.django_db(transaction=True)

PARTS = 4
STEPS = 2 + PARTS + 3  # read, plan; a call for each part; check, correct, save


@pytest.mark.parametrize("step", range(1, STEPS + 1))
def test_a_reading_outlives_its_worker(
    step: int,
    actor: Actor,
    customer: Customer,
    scripted: ScriptedProvider,
    worker_process: StartWorker,
) -> None:
    renamed = {"do": "rename", "fields": [1], "label": "Concern", "quote": "concern to everybody"}
    scripted.set_script(answering(Answer(data={"corrections": [renamed]}, delay_seconds=0.2)))
    file = SimpleUploadedFile("order.docx", many_sections(5))
    template = upload_template(actor=actor, customer_id=customer.id, file=file)
    assert template.parse_job is not None
    killed = worker_process()
    until(lambda: len(_completed(template.parse_job)) >= step, seconds=60)
    killed.send_signal(signal.SIGKILL)
    killed.wait()
    finished = set(_completed(template.parse_job))
    worker_process()
    until(lambda: Job.objects.filter(subject_id=template.id, status=JobStatus.COMPLETED).exists(), seconds=60)
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
