"""Customers: the tenants."""

from __future__ import annotations

import re

from django.db import IntegrityError, transaction

from accounts_app.access import Actor, record_audit
from accounts_app.errors import BadInput, Conflict, NotFound
from accounts_app.models import Customer

_SLUG = re.compile(r"[a-z0-9]+(-[a-z0-9]+)*")


def check_slug(slug: str) -> None:
    """``BadInput`` unless it is 1 to 50 small letters, digits and single hyphens."""
    if len(slug) > 50 or not _SLUG.fullmatch(slug):
        raise BadInput(
            f"{slug!r} cannot be a slug: use at most 50 small letters, digits and hyphens, as in “acme-ltd”."
        )


def create_customer(*, slug: str, name: str, actor: Actor | None = None) -> Customer:
    """A new customer; ``Conflict`` when the slug is taken."""
    check_slug(slug)
    name = name.strip()
    if not name or len(name) > 200 or "\x00" in name:
        raise BadInput("A customer needs a name of at most 200 characters.")
    try:
        with transaction.atomic():
            customer = Customer.objects.create(slug=slug, name=name)
            record_audit(actor, "customer.created", customer, slug=slug, name=name)
    except IntegrityError:
        raise Conflict(f"There is a customer {slug!r} already.") from None
    return customer


def get_customer(slug: str) -> Customer:
    """By slug, for those who run the installation; doors of users go through ``Actor.customer_id``."""
    customer = Customer.objects.filter(slug=slug).first()
    if customer is None:
        raise NotFound(f"There is no customer {slug!r}.")
    return customer
