"""The workflows of the chaos runs. Every step says which process and which lease it ran under."""

from __future__ import annotations

import os
import random
import time

import httpx
from django.db import connection
from pydantic import BaseModel

from accounts_app.errors import BadInput
from jobs_app import progress
from jobs_app.runs import Run
from jobs_app.steps import Retry, current_call
from jobs_app.workflows import workflow
from tests.chaos import settings

# So many tries that none is ever refused by chance alone.
PATIENT = Retry(attempts=40, base_seconds=0.2, ceiling_seconds=1.0)


class Order(BaseModel):
    tag: str
    n: int = 3
    wait: str = ""  # "", ask, child or sleep
    refuse: bool = False
    hold: str = ""
    """A step that takes ``hold_seconds`` more: plan, pay or close. So somebody can be killed in it for certain."""
    hold_seconds: float = 0.0

    def extra_seconds(self, step: str) -> float:
        return self.hold_seconds if self.hold == step else 0.0


class Choice(BaseModel):
    amount: int


class Mark(BaseModel):
    """Who ran a step: read by the check, against what the log says of who held the job."""

    process_id: int
    lease: int
    value: int


def _mark(value: int) -> Mark:
    return Mark(process_id=os.getpid(), lease=current_call.get().lease.number, value=value)


def plan(tag: str, n: int, extra_seconds: float) -> Mark:
    time.sleep(random.uniform(0.02, 0.3) + extra_seconds)
    return _mark(n)


async def pay(item: int, extra_seconds: float) -> Mark:
    """A paid call: counted by the service under the step's idempotency key."""
    call = current_call.get()
    headers = {"Idempotency-Key": call.idempotency_key, "X-Process": str(os.getpid())}
    headers |= {"X-Customer": str(call.customer_id), "X-Extra-Seconds": str(extra_seconds)}
    async with httpx.AsyncClient(timeout=30, trust_env=False) as client:
        progress.report(10 + item, "Paying", done=item, total=9)
        answer = await client.post(f"{settings.CHAOS_SERVICE_URL}/pay", headers=headers)
    answer.raise_for_status()
    return _mark(item)


def book(what: str, extra_seconds: float) -> Mark:
    """A domain row, written in the transaction that says the step is done, which is held open for a while."""
    call, mark = current_call.get(), _mark(1)
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO chaos_effect (job_id, customer_id, key, what, process_id, lease) VALUES (%s,%s,%s,%s,%s,%s)",
            [call.lease.job_id, call.customer_id, call.key, what, mark.process_id, mark.lease],
        )
        cursor.execute("SELECT pg_sleep(%s)", [random.uniform(0.0, 0.3) + extra_seconds])
    return mark


def stumble(n: int) -> Mark:
    if random.random() < 0.4:
        raise ConnectionError("not yet")
    return _mark(n)


def check(refuse: bool) -> Mark:
    if refuse:
        raise BadInput("This order cannot be taken.")
    return _mark(0)


@workflow("chaos.order", arguments=Order)
async def order(run: Run, request: Order) -> Choice:
    await run.progress(5, "Planning")
    await run.step("plan", plan, request.tag, request.n, request.extra_seconds("plan"))
    await run.options(atomic=True).step("open", book, "open", 0.0)

    async def one(scope: Run, item: int) -> Mark:
        return await scope.options(paid=True, retry=PATIENT).step("it", pay, item, request.extra_seconds("pay"))

    paid = await run.gather("pay", one, list(range(request.n)), item_key=str, limit=3)
    await run.progress(50, "Paid")
    await run.options(retry=PATIENT).step("stumble", stumble, request.n)
    amount = await _wait(run, request)
    await run.progress(80, "Booking")
    await run.step("check", check, request.refuse)
    await run.options(atomic=True).step("close", book, "close", request.extra_seconds("close"))
    return Choice(amount=amount + len(paid))


async def _wait(run: Run, request: Order) -> int:
    if request.wait == "ask":
        return (await run.ask("amount", "How much?", Choice)).amount
    if request.wait == "child":
        small = Order(tag=f"child of {request.tag}", n=1)
        return (await run.child("child", "chaos.order", small, Choice)).amount
    if request.wait == "sleep":
        await run.sleep("nap", 0.5)
    return 0
