"""What operators see: the live page, metrics, health, the log."""

from __future__ import annotations

import io
import json
import logging
import uuid
from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from accounts_app.models import User
from accounts_app.redaction import redact
from jobs_app import alerts, claims, logs, operations
from jobs_app.models import Job, Worker
from jobs_app.workflows import known_versions

Submit = Callable[..., Job]
RunJobs = Callable[[], None]
SignIn = Callable[[User], Client]


def taken(submit: Submit) -> tuple[Job, Worker]:
    job = submit("test.sum")
    worker = Worker.objects.create(host="here", process_id=7, concurrency=3)
    assert claims.claim_job(job.id, worker.id, known_versions()) is not None
    return job, worker


# --- figures


def test_lanes_and_age(submit: Submit, settings: Any) -> None:
    settings.JOB_CUSTOMER_CONCURRENCY = 1
    urgent = submit("test.sum", priority=9)
    submit("test.sum"), submit("test.sum")
    Job.objects.filter(id=urgent.id).update(last_event_at=timezone.now() - timedelta(seconds=100))
    lanes = operations.queue_lanes()
    assert [(lane.priority, lane.next, lane.in_line) for lane in lanes] == [(9, 1, 0), (5, 0, 2)]
    assert 99 < lanes[0].oldest_seconds < 110 and 99 < operations.queue_age_seconds() < 110
    assert operations.unfinished_by_status() == {"pending": 3, "queued": 0, "processing": 0, "waiting": 0}


def test_workers_with_their_jobs_and_lost_ones(submit: Submit) -> None:
    job, worker = taken(submit)
    Worker.objects.create(host="gone", process_id=8, concurrency=3, heartbeat_at=timezone.now() - timedelta(hours=1))
    Worker.objects.create(host="stopped", process_id=9, concurrency=3, stopped_at=timezone.now())
    found = {one.worker.host: ([j.id for j in one.running], one.lost) for one in operations.live_workers()}
    assert found == {"here": ([job.id], False), "gone": ([], True)} and worker.id


@pytest.mark.django_db(transaction=True)
def test_figures_by_workflow_and_hour(submit: Submit, run_jobs: RunJobs) -> None:
    submit("test.sum"), submit("test.no"), submit("test.no"), submit("test.broken")
    run_jobs()
    old = submit("test.wait")
    two_days_ago = operations.first_id(timedelta(days=2))
    figures = {one.workflow: one for one in operations.workflow_figures()}
    assert (figures["test.no"].failed, figures["test.no"].errored, figures["test.no"].error_rate) == (2, 0, 1.0)
    assert figures["test.broken"].errored == 1 and figures["test.sum"].mean_seconds > 0
    hours = operations.jobs_by_hour()
    assert sum(hour.made for hour in hours) == 5 and sum(hour.unfinished for hour in hours) == 1
    assert two_days_ago < old.id and operations.workflow_figures(timedelta(0)) == []


def test_stuck_tickets(submit: Submit) -> None:
    submit("test.sum")
    with connection.cursor() as cursor:
        cursor.execute("UPDATE procrastinate_jobs SET status = 'doing'")
        cursor.execute("UPDATE procrastinate_events SET at = now() - interval '1 hour'")
    assert operations.stuck_tickets() == 1


# --- the page


def test_the_page_shows_it_all_to_administrators(
    submit: Submit, signed_in: SignIn, staff: User, editor: User, django_assert_max_num_queries: Any
) -> None:
    job, _ = taken(submit)
    for _ in range(10):
        submit("test.no")
    Job.objects.filter(id=job.id).update(last_event_at=timezone.now() - timedelta(hours=1))
    alerts.watch_jobs()
    client = signed_in(staff)
    page = client.get(reverse("operations")).content.decode()
    for part in ("Job without a sign of life", "here:7", "test.no", "every 3s", "Dead letters", "1 of 3"):
        assert part in page, part
    with django_assert_max_num_queries(16):
        assert client.get(reverse("operations_figures")).status_code == 200
    assert signed_in(editor).get(reverse("operations")).status_code == 403
    assert Client().get(reverse("operations")).status_code == 302


# --- metrics


def scrape(client: Client, **extra: Any) -> dict[str, float]:
    response = client.get("/metrics", **extra)
    assert response.status_code == 200 and response["Content-Type"].startswith("text/plain")
    lines = [line for line in response.content.decode().splitlines() if not line.startswith("#")]
    return {name: float(value) for name, value in (line.rsplit(" ", 1) for line in lines)}


def test_metrics_say_what_the_page_says(submit: Submit, client: Client) -> None:
    job, _ = taken(submit)
    submit("test.sum", priority=9)
    Job.objects.filter(id=job.id).update(last_event_at=timezone.now() - timedelta(hours=1))
    alerts.watch_jobs()
    found = scrape(client)
    assert found['dna_jobs{status="processing"}'] == 1 and found['dna_queue_jobs{place="next",priority="9"}'] == 1
    assert (found["dna_workers"], found["dna_worker_jobs"], found["dna_alerts_open"]) == (1, 1, 1)
    assert found['dna_recent_jobs{status="other",workflow="test.sum"}'] == 2
    assert {"dna_queue_age_seconds", "dna_dead_letters", "dna_stored_bytes", "dna_workers_lost"} <= found.keys()


def test_metrics_are_for_this_machine_or_for_the_token(db: None, client: Client, settings: Any) -> None:
    assert client.get("/metrics", REMOTE_ADDR="10.0.0.9").status_code == 403
    assert client.get("/metrics", REMOTE_ADDR="::1").status_code == 200
    assert client.get("/metrics", headers={"X-Forwarded-For": "10.0.0.9"}).status_code == 403
    assert client.post("/metrics").status_code == 405
    settings.METRICS_TOKEN = "scraper's own"
    refused = client.get("/metrics", headers={"Authorization": "Bearer wrong ä"})
    assert (refused.status_code, refused.content) == (401, b"Send METRICS_TOKEN as a bearer token.\n")
    assert client.get("/metrics").status_code == 401
    right = {"Authorization": "Bearer scraper's own"}
    assert client.get("/metrics", headers=right, REMOTE_ADDR="10.0.0.9").status_code == 200


# --- health


def health(client: Client) -> tuple[int, dict[str, Any]]:
    answer = client.get("/api/v1/health")
    return answer.status_code, answer.json()["checks"]


def test_health_warns_of_an_old_queue_and_of_alerts(submit: Submit, client: Client) -> None:
    job, _ = taken(submit)
    assert {name: check["status"] for name, check in health(client)[1].items()} == {
        "database": "ok", "queue": "ok", "workers": "ok", "alerts": "ok", "storage": "ok",
        "providers": "ok",
    }
    old = submit("test.sum")
    Job.objects.all().update(last_event_at=timezone.now() - timedelta(hours=1))
    alerts.watch_jobs()
    status, checks = health(client)
    assert status == 200 and (checks["queue"]["status"], checks["alerts"]["detail"]) == ("warning", "1 open")
    assert "waiting for 36" in checks["queue"]["detail"] and old.id != job.id


def test_health_writes_a_file(db: None, client: Client, settings: Any, tmp_path: Path) -> None:
    settings.ARTIFACT_ROOT = tmp_path / "new"
    assert health(client)[1]["storage"]["status"] == "ok" and list((tmp_path / "new").iterdir()) == []
    settings.ARTIFACT_ROOT = tmp_path / "file" / "below"
    (tmp_path / "file").write_text("in the way")
    status, checks = health(client)
    assert (status, checks["storage"]["status"]) == (503, "error")


# --- the log


@pytest.fixture
def said() -> Iterator[Callable[[], list[dict[str, Any]]]]:
    stream = io.StringIO()
    handler = logging.StreamHandler(stream)
    handler.setFormatter(logs.Formatter("json"))
    logging.getLogger("jobs_app").addHandler(handler)
    yield lambda: [json.loads(line) for line in stream.getvalue().splitlines()]
    logging.getLogger("jobs_app").removeHandler(handler)


@pytest.mark.django_db(transaction=True)
def test_each_record_of_a_job_names_it(submit: Submit, run_jobs: RunJobs, said: Callable[[], Any]) -> None:
    job, broken = submit("test.sum"), submit("test.broken")
    run_jobs()
    steps = [entry for entry in said() if entry["message"] == "step finished" and entry["job_id"] == str(job.id)]
    assert {"add", "save", "double/1/it"} <= {entry["step"] for entry in steps}
    assert {entry["workflow"] for entry in steps} == {"test.sum"} and all("duration_ms" in entry for entry in steps)
    (ended,) = [entry for entry in said() if entry["message"].endswith(": completed")]
    assert (ended["job_id"], ended["attempt"], "step" in ended) == (str(job.id), 1, False)
    (fault,) = [entry for entry in said() if entry["level"] == "ERROR"]
    assert fault["job_id"] == str(broken.id) and "RuntimeError: secret detail" in fault["exception"]


def record(message: str, **extra: Any) -> logging.LogRecord:
    made = logging.LogRecord("a.b", logging.INFO, __file__, 1, message, None, None)
    for name, value in extra.items():
        setattr(made, name, value)
    return made


def test_lines_for_people_name_the_job_once() -> None:
    job_id = str(uuid.uuid4())
    with logs.bound(job_id=job_id, workflow="w"), logs.bound(step="s"):
        line = logs.Formatter().format(record("told", duration_ms=5))
        named = logs.Formatter().format(record(f"job {job_id}: told"))
    assert line.endswith(f"INFO a.b told [job_id={job_id} workflow=w step=s duration_ms=5]")
    assert named.count(job_id) == 1 and named.endswith("[workflow=w step=s]")
    assert logs.Formatter().format(record("alone")).endswith("INFO a.b alone")
    assert logs.Formatter().format(record("found None")).endswith("found None")


@pytest.mark.parametrize(
    ("text", "secret"),
    [
        ("GET /ws/jobs/1/?token=abc.def-1&after=3 done", "abc.def-1"),
        ("GET /x?after=3&access_token=qqq", "qqq"),
        ("Authorization: Bearer abcdefgh12345", "abcdefgh12345"),
        ('{"api_key": "qwertz", "n": 1}', "qwertz"),
        ("X-Admin-Key: topsecret", "topsecret"),
        ("at /sign-in/link/MQ/cx1-a1b2c3/ with", "cx1-a1b2c3"),
        ("postgresql://dna:pa55word@db/dna", "pa55word"),
        ("key dna_abcdefgh_0123456789abcdef_-x was", "dna_abcdefgh_0123456789abcdef_-x"),
        ("sk-ant-api03-0123456789abcdef", "sk-ant-api03-0123456789abcdef"),
        ("eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0.abc-_d", "eyJzdWIiOiIxIn0"),
    ],
)
def test_secrets_are_never_written_down(text: str, secret: str) -> None:
    hidden = redact(text)
    assert secret not in hidden and "[hidden]" in hidden and redact(hidden) == hidden
    for form in ("line", "json"):
        assert secret not in logs.Formatter(form).format(record(text))


@pytest.mark.parametrize("text", ["input_tokens=500", "The tokens ran out: 5", "about a password", "x=1&after=3"])
def test_other_text_is_left_alone(text: str) -> None:
    assert redact(text) == text
