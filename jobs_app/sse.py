"""Streams as server-sent events."""

from __future__ import annotations

from collections.abc import AsyncGenerator
from contextlib import aclosing

from asgiref.sync import SyncToAsync, sync_to_async
from django.conf import settings
from django.db import close_old_connections
from django.http import HttpRequest, StreamingHttpResponse

from accounts_app.errors import BadInput
from accounts_app.http import as_dna_error
from jobs_app.streams import Entry

MEDIA_TYPE = "text/event-stream"
MOST = 2**31
"""Above every number of an entry."""
OPENAPI = {"responses": {200: {"content": {MEDIA_TYPE: {"schema": {"type": "string"}}}}}}
"""For the description of a route that answers with a stream, too."""


def wants_events(request: HttpRequest) -> bool:
    """Whether the request's Accept header asks for a stream, as a browser's EventSource does."""
    return MEDIA_TYPE in request.headers.get("Accept", "")


def resume_after(request: HttpRequest, after: int) -> int:
    """The number to go on after: ``Last-Event-ID``, which a browser sends when it comes back, before ``?after=``."""
    last = request.headers.get("Last-Event-ID", "").strip()
    if not last:
        return after
    if not (last.isascii() and last.isdecimal() and int(last) < MOST):
        raise BadInput("Last-Event-ID must be the number of an event.")
    return int(last)


def stream_response(entries: AsyncGenerator[Entry, None]) -> StreamingHttpResponse:
    """The entries as they come. The stream ends with them, with the connection, or with the right to read it."""
    response = StreamingHttpResponse(_frames(entries), content_type=MEDIA_TYPE)
    response["Cache-Control"] = "no-store"
    response["X-Accel-Buffering"] = "no"  # or nginx would hold events back
    return response


async def _frames(entries: AsyncGenerator[Entry, None]) -> AsyncGenerator[bytes, None]:
    await _let_go_of_request()
    yield f"retry: {settings.STREAM_RETRY_MS}\n".encode()  # part of the first event: some readers take it for one
    async with aclosing(entries):
        try:
            async for entry in entries:
                yield entry.frame
        except Exception as error:
            if (known := as_dna_error(error)) is None:
                raise
            yield f": {known.user_message}\n".encode()


async def _let_go_of_request() -> None:
    """Give back the request's database connection and its thread; Django keeps both until the response has ended."""
    await sync_to_async(close_old_connections)()
    context = SyncToAsync.thread_sensitive_context.get(None)
    executor = SyncToAsync.context_to_thread_executor.pop(context, None) if context is not None else None
    if executor is not None:
        executor.shutdown(wait=False)  # whoever needs one after this is given another
