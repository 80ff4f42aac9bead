"""Templates to test with: the sample, parsed without a worker where the way there does not matter."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from django.conf import LazySettings
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection, transaction
from django.test import Client
from psycopg.conninfo import make_conninfo

from accounts_app.access import Actor, actor_for
from accounts_app.choices import Role
from accounts_app.members import create_user
from accounts_app.models import Customer, User
from jobs_app import artifacts, events
from jobs_app.choices import EventType
from jobs_app.payloads import Ended
from templates_app.docx import jsonio
from templates_app.docx.parse import parse
from templates_app.models import Template
from templates_app.parsing import ParsedFile, save_parse
from templates_app.sample import SAMPLE_FILENAME, sample_template
from templates_app.templates import upload_template
from tests.llm_app.conftest import _server, scripted  # noqa: F401 - fixtures: the scripted provider
from tests.templates_app.review_files import audit_procedure

ROOT = Path(__file__).resolve().parent.parent.parent
StartWorker = Callable[[], subprocess.Popen[bytes]]


@pytest.fixture
def worker_process(settings: LazySettings) -> Iterator[StartWorker]:
    """Starts a worker in a process of its own, to be killed."""
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


def until(condition: Callable[[], bool], *, seconds: float = 90) -> None:
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, "it did not come to that"
        time.sleep(0.005)


@pytest.fixture(autouse=True)
def _artifacts(settings: LazySettings, tmp_path: Path) -> None:
    settings.ARTIFACT_ROOT = tmp_path / "artifacts"


@pytest.fixture
def viewer(customer: Customer) -> User:
    return create_user(email="vera@example.org", customer=customer, role=Role.VIEWER)


@pytest.fixture
def manager(customer: Customer) -> User:
    return create_user(email="max@example.org", customer=customer, role=Role.MANAGER)


@pytest.fixture
def sample_file() -> SimpleUploadedFile:
    return SimpleUploadedFile(SAMPLE_FILENAME, sample_template())


@pytest.fixture
def uploaded(actor: Actor, customer: Customer, sample_file: SimpleUploadedFile) -> Template:
    """The sample, uploaded by the editor and still waiting for a worker."""
    return upload_template(
        actor=actor, customer_id=customer.id, file=sample_file, name="Supplier assessment", standard="iso-9001-2015"
    )


@pytest.fixture
def template(uploaded: Template) -> Template:
    """The sample as its parse job leaves it."""
    return finish_parse(uploaded)


def finish_parse(template: Template) -> Template:
    """What the parse job does, in this process."""
    data = json.dumps(jsonio.parse_to_json(parse(artifacts.read_bytes(template.file)))).encode()
    artifact = artifacts.store_bytes(
        data,
        customer_id=template.customer_id,
        filename="parse.json",
        media_type="application/json",
        entity_type="template_parse",
        entity_id=template.id,
    )
    parsed = ParsedFile(artifact_id=artifact.id, sha256=artifact.blob_id, sections_count=0, fields_count=0)
    assert template.parse_job_id is not None
    with transaction.atomic():
        save_parse(template.id, parsed)
        events.append(template.parse_job_id, EventType.JOB_COMPLETED, Ended(), status="completed", progress=100)
    return Template.objects.select_related("parse_job").get(id=template.id)


@pytest.fixture
def procedure(actor: Actor, customer: Customer) -> Template:
    """An internal audit procedure as its parse job leaves it."""
    return read_file(audit_procedure(), actor=actor, customer=customer)


def read_file(data: bytes, *, actor: Actor, customer: Customer, name: str = "procedure.docx") -> Template:
    """A Word file, uploaded and read."""
    file = SimpleUploadedFile(name, data)
    return finish_parse(upload_template(actor=actor, customer_id=customer.id, file=file))


@pytest.fixture
def client_of_editor(signed_in: Callable[[User], Client], editor: User) -> Client:
    return signed_in(editor)


@pytest.fixture
def client_of_viewer(signed_in: Callable[[User], Client], viewer: User) -> Client:
    return signed_in(viewer)


@pytest.fixture
def client_of_manager(signed_in: Callable[[User], Client], manager: User) -> Client:
    return signed_in(manager)


@pytest.fixture
def client_of_stranger(signed_in: Callable[[User], Client], stranger: User) -> Client:
    return signed_in(stranger)


@pytest.fixture
def manager_actor(manager: User) -> Actor:
    return actor_for(manager)
