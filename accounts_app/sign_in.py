"""Signing in: passwords, the limit on guessing them, and one-time links.

Failures are counted in the audit entries: one place for all web processes, and a record of attacks besides.
"""

from __future__ import annotations

from datetime import timedelta

from django.contrib.auth import authenticate, login, update_session_auth_hash
from django.db import transaction
from django.db.models import Count, Q
from django.http import HttpRequest
from django.utils import timezone
from django.utils.crypto import salted_hmac

from accounts_app.access import actor_for, record_audit
from accounts_app.errors import TooManyAttempts, WrongCredentials
from accounts_app.models import AuditEntry, User
from accounts_app.tokens import user_for_link

# Ten for a person who mistypes; a hundred a day over all addresses is what NIST SP 800-63B (5.2.2) asks for.
FAILURES_PER_ADDRESS, ADDRESS_WINDOW = 10, timedelta(minutes=15)
FAILURES_PER_EMAIL, EMAIL_WINDOW = 100, timedelta(days=1)

_FAILED = "user.sign_in_failed"
_SUBJECT = "sign_in"
_SIGNED_IN_BY = "signed_in_by"  # key in the session
_BACKEND = "django.contrib.auth.backends.ModelBackend"


def check_credentials(request: HttpRequest, *, email: str, password: str) -> User:
    """The user with that password.

    ``WrongCredentials`` for a wrong password, an unknown address and a suspended user alike, in the same time;
    ``TooManyAttempts`` (with ``retry_after_seconds``) before the password is even looked at.
    """
    email = email.strip().lower().replace("\x00", "")
    address = request.META.get("REMOTE_ADDR", "")
    _check_attempts(email, address)
    user = authenticate(request, username=email, password=password)
    if user is None:
        _record_failure(email, address)
        raise WrongCredentials
    return user


def sign_in(request: HttpRequest, *, email: str, password: str) -> User:
    """Check the password and start a session."""
    user = check_credentials(request, email=email, password=password)
    with transaction.atomic():
        _start_session(request, user, by="password")
    return user


def sign_in_by_link(request: HttpRequest, *, uid: str, token: str) -> User:
    """Start a session for whom the link was made; the same link again is a ``BadSignInLink``."""
    with transaction.atomic():
        user = user_for_link(uid, token)
        _start_session(request, user, by="link")
    return user


def came_by_link(request: HttpRequest) -> bool:
    """Whether a link stood in for the password in this session: then a new password may be set without the old one."""
    return request.session.get(_SIGNED_IN_BY) == "link"


def password_was_set(request: HttpRequest, user: User) -> None:
    """Keep this session (a new password ends all others); from now on it counts as one by password."""
    update_session_auth_hash(request, user)
    request.session[_SIGNED_IN_BY] = "password"


def _start_session(request: HttpRequest, user: User, *, by: str) -> None:
    login(request, user, backend=_BACKEND)
    request.session[_SIGNED_IN_BY] = by
    record_audit(actor_for(user), "user.signed_in", user, by=by)


def _subject_id(email: str) -> str:
    # People type passwords into the wrong field: what was typed is not kept.
    return salted_hmac("accounts_app.sign_in", email, algorithm="sha256").hexdigest()[:40]


def _check_attempts(email: str, address: str) -> None:
    now = timezone.now()
    failures = AuditEntry.objects.filter(
        subject_type=_SUBJECT, subject_id=_subject_id(email), action=_FAILED, created_at__gt=now - EMAIL_WINDOW
    ).aggregate(
        all=Count("id"),
        here=Count("id", filter=Q(data__address=address, created_at__gt=now - ADDRESS_WINDOW)),
    )
    if failures["here"] >= FAILURES_PER_ADDRESS:
        raise TooManyAttempts(retry_after_seconds=int(ADDRESS_WINDOW.total_seconds()))
    if failures["all"] >= FAILURES_PER_EMAIL:
        raise TooManyAttempts(
            "Too many failed attempts to sign in with this address. Ask for a sign-in link.",
            retry_after_seconds=int(EMAIL_WINDOW.total_seconds()),
        )


def _record_failure(email: str, address: str) -> None:
    AuditEntry.objects.create(
        action=_FAILED, subject_type=_SUBJECT, subject_id=_subject_id(email), data={"address": address}
    )
