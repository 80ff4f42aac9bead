"""How often a provider may be asked: one bucket of requests and one of tokens per provider, shared by all processes.

A bucket holds a minute's worth and refills with time by the database's clock. Whoever finds too little in it waits.
"""

from __future__ import annotations

from typing import Any

from django.db import connection, transaction

from llm_app.models import Provider

# The row is locked by the upsert, so takers come one after the other. A request larger than a whole minute's worth is
# let through when the bucket is full, which it then leaves empty.
_TAKE = """
    WITH bucket AS (
        INSERT INTO llm_app_ratebucket AS old (provider_id, requests, tokens, refilled_at)
        VALUES (%(provider)s, %(rpm)s, %(tpm)s, clock_timestamp())
            ON CONFLICT (provider_id) DO UPDATE SET
               requests = least(%(rpm)s, old.requests
                   + %(rpm)s * greatest(0, extract(epoch FROM clock_timestamp() - old.refilled_at))::float / 60),
               tokens = least(%(tpm)s, old.tokens
                   + %(tpm)s * greatest(0, extract(epoch FROM clock_timestamp() - old.refilled_at))::float / 60),
               refilled_at = clock_timestamp()
     RETURNING requests, tokens
    )
    SELECT greatest((1 - requests) / %(rpm)s, (least(%(needed)s, %(tpm)s) - tokens) / %(tpm)s, 0) * 60 FROM bucket"""
_SPEND = """
    UPDATE llm_app_ratebucket SET requests = requests - 1, tokens = greatest(tokens - %s, 0) WHERE provider_id = %s"""
_GIVE_BACK = "UPDATE llm_app_ratebucket SET tokens = least(%s, tokens + %s) WHERE provider_id = %s"
# For a limit that is not set: never the one that is waited for.
_PLENTY = 1e9


def is_limited(provider: Provider) -> bool:
    return provider.requests_per_minute is not None or provider.tokens_per_minute is not None


def take(provider: Provider, tokens: int) -> float:
    """Take one request and so many tokens. Returns 0, or in how many seconds it is worth asking again."""
    if not is_limited(provider):
        return 0.0
    values: dict[str, Any] = {
        "provider": provider.pk,
        "rpm": float(provider.requests_per_minute or _PLENTY),
        "tpm": float(provider.tokens_per_minute or _PLENTY),
        "needed": float(tokens),
    }
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(_TAKE, values)
        wait_seconds = float(cursor.fetchone()[0])
        if wait_seconds <= 0:
            cursor.execute(_SPEND, [tokens, provider.pk])
    return max(0.0, wait_seconds)


def give_back(provider: Provider, tokens: int) -> None:
    """After a call: what it took and did not use."""
    if provider.tokens_per_minute is not None and tokens > 0:
        with connection.cursor() as cursor:
            cursor.execute(_GIVE_BACK, [provider.tokens_per_minute, tokens, provider.pk])
