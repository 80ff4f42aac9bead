"""The runs with a planted fault, and the invariant that must break in each."""

from __future__ import annotations

from tests.chaos.run import Chaos, Verdict, run_chaos

# A zombie writes only what was under way when it was frozen, and only while nobody else has written the same: slow
# steps are still under way at the worker that took over when it wakes. Some runs see no such thing, hence the tries.
_SLOW = 6.0
_TRIES = 3

FAULTS = {
    "result_key_not_unique": "Each (job, step) is paid",
    "take_over_off": "After quiet",
    "fencing_off": "What is written",
}
"""By fault: how the invariant begins that must break."""


def fault_run(fault: str, seed: int) -> Chaos:
    if fault == "result_key_not_unique":
        return Chaos(seed, 10, fault, kinds=("terminate_worker",), patience_seconds=2)
    if fault == "take_over_off":
        return Chaos(seed, 8, fault, kinds=("kill_worker",), patience_seconds=15)
    return Chaos(seed, 25, fault, kinds=("freeze_worker",), pace=_SLOW, patience_seconds=2)


async def catch_fault(fault: str, seed: int) -> tuple[bool, list[Verdict]]:
    """Whether a run broke what it should, and the verdicts of all that it took."""
    verdicts: list[Verdict] = []
    for attempt in range(_TRIES):
        verdicts.append(await run_chaos(fault_run(fault, seed + attempt)))
        if any(name.startswith(FAULTS[fault]) for name in verdicts[-1].breaches):
            return True, verdicts
    return False, verdicts
