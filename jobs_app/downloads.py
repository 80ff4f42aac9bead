"""Stored files on their way to a browser or program: whole or one range (RFC 9110), checked before the first byte."""

from __future__ import annotations

import asyncio
import re
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Any

from django.http import HttpRequest, HttpResponse, JsonResponse, StreamingHttpResponse
from django.http.response import HttpResponseBase
from django.utils.cache import get_conditional_response
from django.utils.http import content_disposition_header, quote_etag

from accounts_app.http import error_body
from jobs_app import artifacts
from jobs_app.errors import RangeNotSatisfiable
from jobs_app.models import Artifact

_CHUNK_BYTES = 1 << 18
_UNSAFE = re.compile(r'[\x00-\x1f\x7f/\\:*?"<>|]+')
_RANGE = re.compile(r"bytes=\s*(\d{0,18})-(\d{0,18})\s*", re.IGNORECASE)


class FileDownload(StreamingHttpResponse):
    """A stretch of a file in pieces, read in a thread under ASGI and at once under WSGI and in tests."""

    def __init__(self, path: Path, stretch: range, **kwargs: Any) -> None:
        self._pieces = _pieces(path, stretch)
        super().__init__(self._pieces, **kwargs)

    async def __aiter__(self) -> AsyncIterator[bytes]:
        while piece := await asyncio.to_thread(next, self._pieces, b""):
            yield piece


def _pieces(path: Path, stretch: range) -> Iterator[bytes]:
    with path.open("rb") as file:
        file.seek(stretch.start)
        left = len(stretch)
        while left and (piece := file.read(min(_CHUNK_BYTES, left))):
            left -= len(piece)
            yield piece


def send_file(request: HttpRequest, artifact: Artifact, *, filename: str = "") -> HttpResponseBase:
    """The artifact as a download; its bytes are checked against its SHA-256, which is also its ETag.

    Answers 304 where the caller has it, 206 for one range, 416 for a range beyond its end; several ranges at once
    are answered with the whole, as the standard allows.
    """
    etag = quote_etag(artifact.blob_id)
    response: HttpResponseBase | None = get_conditional_response(request, etag=etag)
    if response is None:
        response = _answer(request, artifact, etag)
        if response.status_code != 416:
            name = content_disposition_header(True, safe_filename(filename or artifact.filename))
            response["Content-Disposition"] = name or ""
        response["X-Content-Type-Options"] = "nosniff"
        response["Accept-Ranges"] = "bytes"
    response["ETag"] = etag
    response["Cache-Control"] = "private, no-cache"
    return response


def _answer(request: HttpRequest, artifact: Artifact, etag: str) -> HttpResponseBase:
    size = artifact.blob.size_bytes
    try:
        stretch = _wanted(request, size, etag)
    except RangeNotSatisfiable as error:
        body = error_body(error.code, error.user_message, {"size_bytes": size})
        return JsonResponse(body, status=error.http_status, headers={"Content-Range": f"bytes */{size}"})
    whole = range(size)
    headers = {"Content-Length": str(len(whole if stretch is None else stretch))}
    if stretch is not None:
        headers["Content-Range"] = f"bytes {stretch.start}-{stretch.stop - 1}/{size}"
    status = 200 if stretch is None else 206
    path = artifacts.verified_path(artifact)
    facts: dict[str, Any] = {"status": status, "content_type": artifact.media_type, "headers": headers}
    if request.method == "HEAD":
        return HttpResponse(**facts)
    return FileDownload(path, whole if stretch is None else stretch, **facts)


def _wanted(request: HttpRequest, size: int, etag: str) -> range | None:
    """The one range asked for; None for the whole file. Raises ``RangeNotSatisfiable``."""
    found = _RANGE.fullmatch(request.headers.get("Range", ""))
    if found is None or found[1] == found[2] == "" or request.headers.get("If-Range", etag) != etag:
        return None
    if found[1] == "":
        start, stop = max(0, size - int(found[2])), size
    else:
        start, stop = int(found[1]), min(size, int(found[2]) + 1 if found[2] else size)
        if found[2] and int(found[2]) < start:
            return None  # not a range at all, so it counts as not asked
    if start >= size or start >= stop:
        raise RangeNotSatisfiable()
    return range(start, stop)


def safe_filename(filename: str) -> str:
    """Without characters that a file system or a header cannot take."""
    return _UNSAFE.sub("_", filename).strip(" .") or "download"
