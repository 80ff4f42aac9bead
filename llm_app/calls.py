"""One paid request: reserved before it is sent, booked or released after it, whatever happens in between."""

from __future__ import annotations

import asyncio
import time
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from accounts_app.ids import uuid7
from jobs_app.db import persisted, run_sync, settled
from llm_app import ledger, rates, wire
from llm_app.choices import CacheUse
from llm_app.errors import ProviderError
from llm_app.exchange import Request, ToolCall, Usage
from llm_app.faults import Fault, fault_of
from llm_app.ledger import Outcome, Payer, Reservation
from llm_app.prices import cost_of, worst_cost
from llm_app.providers import Candidate
from llm_app.tokens import count_text, worst_input
from llm_app.wire import Heard, OnText


@dataclass(frozen=True, slots=True)
class Reply:
    """What came back of one request, and what it cost."""

    text: str
    tool_calls: tuple[ToolCall, ...]
    finish_reason: str
    usage: Usage
    cost_usd: Decimal
    duration_ms: int


@dataclass(frozen=True, slots=True)
class Call:
    """One request about to be made of one provider."""

    request: Request
    candidate: Candidate
    payer: Payer
    counted_tokens: int
    cache: CacheUse = CacheUse.NONE
    on_text: OnText | None = None

    @property
    def max_tokens(self) -> int:
        own = self.candidate.provider.max_tokens
        return min(self.request.max_tokens or own, own)

    @property
    def worst_usage(self) -> Usage:
        return Usage(input_tokens=worst_input(self.counted_tokens), output_tokens=self.max_tokens)

    @property
    def is_in_job(self) -> bool:
        return self.payer.lease is not None

    @property
    def idempotency_key(self) -> str:
        """For the provider, of which another one knows nothing."""
        return f"{self.payer.idempotency_key}/{self.candidate.provider.name}" if self.payer.idempotency_key else ""

    def reservation(self) -> Reservation:
        provider, price, worst = self.candidate.provider, self.candidate.price, self.worst_usage
        metadata: dict[str, Any] = {"role": self.request.role.value, "prompt": self.request.prompt_name}
        return Reservation(
            payer=self.payer,
            provider=provider,
            price=price,
            worst_usage=worst,
            worst_usd=worst_cost(worst.input_tokens, worst.output_tokens, price),
            streamed=wire.is_streamed(provider, self.on_text),
            prompt_hash=self.request.prompt_hash,
            seen=self.candidate.seen,
            cache=self.cache,
            metadata={name: value for name, value in metadata.items() if value},
        )


async def make_call(call: Call) -> Reply:
    """Raises a ``ProviderError``, ``CapReached``, ``LeaseLost`` or ``ProvidersChanged``; a cancellation goes on once it
    is accounted for."""
    entry_id, heard, started = uuid7(), Heard(), time.monotonic()
    try:
        await settled(ledger.reserve(call.reservation(), entry_id))
        await _ask(call, heard)
        text, tool_calls, usage = heard.all_text(), heard.tool_calls(), _counted(call, heard)
    except asyncio.CancelledError:
        await _account_for_failure(call, entry_id, heard, started, code="cancelled", may_be_billed=heard.sent)
        raise
    except ProviderError as error:  # the answer came, and cannot be used
        await _account_for_failure(call, entry_id, heard, started, code=error.code, may_be_billed=True)
        raise
    except _ProviderFailed as failed:
        fault, code = failed.fault, failed.fault.error.code
        billed = heard.sent and fault.may_be_billed
        await _account_for_failure(call, entry_id, heard, started, code=code, may_be_billed=billed)
        raise fault.error from failed.__cause__
    duration_ms, said = _ms_since(started), {"finish_reason": heard.finish_reason}
    outcome = _outcome(call, usage, duration_ms, estimated=heard.usage is None, metadata=said)
    cost = await settled(ledger.book(entry_id, outcome, in_job=call.is_in_job))
    await _give_back(call, usage)
    return Reply(text, tool_calls, heard.finish_reason, usage, cost, duration_ms)


def _outcome(call: Call, usage: Usage | None, duration_ms: int, **more: Any) -> Outcome:
    cost = cost_of(usage, call.candidate.price) if usage else None
    return Outcome(usage, cost, duration_ms, **more)


async def _give_back(call: Call, usage: Usage) -> None:
    if rates.is_limited(call.candidate.provider):
        await run_sync(rates.give_back, call.candidate.provider, call.worst_usage.total_tokens - usage.total_tokens)


class _ProviderFailed(Exception):
    """Whatever the library raised, with its meaning."""

    def __init__(self, fault: Fault) -> None:
        self.fault = fault


async def _ask(call: Call, heard: Heard) -> None:
    provider = call.candidate.provider
    try:
        async with asyncio.timeout(provider.timeout_seconds):
            await wire.send(
                call.request,
                provider,
                heard,
                max_tokens=call.max_tokens,
                idempotency_key=call.idempotency_key,
                on_text=call.on_text,
            )
    except ProviderError:
        raise
    except Exception as failure:
        raise _ProviderFailed(fault_of(failure, provider)) from failure


async def _account_for_failure(
    call: Call, entry_id: Any, heard: Heard, started: float, *, code: str, may_be_billed: bool
) -> None:
    """Book what there was of an answer, or give the reservation back; the cancellation that came may come again."""
    duration_ms = _ms_since(started)
    if not may_be_billed:
        await settled(persisted(ledger.release, entry_id, error_code=code, duration_ms=duration_ms))
        return
    # Of a stream we know what came; of a whole answer that did not come, only what it can have cost at most.
    usage = _counted(call, heard) if heard.usage or wire.is_streamed(call.candidate.provider, call.on_text) else None
    outcome = _outcome(call, usage, duration_ms, estimated=heard.usage is None, error_code=code)
    await settled(ledger.book(entry_id, outcome, in_job=call.is_in_job))


def _counted(call: Call, heard: Heard) -> Usage:
    """As the provider says, else as counted here."""
    return heard.usage or Usage(input_tokens=call.counted_tokens, output_tokens=count_text(heard.generated()))


def _ms_since(started: float) -> int:
    return round((time.monotonic() - started) * 1000)
