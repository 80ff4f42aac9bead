"""The ledger: an entry is reserved before a request is sent, and booked or released after it.

Whoever dies in between leaves a reserved entry, which ``find_orphans`` finds. An entry is locked before its balances,
those in the order of ``Scope``, the job last; reserving locks no entry, so the two orders cannot meet.
"""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from dataclasses import dataclass, field, fields
from datetime import timedelta
from decimal import Decimal
from typing import Any

from django.db import IntegrityError, connection, transaction
from django.db.models import F, Q, QuerySet
from django.db.models.functions import Now
from psycopg.types.json import Jsonb

from jobs_app import events, feeds
from jobs_app.choices import EventType, JobStatus
from jobs_app.errors import JobEnded, LeaseLost
from jobs_app.events import Lease
from jobs_app.models import Job
from jobs_app.payloads import LlmCalled
from llm_app import caps
from llm_app.caps import Balance
from llm_app.choices import CacheUse, EntryStatus, Scope
from llm_app.exchange import Usage
from llm_app.models import LedgerBalance, LedgerEntry, Price, Provider

# After a call's own time-out: for the booking, and for clocks.
_GRACE = timedelta(seconds=60)

# The columns of an intent.
_INTENT = {
    "id": "%(id)s", "customer_id": "%(customer)s", "job_id": "job.id", "root_job_id": "coalesce(job.root_id, job.id)",
    "lease_number": "%(lease)s", "attempt": "job.attempt", "workflow": "coalesce(job.workflow, '')",
    "step_key": "%(step_key)s", "provider": "%(provider)s", "model": "%(model)s", "price_id": "%(price)s",
    "status": "'reserved'", "estimated": "false", "reserved_usd": "%(worst_usd)s", "cost_usd": "0",
    "input_tokens": "%(input)s", "output_tokens": "%(output)s", "total_tokens": "%(input)s + %(output)s",
    "cached_input_tokens": "0", "cache_write_tokens": "0", "reasoning_tokens": "0", "streamed": "%(streamed)s",
    "cache": "%(cache)s", "prompt_hash": "%(prompt_hash)s", "idempotency_key": "%(idempotency_key)s",
    "error_code": "''", "metadata": "%(metadata)s", "period": "held.period",
    "deadline_at": "statement_timestamp() + %(deadline)s",
}
# The job is locked after the balances, and must still be the lease's.
_RESERVE = f"""
    WITH held AS MATERIALIZED (
        SELECT llm_app_hold(
            %(customer)s, (SELECT coalesce(root_id, id) FROM jobs_app_job WHERE id = %(job)s), %(worst_usd)s,
            %(call_limit)s, %(limits)s::numeric[], %(ids)s::uuid[]) AS period
    ), job AS MATERIALIZED (
        SELECT job.id, job.root_id, job.attempt, job.workflow FROM held CROSS JOIN jobs_app_job AS job
         WHERE job.id = %(job)s AND job.lease_number = %(lease)s AND job.worker_id IS NOT NULL
           FOR NO KEY UPDATE OF job
    )
    INSERT INTO llm_app_ledgerentry ({", ".join(_INTENT)})
    SELECT {", ".join(_INTENT.values())}
      FROM held LEFT JOIN job ON true
     WHERE %(job)s::uuid IS NULL OR job.id IS NOT NULL"""  # noqa: S608 - only fixed fragments are put together
# A reservation, or an estimate that gives way to what the provider itself says.
_BOOK = """
    WITH booked AS (
        UPDATE llm_app_ledgerentry AS entry
           SET status = 'booked', estimated = %(estimated)s, cost_usd = coalesce(%(cost)s, old.reserved_usd),
               input_tokens = coalesce(%(input)s, old.input_tokens),
               output_tokens = coalesce(%(output)s, old.output_tokens),
               total_tokens = coalesce(%(input)s, old.input_tokens) + coalesce(%(output)s, old.output_tokens),
               cached_input_tokens = %(cached)s, cache_write_tokens = %(written)s, reasoning_tokens = %(reasoning)s,
               duration_ms = %(duration_ms)s, error_code = %(error_code)s, metadata = old.metadata || %(metadata)s,
               settled_at = statement_timestamp()
          FROM (SELECT * FROM llm_app_ledgerentry
                 WHERE id = %(id)s AND (status = 'reserved' OR (estimated AND NOT %(estimated)s))
                   FOR NO KEY UPDATE) AS old
         WHERE entry.id = old.id
     RETURNING entry.*, old.status = 'reserved' AS is_first, entry.cost_usd - old.cost_usd AS added_usd
    )
    SELECT booked.customer_id, booked.job_id, booked.is_first, booked.step_key, booked.provider, booked.model,
           booked.input_tokens, booked.output_tokens, booked.cost_usd, balance.*
      FROM booked
      LEFT JOIN LATERAL llm_app_settle(
           booked.customer_id, booked.root_job_id, booked.period,
           CASE WHEN booked.is_first THEN booked.reserved_usd ELSE 0 END, booked.added_usd) AS balance ON true"""
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


def reserve(wanted: Reservation, entry_id: uuid.UUID) -> None:
    """Write the intent and reserve its worst cost, in one transaction. Raises ``CapReached`` and ``LeaseLost``.

    Safe to call again with the same id, when the answer to the commit was lost.
    """
    payer = wanted.payer
    try:
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(_RESERVE, _intent(wanted, entry_id) | caps.limits_of_hold())
            if not cursor.rowcount:
                raise LeaseLost()
    except IntegrityError as error:
        refusal = caps.refusal_of(error, wanted.worst_usd, customer_id=payer.customer_id, job_id=payer.job_id)
        if refusal is not None:
            raise refusal from error
        if not LedgerEntry.objects.filter(id=entry_id).exists():
            raise


def _intent(wanted: Reservation, entry_id: uuid.UUID) -> dict[str, Any]:
    payer, provider = wanted.payer, wanted.provider
    return {
        "id": entry_id,
        "customer": payer.customer_id,
        "job": payer.job_id,
        "lease": payer.lease.number if payer.lease else None,
        "step_key": payer.step_key,
        "provider": provider.name,
        "model": provider.litellm_model,
        "price": wanted.price.pk,
        "worst_usd": wanted.worst_usd,
        "input": wanted.worst_usage.input_tokens,
        "output": wanted.worst_usage.output_tokens,
        "streamed": wanted.streamed,
        "cache": wanted.cache.value,
        "prompt_hash": wanted.prompt_hash,
        "idempotency_key": payer.idempotency_key[:400],
        "metadata": Jsonb(wanted.metadata),
        "deadline": timedelta(seconds=provider.timeout_seconds) + _GRACE,
    }


def book(entry_id: uuid.UUID, outcome: Outcome) -> Decimal:
    """Turn a reservation into what the call cost; tell the job's log. Returns the cost. Safe to call twice.

    What the provider itself says replaces an estimate that was booked in the meantime.
    """
    with transaction.atomic(), feeds.gathered():
        booked, balances = _write_booked(entry_id, outcome)
        if booked is None:
            return Decimal(LedgerEntry.objects.values_list("cost_usd", flat=True).get(id=entry_id))
        if booked.is_first and booked.job_id is not None:
            _tell_job(booked.job_id, booked, outcome)
        caps.warn(balances, booked.customer_id)
    return booked.cost_usd


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


def _write_booked(entry_id: uuid.UUID, outcome: Outcome) -> tuple[_Booked | None, list[Balance]]:
    """With the balances as they are now. None when there is nothing to change: it was booked or released before."""
    usage = outcome.usage or Usage()
    values: dict[str, Any] = {
        "id": entry_id,
        "estimated": outcome.estimated,
        "cost": outcome.cost_usd,
        "input": usage.input_tokens if outcome.usage else None,
        "output": usage.output_tokens if outcome.usage else None,
        "cached": usage.cached_input_tokens,
        "written": usage.cache_write_tokens,
        "reasoning": usage.reasoning_tokens,
        "duration_ms": outcome.duration_ms,
        "error_code": outcome.error_code,
        "metadata": Jsonb(outcome.metadata),
    }
    with connection.cursor() as cursor:
        cursor.execute(_BOOK, values)
        rows = cursor.fetchall()
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
        book(entry_id, Outcome(None, None, 0, estimated=True, error_code="process_died"))
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
