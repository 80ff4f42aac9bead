"""The API's ways in, and how its errors look: an API of its own with one route for each case."""

import json
from typing import Any

import pytest
from asgiref.sync import sync_to_async
from django.core.exceptions import RequestDataTooBig
from django.db import DataError, connections
from django.http import Http404, HttpRequest
from django.test import AsyncClient, Client, RequestFactory
from django.urls import path
from ninja import Body, NinjaAPI, Schema
from ninja.errors import HttpError, Throttled

from accounts_app.api_keys import create_api_key
from accounts_app.choices import Role, UserStatus
from accounts_app.customers import create_customer
from accounts_app.errors import Conflict
from accounts_app.http import API_AUTHENTICATION, ErrorBody, actor_of, add_error_handlers, error_responses, not_found
from accounts_app.members import add_member, create_user, set_user_status
from accounts_app.models import Customer, User
from accounts_app.tokens import issue_access_token, issue_websocket_token

api = NinjaAPI(title="errors", auth=API_AUTHENTICATION, urls_namespace="errors")
add_error_handlers(api)

ERRORS: dict[str, Exception] = {
    "conflict": Conflict("No.", field="x"),
    "http": HttpError(418, "teapot"),
    "throttled": Throttled(wait=3),
    "missing": Http404("secret path"),
    "data": DataError("PostgreSQL text fields cannot contain NUL"),
    "big": RequestDataTooBig(),
    "bug": RuntimeError("secret internals"),
}


class Item(Schema):
    name: str
    count: int


@api.get("/who")
def who(request: HttpRequest) -> dict[str, Any]:
    actor = actor_of(request)
    return {"email": actor.user.email, "current": str(actor.current), "door": actor.door}


@api.get("/async-who")
async def async_who(request: HttpRequest) -> dict[str, Any]:
    return {"email": actor_of(request).user.email}


@api.post("/who")
def post_who(request: HttpRequest) -> dict[str, Any]:
    return {"email": actor_of(request).user.email}


@api.get("/raise/{name}", auth=None)
def raise_error(request: HttpRequest, name: str) -> None:
    raise ERRORS[name]


@api.post("/items", auth=None)
def create_item(request: HttpRequest, item: Body[Item], limit: int = 1) -> dict[str, Any]:
    return item.dict()


urlpatterns = [path("e/", api.urls)]
pytestmark = pytest.mark.urls(__name__)


def _error(response: Any) -> dict[str, Any]:
    body = response.json()
    assert list(body) == ["error"] and list(body["error"]) == ["code", "message", "details"]
    error: dict[str, Any] = body["error"]
    return error


def test_nobody_is_let_in(client: Client, db: None) -> None:
    response = client.get("/e/who")
    assert response.status_code == 401
    assert _error(response)["code"] == "not_signed_in"


def test_an_api_key(client: Client, editor: User, customer: Customer) -> None:
    _, secret = create_api_key(user=editor, customer=customer, name="")
    body = client.get("/e/who", headers={"X-API-Key": secret}).json()
    assert body == {"email": "ada@example.org", "current": str(customer.pk), "door": "api"}
    assert Client(enforce_csrf_checks=True).post("/e/who", headers={"X-API-Key": secret}).status_code == 200


def test_a_wrong_way_in_is_not_made_good_by_another(client: Client, editor: User) -> None:
    client.force_login(editor)
    response = client.get("/e/who", headers={"X-API-Key": "dna_x_y"})
    assert (response.status_code, _error(response)["code"]) == (401, "bad_api_key")
    response = client.get("/e/who", headers={"Authorization": "Bearer x"})
    assert (response.status_code, _error(response)["code"]) == (401, "bad_token")


def test_a_bearer_token(client: Client, editor: User) -> None:
    headers = {"Authorization": f"Bearer {issue_access_token(editor).token}"}
    assert client.get("/e/who", headers=headers).json()["email"] == "ada@example.org"
    socket = {"Authorization": f"Bearer {issue_websocket_token(editor).token}"}
    assert client.get("/e/who", headers=socket).status_code == 401
    assert client.get("/e/who", headers={"Authorization": "Basic eDp5"}).status_code == 401


def test_a_session_needs_csrf_to_write(editor: User) -> None:
    client = Client(enforce_csrf_checks=True)
    client.force_login(editor)
    assert client.get("/e/who").status_code == 200
    response = client.post("/e/who")
    assert (response.status_code, _error(response)["code"]) == (403, "csrf_failed")
    client.cookies["csrftoken"] = token = "a" * 32
    assert client.post("/e/who", headers={"X-CSRFToken": token}).status_code == 200
    assert client.post("/e/who", headers={"X-CSRFToken": "b" * 32}).status_code == 403


def test_a_suspended_user_is_out_at_once(client: Client, editor: User) -> None:
    client.force_login(editor)
    set_user_status(editor, UserStatus.SUSPENDED)
    assert client.get("/e/who").status_code == 401


def test_the_customer_can_be_named(client: Client, editor: User, other_customer: Customer) -> None:
    client.force_login(editor)
    response = client.get("/e/who", headers={"X-Customer": "globex"})
    assert (response.status_code, _error(response)["code"]) == (404, "not_found")
    add_member(user=editor, customer=other_customer, role=Role.VIEWER)
    assert client.get("/e/who", headers={"X-Customer": "globex"}).json()["current"] == str(other_customer.pk)


def test_a_key_cannot_name_another_customer(
    client: Client, editor: User, customer: Customer, other_customer: Customer
) -> None:
    add_member(user=editor, customer=other_customer, role=Role.VIEWER)
    _, secret = create_api_key(user=editor, customer=customer, name="")
    assert client.get("/e/who", headers={"X-API-Key": secret, "X-Customer": "globex"}).status_code == 404


@pytest.mark.django_db(transaction=True)
async def test_async_routes(async_client: AsyncClient) -> None:
    def prepare() -> str:
        customer = create_customer(slug="acme", name="Acme")
        user = create_user(email="ada@example.org", customer=customer, role=Role.VIEWER)
        return create_api_key(user=user, customer=customer, name="")[1]

    secret = await sync_to_async(prepare)()
    response = await async_client.get("/e/async-who", headers={"X-API-Key": secret})
    assert response.json() == {"email": "ada@example.org"}
    assert (await async_client.get("/e/async-who")).status_code == 401
    await sync_to_async(connections.close_all)()  # those of the thread that async tests use


@pytest.mark.parametrize(
    ("name", "status", "code"),
    [
        ("conflict", 409, "conflict"),
        ("http", 418, "error"),
        ("throttled", 429, "too_many_requests"),
        ("missing", 404, "not_found"),
        ("data", 422, "bad_input"),
        ("big", 413, "too_large"),
    ],
)
def test_errors_have_one_shape(client: Client, name: str, status: int, code: str) -> None:
    response = client.get(f"/e/raise/{name}")
    error = _error(response)
    assert (response.status_code, error["code"]) == (status, code)
    assert error["message"]
    assert "secret" not in response.content.decode()


def test_errors_say_more_in_details(client: Client) -> None:
    assert _error(client.get("/e/raise/conflict"))["details"] == {"field": "x"}
    assert client.get("/e/raise/throttled")["Retry-After"] == "4"


def test_bugs_are_logged_and_not_shown(client: Client, caplog: pytest.LogCaptureFixture) -> None:
    response = client.get("/e/raise/bug")
    assert response.status_code == 500
    assert "secret" not in response.content.decode()
    assert _error(response)["details"]["reference"] in caplog.text
    assert "secret internals" in caplog.text


def test_bad_fields_are_named(client: Client) -> None:
    response = client.post("/e/items?limit=x", {"count": "many"}, content_type="application/json")
    assert response.status_code == 422
    error = _error(response)
    assert {(field["in"], field["field"]) for field in error["details"]["fields"]} == {
        ("query", "limit"),
        ("body", "name"),
        ("body", "count"),
    }
    assert "name: Field required" in error["message"]


def test_bodies_that_cannot_be_read(client: Client, settings: Any) -> None:
    response = client.post("/e/items", b"{", content_type="application/json")
    assert (response.status_code, _error(response)["code"]) == (400, "bad_request")
    settings.DATA_UPLOAD_MAX_MEMORY_SIZE = 10
    response = client.post("/e/items", b'{"name": "too large"}', content_type="application/json")
    assert (response.status_code, _error(response)["code"]) == (413, "too_large")


def test_error_responses_document_what_any_route_may_answer() -> None:
    assert error_responses(409) == dict.fromkeys((401, 403, 404, 409, 422, 429, 500, 503), ErrorBody)


def test_openapi_names_the_ways_in() -> None:
    schemes = api.get_openapi_schema()["components"]["securitySchemes"]
    assert {scheme.get("name") or scheme["scheme"] for scheme in schemes.values()} == {
        "X-API-Key",
        "bearer",
        "sessionid",
    }


@pytest.mark.urls("dna.urls")
def test_an_address_that_leads_nowhere(rf: RequestFactory) -> None:
    body = json.loads(not_found(rf.get("/api/v1/nothing"), Http404()).content)
    assert body["error"]["code"] == "not_found"
    assert b"site-header" in not_found(rf.get("/nothing"), Http404()).content
