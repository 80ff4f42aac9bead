"""Who asks for a page, and what a page says when something is wrong."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from http import HTTPStatus
from typing import Any, cast

from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.utils.functional import SimpleLazyObject

from accounts_app.access import Actor
from accounts_app.errors import TooManyRequests
from accounts_app.http import as_dna_error, method_not_allowed, session_actor, set_actor
from accounts_app.models import User
from accounts_app.page_access import error_page
from accounts_app.request_limits import is_limited, take_request


class ActorMiddleware:
    """Sets ``request.actor``, looked up when first asked for and falsy where nobody is signed in.

    An error raised by a page that is the request's fault becomes an error page (the API has its own handlers). What
    Ninja answers by itself to a method that an address does not have is put into the API's shape.
    """

    sync_capable = True
    async_capable = False  # keeps the chain in one thread, see MIDDLEWARE

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        cast(Any, request).actor = SimpleLazyObject(partial(_look_up_actor, request))
        if is_limited() and not request.path.startswith("/api/"):  # the API counts whoever comes in, by whatever way
            try:
                _count(request)
            except TooManyRequests as error:
                return error_page(request, error)
        response = self.get_response(request)
        if response.status_code == HTTPStatus.METHOD_NOT_ALLOWED and request.path.startswith("/api/"):
            return method_not_allowed(response["Allow"])
        return response

    def process_exception(self, request: HttpRequest, error: Exception) -> HttpResponse | None:
        known = as_dna_error(error)
        return error_page(request, known) if known else None


def _count(request: HttpRequest) -> None:
    user = getattr(request, "user", None)
    if isinstance(user, User) and user.is_active:
        take_request(user.pk)


def _look_up_actor(request: HttpRequest) -> Actor | None:
    actor = session_actor(request)
    set_actor(request, actor)  # in place of the lazy object, which is no dataclass
    return actor
