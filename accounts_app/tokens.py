"""What a program or a socket shows instead of a password: JWTs, and links that sign a person in once."""

from __future__ import annotations

import uuid
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from typing import Any

import jwt
from django.conf import settings
from django.contrib.auth.tokens import PasswordResetTokenGenerator
from django.db import transaction
from django.urls import reverse
from django.utils.crypto import constant_time_compare, salted_hmac
from django.utils.http import base36_to_int, urlsafe_base64_decode, urlsafe_base64_encode

from accounts_app.access import Actor, Credential, actor_for
from accounts_app.errors import BadSignInLink, BadToken
from accounts_app.models import User

_ALGORITHM = "HS256"


class Audience(StrEnum):
    """What a token is for; one is never taken for the other."""

    API = "api"
    WEBSOCKET = "websocket"


@dataclass(frozen=True, slots=True)
class IssuedToken:
    token: str
    expires_at: datetime
    expires_in: int  # seconds


def issue_access_token(user: User, *, customer_id: uuid.UUID | None = None, now: datetime | None = None) -> IssuedToken:
    """A token for ``Authorization: Bearer``; with a customer it is good for that one alone."""
    return _issue(user, Audience.API, settings.ACCESS_TOKEN_SECONDS, customer_id, now)


def issue_websocket_token(
    user: User, *, customer_id: uuid.UUID | None = None, now: datetime | None = None
) -> IssuedToken:
    """A short-lived token for ``?token=`` of a WebSocket address, where no header can be sent."""
    return _issue(user, Audience.WEBSOCKET, settings.WEBSOCKET_TOKEN_SECONDS, customer_id, now)


def read_access_token(token: str) -> Actor:
    """Who sent it; ``BadToken`` when it is forged, has run out, or its user may not sign in any more. Two queries."""
    return _read(token, Audience.API, door="api")


def read_websocket_token(token: str) -> Actor:
    """As ``read_access_token``, for sockets."""
    return _read(token, Audience.WEBSOCKET, door="socket")


def _signing_key() -> bytes:
    return salted_hmac("accounts_app.tokens", "jwt", algorithm="sha256").digest()


def password_stamp(user: User) -> str:
    """Changes with the password, and with it every token dies."""
    return user.get_session_auth_hash()[:16]


def _issue(
    user: User, audience: Audience, seconds: int, customer_id: uuid.UUID | None, now: datetime | None
) -> IssuedToken:
    issued_at = (now or datetime.now(UTC)).replace(microsecond=0)
    expires_at = issued_at + timedelta(seconds=seconds)
    claims: dict[str, Any] = {
        "sub": str(user.pk),
        "iat": issued_at,
        "exp": expires_at,
        "aud": audience,
        "stamp": password_stamp(user),
    }
    if customer_id is not None:
        claims["customer"] = str(customer_id)
    return IssuedToken(jwt.encode(claims, _signing_key(), _ALGORITHM), expires_at, seconds)


def _read(token: str, audience: Audience, *, door: str) -> Actor:
    try:
        claims = jwt.decode(
            token,
            _signing_key(),
            algorithms=[_ALGORITHM],
            audience=audience,
            options={"require": ["sub", "iat", "exp", "aud", "stamp"]},
        )
    except jwt.InvalidTokenError:
        raise BadToken from None
    user = User.objects.filter(pk=claims["sub"]).first()
    if user is None or not user.is_active or not constant_time_compare(claims["stamp"], password_stamp(user)):
        raise BadToken
    only = uuid.UUID(claims["customer"]) if "customer" in claims else None
    actor = actor_for(user, only=only, door=door)
    if only is not None and not actor.roles:
        raise BadToken
    expires_at = datetime.fromtimestamp(claims["exp"], UTC)
    credential = Credential(user_id=user.pk, stamp=claims["stamp"], only=only, expires_at=expires_at)
    return replace(actor, credential=credential)


class _SignInLinkTokens(PasswordResetTokenGenerator):
    """Good until the user's next sign-in or change of password, and ``SIGN_IN_LINK_SECONDS`` at most."""

    key_salt = "accounts_app.tokens.sign_in_link"

    def check_token(self, user: Any, token: str | None) -> bool:
        # The base class knows one lifetime only, PASSWORD_RESET_TIMEOUT (three days).
        return super().check_token(user, token) and self._age_seconds(token or "") <= settings.SIGN_IN_LINK_SECONDS

    def _age_seconds(self, token: str) -> int:
        return self._num_seconds(self._now()) - base36_to_int(token.partition("-")[0])

    def _make_hash_value(self, user: Any, timestamp: int) -> str:
        # The base class cuts last_login to seconds: a link would work twice within one.
        return f"{user.pk}{user.password}{user.last_login}{timestamp}{user.email}"


_links = _SignInLinkTokens()


def sign_in_link(user: User) -> str:
    """An address that signs the user in, once."""
    uid = urlsafe_base64_encode(user.pk.bytes)
    return settings.BASE_URL + reverse("sign_in_link", args=[uid, _links.make_token(user)])


def user_for_link(uid: str, token: str) -> User:
    """Whom a sign-in link is for, or ``BadSignInLink``.

    Call in a transaction: the user's row stays locked, so that of two requests with one link only the first succeeds
    (the caller signs the user in, which writes ``last_login``, before it commits).
    """
    assert transaction.get_connection().in_atomic_block  # noqa: S101 - a rule for callers, not for input
    try:
        pk = uuid.UUID(bytes=urlsafe_base64_decode(uid))
        user = User.objects.select_for_update(no_key=True).get(pk=pk)
    except (ValueError, User.DoesNotExist):
        raise BadSignInLink from None
    if not user.is_active or not _links.check_token(user, token):
        raise BadSignInLink
    return user
