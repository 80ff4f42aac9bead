"""Pages: sign-in where it is needed, and errors as pages."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Concatenate, ParamSpec
from urllib.parse import urlencode

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect, resolve_url
from django.template.loader import render_to_string

from accounts_app.errors import DnaError, NotSignedIn, Unavailable

P = ParamSpec("P")


def page_login_required(
    view: Callable[Concatenate[HttpRequest, P], HttpResponseBase],
) -> Callable[Concatenate[HttpRequest, P], HttpResponseBase]:
    """Send visitors who are not signed in to the sign-in page, and back afterwards."""

    @wraps(view)
    def checked(request: HttpRequest, /, *args: P.args, **kwargs: P.kwargs) -> HttpResponseBase:
        if not getattr(request, "actor", None):
            return sign_in_redirect(request)
        return view(request, *args, **kwargs)

    return checked


def sign_in_redirect(request: HttpRequest) -> HttpResponse:
    """To the sign-in page; htmx is told to load it as a page, back to the page it stands in."""
    if _is_htmx(request):
        response = HttpResponse(status=204)
        response["HX-Redirect"] = _sign_in_url(request.headers.get("HX-Current-URL", ""))
        return response
    return redirect(_sign_in_url(request.get_full_path() if request.method in ("GET", "HEAD") else ""))


def error_page(request: HttpRequest, error: DnaError) -> HttpResponse:
    """The error as a page with its status; for htmx as a toast, for someone not signed in as the sign-in page."""
    if isinstance(error, NotSignedIn) and not getattr(request, "actor", None):
        return sign_in_redirect(request)
    name = "error_toast" if _is_htmx(request) else "error"
    # Who is signed in, which the page's head shows, cannot be read while the database is away.
    known = None if isinstance(error, Unavailable) else request
    text = render_to_string(f"accounts_app/{name}.html", {"error": error}, known)
    response = HttpResponse(text, status=error.http_status)
    if _is_htmx(request):
        response["HX-Retarget"] = "#toasts"
        response["HX-Reswap"] = "beforeend"
    return with_retry_after(response, error.details.get("retry_after_seconds"))


def with_retry_after(response: HttpResponse, wait_seconds: float | None) -> HttpResponse:
    if wait_seconds is not None:
        response["Retry-After"] = str(int(wait_seconds) + 1)
    return response


def _is_htmx(request: HttpRequest) -> bool:
    return request.headers.get("HX-Request") == "true"


def _sign_in_url(back: str) -> str:
    url = resolve_url(settings.LOGIN_URL)
    return f"{url}?{urlencode({'next': back})}" if back else url
