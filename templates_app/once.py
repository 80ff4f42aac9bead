"""Requests that name an Idempotency-Key: the first makes a job, the same one again gets the same job."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from typing import Any

from django.db import transaction

from accounts_app.access import Actor
from accounts_app.errors import BadInput
from jobs_app.jobs import find_idempotent, remember_idempotent
from jobs_app.models import Job

_MAX_KEY_CHARACTERS = 255


class _Overtaken(Exception):
    """Another request with the same key was faster; what this one made is rolled back."""


def make_once(
    make: Callable[[], Job],
    *,
    actor: Actor | None,
    customer_id: uuid.UUID,
    operation: str,
    key: str | None,
    inputs: Any,
) -> Job:
    """The job ``make`` submits in one transaction; with a key, the one an earlier request with that key made.

    What may be refused for the state of things belongs into ``make``: the same request again gets its job, whatever
    has become of them since. For the same reason ``inputs`` are what was asked, in the words of who asked it. Raises
    ``IdempotencyConflict`` when the earlier request had other inputs.
    """
    if not key or actor is None:
        with transaction.atomic():
            return make()
    if len(key) > _MAX_KEY_CHARACTERS:
        raise BadInput(f"An Idempotency-Key has at most {_MAX_KEY_CHARACTERS} characters.")

    def find() -> Job | None:
        return find_idempotent(actor=actor, customer_id=customer_id, operation=operation, key=key, inputs=inputs)

    if (known := find()) is not None:
        return known
    try:
        with transaction.atomic():
            job = make()
            if not remember_idempotent(actor=actor, operation=operation, key=key, inputs=inputs, job=job):
                raise _Overtaken
            return job
    except _Overtaken:
        known = find()
        assert known is not None  # noqa: S101 - its row is what we lost against, and it is committed
        return known
