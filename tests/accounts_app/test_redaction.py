"""Redaction: secrets known by their value, their name or their look; ordinary text as it was."""

from __future__ import annotations

import json
import time

import pytest
from django.conf import LazySettings

from accounts_app.redaction import HIDDEN, redact, redact_data


@pytest.mark.parametrize(
    "text",
    [
        "X-API-Key: canary",
        "x-goog-api-key=canary",
        "{'x-api-key': 'canary', 'accept': '*/*'}",
        "[(b'authorization', b'Bearer canary'), (b'host', b'x')]",
        "Proxy-Authorization: Basic canary",
        "https://models.example.org/v1beta/models/x:generateContent?alt=sse&key=canary",
        "https://store.example.org/file?X-Amz-Signature=canary&n=1",
        json.dumps({"body": json.dumps({"webhook_secret": "canary"})}),
        "postgresql://dna:canary@db/dna",
        "redis://:canary@cache/0",
        "https://canary-0123@git.example.org/x",
        "Authorization=Bearer%20canary-0123",
        "sk-proj-canary_0123456789",
        "gsk_canary0123456789abcd",
        "xai-canary0123456789abcd",
        "whsec_canary0123456789abcd",
        "AIzacanary-0123456789_0123456789abcdef",
        "-----BEGIN PRIVATE KEY-----\ncanary\n-----END PRIVATE KEY-----",
    ],
)
def test_a_secret_is_known_by_its_name_or_its_look(text: str) -> None:
    hidden = redact(text)
    assert "canary" not in hidden and HIDDEN in hidden
    assert redact(hidden) == hidden, "twice is as once"


@pytest.mark.parametrize("name", ["ANTHROPIC_API_KEY", "SOME_TOKEN", "HOOK_SECRET", "DB_PASSWORD"])
def test_a_secret_of_the_environment_is_known_by_its_value(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(name, "plain/words+of no look")
    assert redact("it said plain/words+of no look, twice") == f"it said {HIDDEN}, twice"
    assert redact("/x/plain%2Fwords%2Bof%20no%20look") == f"/x/{HIDDEN}"
    monkeypatch.setenv(name, "postgres")
    assert redact("postgres is up") == "postgres is up", "too short to be told from a word"
    monkeypatch.delenv(name)
    assert redact("plain/words+of no look") == "plain/words+of no look"


def test_the_key_that_signs_sessions_is_one(settings: LazySettings) -> None:
    assert redact(f"at {settings.SECRET_KEY}") == f"at {HIDDEN}"


def test_data_keeps_its_shape() -> None:
    data = {
        "token": "canary", "input_tokens": 5, "api_key": None, "password": "", "client_secret": 7,
        "list": ["Bearer canary-0123", {"X-API-Key": "canary"}, 1.5, True], "text": "about a password",
    }  # fmt: skip
    assert redact_data(data) == data | {
        "token": HIDDEN, "list": [f"Bearer {HIDDEN}", {"X-API-Key": HIDDEN}, 1.5, True],
    }  # fmt: skip


@pytest.mark.parametrize(
    "text",
    [
        "input_tokens=500 output_tokens: 12",
        "See https://example.org/a:b/c?n=1&after=3 or write to ada@example.org",
        "The key result: risk-0123456789abcdefgh is low",
        "ask-claude-0123456789abcdef",
        "step 3/6 of pk 7",
        "Keyboard: at 10:15@noon",
    ],
)
def test_other_text_is_left_alone(text: str) -> None:
    assert redact(text) == text


@pytest.mark.parametrize(
    "piece", ["a-", "a", "token ", "eyJaaaaaaaa-", "x://", "a://b:", "-----BEGIN PRIVATE KEY-----", '\\"']
)
def test_no_text_takes_long(piece: str) -> None:
    text = piece * (100_000 // len(piece))
    started = time.process_time()
    redact(text)
    assert time.process_time() - started < 2
