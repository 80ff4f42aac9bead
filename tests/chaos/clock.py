"""A worker whose clock is wrong.

Inside Python and not by libfaketime: version 0.9.10, Debian's, makes ``time.sleep`` of Python 3.11 fail with EINVAL as
soon as the monotonic clock is to stay right, and a machine with a wrong clock has a right monotonic one.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from datetime import timedelta
from typing import Any

from django.utils import timezone
from procrastinate import utils


def run_ahead(seconds: int) -> None:
    """Shift the clocks that the product and its queue read: ``time``, ``timezone.now``, ``utcnow``."""
    for name, scale in (("time", 1), ("time_ns", 1_000_000_000)):
        setattr(time, name, _shifted(getattr(time, name), seconds * scale))
    timezone.now = _shifted(timezone.now, timedelta(seconds=seconds))
    utils.utcnow = _shifted(utils.utcnow, timedelta(seconds=seconds))


def _shifted(clock: Callable[[], Any], by: Any) -> Callable[[], Any]:
    return lambda: clock() + by
