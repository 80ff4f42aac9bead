"""``Run``: what a workflow's body holds. Each finished step is remembered, so a job continues where it was."""

from __future__ import annotations

import asyncio
import hashlib
import inspect
import logging
import math
import re
import time
from collections.abc import Awaitable, Callable, Sequence
from contextlib import suppress
from datetime import datetime
from functools import partial
from typing import Any, ParamSpec, TypeVar, cast, overload
from uuid import UUID

from django.conf import settings
from django.db import transaction
from pydantic import BaseModel, TypeAdapter

from accounts_app.outage import is_connection_lost
from accounts_app.redaction import redact
from jobs_app import events, feeds, logs, progress, steps
from jobs_app.canonical import inputs_digest
from jobs_app.choices import EventType
from jobs_app.claims import Claim
from jobs_app.db import Writing, persisted, run_sync, settled, writing
from jobs_app.errors import DuplicateStepKey, JobEnded, LeaseLost, StepChanged
from jobs_app.models import StepResult
from jobs_app.paid_calls import PaidCalls
from jobs_app.payloads import Progressed
from jobs_app.run_steps import (
    Asking,
    Content,
    StoredArtifact,
    ask_or_wait,
    database_now,
    start_or_wait,
    store_artifact,
    waking_time,
)
from jobs_app.steps import NEVER, Retry, StepCall, StepOptions
from jobs_app.waits import Condition, Suspend

P = ParamSpec("P")
R = TypeVar("R")
T = TypeVar("T")

_KEY = re.compile(r"[a-z0-9_-]+(/[a-z0-9_-]+)*")
_MAX_IDEMPOTENCY_KEY = cast(int, StepResult._meta.get_field("idempotency_key").max_length)

logger = logging.getLogger(__name__)


class Memory:
    """What is shared by all scopes of one run: the finished steps, the keys used, the progress so far."""

    def __init__(
        self, claim: Claim, results: dict[str, StepResult], expected_seconds: float, paid_calls: PaidCalls
    ) -> None:
        self.claim = claim
        self.paid_calls = paid_calls
        self.results = results
        self.used: set[str] = set()
        self.throttle = progress.Throttle()
        self.estimator = progress.Estimator(expected_seconds)
        self.reports: list[asyncio.Task[None]] = []
        self.reporting = asyncio.Lock()


class Run:
    """One attempt at a job, as its body sees it. ``scope`` and ``options`` return changed copies."""

    def __init__(self, memory: Memory, prefix: str = "", options: StepOptions | None = None) -> None:
        self._memory = memory
        self._prefix = prefix
        self._options = options or StepOptions()

    @property
    def job_id(self) -> Any:
        return self._memory.claim.job.id

    @property
    def customer_id(self) -> Any:
        return self._memory.claim.job.customer_id

    def now(self) -> datetime:
        """The moment the job was made: the same in every attempt and after every take-over."""
        return self._memory.claim.job.created_at

    def scope(self, key: str) -> Run:
        """The same run, with every key below ``key``."""
        return Run(self._memory, f"{self._prefix}{_checked(key)}/", self._options)

    def options(
        self,
        *,
        version: int = 1,
        atomic: bool = False,
        paid: bool = False,
        retry: Retry = NEVER,
        timeout_seconds: float | None = None,
    ) -> Run:
        """The same run, with these options for the steps called on it."""
        chosen = StepOptions(version=version, atomic=atomic, paid=paid, retry=retry, timeout_seconds=timeout_seconds)
        return Run(self._memory, self._prefix, chosen)

    @overload
    async def step(self, key: str, fn: Callable[P, Awaitable[R]], /, *args: P.args, **kwargs: P.kwargs) -> R: ...
    @overload
    async def step(self, key: str, fn: Callable[P, R], /, *args: P.args, **kwargs: P.kwargs) -> R: ...
    async def step(self, key: str, fn: Callable[..., Any], /, *args: Any, **kwargs: Any) -> Any:
        """The result of ``fn(*args, **kwargs)``: recorded, if this step finished before, else by running it now.

        Raises ``DuplicateStepKey`` for a key used twice and ``StepChanged`` for a finished step asked something else.
        """
        call = self._call(key, fn, args, kwargs)
        adapter = steps.result_adapter(fn)
        if (record := self._finished(call)) is not None:
            return adapter.validate_python(await run_sync(steps.stored_value, record))
        await self._wait_for_next_try(self._memory.results.get(call.key))
        run = self._run_atomic if call.options.atomic else self._run_paid if call.options.paid else self._run_plain
        started = time.monotonic()
        with logs.bound(step=call.key):
            result = await run(call, fn, adapter, args, kwargs)
            logger.info("step finished", extra={"duration_ms": round((time.monotonic() - started) * 1000)})
        return result

    async def gather(
        self,
        key: str,
        fn: Callable[[Run, T], Awaitable[R]],
        items: Sequence[T],
        *,
        item_key: Callable[[T], str],
        limit: int = 8,
    ) -> list[R]:
        """``fn(run, item)`` for every item, at most ``limit`` at once, each under its own key; results in order.

        The first failure stops the scheduling; what runs is finished and remembered, then the failure is raised.
        Items that wait do not hold up the others; the job waits once all have come as far as they can.
        """
        scopes = [self.scope(f"{_checked(key)}/{item_key(item)}") for item in items]
        results: list[R | None] = [None] * len(items)
        failures: list[Exception] = []
        conditions: list[Condition] = []
        waiting = iter(range(len(items)))

        async def work() -> None:
            for index in waiting:
                if failures:
                    return
                try:
                    results[index] = await fn(scopes[index], items[index])
                except Suspend as suspended:
                    conditions.extend(suspended.conditions)
                except Exception as failure:  # noqa: BLE001 - kept and raised once the siblings are done
                    failures.append(failure)

        await _finish_all([work() for _ in range(min(limit, len(items)))])
        if failures:
            raise failures[0]
        if conditions:
            raise Suspend(*conditions)
        return cast("list[R]", results)

    async def sleep(self, key: str, seconds: float) -> None:
        """Go on no earlier than ``seconds`` after this was first reached. No worker is held meanwhile."""
        until = await self._plain().step(key, waking_time, seconds)
        if await run_sync(database_now) < until:
            raise Suspend(Condition("sleep", f"{self._prefix}{key}", wake_at=until))

    async def ask(
        self,
        key: str,
        question: str,
        schema: type[R],
        *,
        timeout_seconds: float | None = None,
        default: R | None = None,
    ) -> R:
        """A person's answer, in the form ``schema`` says. The job waits for it without holding a worker.

        After ``timeout_seconds`` the default is taken; without one the job fails with ``QuestionExpired``.
        """
        adapter: TypeAdapter[R] = TypeAdapter(schema)
        call = self._call(key, self.ask, (question, adapter.json_schema()), {})
        if (record := self._finished(call)) is not None:
            return adapter.validate_python(await run_sync(steps.stored_value, record))
        fallback = None if default is None else adapter.dump_python(default, mode="json")
        asking = Asking(call, question, adapter.json_schema(), timeout_seconds, fallback)
        return adapter.validate_python(await settled(persisted(ask_or_wait, asking)))

    async def child(self, key: str, workflow: str, arguments: BaseModel, result: type[R]) -> R:
        """The result of another workflow, run as a job of its own; ``ChildFailed`` when it does not complete."""
        adapter: TypeAdapter[R] = TypeAdapter(result)
        call = self._call(key, self.child, (workflow, arguments), {})
        if (record := self._finished(call)) is not None:
            return adapter.validate_python(await run_sync(steps.stored_value, record))
        return adapter.validate_python(await settled(persisted(start_or_wait, call, workflow, arguments)))

    async def artifact(
        self, key: str, data: bytes, *, filename: str, media_type: str, entity_type: str, entity_id: UUID | None = None
    ) -> StoredArtifact:
        """Keep a file the body made. Done once: the same step gives the same artifact after a take-over."""
        step = self.options(atomic=True).step
        return await step(key, store_artifact, Content(data), filename, media_type, entity_type, entity_id)

    async def progress(self, percent: int, step: str, *, done: int | None = None, total: int | None = None) -> None:
        """Tell the followers: a percentage that never falls, a phase, and where in it. Throttled within a phase."""
        async with self._memory.reporting:  # one after the other, or a lower figure might follow a higher one
            if self._memory.throttle.lets(percent, step):
                await self._append_progress(percent, step, done, total)

    async def _append_progress(self, percent: int, step: str, done: int | None, total: int | None) -> None:
        eta = self._memory.estimator.eta_seconds(percent)
        step = redact(step)  # before it is cut: half a secret is known by nothing
        payload = Progressed(progress=percent, step=step, done=done, total=total, eta_seconds=eta)
        shown = f"{step} ({done} of {total})" if done is not None and total is not None else step
        changes = {"progress": percent, "current_step": shown[:200], "eta_seconds": eta}
        await settled(persisted(_append, self._memory.claim, EventType.JOB_PROGRESSED, payload, changes))

    def _call(self, key: str, fn: Callable[..., Any], args: tuple[Any, ...], kwargs: dict[str, Any]) -> StepCall:
        full = f"{self._prefix}{_checked(key)}"
        if full in self._memory.used:
            raise DuplicateStepKey(f"Two steps of one job have the key {full!r}.")
        self._memory.used.add(full)
        claim = self._memory.claim
        return StepCall(
            lease=claim.lease,
            customer_id=claim.job.customer_id,
            key=full,
            inputs_hash=inputs_digest(fn, self._options.version, args, kwargs),
            options=self._options,
            idempotency_key=_idempotency_key(claim, full) if self._options.paid else "",
        )

    def _plain(self) -> Run:
        return Run(self._memory, self._prefix)

    def _finished(self, call: StepCall) -> StepResult | None:
        """What the step left when it finished before; ``StepChanged`` when it was asked something else then."""
        record = self._memory.results.get(call.key)
        if record is None or record.completed_at is None:
            return None
        if (record.inputs_hash, record.version) != (call.inputs_hash, call.options.version):
            raise StepChanged(f"Step {call.key!r} finished before with other inputs; nothing was run.")
        return record

    async def _wait_for_next_try(self, record: StepResult | None) -> None:
        if record is not None and record.next_attempt_at is not None:
            left = (record.next_attempt_at - await run_sync(database_now)).total_seconds()
            if left > 0:
                raise Suspend(Condition("retry", record.key, wake_at=record.next_attempt_at))

    async def _run_atomic(self, call: StepCall, fn: Any, adapter: TypeAdapter[Any], args: Any, kwargs: Any) -> Any:
        """Writes, result and event in one transaction, awaited to its outcome even when cancelled meanwhile."""
        if inspect.iscoroutinefunction(fn):
            raise TypeError(f"{fn.__qualname__} is async: an atomic step is one sync transaction")
        try:
            value = await settled(persisted(_run_in_transaction, call, partial(fn, *args, **kwargs), adapter))
        except LeaseLost:
            raise
        except Exception as error:
            await self._failed(call, error)
            raise
        return adapter.validate_python(value)

    async def _run_paid(self, call: StepCall, fn: Any, adapter: TypeAdapter[Any], args: Any, kwargs: Any) -> Any:
        async with self._memory.paid_calls.one():
            await self._intend(call)
            return await self._run_plain(call, fn, adapter, args, kwargs)

    async def _run_plain(self, call: StepCall, fn: Any, adapter: TypeAdapter[Any], args: Any, kwargs: Any) -> Any:
        started = time.monotonic()
        tokens = steps.current_call.set(call), progress.reporter.set(self._report)
        try:
            async with asyncio.timeout(call.options.timeout_seconds):
                with writing(Writing.JOB):
                    made = fn(*args, **kwargs) if inspect.iscoroutinefunction(fn) else run_sync(fn, *args, **kwargs)
                    value = adapter.dump_python(await made, mode="json")
        except LeaseLost:
            raise
        except Exception as error:
            await self._failed(call, error)
            raise
        finally:
            steps.current_call.reset(tokens[0])
            progress.reporter.reset(tokens[1])
        await self._settle_reports()
        duration_ms = round((time.monotonic() - started) * 1000)
        # A paid answer is in hand: a lost connection must not lose it.
        return adapter.validate_python(await settled(persisted(_record, call, value, duration_ms)))

    async def _intend(self, call: StepCall) -> None:
        """Record the intent under a lease held at this moment: a process that was frozen meanwhile has lost it by now.

        Without asking again it would pay right after waking, before its worker learns that the lease is gone.
        """
        asked_at = -math.inf
        while time.monotonic() - asked_at > settings.JOB_LEASE_SECONDS / 2:
            asked_at = time.monotonic()
            await settled(persisted(steps.record_intent, call))

    async def _failed(self, call: StepCall, error: Exception) -> None:
        """Count the try; when another is due, suspend until then, else let the error through.

        A lost connection is no fault of the step and costs no try: the job is taken over, the step done again.
        """
        if is_connection_lost(error):
            return
        code = getattr(error, "code", type(error).__name__)
        due = await settled(persisted(steps.record_failure, call, str(code)[:60]))
        if due is not None:
            logger.warning("job %s: step %s failed and is tried again at %s: %s", self.job_id, call.key, due, error)
            raise Suspend(Condition("retry", call.key, wake_at=due)) from error

    def _report(self, percent: int, step: str, done: int | None, total: int | None) -> None:
        """Called from within a step, on the event loop."""
        task = asyncio.ensure_future(self._tell(percent, step, done, total))
        self._memory.reports.append(task)

    async def _tell(self, percent: int, step: str, done: int | None, total: int | None) -> None:
        with suppress(LeaseLost, JobEnded):  # the step itself will be told so when it is recorded
            await self.progress(percent, step, done=done, total=total)

    async def _settle_reports(self) -> None:
        """Progress told inside a step stands in the log before the step's end does."""
        while self._memory.reports:
            await self._memory.reports.pop(0)


def _checked(key: str) -> str:
    if not _KEY.fullmatch(key):
        raise ValueError(f"step key {key!r} must be of a-z, 0-9, _ and -, joined by /")
    return key


def _idempotency_key(claim: Claim, key: str) -> str:
    """The same for every try of a paid step; a key too long to be sent as a header goes as its digest."""
    readable = f"{claim.job.id}/{claim.job.attempt}/{key}"
    if len(readable) <= _MAX_IDEMPOTENCY_KEY:
        return readable
    return f"{claim.job.id}/{claim.job.attempt}/{hashlib.sha256(key.encode()).hexdigest()[:32]}"


def _append(claim: Claim, event_type: EventType, payload: Progressed, changes: dict[str, Any]) -> None:
    with transaction.atomic():
        events.append(claim.job.id, event_type, payload, lease=claim.lease, **changes)


def _record(call: StepCall, value: Any, duration_ms: int) -> Any:
    try:
        with transaction.atomic():
            steps.record_result(call, value, duration_ms=duration_ms)
    except steps.StepRecorded:
        return steps.recorded_value(call)
    return value


def _run_in_transaction(call: StepCall, fn: Callable[[], Any], adapter: TypeAdapter[Any]) -> Any:
    started = time.monotonic()
    token = steps.current_call.set(call)
    try:
        with transaction.atomic(), feeds.gathered(), writing(Writing.FREE):
            value = adapter.dump_python(fn(), mode="json")
            steps.record_result(call, value, duration_ms=round((time.monotonic() - started) * 1000))
            return value
    except steps.StepRecorded:  # what `fn` wrote this time is rolled back
        return steps.recorded_value(call)
    finally:
        steps.current_call.reset(token)


async def _finish_all(work: list[Any]) -> None:
    """Await all; when cancelled, cancel all and await their ends."""
    tasks = [asyncio.ensure_future(one) for one in work]
    try:
        await asyncio.gather(*tasks)
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

