"""The paid service, a process of its own: it counts what it was paid for, by idempotency key, and never forgets.

``POST /pay`` answers 200 after a while, or 503 at once and unpaid; ``GET /calls`` tells of all paid calls.
A call counts as paid when it arrives; ``outcome`` says whether its answer could be delivered.
"""

from __future__ import annotations

import asyncio
import json
import random
import sys
import time
from dataclasses import asdict, dataclass


@dataclass(slots=True)
class Call:
    """One call that was paid for. Times are Unix seconds."""

    key: str
    customer: str
    process_id: int
    started: float
    ended: float = 0.0
    outcome: str = "open"  # open, delivered, dropped


calls: list[Call] = []


async def handle(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    try:
        head = (await reader.readuntil(b"\r\n\r\n")).decode()
        request, *lines = head.rstrip().split("\r\n")
        headers = {name.lower(): value for name, value in (line.split(": ", 1) for line in lines)}
        await reader.readexactly(int(headers.get("content-length", "0")))
        if request.startswith("GET"):
            await _answer(writer, 200, json.dumps([asdict(call) for call in calls]))
        elif random.random() < 0.1:
            await _answer(writer, 503, "{}")
        else:
            await _sell(reader, writer, headers)
    except (OSError, asyncio.IncompleteReadError):
        pass  # the caller was killed
    finally:
        writer.close()


async def _sell(reader: asyncio.StreamReader, writer: asyncio.StreamWriter, headers: dict[str, str]) -> None:
    call = Call(headers["idempotency-key"], headers["x-customer"], int(headers["x-process"]), time.time())
    calls.append(call)
    hung_up = asyncio.ensure_future(reader.read(1))
    await asyncio.wait([hung_up], timeout=random.uniform(0.05, 0.6) + float(headers["x-extra-seconds"]))
    try:
        if not hung_up.done():
            await _answer(writer, 200, "{}")
        call.outcome = "dropped" if hung_up.done() else "delivered"
    except OSError:
        call.outcome = "dropped"
    finally:
        call.ended = time.time()
        hung_up.cancel()


async def _answer(writer: asyncio.StreamWriter, status: int, body: str) -> None:
    head = f"HTTP/1.1 {status} -\r\nContent-Type: application/json\r\nContent-Length: {len(body)}\r\n"
    writer.write(f"{head}Connection: close\r\n\r\n{body}".encode())
    await writer.drain()


async def main() -> None:
    server = await asyncio.start_server(handle, "127.0.0.1", 0)
    sys.stdout.write(f"{server.sockets[0].getsockname()[1]}\n")
    sys.stdout.flush()
    await server.serve_forever()


if __name__ == "__main__":
    asyncio.run(main())
