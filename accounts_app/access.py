"""Who sees what: the one place. Every door turns its caller into an ``Actor`` and asks here.

Rows that a customer owns are reached through ``Model.objects.visible_to(actor)``.
"""

from __future__ import annotations

import uuid
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any, Self, TypeVar

from django.core.exceptions import ObjectDoesNotExist, ValidationError
from django.db import models

from accounts_app.choices import Role
from accounts_app.errors import BadInput, NotAllowed, NotFound
from accounts_app.models import AuditEntry, Customer, User
from accounts_app.redaction import redact_data

M = TypeVar("M", bound=models.Model)


@dataclass(frozen=True, slots=True)
class Credential:
    """What an actor came in with: enough to look again later whether it is still good (``live_actors``)."""

    user_id: uuid.UUID
    stamp: str = field(default="", repr=False)  # of the password, where a new one ends it
    only: uuid.UUID | None = None  # the one customer it is good for
    expires_at: datetime | None = None
    api_key_id: uuid.UUID | None = None
    session_key: str = field(default="", repr=False)


@dataclass(frozen=True, slots=True)
class Actor:
    """Who asks: a person or one of their keys, with the roles it holds for which customers.

    ``current`` is the customer it acts for when the request names none: the only one, the one chosen in
    the session, or the one its key belongs to.
    """

    user: User
    roles: dict[uuid.UUID, Role] = field(default_factory=dict)
    current: uuid.UUID | None = None
    door: str = "page"  # page, api, command, socket
    credential: Credential | None = field(default=None, compare=False, repr=False)

    @property
    def is_staff(self) -> bool:
        return self.user.is_staff

    @property
    def is_manager(self) -> bool:
        """Of the customer it acts for."""
        return self.current is not None and self.can(Role.MANAGER, self.current)

    def can(self, role: Role, customer_id: uuid.UUID) -> bool:
        held = self.roles.get(customer_id)
        return held is not None and held.includes(role)

    def customers_as(self, role: Role) -> list[uuid.UUID]:
        """Ids of the customers for whom the actor holds the role or a higher one."""
        return [customer_id for customer_id in self.roles if self.can(role, customer_id)]

    def check(self, role: Role, customer_id: uuid.UUID) -> None:
        """Raise ``NotAllowed`` unless the actor holds the role (or a higher one) for the customer."""
        if not self.can(role, customer_id):
            raise NotAllowed(f"This needs the role {role.label.lower()}. Ask a manager of your organisation.")

    def customer_id(self, slug: str | None = None) -> uuid.UUID:
        """The customer this request acts for: the named one, or the current one."""
        if slug:
            found = Customer.objects.filter(slug=slug, id__in=self.roles).values_list("id", flat=True).first()
            if found is None:
                raise NotFound(f"There is no customer {slug!r} that you are a member of.")
            return found
        if self.current is None:
            raise BadInput("You are a member of no customer. Ask an administrator to add you to one.")
        return self.current


def actor_for(
    user: User, *, current: uuid.UUID | None = None, only: uuid.UUID | None = None, door: str = "page"
) -> Actor:
    """The actor a user is. ``only`` narrows it to one customer (API keys); archived customers are left out."""
    memberships = user.memberships.filter(customer__archived_at=None).order_by("created_at")
    roles = {m.customer_id: Role(m.role) for m in memberships if only in (None, m.customer_id)}
    chosen = current if current in roles else next(iter(roles), None)
    return Actor(user=user, roles=roles, current=chosen, door=door)


def staff_actor(actor: Actor, *, customer_id: uuid.UUID) -> Actor:
    """The same person as a manager of any customer: what superusers are in the admin, and nowhere else."""
    if not actor.user.is_superuser:
        raise NotAllowed("Only administrators may act for every customer.")
    return replace(actor, roles={customer_id: Role.MANAGER}, current=customer_id)


class CustomerOwnedQuerySet(models.QuerySet[M]):
    """For models with a ``customer``: the only way doors reach their rows."""

    def visible_to(self, actor: Actor) -> Self:
        """Rows of the customers the actor is a member of, in any role."""
        return self.filter(customer_id__in=list(actor.roles))

    def get_for(self, actor: Actor, **by: Any) -> M:
        """One visible row, or ``NotFound`` with the model's name; tells nobody that a hidden row exists."""
        try:
            return self.visible_to(actor).get(**by)
        except (ObjectDoesNotExist, ValidationError, ValueError):
            raise NotFound(f"There is no such {self.model._meta.verbose_name}, or you may not see it.") from None


def record_audit(actor: Actor | None, action: str, subject: models.Model, **data: Any) -> AuditEntry:
    """Write down what a person did, in the transaction of the change."""
    customer_id = getattr(subject, "customer_id", None)
    return AuditEntry.objects.create(
        customer_id=customer_id or (subject.pk if isinstance(subject, Customer) else None),
        actor_id=actor.user.pk if actor else None,
        actor_name=str(actor.user)[:200] if actor else "",
        action=action,
        subject_type=subject._meta.model_name or "",
        subject_id=str(subject.pk),
        data=redact_data(data),
    )
