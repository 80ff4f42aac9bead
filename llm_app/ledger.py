"""The ledger: an entry is reserved before a request is sent, and booked or released after it.

Whoever dies in between leaves a reserved entry, which ``find_orphans`` finds. An entry is locked before its balances,
those in the order of ``Scope``, the job last; reserving locks no entry, so the two orders cannot meet.
"""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import timedelta
from decimal import Decimal
from typing import Any

from django.db import connection, transaction
from django.db.models import F, Q, QuerySet
from django.db.models.functions import Now

from jobs_app import events, feeds, steps
from jobs_app.choices import EventType, JobStatus
from jobs_app.errors import JobEnded, LeaseLost
from jobs_app.events import Lease
from jobs_app.models import Job
from jobs_app.payloads import LlmCalled
from llm_app import caps
from llm_app.choices import CacheUse, EntryStatus, Scope
from llm_app.exchange import Usage
from llm_app.models import LedgerBalance, LedgerEntry, Price, Provider
from llm_app.prices import cost_of

# After a call's own time-out: for the booking, and for clocks.
_GRACE = timedelta(seconds=60)


@dataclass(frozen=True, slots=True)
class Payer:
    """For whom a call is made: a customer, and the job and step if there is one."""

    customer_id: uuid.UUID | None = None
    lease: Lease | None = None
    step_key: str = ""
    idempotency_key: str = ""

    @property
    def job_id(self) -> uuid.UUID | None:
        return self.lease.job_id if self.lease else None


@dataclass(frozen=True, slots=True)
class Reservation:
    """A request about to be sent: to whom, for whom, and the most it may cost."""

    payer: Payer
    provider: Provider
    price: Price
    worst_usage: Usage
    worst_usd: Decimal
    streamed: bool
    prompt_hash: str
    cache: CacheUse = CacheUse.NONE
    metadata: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Outcome:
    """How a request ended."""

    usage: Usage | None  # None: nobody knows; the most it can have been is booked
    duration_ms: int
    estimated: bool = False
    error_code: str = ""
    metadata: dict[str, Any] = field(default_factory=dict)


def reserve(wanted: Reservation, entry_id: uuid.UUID) -> uuid.UUID:
    """Write the intent and reserve its worst cost, in one transaction. Raises ``CapReached`` and ``LeaseLost``.

    Safe to call again with the same id, when the answer to the commit was lost.
    """
    payer, job = wanted.payer, _job_of(wanted.payer)
    root_id = (job.root_id or job.id) if job else None
    with transaction.atomic():
        if LedgerEntry.objects.filter(id=entry_id).exists():
            return entry_id
        owners = caps.owners_of(payer.customer_id, root_id)
        period = caps.hold(owners, wanted.worst_usd, caps.limits_for(payer.customer_id))
        LedgerEntry.objects.create(
            id=entry_id,
            customer_id=payer.customer_id,
            job=job,
            root_job_id=root_id,
            lease_number=payer.lease.number if payer.lease else None,
            attempt=job.attempt if job else None,
            workflow=job.workflow if job else "",
            step_key=payer.step_key,
            provider=wanted.provider.name,
            model=wanted.provider.litellm_model,
            price=wanted.price,
            reserved_usd=wanted.worst_usd,
            input_tokens=wanted.worst_usage.input_tokens,
            output_tokens=wanted.worst_usage.output_tokens,
            total_tokens=wanted.worst_usage.total_tokens,
            streamed=wanted.streamed,
            cache=wanted.cache,
            prompt_hash=wanted.prompt_hash,
            idempotency_key=payer.idempotency_key[:400],
            metadata=wanted.metadata,
            period=period,
            deadline_at=Now() + timedelta(seconds=wanted.provider.timeout_seconds) + _GRACE,
        )
        if payer.lease is not None:
            steps.check_lease(payer.lease)
    return entry_id


def _job_of(payer: Payer) -> Job | None:
    if payer.job_id is None:
        return None
    return Job.objects.only("id", "root_id", "workflow", "attempt", "status").get(id=payer.job_id)


def book(entry_id: uuid.UUID, outcome: Outcome) -> Decimal:
    """Turn a reservation into what the call cost; tell the job's log. Returns the cost. Safe to call twice.

    What the provider itself says replaces an estimate that was booked in the meantime.
    """
    with transaction.atomic(), feeds.gathered():
        entry = LedgerEntry.objects.select_for_update(of=("self",)).select_related("price").get(id=entry_id)
        first = entry.status == EntryStatus.RESERVED
        if not first and not (entry.estimated and not outcome.estimated):
            return Decimal(entry.cost_usd)
        usage, cost = _figures(entry, outcome)
        limits = caps.limits_for(entry.customer_id)
        reserved = entry.reserved_usd if first else Decimal(0)
        owners = caps.owners_of(entry.customer_id, entry.root_job_id)
        balances = caps.settle(owners, entry.period, reserved=reserved, spent=cost - entry.cost_usd)
        _write_booked(entry, outcome, usage, cost)
        if first and entry.job_id is not None:
            _tell_job(entry.job_id, entry, outcome, usage, cost)
        caps.warn(balances, entry.customer_id, limits)
    return cost


def _figures(entry: LedgerEntry, outcome: Outcome) -> tuple[Usage, Decimal]:
    """Tokens and cost. Without a usage, or where the price's row was removed, what was reserved."""
    if outcome.usage is None:
        return Usage(input_tokens=entry.input_tokens, output_tokens=entry.output_tokens), entry.reserved_usd
    return outcome.usage, cost_of(outcome.usage, entry.price) if entry.price else entry.reserved_usd


def _write_booked(entry: LedgerEntry, outcome: Outcome, usage: Usage, cost: Decimal) -> None:
    LedgerEntry.objects.filter(id=entry.id).update(
        status=EntryStatus.BOOKED,
        estimated=outcome.estimated,
        cost_usd=cost,
        input_tokens=usage.input_tokens,
        output_tokens=usage.output_tokens,
        total_tokens=usage.total_tokens,
        cached_input_tokens=usage.cached_input_tokens,
        cache_write_tokens=usage.cache_write_tokens,
        reasoning_tokens=usage.reasoning_tokens,
        duration_ms=outcome.duration_ms,
        error_code=outcome.error_code,
        metadata=entry.metadata | outcome.metadata,
        settled_at=Now(),
    )


def _tell_job(job_id: uuid.UUID, entry: LedgerEntry, outcome: Outcome, usage: Usage, cost: Decimal) -> None:
    """Into the job's log and summary; a job that has ended meanwhile keeps the log it ended with."""
    payload = LlmCalled(
        key=entry.step_key,
        provider=entry.provider,
        model=entry.model,
        input_tokens=usage.input_tokens,
        output_tokens=usage.output_tokens,
        cached_input_tokens=usage.cached_input_tokens,
        reasoning_tokens=usage.reasoning_tokens,
        cost_usd=f"{cost:.6f}",
        estimated=outcome.estimated,
    )
    changes: dict[str, Any] = {"provider": entry.provider, "model": entry.model, "cost_usd": cost}
    changes |= {"input_tokens": usage.input_tokens, "output_tokens": usage.output_tokens}
    try:
        # Without the lease: whoever runs the job by now, the money was spent for it.
        events.append(job_id, EventType.LLM_CALLED, payload, duration_ms=outcome.duration_ms, **changes)
    except (JobEnded, LeaseLost):
        return


def release(entry_id: uuid.UUID, *, error_code: str, duration_ms: int) -> None:
    """Give back the reservation of a request that cost nothing: the provider refused it, or never got it."""
    with transaction.atomic():
        entry = LedgerEntry.objects.select_for_update().filter(id=entry_id, status=EntryStatus.RESERVED).first()
        if entry is None:  # released before, or the reservation itself was refused
            return
        owners = caps.owners_of(entry.customer_id, entry.root_job_id)
        caps.settle(owners, entry.period, reserved=entry.reserved_usd, spent=Decimal(0))
        LedgerEntry.objects.filter(id=entry.id).update(
            status=EntryStatus.RELEASED,
            error_code=error_code,
            duration_ms=duration_ms,
            settled_at=Now(),
            input_tokens=0,
            output_tokens=0,
            total_tokens=0,
        )


def note_hit(payer: Payer, *, provider: str, model: str, prompt_hash: str) -> None:
    """An entry for an answer that was at hand: it cost nothing, and shows what keeping answers is worth."""
    job = _job_of(payer)
    with connection.cursor() as cursor:
        cursor.execute("SELECT to_char(clock_timestamp() AT TIME ZONE 'UTC', 'YYYY-MM')")
        (period,) = cursor.fetchone()
    LedgerEntry.objects.create(
        customer_id=payer.customer_id,
        job=job,
        root_job_id=(job.root_id or job.id) if job else None,
        attempt=job.attempt if job else None,
        workflow=job.workflow if job else "",
        step_key=payer.step_key,
        provider=provider,
        model=model,
        status=EntryStatus.BOOKED,
        reserved_usd=Decimal(0),
        cache=CacheUse.HIT,
        prompt_hash=prompt_hash,
        period=period,
        deadline_at=Now(),
        settled_at=Now(),
        duration_ms=0,
    )


def find_orphans() -> QuerySet[LedgerEntry]:
    """Reserved entries whose process died between sending and booking: their worker lost the job, or time is over."""
    held = Q(job__lease_number=F("lease_number"), job__status=JobStatus.PROCESSING, job__lease_expires_at__gt=Now())
    lost = Q(job__isnull=False) & ~held
    reserved = LedgerEntry.objects.filter(status=EntryStatus.RESERVED)
    return reserved.filter(lost | Q(deadline_at__lt=Now())).select_related("customer").order_by("created_at")


def settle_orphans() -> list[uuid.UUID]:
    """Book what orphans reserved, as an estimate: whether the provider billed them nobody here can know."""
    orphans = list(find_orphans().values_list("id", flat=True))
    for entry_id in orphans:
        book(entry_id, Outcome(None, 0, estimated=True, error_code="process_died"))
    return orphans


@dataclass(frozen=True, slots=True)
class Unbalanced:
    """A balance that is not the sum of its entries."""

    balance: LedgerBalance
    spent_usd: Decimal
    reserved_usd: Decimal


_SUMS = """
    SELECT balance.id, coalesce(sum(entry.cost_usd), 0),
           coalesce(sum(entry.reserved_usd) FILTER (WHERE entry.status = 'reserved'), 0)
      FROM llm_app_ledgerbalance AS balance
      LEFT JOIN llm_app_ledgerentry AS entry
        ON CASE balance.scope
           WHEN 'installation' THEN entry.period = balance.period
           WHEN 'customer' THEN entry.period = balance.period AND entry.customer_id = balance.owner_id
           ELSE entry.root_job_id = balance.owner_id END
     GROUP BY balance.id, balance.spent_usd, balance.reserved_usd
    HAVING balance.spent_usd <> coalesce(sum(entry.cost_usd), 0)
        OR balance.reserved_usd <> coalesce(sum(entry.reserved_usd) FILTER (WHERE entry.status = 'reserved'), 0)"""


def find_unbalanced() -> Iterator[Unbalanced]:
    """Balances that differ from their entries: somebody wrote by hand, or a bug. One query, one moment."""
    with connection.cursor() as cursor:
        cursor.execute(_SUMS)
        rows = {balance_id: (spent, reserved) for balance_id, spent, reserved in cursor.fetchall()}
    for balance in LedgerBalance.objects.filter(id__in=rows):
        yield Unbalanced(balance, *rows[balance.id])


def spent_of(scope: Scope, owner_id: uuid.UUID, period: str = "") -> tuple[Decimal, Decimal]:
    """What a balance has spent and reserved."""
    balance = LedgerBalance.objects.filter(scope=scope, owner_id=owner_id, period=period).first()
    return (balance.spent_usd, balance.reserved_usd) if balance else (Decimal(0), Decimal(0))
