"""The operators' page: workers, queues, alerts and figures, refreshed while it is looked at."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from accounts_app.errors import NotAllowed
from accounts_app.http import actor_of
from accounts_app.page_access import page_login_required
from jobs_app import operations as read


@require_safe
@page_login_required
def operations(request: HttpRequest) -> HttpResponse:
    return render(request, "jobs_app/operations.html", _figures(request))


@require_safe
@page_login_required
def figures(request: HttpRequest) -> HttpResponse:
    """The part of the page that asks for itself."""
    return render(request, "jobs_app/_operations.html", _figures(request))


def _figures(request: HttpRequest) -> dict[str, Any]:
    if not actor_of(request).user.is_superuser:
        raise NotAllowed("This page is for administrators.")
    return {
        "alerts": read.open_alerts(),
        "workers": read.live_workers(),
        "lanes": read.queue_lanes(),
        "queue_age_seconds": read.queue_age_seconds(),
        "stuck_tickets": read.stuck_tickets(),
        "by_status": read.unfinished_by_status(),
        "hours": read.jobs_by_hour(),
        "workflows": read.workflow_figures(),
        "dead_letters": read.dead_letters(),
        "chores": read.chores(),
    }
