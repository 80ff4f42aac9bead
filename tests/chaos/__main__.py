"""``python -m tests.chaos --seeds 1 2 3 --minutes 2``: longer runs than the tests'; ``--faults``: planted faults."""

from __future__ import annotations

import argparse
import asyncio
import signal
import sys
from collections.abc import Coroutine
from typing import Any, TypeVar

from tests.chaos.planted import FAULTS, catch_fault, run_without_fault
from tests.chaos.provocations import PROVOCATIONS
from tests.chaos.run import Chaos, Verdict, run_chaos

T = TypeVar("T")


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.chaos", description=__doc__)
    parser.add_argument("--seeds", type=int, nargs="+", default=[1])
    parser.add_argument("--minutes", type=float, default=1.0)
    parser.add_argument("--faults", action="store_true", help="Plant each fault and see that the check catches it.")
    options = parser.parse_args()
    run = _show_faults if options.faults else lambda seed: _show_chaos(seed, options.minutes)
    return min(1, sum(run(seed) for seed in options.seeds))


def _show_chaos(seed: int, minutes: float) -> int:
    verdict = asyncio.run(_ended_well(run_chaos(Chaos(seed, minutes * 60, PROVOCATIONS))))
    _show(verdict)
    return bool(verdict.breaches)


def _show_faults(seed: int) -> int:
    """One run as it is, which must be clean, and one with each fault, which must not be. How many went wrong."""
    clean, verdict = asyncio.run(_ended_well(run_without_fault(seed)))
    _show(verdict, "no fault: clean" if clean else "no fault: NOT CLEAN")
    missed = int(not clean)
    for fault in FAULTS:
        caught, verdict = asyncio.run(_ended_well(catch_fault(fault, seed)))
        _show(verdict, f"{fault}: {'caught' if caught else 'MISSED'}")
        missed += not caught
    return missed


async def _ended_well(work: Coroutine[Any, Any, T]) -> T:
    """The outcome. SIGTERM cancels it, so that no process is left behind."""
    task = asyncio.ensure_future(work)
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, task.cancel)
    return await task


def _show(verdict: Verdict, *lines: str) -> None:
    sys.stdout.write("\n".join([str(verdict), *lines, ""]))
    sys.stdout.flush()


if __name__ == "__main__":
    sys.exit(main())
