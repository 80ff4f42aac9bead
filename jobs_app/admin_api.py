"""What the installation's operator does over the API, with a key of its own: ``X-Admin-Key``."""

import hmac
from typing import Any
from uuid import UUID

from django.conf import settings
from django.http import HttpRequest
from ninja import Router, Schema
from ninja.security import APIKeyHeader

from accounts_app.http import error_responses
from jobs_app.errors import AdminKeyNotSet, BadAdminKey
from jobs_app.stale import mark_stale


class AdminKey(APIKeyHeader):
    """The key of ``ADMIN_API_KEY``, compared in constant time."""

    param_name = "X-Admin-Key"

    def authenticate(self, request: HttpRequest, key: str | None) -> Any:
        if not settings.ADMIN_API_KEY:
            raise AdminKeyNotSet()
        if not hmac.compare_digest((key or "").encode(), settings.ADMIN_API_KEY.encode()):
            raise BadAdminKey()
        return "admin"


router = Router(auth=AdminKey())


class StaleOut(Schema):
    marked: int
    job_ids: list[UUID]


@router.post("/cleanup/stale", response={200: StaleOut, **error_responses()}, summary="Give up jobs that are too old")
def cleanup_stale(request: HttpRequest) -> dict[str, Any]:
    job_ids = mark_stale()
    return {"marked": len(job_ids), "job_ids": job_ids}
