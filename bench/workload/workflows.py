"""Workflows that do nothing, in none or three remembered steps."""

from __future__ import annotations

from pydantic import BaseModel

from jobs_app.runs import Run
from jobs_app.workflows import workflow


class Nothing(BaseModel):
    n: int = 0


@workflow("workload.noop", arguments=Nothing)
async def do_nothing(run: Run, request: Nothing) -> Nothing:
    return request


def keep(n: int) -> int:
    return n


@workflow("workload.three_steps", arguments=Nothing)
async def take_three_steps(run: Run, request: Nothing) -> Nothing:
    for key in ("first", "second"):
        await run.step(key, keep, request.n)
    await run.options(atomic=True).step("third", keep, request.n)
    return request
