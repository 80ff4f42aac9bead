"""The bounded run of the chaos tests. Longer ones: ``make chaos``; the proof that they see faults: ``make faults``."""

from __future__ import annotations

import asyncio

from tests.chaos.run import Chaos, run_chaos


def test_nothing_breaks_whatever_is_done_to_the_processes() -> None:
    verdict = asyncio.run(run_chaos(Chaos(seed=1, seconds=60)))
    assert not verdict.breaches, f"\n{verdict}"
