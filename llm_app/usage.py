"""What was used: tokens, cost and jobs of a customer or the installation in a period, read from the ledger."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, time
from decimal import Decimal
from typing import Any

from django.db.models import Count, Q, QuerySet, Sum
from django.utils import timezone

from accounts_app.access import Actor
from accounts_app.choices import Role
from accounts_app.customers import get_customer
from accounts_app.errors import BadInput
from accounts_app.models import Customer
from jobs_app.models import Job
from jobs_app.workflows import workflow_title
from llm_app.caps import limits_for
from llm_app.choices import CacheUse, EntryStatus, Scope
from llm_app.ledger import spent_of
from llm_app.models import NOBODY, LedgerEntry

_MOST_DAYS = 366


@dataclass(frozen=True, slots=True)
class Figures:
    """Sums over booked calls. ``jobs`` are those begun in the period, of a provider those that asked it."""

    calls: int = 0
    jobs: int = 0
    input_tokens: int = 0
    output_tokens: int = 0
    total_tokens: int = 0
    cached_input_tokens: int = 0
    reasoning_tokens: int = 0
    cost_usd: Decimal = Decimal(0)
    estimated_calls: int = 0
    cache_asked: int = 0
    cache_hits: int = 0

    @property
    def cache_hit_rate(self) -> float | None:
        """0 to 1; None where nobody asked for a kept answer."""
        return self.cache_hits / self.cache_asked if self.cache_asked else None


@dataclass(frozen=True, slots=True)
class Part:
    """The share of one provider, or of one workflow (empty: outside jobs)."""

    name: str
    title: str
    figures: Figures


@dataclass(frozen=True, slots=True)
class Month:
    """How far this month's limit is used; ``limit_usd`` None is no limit."""

    spent_usd: Decimal
    reserved_usd: Decimal
    limit_usd: Decimal | None

    @property
    def percent(self) -> int:
        return min(100, round(100 * self.spent_usd / self.limit_usd)) if self.limit_usd else 0


@dataclass(frozen=True, slots=True)
class Usage:
    """A period's usage; without a customer the whole installation's."""

    customer: Customer | None
    first: date
    last: date
    total: Figures
    by_provider: list[Part]
    by_workflow: list[Part]
    month: Month


def usage_for(
    actor: Actor, *, customer: str | None = None, first: date | None = None, last: date | None = None
) -> Usage:
    """For managers of the customer, and for staff: the named one, or whom they act for, or (staff of none) all.

    Both days belong to the period, in UTC; by default from the first of this month to today. Raises ``NotAllowed``,
    ``NotFound`` and ``BadInput``.
    """
    owner = _owner(actor, customer)
    today = timezone.now().astimezone(UTC).date()
    last = last or max(today, first or today)
    first = first or last.replace(day=1)
    if first > last or (last - first).days > _MOST_DAYS:
        raise BadInput("The period must end on or after the day it begins, and be a year at most.")
    period = datetime.combine(first, time.min, UTC), datetime.combine(last, time.max, UTC)
    entries, jobs = _booked(owner, period), _begun(owner, period)
    by_workflow = {name: Figures() for name in jobs} | dict(_figures(entries, "workflow"))
    parts = [Part(name, _title(name), replace(one, jobs=jobs.get(name, 0))) for name, one in by_workflow.items()]
    return Usage(
        customer=owner,
        first=first,
        last=last,
        total=replace(next(iter(_figures(entries)))[1], jobs=sum(jobs.values())),
        by_provider=[Part(name, name, figures) for name, figures in _figures(entries, "provider")],
        by_workflow=sorted(parts, key=lambda part: (-part.figures.cost_usd, part.name)),
        month=_month(owner, today),
    )


def _owner(actor: Actor, slug: str | None) -> Customer | None:
    if actor.is_staff:
        if slug:
            return get_customer(slug)
        return Customer.objects.get(pk=actor.current) if actor.current else None
    customer_id = actor.customer_id(slug)
    actor.check(Role.MANAGER, customer_id)
    return Customer.objects.get(pk=customer_id)


def _booked(owner: Customer | None, period: tuple[datetime, datetime]) -> QuerySet[LedgerEntry]:
    entries = LedgerEntry.objects.filter(status=EntryStatus.BOOKED, created_at__range=period)
    return (entries.filter(customer=owner) if owner else entries).order_by()


def _begun(owner: Customer | None, period: tuple[datetime, datetime]) -> dict[str, int]:
    """How many jobs of each workflow."""
    jobs = Job.objects.filter(created_at__range=period)
    counted = (jobs.filter(customer=owner) if owner else jobs).order_by().values("workflow").annotate(Count("id"))
    return {row["workflow"]: row["id__count"] for row in counted}


def _figures(entries: QuerySet[LedgerEntry], column: str = "") -> Iterable[tuple[str, Figures]]:
    """By the values of a column, dearest first; without one, everything as one row."""
    summed: dict[str, Any] = {
        "calls": Count("id", filter=~Q(cache=CacheUse.HIT)),
        "jobs": Count("job", distinct=True),
        **{name: Sum(name) for name in _TOKENS},
        "cost_usd": Sum("cost_usd"),
        "estimated_calls": Count("id", filter=Q(estimated=True)),
        "cache_asked": Count("id", filter=~Q(cache=CacheUse.NONE)),
        "cache_hits": Count("id", filter=Q(cache=CacheUse.HIT)),
    }
    if not column:
        return [("", _filled(entries.aggregate(**summed)))]
    rows = list(entries.values(column).annotate(**{f"sum_{name}": what for name, what in summed.items()}))
    found = [(row[column], _filled({name: row[f"sum_{name}"] for name in summed})) for row in rows]
    return sorted(found, key=lambda one: (-one[1].cost_usd, one[0]))


_TOKENS = ("input_tokens", "output_tokens", "total_tokens", "cached_input_tokens", "reasoning_tokens")


def _filled(row: dict[str, Any]) -> Figures:
    """Sums over nothing are None."""
    filled: dict[str, Any] = {name: value or 0 for name, value in row.items()}
    return Figures(**filled | {"cost_usd": Decimal(filled["cost_usd"])})


def _title(workflow: str) -> str:
    return workflow_title(workflow) if workflow else "Outside jobs"


def _month(owner: Customer | None, today: date) -> Month:
    limits = limits_for(owner.pk if owner else None)
    scope, owner_id = (Scope.CUSTOMER, owner.pk) if owner else (Scope.INSTALLATION, NOBODY)
    spent, reserved = spent_of(scope, owner_id, f"{today:%Y-%m}")
    return Month(spent, reserved, limits.of(scope))
