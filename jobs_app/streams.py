"""Streams: whatever has an id and rows numbered from 1 without gaps. A job's log is one, a user's feed another."""

from __future__ import annotations

import uuid
from abc import ABC, abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property

MOST_AT_ONCE = 1000
"""Entries read in one query."""

_NO_STREAM = uuid.UUID(int=0)


@dataclass(eq=False)
class Entry:
    """One message of a stream, put into words once for all who follow. Number 0: no row, nothing to resume after."""

    stream_id: uuid.UUID
    number: int
    type: str
    text: str  # JSON
    customer_id: uuid.UUID | None = None  # only who acts for this customer may read it
    completion: Entry | None = None  # follows at once, and ends the stream
    ends: bool = False

    @cached_property
    def frame(self) -> bytes:
        """As a server-sent event. Without an id, what the reader resumes after stays what it was."""
        id = f"id: {self.number}\n" if self.number else ""
        return f"{id}event: {self.type}\ndata: {self.text}\n\n".encode()


HEARTBEAT = Entry(_NO_STREAM, 0, "heartbeat", '{"type": "heartbeat"}')
# A comment, of which readers of server-sent events see nothing. No empty line after it: some take that for an event.
HEARTBEAT.__dict__["frame"] = b": heartbeat\n"


class Log(ABC):
    """Where the streams of one kind are read from. All of it is sync, for ``run_sync``."""

    @abstractmethod
    def last_number(self, stream_id: uuid.UUID) -> int:
        """The number of the stream's latest entry; 0 when there is none."""

    @abstractmethod
    def read(self, after: Mapping[uuid.UUID, int]) -> list[Entry]:
        """What each stream has after its number, in the order of the numbers; at most ``MOST_AT_ONCE`` in all."""

    def completion(self, stream_id: uuid.UUID, number: int) -> Entry | None:
        """The message that ends the stream, once it has ended and its last entry is not above ``number``."""
        return None
