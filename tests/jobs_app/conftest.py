from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest

from accounts_app.access import Actor
from jobs_app.jobs import submit_job
from jobs_app.models import Job
from tests.jobs_app import workflows
from tests.jobs_app.web import Web, web_process


@pytest.fixture(autouse=True)
def _fresh_counts() -> Iterator[None]:
    workflows.calls.clear()
    workflows.release.clear()
    yield
    workflows.release.set()


@pytest.fixture
def submit(actor: Actor) -> Callable[..., Job]:
    """Submit one of the test workflows for the editor's customer."""

    def do(name: str, n: int = 1, **options: Any) -> Job:
        assert actor.current is not None
        arguments = workflows.Numbers(n=n)
        return submit_job(workflow=name, arguments=arguments, customer_id=actor.current, actor=actor, **options)

    return do


@pytest.fixture(scope="session")
def web(django_db_setup: None, django_db_blocker: Any) -> Iterator[Web]:
    """A real web process on the tests' database, one for all tests. What it shall see must be committed."""
    with django_db_blocker.unblock(), web_process() as process:
        yield process
