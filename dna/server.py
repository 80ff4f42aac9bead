"""Serving: the web server, with or without a worker on the same event loop."""

from __future__ import annotations

import asyncio
import errno
import gc
import socket
from collections.abc import Callable, Coroutine
from dataclasses import dataclass
from typing import Any

from daphne.server import reactor  # the one on asyncio, which daphne installs before anybody asks Twisted for another
from django.conf import settings
from django.core.management.base import CommandError
from twisted.internet import defer

from dna.sending import BoundedServer
from jobs_app.hub import get_hub
from jobs_app.worker import JobWorker
from llm_app.demo_provider import serve_demo

# All of it stops within 5 seconds of Ctrl-C: requests get three of them to finish.
_REQUEST_SECONDS = 3
_STOP_SECONDS = 4.5  # after which nothing is waited for any more
# A body is handed to the application in pieces of this size; daphne's own 8 kB make five of a usual Word file.
_BODY_BYTES = 256 * 1024


@dataclass(frozen=True, slots=True)
class Inherited:
    """File descriptors from the process that started this one: the socket to accept from, and a pipe that closes
    when that process is gone."""

    listening: int
    alive: int


def serve(
    *,
    with_worker: bool,
    with_demo: bool = False,
    on_ready: Callable[[], None] = lambda: None,
    inherited: Inherited | None = None,
) -> None:
    """Serve until SIGINT or SIGTERM, then finish open requests and hand running jobs over."""
    if inherited is None:
        check_port_free()
    settings.STATIC_ROOT.mkdir(parents=True, exist_ok=True)  # whitenoise warns of a missing one
    from dna.asgi import application

    twisted: Any = reactor
    server = BoundedServer(
        application,
        endpoints=[_endpoint(inherited)],
        server_name="DNA",
        application_close_timeout=_REQUEST_SECONDS,
        request_buffer_size=_BODY_BYTES,
        ping_interval=settings.STREAM_HEARTBEAT_SECONDS,  # a dead client is noticed, and its socket closed
        proxy_forwarded_address_header="X-Forwarded-For" if settings.SECURE_PROXY_SSL_HEADER else None,
        verbosity=0,
    )
    if with_worker:
        twisted.callWhenRunning(_start_worker, twisted)
    if with_demo:
        twisted.callWhenRunning(_start_demo, twisted)
    twisted.addSystemEventTrigger("before", "shutdown", _close_hub)
    twisted.addSystemEventTrigger("before", "shutdown", _stop_in_time, twisted, _stop_seconds(with_worker=with_worker))
    if inherited is not None:
        twisted.callWhenRunning(_stop_with_parent, twisted, inherited.alive)
    twisted.callWhenRunning(on_ready)
    # What is loaded by now stays: without it, looking for garbage takes milliseconds instead of tens of them.
    gc.collect()
    gc.freeze()
    server.run()


def _endpoint(inherited: Inherited | None) -> str:
    """In Twisted's form."""
    if inherited is not None:
        return f"fd:fileno={inherited.listening}"
    interface = settings.BIND_ADDRESS.replace(":", r"\:")
    return f"tcp:port={settings.PORT}:interface={interface}"


def _stop_with_parent(twisted: Any, alive: int) -> None:
    asyncio.get_event_loop().add_reader(alive, twisted.stop)


def check_port_free() -> None:
    """Raise ``CommandError`` when somebody else listens on the port."""
    family = socket.AF_INET6 if ":" in settings.BIND_ADDRESS else socket.AF_INET
    with socket.socket(family) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((settings.BIND_ADDRESS, settings.PORT))
        except OSError as error:
            if error.errno != errno.EADDRINUSE:
                address = f"{settings.BIND_ADDRESS}:{settings.PORT}"
                raise CommandError(f"Cannot listen on {address}: {error.strerror}.") from error
            hint = "Stop what runs there, or choose another: PORT=8001."
            raise CommandError(f"Port {settings.PORT} is in use. {hint}") from error


def _start_worker(twisted: Any) -> None:
    worker = JobWorker()
    _run_beside(twisted, worker.run(), worker.stop)


def _start_demo(twisted: Any) -> None:
    stop = asyncio.Event()
    _run_beside(twisted, serve_demo(stop), stop.set)


def _run_beside(twisted: Any, work: Coroutine[Any, Any, None], stop: Callable[[], object]) -> None:
    """Run it on the server's event loop; at the end of the server, stop it and wait for it."""
    task = asyncio.get_event_loop().create_task(work)

    def end() -> Any:
        stop()
        return defer.Deferred.fromFuture(asyncio.ensure_future(asyncio.gather(task, return_exceptions=True)))

    twisted.addSystemEventTrigger("before", "shutdown", end)


def _stop_seconds(*, with_worker: bool) -> float:
    """A worker lets paid calls end first, and then hands its jobs over."""
    return max(_STOP_SECONDS, settings.WORKER_PAID_GRACE_SECONDS + 1.5) if with_worker else _STOP_SECONDS


def _stop_in_time(twisted: Any, seconds: float) -> None:
    """Daphne waits for every request, also for one whose thread waits for a lock; the loop then ends without it."""
    twisted.callLater(seconds, twisted.crash)


def _close_hub() -> Any:
    return defer.Deferred.fromFuture(asyncio.ensure_future(get_hub().close()))
