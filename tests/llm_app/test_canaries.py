"""Secrets planted where they could leak, looked for through every door: none is ever found."""

from __future__ import annotations

import asyncio
import io
import logging
from collections.abc import Callable, Iterator
from typing import Any

import httpx
import pytest
from django.contrib import admin
from django.db import connection
from django.test import Client
from django.urls import reverse

from accounts_app.access import Actor, record_audit
from accounts_app.models import User
from accounts_app.tokens import issue_access_token
from jobs_app import logs
from jobs_app.jobs import submit_job
from jobs_app.models import Job
from llm_app import lite
from llm_app.scripted.provider import ScriptedProvider
from llm_app.scripted.script import Answer, Failure, FailureKind, answering
from tests.conftest import run_jobs_until_idle
from tests.jobs_app.web import web_process
from tests.llm_app.conftest import and_close
from tests.llm_app.leaking import Leak, all_of

pytestmark = pytest.mark.django_db(transaction=True)

OWN = "Zq7.canaryEnvironment/00"  # looks like nothing in particular
SAID = "canary"
KINDS = ("result", "refusal", "fault", "provider")


@pytest.fixture
def logged() -> Iterator[dict[str, io.StringIO]]:
    """What the log says, in both forms."""
    handlers = {form: logging.StreamHandler(io.StringIO()) for form in ("line", "json")}
    root = logging.getLogger()
    for form, handler in handlers.items():
        handler.setFormatter(logs.Formatter(form))  # type: ignore[arg-type]  # both are its literals
        root.addHandler(handler)
    yield {form: handler.stream for form, handler in handlers.items()}
    for handler in handlers.values():
        root.removeHandler(handler)


@pytest.fixture
def leaked(
    scripted: ScriptedProvider, actor: Actor, monkeypatch: pytest.MonkeyPatch, logged: dict[str, io.StringIO]
) -> dict[str, Job]:
    """A job of each kind, run to its end."""
    monkeypatch.setenv("ANTHROPIC_API_KEY", OWN)
    scripted.set_script(answering(Answer(failure=Failure(kind=FailureKind.UNAUTHORIZED, message=all_of(OWN)))))
    assert actor.current is not None
    jobs = {
        how: submit_job(workflow="test.leak", arguments=Leak(how=how), customer_id=actor.current, actor=actor)
        for how in KINDS
    }
    record_audit(actor, "job.looked_at", jobs["result"], note=all_of(OWN), details={"token": "canaryAudit12"})
    lite.litellm()  # takes its seconds outside the jobs
    asyncio.run(and_close(run_jobs_until_idle()))
    for job in jobs.values():
        job.refresh_from_db()
    return jobs


def test_each_way_was_gone(leaked: dict[str, Job], logged: dict[str, io.StringIO]) -> None:
    """The secrets came as far as they should: what follows looks in the right places."""
    assert {how: job.error_code for how, job in leaked.items()} == {
        "result": "",
        "refusal": "bad_input",
        "fault": "internal_error",
        "provider": "provider_authentication",
    }
    result: Any = leaked["result"].result
    assert result["texts"]["own"] == result["texts"]["header"].removeprefix("Authorization: Bearer ") == "[hidden]"
    assert result["data"] == {"token": "[hidden]", "deep": [{"client_secret": "[hidden]"}]}
    assert "[hidden]" in leaked["refusal"].error_message and "[hidden]" in leaked["provider"].error_message
    for stream in logged.values():
        assert stream.getvalue().count("leaking it was [hidden]") == len(KINDS)
        assert "RuntimeError: it was [hidden]" in stream.getvalue()


def test_the_log_has_none(leaked: dict[str, Job], logged: dict[str, io.StringIO]) -> None:
    assert {form: _around(stream.getvalue()) for form, stream in logged.items()} == {"line": [], "json": []}


def test_no_table_has_one(leaked: dict[str, Job]) -> None:
    found = {}
    with connection.cursor() as cursor:
        for table in connection.introspection.table_names(cursor):
            cursor.execute(f'SELECT t::text FROM "{table}" t WHERE t::text LIKE %s', [f"%{SAID}%"])  # noqa: S608
            found[table] = [_around(row) for (row,) in cursor.fetchall()]
    assert {table: rows for table, rows in found.items() if rows} == {}


def test_no_page_and_no_answer_of_the_api_has_one(
    leaked: dict[str, Job], staff: User, signed_in: Callable[[User], Client]
) -> None:
    client = signed_in(staff)
    paths = ["/api/v1/jobs", "/api/v1/me/feed", "/api/v1/usage", "/api/v1/providers", "/jobs/", "/usage/"]
    for job in leaked.values():
        paths += [f"/api/v1/jobs/{job.id}{part}" for part in ("", "/events", "/manifest")]
        paths += [f"/jobs/{job.id}/{part}" for part in ("", "timeline/", "questions/")]
    _check(client, paths)


def test_no_page_of_operators_has_one(leaked: dict[str, Job], signed_in: Callable[[User], Client]) -> None:
    client = signed_in(User.objects.create_superuser("chief@example.org"))
    paths = ["/operations/", "/operations/figures/", "/metrics", "/api/v1/health", "/admin/"]
    for model in admin.site._registry:
        name = f"admin:{model._meta.app_label}_{model._meta.model_name}"
        paths.append(reverse(f"{name}_changelist"))
        paths += [reverse(f"{name}_change", args=[row.pk]) for row in model._default_manager.all()[:20]]
    _check(client, paths)


def _check(client: Client, paths: list[str]) -> None:
    for path in paths:
        response = client.get(path, follow=True)
        assert response.status_code == 200, (path, response.status_code)
        assert _around(response.content.decode()) == [], path


def test_no_stream_has_one(leaked: dict[str, Job], editor: User) -> None:
    headers = {"Authorization": f"Bearer {issue_access_token(editor).token}", "Accept": "text/event-stream"}
    with web_process() as web, httpx.Client(base_url=web.url, headers=headers, timeout=20) as client:
        for job in leaked.values():
            text = client.get(f"/api/v1/jobs/{job.id}/events").raise_for_status().text
            assert "event: completion" in text and _around(text) == []


def _around(text: str) -> list[str]:
    """Each place that has one, with what stands before it."""
    found: list[Any] = []
    at = text.find(SAID)
    while at >= 0:
        found.append(text[max(0, at - 60) : at + 20])
        at = text.find(SAID, at + 1)
    return found
