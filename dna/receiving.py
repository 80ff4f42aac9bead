"""Daphne's reading of requests, without the parsing that nobody asked for and with a limit on what is kept of one."""

from __future__ import annotations

import json
from functools import partial
from typing import Any

from daphne.http_protocol import HTTPFactory, WebRequest
from daphne.server import reactor
from django.conf import settings

from accounts_app.errors import TooLarge
from accounts_app.http import error_body

_LINGER_SECONDS = 10  # a client that still sends would lose our answer if the connection were closed at once
_MEGABYTE = 1024 * 1024


class BoundedRequest(WebRequest):  # type: ignore[misc] # daphne ships no types
    """Answers 413 as soon as a body says or shows that it is too large, and keeps nothing more of it."""

    _refused = False
    _received = 0

    def gotLength(self, length: int | None) -> None:
        if length is not None and length > settings.MAX_BODY_BYTES:
            self._refuse()
            length = 0
        super().gotLength(length)

    def handleContentChunk(self, data: bytes) -> None:
        self._received += len(data)
        if self._refused:
            return
        if self._received > settings.MAX_BODY_BYTES:
            self._refuse()
        else:
            super().handleContentChunk(data)

    def requestReceived(self, *line: bytes) -> None:
        if self._refused:
            self.channel.loseConnection()
        else:
            super().requestReceived(*line)

    def _refuse(self) -> None:
        self._refused = True
        asked_for_page = any(b"text/html" in kinds for kinds in self.requestHeaders.getRawHeaders(b"Accept", []))
        self.channel.transport.write(_too_large(asked_for_page=asked_for_page))
        twisted: Any = reactor
        twisted.callLater(_LINGER_SECONDS, self.channel.loseConnection)


class BoundedFactory(HTTPFactory):  # type: ignore[misc] # daphne ships no types
    def buildProtocol(self, addr: Any) -> Any:
        protocol = super().buildProtocol(addr)
        # Twisted would parse each form on the event loop, files and all, for arguments that Django parses itself.
        protocol.requestFactory = partial(BoundedRequest, parsePOSTFormSubmission=False)
        return protocol


def _too_large(*, asked_for_page: bool) -> bytes:
    sentence = f"A request has at most {settings.MAX_BODY_BYTES // _MEGABYTE} MB. Send less at once."
    if asked_for_page:
        media_type, body = "text/plain; charset=utf-8", sentence
    else:
        media_type, body = "application/json; charset=utf-8", json.dumps(error_body(TooLarge.code, sentence))
    head = f"HTTP/1.1 413 Content Too Large\r\nContent-Type: {media_type}\r\nContent-Length: {len(body)}\r\n"
    return f"{head}Connection: close\r\n\r\n{body}".encode()
