"""HTML made from stored files; the files themselves are sent by ``jobs_app.downloads``."""

from __future__ import annotations

from django.http import HttpResponse

from jobs_app.downloads import send_file

__all__ = ["html_fragment", "send_file"]


def html_fragment(html: str) -> HttpResponse:
    """HTML that no browser runs anything in, even when it is opened by itself."""
    response = HttpResponse(html)
    response["Content-Security-Policy"] = "default-src 'none'; style-src 'self'; img-src 'self' data:; sandbox"
    response["Cache-Control"] = "private, no-cache"
    return response
