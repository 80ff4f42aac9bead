"""The product as a person starts it: ``manage.py up`` with nothing configured, commands beside it, and its end."""

from __future__ import annotations

import fcntl
import os
import re
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import httpx
import pytest

from templates_app.sample import sample_template

ROOT = Path(__file__).resolve().parent.parent.parent


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@dataclass
class Installation:
    """A home of its own, with whatever runs on it."""

    home: Path
    port: int
    process: subprocess.Popen[str] | None = None

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    @property
    def environment(self) -> dict[str, str]:
        ours = ("DATABASE_", "DB_", "DNA_", "SECRET_KEY", "DJANGO_")
        kept = {name: value for name, value in os.environ.items() if not name.startswith(ours)}
        return kept | {"DNA_HOME": str(self.home), "PORT": str(self.port), "PYTHONUNBUFFERED": "1"}

    def manage(self, *arguments: str, stdin: str = "") -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [sys.executable, "manage.py", *arguments],
            cwd=ROOT, env=self.environment, input=stdin, capture_output=True, text=True, timeout=120,
        )

    def start(self, **variables: str) -> str:
        """Start ``up`` and return what it said until it was ready."""
        self.process = subprocess.Popen(
            [sys.executable, "manage.py", "up"],
            cwd=ROOT, env=self.environment | variables, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
            start_new_session=True,
        )
        assert self.process.stdout is not None
        said = ""
        for line in self.process.stdout:
            said += line
            if "Sign in" in line:
                return said
        raise AssertionError(f"up ended before it was ready:\n{said}")

    def stop(self, number: signal.Signals = signal.SIGTERM) -> tuple[int, float]:
        """Exit status, and the seconds it took."""
        assert self.process is not None
        started = time.monotonic()
        self.process.send_signal(number)
        self.process.wait(timeout=30)
        assert self.process.stdout is not None
        self.process.stdout.close()
        return self.process.returncode, time.monotonic() - started

    def kill(self) -> None:
        """As a power cut would end it: nothing of its own clean-up runs."""
        assert self.process is not None and self.process.stdout is not None
        self.process.kill()
        self.process.wait()
        self.process.stdout.close()

    def processes_left(self) -> list[str]:
        """Processes that name the home, and the database server, which holds a lock while it or a child is alive."""
        found = subprocess.run(["ps", "-eo", "pid,args"], capture_output=True, text=True).stdout.splitlines()
        left = [line for line in found if str(self.home) in line and "ps -eo" not in line]
        with (self.home / "postgres.server.lock").open() as lock:
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                left.append("the database server")
        return left


@pytest.fixture
def installation() -> Iterator[Installation]:
    with tempfile.TemporaryDirectory(prefix="dna-up-") as folder:
        Path(folder).chmod(0o755)  # the account that Postgres runs as must reach it when we are root
        made = Installation(home=Path(folder, "home"), port=free_port())
        yield made
        _clean_up(made)


def _clean_up(made: Installation) -> None:
    if made.process is not None and made.process.poll() is None:
        made.kill()
    if made.home.exists():
        made.manage("check")  # takes over a server left behind, and stops it


def wait_for(client: httpx.Client, url: str, *, seconds: float = 30) -> dict[str, object]:
    """Poll a job until it has ended."""
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        job: dict[str, object] = client.get(url).raise_for_status().json()
        if job["status"] in ("completed", "failed", "cancelled"):
            return job
        time.sleep(0.1)
    raise AssertionError(f"{url} did not end: {job}")


def test_the_main_job_end_to_end(installation: Installation) -> None:
    said = installation.start()
    link = re.search(r"http://\S+/sign-in/link/\S+", said)
    assert link, said
    with httpx.Client(base_url=installation.url, follow_redirects=True, timeout=30) as browser:
        assert browser.get(link[0].removeprefix(installation.url)).status_code == 200
    made = installation.manage("create_api_key", "admin@localhost", "--customer", "my-organisation")
    assert made.returncode == 0, made.stderr
    key = made.stdout.strip().splitlines()[-1]
    with httpx.Client(base_url=installation.url, headers={"X-API-Key": key}, timeout=30) as client:
        _check_sample_was_parsed(client)
        _upload_fill_download(client)
    status, seconds = installation.stop()
    assert status == 0 and seconds < 5
    assert installation.processes_left() == []


def _check_sample_was_parsed(client: httpx.Client) -> None:
    (sample,) = client.get("/api/v1/templates").raise_for_status().json()["items"]
    jobs = client.get("/api/v1/jobs", params={"subject_id": sample["id"]}).raise_for_status().json()["items"]
    assert wait_for(client, f"/api/v1/jobs/{jobs[0]['id']}")["status"] == "completed"


def _upload_fill_download(client: httpx.Client) -> None:
    files = {"file": ("mine.docx", sample_template())}
    sent = client.post("/api/v1/templates/upload", files=files, data={"name": "Mine"})
    assert (sent.status_code, sent.json()["status"]) == (202, "pending")
    assert wait_for(client, sent.json()["status_url"])["status"] == "completed"
    log = client.get(sent.json()["events_url"]).raise_for_status().json()["events"]
    reports = [event["data"] for event in log if event["type"] == "job.progressed"]
    shares = [report["progress"] for report in reports]
    assert len(set(shares)) >= 4 and shares == sorted(shares)
    assert all("eta_seconds" in report for report in reports)
    template = client.get(f"/api/v1/templates/{sent.json()['template_id']}").raise_for_status().json()
    values = {field["key"]: "Zebra & Söhne" for field in template["fields"] if field["type"] == "text"}
    made = client.post(f"/api/v1/templates/{template['id']}/documents", json={"name": "Filled", "values": values})
    assert made.status_code == 202, made.text
    assert wait_for(client, made.json()["status_url"])["status"] == "completed"
    document = client.get(f"/api/v1/documents/{made.json()['document_id']}/file").raise_for_status()
    assert document.content[:2] == b"PK"


def test_a_second_start_takes_seconds_and_commands_work_without_it(installation: Installation) -> None:
    assert installation.manage("setup").returncode == 0
    again = installation.manage("create_customer", "acme", "--name", "Acme")
    assert again.returncode == 0, again.stderr
    started = time.monotonic()
    installation.start()
    assert time.monotonic() - started < 15
    status, seconds = installation.stop(signal.SIGINT)
    assert status == 0 and seconds < 5
    assert installation.processes_left() == []


def test_a_demo_says_that_it_is_one(installation: Installation) -> None:
    assert "nothing it says comes from a language model" in installation.start(DNA_DEMO_PROVIDER="1")
    made = installation.manage("create_api_key", "admin@localhost", "--customer", "my-organisation")
    key = made.stdout.strip().splitlines()[-1]
    installation.kill()  # so that it cannot withdraw the provider itself
    for variables, expected in (({"DNA_DEMO_PROVIDER": "1"}, [True]), ({}, [])):
        said = installation.start(**variables)
        assert ("Demo" in said) == bool(expected)
        url = f"{installation.url}/api/v1/providers"
        offered = httpx.get(url, headers={"X-API-Key": key}).raise_for_status().json()
        named = [one["available"] for one in offered if one["display_name"] == "Demo (scripted answers, no model)"]
        assert named == expected
        assert installation.stop()[0] == 0


def test_a_killed_installation_starts_again(installation: Installation) -> None:
    installation.start()
    installation.kill()
    installation.start()
    assert httpx.get(f"{installation.url}/api/v1/health").status_code == 200
    assert installation.stop()[0] == 0
    assert installation.processes_left() == []


def test_a_port_in_use_is_said_so(installation: Installation) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", installation.port))
        taken.listen()
        refused = installation.manage("up")
    assert refused.returncode == 1
    assert f"Port {installation.port} is in use" in refused.stderr
