"""Caps: what may be spent per call, per job, and per month by a customer and by the installation.

The most a call can cost is reserved before it, in balances whose rows are locked in the order of ``Scope``. So what is
spent and reserved together never passes a cap, however many calls begin at the same moment.
"""

from __future__ import annotations

import logging
import uuid
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any

from django.conf import settings
from django.db import IntegrityError, transaction
from django.db.models.functions import Now

from accounts_app.choices import Role as MemberRole
from accounts_app.ids import uuid7
from accounts_app.models import Membership, User
from jobs_app import feeds
from jobs_app.choices import FeedType
from jobs_app.models import Job
from llm_app.choices import Scope
from llm_app.errors import CapReached
from llm_app.models import NOBODY, CustomerCap, LedgerBalance

# Of the check that `llm_app_hold` reports as violated.
_CHECK = "cap_of_"

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
class Balance:
    """What a balance has come to, as ``llm_app_settle`` returns it, with the customer's own limit if there is one."""

    id: uuid.UUID
    scope: str
    owner_id: uuid.UUID
    spent_usd: Decimal
    warned_at: datetime | None
    own_limit_usd: Decimal | None

    @property
    def limit_usd(self) -> Decimal | None:
        return self.own_limit_usd if self.own_limit_usd is not None else limits_for(None).of(Scope(self.scope))


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


def limits_of_hold() -> dict[str, Any]:
    """What ``llm_app_hold`` is told beside the amount: the general limits, and ids for balances that are new."""
    limits = limits_for(None)
    return {"call_limit": limits.call, "limits": [limits.of(scope) for scope in Scope], "ids": [uuid7() for _ in Scope]}


def violated_check(error: IntegrityError) -> str:
    """The name of what the database found violated; empty where it names nothing."""
    return getattr(getattr(error.__cause__, "diag", None), "constraint_name", None) or ""


_WORDS = {
    Scope.INSTALLATION: "This installation's limit for a month",
    Scope.CUSTOMER: "Your organisation's limit for a month",
    Scope.JOB: "The limit for this job, with the jobs it started,",
}


def refusal_of(
    error: IntegrityError, amount: Decimal, *, customer_id: uuid.UUID | None, job_id: uuid.UUID | None
) -> CapReached | None:
    """Which cap an error of ``llm_app_hold`` speaks of, in words; None when it speaks of something else."""
    name = violated_check(error)
    if not name.startswith(_CHECK):
        return None
    limits = limits_for(customer_id)
    if name == f"{_CHECK}call":
        return CapReached(
            f"This call could cost up to {_usd(amount)} USD, more than the {_usd(limits.call or Decimal(0))} USD that"
            f" one call may cost. Shorten the text or the answer, or have an administrator raise the limit.",
            scope="call",
            limit_usd=str(limits.call),
            needed_usd=str(amount),
        )
    scope = Scope(name.removeprefix(_CHECK))
    owners = {Scope.INSTALLATION: NOBODY, Scope.CUSTOMER: customer_id, Scope.JOB: job_id and _root_of(job_id)}
    return _refusal(scope, owners[scope] or NOBODY, amount, limits.of(scope) or Decimal(0))


def _root_of(job_id: uuid.UUID) -> uuid.UUID:
    return Job.objects.values_list("root_id", flat=True).get(id=job_id) or job_id


def _refusal(scope: Scope, owner_id: uuid.UUID, amount: Decimal, limit: Decimal) -> CapReached:
    balance = LedgerBalance.objects.filter(scope=scope, owner_id=owner_id).order_by("-period").first()
    spent, reserved = (balance.spent_usd, balance.reserved_usd) if balance else (Decimal(0), Decimal(0))
    logger.warning("cap of %s %s reached: %s + %s of %s USD", scope, owner_id, spent, reserved, limit)
    passes = bool(reserved) and spent + amount <= limit
    advice = "Try again when they are done, or have" if passes else "Have"
    return CapReached(
        f"{_WORDS[scope]} is {_usd(limit)} USD: {_usd(spent)} are spent, {_usd(reserved)} reserved for calls"
        f" under way, and this call could cost up to {_usd(amount)}. {advice} an administrator raise the limit.",
        scope=scope.value,
        limit_usd=str(limit),
        spent_usd=str(spent),
        reserved_usd=str(reserved),
        needed_usd=str(amount),
    )


def is_held_by_own_calls(refusal: CapReached) -> bool:
    """Whether it is the other calls of the same job, still under way, that leave no room for this one."""
    said = refusal.details
    if said.get("scope") != Scope.JOB.value or not Decimal(said["reserved_usd"]):
        return False
    return Decimal(said["spent_usd"]) + Decimal(said["needed_usd"]) <= Decimal(said["limit_usd"])


def warn(balances: list[Balance], customer_id: uuid.UUID | None) -> None:
    """Tell once, when so much of a limit is spent. Whoever dies before that leaves it to the next booking."""
    due = [balance for balance in balances if _is_due(balance)]
    if due:
        with transaction.atomic(), feeds.gathered():
            for balance in due:
                _warn(balance, customer_id)


def is_any_due(balances: list[Balance]) -> bool:
    """Whether ``warn`` would tell somebody. Asks no database."""
    return any(_is_due(balance) for balance in balances)


def _is_due(balance: Balance) -> bool:
    limit = balance.limit_usd
    if limit is None or balance.warned_at is not None:
        return False
    return balance.spent_usd * 100 >= limit * settings.COST_WARNING_PERCENT


def _warn(balance: Balance, customer_id: uuid.UUID | None) -> None:
    scope, limit = Scope(balance.scope), balance.limit_usd or Decimal(0)
    if not LedgerBalance.objects.filter(pk=balance.id, warned_at=None).update(warned_at=Now()):
        return  # somebody else was faster
    said = f"{_WORDS[scope]} is {_usd(limit)} USD; {_usd(balance.spent_usd)} are spent."
    logger.warning("cost warning for %s %s: %s", scope, balance.owner_id, said)
    people = _concerned(scope, balance.owner_id)
    if people:
        data = {"kind": "cost_warning", "scope": scope.value, "message": said}
        if scope == Scope.JOB:
            data["job_id"] = str(balance.owner_id)
        customer_id = None if scope == Scope.INSTALLATION else customer_id
        feeds.publish(people, FeedType.NOTIFICATION, data, customer_id=customer_id)


def _concerned(scope: Scope, owner_id: uuid.UUID) -> list[uuid.UUID]:
    """Who asked for the job, the customer's managers, or the administrators."""
    if scope == Scope.JOB:
        creator = Job.objects.filter(id=owner_id).values("created_by")
        return list(User.objects.filter(pk__in=creator).values_list("pk", flat=True))
    if scope == Scope.CUSTOMER:
        managers = Membership.objects.filter(customer_id=owner_id, role=MemberRole.MANAGER)
        return list(managers.values_list("user_id", flat=True))
    return list(User.objects.filter(is_superuser=True).values_list("pk", flat=True))


def forget_warnings(customer_id: uuid.UUID) -> None:
    """After a change of a customer's limit for a month: of the new one its managers are told anew."""
    LedgerBalance.objects.filter(scope=Scope.CUSTOMER, owner_id=customer_id).update(warned_at=None)


def _usd(amount: Decimal) -> str:
    """At least two decimals, and as many as it takes."""
    text = f"{amount:.6f}".rstrip("0")
    whole, _, decimals = text.partition(".")
    return f"{whole}.{decimals:0<2}"
