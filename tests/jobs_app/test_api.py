"""Jobs over the API and in the pages."""

from __future__ import annotations

import uuid
from collections.abc import Callable

import pytest
from django.test import Client
from django.urls import reverse

from accounts_app.choices import Role
from accounts_app.members import create_user
from accounts_app.models import Customer, User
from jobs_app.choices import JobStatus
from jobs_app.models import Job

Submit = Callable[..., Job]
SignIn = Callable[[User], Client]


@pytest.fixture
def client(signed_in: SignIn, editor: User) -> Client:
    return signed_in(editor)


def test_a_job_shows_its_state(client: Client, submit: Submit) -> None:
    job = submit("test.sum")
    body = client.get(f"/api/v1/jobs/{job.id}").json()
    assert (body["id"], body["type"], body["status"], body["progress"]) == (str(job.id), "test.sum", "pending", 0)
    assert body["cost_usd"] == "0.000000" and body["error"] is None


def test_jobs_are_listed_and_filtered(client: Client, submit: Submit) -> None:
    submit("test.sum"), submit("test.no")
    assert client.get("/api/v1/jobs").json()["count"] == 2
    assert [j["type"] for j in client.get("/api/v1/jobs?type=test.no").json()["items"]] == ["test.no"]
    assert client.get("/api/v1/jobs?status=completed").json()["count"] == 0
    assert client.get("/api/v1/jobs?status=nonsense").status_code == 422


def test_the_log_is_paged(client: Client, submit: Submit, run_jobs: Callable[[], None]) -> None:
    job = submit("test.sum")
    run_jobs()
    first = client.get(f"/api/v1/jobs/{job.id}/events?limit=5").json()
    rest = client.get(f"/api/v1/jobs/{job.id}/events?after={first['next_after']}").json()
    numbers = [event["number"] for event in first["events"] + rest["events"]]
    assert numbers == list(range(1, len(numbers) + 1)) and first["next_after"] == 5
    end = client.get(f"/api/v1/jobs/{job.id}/events?after={rest['next_after']}").json()
    assert end == {"events": [], "next_after": rest["next_after"]}


def test_strangers_see_nothing(signed_in: SignIn, stranger: User, submit: Submit) -> None:
    job, client = submit("test.sum"), signed_in(stranger)
    assert client.get("/api/v1/jobs").json()["count"] == 0
    for path in ("", "/events"):
        assert client.get(f"/api/v1/jobs/{job.id}{path}").status_code == 404
    assert client.get(reverse("job", args=[job.id])).status_code == 404
    assert client.get(f"/api/v1/jobs/{uuid.uuid4()}").json()["error"]["code"] == "not_found"
    assert Client().get(f"/api/v1/jobs/{job.id}").status_code == 401


def test_cancel_and_retry(client: Client, submit: Submit) -> None:
    job = submit("test.sum")
    assert client.post(f"/api/v1/jobs/{job.id}/cancel").json()["status"] == "cancelled"
    assert client.post(f"/api/v1/jobs/{job.id}/cancel").status_code == 200
    retried = client.post(f"/api/v1/jobs/{job.id}/retry")
    assert (retried.status_code, retried.json()["status"], retried.json()["attempt"]) == (202, "queued", 2)
    assert client.post(f"/api/v1/jobs/{job.id}/retry").json()["error"]["code"] == "job_not_retryable"


def test_viewers_may_look_but_not_act(signed_in: SignIn, customer: Customer, submit: Submit) -> None:
    viewer = create_user(email="eve@example.org", customer=customer, role=Role.VIEWER)
    job, client = submit("test.sum"), signed_in(viewer)
    assert client.get(f"/api/v1/jobs/{job.id}").status_code == 200
    assert client.post(f"/api/v1/jobs/{job.id}/cancel").status_code == 403
    assert "Cancel" not in client.get(reverse("job", args=[job.id])).content.decode().split("<main")[1]


def test_pages_show_list_and_timeline(client: Client, submit: Submit, run_jobs: Callable[[], None]) -> None:
    job = submit("test.no")
    assert "every 1s" in client.get(reverse("job", args=[job.id])).content.decode()
    run_jobs()
    page = client.get(reverse("job", args=[job.id])).content.decode()
    assert "This number will not do." in page and "every 1s" not in page and "Try again" in page
    assert "test.no" in client.get(reverse("jobs"), {"status": "failed"}).content.decode()
    client.post(reverse("job_retry", args=[job.id]))
    job.refresh_from_db()
    assert job.status == JobStatus.QUEUED
    client.post(reverse("job_cancel", args=[job.id]))
    job.refresh_from_db()
    assert job.status == JobStatus.CANCELLED


def test_lists_ask_the_database_a_fixed_number_of_times(
    client: Client, submit: Submit, django_assert_max_num_queries: Callable[[int], object]
) -> None:
    for _ in range(30):
        submit("test.sum")
    with django_assert_max_num_queries(8):  # type: ignore[attr-defined]
        client.get(reverse("jobs"))
    with django_assert_max_num_queries(6):  # type: ignore[attr-defined]
        client.get("/api/v1/jobs")


def test_health_names_what_is_missing(db: None) -> None:
    answer = Client().get("/api/v1/health")
    assert answer.status_code == 200
    assert answer.json()["checks"]["database"]["status"] == "ok"
    assert answer.json()["checks"]["workers"]["status"] == "warning"


def test_admin_shows_jobs_and_their_timeline(signed_in: SignIn, staff: User, submit: Submit) -> None:
    job, client = submit("test.sum"), signed_in(staff)
    assert str(job.id) in client.get(reverse("admin:jobs_app_job_changelist")).content.decode()
    assert client.get(reverse("admin:jobs_app_job_change", args=[job.id])).status_code == 200
    timeline = client.get(reverse("admin:jobs_app_job_timeline", args=[job.id])).content.decode()
    assert "Accepted with priority 5" in timeline
    for model in ("stepresult", "artifact", "blob", "worker", "idempotentrequest"):
        assert client.get(reverse(f"admin:jobs_app_{model}_changelist")).status_code == 200
    chosen = {"action": "cancel_selected", "_selected_action": [str(job.id)]}
    client.post(reverse("admin:jobs_app_job_changelist"), chosen)
    job.refresh_from_db()
    assert job.status == JobStatus.CANCELLED
