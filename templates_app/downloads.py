"""What is made of stored files on its way out; the files themselves are sent by ``jobs_app.downloads``."""

from __future__ import annotations

from django.http import HttpResponse
from django.utils.http import content_disposition_header

from jobs_app.downloads import safe_filename, send_file

__all__ = ["html_fragment", "send_file", "send_zip"]


def html_fragment(html: str) -> HttpResponse:
    """HTML that no browser runs anything in, even when it is opened by itself."""
    response = HttpResponse(html)
    response["Content-Security-Policy"] = "default-src 'none'; style-src 'self'; img-src 'self' data:; sandbox"
    response["Cache-Control"] = "private, no-cache"
    return response


def send_zip(filename: str, data: bytes) -> HttpResponse:
    response = HttpResponse(data, content_type="application/zip")
    response["Content-Disposition"] = content_disposition_header(True, safe_filename(filename)) or ""
    response["Cache-Control"] = "private, no-cache"
    return response
