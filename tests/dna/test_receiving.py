"""Requests that are too large: refused before they are kept, and before all of them has come."""

from __future__ import annotations

import json
import socket
from collections.abc import Iterator

import httpx
import pytest

from accounts_app.models import User
from templates_app.sample import sample_template
from tests.jobs_app.web import Web, web_process

LIMIT = 1024 * 1024


@pytest.fixture
def web(monkeypatch: pytest.MonkeyPatch, transactional_db: None) -> Iterator[Web]:
    monkeypatch.setenv("MAX_BODY_BYTES", str(LIMIT))
    with web_process() as started:
        yield started


def answer_to(web: Web, head: str, body: bytes = b"") -> tuple[int, bytes]:
    """Status and body of what comes back while the rest of the request is still owed."""
    with socket.create_connection(("127.0.0.1", web.port), timeout=10) as client:
        client.sendall(f"POST /api/v1/templates/upload HTTP/1.1\r\nHost: 127.0.0.1\r\n{head}\r\n\r\n".encode() + body)
        said = b""
        while b"\r\n\r\n" not in said or said.endswith(b"\r\n\r\n"):
            said += client.recv(65536)
    start, _, told = said.partition(b"\r\n\r\n")
    return int(start.split()[1]), told


def test_a_body_beyond_the_limit_is_refused_while_it_comes(web: Web, editor: User) -> None:
    status, told = answer_to(web, f"Content-Length: {10**12}")
    assert status == 413
    assert json.loads(told)["error"]["code"] == "too_large"
    assert "at most 1 MB" in json.loads(told)["error"]["message"]

    piece = b"10000\r\n" + b"x" * 65536 + b"\r\n"
    status, told = answer_to(web, "Transfer-Encoding: chunked", piece * (LIMIT // 65536 + 1))
    assert (status, json.loads(told)["error"]["code"]) == (413, "too_large")

    status, told = answer_to(web, f"Accept: text/html\r\nContent-Length: {LIMIT + 1}")
    assert (status, told) == (413, b"A request has at most 1 MB. Send less at once.")

    # A file within it comes to the view, which asks who sends it.
    within = httpx.post(f"{web.url}/api/v1/templates/upload", files={"file": ("a.docx", sample_template())}, timeout=10)
    assert within.status_code == 401
