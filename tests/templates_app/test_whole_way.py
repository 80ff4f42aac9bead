"""Upload → parse → review → apply → generate → PDF, by the API and by commands: by rules alone, and with a model.

The model is the scripted provider, over each wire format. It reads what it is shown and answers about that.
"""

from __future__ import annotations

import io
import json
from pathlib import Path
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.core.management import call_command
from django.test import Client

from accounts_app.access import Actor
from accounts_app.models import Customer, User
from bench import corpus
from bench.samples import sample_values
from llm_app import lite
from llm_app.scripted.provider import ScriptedProvider
from llm_app.scripted.script import Answer, Rule, Script
from templates_app.docx.package import Container
from templates_app.docx.parse import parse
from templates_app.drafts import decide_draft
from templates_app.errors import PdfUnavailable
from templates_app.models import Document, Review, Template
from templates_app.pdf import find_soffice
from templates_app.sample import sample_template
from tests.llm_app.conftest import WIRES
from tests.templates_app.test_api import API, post_json
from tests.templates_app.test_generation import work
from tests.templates_app.test_reviews import texts_in

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


# --- with a model ---------------------------------------------------------------------------------------------------

WIRED = [*(("the sample", provider) for provider in WIRES), *zip(REAL, WIRES, strict=True)]
READING, REVIEWING, DRAFTING = "Rules found the places", "You review Word templates", "You write one text"
NOTHING = Script(
    rules=(
        Rule(contains=READING, answer=Answer(data={"corrections": []})),
        Rule(contains=REVIEWING, answer=Answer(data={"findings": []})),
        Rule(contains=DRAFTING, answer=Answer(data={"text": "Two sites make pumps.", "sources": []})),
    )
)


def asked(scripted: ScriptedProvider, about: str, naming: str = "") -> str:
    """The first question of that kind, and what was shown with it as data."""
    told = (text for call in scripted.calls for text in texts_in(call.body))
    return next(text for text in told if about in text and naming in text)


def with_answer(scripted: ScriptedProvider, about: str, data: dict[str, Any]) -> None:
    rules = (Rule(contains=about, answer=Answer(data=data)), *NOTHING.rules)
    scripted.set_script(Script(rules=rules))


def a_correction(shown: str) -> dict[str, Any]:
    """The first candidate gets the name of a section, which surely stands in the file."""
    number = next(line for line in data_of(shown) if line[0].isdigit()).split()[0]
    title = next(line for line in data_of(shown) if line.startswith("# "))
    words = title.lstrip("# 0123456789.").strip()
    return {"do": "rename", "fields": [int(number)], "label": words, "quote": words}


def a_finding(shown: str) -> dict[str, Any]:
    clauses = [line.split() for line in shown.splitlines() if line.startswith("- iso-")]
    quote = next(line for line in data_of(shown) if line[0] != "#" and len(line.split()) > 3 and "|" not in line)
    said = {"problem": "It is vague.", "fix": "Say when.", "severity": "high"}
    return {"standard": clauses[0][1], "clause": clauses[0][2], "quote": quote, **said}


def data_of(shown: str) -> list[str]:
    lines = shown[shown.index("--- begin") : shown.index("--- end")].splitlines()[1:]
    return [line for line in lines if line.strip()]


@pytest.mark.parametrize(("name", "provider"), WIRED)
def test_by_the_api_with_a_model(
    client_of_editor: Client, scripted: ScriptedProvider, name: str, provider: str
) -> None:
    lite.litellm()
    client, data = client_of_editor, word_file(name)

    def upload() -> str:
        file = SimpleUploadedFile("template.docx", data)
        wanted = {"file": file, "standard": "iso-27001-2022", "provider": provider, "custom_rules": "Read with care."}
        uploaded = client.post(f"{API}/templates/upload", wanted).json()
        done(client, uploaded)
        return str(uploaded["template_id"])

    scripted.set_script(NOTHING)
    path = f"/templates/{upload()}"
    correction = a_correction(asked(scripted, READING))
    done(client, post_json(client, f"{path}/review", {"provider": provider}).json())
    finding = a_finding(asked(scripted, REVIEWING, "\n- iso-"))

    with_answer(scripted, READING, {"corrections": [correction]})
    path = f"/templates/{upload()}"
    template = client.get(f"{API}{path}").json()
    assert correction["label"].lower() in {one["label"].lower() for one in template["fields"]}
    with_answer(scripted, REVIEWING, {"findings": [finding]})
    review = post_json(client, f"{path}/review", {"provider": provider}).json()
    done(client, review)
    found = client.get(f"{API}/reviews/{review['review_id']}").json()
    assert finding["quote"] in {one["quote"] for one in found["findings"] if one["source"] == "model"}
    assert found["asked_providers"] == [provider]
    applied = post_json(client, f"/reviews/{review['review_id']}/apply", {"findings": "all"}).json()
    assert applied["refused"] == []
    work()

    texts = {key: value for key, value in texts_for(data).items() if key in {one["key"] for one in template["fields"]}}
    long = [one["key"] for one in template["fields"] if one["type"] == "long_text"]
    wanted = {"values": {key: texts[key] for key in texts if key not in long}, "partial": True, "pdf": True}
    made = post_json(client, f"{path}/documents", {**wanted, "draft": long, "provider": provider}).json()
    work()
    for key in long:
        accepted = post_json(client, f"/documents/{made['document_id']}/drafts/{key}", {"status": "accepted"})
        assert accepted.status_code == 200, accepted.json()
    done(client, made)
    document = client.get(f"{API}/documents/{made['document_id']}").json()
    assert {document["values"][key] for key in long} <= {"Two sites make pumps."}
    assert {call.wire for call in scripted.calls} == {WIRES[provider]}
    if has_pdf():
        assert b"".join(client.get(f"{API}/documents/{document['id']}/pdf")).startswith(b"%PDF-")


# --- by commands ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("name", "provider"), WIRED)
def test_by_commands_with_a_model(
    customer: Customer, actor: Actor, scripted: ScriptedProvider, tmp_path: Path, name: str, provider: str
) -> None:
    lite.litellm()
    scripted.set_script(NOTHING)
    file, out, said = tmp_path / "template.docx", tmp_path / "out", io.StringIO()
    file.write_bytes(word_file(name))
    asking = ("--provider", provider)
    call_command(
        "parse_templates", str(file), "--customer", "acme", "--standard", "iso-27001-2022", *asking,
        "--custom-rules", "Read with care.", stdout=said, stderr=said,
    )  # fmt: skip
    template = Template.objects.get()
    call_command("review_templates", "--customer", "acme", *asking, stdout=said)
    wanted = ("generate_documents", "--template", str(template.id), "--pdf", "--partial", "--out", str(out))
    call_command(*wanted, "--draft", "all", *asking, stdout=said)
    document = Document.objects.get()
    assert template.read_by == [provider] and Review.objects.get().asked_providers == [provider]
    drafts = list(document.drafts.values_list("field_key", flat=True))
    if drafts:
        assert f"{len(drafts)} texts to decide on: /documents/{document.id}/" in said.getvalue()
        assert "0 of 1 documents made, 1 waiting for a person" in said.getvalue()
        for key in drafts:
            decide_draft(document.id, key, "accepted", actor=actor)
        work()
        document.refresh_from_db()
    assert document.file_id is not None and (document.pdf_id is not None) == has_pdf()
    assert {document.values[key] for key in drafts} <= {"Two sites make pumps."}


@pytest.mark.parametrize("name", ["the sample", *REAL])
def test_by_commands(customer: Customer, editor: User, tmp_path: Path, name: str) -> None:
    file = tmp_path / "template.docx"
    file.write_bytes(word_file(name))
    said = io.StringIO()
    call_command("parse_templates", str(file), "--customer", "acme", stdout=said, stderr=said)
    template = Template.objects.get()
    call_command("review_templates", "--customer", "acme", "--findings", stdout=said)
    review = Review.objects.get()
    assert f"review {review.id}, by rules\n" in said.getvalue()
    applicable = [one for one in review.findings.all() if one.can_be_applied]
    assert all(f"{one.id}  " in said.getvalue() for one in applicable)
    decide = ("apply_findings", "--review", str(review.id), "--as", editor.email, "--all")
    call_command(*decide, stdout=said)
    assert f"{len([one for one in applicable if one.change])} finding" in said.getvalue()
    if any(one.fix for one in applicable):
        call_command(*decide, "--accept", stdout=said)
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
