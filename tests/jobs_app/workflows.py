"""Small workflows for the tests of the runtime, registered once."""

from __future__ import annotations

import asyncio
import threading
import uuid
from collections import Counter
from typing import Any

from django.db import connection
from django.db.models.functions import Now
from pydantic import BaseModel

from accounts_app.errors import BadInput
from accounts_app.models import Customer
from jobs_app import progress
from jobs_app.models import Job
from jobs_app.runs import Run
from jobs_app.steps import Retry
from jobs_app.workflows import workflow


class Numbers(BaseModel):
    n: int = 1


class Total(BaseModel):
    total: int


calls: Counter[str] = Counter()
"""How often each step function ran; tests clear it."""
release = threading.Event()
"""Steps that wait do so for this."""


def add(a: int, b: int) -> int:
    calls["add"] += 1
    return a + b


async def double(n: int) -> int:
    calls[f"double {n}"] += 1
    await asyncio.sleep(0.01)
    return n * 2


def rename_customer(name: str) -> int:
    calls["rename"] += 1
    return Customer.objects.filter(slug="acme").update(name=name)


def cut_connection_once(name: str) -> int:
    calls["cut"] += 1
    renamed = Customer.objects.filter(slug="acme").update(name=name)
    if calls["cut"] == 1:
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_terminate_backend(pg_backend_pid())")
    return renamed


def ask_to_cancel(job_id: uuid.UUID) -> bool:
    return bool(Job.objects.filter(id=job_id).update(cancel_requested_at=Now()))


def say_no(n: int) -> int:
    calls["no"] += 1
    raise BadInput("This number will not do.")


def break_down(n: int) -> int:
    raise RuntimeError("secret detail")


def fail_twice(n: int) -> int:
    calls["flaky"] += 1
    if calls["flaky"] < 3:
        raise ConnectionError("not yet")
    return n


def big_text(n: int) -> str:
    calls["big"] += 1
    return "x" * n


async def wait_for_release(n: int) -> int:
    calls["wait"] += 1
    while not release.is_set():
        await asyncio.sleep(0.01)
    return n


async def report_much(n: int) -> int:
    for done in range(n):
        progress.report(10 + done * 80 // n, "Counting", done=done + 1, total=n)
        await asyncio.sleep(0)
    return n


@workflow("test.sum", arguments=Numbers)
async def sum_up(run: Run, request: Numbers) -> Total:
    await run.progress(10, "Adding")
    first = await run.step("add", add, request.n, 1)
    doubled = await run.gather("double", _double, [1, 2, 3, 4, 5], item_key=str, limit=2)
    await run.progress(60, "Saving")
    await run.options(atomic=True).step("save", rename_customer, f"Total {first + sum(doubled)}")
    return Total(total=first + sum(doubled))


async def _double(run: Run, n: int) -> int:
    return await run.step("it", double, n)


@workflow("test.no", arguments=Numbers)
async def refuse(run: Run, request: Numbers) -> Total:
    await run.step("first", add, 1, 1)
    return Total(total=await run.step("no", say_no, request.n))


@workflow("test.broken", arguments=Numbers)
async def broken(run: Run, request: Numbers) -> Total:
    return Total(total=await run.step("broken", break_down, request.n))


@workflow("test.flaky", arguments=Numbers)
async def flaky(run: Run, request: Numbers) -> Total:
    retry = Retry(attempts=3, base_seconds=0.05)
    return Total(total=await run.options(retry=retry).step("flaky", fail_twice, request.n))


@workflow("test.writes", arguments=Numbers)
async def writes(run: Run, request: Numbers) -> Total:
    return Total(total=await run.step("write", rename_customer, "never"))


@workflow("test.duplicate", arguments=Numbers)
async def duplicate(run: Run, request: Numbers) -> Total:
    await run.step("same", add, 1, 1)
    return Total(total=await run.step("same", add, 1, 2))


@workflow("test.big", arguments=Numbers)
async def big(run: Run, request: Numbers) -> Total:
    text = await run.step("big", big_text, request.n)
    return Total(total=len(text))


@workflow("test.wait", arguments=Numbers)
async def wait(run: Run, request: Numbers) -> Total:
    await run.step("before", add, request.n, 0)
    return Total(total=await run.step("wait", wait_for_release, request.n))


@workflow("test.report", arguments=Numbers)
async def report(run: Run, request: Numbers) -> Total:
    return Total(total=await run.step("report", report_much, request.n))


@workflow("test.gather_fails", arguments=Numbers)
async def gather_fails(run: Run, request: Numbers) -> Total:
    async def one(scope: Run, n: int) -> int:
        return await scope.step("it", say_no if n == 2 else double, n)

    results: list[Any] = await run.gather("all", one, [1, 2, 3, 4], item_key=str, limit=1)
    return Total(total=sum(results))


class Choice(BaseModel):
    colour: str
    count: int = 1


@workflow("test.ask", arguments=Numbers)
async def ask(run: Run, request: Numbers) -> Total:
    await run.step("before", add, request.n, 0)
    choice = await run.ask("colour", "Which colour?", Choice)
    return Total(total=choice.count)


@workflow("test.ask_in_time", arguments=Numbers)
async def ask_in_time(run: Run, request: Numbers) -> Total:
    default = Choice(colour="none", count=7) if request.n else None
    choice = await run.ask("colour", "Which colour?", Choice, timeout_seconds=0.2, default=default)
    return Total(total=choice.count)


@workflow("test.parent", arguments=Numbers)
async def parent(run: Run, request: Numbers) -> Total:
    async def one(scope: Run, n: int) -> Total:
        return await scope.child("sum", "test.sum" if request.n else "test.no", Numbers(n=n), Total)

    totals = await run.gather("children", one, [1, 2, 3], item_key=str)
    return Total(total=sum(t.total for t in totals))


@workflow("test.parent_of_waiting", arguments=Numbers)
async def parent_of_waiting(run: Run, request: Numbers) -> Total:
    return await run.child("wait", "test.wait", request, Total)


@workflow("test.sleep", arguments=Numbers)
async def sleep(run: Run, request: Numbers) -> Total:
    await run.step("before", add, request.n, 0)
    await run.sleep("nap", 0.3)
    return Total(total=await run.step("after", add, request.n, 1))


@workflow("test.artifact", arguments=Numbers)
async def artifact(run: Run, request: Numbers) -> Total:
    kept = await run.artifact(
        "file", b"x" * request.n, filename="x.txt", media_type="text/plain", entity_type="test"
    )
    return Total(total=kept.size_bytes)


async def report_phases(n: int) -> int:
    for percent in range(n):
        progress.report(percent, f"Phase {percent}")
    return n


@workflow("test.phases", arguments=Numbers)
async def phases(run: Run, request: Numbers) -> Total:
    return Total(total=await run.step("phases", report_phases, request.n))


@workflow("test.cut", arguments=Numbers)
async def cut(run: Run, request: Numbers) -> Total:
    return Total(total=await run.options(atomic=True).step("cut", cut_connection_once, "Cut"))


@workflow("test.cancelled_before_it_asks", arguments=Numbers)
async def cancelled_before_it_asks(run: Run, request: Numbers) -> Total:
    await run.step("cancel", ask_to_cancel, run.job_id)
    choice = await run.ask("colour", "Which colour?", Choice)
    return Total(total=choice.count)


async def buy(n: int) -> int:
    """A paid call that takes a quarter of a second."""
    calls["buy begun"] += 1
    await asyncio.sleep(0.25)
    calls["buy"] += 1
    return n


async def buy_text(characters: int) -> str:
    return "x" * characters


@workflow("test.buy_under_a_long_key", arguments=Numbers)
async def buy_under_a_long_key(run: Run, numbers: Numbers) -> Total:
    key = "/".join(["k" * 98] * 3)
    return Total(total=len(await run.options(paid=True).step(key, buy_text, numbers.n)))


@workflow("test.buy", arguments=Numbers)
async def buy_in_a_row(run: Run, numbers: Numbers) -> Total:
    return Total(total=sum([await run.options(paid=True).step(f"buy-{n}", buy, n) for n in range(numbers.n)]))
