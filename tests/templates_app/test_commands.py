"""``parse_templates``: many files at once, refused ones among them, and again."""

from __future__ import annotations

import io
import json
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command

from accounts_app.access import actor_for
from accounts_app.models import Customer, User
from jobs_app.awaiting import is_worker_alive
from jobs_app.models import Job, Worker
from templates_app.fields import edit_field
from templates_app.models import Template
from templates_app.sample import sample_template
from tests.templates_app.bad_files import BAD_FILES

pytestmark = pytest.mark.django_db(transaction=True)


def run(*arguments: Any) -> tuple[int, str]:
    """Exit code and standard output."""
    said = io.StringIO()
    try:
        call_command("parse_templates", *map(str, arguments), "--customer", "acme", stdout=said, stderr=io.StringIO())
    except SystemExit as ended:
        return int(str(ended.code)), said.getvalue()
    return 0, said.getvalue()


@pytest.fixture
def folder(tmp_path: Path, customer: Customer) -> Path:
    """Two good files, one of them deeper, and one that is none."""
    (tmp_path / "forms" / "deep").mkdir(parents=True)
    (tmp_path / "forms" / "one.docx").write_bytes(sample_template())
    (tmp_path / "forms" / "~$one.docx").write_bytes(b"lock")
    (tmp_path / "forms" / "notes.txt").write_text("no")
    (tmp_path / "forms" / "deep" / "two.docx").write_bytes(sample_template() + b"")
    (tmp_path / "forms" / "bad.docx").write_bytes(BAD_FILES["truncated"][0])
    return tmp_path / "forms"


def test_a_refused_file_does_not_stop_the_others(folder: Path, tmp_path: Path) -> None:
    code, said = run(folder, "--json", tmp_path / "out")
    assert code == 1 and "1 of 2 files parsed, 24 fields" in said
    assert "refused" in said and "damaged or incomplete" in said and "~$one" not in said
    (written,) = (tmp_path / "out").iterdir()
    parse = json.loads(written.read_text())
    assert written.name == "one.json" and len(parse["fields"]) == 24
    assert {"part", "p", "level"} <= parse["sections"][0].keys()
    assert {"key", "label", "type", "anchors"} <= parse["fields"][0].keys()
    assert Worker.objects.filter(stopped_at=None).count() == 0


def test_twice_parses_once_unless_forced(folder: Path, tmp_path: Path) -> None:
    assert run(folder / "one.docx")[0] == 0
    code, said = run(folder / "one.docx", "--json", tmp_path / "out")
    assert code == 0 and "already parsed" in said and Job.objects.count() == 1
    assert (tmp_path / "out" / "one.json").exists()
    assert run(folder / "one.docx", "--force")[0] == 0
    assert Job.objects.count() == 2 and Template.objects.count() == 1


def test_other_settings_are_told_of_and_taken_with_force(folder: Path, editor: User) -> None:
    assert run(folder / "one.docx")[0] == 0
    template = Template.objects.get()
    edit_field(template.id, "company_name", {"label": "Our company"}, actor=actor_for(editor))
    told = (folder / "one.docx", "--standard", "ISO 9001", "--custom-rules", "Headings are H1.")
    code, said = run(*told)
    assert code == 0 and "Not read with the standard and the hints for reading given now; --force does." in said
    template.refresh_from_db()
    assert (template.standard, template.custom_rules) == ("", "")
    code, said = run(*told, "--force")
    assert code == 0 and "parsed" in said and "Not read with" not in said
    template = Template.objects.get()
    assert (template.standard, template.standards, template.custom_rules) == (
        "ISO 9001", ["iso-9001-2015"], "Headings are H1.",
    )
    assert template.fields.get(key="company_name").label == "Our company"
    assert "Not read with" not in run(*told)[1]
    assert run(folder / "one.docx", "--force", "--standard", "zzz")[0] == 1
    assert run(folder / "one.docx", "--force")[0] == 0 and Template.objects.get().custom_rules == "Headings are H1."


def test_folders_within_folders_on_demand(folder: Path) -> None:
    (folder / "bad.docx").unlink()
    code, said = run(folder, "--recursive")
    assert code == 0 and "2 of 2 files parsed" in said
    assert {template.created_by for template in Template.objects.all()} == {None}


def test_nothing_there_and_nobody_there(tmp_path: Path, customer: Customer) -> None:
    with pytest.raises(CommandError, match="--recursive"):
        run(tmp_path)
    with pytest.raises(CommandError, match="no customer"):
        call_command("parse_templates", str(tmp_path / "x.docx"), "--customer", "nobody")
    assert run(tmp_path / "missing.docx")[0] == 1


def test_a_worker_counts_as_alive_for_two_leases(db: None) -> None:
    assert not is_worker_alive()
    worker = Worker.objects.create(host="here", process_id=1, concurrency=1)
    assert is_worker_alive()
    Worker.objects.filter(id=worker.id).update(heartbeat_at="2020-01-01T00:00Z")
    assert not is_worker_alive()
