import re
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from accounts_app.access import record_audit
from accounts_app.api_keys import actor_for_key, create_api_key
from accounts_app.choices import Role
from accounts_app.members import add_member
from accounts_app.models import ApiKey, AuditEntry, Customer, Membership, User
from tests.conftest import PASSWORD

MODELS = ("user", "customer", "membership", "apikey", "auditentry")


@pytest.fixture
def admin(staff: User) -> Client:
    client = Client()
    client.force_login(staff)
    return client


def _inline(prefix: str = "memberships", total: int = 0, initial: int = 0) -> dict[str, Any]:
    return {f"{prefix}-TOTAL_FORMS": total, f"{prefix}-INITIAL_FORMS": initial}


def _url(model: str, page: str, *arguments: object) -> str:
    return reverse(f"admin:accounts_app_{model}_{page}", args=arguments)


@pytest.mark.parametrize("model", MODELS)
def test_every_list_and_form_loads(admin: Client, editor: User, customer: Customer, model: str) -> None:
    create_api_key(user=editor, customer=customer, name="script")
    assert admin.get(_url(model, "changelist") + "?q=a").status_code == 200
    row = {"user": User, "customer": Customer, "membership": Membership, "apikey": ApiKey, "auditentry": AuditEntry}
    first = row[model]._default_manager.first()
    assert first is not None
    assert admin.get(_url(model, "change", first.pk)).status_code == 200
    assert admin.get(_url(model, "add")).status_code == (403 if model == "auditentry" else 200)


@pytest.mark.parametrize("model", MODELS)
def test_lists_need_no_more_queries_for_more_rows(
    django_assert_max_num_queries: Any, admin: Client, customer: Customer, editor: User, model: str
) -> None:
    for number in range(5):
        user = User.objects.create_user(f"user{number}@example.org")
        add_member(user=user, customer=customer, role=Role.VIEWER)
        create_api_key(user=user, customer=customer, name="")
    with django_assert_max_num_queries(9):
        admin.get(_url(model, "changelist"))


def test_the_admin_is_for_staff(client: Client, editor: User) -> None:
    response = client.get("/admin/")
    assert "/admin/login/" in response.headers["Location"]
    sign_in = client.get(response.headers["Location"])
    assert sign_in.headers["Location"] == "/sign-in/?next=%2Fadmin%2F"
    client.force_login(editor)
    response = client.get("/admin/", follow=True)
    assert response.status_code == 403
    assert "staff only" in response.content.decode()


def test_create_a_user(admin: Client, staff: User) -> None:
    form = {"email": "New@Example.org", "name": "New", "usable_password": "true", "password1": PASSWORD} | _inline()
    response = admin.post(_url("user", "add"), form | {"password2": PASSWORD})
    assert response.status_code == 302, response.content.decode()
    user = User.objects.get(email="new@example.org")
    assert user.check_password(PASSWORD)
    entry = AuditEntry.objects.get(action="user.created", subject_id=str(user.pk))
    assert entry.actor_id == staff.pk
    assert PASSWORD not in str(entry.data)


def test_a_taken_address_is_a_form_error(admin: Client, editor: User) -> None:
    form = {"email": "ADA@example.org", "usable_password": "false"} | _inline()
    response = admin.post(_url("user", "add"), form)
    assert response.status_code == 200
    assert "already exists" in response.content.decode()


def test_change_a_user(admin: Client, editor: User) -> None:
    membership = editor.memberships.get()
    form = _inline(total=1, initial=1) | {
        "email": editor.email,
        "name": "Ada",
        "status": "suspended",
        "memberships-0-id": membership.pk,
        "memberships-0-user": editor.pk,
        "memberships-0-customer": membership.customer_id,
        "memberships-0-role": "viewer",
    }
    response = admin.post(_url("user", "change", editor.pk), form)
    assert response.status_code == 302, response.content.decode()
    assert not User.objects.get(pk=editor.pk).is_active
    assert Membership.objects.get(pk=membership.pk).role == Role.VIEWER
    assert set(AuditEntry.objects.get(action="user.changed").data["fields"]) == {"name", "status"}
    assert AuditEntry.objects.get(action="member.changed").customer_id == membership.customer_id


def test_set_a_password(admin: Client, editor: User) -> None:
    path = reverse("admin:auth_user_password_change", args=[editor.pk])
    assert admin.get(path).status_code == 200
    form = {"usable_password": "true", "password1": "another good one", "password2": "another good one"}
    assert admin.post(path, form).status_code == 302
    assert User.objects.get(pk=editor.pk).check_password("another good one")
    assert AuditEntry.objects.filter(action="user.password_set", subject_id=str(editor.pk)).exists()


def test_create_a_customer_with_a_member(admin: Client, editor: User) -> None:
    form = _inline(total=1) | {
        "slug": "initech",
        "name": "Initech",
        "plan": "pro",
        "memberships-0-user": editor.pk,
        "memberships-0-role": "manager",
    }
    response = admin.post(_url("customer", "add"), form)
    assert response.status_code == 302, response.content.decode()
    created = Customer.objects.get(slug="initech")
    assert created.memberships.get().user == editor
    assert AuditEntry.objects.filter(action="member.added", customer_id=created.pk).exists()
    form["slug"] = "Not A Slug"
    assert admin.post(_url("customer", "add"), form).status_code == 200


def test_a_slug_never_changes(admin: Client, customer: Customer) -> None:
    form = {"slug": "other", "name": "Acme", "plan": "user"} | _inline()
    assert admin.post(_url("customer", "change", customer.pk), form).status_code == 302
    customer.refresh_from_db()
    assert (customer.slug, customer.name) == ("acme", "Acme")


def test_change_and_remove_a_membership(admin: Client, editor: User) -> None:
    membership = editor.memberships.get()
    assert admin.post(_url("membership", "change", membership.pk), {"role": "manager"}).status_code == 302
    assert Membership.objects.get(pk=membership.pk).role == Role.MANAGER
    assert AuditEntry.objects.filter(action="member.role_changed").count() == 1
    delete = {"action": "delete_selected", "_selected_action": str(membership.pk), "post": "yes"}
    admin.post(_url("membership", "changelist"), delete)
    assert not editor.memberships.exists()
    assert AuditEntry.objects.filter(action="member.removed").count() == 1


def test_create_and_revoke_a_key(admin: Client, editor: User, customer: Customer, staff: User) -> None:
    form = {"user": editor.pk, "customer": customer.pk, "name": "script"}
    response = admin.post(_url("apikey", "add"), form, follow=True)
    found = re.search(r"dna_[a-z0-9]{8}_[\w-]{43}", response.content.decode())
    assert found is not None
    actor = actor_for_key(found[0])
    assert actor is not None and actor.user == editor
    assert found[0] not in admin.get(_url("apikey", "changelist")).content.decode()
    assert "already" in admin.post(_url("apikey", "add"), form).content.decode()
    key = ApiKey.objects.get()
    admin.post(_url("apikey", "changelist"), {"action": "revoke", "_selected_action": str(key.pk)})
    assert actor_for_key(found[0]) is None
    assert AuditEntry.objects.get(action="api_key.revoked").actor_id == staff.pk


def test_a_key_for_a_stranger_is_a_form_error(admin: Client, stranger: User, customer: Customer) -> None:
    form = {"user": stranger.pk, "customer": customer.pk, "name": ""}
    assert "not a member" in admin.post(_url("apikey", "add"), form).content.decode()


def test_a_key_is_never_edited(admin: Client, editor: User, customer: Customer) -> None:
    key, _ = create_api_key(user=editor, customer=customer, name="script")
    before = ApiKey.objects.filter(pk=key.pk).values().get()
    admin.post(_url("apikey", "change", key.pk), {"name": "renamed", "digest": "0" * 64, "prefix": "x", "user": "x"})
    assert ApiKey.objects.filter(pk=key.pk).values().get() == before | {"name": "renamed"}


@pytest.mark.parametrize("model", ["user", "customer", "apikey", "auditentry"])
def test_what_is_never_deleted(admin: Client, editor: User, customer: Customer, model: str) -> None:
    key, _ = create_api_key(user=editor, customer=customer, name="")
    entry = record_audit(None, "customer.renamed", customer)
    rows: dict[str, Any] = {"user": editor, "customer": customer, "apikey": key, "auditentry": entry}
    assert admin.post(_url(model, "delete", rows[model].pk), {"post": "yes"}).status_code == 403
    rows[model].refresh_from_db()


def test_an_audit_entry_is_never_changed(admin: Client, customer: Customer) -> None:
    entry = record_audit(None, "customer.renamed", customer)
    assert admin.post(_url("auditentry", "change", entry.pk), {"action": "x"}).status_code == 403
