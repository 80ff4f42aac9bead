"""Looking again, during a stream, at what somebody came in with."""

from __future__ import annotations

import uuid
from collections import defaultdict
from collections.abc import Collection
from dataclasses import dataclass

from django.contrib.sessions.models import Session
from django.utils import timezone
from django.utils.crypto import constant_time_compare

from accounts_app.access import Actor, Credential
from accounts_app.api_keys import live_keys
from accounts_app.choices import Role, UserStatus
from accounts_app.models import Membership, User
from accounts_app.tokens import password_stamp


def live_actors(credentials: Collection[Credential]) -> dict[Credential, Actor]:
    """The actors, with the roles of this moment, of those credentials that still let somebody in.

    At most four queries, however many are asked about.
    """
    known = _Known.of(credentials)
    found = {credential: known.actor(credential) for credential in credentials}
    return {credential: actor for credential, actor in found.items() if actor is not None}


@dataclass(frozen=True, slots=True)
class _Known:
    """What the database says about a set of credentials."""

    users: dict[uuid.UUID, User]
    roles: dict[uuid.UUID, dict[uuid.UUID, Role]]
    api_keys: set[uuid.UUID]
    sessions: set[str]

    @classmethod
    def of(cls, credentials: Collection[Credential]) -> _Known:
        users = {credential.user_id for credential in credentials}
        key_ids = {credential.api_key_id for credential in credentials if credential.api_key_id}
        session_keys = {credential.session_key for credential in credentials if credential.session_key}
        sessions = Session.objects.filter(session_key__in=session_keys, expire_date__gt=timezone.now())
        return cls(
            users=User.objects.filter(status=UserStatus.ACTIVE).in_bulk(list(users)),
            roles=_roles_of(users),
            api_keys=set(live_keys().filter(pk__in=key_ids).values_list("pk", flat=True)),
            sessions=set(sessions.values_list("session_key", flat=True)),
        )

    def actor(self, credential: Credential) -> Actor | None:
        user = self.users.get(credential.user_id)
        if user is None or not self._is_good(credential, user):
            return None
        roles = self.roles[user.pk]
        if credential.only is not None:
            roles = {id: role for id, role in roles.items() if id == credential.only}
            if not roles:
                return None
        return Actor(user=user, roles=roles, current=next(iter(roles), None), credential=credential)

    def _is_good(self, credential: Credential, user: User) -> bool:
        if credential.expires_at is not None and credential.expires_at <= timezone.now():
            return False
        if credential.stamp and not constant_time_compare(credential.stamp, password_stamp(user)):
            return False
        if credential.api_key_id and credential.api_key_id not in self.api_keys:
            return False
        return not credential.session_key or credential.session_key in self.sessions


def _roles_of(users: Collection[uuid.UUID]) -> dict[uuid.UUID, dict[uuid.UUID, Role]]:
    roles: dict[uuid.UUID, dict[uuid.UUID, Role]] = defaultdict(dict)
    memberships = Membership.objects.filter(user_id__in=users, customer__archived_at=None).order_by("created_at")
    for user_id, customer_id, role in memberships.values_list("user_id", "customer_id", "role"):
        roles[user_id][customer_id] = Role(role)
    return roles
