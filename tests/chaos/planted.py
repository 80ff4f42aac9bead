"""The runs with a planted fault, what brings each to light for certain, and the invariant that must break."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from tests.chaos.evidence import Evidence
from tests.chaos.invariants import paid_once, taken_over_in_time
from tests.chaos.provocations import PROVOCATIONS, Provocation, kill_inside_a_step, wake_a_zombie
from tests.chaos.run import Chaos, Verdict, run_chaos
from tests.chaos.writers import zombies_write_nothing

_REST_SECONDS = 5.0  # a fault may keep jobs from ending for ever


@dataclass(frozen=True, slots=True)
class Planted:
    """One fault of ``faults.py``."""

    provocation: Provocation
    must_break: Callable[[Evidence], Iterator[str]]


FAULTS = {
    "result_key_not_unique": Planted(kill_inside_a_step, paid_once),
    "take_over_off": Planted(kill_inside_a_step, taken_over_in_time),
    "fencing_off": Planted(wake_a_zombie, zombies_write_nothing),
}


async def run_without_fault(seed: int) -> tuple[bool, Verdict]:
    """Whether the same provocations break nothing in the runtime as it is."""
    verdict = await run_chaos(Chaos(seed, provocations=PROVOCATIONS))
    return not verdict.breaches, verdict


async def catch_fault(fault: str, seed: int) -> tuple[bool, Verdict]:
    """Whether one run broke the invariant that it should."""
    planted = FAULTS[fault]
    chaos = Chaos(seed, provocations=(planted.provocation,), fault=fault, patience_seconds=_REST_SECONDS)
    verdict = await run_chaos(chaos)
    return planted.must_break.__doc__ in verdict.breaches, verdict
