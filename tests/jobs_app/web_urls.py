"""The addresses of the site, and one that shows what the process holds."""

from __future__ import annotations

import asyncio
import threading

from django.db import connection
from django.http import HttpRequest, JsonResponse
from django.urls import path

from dna.urls import handler404, handler500
from dna.urls import urlpatterns as site
from jobs_app.hub import get_hub

__all__ = ["handler404", "handler500"]


async def held(request: HttpRequest) -> JsonResponse:
    """Followers, tasks, threads and database connections in use at this moment."""
    pool = connection.pool  # type: ignore[attr-defined]
    stats = pool.get_stats() if pool else {}
    return JsonResponse(
        {
            "followers": get_hub().follower_count,
            "tasks": len(asyncio.all_tasks()),
            "threads": threading.active_count(),
            "connections": stats.get("pool_size", 0) - stats.get("pool_available", 0),
        }
    )


urlpatterns = [path("held", held), *site]
