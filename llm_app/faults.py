"""What a provider's failure means: in our words, worth trying again or not, and whether it may have been billed.

Known by the names of LiteLLM's exceptions and by httpx's below them, so that nothing is imported here.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Any

from accounts_app.redaction import redact
from llm_app.errors import (
    BadModelAnswer,
    ContentRefused,
    ContextTooLong,
    ProviderAuthenticationFailed,
    ProviderError,
    ProviderRateLimited,
    ProviderRefusedRequest,
    ProviderTimedOut,
    ProviderUnavailable,
)
from llm_app.models import Provider

_SHOWN_CHARACTERS = 300

# By the name of the class, the most particular first: LiteLLM's classes derive from each other.
_BY_NAME: dict[str, type[ProviderError]] = {
    "ContextWindowExceededError": ContextTooLong,
    "ContentPolicyViolationError": ContentRefused,
    "AuthenticationError": ProviderAuthenticationFailed,
    "PermissionDeniedError": ProviderAuthenticationFailed,
    "PaymentRequiredError": ProviderRefusedRequest,
    "RateLimitError": ProviderRateLimited,
    "NotFoundError": ProviderRefusedRequest,
    "UnsupportedParamsError": ProviderRefusedRequest,
    "BadRequestError": ProviderRefusedRequest,
    "UnprocessableEntityError": ProviderRefusedRequest,
    "Timeout": ProviderTimedOut,
    "TimeoutError": ProviderTimedOut,
    "JSONDecodeError": BadModelAnswer,
    "APIResponseValidationError": BadModelAnswer,
}
# The request did not leave this machine, or nobody took it.
_NOT_SENT = {"ConnectError", "ConnectTimeout", "PoolTimeout", "UnsupportedProtocol", "InvalidURL", "ProxyError"}
# It was sent; whether it was answered, and billed, nobody can know.
_CUT = {
    "ReadTimeout", "WriteTimeout", "ReadError", "WriteError", "CloseError", "RemoteProtocolError", "TimeoutError",
    "Timeout", "IncompleteRead",
}


@dataclass(frozen=True, slots=True)
class Fault:
    """An error of ours, and whether the provider may have billed the request."""

    error: ProviderError
    may_be_billed: bool


def fault_of(failure: BaseException, provider: Provider) -> Fault:
    """The meaning of what LiteLLM or the connection raised."""
    names = [name for one in _chain(failure) for name in _names(one)]
    kind = next((_BY_NAME[name] for name in names if name in _BY_NAME), ProviderUnavailable)
    status = getattr(failure, "status_code", None)
    wait = _retry_after(failure)
    details: dict[str, Any] = {"provider": provider.name}
    if wait is not None:
        details["retry_after_seconds"] = wait
    error = kind(f"{provider.display_name}: {kind.__doc__} {_said(failure)}".strip(), **details)
    refused = isinstance(status, int) and 400 <= status < 600 and not _CUT.intersection(names)
    not_sent = bool(_NOT_SENT.intersection(names))
    return Fault(error, may_be_billed=not (not_sent or refused))


def _chain(failure: BaseException) -> Iterator[BaseException]:
    """The failure and what it came from."""
    seen: set[int] = set()
    one: BaseException | None = failure
    while one is not None and id(one) not in seen:
        seen.add(id(one))
        yield one
        one = one.__cause__ or one.__context__


def _names(failure: BaseException) -> list[str]:
    return [kind.__name__ for kind in type(failure).__mro__]


def _said(failure: BaseException) -> str:
    """What the provider said, without secrets and without LiteLLM's own words (and tracebacks) around it."""
    text = str(getattr(failure, "message", "") or failure).partition("Traceback (most recent")[0]
    for start in ("litellm.", type(failure).__name__ + ":"):
        text = text.removeprefix(start).strip()
    text = redact(_message_in(text))[:_SHOWN_CHARACTERS]
    return f"It said: {text}" if text else ""


def _message_in(text: str) -> str:
    """The sentence inside a JSON body, where there is one."""
    try:
        body = json.loads(text[text.index("{") : text.rindex("}") + 1])
        found = body.get("error", body)
        return str(found["message"] if isinstance(found, dict) else found)
    except (ValueError, KeyError, AttributeError):
        return text


def _retry_after(failure: BaseException) -> float | None:
    """Seconds of a Retry-After header, given as a number or as a date."""
    for headers in (getattr(failure, "litellm_response_headers", None), _response_headers(failure)):
        value = (headers or {}).get("retry-after")
        if value:
            return _seconds(str(value))
    return None


def _response_headers(failure: BaseException) -> Any:
    return getattr(getattr(failure, "response", None), "headers", None)


def _seconds(value: str) -> float | None:
    try:
        return max(0.0, float(value))
    except ValueError:
        pass
    try:
        return max(0.0, (parsedate_to_datetime(value) - datetime.now(UTC)).total_seconds())
    except (ValueError, TypeError):
        return None
