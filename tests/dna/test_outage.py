"""The database away: every door says so with a 503 that tells when to come back, and goes on once it is there again."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx
import psycopg
import pytest
from django.db import OperationalError, ProgrammingError
from websockets.exceptions import ConnectionClosed
from websockets.sync.client import connect

from accounts_app.http import as_dna_error
from dna.postgres import Server, ensure_running
from tests.dna.test_up import ROOT, Installation, free_port

# Run in the installation: somebody with a key and a session, and a job that waits for a worker.
_PREPARE = """
import json, django; django.setup()
from django.core.management import call_command; call_command("migrate", verbosity=0)
from django.test import Client
from accounts_app.access import actor_for
from accounts_app.api_keys import create_api_key
from accounts_app.choices import Role
from accounts_app.customers import create_customer
from accounts_app.members import create_user
from templates_app.sample import sample_template
from django.core.files.uploadedfile import SimpleUploadedFile
from templates_app.templates import upload_template
customer = create_customer(slug="acme", name="Acme Ltd")
user = create_user(email="ada@example.org", customer=customer, role=Role.EDITOR)
file = SimpleUploadedFile("mine.docx", sample_template())
job = upload_template(actor=actor_for(user), customer_id=customer.id, file=file, name="Mine").parse_job
browser = Client(); browser.force_login(user)
_, key = create_api_key(user=user, customer=customer, name="outage")
print(json.dumps({"key": key, "session": browser.cookies["sessionid"].value, "job": str(job.id)}))
"""


@dataclass
class Outage:
    """A web process, and its database, which can be taken away."""

    installation: Installation
    server: Server
    about: dict[str, str] = field(default_factory=dict)
    web: subprocess.Popen[str] | None = None

    def run(self, *arguments: str, **options: Any) -> subprocess.Popen[str]:
        """One of our programs; it knows the workflow of the chaos runs, whose steps take as long as they are told."""
        ours = {"DATABASE_URL": self.server.app_url, "DATABASE_OWNER_URL": self.server.owner_url}
        ours |= {"DJANGO_SETTINGS_MODULE": "tests.chaos.settings", "JOB_LEASE_SECONDS": "6"}
        environment = self.installation.environment | ours
        return subprocess.Popen([sys.executable, *arguments], cwd=ROOT, env=environment, text=True, **options)

    def prepare(self) -> None:
        output, _ = self.run("-c", _PREPARE, stdout=subprocess.PIPE).communicate(timeout=60)
        self.about = json.loads(output)

    def begin(self) -> None:
        """As a crash of the server: nothing is said to anybody."""
        pid = int((self.installation.home / "postgres" / "data" / "postmaster.pid").read_text().splitlines()[0])
        os.kill(pid, signal.SIGQUIT)
        with suppress(ProcessLookupError):
            while True:
                os.kill(pid, 0)
                time.sleep(0.02)

    def end(self) -> None:
        previous, self.server = self.server, ensure_running(self.installation.home)
        previous.release()

    def ask(self, path: str, method: str = "GET", **headers: str) -> httpx.Response:
        return httpx.request(method, f"{self.installation.url}{path}", headers=headers, timeout=30, trust_env=False)

    def ask_api(self, path: str, method: str = "GET", **headers: str) -> httpx.Response:
        return self.ask(path, method, **{"X-API-Key": self.about["key"], **headers})

    def ask_page(self, path: str, **headers: str) -> httpx.Response:
        return self.ask(path, Cookie=f"sessionid={self.about['session']}", **headers)

    def workers(self) -> int:
        """How many there are, as the health check says."""
        said: str = self.ask("/api/v1/health").json()["checks"]["workers"]["detail"]
        return int(said.split()[0]) if said[0].isdigit() else 0

    @contextmanager
    def worker(self, **options: Any) -> Iterator[subprocess.Popen[str]]:
        process = self.run("manage.py", "worker", **options)
        try:
            yield process
        finally:
            process.kill()
            process.wait()

    def submit(self, **order: Any) -> str:
        headers = {"X-API-Key": self.about["key"]}
        url = f"{self.installation.url}/chaos/orders"
        answer = httpx.post(url, json={"tag": "one", **order}, headers=headers, trust_env=False)
        job_id: str = answer.raise_for_status().json()["id"]
        return job_id

    def is_running(self, job_id: str) -> bool:
        return bool(self.ask_api(f"/api/v1/jobs/{job_id}").json()["status"] == "processing")


@pytest.fixture
def outage() -> Iterator[Outage]:
    with tempfile.TemporaryDirectory(prefix="dna-outage-") as folder:
        Path(folder).chmod(0o755)  # the account that Postgres runs as must get through
        home = Path(folder, "home")
        made = Outage(Installation(home, free_port()), ensure_running(home))
        made.prepare()
        web = made.web = made.run("manage.py", "web")
        try:
            _until(lambda: made.ask_api("/api/v1/jobs").status_code == 200)
            yield made
        finally:
            web.terminate()
            web.wait(20)
            made.server.release()


def _seconds_to_end(process: subprocess.Popen[str]) -> float:
    """After SIGTERM, which must end it well."""
    started = time.monotonic()
    process.terminate()
    assert process.wait(30) == 0
    return time.monotonic() - started


def _until(holds: Any, *, seconds: float = 30) -> None:
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        with suppress(httpx.TransportError):
            if holds():
                return
        time.sleep(0.1)
    raise AssertionError("not in time")


def _is_refused_for_now(answer: httpx.Response) -> bool:
    return answer.status_code == 503 and 1 <= int(answer.headers["Retry-After"]) <= 60


def test_every_door_says_that_the_database_is_away_and_goes_on_afterwards(outage: Outage) -> None:
    job = outage.about["job"]
    token = outage.ask_api("/api/v1/auth/websocket-token", "POST").json()["token"]
    socket_url = f"ws://127.0.0.1:{outage.installation.port}/ws/jobs/{job}/?token={token}"
    with connect(socket_url, proxy=None) as follower:
        first = json.loads(follower.recv(timeout=10))
        outage.begin()
        _check_api(outage, job)
        _check_pages(outage)
        _check_socket(socket_url)
        outage.end()
        _until(lambda: outage.ask_api(f"/api/v1/jobs/{job}").status_code == 200)
        assert outage.ask_page("/").status_code in (200, 302)
        assert outage.ask_api(f"/api/v1/jobs/{job}/cancel", "POST").status_code == 200
        told = [first] + [json.loads(text) for text in follower]
    numbers = [message["number"] for message in told if "number" in message]
    assert numbers == list(range(1, len(numbers) + 1)) and told[-1]["type"] == "completion"


def _check_api(outage: Outage, job: str) -> None:
    for path, method, accept in (
        (f"/api/v1/jobs/{job}", "GET", "application/json"),
        (f"/api/v1/jobs/{job}/cancel", "POST", "application/json"),
        (f"/api/v1/jobs/{job}/events", "GET", "text/event-stream"),
    ):
        answer = outage.ask_api(path, method, Accept=accept)
        assert _is_refused_for_now(answer), (path, answer.status_code, answer.text)
        error = answer.json()["error"]
        assert error["code"] == "unavailable" and "Try again" in error["message"]
    assert outage.ask("/api/v1/health").status_code == 503


def _check_pages(outage: Outage) -> None:
    for path in ("/", "/account/"):
        page = outage.ask_page(path)
        assert _is_refused_for_now(page), (path, page.status_code)
        assert "Not available right now" in page.text and "<nav" not in page.text
    toast = outage.ask_page("/", **{"HX-Request": "true"})
    assert _is_refused_for_now(toast) and toast.headers["HX-Retarget"] == "#toasts"


def _check_socket(url: str) -> None:
    with connect(url, proxy=None) as socket, pytest.raises(ConnectionClosed):
        socket.recv(timeout=30)
    assert socket.close_code == 4503


def test_a_worker_waits_for_the_database_and_ends_in_time_without_it(outage: Outage, tmp_path: Path) -> None:
    outage.begin()
    with outage.worker() as early:
        time.sleep(8)  # longer than a lease, after which a running worker would have let go of its jobs
        assert early.poll() is None
        outage.end()
        _until(lambda: outage.workers() == 1)
        job = outage.submit(hold="plan", hold_seconds=60)
        _until(lambda: outage.is_running(job))
        outage.begin()
        assert _seconds_to_end(early) < 6
    log = tmp_path / "log"
    with log.open("w") as stderr, outage.worker(stderr=stderr) as never:
        _until(lambda: "waits for the database" in log.read_text())  # it has begun: before, a signal just ends it
        assert _seconds_to_end(never) < 6
    outage.end()


def test_a_step_in_a_thread_does_not_keep_a_worker_from_ending(outage: Outage) -> None:
    with outage.worker() as worker:
        _until(lambda: outage.workers() == 1)
        job = outage.submit(hold="plan", hold_seconds=60)
        _until(lambda: outage.is_running(job))
        time.sleep(0.5)
        assert _seconds_to_end(worker) < 5
    assert outage.ask_api(f"/api/v1/jobs/{job}").json()["status"] == "queued"


def test_requests_that_nobody_answers_do_not_keep_the_web_from_ending(outage: Outage) -> None:
    key = {"X-API-Key": "dna_nobody"}
    with psycopg.connect(outage.server.owner_url) as locking, ThreadPoolExecutor(3) as asking:
        locking.execute("LOCK TABLE accounts_app_apikey IN ACCESS EXCLUSIVE MODE")
        answers = [asking.submit(outage.ask, "/api/v1/jobs", **key) for _ in range(3)]
        time.sleep(1)
        assert outage.web is not None
        assert _seconds_to_end(outage.web) < 8
        for answer in answers:
            with suppress(httpx.TransportError):
                assert answer.result().status_code >= 500


def test_a_fault_of_the_program_is_no_outage() -> None:
    assert as_dna_error(ProgrammingError("no such column")) is None
    assert as_dna_error(OperationalError("the connection is closed")).code == "unavailable"  # type: ignore[union-attr]
