"""Every door answers a wrong call in its own form: the API in JSON, pages as pages; none with a bug."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from django.test import Client
from django.urls import URLPattern, URLResolver, get_resolver

from accounts_app.models import User
from dna.api import api

# Open to all, so that nobody has to sign in for them.
OPEN = {"/api/v1/health", "/api/v1/auth/token"}
_SAMPLES = {"uuid": str(uuid.UUID(int=7)), "int": "7", "str": "nothing", "slug": "nothing", "path": "nothing"}


def operations() -> list[tuple[str, str]]:
    """Method and address of every operation, with identifiers that nothing has."""
    found = []
    for address, methods in api.get_openapi_schema()["paths"].items():
        for part in [part for part in address.split("/") if "{" in part]:
            kind = "uuid" if "id" in part else "int" if "number" in part else "str"
            address = address.replace(part, _SAMPLES[kind])
        found += [(method, address) for method in methods if method in ("get", "post", "put", "patch", "delete")]
    return found


def call(client: Client, method: str, address: str) -> Any:
    return client.generic(method.upper(), address, "{}", content_type="application/json")


def check_error(response: Any) -> None:
    body = response.json()
    assert set(body) == {"error"} and set(body["error"]) == {"code", "message", "details"}, body
    assert body["error"]["code"].replace("_", "").isalpha() and body["error"]["message"]


@pytest.mark.parametrize(("method", "address"), operations())
def test_the_api_says_in_json_that_nobody_is_signed_in(db: None, method: str, address: str) -> None:
    response = call(Client(), method, address)
    if address in OPEN:
        assert response.status_code in (200, 422)
    else:
        assert response.status_code in (401, 403), response.content
    if response.status_code != 200:
        check_error(response)


@pytest.mark.parametrize(("method", "address"), operations())
def test_the_api_says_in_json_what_is_wrong(
    signed_in: Callable[[User], Client], editor: User, method: str, address: str
) -> None:
    response = call(signed_in(editor), method, address)
    assert response.status_code < 500
    if response.status_code >= 400:
        check_error(response)
    if _SAMPLES["uuid"] in address:
        assert response.status_code in (401, 403, 404, 422)


def pages(patterns: Any = None, prefix: str = "") -> Iterator[tuple[str, str]]:
    """Name and address of every page outside admin and API."""
    for one in get_resolver().url_patterns if patterns is None else patterns:
        text = str(one.pattern)
        if isinstance(one, URLResolver) and not text.startswith(("admin", "api")):
            yield from pages(one.url_patterns, prefix + text)
        elif isinstance(one, URLPattern) and "^" not in text:
            for kind, sample in _SAMPLES.items():
                while f"<{kind}:" in text:
                    start = text.index(f"<{kind}:")
                    text = text[:start] + sample + text[text.index(">", start) + 1 :]
            yield one.name or "", f"/{prefix}{text}"


@pytest.mark.parametrize(("name", "address"), list(pages()))
def test_pages_answer_as_pages(
    signed_in: Callable[[User], Client], editor: User, name: str, address: str
) -> None:
    visitor, member = Client(), signed_in(editor)
    for client in (visitor, member):
        for method in ("get", "post"):
            response = getattr(client, method)(address)
            assert response.status_code < 500, (method, response.status_code)
            if response.status_code in (403, 404, 409, 422) and name != "metrics":
                assert response["Content-Type"].startswith("text/html")
    if _SAMPLES["uuid"] in address:
        assert member.get(address).status_code in (404, 405)


def test_an_address_of_nothing(db: None) -> None:
    check_error(Client().get("/api/v1/nothing"))
    page = Client().get("/nothing/")
    assert page.status_code == 404 and page["Content-Type"].startswith("text/html")
