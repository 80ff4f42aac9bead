"""API keys: made once, shown once, looked up by hash."""

from __future__ import annotations

import hashlib
import secrets
import uuid
from datetime import timedelta
from typing import Any

from django.db import transaction
from django.db.models import Q, QuerySet
from django.utils import timezone

from accounts_app.access import Actor, Credential, record_audit
from accounts_app.choices import Role, UserStatus
from accounts_app.errors import BadInput, Conflict, NotAllowed, NotFound
from accounts_app.models import ApiKey, Customer, User

_PREFIX_ALPHABET = "abcdefghijkmnpqrstuvwxyz23456789"  # nothing that looks like something else
_USED_EVERY = timedelta(minutes=1)
# Asked by every request of a program, so nothing is put together anew.
_USER_OF_KEY = """
    SELECT who.*, key.id AS key_id, key.customer_id AS key_customer_id, key.expires_at AS key_expires_at,
           key.last_used_at AS key_last_used_at, membership.role AS key_role
      FROM accounts_app_apikey AS key
      JOIN accounts_app_user AS who ON who.id = key.user_id AND who.status = %s
      JOIN accounts_app_customer AS customer ON customer.id = key.customer_id AND customer.archived_at IS NULL
      JOIN accounts_app_membership AS membership
        ON membership.customer_id = key.customer_id AND membership.user_id = key.user_id
     WHERE key.digest = %s AND key.revoked_at IS NULL
       AND (key.expires_at IS NULL OR key.expires_at > clock_timestamp())"""


def create_api_key(*, user: User, customer: Customer, name: str, actor: Actor | None = None) -> tuple[ApiKey, str]:
    """A new key and its secret, which nobody can read again. ``NotAllowed`` unless the user is a member.

    A name is used once among a user's live keys for a customer (``Conflict``); nameless keys may be many.
    """
    name = name.strip()
    if len(name) > 100 or "\x00" in name:
        raise BadInput("The name of a key has at most 100 characters.")
    prefix = "".join(secrets.choice(_PREFIX_ALPHABET) for _ in range(8))
    secret = f"dna_{prefix}_{secrets.token_urlsafe(32)}"
    with transaction.atomic():
        User.objects.select_for_update(no_key=True).get(pk=user.pk)  # two requests with one name: the second waits
        check_new_key(user, customer, name)
        key = ApiKey.objects.create(user=user, customer=customer, name=name, prefix=prefix, digest=_digest(secret))
        record_audit(actor, "api_key.created", key, name=name, user=user.email)
    return key, secret


def actor_for_key(secret: str) -> Actor | None:
    """The user of a live key, limited to the key's customer; None for any other. One query."""
    found = list(User.objects.raw(_USER_OF_KEY, [UserStatus.ACTIVE.value, _digest(secret)]))
    if not found:
        return None
    user: Any = found[0]
    if user.key_last_used_at is None or user.key_last_used_at < timezone.now() - _USED_EVERY:
        _record_use(user.key_id)
    credential = Credential(
        user.pk, only=user.key_customer_id, expires_at=user.key_expires_at, api_key_id=user.key_id
    )
    roles = {user.key_customer_id: Role(user.key_role)}
    return Actor(user=user, roles=roles, current=user.key_customer_id, door="api", credential=credential)


def keys_of(actor: Actor) -> QuerySet[ApiKey]:
    """The actor's own live keys for the customers it acts for."""
    return live_keys().filter(user=actor.user, customer_id__in=list(actor.roles)).select_related("customer")


def revoke_api_key(key: ApiKey, *, actor: Actor | None = None) -> None:
    """The key opens nothing from now on. Safe to call twice: the first time stands."""
    with transaction.atomic():
        revoked = ApiKey.objects.filter(pk=key.pk, revoked_at=None).update(revoked_at=timezone.now())
        if revoked:
            record_audit(actor, "api_key.revoked", key, name=key.name)


def revoke_own_key(actor: Actor, key_id: uuid.UUID) -> None:
    """Revoke one of the actor's keys by id; ``NotFound`` for anybody else's and for one revoked before."""
    key = keys_of(actor).filter(pk=key_id).first()
    if key is None:
        raise NotFound("There is no such API key, or it is not yours.")
    revoke_api_key(key, actor=actor)


def _digest(secret: str) -> str:
    # The secret has 256 random bits: a slow hash would add nothing.
    return hashlib.sha256(secret.encode()).hexdigest()


def live_keys() -> QuerySet[ApiKey]:
    return ApiKey.objects.filter(Q(expires_at=None) | Q(expires_at__gt=timezone.now()), revoked_at=None)


def check_new_key(user: User, customer: Customer, name: str) -> None:
    """``NotAllowed`` for whom no key can be made, ``Conflict`` for a name in use."""
    if not user.is_active or customer.archived_at is not None:
        raise NotAllowed(f"{user.email} cannot sign in, or {customer.slug} is archived: no key can be made.")
    if not user.memberships.filter(customer=customer).exists():
        raise NotAllowed(f"{user.email} is not a member of {customer.slug}.")
    if name and live_keys().filter(user=user, customer=customer, name=name).exists():
        raise Conflict(f"There is a key named “{name}” already. Revoke it first, or choose another name.")


def _record_use(key_id: uuid.UUID) -> None:
    """At most once a minute, so that a busy key does not write its row with every request."""
    now = timezone.now()
    stale = Q(last_used_at=None) | Q(last_used_at__lt=now - _USED_EVERY)
    ApiKey.objects.filter(stale, pk=key_id).update(last_used_at=now)
