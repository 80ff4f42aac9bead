"""After a commit: tell every process which streams have new entries. A hint only; the table is the truth.

A process sends at most one NOTIFY every 20 ms, with all hints gathered since, on a connection of its own: inside a
transaction, NOTIFY takes a global lock at commit and halves the throughput.
"""

from __future__ import annotations

import logging
import threading
import time
import uuid

import psycopg
from django.conf import settings

from jobs_app.direct import direct_conninfo

CHANNEL = "dna_events"
_STOP_SECONDS = 2.0
_IDS_PER_NOTIFY = 200  # 37 bytes each; a payload may have 8,000

logger = logging.getLogger(__name__)


class _Notifier:
    """A daemon thread that sends what was hinted since it last looked."""

    def __init__(self) -> None:
        self._pending: set[uuid.UUID] = set()
        self._lock = threading.Lock()
        self._wake = threading.Event()
        self._thread: threading.Thread | None = None
        self._connection: psycopg.Connection | None = None
        self._stopping = False

    def hint(self, stream_id: uuid.UUID) -> None:
        with self._lock:
            self._pending.add(stream_id)
            if self._thread is None or not self._thread.is_alive():
                self._thread = threading.Thread(target=self._run, name="dna-notify", daemon=True)
                self._thread.start()
        self._wake.set()

    def stop(self) -> None:
        """Send what is pending and let go of the connection."""
        thread = self._thread
        if thread is not None and thread.is_alive():
            self._stopping = True
            self._wake.set()
            thread.join(_STOP_SECONDS)

    def _run(self) -> None:
        sent_at = 0.0
        while not self._stopping:
            self._wake.wait()
            time.sleep(max(0.0, sent_at + settings.NOTIFY_INTERVAL_SECONDS - time.monotonic()))
            self._wake.clear()
            self._send_pending()
            sent_at = time.monotonic()
        self._close()
        self._stopping = False

    def _send_pending(self) -> None:
        with self._lock:
            ids, self._pending = sorted(self._pending), set()
        if ids:
            try:
                self._send(ids)
            except psycopg.Error as error:
                # Followers poll as well, so a hint that is lost costs seconds and no event.
                logger.warning("notify: hints for %d streams not sent: %s", len(ids), error)
                self._close()

    def _send(self, ids: list[uuid.UUID]) -> None:
        if self._connection is None or self._connection.closed:
            self._connection = psycopg.connect(direct_conninfo(), autocommit=True)
        for start in range(0, len(ids), _IDS_PER_NOTIFY):
            payload = ",".join(str(stream_id) for stream_id in ids[start : start + _IDS_PER_NOTIFY])
            self._connection.execute("SELECT pg_notify(%s, %s)", [CHANNEL, payload])

    def _close(self) -> None:
        if self._connection is not None:
            self._connection.close()
            self._connection = None


_notifier = _Notifier()


def hint(stream_id: uuid.UUID) -> None:
    """Say that a stream has new entries; call after the commit. Never fails, never waits for the database."""
    _notifier.hint(stream_id)


def stop() -> None:
    """At the end of a process: send the last hints and close the connection. A later hint starts anew."""
    _notifier.stop()
