"""A limit per user, over pages and API alike; off unless it is set."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.db.models import F
from django.test import Client

from accounts_app.api_keys import create_api_key
from accounts_app.errors import TooManyRequests
from accounts_app.models import Customer, RequestBucket, User
from accounts_app.request_limits import take_request
from accounts_app.tokens import issue_access_token

SignIn = Callable[[User], Client]


def test_without_a_limit_nothing_is_counted(signed_in: SignIn, editor: User) -> None:
    client = signed_in(editor)
    assert {client.get("/account/").status_code for _ in range(20)} == {200}
    assert client.get("/api/v1/jobs").status_code == 200 and not RequestBucket.objects.exists()


def test_one_limit_over_pages_session_token_and_key(
    signed_in: SignIn, editor: User, customer: Customer, stranger: User, settings: Any
) -> None:
    settings.USER_REQUESTS_PER_MINUTE = 4
    client, token = signed_in(editor), issue_access_token(editor).token
    _, secret = create_api_key(user=editor, customer=customer, name="ci")
    assert client.get("/account/").status_code == 200
    assert client.get("/api/v1/jobs").status_code == 200
    assert Client().get("/api/v1/jobs", headers={"Authorization": f"Bearer {token}"}).status_code == 200
    assert Client().get("/api/v1/jobs", headers={"X-API-Key": secret}).status_code == 200
    refused = Client().get("/api/v1/jobs", headers={"X-API-Key": secret})
    assert (refused.status_code, refused.json()["error"]["code"]) == (429, "too_many_requests")
    assert 15 <= int(refused.headers["Retry-After"]) <= 16
    assert client.get("/api/v1/jobs").status_code == 429
    page = client.get("/account/")
    assert page.status_code == 429 and "Too many requests" in page.content.decode()
    assert int(page.headers["Retry-After"]) <= 16
    toast = client.get("/account/", headers={"HX-Request": "true"})
    assert (toast.status_code, toast.headers["HX-Retarget"]) == (429, "#toasts")
    assert signed_in(stranger).get("/account/").status_code == 200, "others have a limit of their own"
    assert Client().get("/api/v1/health").status_code == 200 and Client().get("/sign-in/").status_code == 200


def test_time_gives_requests_back_and_no_more_than_a_minutes_worth(editor: User, settings: Any) -> None:
    settings.USER_REQUESTS_PER_MINUTE = 3
    for seconds, left in ((0, 3), (21, 1), (3600, 3)):
        RequestBucket.objects.update(refilled_at=F("refilled_at") - timedelta(seconds=seconds))
        for _ in range(left):
            take_request(editor.pk)
        with pytest.raises(TooManyRequests):
            take_request(editor.pk)


@pytest.mark.django_db(transaction=True)
def test_those_who_ask_at_once_share_one_limit(editor: User, settings: Any) -> None:
    settings.USER_REQUESTS_PER_MINUTE = 5

    def ask(_: int) -> bool:
        try:
            take_request(editor.pk)
        except TooManyRequests:
            return False
        finally:
            connection.close()
        return True

    with ThreadPoolExecutor(8) as pool:
        assert sum(pool.map(ask, range(20))) == 5
