"""What must never be written down: keys, tokens and passwords, taken out of text and data in one place.

Used by the log's formatter, by everything appended to a job's log and summary, by audit entries, and by whatever else
keeps text it did not write itself. Secrets are known by their value (this installation's own, from its environment),
by the name they are given (``api_key=…``) and by their look (``sk-…``).
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import lru_cache
from typing import Any
from urllib.parse import quote

from django.conf import settings

HIDDEN = "[hidden]"

# Names end like this. Repetitions are bounded where a long text could make each of its words a new beginning.
_NAMES = r"(?:token|secret|password|passwd|api[_-]?key|admin[_-]?key|goog[_-]?key|private[_-]?key)"
# Between a name and its value: in URLs, headers, JSON (also inside a JSON string), Python's repr and plain text.
_IS = r"[\\\"']*\s*[=:]\s*[\\\"']*"
_SECRETS = (
    re.compile(rf"(?i)((?:{_NAMES}|authorization|signature){_IS}(?:bearer\s+|basic\s+)?)([^\s\"'\\&,;}}]+)"),
    # A header as a pair: (b'x-api-key', b'…')
    re.compile(rf"(?i)((?:{_NAMES}|authorization)[\"']\s*,\s*b?[\"'](?:bearer\s+|basic\s+)?)([^\"']+)"),
    re.compile(r"(?i)(\bbearer(?:\s+|%20|\+))([\w.~+/=-]{8,})"),
    re.compile(r"([?&](?:key|sig|auth)=)([^\s\"'&]+)"),
    # One-time links to sign in with: /sign-in/link/<user>/<token>/
    re.compile(r"(/sign-in/link/[^/\s]+/)([^/\s]+)"),
    # User and password in a URL, or a key alone: postgresql://user:password@host, https://key@host
    re.compile(r"(\b\w{1,20}://[^\s:/@]{0,200}:)([^\s@/]+)(?=@)"),
    re.compile(r"(https?://)([^\s:/@\"']{8,})(?=@)"),
    # Keys by their look, wherever they stand: ours, those of providers, of webhooks, JSON web tokens, private keys.
    re.compile(r"()(\bdna_[A-Za-z0-9_-]{16,})"),
    re.compile(r"()(\b(?:sk|pk|rk|gsk|xai|pplx|hf|r8|whsec|ghp|AQ)[-_.][A-Za-z0-9_-]{16,})"),
    re.compile(r"()(\bAIza[A-Za-z0-9_-]{30,})"),
    re.compile(r"()(\bA[KS]IA[A-Z0-9]{16})\b"),
    re.compile(r"()(\beyJ[A-Za-z0-9_-]{8,1000}\.[A-Za-z0-9_-]{8,4000}\.[A-Za-z0-9_-]*)"),
    re.compile(r"(-----BEGIN [A-Z ]*PRIVATE KEY-----)(.+?)(?=-----END|\Z)", re.DOTALL),
)
_SECRET_NAME = re.compile(rf"(?i)[\w-]*(?:{_NAMES}|authorization|signature)")

# A shorter one, such as the password "postgres", would take ordinary words out of every text.
_SHORTEST_VALUE = 12


def redact(text: str) -> str:
    """The text with every secret in it replaced. Safe to call twice."""
    if own := _own_secrets((settings.SECRET_KEY, *settings.SECRET_VALUES())):
        text = own.sub(HIDDEN, text)
    for pattern in _SECRETS:
        text = pattern.sub(rf"\1{HIDDEN}", text)
    return text


def redact_data(value: Any) -> Any:
    """JSON data with every secret in it replaced: in its texts, and whole texts whose name says that they are one."""
    if isinstance(value, str):
        return redact(value)
    if isinstance(value, dict):
        return {name: HIDDEN if _is_secret(name, each) else redact_data(each) for name, each in value.items()}
    if isinstance(value, list | tuple):
        return [redact_data(each) for each in value]
    return value


def _is_secret(name: Any, value: Any) -> bool:
    return isinstance(value, str) and bool(value) and bool(_SECRET_NAME.fullmatch(str(name)))


@lru_cache(maxsize=8)
def _own_secrets(values: Sequence[str]) -> re.Pattern[str] | None:
    """Finds this installation's secrets, as they are and as they stand in URLs; the longest first."""
    long_enough = {value for value in values if len(value) >= _SHORTEST_VALUE}
    spelled = long_enough | {quote(value, safe="") for value in long_enough}
    return re.compile("|".join(map(re.escape, sorted(spelled, key=len, reverse=True)))) if spelled else None
