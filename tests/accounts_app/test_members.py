import pytest
from django.utils import timezone

from accounts_app import members
from accounts_app.access import Actor, actor_for
from accounts_app.choices import Role, UserStatus
from accounts_app.errors import BadInput, Conflict, NotFound
from accounts_app.models import AuditEntry, Customer, Membership, User
from tests.conftest import PASSWORD


def test_create_user_with_a_password(customer: Customer) -> None:
    user = members.create_user(email=" Ada@Example.ORG ", customer=customer, role=Role.VIEWER, password=PASSWORD)
    assert user.email == "ada@example.org"
    assert user.check_password(PASSWORD)
    assert actor_for(user).roles == {customer.pk: Role.VIEWER}
    assert not user.is_staff
    assert members.get_user("ADA@example.org") == user


def test_create_user_without_a_password(customer: Customer) -> None:
    user = members.create_user(email="ada@example.org", customer=customer, role=Role.VIEWER, is_staff=True)
    assert not user.has_usable_password()
    assert user.is_superuser


def test_an_address_has_one_account(editor: User, customer: Customer, other_customer: Customer) -> None:
    with pytest.raises(Conflict, match="ada@"):
        members.create_user(email="ADA@example.org", customer=other_customer, role=Role.MANAGER, password=PASSWORD)
    assert Membership.objects.count() == 1


@pytest.mark.parametrize(
    "email", ["", "ada", "ada@", "a da@example.org", "a\x00@example.org", "a" * 250 + "@example.org"]
)
def test_bad_addresses_are_refused(customer: Customer, email: str) -> None:
    with pytest.raises(BadInput):
        members.create_user(email=email, customer=customer, role=Role.VIEWER)
    assert not User.objects.exists()


@pytest.mark.parametrize("password", ["", "short", "password123", "ada@example.org"])
def test_weak_passwords_are_refused(customer: Customer, password: str) -> None:
    with pytest.raises(BadInput):
        members.create_user(email="ada@example.org", customer=customer, role=Role.VIEWER, password=password)
    assert not User.objects.exists()


def test_an_unknown_user(db: None) -> None:
    with pytest.raises(NotFound, match="nobody@"):
        members.get_user("nobody@example.org")


def test_add_member_once(editor: User, customer: Customer, other_customer: Customer) -> None:
    members.add_member(user=editor, customer=other_customer, role=Role.VIEWER)
    with pytest.raises(Conflict, match="already"):
        members.add_member(user=editor, customer=customer, role=Role.MANAGER)
    assert actor_for(editor).roles == {customer.pk: Role.EDITOR, other_customer.pk: Role.VIEWER}


def test_nobody_joins_an_archived_customer(editor: User, other_customer: Customer) -> None:
    other_customer.archived_at = timezone.now()
    with pytest.raises(Conflict, match="archived"):
        members.add_member(user=editor, customer=other_customer, role=Role.VIEWER)


def test_change_role_is_recorded_once(editor: User, customer: Customer, actor: Actor) -> None:
    membership = Membership.objects.get(user=editor)
    members.change_role(membership, Role.MANAGER, actor=actor)
    members.change_role(membership, Role.MANAGER, actor=actor)
    assert Membership.objects.get(user=editor).role == Role.MANAGER
    entry = AuditEntry.objects.get(action="member.role_changed")
    assert entry.customer_id == customer.pk
    assert entry.actor_id == editor.pk


def test_remove_member(editor: User, actor: Actor) -> None:
    members.remove_member(Membership.objects.get(user=editor), actor=actor)
    assert actor_for(editor).roles == {}
    assert AuditEntry.objects.filter(action="member.removed").exists()


def test_suspend_and_reactivate(editor: User) -> None:
    members.set_user_status(editor, UserStatus.SUSPENDED)
    members.set_user_status(editor, UserStatus.SUSPENDED)
    assert not User.objects.get(pk=editor.pk).is_active
    assert AuditEntry.objects.filter(action="user.status_changed").count() == 1
    members.set_user_status(editor, UserStatus.ACTIVE)
    assert User.objects.get(pk=editor.pk).is_active


def test_rename_user(editor: User, actor: Actor) -> None:
    members.rename_user(editor, " Ada King ", actor=actor)
    members.rename_user(editor, "Ada King", actor=actor)
    assert User.objects.get(pk=editor.pk).name == "Ada King"
    assert AuditEntry.objects.filter(action="user.renamed").count() == 1
    with pytest.raises(BadInput):
        members.rename_user(editor, "x" * 201)


def test_set_password(editor: User) -> None:
    with pytest.raises(BadInput):
        members.set_password(editor, "12345678")
    members.set_password(editor, "another good one")
    assert User.objects.get(pk=editor.pk).check_password("another good one")
