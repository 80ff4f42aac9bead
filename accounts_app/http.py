"""What every HTTP door shares: who asks, and how an error looks.

``API_AUTHENTICATION`` is for ``NinjaAPI(auth=…)``; each way in sets the request's ``Actor``, which ``actor_of`` reads.
"""

from __future__ import annotations

import asyncio
import logging
import secrets
import sys
from abc import ABC, abstractmethod
from collections.abc import Awaitable, Callable
from dataclasses import replace
from typing import Any, cast

from asgiref.sync import sync_to_async
from django.conf import settings
from django.core.exceptions import RequestDataTooBig, SuspiciousOperation
from django.db import DataError
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.http.multipartparser import MultiPartParserError
from django.middleware.csrf import CsrfViewMiddleware
from django.views.defaults import page_not_found
from django.views.defaults import server_error as default_server_error
from ninja import NinjaAPI, Schema
from ninja.errors import AuthenticationError, HttpError, Throttled, ValidationError
from ninja.security.base import AuthBase
from pydantic import Field

from accounts_app.access import Actor, Credential, actor_for
from accounts_app.api_keys import actor_for_key
from accounts_app.errors import BadApiKey, BadInput, CsrfFailed, DnaError, NotFound, NotSignedIn, TooLarge, Unavailable
from accounts_app.models import User
from accounts_app.outage import is_connection_lost
from accounts_app.page_access import error_page, with_retry_after
from accounts_app.request_limits import take_request
from accounts_app.tokens import password_stamp, read_access_token

logger = logging.getLogger(__name__)

# A restart of the database takes a second or two, a fail-over some more.
_RETRY_SECONDS = 5

SESSION_CUSTOMER = "customer_id"  # key in the session: the customer chosen in the pages


# --- who asks -------------------------------------------------------------------------------------------------------


def set_actor(request: HttpRequest, actor: Actor | None) -> None:
    cast(Any, request).actor = actor


def actor_of(request: HttpRequest) -> Actor:
    """Who asks; ``NotSignedIn`` when nobody does. One query for the memberships, the first time."""
    if not getattr(request, "actor", None):
        raise NotSignedIn
    return cast(Actor, cast(Any, request).actor)  # read again: looking at the lazy one has replaced it


def session_actor(request: HttpRequest, *, door: str = "page") -> Actor | None:
    """The actor of a session cookie, acting for the customer chosen in the session."""
    user = getattr(request, "user", None)
    if not isinstance(user, User) or not user.is_active:
        return None
    chosen = request.session.get(SESSION_CUSTOMER)
    actor = actor_for(user, door=door)
    current = next((id for id in actor.roles if str(id) == chosen), actor.current)
    credential = Credential(user.pk, password_stamp(user), session_key=request.session.session_key or "")
    return replace(actor, current=current, credential=credential)


class _Authentication(AuthBase, ABC):
    """One way into the API. Works under sync and async routes: ninja awaits what ``is_async`` returns in the latter."""

    is_async = True

    def __init__(self) -> None:
        super().__init__()
        self.is_async = True  # the base class looks only for an async `authenticate`

    @abstractmethod
    def find_actor(self, request: HttpRequest) -> Actor | None:
        """The actor; None when the request does not try this way; ``NotSignedIn`` when it tries and fails."""

    def enter(self, request: HttpRequest) -> Actor | None:
        actor = self.find_actor(request)
        if actor is None:
            return None
        take_request(actor.user.pk)
        if slug := request.headers.get("X-Customer"):
            actor = replace(actor, current=actor.customer_id(slug))
        set_actor(request, actor)
        return actor

    def __call__(self, request: HttpRequest) -> Actor | Awaitable[Actor | None] | None:
        try:
            asyncio.get_running_loop()
        except RuntimeError:
            return self.enter(request)
        return sync_to_async(self.enter)(request)


class ApiKeyAuthentication(_Authentication):
    """``X-API-Key: dna_…``."""

    openapi_type = "apiKey"
    openapi_in = "header"
    openapi_name = "X-API-Key"

    def find_actor(self, request: HttpRequest) -> Actor | None:
        secret = request.headers.get("X-API-Key")
        if not secret:
            return None
        actor = actor_for_key(secret)
        if actor is None:
            raise BadApiKey
        return actor


class BearerAuthentication(_Authentication):
    """``Authorization: Bearer <token>`` with a token of ``POST /api/v1/auth/token``."""

    openapi_type = "http"
    openapi_scheme = "bearer"
    openapi_bearerFormat = "JWT"

    def find_actor(self, request: HttpRequest) -> Actor | None:
        scheme, _, token = request.headers.get("Authorization", "").partition(" ")
        if scheme.lower() != "bearer":
            return None
        return read_access_token(token.strip())


class SessionAuthentication(_Authentication):
    """The session cookie of the pages; methods that write need the ``X-CSRFToken`` header too."""

    openapi_type = "apiKey"
    openapi_in = "cookie"
    openapi_name = settings.SESSION_COOKIE_NAME

    def find_actor(self, request: HttpRequest) -> Actor | None:
        if settings.SESSION_COOKIE_NAME not in request.COOKIES:
            return None
        actor = session_actor(request, door="api")
        if actor is not None:
            _check_csrf(request)
        return actor


class _CsrfCheck(CsrfViewMiddleware):
    def _reject(self, request: HttpRequest, reason: str) -> HttpResponse:
        raise CsrfFailed(f"{CsrfFailed.__doc__} ({reason})")  # the base class renders a page


def _check_csrf(request: HttpRequest) -> None:
    """``CsrfFailed`` unless the method is safe or the token is there. Ninja's views are exempt from the middleware."""
    check = _CsrfCheck(lambda _: HttpResponse())
    cast(Any, request).csrf_processing_done = False
    check.process_request(request)
    check.process_view(request, HttpResponse, (), {})


API_AUTHENTICATION = [ApiKeyAuthentication(), BearerAuthentication(), SessionAuthentication()]


# --- how an error looks ---------------------------------------------------------------------------------------------


class ErrorDetail(Schema):
    code: str
    message: str
    details: dict[str, Any] = Field(default_factory=dict)


class ErrorBody(Schema):
    """The body of every answer that is an error."""

    error: ErrorDetail


# Answers any route may give: not signed in, CSRF or role, hidden or unknown (also by X-Customer), bad input, too many
# requests, our fault, the database away.
_ANY_ROUTE = (401, 403, 404, 422, 429, 500, 503)


def error_responses(*http_codes: int) -> dict[int, type[ErrorBody]]:
    """For ``response={200: …, **error_responses(409)}``: the codes named and those that any route may answer."""
    return {code: ErrorBody for code in sorted({*http_codes, *_ANY_ROUTE})}


def error_body(code: str, message: str, details: dict[str, Any] | None = None) -> dict[str, Any]:
    return {"error": {"code": code, "message": message, "details": details or {}}}


def not_found(request: HttpRequest, exception: Exception) -> HttpResponse:
    """``handler404`` of the site: an address that leads nowhere, below the API in the API's shape."""
    if request.path.startswith("/api/"):
        return JsonResponse(error_body(NotFound.code, "The API has no such address."), status=404)
    return page_not_found(request, exception)


def method_not_allowed(allowed: str) -> HttpResponse:
    """In the API's shape. ``allowed``: the methods that the address has, parted by commas."""
    body = error_body("method_not_allowed", f"This address of the API answers {allowed}.")
    return JsonResponse(body, status=405, headers={"Allow": allowed})


def server_error(request: HttpRequest) -> HttpResponse:
    """``handler500`` of the site: where no view could answer, since what stands before or after it failed."""
    error = sys.exc_info()[1]
    known = as_dna_error(error) if isinstance(error, Exception) else None
    if known is None:
        return default_server_error(request)
    if not request.path.startswith("/api/"):
        return error_page(request, known)
    response = JsonResponse(error_body(known.code, known.user_message, known.details), status=known.http_status)
    return with_retry_after(response, known.details.get("retry_after_seconds"))


def log_unexpected(request: HttpRequest, error: Exception) -> str:
    """Log a bug with a reference that its answer may show; returns the reference."""
    reference = secrets.token_hex(4)
    logger.error("unexpected error %s in %s %s", reference, request.method, request.path, exc_info=error)
    return reference


def as_dna_error(error: Exception) -> DnaError | None:
    """The error as one of ours, when it is the request's fault or the database's absence; None when it is a bug."""
    if isinstance(error, DnaError):
        return error
    if is_connection_lost(error):
        return Unavailable(retry_after_seconds=_RETRY_SECONDS)
    if isinstance(error, RequestDataTooBig) or isinstance(error.__cause__, RequestDataTooBig):
        return TooLarge()
    if isinstance(error, Http404):
        return NotFound()
    if isinstance(error, DataError):  # NUL characters, numbers beyond the column
        return BadInput("The input holds characters or numbers that cannot be stored.")
    if isinstance(error, (SuspiciousOperation, MultiPartParserError)):
        return BadInput("The request cannot be read: it is malformed or cut off.")
    return None


def add_error_handlers(api: NinjaAPI) -> None:
    """Every error of the API in one shape, ``ErrorBody``."""

    def answer(request: HttpRequest, status: int, body: dict[str, Any], wait: float | None = None) -> HttpResponse:
        return with_retry_after(api.create_response(request, body, status=status), wait)

    def dna_error(request: HttpRequest, error: DnaError) -> HttpResponse:
        if error.http_status >= 500 and not isinstance(error, Unavailable):
            logger.error("%s in %s %s", error.code, request.method, request.path, exc_info=error)
        body = error_body(error.code, error.user_message, error.details)
        return answer(request, error.http_status, body, error.details.get("retry_after_seconds"))

    def validation_error(request: HttpRequest, error: ValidationError) -> HttpResponse:
        fields = [_field_message(problem) for problem in error.errors]
        sentence = "; ".join(f"{field['field']}: {field['message']}" for field in fields[:3])
        return answer(request, 422, error_body(BadInput.code, sentence, {"fields": fields}))

    def http_error(request: HttpRequest, error: HttpError) -> HttpResponse:
        if (known := as_dna_error(error)) is not None:
            return dna_error(request, known)
        code = _HTTP_ERROR_CODES.get(error.status_code, "error")
        wait = error.wait if isinstance(error, Throttled) else None
        return answer(request, error.status_code, error_body(code, error.message), wait)

    def any_error(request: HttpRequest, error: Exception) -> HttpResponse:
        if (known := as_dna_error(error)) is not None:
            return dna_error(request, known)
        details = {"reference": log_unexpected(request, error)}
        return answer(request, 500, error_body("error", "Something went wrong on our side.", details))

    handlers: dict[type[Exception], Callable[[HttpRequest, Any], HttpResponse]] = {
        DnaError: dna_error,
        ValidationError: validation_error,
        AuthenticationError: lambda request, _: dna_error(request, NotSignedIn()),
        HttpError: http_error,
        Http404: any_error,
        Exception: any_error,
    }
    for kind, handler in handlers.items():
        api.add_exception_handler(kind, handler)


_HTTP_ERROR_CODES = {
    400: "bad_request",
    401: NotSignedIn.code,
    403: "not_allowed",
    404: NotFound.code,
    413: TooLarge.code,
    429: "too_many_requests",
}


def _field_message(problem: dict[str, Any]) -> dict[str, str]:
    """Ninja's ``loc`` is (source, parameter of our function, field…); a caller knows only the source and the field."""
    source, *path = (str(part) for part in problem["loc"])
    if source in ("body", "form") and len(path) > 1:
        path = path[1:]
    message = problem["msg"].removeprefix("Value error, ")
    return {"field": ".".join(path) or source, "in": source, "message": message}
