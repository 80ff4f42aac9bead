"""Whole jobs through the real worker: a Word file in, a filled Word file out."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Callable
from uuid import UUID

import docx
import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from accounts_app.access import Actor
from accounts_app.models import Customer
from bench.hostile import hostile_files
from jobs_app.artifacts import read_bytes
from jobs_app.choices import EventType, JobStatus
from jobs_app.jobs import retry_job
from jobs_app.models import Event, Job
from templates_app.documents import create_document
from templates_app.models import Document, Template
from templates_app.sample import sample_template
from templates_app.templates import upload_template
from tests.templates_app.test_values import PICTURE

pytestmark = pytest.mark.django_db(transaction=True)
RunJobs = Callable[[], None]

VALUES = {
    "company_name": "Acme & Söhne",
    "document_number": "QF-7",
    "date_of_issue": "2026-11-30",
    "prepared_by": "Ada Byron",
    "kind_of_supply": ["Material", "Software"],
    "risk": "High",
    "number_of_deliveries_last_year": 12,
    "the_supplier_was_told_the_result": True,
    "findings": [{"no": "1", "finding": "Late"}, {"no": "2", "finding": "Wrong", "due_date": "2026-12-24"}],
    "decision": "Approved with conditions",
    "signature": {"base64": PICTURE},
}


def test_a_parse_finds_sections_and_fields_and_says_how_far_it_is(uploaded: Template, run_jobs: RunJobs) -> None:
    run_jobs()
    template = Template.objects.select_related("parse_job").get(id=uploaded.id)
    assert template.status == JobStatus.COMPLETED and template.is_ready and template.title == "Supplier assessment"
    assert (template.sections.count(), template.fields.count()) == (8, 24)
    told = [e.payload for e in Event.objects.filter(job=template.parse_job, type=EventType.JOB_PROGRESSED)]
    assert len(told) >= 4 and all("eta_seconds" in one for one in told)
    assert [one["progress"] for one in told] == sorted({one["progress"] for one in told})


def test_a_document_holds_the_values_and_nothing_else_changed(
    uploaded: Template, actor: Actor, run_jobs: RunJobs
) -> None:
    run_jobs()
    known = set(uploaded.fields.values_list("key", flat=True))
    assert known >= VALUES.keys()
    made = create_document(actor=actor, template_id=uploaded.id, name="Acme 2026", values=VALUES)
    run_jobs()
    document = Document.objects.select_related("job", "file__blob").get(id=made.id)
    assert document.status == JobStatus.COMPLETED and document.file is not None and document.completed_at is not None
    assert set(document.unfilled) == known - VALUES.keys()
    assert document.file.filename == "Acme 2026.docx"
    data = read_bytes(document.file)
    text = _all_text(data)
    for shown in ("Acme & Söhne", "QF-7", "Ada Byron", "High", "12", "Late", "Wrong", "2026"):
        assert shown in text
    assert "[Company name]" not in text and "[Remarks]" in text
    assert docx.Document(io.BytesIO(data)).sections[0].header.paragraphs[0].text.startswith("Acme & Söhne")
    _assert_untouched_parts_equal(data)


def _all_text(data: bytes) -> str:
    opened = docx.Document(io.BytesIO(data))
    return "\n".join(str(node) for node in opened.element.body.itertext())


def _assert_untouched_parts_equal(data: bytes) -> None:
    touched = {"word/document.xml", "word/header1.xml", "word/_rels/document.xml.rels", "[Content_Types].xml"}
    with zipfile.ZipFile(io.BytesIO(sample_template())) as old, zipfile.ZipFile(io.BytesIO(data)) as new:
        for name in set(old.namelist()) - touched:
            assert old.read(name) == new.read(name), name


def test_a_file_that_only_looks_right_fails_with_a_reason_and_can_be_retried(
    actor: Actor, customer: Customer, run_jobs: RunJobs
) -> None:
    made = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(sample_template())) as old, zipfile.ZipFile(made, "w") as new:
        for name in old.namelist():
            new.writestr(name, b"<w:document" if name == "word/document.xml" else old.read(name))
    file = SimpleUploadedFile("broken.docx", made.getvalue())
    template = upload_template(actor=actor, customer_id=customer.id, file=file)
    run_jobs()
    job = Job.objects.get(subject_id=template.id)
    assert (job.status, job.error_code, job.errored) == (JobStatus.FAILED, "damaged_file", False)
    assert "repair" in job.error_message and not Template.objects.get(id=template.id).is_ready
    retry_job(job.id, actor=actor)
    run_jobs()
    assert Job.objects.get(id=job.id).attempt == 2


def test_the_whole_way_over_the_api(client_of_editor: Client, run_jobs: RunJobs) -> None:
    file = SimpleUploadedFile("form.docx", sample_template())
    accepted = client_of_editor.post("/api/v1/templates/upload", {"file": file}).json()
    run_jobs()
    assert client_of_editor.get(accepted["status_url"]).json()["result"]["fields_count"] == 24
    wanted = {"name": "Acme", "values": {"company_name": "Acme"}}
    path = f"/api/v1/templates/{accepted['template_id']}/documents"
    made = client_of_editor.post(path, wanted, content_type="application/json").json()
    run_jobs()
    _assert_downloads(client_of_editor, made["document_id"])


def _assert_downloads(client: Client, document_id: UUID) -> None:
    document = client.get(f"/api/v1/documents/{document_id}").json()
    assert document["status"] == "completed" and document["sha256"]
    for address in (f"/api/v1/documents/{document_id}/file", f"/documents/{document_id}/file/"):
        response = client.get(address)
        assert response["ETag"] == f'"{document["sha256"]}"'
        assert "Acme" in _all_text(b"".join(response))


def test_a_worker_outlives_hostile_files(actor: Actor, customer: Customer, run_jobs: RunJobs) -> None:
    """One worker, one process: each file ends its own job, and the next one is read."""
    hostile = hostile_files()
    names = ("bomb by ratio", "too many elements", "one paragraph of a million runs", "50,000 fields", "entity bomb",
             "content elsewhere", "grid span of 200000000", "wrong checksum")
    uploads = {name: SimpleUploadedFile("hostile.docx", hostile[name].make()) for name in names}
    uploads["the sample"] = SimpleUploadedFile("sample.docx", sample_template())
    made = {
        name: upload_template(actor=actor, customer_id=customer.id, file=file, name=name)
        for name, file in uploads.items()
    }
    run_jobs()
    ends = {name: Template.objects.select_related("parse_job").get(id=made[name].id).parse_job for name in made}
    codes = {name: (job.error_code if job is not None else "") or "read" for name, job in ends.items()}
    assert codes.pop("the sample") == "read"
    assert {name: code for name, code in codes.items() if code not in hostile[name].outcomes} == {}
