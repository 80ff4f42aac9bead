"""What must never be written down: keys, tokens and passwords, taken out of text by one function.

Used by the log's formatter, by the sentences of failed jobs, and by whatever else keeps text it did not write itself.
"""

from __future__ import annotations

import re

HIDDEN = "[hidden]"

_SECRETS = (
    # Named values, in URLs, headers, JSON and plain text.
    re.compile(
        r"(?i)(\b(?:[a-z0-9_-]*(?:token|secret|password|passwd|api[_-]?key|admin[_-]?key)|authorization|signature)"
        r"[\"']?\s*[=:]\s*[\"']?(?:bearer\s+|basic\s+)?)([^\s\"'&,;}]+)"
    ),
    re.compile(r"(?i)(\bbearer\s+)([\w.~+/=-]{8,})"),
    # One-time links to sign in with: /sign-in/link/<user>/<token>/
    re.compile(r"(/sign-in/link/[^/\s]+/)([^/\s]+)"),
    # User and password in a URL: postgresql://user:password@host
    re.compile(r"(\w+://[^\s:/@]+:)([^\s@/]+)(?=@)"),
    # Keys by their look, wherever they stand: ours, those of the large providers, JSON web tokens.
    re.compile(r"()(\bdna_[A-Za-z0-9_-]{16,})"),
    re.compile(r"()(\bsk-[A-Za-z0-9_-]{16,})"),
    re.compile(r"()(\bAIza[A-Za-z0-9_-]{30,})"),
    re.compile(r"()(\beyJ[A-Za-z0-9_-]{8,}\.[A-Za-z0-9_-]{8,}\.[A-Za-z0-9_-]*)"),
)


def redact(text: str) -> str:
    """The text with every secret in it replaced. Safe to call twice."""
    for pattern in _SECRETS:
        text = pattern.sub(rf"\1{HIDDEN}", text)
    return text
