"""The errors every door can present. A subclass says its default message in its docstring."""

from __future__ import annotations

from typing import Any


class DnaError(Exception):
    """Something went wrong."""

    code = "error"
    http_status = 500
    retryable = False

    def __init__(self, message: str | None = None, **details: Any) -> None:
        self.user_message = message or (type(self).__doc__ or "").strip()
        self.details = details
        super().__init__(self.user_message)


class NotFound(DnaError):
    """There is no such thing, or you may not see it."""

    code = "not_found"
    http_status = 404


class NotSignedIn(DnaError):
    """Sign in first: send a session cookie, an Authorization: Bearer token or an X-API-Key header."""

    code = "not_signed_in"
    http_status = 401


class NotAllowed(DnaError):
    """Your role does not allow this. Ask a manager of your organisation."""

    code = "not_allowed"
    http_status = 403


class BadInput(DnaError):
    """The input cannot be used."""

    code = "bad_input"
    http_status = 422


class Conflict(DnaError):
    """This contradicts what is already there."""

    code = "conflict"
    http_status = 409


class BadToken(NotSignedIn):
    """This token is not valid or has run out. Get a new one."""

    code = "bad_token"


class BadApiKey(NotSignedIn):
    """This API key is not known, has run out, or was revoked."""

    code = "bad_api_key"


class WrongCredentials(NotSignedIn):
    """The e-mail address or the password is wrong."""

    code = "wrong_credentials"


class BadSignInLink(NotSignedIn):
    """This sign-in link was used already or has run out. Ask for a new one."""

    code = "bad_sign_in_link"


class TooManyAttempts(DnaError):
    """Too many failed attempts to sign in. Wait a while, then try again."""

    code = "too_many_attempts"
    http_status = 429
    retryable = True


class TooManyRequests(DnaError):
    """You have sent more requests than are allowed in a minute. Wait a moment, then try again."""

    code = "too_many_requests"
    http_status = 429
    retryable = True


class CsrfFailed(NotAllowed):
    """The request carries a session cookie but no valid X-CSRFToken header."""

    code = "csrf_failed"


class TooLarge(DnaError):
    """The request is too large."""

    code = "too_large"
    http_status = 413


class Unavailable(DnaError):
    """The database cannot be reached at this moment. Try again in a few seconds."""

    code = "unavailable"
    http_status = 503
    retryable = True
