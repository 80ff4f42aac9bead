"""Upload → parse → review → apply → generate → PDF, by the API and by commands, with no language model."""

from __future__ import annotations

import io
import json
from pathlib import Path
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.core.management import call_command
from django.test import Client

from accounts_app.models import Customer
from bench import corpus
from bench.samples import sample_values
from templates_app.docx.package import Container
from templates_app.docx.parse import parse
from templates_app.errors import PdfUnavailable
from templates_app.models import Document, Template
from templates_app.pdf import find_soffice
from templates_app.sample import sample_template
from tests.templates_app.test_api import API, post_json
from tests.templates_app.test_generation import work

pytestmark = pytest.mark.django_db(transaction=True)
REAL = ("iisms-risk-register.docx", "begin-policy-template.docx", "chc-form-010-supplier-assessment.docx")


def word_file(name: str) -> bytes:
    if name == "the sample":
        return sample_template()
    try:
        return (corpus.folder() / "templates" / name).read_bytes()
    except corpus.NoCorpus as missing:
        pytest.skip(str(missing))


def has_pdf() -> bool:
    try:
        find_soffice()
    except PdfUnavailable:
        return False
    return True


def texts_for(data: bytes) -> dict[str, Any]:
    """A value for every field whose value is plain JSON."""
    found = parse(data)
    values = sample_values(found.fields, found.outline)
    kept = {key: value for key, value in values.items() if isinstance(value, str | int | float | bool | list)}
    return json.loads(json.dumps(kept, default=str))  # type: ignore[no-any-return]  # what json gives for a dict


def done(client: Client, accepted: dict[str, Any]) -> dict[str, Any]:
    work()
    job: dict[str, Any] = client.get(accepted["status_url"]).json()
    assert job["status"] == "completed", job["error"]
    return job


@pytest.mark.parametrize("name", ["the sample", *REAL])
def test_by_the_api(client_of_editor: Client, name: str) -> None:
    client, data = client_of_editor, word_file(name)
    file = SimpleUploadedFile("template.docx", data)
    uploaded = client.post(f"{API}/templates/upload", {"file": file, "standard": "iso-27001-2022"}).json()
    done(client, uploaded)
    path = f"/templates/{uploaded['template_id']}"
    review = post_json(client, f"{path}/review", {}).json()
    job = done(client, review)
    assert any("by rules alone" in note for note in job["result"]["notes"])
    applied = post_json(client, f"/reviews/{review['review_id']}/apply", {"findings": "all"}).json()
    assert applied["refused"] == []
    client.put(f"{API}/facts/company_name", {"value": "Acme Ltd"}, content_type="application/json")
    wanted = {"values": texts_for(data), "partial": True, "pdf": True}
    looked = post_json(client, f"{path}/preflight", wanted)
    assert looked.status_code == 200, looked.json()
    made = post_json(client, f"{path}/documents", wanted).json()
    done(client, made)
    document = client.get(f"{API}/documents/{made['document_id']}").json()
    word = b"".join(client.get(f"{API}/documents/{document['id']}/file"))
    assert Container(word).main_part and document["template_sha256"] != document["sha256"]
    assert set(document["values"]) == set(document["origins"]) and document["made_with"]["workflow_version"] == 2
    if has_pdf():
        assert b"".join(client.get(f"{API}/documents/{document['id']}/pdf")).startswith(b"%PDF-")
    else:
        assert any("LibreOffice" in note for note in document["notes"])


@pytest.mark.parametrize("name", ["the sample", *REAL])
def test_by_commands(customer: Customer, tmp_path: Path, name: str) -> None:
    file = tmp_path / "template.docx"
    file.write_bytes(word_file(name))
    said = io.StringIO()
    call_command("parse_templates", str(file), "--customer", "acme", stdout=said, stderr=said)
    template = Template.objects.get()
    call_command("review_templates", "--customer", "acme", stdout=said)
    facts = tmp_path / "facts.csv"
    facts.write_text("label,value\nCompany name,Acme Ltd\n")
    call_command("import_facts", str(facts), "--customer", "acme", stdout=said)
    out = tmp_path / "out"
    call_command(
        "generate_documents", "--template", str(template.id), "--pdf", "--partial", "--out", str(out), stdout=said
    )
    assert "1 of 1 documents made" in said.getvalue()
    document = Document.objects.get()
    assert document.file_id is not None
    suffixes = {path.suffix for path in out.iterdir()}
    assert suffixes == ({".docx", ".pdf"} if has_pdf() else {".docx"})
