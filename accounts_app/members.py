"""Users and what they are members of."""

from __future__ import annotations

from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.db import IntegrityError, transaction

from accounts_app.access import Actor, record_audit
from accounts_app.choices import Role, UserStatus
from accounts_app.errors import BadInput, Conflict, NotFound
from accounts_app.models import Customer, Membership, User


def create_user(
    *,
    email: str,
    customer: Customer,
    role: Role,
    password: str | None = None,
    name: str = "",
    is_staff: bool = False,
    actor: Actor | None = None,
) -> User:
    """A new user who is a member of the customer; ``Conflict`` when the address has an account.

    Without a password only sign-in links and API keys let them in. Staff may do everything in the admin.
    """
    email = clean_email(email)
    name = clean_name(name)
    user = User(email=email, name=name, is_staff=is_staff, is_superuser=is_staff)
    if password is not None:
        check_password_strength(password, user)
    try:
        with transaction.atomic():
            user.set_password(password)
            user.save()
            record_audit(actor, "user.created", user, email=email, is_staff=is_staff)
            add_member(user=user, customer=customer, role=role, actor=actor)
    except IntegrityError:
        raise Conflict(f"There is a user {email} already.") from None
    return user


def get_user(email: str) -> User:
    """By address in any case, for those who run the installation."""
    user = User.objects.filter(email=email.strip().lower()).first()
    if user is None:
        raise NotFound(f"There is no user {email}.")
    return user


def add_member(*, user: User, customer: Customer, role: Role, actor: Actor | None = None) -> Membership:
    """``Conflict`` when the user is a member already, in whatever role."""
    if customer.archived_at is not None:
        raise Conflict(f"The customer {customer.slug} is archived.")
    try:
        with transaction.atomic():
            membership = Membership.objects.create(user=user, customer=customer, role=role)
            record_audit(actor, "member.added", membership, user=user.email, role=role)
    except IntegrityError:
        raise Conflict(f"{user.email} is a member of {customer.slug} already.") from None
    return membership


def change_role(membership: Membership, role: Role, *, actor: Actor | None = None) -> None:
    """Safe to call twice: the same role again changes nothing and is not recorded."""
    with transaction.atomic():
        changed = Membership.objects.filter(pk=membership.pk).exclude(role=role).update(role=role)
        if changed:
            record_audit(actor, "member.role_changed", membership, user=membership.user.email, role=role)
    membership.role = role


def remove_member(membership: Membership, *, actor: Actor | None = None) -> None:
    """The user no longer sees the customer; their keys for it open nothing (a key needs the membership)."""
    with transaction.atomic():
        record_audit(actor, "member.removed", membership, user=membership.user.email, role=membership.role)
        membership.delete()


def set_user_status(user: User, status: UserStatus, *, actor: Actor | None = None) -> None:
    """Suspended users are out at once: sessions, keys and tokens look at the status every time."""
    with transaction.atomic():
        changed = User.objects.filter(pk=user.pk).exclude(status=status).update(status=status)
        if changed:
            record_audit(actor, "user.status_changed", user, status=status)
    user.status = status


def rename_user(user: User, name: str, *, actor: Actor | None = None) -> None:
    name = clean_name(name)
    with transaction.atomic():
        changed = User.objects.filter(pk=user.pk).exclude(name=name).update(name=name)
        if changed:
            record_audit(actor, "user.renamed", user, name=name)
    user.name = name


def set_password(user: User, password: str, *, actor: Actor | None = None) -> None:
    """``BadInput`` when it is too weak. Ends all sessions, tokens and sign-in links of the user."""
    check_password_strength(password, user)
    with transaction.atomic():
        user.set_password(password)
        user.save(update_fields=["password"])
        record_audit(actor, "user.password_set", user)


def clean_email(email: str) -> str:
    """In the form it is kept: small letters, no space around; ``BadInput`` when it is no address."""
    email = email.strip().lower()
    try:
        validate_email(email)
    except ValidationError:
        raise BadInput(f"{email!r} is not an e-mail address.") from None
    if len(email) > 254:
        raise BadInput("An e-mail address has at most 254 characters.")
    return email


def clean_name(name: str) -> str:
    name = name.strip()
    if len(name) > 200 or "\x00" in name:
        raise BadInput("A name has at most 200 characters.")
    return name


def check_password_strength(password: str, user: User) -> None:
    try:
        validate_password(password, user)
    except ValidationError as error:
        raise BadInput(" ".join(error.messages)) from None
