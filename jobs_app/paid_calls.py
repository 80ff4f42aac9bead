"""The paid calls of one running body. When its worker has to stop they may still end, but no other begins."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass


@dataclass(slots=True)
class PaidCalls:
    """How many are under way, their recording included, and whether another may begin."""

    under_way: int = 0
    closed: bool = False

    @asynccontextmanager
    async def one(self) -> AsyncIterator[None]:
        """Around a paid call, until its answer is recorded."""
        if self.closed:
            await asyncio.Event().wait()  # until the body is cancelled; another worker pays
        self.under_way += 1
        try:
            yield
        finally:
            self.under_way -= 1
