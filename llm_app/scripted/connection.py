"""One HTTP connection of a client. It notices at once when the client goes, and can be dropped at any byte."""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import Awaitable, Callable, Iterable
from dataclasses import dataclass
from typing import Any, cast
from urllib.parse import parse_qsl, urlsplit

import h11

Headers = list[tuple[str, str]]


@dataclass(frozen=True)
class Request:
    method: str
    path: str
    query: dict[str, str]
    headers: dict[str, str]
    body: bytes


class Connection(asyncio.Protocol):
    """Reads requests one after the other and has each served by ``serve``, which is cancelled when the client goes."""

    def __init__(self, serve: Callable[[Connection, Request], Awaitable[None]], open_ones: set[Connection]) -> None:
        self.connected_at = time.time()
        self.on_client_closed: list[Callable[[float], None]] = []
        self._http = h11.Connection(h11.SERVER)
        self._serve = serve
        self._open_ones = open_ones
        self._head: h11.Request | None = None
        self._body = b""
        self._serving: asyncio.Future[None] | None = None
        self._dropped = False

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast("asyncio.Transport", transport)
        self._open_ones.add(self)

    def data_received(self, data: bytes) -> None:
        self._http.receive_data(data)
        self._advance()

    def connection_lost(self, error: Exception | None) -> None:
        self._open_ones.discard(self)
        if not self._dropped:
            for tell in self.on_client_closed:
                tell(time.time())
        if self._serving is not None:
            self._serving.cancel()

    def _advance(self) -> None:
        try:
            while not isinstance(event := self._http.next_event(), type(h11.NEED_DATA)):
                if event is h11.PAUSED:
                    return
                self._take(event)
        except h11.RemoteProtocolError:
            self.drop()

    def _take(self, event: Any) -> None:
        match event:
            case h11.Request():
                self._head, self._body = event, b""
            case h11.Data():
                self._body += event.data
            case h11.EndOfMessage() if self._head is not None:
                self._serving = asyncio.ensure_future(self._answer(_request(self._head, self._body)))
            case h11.ConnectionClosed():
                self._transport.close()

    async def _answer(self, request: Request) -> None:
        await self._serve(self, request)
        if self._http.our_state is h11.DONE and self._http.their_state is h11.DONE:
            self._http.start_next_cycle()
            self._advance()
        else:
            self._transport.close()

    def start(self, status: int, headers: Iterable[tuple[str, str]]) -> None:
        self._write(h11.Response(status_code=status, headers=list(headers)))

    def send(self, data: bytes) -> None:
        self._write(h11.Data(data=data))

    def finish(self) -> None:
        self._write(h11.EndOfMessage())

    def drop(self) -> None:
        """Close without ending the answer; what was sent before still arrives."""
        self._dropped = True
        self._transport.close()

    def respond(self, status: int, body: Any, headers: Headers | None = None) -> None:
        """A whole answer, in JSON."""
        data = body if isinstance(body, bytes) else json.dumps(body, ensure_ascii=False).encode()
        self.start(status, _json_head(data, headers))
        self.send(data)
        self.finish()

    def respond_half(self, data: bytes) -> None:
        """An answer that breaks off in its middle."""
        self.start(200, _json_head(data, None))
        self.send(data[: len(data) // 2])
        self.drop()

    def _write(self, event: h11.Event) -> None:
        if data := self._http.send(event):
            self._transport.write(data)


def _json_head(data: bytes, headers: Headers | None) -> Headers:
    return [("content-type", "application/json"), ("content-length", str(len(data))), *(headers or ())]


def _request(head: h11.Request, body: bytes) -> Request:
    target = urlsplit(head.target.decode())
    return Request(
        method=head.method.decode(),
        path=target.path,
        query=dict(parse_qsl(target.query)),
        headers={name.decode(): value.decode("latin-1") for name, value in head.headers},
        body=body,
    )
