"""Answers kept for the same request of the same customer: never of another, and only for as long as was asked."""

from __future__ import annotations

import uuid
from datetime import timedelta

from django.conf import settings
from django.db.models import F
from django.db.models.functions import Now

from jobs_app.canonical import digest_of
from llm_app.exchange import Answer, Request
from llm_app.models import CachedAnswer, Provider


def request_hash(request: Request, provider: Provider) -> str:
    """Of everything that may change the answer: what is asked, and who is asked."""
    asked = request.model_dump(mode="json", exclude={"keep_seconds", "role", "provider", "fallbacks", "prompt_name"})
    return digest_of([asked, provider.litellm_model, provider.base_url, provider.max_tokens])


def find_answer(request: Request, provider: Provider, customer_id: uuid.UUID) -> Answer | None:
    """The kept answer, if it has not expired; counts the hit."""
    rows = CachedAnswer.objects.filter(customer_id=customer_id, request_hash=request_hash(request, provider))
    kept = rows.filter(expires_at__gt=Now()).first()
    if kept is None:
        return None
    rows.update(hits=F("hits") + 1)
    return Answer.model_validate(kept.answer).model_copy(
        update={"from_cache": True, "cost_usd": "0.000000", "duration_ms": 0}
    )


def keep_answer(
    request: Request, provider: Provider, answer: Answer, *, customer_id: uuid.UUID, job_id: uuid.UUID | None
) -> None:
    """For ``keep_seconds``, at most ``ANSWER_CACHE_DAYS``; replaces one that was kept before."""
    seconds = min(request.keep_seconds, settings.ANSWER_CACHE_DAYS * 24 * 3600)
    CachedAnswer.objects.update_or_create(
        customer_id=customer_id,
        request_hash=request_hash(request, provider),
        defaults={
            "job_id": job_id,
            "answer": answer.model_dump(mode="json"),
            "hits": 0,
            "expires_at": Now() + timedelta(seconds=seconds),
        },
    )
