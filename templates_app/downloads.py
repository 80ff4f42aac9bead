"""Stored files on their way to a browser or program."""

from __future__ import annotations

import asyncio
import re
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Any

from django.http import HttpRequest, HttpResponse, StreamingHttpResponse
from django.http.response import HttpResponseBase
from django.utils.cache import get_conditional_response
from django.utils.http import content_disposition_header, quote_etag

from jobs_app import artifacts
from jobs_app.models import Artifact

_CHUNK_BYTES = 1 << 18
_UNSAFE = re.compile(r'[\x00-\x1f\x7f/\\:*?"<>|]+')


class FileDownload(StreamingHttpResponse):
    """A file in pieces, read in a thread under ASGI and at once under WSGI and in tests."""

    def __init__(self, path: Path, **kwargs: Any) -> None:
        super().__init__(_pieces(path), **kwargs)
        self._path = path

    async def __aiter__(self) -> AsyncIterator[bytes]:
        pieces = _pieces(self._path)
        while piece := await asyncio.to_thread(next, pieces, b""):
            yield piece


def _pieces(path: Path) -> Iterator[bytes]:
    with path.open("rb") as file:
        while piece := file.read(_CHUNK_BYTES):
            yield piece


def send_file(request: HttpRequest, artifact: Artifact, *, filename: str = "") -> HttpResponseBase:
    """The artifact as a download; its bytes are checked against its SHA-256, which is also its ETag."""
    etag = quote_etag(artifact.blob_id)
    response: HttpResponseBase | None = get_conditional_response(request, etag=etag)
    if response is None:
        response = FileDownload(artifacts.verified_path(artifact), content_type=artifact.media_type)
        response["Content-Length"] = str(artifact.blob.size_bytes)
        response["Content-Disposition"] = content_disposition_header(True, _safe(filename or artifact.filename)) or ""
        response["X-Content-Type-Options"] = "nosniff"
    response["ETag"] = etag
    response["Cache-Control"] = "private, no-cache"
    return response


def _safe(filename: str) -> str:
    """Without characters that a file system or a header cannot take."""
    return _UNSAFE.sub("_", filename).strip(" .") or "download"


def html_fragment(html: str) -> HttpResponse:
    """HTML that no browser runs anything in, even when it is opened by itself."""
    response = HttpResponse(html)
    response["Content-Security-Policy"] = "default-src 'none'; style-src 'self'; img-src 'self' data:; sandbox"
    response["Cache-Control"] = "private, no-cache"
    return response
