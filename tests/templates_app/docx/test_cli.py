"""The command line: exit codes, JSON, refusals that scripts can read, and bounds that hold."""

from __future__ import annotations

import base64
import json
import os
import signal
import subprocess
import sys
import time
import zlib
from pathlib import Path
from typing import ClassVar

import pytest

from bench.samples import png
from templates_app.docx import errors
from templates_app.docx.package import Package
from templates_app.docx.sandbox import Bounds, Result, guarded, run_bounded

from .build import build, paragraph
from .reading import texts
from .test_package import UNREADABLE, compound, with_document

ROOT = Path(__file__).resolve().parents[3]


def command(*arguments: object) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "templates_app.docx", *map(str, arguments)],
        cwd=ROOT,
        text=True,
        capture_output=True,
        check=False,
        timeout=60,
    )


@pytest.fixture
def template(tmp_path: Path) -> Path:
    path = tmp_path / "letter.docx"
    path.write_bytes(
        build(paragraph("Dear [Customer name]:") + paragraph("Date: [Date]"), headers=[paragraph("[Customer name]")])
    )
    return path


class TestParse:
    def test_writes_json_for_each_file(self, template: Path, tmp_path: Path) -> None:
        other = tmp_path / "more" / "letter.docx"
        other.parent.mkdir()
        other.write_bytes(template.read_bytes())
        done = command("parse", template, other, "--json", tmp_path / "out")
        assert (done.returncode, done.stderr) == (0, "")
        assert sorted(path.name for path in (tmp_path / "out").iterdir()) == ["letter-2.json", "letter.json"]
        data = json.loads((tmp_path / "out" / "letter.json").read_text())
        assert data["sha256"] == Package.open(template.read_bytes()).sha256
        assert any("[Customer name]" in field["marker"] for field in data["fields"])

    def test_a_refused_file_does_not_stop_the_rest(self, template: Path, tmp_path: Path) -> None:
        bad = {
            "empty.docx": (b"", "empty_file"),
            "old.docx": (compound("WordDocument"), "legacy_word_file"),
            "locked.docx": (compound("EncryptedPackage"), "encrypted_file"),
            "cut.docx": (build("")[:-30], "damaged_file"),
        }
        for name, (data, _) in bad.items():
            (tmp_path / name).write_bytes(data)
        done = command("parse", *(tmp_path / name for name in bad), template, "--json", tmp_path / "out")
        assert done.returncode == 3
        told = [json.loads(line) for line in done.stderr.splitlines()]
        assert [(Path(line["file"]).name, line["code"]) for line in told] == [(n, code) for n, (_, code) in bad.items()]
        assert all(line["message"].endswith(".") for line in told)
        assert [path.name for path in (tmp_path / "out").iterdir()] == ["letter.json"]

    @pytest.mark.parametrize(
        "arguments", [(), ("parse",), ("parse", "/nowhere.docx"), ("parse", "/tmp"), ("frobnicate",)]
    )
    def test_usage(self, arguments: tuple[str, ...]) -> None:
        done = command(*arguments)
        assert done.returncode == 2
        assert "Traceback" not in done.stderr

    def test_memory_bound(self, tmp_path: Path) -> None:
        rows = "".join(
            f"<w:p><w:r><w:t>{zlib.crc32(bytes([n % 251, n // 251]))}</w:t></w:r></w:p>" for n in range(60_000)
        )
        path = tmp_path / "large.docx"
        path.write_bytes(build(rows))
        done = command("parse", path, "--memory-mb", 60)
        assert done.returncode == 3
        assert json.loads(done.stderr)["code"] == "too_complex"


class TestFill:
    def test_by_rules(self, template: Path, tmp_path: Path) -> None:
        fields = parsed_fields(template, tmp_path)
        data = tmp_path / "data.json"
        data.write_text(json.dumps({next(f["key"] for f in fields if f["marker"] == "[Customer name]"): "Ann"}))
        done = command("fill", template, data, tmp_path / "out.docx", "--report", tmp_path / "report.json")
        assert (done.returncode, done.stderr) == (0, "")
        filled = (tmp_path / "out.docx").read_bytes()
        assert texts(filled)[0] == "Dear Ann:"
        assert texts(filled, "word/header1.xml") == ["Ann"]
        report = json.loads((tmp_path / "report.json").read_text())
        assert report["placed"][0]["place"] == {"part": "word/document.xml", "p": 0, "start": 5, "end": 8}

    @pytest.mark.parametrize(("how", "left"), [("list", 1), ("keep", 0)])
    def test_what_is_left(self, template: Path, tmp_path: Path, how: str, left: int) -> None:
        data, report = tmp_path / "data.json", tmp_path / "report.json"
        data.write_text(json.dumps({parsed_fields(template, tmp_path)[0]["key"]: "Ann"}))
        done = command("fill", template, data, tmp_path / "o.docx", "--on-unfilled", how, "--report", report)
        assert done.returncode == 0
        assert len(json.loads(report.read_text())["unfilled"]) == left
        assert ("1 fields left: " in done.stdout) == bool(left)

    def test_what_is_left_is_refused_when_asked_to(self, template: Path, tmp_path: Path) -> None:
        data = tmp_path / "data.json"
        data.write_text("{}")
        done = command("fill", template, data, tmp_path / "o.docx", "--on-unfilled", "refuse")
        assert (done.returncode, json.loads(done.stderr)["code"]) == (3, "unfilled_fields")
        assert not (tmp_path / "o.docx").exists()

    def test_with_fields_and_a_picture(self, template: Path, tmp_path: Path) -> None:
        anchor = {"part": "word/document.xml", "p": 0, "start": 5, "end": 20}
        field = {"key": "logo", "label": "Logo", "type": "image", "anchors": [anchor]}
        data = tmp_path / "data.json"
        picture = {"base64": base64.b64encode(png(8, 8)).decode()}
        data.write_text(json.dumps({"values": {"logo": picture}, "fields": [field]}))
        assert command("fill", template, data, tmp_path / "out.docx").returncode == 0
        assert any(name.startswith("word/media/") for name in Package.open((tmp_path / "out.docx").read_bytes()).names)

    @pytest.mark.parametrize(
        "content",
        [
            {"nobody": "x"},
            {"values": {"k": "v"}, "fields": [{"key": "k"}]},
            {"values": {"k": {"base64": "?"}}, "fields": []},
        ],
    )
    def test_values_that_do_not_fit(self, template: Path, tmp_path: Path, content: object) -> None:
        data, out = tmp_path / "data.json", tmp_path / "out.docx"
        data.write_text(json.dumps(content))
        done = command("fill", template, data, out)
        assert done.returncode == 3
        assert json.loads(done.stderr)["code"] == "fill_error"
        assert not out.exists()

    @pytest.mark.parametrize("content", ["not json", "[]"])
    def test_data_that_is_no_object(self, template: Path, tmp_path: Path, content: str) -> None:
        data = tmp_path / "data.json"
        data.write_text(content)
        assert command("fill", template, data, tmp_path / "out.docx").returncode == 2


def parsed_fields(template: Path, folder: Path) -> list[dict[str, str]]:
    command("parse", template, "--json", folder / "json")
    found: list[dict[str, str]] = json.loads((folder / "json" / f"{template.stem}.json").read_text())["fields"]
    return found


def test_preview(template: Path, tmp_path: Path) -> None:
    assert command("preview", template, tmp_path / "out.html").returncode == 0
    assert "<mark" in (tmp_path / "out.html").read_text()


class TestRevise:
    REVISION: ClassVar = {
        "id": "r1",
        "anchor": {"part": "word/document.xml", "p": 0, "start": 0, "end": 4},
        "new_text": "Hello",
        "author": "Ann",
        "when": "2026-01-02T03:04:05+00:00",
        "comment": "Say it kindly.",
    }

    def test_a_change_is_proposed_listed_and_decided(self, template: Path, tmp_path: Path) -> None:
        data, made, report = tmp_path / "r.json", tmp_path / "revised.docx", tmp_path / "report.json"
        data.write_text(json.dumps({"revisions": [self.REVISION]}))
        done = command("revise", template, data, made, "--report", report)
        assert (done.returncode, done.stderr) == (0, "")
        assert done.stdout.endswith("1 revisions written as 2 tracked changes\n")
        written = json.loads(report.read_text())["written"][0]
        listed = [json.loads(line) for line in command("changes", made).stdout.splitlines()]
        assert [change["id"] for change in listed] == written["changes"]
        assert command("accept", made, tmp_path / "a.docx").returncode == 0
        assert texts((tmp_path / "a.docx").read_bytes())[0].startswith("Hello [Customer")
        assert command("reject", made, tmp_path / "b.docx", "--ids", *written["changes"]).returncode == 0
        assert texts((tmp_path / "b.docx").read_bytes()) == texts(template.read_bytes())

    @pytest.mark.parametrize(
        ("change", "code"),
        [
            ({"new_text": "Dear"}, "nothing_to_change"),
            ({"new_text": 7}, "bad_revision"),
            ({"when": "soon"}, "bad_revision"),
            ({"anchor": {"part": "word/document.xml", "p": 99, "start": 0, "end": 0}}, "no_such_place"),
            ({"anchor": {"part": "word/document.xml", "p": "0", "start": 0, "end": 0}}, "bad_revision"),
            ({"wish": "none"}, "bad_revision"),
        ],
    )
    def test_refused(self, template: Path, tmp_path: Path, change: dict[str, object], code: str) -> None:
        data = tmp_path / "r.json"
        data.write_text(json.dumps({"revisions": [{**self.REVISION, **change}]}))
        done = command("revise", template, data, tmp_path / "out.docx")
        told = json.loads(done.stderr)
        assert (done.returncode, told["code"]) == (3, code)
        assert told.get("revision", "r1") == "r1"
        assert "detail" not in told
        assert not (tmp_path / "out.docx").exists()

    def test_a_change_that_is_not_there(self, template: Path, tmp_path: Path) -> None:
        done = command("accept", template, tmp_path / "out.docx", "--ids", "4")
        assert (done.returncode, json.loads(done.stderr)["code"]) == (3, "no_such_change")


@pytest.mark.parametrize("name", UNREADABLE)
def test_hostile_content_is_refused_not_traced(name: str, tmp_path: Path) -> None:
    path = tmp_path / "hostile.docx"
    path.write_bytes(with_document(UNREADABLE[name][0]))
    done = command("parse", path)
    assert done.returncode == 3
    assert json.loads(done.stderr)["code"] == UNREADABLE[name][1].code


class TestSandbox:
    def test_result_and_refusal(self) -> None:
        assert run_bounded(lambda: {"a": 1}, Bounds()) == {"a": 1}
        assert run_bounded(refuse, Bounds())["code"] == "empty_file"

    def test_out_of_memory(self) -> None:
        assert run_bounded(lambda: {"a": len(bytearray(1 << 30))}, Bounds(memory_mb=200))["code"] == "too_complex"

    def test_out_of_time(self) -> None:
        started = time.perf_counter()
        assert run_bounded(spin, Bounds(cpu_seconds=1))["code"] == "too_complex"
        assert time.perf_counter() - started < 5

    def test_a_child_that_dies(self) -> None:
        assert run_bounded(lambda: os._exit(0), Bounds())["code"] == "too_complex"
        assert run_bounded(lambda: killed(), Bounds())["code"] == "too_complex"

    def test_output_bound(self, tmp_path: Path) -> None:
        answer = run_bounded(lambda: {"a": (tmp_path / "x").write_bytes(bytes(2 << 20))}, Bounds(output_mb=1))
        assert answer["code"] == "docx_error"

    def test_an_unforeseen_error_names_its_place_and_not_the_content(self) -> None:
        answer = guarded(fail)
        assert answer["code"] == "docx_error"
        assert str(answer["detail"]).startswith("ValueError at test_cli.py:")
        assert "secret" not in str(answer)

    def test_deep_recursion(self) -> None:
        assert guarded(lambda: deeper())["code"] == "too_complex"


def refuse() -> Result:
    raise errors.EmptyFile


def killed() -> Result:
    os.kill(os.getpid(), signal.SIGKILL)
    return {}


def spin() -> Result:
    while True:
        pass


def fail() -> Result:
    raise ValueError("secret")


def deeper() -> Result:
    return deeper()


def test_starts_without_what_it_does_not_need() -> None:
    """The child starts for every upload: no Django, no XML for a usage error, no network modules ever."""
    probe = (
        "import sys, templates_app.docx.__main__, templates_app.docx.parse\n"
        "print([name for name in ('django', 'ssl', 'asyncio', 'http.client', 'xml.dom') if name in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", probe], cwd=ROOT, capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
