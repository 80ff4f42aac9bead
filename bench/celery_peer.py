"""A no-op task of Celery on Redis, measured beside the runtime: pick-up one at a time, then many at once."""

from __future__ import annotations

import os
import time
from statistics import median

from celery import Celery

app = Celery("peer", broker=os.environ["PEER_REDIS"], backend=os.environ["PEER_REDIS"])
app.conf.worker_prefetch_multiplier = 4


@app.task(name="bench.nothing")  # type: ignore[untyped-decorator]
def nothing(sent: float) -> float:
    """Seconds from the call to the start."""
    return time.time() - sent


def measure(one_by_one: int, at_once: int) -> tuple[list[float], float]:
    """Milliseconds of pick-up, and tasks a second."""
    nothing.delay(time.time()).get(timeout=30)
    waits = [nothing.delay(time.time()).get(timeout=30) * 1000 for _ in range(one_by_one)]
    started = time.monotonic()
    results = [nothing.delay(time.time()) for _ in range(at_once)]
    for result in results:
        result.get(timeout=60)
    return waits, at_once / (time.monotonic() - started)


if __name__ == "__main__":
    import json
    import sys

    waits, rate = measure(int(sys.argv[1]), int(sys.argv[2]))
    sys.stdout.write(json.dumps({"p50": median(waits), "p95": sorted(waits)[int(len(waits) * 0.95)], "rate": rate}))
