"""The server, in the event loop that is there or in a thread of its own."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from decimal import Decimal
from functools import partial

from .connection import Connection
from .playback import Call, Playback
from .script import Script, WireName
from .serving import serve

HOST = "127.0.0.1"
_START_SECONDS = 10

# What clients put before the paths of each format.
_BASES = {WireName.OPENAI: "/v1", WireName.ANTHROPIC: "", WireName.GEMINI: "/v1beta"}


class ScriptedProvider:
    """A running server: where it is, what it was asked, what it was paid."""

    def __init__(self, playback: Playback, port: int) -> None:
        self._playback = playback
        self.port = port
        self.url = f"http://{HOST}:{port}"

    def base_url(self, wire: WireName | str) -> str:
        """As ``api_base`` of LiteLLM and of the providers' own clients."""
        return self.url + _BASES[WireName(wire)]

    @property
    def calls(self) -> list[Call]:
        return self._playback.calls

    @property
    def cost_usd(self) -> Decimal:
        return self._playback.cost_usd

    def set_script(self, script: Script) -> None:
        """Another script, and an empty record."""
        self._playback.set_script(script)


@asynccontextmanager
async def serving_provider(script: Script | None = None, *, port: int = 0) -> AsyncIterator[ScriptedProvider]:
    """Serve in this event loop; on port 0, at a free one."""
    playback = Playback(script or Script())
    open_ones: set[Connection] = set()
    loop = asyncio.get_running_loop()
    server = await loop.create_server(lambda: Connection(partial(serve, playback), open_ones), HOST, port)
    try:
        yield ScriptedProvider(playback, server.sockets[0].getsockname()[1])
    finally:
        server.close()
        for connection in list(open_ones):
            connection.drop()
        await server.wait_closed()


@contextmanager
def running_provider(script: Script | None = None, *, port: int = 0) -> Iterator[ScriptedProvider]:
    """Serve in a thread until the block ends."""
    started: list[ScriptedProvider] = []
    failed: list[BaseException] = []
    ready, stop = threading.Event(), threading.Event()

    async def run() -> None:
        async with serving_provider(script, port=port) as provider:
            started.append(provider)
            ready.set()
            await asyncio.to_thread(stop.wait)

    def run_to_end() -> None:
        try:
            asyncio.run(run())
        except OSError as error:
            failed.append(error)
        finally:
            ready.set()

    thread = threading.Thread(target=run_to_end, name="scripted-provider", daemon=True)
    thread.start()
    try:
        ready.wait(_START_SECONDS)
        if failed:
            raise failed[0]
        yield started[0]
    finally:
        stop.set()
        thread.join()
