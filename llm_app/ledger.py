"""The ledger: an entry is reserved before a request is sent, and booked or released after it.

Whoever dies in between leaves a reserved entry, which ``find_orphans`` finds. An entry is locked before its balances,
those in the order of ``Scope``, the job last; reserving locks no entry, so the two orders cannot meet.
"""

from __future__ import annotations

import json
import uuid
from collections.abc import Iterator
from dataclasses import asdict, dataclass, field, fields
from decimal import Decimal
from typing import Any

from django.db import IntegrityError, connection, transaction
from django.db.models import F, Q, QuerySet
from django.db.models.functions import Now

from jobs_app import events, loop_db
from jobs_app.choices import EventType, JobStatus
from jobs_app.db import persisted, run_sync
from jobs_app.errors import JobEnded, LeaseLost
from jobs_app.events import Lease
from jobs_app.models import Job
from jobs_app.payloads import LlmCalled
from llm_app import caps
from llm_app.caps import Balance
from llm_app.choices import CacheUse, EntryStatus, Scope
from llm_app.exchange import Usage
from llm_app.models import LedgerBalance, LedgerEntry, Price, Provider
from llm_app.providers import ProvidersChanged, Seen

# After a call's own time-out: for the booking, and for clocks.
_GRACE_SECONDS = 60
# What `llm_app_reserve` reports as violated when the lease is another's.
_LEASE_CHECK = "lease_is_held"

_RESERVE = """
    SELECT llm_app_reserve(
        %(seen)s::jsonb, %(entry)s::jsonb, %(call_limit)s::numeric, %(limits)s::numeric[], %(ids)s::uuid[])"""
_BOOK = "SELECT * FROM llm_app_book(%s, %s::jsonb)"
_RELEASE = """
    WITH released AS (
        UPDATE llm_app_ledgerentry
           SET status = 'released', error_code = %(error_code)s, duration_ms = %(duration_ms)s,
               settled_at = statement_timestamp(), input_tokens = 0, output_tokens = 0, total_tokens = 0
         WHERE id = %(id)s AND status = 'reserved'
     RETURNING *
    )
    SELECT llm_app_settle(customer_id, root_job_id, period, reserved_usd, 0) FROM released"""


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
    seen: Seen | None = None
    cache: CacheUse = CacheUse.NONE
    metadata: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Outcome:
    """How a request ended. Without a usage nobody knows what it cost: the most it can have been is booked."""

    usage: Usage | None
    cost_usd: Decimal | None
    duration_ms: int
    estimated: bool = False
    error_code: str = ""
    metadata: dict[str, Any] = field(default_factory=dict)


async def reserve(wanted: Reservation, entry_id: uuid.UUID) -> None:
    """Write the intent and reserve its worst cost, in one statement that is a transaction of its own.

    Raises ``CapReached``, ``LeaseLost``, and ``ProvidersChanged`` where other providers or prices count by now than
    were seen. Safe to call again with the same id, when the answer to the commit was lost.
    """
    try:
        ((is_reserved,),) = await loop_db.execute(_RESERVE, _intent(wanted, entry_id) | caps.limits_of_hold())
    except IntegrityError as error:
        await run_sync(_refuse, wanted, entry_id, error)
        return
    if not is_reserved and not await run_sync(_exists, entry_id):
        raise ProvidersChanged()


def _refuse(wanted: Reservation, entry_id: uuid.UUID, error: IntegrityError) -> None:
    """Raise what the database refused a reservation for; nothing where an earlier try has made it."""
    payer = wanted.payer
    if caps.violated_check(error) == _LEASE_CHECK:
        raise LeaseLost() from error
    refusal = caps.refusal_of(error, wanted.worst_usd, customer_id=payer.customer_id, job_id=payer.job_id)
    if refusal is not None:
        raise refusal from error
    if not _exists(entry_id):
        raise error


def _exists(entry_id: uuid.UUID) -> bool:
    return LedgerEntry.objects.filter(id=entry_id).exists()


def _intent(wanted: Reservation, entry_id: uuid.UUID) -> dict[str, Any]:
    """The entry by its columns, with the seconds until it has certainly ended."""
    payer, provider, worst = wanted.payer, wanted.provider, wanted.worst_usage
    entry = {
        "id": str(entry_id),
        "customer_id": _text(payer.customer_id),
        "job_id": _text(payer.job_id),
        "lease_number": payer.lease.number if payer.lease else None,
        "workflow": "",
        "step_key": payer.step_key,
        "provider": provider.name,
        "model": provider.litellm_model,
        "price_id": _text(wanted.price.pk),
        "reserved_usd": str(wanted.worst_usd),
        "input_tokens": worst.input_tokens,
        "output_tokens": worst.output_tokens,
        "streamed": wanted.streamed,
        "cache": wanted.cache.value,
        "prompt_hash": wanted.prompt_hash,
        "idempotency_key": payer.idempotency_key[:400],
        "metadata": wanted.metadata,
        "seconds": provider.timeout_seconds + _GRACE_SECONDS,
    }
    return {"entry": json.dumps(entry), "seen": json.dumps(asdict(wanted.seen)) if wanted.seen else None}


def _text(value: uuid.UUID | None) -> str | None:
    return str(value) if value is not None else None


async def book(entry_id: uuid.UUID, outcome: Outcome, *, in_job: bool) -> Decimal:
    """Turn a reservation into what the call cost; tell the log of its job. Returns the cost. Safe to call twice.

    What the provider itself says replaces an estimate that was booked in the meantime.
    """
    if in_job:
        return await persisted(_book_and_tell, entry_id, outcome)
    booked, balances = _booked(await loop_db.execute(_BOOK, _said(entry_id, outcome)))
    if booked is None:
        return await persisted(_cost_of, entry_id)
    if caps.is_any_due(balances):
        await run_sync(caps.warn, balances, booked.customer_id)
    return booked.cost_usd


def _book_and_tell(entry_id: uuid.UUID, outcome: Outcome) -> Decimal:
    """The booking, with the event that tells its job, in one transaction."""
    with transaction.atomic():
        with connection.cursor() as cursor:
            cursor.execute(_BOOK, _said(entry_id, outcome))
            booked, balances = _booked(cursor.fetchall())
        if booked is not None and booked.is_first and booked.job_id is not None:
            _tell_job(booked.job_id, booked, outcome)
    if booked is None:
        return _cost_of(entry_id)
    caps.warn(balances, booked.customer_id)
    return booked.cost_usd


def _cost_of(entry_id: uuid.UUID) -> Decimal:
    return Decimal(LedgerEntry.objects.values_list("cost_usd", flat=True).get(id=entry_id))


@dataclass(frozen=True, slots=True)
class _Booked:
    """An entry as it was booked; ``is_first`` when it was not booked before, as an estimate."""

    customer_id: uuid.UUID | None
    job_id: uuid.UUID | None
    is_first: bool
    step_key: str
    provider: str
    model: str
    input_tokens: int
    output_tokens: int
    cost_usd: Decimal


def _said(entry_id: uuid.UUID, outcome: Outcome) -> list[Any]:
    """What ``llm_app_book`` is told."""
    usage = outcome.usage or Usage()
    said = {
        "estimated": outcome.estimated,
        "cost_usd": str(outcome.cost_usd) if outcome.cost_usd is not None else None,
        "input_tokens": usage.input_tokens if outcome.usage else None,
        "output_tokens": usage.output_tokens if outcome.usage else None,
        "cached_input_tokens": usage.cached_input_tokens,
        "cache_write_tokens": usage.cache_write_tokens,
        "reasoning_tokens": usage.reasoning_tokens,
        "duration_ms": outcome.duration_ms,
        "error_code": outcome.error_code,
        "metadata": outcome.metadata,
    }
    return [entry_id, json.dumps(said)]


def _booked(rows: list[tuple[Any, ...]]) -> tuple[_Booked | None, list[Balance]]:
    """With the balances as they are now. None when there is nothing to change: it was booked or released before."""
    width = len(fields(_Booked))
    balances = [Balance(*row[width:]) for row in rows if row[width] is not None]
    return (_Booked(*rows[0][:width]) if rows else None), balances


def _tell_job(job_id: uuid.UUID, booked: _Booked, outcome: Outcome) -> None:
    """Into the job's log and summary; a job that has ended meanwhile keeps the log it ended with."""
    usage = outcome.usage or Usage()
    payload = LlmCalled(
        key=booked.step_key,
        provider=booked.provider,
        model=booked.model,
        input_tokens=booked.input_tokens,
        output_tokens=booked.output_tokens,
        cached_input_tokens=usage.cached_input_tokens,
        reasoning_tokens=usage.reasoning_tokens,
        cost_usd=f"{booked.cost_usd:.6f}",
        estimated=outcome.estimated,
    )
    changes: dict[str, Any] = {"provider": booked.provider, "model": booked.model, "cost_usd": booked.cost_usd}
    changes |= {"input_tokens": booked.input_tokens, "output_tokens": booked.output_tokens}
    try:
        # Without the lease: whoever runs the job by now, the money was spent for it.
        events.append(job_id, EventType.LLM_CALLED, payload, duration_ms=outcome.duration_ms, **changes)
    except (JobEnded, LeaseLost):
        return


def release(entry_id: uuid.UUID, *, error_code: str, duration_ms: int) -> None:
    """Give back the reservation of a request that cost nothing: the provider refused it, or never got it."""
    with connection.cursor() as cursor:
        cursor.execute(_RELEASE, {"id": entry_id, "error_code": error_code, "duration_ms": duration_ms})


def _job_of(payer: Payer) -> Job | None:
    if payer.job_id is None:
        return None
    return Job.objects.only("id", "root_id", "workflow", "attempt", "status").get(id=payer.job_id)


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
        outcome = Outcome(None, None, 0, estimated=True, error_code="process_died")
        _book_and_tell(entry_id, outcome)
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
