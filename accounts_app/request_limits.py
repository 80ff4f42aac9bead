"""How often a user may ask, over pages and API and all processes. Off unless ``USER_REQUESTS_PER_MINUTE`` is set."""

from __future__ import annotations

import uuid

from django.conf import settings
from django.db import connection

from accounts_app.errors import TooManyRequests

# A bucket holds a minute's worth and refills with time by the database's clock. No row comes back, and nothing changes,
# where less than one request is left.
_TAKE = """
    INSERT INTO accounts_app_requestbucket AS bucket (user_id, requests, refilled_at)
    VALUES (%(user)s, %(most)s - 1, statement_timestamp())
        ON CONFLICT (user_id) DO UPDATE SET
           requests = least(%(most)s, bucket.requests + %(most)s / 60 * greatest(
                          0, extract(epoch FROM statement_timestamp() - bucket.refilled_at)::float)) - 1,
           refilled_at = statement_timestamp()
     WHERE bucket.requests + %(most)s / 60 * greatest(
               0, extract(epoch FROM statement_timestamp() - bucket.refilled_at)::float) >= 1"""


def is_limited() -> bool:
    return settings.USER_REQUESTS_PER_MINUTE > 0


def take_request(user_id: uuid.UUID) -> None:
    """Count one request. Raises ``TooManyRequests`` (with ``retry_after_seconds``) when none is left."""
    if not is_limited():
        return
    most = float(settings.USER_REQUESTS_PER_MINUTE)
    with connection.cursor() as cursor:
        cursor.execute(_TAKE, {"user": user_id, "most": most})
        if not cursor.rowcount:
            raise TooManyRequests(retry_after_seconds=60 / most)
