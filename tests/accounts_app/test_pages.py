import re
from collections.abc import Callable
from typing import Any

import pytest
from django.conf import settings
from django.test import Client
from django.urls import resolve, reverse

from accounts_app import pages
from accounts_app.api_keys import actor_for_key, create_api_key
from accounts_app.choices import Role, UserStatus
from accounts_app.members import add_member, set_user_status
from accounts_app.models import ApiKey, AuditEntry, Customer, User
from accounts_app.sign_in import FAILURES_PER_ADDRESS
from accounts_app.tokens import sign_in_link
from tests.conftest import PASSWORD

HTMX = {"HX-Request": "true"}


def _path(link: str) -> str:
    return link.removeprefix(settings.BASE_URL)


def test_sign_in_and_out(client: Client, editor: User) -> None:
    assert client.get("/account/").headers["Location"] == "/sign-in/?next=%2Faccount%2F"
    form = client.get("/sign-in/?next=/account/")
    assert 'name="next" value="/account/"' in form.content.decode()
    credentials = {"email": "ADA@example.org", "password": PASSWORD, "next": "/account/"}
    assert client.post("/sign-in/", credentials).headers["Location"] == "/account/"
    assert client.get("/account/").status_code == 200
    assert client.get("/sign-in/?next=/account/").headers["Location"] == "/account/"
    assert client.get("/sign-out/").status_code == 405
    assert client.post("/sign-out/").headers["Location"] == "/sign-in/"
    assert client.get("/account/").status_code == 302
    assert AuditEntry.objects.get(action="user.signed_in").data == {"by": "password"}


@pytest.mark.parametrize("target", ["https://evil.example", "//evil.example", "javascript:alert(1)", r"/\evil.example"])
def test_next_stays_here(client: Client, editor: User, target: str) -> None:
    credentials = {"email": "ada@example.org", "password": PASSWORD, "next": target}
    assert client.post("/sign-in/", credentials).headers["Location"] == reverse("templates")


@pytest.mark.parametrize(
    ("email", "password", "status", "says"),
    [
        ("ada@example.org", "wrong", 401, "is wrong"),
        ("nobody@example.org", PASSWORD, 401, "is wrong"),
        ("not an address", "x", 422, "valid email"),
        ("", "", 422, "required"),
        ("a\x00@example.org", "x", 422, "Null characters"),
    ],
)
def test_a_failed_sign_in_says_why(
    client: Client, editor: User, email: str, password: str, status: int, says: str
) -> None:
    response = client.post("/sign-in/", {"email": email, "password": password})
    assert response.status_code == status
    assert says in response.content.decode()
    assert "_auth_user_id" not in client.session


def test_guessing_is_throttled(client: Client, editor: User) -> None:
    for _ in range(FAILURES_PER_ADDRESS):
        client.post("/sign-in/", {"email": "ada@example.org", "password": "wrong"})
    response = client.post("/sign-in/", {"email": "ada@example.org", "password": PASSWORD})
    assert response.status_code == 429
    assert "Too many failed attempts" in response.content.decode()


def test_pages_are_protected_from_other_sites(editor: User) -> None:
    client = Client(enforce_csrf_checks=True)
    client.force_login(editor)
    for name in ("sign_in", "sign_out", "change_name", "change_password", "create_key", "switch_customer"):
        assert client.post(reverse(name)).status_code == 403, name


def test_a_link_signs_in_once(client: Client, stranger: User) -> None:
    path = _path(sign_in_link(stranger))
    assert client.head(path).status_code == 405
    assert client.get(path).headers["Location"] == reverse("templates")
    assert client.get("/account/").status_code == 200
    assert client.get(path).status_code == 302  # a second click by the same person
    response = Client().get(path)
    assert response.status_code == 401
    assert "used already" in response.content.decode()
    assert AuditEntry.objects.get(action="user.signed_in").data == {"by": "link"}


def test_a_link_is_for_its_user_alone(client: Client, editor: User, stranger: User) -> None:
    uid = _path(sign_in_link(editor)).split("/")[3]
    token = _path(sign_in_link(stranger)).split("/")[4]
    assert client.get(f"/sign-in/link/{uid}/{token}/").status_code == 401


def test_a_suspended_user_is_out_at_once(signed_in: Callable[[User], Client], editor: User) -> None:
    client = signed_in(editor)
    assert client.get("/account/").status_code == 200
    set_user_status(editor, UserStatus.SUSPENDED)
    assert client.get("/account/").status_code == 302


def test_every_page_of_an_account_needs_a_sign_in(client: Client, db: None) -> None:
    for path in ("/account/name/", "/account/password/", "/account/keys/", "/account/customer/"):
        assert client.post(path).headers["Location"] == "/sign-in/", path
    response = client.post("/account/name/", headers=HTMX | {"HX-Current-URL": "http://testserver/account/"})
    assert response.headers["HX-Redirect"] == "/sign-in/?next=http%3A%2F%2Ftestserver%2Faccount%2F"


def test_the_account_page(
    django_assert_num_queries: Any, signed_in: Callable[[User], Client], editor: User, customer: Customer
) -> None:
    for number in range(5):
        create_api_key(user=editor, customer=customer, name=f"key {number}")
    client = signed_in(editor)
    with django_assert_num_queries(6):  # session, user, actor, memberships for page and header, keys
        html = client.get("/account/").content.decode()
    assert "key 4" in html and "Acme Ltd" in html and "Editor" in html
    assert "style=" not in html and "<style" not in html and " onclick" not in html
    assert not re.search(r"<script(?![^>]*src=)", html)


def test_change_name(signed_in: Callable[[User], Client], editor: User) -> None:
    client = signed_in(editor)
    response = client.post("/account/name/", {"name": "Ada <b>King"}, follow=True)
    assert "Ada &lt;b&gt;King" in response.content.decode()
    assert client.post("/account/name/", {"name": "x" * 201}).status_code == 422
    assert User.objects.get(pk=editor.pk).name == "Ada <b>King"


def test_change_password(signed_in: Callable[[User], Client], editor: User) -> None:
    client, elsewhere = signed_in(editor), signed_in(editor)
    new = "another good one"
    form = {"current_password": PASSWORD, "new_password": new, "repeated_password": new}
    assert client.post("/account/password/", form).status_code == 302
    assert client.get("/account/").status_code == 200
    assert elsewhere.get("/account/").status_code == 302
    assert User.objects.get(pk=editor.pk).check_password(new)


@pytest.mark.parametrize(
    ("current", "new", "repeated", "says"),
    [
        ("wrong", "another good one", "another good one", "not your current password"),
        (PASSWORD, "another good one", "another bad one", "not the same"),
        (PASSWORD, "12345678", "12345678", "too common"),
        ("", "", "", "required"),
    ],
)
def test_bad_passwords_are_refused(
    signed_in: Callable[[User], Client], editor: User, current: str, new: str, repeated: str, says: str
) -> None:
    form = {"current_password": current, "new_password": new, "repeated_password": repeated}
    response = signed_in(editor).post("/account/password/", form)
    assert response.status_code == 422
    assert says in response.content.decode()
    assert 'aria-invalid="true"' in response.content.decode()
    assert User.objects.get(pk=editor.pk).check_password(PASSWORD)


def test_a_first_password_needs_no_other(signed_in: Callable[[User], Client], stranger: User) -> None:
    client = signed_in(stranger)
    assert "Set password" in client.get("/account/").content.decode()
    client.post("/account/password/", {"new_password": PASSWORD, "repeated_password": PASSWORD})
    assert User.objects.get(pk=stranger.pk).check_password(PASSWORD)


def test_a_link_stands_in_for_a_forgotten_password(client: Client, editor: User) -> None:
    client.get(_path(sign_in_link(editor)))
    new = {"new_password": "another good one", "repeated_password": "another good one"}
    assert client.post("/account/password/", new).status_code == 302
    assert User.objects.get(pk=editor.pk).check_password("another good one")
    assert client.post("/account/password/", new).status_code == 422  # once: now there is one to ask for


def test_a_key_is_shown_once(signed_in: Callable[[User], Client], editor: User) -> None:
    client = signed_in(editor)
    response = client.post("/account/keys/", {"name": "script"})
    found = re.search(r"dna_[a-z0-9]{8}_[\w-]{43}", response.content.decode())
    assert found is not None
    assert "no-store" in response.headers["Cache-Control"]
    assert actor_for_key(found[0]) is not None
    assert found[0] not in client.get("/account/").content.decode()
    again = client.post("/account/keys/", {"name": "script"})
    assert again.status_code == 422
    assert "already" in again.content.decode()
    assert ApiKey.objects.count() == 1


def test_revoke_a_key(signed_in: Callable[[User], Client], editor: User, customer: Customer) -> None:
    key, secret = create_api_key(user=editor, customer=customer, name="script")
    client = signed_in(editor)
    assert client.post(f"/account/keys/{key.pk}/revoke/").status_code == 302
    assert actor_for_key(secret) is None
    again = client.post(f"/account/keys/{key.pk}/revoke/")
    assert again.status_code == 404
    assert "There is no such API key" in again.content.decode()


def test_other_peoples_keys(
    signed_in: Callable[[User], Client], editor: User, stranger: User, other_customer: Customer
) -> None:
    key, secret = create_api_key(user=stranger, customer=other_customer, name="")
    assert signed_in(editor).post(f"/account/keys/{key.pk}/revoke/").status_code == 404
    assert actor_for_key(secret) is not None


def test_errors_reach_htmx_as_toasts(
    signed_in: Callable[[User], Client], editor: User, stranger: User, other_customer: Customer
) -> None:
    key, _ = create_api_key(user=stranger, customer=other_customer, name="")
    response = signed_in(editor).post(f"/account/keys/{key.pk}/revoke/", headers=HTMX)
    assert response.status_code == 404
    assert (response.headers["HX-Retarget"], response.headers["HX-Reswap"]) == ("#toasts", "beforeend")
    assert "<html" not in response.content.decode()


def test_switch_customer(signed_in: Callable[[User], Client], editor: User, other_customer: Customer) -> None:
    client = signed_in(editor)
    assert client.post("/account/customer/", {"customer": "globex"}).status_code == 404
    add_member(user=editor, customer=other_customer, role=Role.VIEWER)
    assert client.post("/account/customer/", {"customer": "globex", "next": "/account/"}).status_code == 302
    assert client.get("/api/v1/auth/me").json()["customer"]["slug"] == "globex"
    client.post("/account/keys/", {"name": "x"})
    assert ApiKey.objects.get().customer == other_customer


def test_a_user_without_membership_gets_a_sentence(signed_in: Callable[[User], Client], editor: User) -> None:
    editor.memberships.all().delete()
    client = signed_in(editor)
    assert "Ask an administrator" in client.get("/account/").content.decode()
    assert client.post("/account/keys/", {"name": "x"}).status_code == 422


def test_unknown_pages_look_like_the_site(client: Client, db: None) -> None:
    response = client.get("/nothing-here/")
    assert response.status_code == 404
    assert "site-header" in response.content.decode()


def test_the_addresses() -> None:
    assert resolve("/sign-in/").func == pages.sign_in_page
    assert reverse("sign_in_link", args=["u", "t"]) == "/sign-in/link/u/t/"
