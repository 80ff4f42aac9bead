"""Pages of this app: what was used."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from accounts_app.errors import BadInput
from accounts_app.http import actor_of
from accounts_app.page_access import page_login_required
from llm_app.forms import PeriodForm
from llm_app.usage import usage_for


@require_safe
@page_login_required
def usage(request: HttpRequest) -> HttpResponse:
    form = PeriodForm(request.GET)
    if not form.is_valid():
        raise BadInput("The period needs two dates, such as 2026-11-01.")
    asked = {name: value or None for name, value in form.cleaned_data.items()}
    found = usage_for(actor_of(request), **asked)
    return render(request, "llm_app/usage.html", {"usage": found})
