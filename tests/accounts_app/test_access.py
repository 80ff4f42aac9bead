from dataclasses import replace

import pytest
from django.utils import timezone

from accounts_app.access import Actor, actor_for, record_audit
from accounts_app.choices import Role
from accounts_app.errors import BadInput, NotAllowed, NotFound
from accounts_app.members import add_member
from accounts_app.models import AuditEntry, Customer, User


def test_roles_include_lower_ones() -> None:
    assert Role.MANAGER.includes(Role.VIEWER)
    assert Role.EDITOR.includes(Role.EDITOR)
    assert not Role.VIEWER.includes(Role.EDITOR)


def test_an_actor_holds_the_roles_of_its_memberships(
    editor: User, customer: Customer, other_customer: Customer
) -> None:
    actor = actor_for(editor)
    assert actor.roles == {customer.pk: Role.EDITOR}
    assert actor.current == customer.pk
    assert actor.can(Role.VIEWER, customer.pk)
    assert not actor.can(Role.VIEWER, other_customer.pk)
    actor.check(Role.EDITOR, customer.pk)
    with pytest.raises(NotAllowed, match="manager"):
        actor.check(Role.MANAGER, customer.pk)


def test_an_actor_can_be_limited_to_one_customer(editor: User, customer: Customer, other_customer: Customer) -> None:
    add_member(user=editor, customer=other_customer, role=Role.VIEWER)
    assert actor_for(editor, only=other_customer.pk).roles == {other_customer.pk: Role.VIEWER}
    assert actor_for(editor, current=other_customer.pk).current == other_customer.pk


def test_archived_customers_are_left_out(editor: User, customer: Customer) -> None:
    Customer.objects.filter(pk=customer.pk).update(archived_at=timezone.now())
    actor = actor_for(editor)
    assert actor.roles == {}
    with pytest.raises(BadInput, match="member of no customer"):
        actor.customer_id()


def test_the_customer_of_a_request(actor: Actor, customer: Customer, other_customer: Customer) -> None:
    assert actor.customer_id() == customer.pk
    assert actor.customer_id("acme") == customer.pk
    with pytest.raises(NotFound, match="globex"):
        actor.customer_id("globex")


def test_audit_entries_outlive_their_actor(actor: Actor, customer: Customer) -> None:
    record_audit(actor, "customer.renamed", customer, before="x")
    record_audit(None, "customer.renamed", customer)
    by_command, by_person = AuditEntry.objects.filter(action="customer.renamed")
    assert (by_person.customer_id, by_person.actor_id, by_person.actor_name) == (
        customer.pk,
        actor.user.pk,
        "Ada Byron",
    )
    assert by_person.data == {"before": "x"}
    assert by_command.actor_id is None


def test_staff_is_no_membership(staff: User, other_customer: Customer) -> None:
    actor = replace(actor_for(staff), door="api")
    assert actor.is_staff
    assert not actor.can(Role.VIEWER, other_customer.pk)
