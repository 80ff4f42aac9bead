from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
from django.conf import settings
from django.db import connections
from django.test import Client, RequestFactory
from django.utils import timezone

from accounts_app import sign_in
from accounts_app.choices import UserStatus
from accounts_app.errors import TooManyAttempts, WrongCredentials
from accounts_app.members import set_user_status
from accounts_app.models import AuditEntry, User
from accounts_app.tokens import sign_in_link
from tests.conftest import PASSWORD


def _try(email: str, password: str, address: str = "192.0.2.1") -> User:
    request = RequestFactory().post("/", REMOTE_ADDR=address)
    return sign_in.check_credentials(request, email=email, password=password)


def _age_failures(by: timedelta) -> None:
    AuditEntry.objects.filter(action="user.sign_in_failed").update(created_at=timezone.now() - by)


def test_the_right_password(editor: User) -> None:
    assert _try(" ADA@example.org ", PASSWORD) == editor


@pytest.mark.parametrize("email", ["ada@example.org", "nobody@example.org", "", "a\x00@example.org", "not an address"])
def test_everything_wrong_looks_alike(editor: User, email: str) -> None:
    with pytest.raises(WrongCredentials, match="e-mail address or the password"):
        _try(email, "wrong")


def test_a_user_without_a_password_cannot_use_one(stranger: User) -> None:
    for password in ("", "!", stranger.password):
        with pytest.raises(WrongCredentials):
            _try("hank@example.org", password)


@pytest.mark.parametrize("status", [UserStatus.SUSPENDED, UserStatus.PENDING])
def test_who_is_not_active_is_refused(editor: User, status: UserStatus) -> None:
    set_user_status(editor, status)
    with pytest.raises(WrongCredentials):
        _try("ada@example.org", PASSWORD)


def test_guessing_is_limited_per_address(editor: User) -> None:
    for _ in range(sign_in.FAILURES_PER_ADDRESS):
        with pytest.raises(WrongCredentials):
            _try("ada@example.org", "wrong")
    with pytest.raises(TooManyAttempts) as caught:
        _try("ADA@example.org", PASSWORD)
    assert caught.value.details["retry_after_seconds"] == 900
    assert _try("ada@example.org", PASSWORD, address="192.0.2.2") == editor
    _age_failures(sign_in.ADDRESS_WINDOW)
    assert _try("ada@example.org", PASSWORD) == editor


def test_guessing_from_many_addresses_is_limited_too(editor: User) -> None:
    for number in range(sign_in.FAILURES_PER_EMAIL):
        sign_in._record_failure("ada@example.org", f"192.0.2.{number}")
    with pytest.raises(TooManyAttempts, match="sign-in link"):
        _try("ada@example.org", PASSWORD, address="198.51.100.1")
    _age_failures(sign_in.EMAIL_WINDOW)
    assert _try("ada@example.org", PASSWORD, address="198.51.100.1") == editor


@pytest.mark.django_db(transaction=True)
def test_of_two_clicks_at_once_one_signs_in(stranger: User) -> None:
    path = sign_in_link(stranger).removeprefix(settings.BASE_URL)

    def click(_: int) -> int:
        try:
            return Client().get(path).status_code
        finally:
            connections.close_all()

    with ThreadPoolExecutor(4) as pool:
        assert sorted(pool.map(click, range(4))) == [302, 401, 401, 401]


def test_what_was_typed_is_not_kept(db: None) -> None:
    with pytest.raises(WrongCredentials):
        _try("my secret password", "x")
    assert "secret" not in str(list(AuditEntry.objects.values()))
