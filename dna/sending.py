"""Daphne with limits on what it keeps in memory: for a reader that takes too little, and of a request."""

from __future__ import annotations

import asyncio
import time
from typing import Any

from daphne.server import Server
from django.conf import settings

from dna.receiving import BoundedFactory

_MOST_UNSENT_BYTES = 128 * 1024
_LOOK_AGAIN_SECONDS = 0.05


class BoundedServer(Server):  # type: ignore[misc] # daphne ships no types
    """Holds up whoever sends to a reader that does not keep up, and cuts a reader off that takes nothing more.

    Daphne itself takes everything at once and keeps it, so a stream would never learn that nobody reads it.
    """

    @property
    def http_factory(self) -> BoundedFactory:
        """What makes the connections; ``run`` sets daphne's own, and has no other place to give another."""
        return self._http_factory

    @http_factory.setter
    def http_factory(self, _: object) -> None:
        self._http_factory = BoundedFactory(self)

    async def handle_reply(self, protocol: Any, message: dict[str, Any]) -> None:
        await super().handle_reply(protocol, message)
        transport = protocol.transport
        if transport is not None and _unsent_bytes(transport) > _MOST_UNSENT_BYTES:
            await _wait_for_reader(transport)


async def _wait_for_reader(transport: Any) -> None:
    least = _unsent_bytes(transport)
    deadline = time.monotonic() + settings.STREAM_SEND_SECONDS
    while transport.connected and (left := _unsent_bytes(transport)) > _MOST_UNSENT_BYTES // 2:
        if left < least:
            least, deadline = left, time.monotonic() + settings.STREAM_SEND_SECONDS
        if time.monotonic() > deadline:
            transport.abortConnection()
            return
        await asyncio.sleep(_LOOK_AGAIN_SECONDS)


def _unsent_bytes(transport: Any) -> int:
    """What Twisted holds back because the socket takes no more."""
    waiting: int = transport._tempDataLen
    return waiting + len(transport.dataBuffer) - int(transport.offset)
