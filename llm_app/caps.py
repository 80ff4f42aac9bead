"""Caps: what may be spent per call, per job, and per month by a customer and by the installation.

The most a call can cost is reserved before it, in balances whose rows are locked in the order of ``Scope``. So what is
spent and reserved together never passes a cap, however many calls begin at the same moment.
"""

from __future__ import annotations

import logging
import uuid
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from django.conf import settings
from django.db import connection
from django.db.models import F
from django.db.models.functions import Now

from accounts_app.choices import Role as MemberRole
from accounts_app.ids import uuid7
from accounts_app.models import Membership, User
from jobs_app import feeds
from jobs_app.choices import FeedType
from llm_app.choices import Scope
from llm_app.errors import CapReached
from llm_app.models import NOBODY, CustomerCap, LedgerBalance

# The month of the database's clock, in UTC, as `LedgerEntry.period`.
_MONTH = "to_char(transaction_timestamp() AT TIME ZONE 'UTC', 'YYYY-MM')"
_HOLD = f"""
    INSERT INTO llm_app_ledgerbalance AS balance (id, scope, owner_id, period, spent_usd, reserved_usd)
    SELECT %(id)s, %(scope)s, %(owner)s, CASE WHEN %(monthly)s THEN {_MONTH} ELSE '' END, 0, %(amount)s
     WHERE %(limit)s::numeric IS NULL OR %(amount)s <= %(limit)s::numeric
        ON CONFLICT (scope, owner_id, period) DO UPDATE SET reserved_usd = balance.reserved_usd + excluded.reserved_usd
     WHERE %(limit)s::numeric IS NULL
        OR balance.spent_usd + balance.reserved_usd + excluded.reserved_usd <= %(limit)s::numeric
 RETURNING period"""

logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Limits:
    """USD; None is no limit."""

    call: Decimal | None
    job: Decimal | None
    customer_month: Decimal | None
    installation_month: Decimal | None

    def of(self, scope: Scope) -> Decimal | None:
        by_scope = {
            Scope.INSTALLATION: self.installation_month,
            Scope.CUSTOMER: self.customer_month,
            Scope.JOB: self.job,
        }
        return by_scope[scope]


@dataclass(frozen=True, slots=True)
class Owner:
    """A balance: whose."""

    scope: Scope
    id: uuid.UUID


def limits_for(customer_id: uuid.UUID | None) -> Limits:
    """The installation's limits, with the customer's own in their place."""
    own = CustomerCap.objects.filter(customer_id=customer_id).first() if customer_id else None
    return Limits(
        call=_limit(own.call_usd if own else None, settings.MAX_COST_PER_CALL_USD),
        job=_limit(own.job_usd if own else None, settings.MAX_COST_PER_TASK_USD),
        customer_month=_limit(own.month_usd if own else None, settings.MAX_COST_PER_CUSTOMER_MONTH_USD),
        installation_month=_limit(None, settings.MAX_COST_PER_MONTH_USD),
    )


def _limit(own: Decimal | None, general: Decimal) -> Decimal | None:
    """A customer's own may be zero, which allows nothing; a setting of zero is no limit."""
    return own if own is not None else general or None


def owners_of(customer_id: uuid.UUID | None, root_job_id: uuid.UUID | None) -> list[Owner]:
    """The balances a call counts towards, in the order in which they are locked."""
    owners = [Owner(Scope.INSTALLATION, NOBODY)]
    if customer_id:
        owners.append(Owner(Scope.CUSTOMER, customer_id))
    if root_job_id:
        owners.append(Owner(Scope.JOB, root_job_id))
    return owners


def hold(owners: list[Owner], amount: Decimal, limits: Limits) -> str:
    """Reserve in every balance, inside the caller's transaction, or raise ``CapReached``. Returns the month."""
    if limits.call is not None and amount > limits.call:
        raise CapReached(
            f"This call could cost up to {_usd(amount)} USD, more than the {_usd(limits.call)} USD that one call may"
            f" cost. Shorten the text or the answer, or have an administrator raise the limit."
        )
    months = [_hold_one(owner, amount, limits.of(owner.scope)) for owner in owners]
    return months[0]


def _hold_one(owner: Owner, amount: Decimal, limit: Decimal | None) -> str:
    values: dict[str, Any] = {
        "id": uuid7(),
        "scope": owner.scope.value,
        "owner": owner.id,
        "monthly": owner.scope != Scope.JOB,
        "amount": amount,
        "limit": limit,
    }
    with connection.cursor() as cursor:
        cursor.execute(_HOLD, values)
        row = cursor.fetchone()
    if row is None:
        raise _refusal(owner, amount, limit or Decimal(0))
    return str(row[0])


_WORDS = {
    Scope.INSTALLATION: "This installation's limit for a month",
    Scope.CUSTOMER: "Your organisation's limit for a month",
    Scope.JOB: "The limit for this job, with the jobs it started,",
}


def _refusal(owner: Owner, amount: Decimal, limit: Decimal) -> CapReached:
    balance = LedgerBalance.objects.filter(scope=owner.scope, owner_id=owner.id).order_by("-period").first()
    spent, reserved = (balance.spent_usd, balance.reserved_usd) if balance else (Decimal(0), Decimal(0))
    logger.warning("cap of %s %s reached: %s + %s of %s USD", owner.scope, owner.id, spent, reserved, limit)
    return CapReached(
        f"{_WORDS[owner.scope]} is {_usd(limit)} USD: {_usd(spent)} are spent, {_usd(reserved)} reserved for calls"
        f" under way, and this call could cost up to {_usd(amount)}. Try again when they are done, or have an"
        f" administrator raise the limit.",
        scope=owner.scope.value,
        limit_usd=str(limit),
        spent_usd=str(spent),
        reserved_usd=str(reserved),
        needed_usd=str(amount),
    )


def settle(owners: list[Owner], period: str, *, reserved: Decimal, spent: Decimal) -> list[LedgerBalance]:
    """Move an amount from reserved to spent (either may be a correction). Returns the balances as they are now."""
    return [_settle_one(owner, period, reserved, spent) for owner in owners]


def _settle_one(owner: Owner, period: str, reserved: Decimal, spent: Decimal) -> LedgerBalance:
    key = {"scope": owner.scope, "owner_id": owner.id, "period": "" if owner.scope == Scope.JOB else period}
    changed = {"spent_usd": F("spent_usd") + spent, "reserved_usd": F("reserved_usd") - reserved}
    LedgerBalance.objects.filter(**key).update(**changed)
    return LedgerBalance.objects.get(**key)


def warn(balances: list[LedgerBalance], customer_id: uuid.UUID | None, limits: Limits) -> None:
    """Tell once, when so much of a limit is spent; the last act of a transaction (feeds are locked last)."""
    for balance in balances:
        scope = Scope(balance.scope)
        limit = limits.of(scope)
        if limit is None or balance.warned_at is not None:
            continue
        if balance.spent_usd * 100 < limit * settings.COST_WARNING_PERCENT:
            continue
        LedgerBalance.objects.filter(pk=balance.pk).update(warned_at=Now())
        said = f"{_WORDS[scope]} is {_usd(limit)} USD; {_usd(balance.spent_usd)} are spent."
        logger.warning("cost warning for %s %s: %s", scope, balance.owner_id, said)
        if scope != Scope.JOB:
            _tell(scope, customer_id, said)


def _tell(scope: Scope, customer_id: uuid.UUID | None, said: str) -> None:
    """The customer's managers, or the administrators."""
    if customer_id is not None and scope == Scope.CUSTOMER:
        managers = Membership.objects.filter(customer_id=customer_id, role=MemberRole.MANAGER)
        people = list(managers.values_list("user_id", flat=True))
    else:
        people, customer_id = list(User.objects.filter(is_superuser=True).values_list("pk", flat=True)), None
    if people:
        data = {"kind": "cost_warning", "scope": scope.value, "message": said}
        feeds.publish(people, FeedType.NOTIFICATION, data, customer_id=customer_id)


def _usd(amount: Decimal) -> str:
    """At least two decimals, and as many as it takes."""
    text = f"{amount:.6f}".rstrip("0")
    whole, _, decimals = text.partition(".")
    return f"{whole}.{decimals:0<2}"
