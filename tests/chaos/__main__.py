"""``python -m tests.chaos --seeds 1 2 3 --minutes 2``: longer runs than the tests', or a planted fault."""

from __future__ import annotations

import argparse
import asyncio
import sys

from tests.chaos.planted import FAULTS, catch_fault
from tests.chaos.run import Chaos, run_chaos


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.chaos", description=__doc__)
    parser.add_argument("--seeds", type=int, nargs="+", default=[1])
    parser.add_argument("--minutes", type=float, default=1.0)
    parser.add_argument("--faults", action="store_true", help="Plant each fault and see that the check catches it.")
    options = parser.parse_args()
    if options.faults:
        return _catch_faults(options.seeds[0])
    broken = 0
    for seed in options.seeds:
        verdict = asyncio.run(run_chaos(Chaos(seed, options.minutes * 60)))
        sys.stdout.write(f"{verdict}\n")
        sys.stdout.flush()
        broken += bool(verdict.breaches)
    return 1 if broken else 0


def _catch_faults(seed: int) -> int:
    missed = 0
    for fault in FAULTS:
        caught, verdicts = asyncio.run(catch_fault(fault, seed))
        missed += not caught
        sys.stdout.write("".join(f"{verdict}\n" for verdict in verdicts))
        sys.stdout.write(f"{fault}: {'caught' if caught else 'MISSED'} after {len(verdicts)} runs\n\n")
        sys.stdout.flush()
    return missed


if __name__ == "__main__":
    sys.exit(main())
