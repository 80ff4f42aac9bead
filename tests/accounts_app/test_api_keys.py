from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from accounts_app import api_keys
from accounts_app.access import Actor
from accounts_app.choices import Role, UserStatus
from accounts_app.errors import BadInput, Conflict, NotAllowed, NotFound
from accounts_app.members import add_member, set_user_status
from accounts_app.models import ApiKey, AuditEntry, Customer, User


@pytest.fixture
def key_and_secret(editor: User, customer: Customer) -> tuple[ApiKey, str]:
    return api_keys.create_api_key(user=editor, customer=customer, name="script")


def test_only_the_hash_is_kept(key_and_secret: tuple[ApiKey, str]) -> None:
    key, secret = key_and_secret
    assert secret.startswith(f"dna_{key.prefix}_")
    assert len(secret) == len("dna_") + 8 + 1 + 43
    stored = ApiKey.objects.filter(pk=key.pk).values().get()
    assert secret not in str(stored)
    assert secret not in str(list(AuditEntry.objects.values()))


def test_a_key_acts_for_its_customer_alone(
    editor: User, customer: Customer, other_customer: Customer, key_and_secret: tuple[ApiKey, str]
) -> None:
    add_member(user=editor, customer=other_customer, role=Role.MANAGER)
    actor = api_keys.actor_for_key(key_and_secret[1])
    assert actor is not None
    assert (actor.user, actor.roles, actor.current, actor.door) == (
        editor,
        {customer.pk: Role.EDITOR},
        customer.pk,
        "api",
    )


def test_use_is_written_once_a_minute(django_assert_num_queries: Any, key_and_secret: tuple[ApiKey, str]) -> None:
    key, secret = key_and_secret
    with django_assert_num_queries(2):
        api_keys.actor_for_key(secret)
    first = ApiKey.objects.get(pk=key.pk).last_used_at
    assert first is not None
    with django_assert_num_queries(1):
        api_keys.actor_for_key(secret)
    ApiKey.objects.filter(pk=key.pk).update(last_used_at=first - timedelta(seconds=61))
    api_keys.actor_for_key(secret)
    last = ApiKey.objects.get(pk=key.pk).last_used_at
    assert last is not None and last >= first


@pytest.mark.parametrize("change", ["revoked", "expired", "suspended", "left", "archived"])
def test_dead_keys_open_nothing(editor: User, key_and_secret: tuple[ApiKey, str], change: str) -> None:
    key, secret = key_and_secret
    if change == "revoked":
        api_keys.revoke_api_key(key)
    elif change == "expired":
        ApiKey.objects.update(expires_at=timezone.now() - timedelta(seconds=1))
    elif change == "suspended":
        set_user_status(editor, UserStatus.SUSPENDED)
    elif change == "left":
        editor.memberships.all().delete()
    else:
        Customer.objects.update(archived_at=timezone.now())
    assert api_keys.actor_for_key(secret) is None


@pytest.mark.parametrize("secret", ["", "dna_", "x" * 100_000, "dna_a_\x00", "é"])
def test_what_is_no_key_opens_nothing(db: None, secret: str) -> None:
    assert api_keys.actor_for_key(secret) is None


def test_a_name_is_used_once_while_its_key_lives(editor: User, customer: Customer, actor: Actor) -> None:
    key, _ = api_keys.create_api_key(user=editor, customer=customer, name="script", actor=actor)
    with pytest.raises(Conflict, match="script"):
        api_keys.create_api_key(user=editor, customer=customer, name=" script ")
    api_keys.revoke_api_key(key, actor=actor)
    api_keys.create_api_key(user=editor, customer=customer, name="script")
    for _ in range(2):
        api_keys.create_api_key(user=editor, customer=customer, name="")
    assert api_keys.keys_of(actor).count() == 3


def test_keys_are_for_members(stranger: User, customer: Customer) -> None:
    with pytest.raises(NotAllowed, match="not a member"):
        api_keys.create_api_key(user=stranger, customer=customer, name="")


def test_keys_are_for_those_who_may_sign_in(editor: User, customer: Customer) -> None:
    set_user_status(editor, UserStatus.SUSPENDED)
    with pytest.raises(NotAllowed):
        api_keys.create_api_key(user=editor, customer=customer, name="")


@pytest.mark.parametrize("name", ["x" * 101, "a\x00"])
def test_bad_names_are_refused(editor: User, customer: Customer, name: str) -> None:
    with pytest.raises(BadInput):
        api_keys.create_api_key(user=editor, customer=customer, name=name)


def test_revoking_twice_is_recorded_once(actor: Actor, key_and_secret: tuple[ApiKey, str]) -> None:
    key, _ = key_and_secret
    api_keys.revoke_api_key(key, actor=actor)
    first = ApiKey.objects.get(pk=key.pk).revoked_at
    api_keys.revoke_api_key(key, actor=actor)
    assert ApiKey.objects.get(pk=key.pk).revoked_at == first
    assert AuditEntry.objects.filter(action="api_key.revoked").count() == 1


def test_only_ones_own_keys_can_be_revoked(actor: Actor, stranger: User, other_customer: Customer) -> None:
    theirs, secret = api_keys.create_api_key(user=stranger, customer=other_customer, name="")
    with pytest.raises(NotFound):
        api_keys.revoke_own_key(actor, theirs.pk)
    assert api_keys.actor_for_key(secret) is not None
