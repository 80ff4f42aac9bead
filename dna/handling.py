"""Django's handler of HTTP requests, with one visit to a thread for a request instead of three."""

from __future__ import annotations

from asgiref.sync import sync_to_async
from django.core.handlers.asgi import ASGIHandler
from django.core.handlers.base import BaseHandler
from django.http import HttpRequest
from django.http.response import HttpResponseBase


class ThreadHandler(ASGIHandler):
    """Middleware and view run together in the request's thread; nearly all of ours are synchronous.

    Django's own goes back to the event loop between the two, which costs milliseconds while other requests compute.
    Asynchronous views still run on the event loop, and asynchronous streams are still read there.
    """

    def __init__(self) -> None:
        BaseHandler.__init__(self)
        self.load_middleware(is_async=False)

    async def get_response_async(self, request: HttpRequest) -> HttpResponseBase:
        return await sync_to_async(self.get_response, thread_sensitive=True)(request)
