from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client

from accounts_app.api_keys import create_api_key
from accounts_app.choices import Role
from accounts_app.members import add_member
from accounts_app.models import ApiKey, Customer, User
from accounts_app.sign_in import FAILURES_PER_ADDRESS
from accounts_app.tokens import read_access_token, read_websocket_token
from tests.conftest import PASSWORD

AUTH = "/api/v1/auth"


def _post(client: Client, path: str, body: object = None, **extra: Any) -> Any:
    return client.post(AUTH + path, {} if body is None else body, content_type="application/json", **extra)


def test_a_token_for_a_password(client: Client, editor: User) -> None:
    response = _post(client, "/token", {"email": "Ada@example.org", "password": PASSWORD})
    body = response.json()
    assert response.status_code == 200, body
    assert (body["token_type"], body["expires_in"]) == ("Bearer", 3600)
    me = client.get(AUTH + "/me", headers={"Authorization": f"Bearer {body['access_token']}"}).json()
    assert me["user"]["email"] == "ada@example.org"


def test_a_token_for_one_customer(client: Client, editor: User, other_customer: Customer) -> None:
    wanted = {"email": "ada@example.org", "password": PASSWORD, "customer": "globex"}
    assert _post(client, "/token", wanted).status_code == 404
    add_member(user=editor, customer=other_customer, role=Role.VIEWER)
    token = _post(client, "/token", wanted).json()["access_token"]
    assert list(read_access_token(token).roles) == [other_customer.pk]


@pytest.mark.parametrize(
    ("body", "status"),
    [
        ({"email": "ada@example.org", "password": "wrong"}, 401),
        ({"email": "nobody@example.org", "password": PASSWORD}, 401),
        ({"email": "a\x00", "password": "\x00"}, 401),
        ({"email": "ada@example.org"}, 422),
        ({"email": "a" * 300, "password": "x"}, 422),
        ([], 422),
    ],
)
def test_no_token_for_bad_input(client: Client, editor: User, body: object, status: int) -> None:
    response = _post(client, "/token", body)
    assert response.status_code == status
    assert response.json()["error"]["message"]


def test_guessing_is_throttled(client: Client, editor: User) -> None:
    for _ in range(FAILURES_PER_ADDRESS):
        _post(client, "/token", {"email": "ada@example.org", "password": "wrong"})
    response = _post(client, "/token", {"email": "ada@example.org", "password": PASSWORD})
    assert response.status_code == 429
    assert int(response["Retry-After"]) > 800
    assert response.json()["error"]["code"] == "too_many_attempts"


def test_a_websocket_token(signed_in: Callable[[User], Client], editor: User, customer: Customer) -> None:
    body = _post(signed_in(editor), "/websocket-token").json()
    assert body["expires_in"] == 300
    actor = read_websocket_token(body["token"])
    assert (actor.user, list(actor.roles)) == (editor, [customer.pk])


def test_me(
    django_assert_num_queries: Any, signed_in: Callable[[User], Client], editor: User, other_customer: Customer
) -> None:
    add_member(user=editor, customer=other_customer, role=Role.VIEWER)
    client = signed_in(editor)
    with django_assert_num_queries(4):  # session, user, actor, memberships
        body = client.get(AUTH + "/me").json()
    assert [(m["customer"]["slug"], m["role"]) for m in body["memberships"]] == [
        ("acme", "editor"),
        ("globex", "viewer"),
    ]
    assert body["customer"]["slug"] == "acme"


def test_keys_from_first_to_last(client: Client, signed_in: Callable[[User], Client], editor: User) -> None:
    browser = signed_in(editor)
    response = _post(browser, "/keys", {"name": "script"})
    made = response.json()
    assert response.status_code == 201, made
    assert made["customer"]["slug"] == "acme"
    assert _post(browser, "/keys", {"name": "script"}).status_code == 409
    headers = {"X-API-Key": made["key"]}
    (listed,) = client.get(AUTH + "/keys", headers=headers).json()
    assert listed["prefix"] == made["prefix"]
    assert "key" not in listed and "digest" not in listed
    assert client.delete(f"{AUTH}/keys/{made['id']}", headers=headers).status_code == 204
    assert client.get(AUTH + "/keys", headers=headers).status_code == 401
    assert browser.delete(f"{AUTH}/keys/{made['id']}").status_code == 404
    assert browser.get(AUTH + "/keys").json() == []


@pytest.mark.parametrize("name", ["x" * 101, "a\x00b", 5])
def test_bad_key_names(signed_in: Callable[[User], Client], editor: User, name: object) -> None:
    assert _post(signed_in(editor), "/keys", {"name": name}).status_code == 422
    assert not ApiKey.objects.exists()


def test_other_peoples_keys(
    signed_in: Callable[[User], Client], editor: User, stranger: User, other_customer: Customer
) -> None:
    theirs, _ = create_api_key(user=stranger, customer=other_customer, name="")
    client = signed_in(editor)
    assert client.get(AUTH + "/keys").json() == []
    assert client.delete(f"{AUTH}/keys/{theirs.pk}").status_code == 404
    assert ApiKey.objects.get().revoked_at is None


def test_many_keys_need_no_more_queries(
    django_assert_num_queries: Any, signed_in: Callable[[User], Client], editor: User, customer: Customer
) -> None:
    for number in range(5):
        create_api_key(user=editor, customer=customer, name=str(number))
    client = signed_in(editor)
    with django_assert_num_queries(4):  # session, user, actor, keys
        assert len(client.get(AUTH + "/keys").json()) == 5


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("post", "/websocket-token"),
        ("get", "/me"),
        ("get", "/keys"),
        ("post", "/keys"),
        ("delete", "/keys/" + "0" * 32),
    ],
)
def test_all_but_the_token_need_a_sign_in(client: Client, db: None, method: str, path: str) -> None:
    if path.endswith("0"):
        path = "/keys/00000000-0000-0000-0000-000000000000"
    response = getattr(client, method)(AUTH + path)
    assert response.status_code == 401
    assert response.json()["error"]["code"] == "not_signed_in"


def test_a_method_that_an_address_does_not_have_is_answered_in_the_apis_shape(client: Client, db: None) -> None:
    response = client.put(AUTH + "/me")
    assert (response.status_code, response["Allow"]) == (405, "GET")
    assert response.json()["error"]["code"] == "method_not_allowed" and "GET" in response.json()["error"]["message"]


def test_every_route_documents_its_errors(client: Client, db: None) -> None:
    paths = client.get("/api/v1/openapi.json").json()["paths"]
    routes = [route for path, methods in paths.items() if path.startswith(AUTH) for route in methods.values()]
    assert len(routes) == 6
    for route in routes:
        assert {"401", "403", "404", "422", "500"} <= route["responses"].keys(), route["operationId"]
