"""What all tests share: customers, people, clients."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator

import pytest
from django.conf import LazySettings
from django.test import Client, TransactionTestCase

from accounts_app.access import Actor, actor_for
from accounts_app.choices import Role
from accounts_app.customers import create_customer
from accounts_app.members import create_user
from accounts_app.models import Customer, User
from jobs_app import notify
from jobs_app.choices import UNFINISHED, JobStatus
from jobs_app.db import run_sync
from jobs_app.models import Job
from jobs_app.worker import JobWorker
from tests.emptying import empty_database

PASSWORD = "correct horse battery"


@pytest.fixture(scope="session", autouse=True)
def _quiet_end(django_db_setup: None) -> Iterator[None]:
    """Nothing of ours holds a connection when the test database is dropped."""
    yield
    notify.stop()


@pytest.fixture(scope="session", autouse=True)
def _quick_emptying() -> Iterator[None]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(TransactionTestCase, "_fixture_teardown", lambda _: empty_database())
        yield


@pytest.fixture
def run_jobs(transactional_db: None) -> Callable[[], None]:
    """Run a real worker in this process until every job has ended or waits."""
    return lambda: asyncio.run(run_jobs_until_idle())


async def run_jobs_until_idle() -> None:
    """The limit is for what hangs: to load LiteLLM alone takes half a minute on a machine that others use."""
    worker = JobWorker()
    working = asyncio.create_task(worker.run())
    try:
        async with asyncio.timeout(120):
            while await run_sync(_any_unfinished):
                await asyncio.sleep(0.02)
    finally:
        worker.stop()
        await working


def _any_unfinished() -> bool:
    """Waiting for a time counts, waiting for a person or another job does not."""
    unfinished = Job.objects.filter(status__in=UNFINISHED)
    return unfinished.exclude(status=JobStatus.WAITING, wake_at=None).exists()


@pytest.fixture(autouse=True)
def _quick_passwords(settings: LazySettings) -> None:
    """Argon2 takes a tenth of a second on purpose."""
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]


@pytest.fixture
def customer(db: None) -> Customer:
    return create_customer(slug="acme", name="Acme Ltd")


@pytest.fixture
def other_customer(db: None) -> Customer:
    return create_customer(slug="globex", name="Globex")


@pytest.fixture
def editor(customer: Customer) -> User:
    """An editor of ``customer`` who signs in with ``PASSWORD``."""
    return create_user(
        email="ada@example.org", customer=customer, role=Role.EDITOR, password=PASSWORD, name="Ada Byron"
    )


@pytest.fixture
def stranger(other_customer: Customer) -> User:
    """A manager, but of another customer."""
    return create_user(email="hank@example.org", customer=other_customer, role=Role.MANAGER)


@pytest.fixture
def staff(customer: Customer) -> User:
    return create_user(email="root@example.org", customer=customer, role=Role.MANAGER, is_staff=True)


@pytest.fixture
def actor(editor: User) -> Actor:
    return actor_for(editor)


@pytest.fixture
def signed_in() -> Callable[[User], Client]:
    """A browser in which a user is signed in."""

    def sign_in(user: User) -> Client:
        client = Client()
        client.force_login(user)
        return client

    return sign_in
