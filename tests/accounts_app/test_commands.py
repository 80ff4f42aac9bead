import io
from typing import Any

import pytest
from django.conf import settings
from django.core.management import CommandError, call_command
from django.test import Client

from accounts_app.api_keys import actor_for_key
from accounts_app.choices import Role, UserStatus
from accounts_app.members import get_user, set_user_status
from accounts_app.models import ApiKey, Customer, Membership, User
from tests.conftest import PASSWORD


def _run(*arguments: str, **options: Any) -> tuple[str, str]:
    out, err = io.StringIO(), io.StringIO()
    call_command(*arguments, stdout=out, stderr=err, **options)
    return out.getvalue(), err.getvalue()


def test_create_customer(db: None) -> None:
    out, _ = _run("create_customer", "acme", "--name", "Acme Ltd")
    assert "acme" in out
    assert Customer.objects.get().name == "Acme Ltd"
    with pytest.raises(CommandError, match="already"):
        _run("create_customer", "acme", "--name", "Other")
    with pytest.raises(CommandError, match="slug"):
        _run("create_customer", "Not A Slug")


def test_create_user_with_a_password(customer: Customer, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.stdin", io.StringIO(PASSWORD + "\nmore\n"))
    _run(
        "create_user", "Ada@example.org", "--customer", "acme", "--role", "editor", "--name", "Ada", "--password-stdin"
    )
    user = get_user("ada@example.org")
    assert user.check_password(PASSWORD)
    assert (user.name, user.is_staff) == ("Ada", False)
    assert user.memberships.get().role == Role.EDITOR


def test_create_staff(customer: Customer) -> None:
    _run("create_user", "root@example.org", "--customer", "acme", "--role", "manager", "--staff")
    assert get_user("root@example.org").is_superuser


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (["ada@example.org", "--customer", "nope", "--role", "editor"], "no customer 'nope'"),
        (["ada", "--customer", "acme", "--role", "editor"], "not an e-mail address"),
        (["ada@example.org", "--customer", "acme", "--role", "boss"], "invalid choice"),
        (["ada@example.org", "--customer", "acme", "--role", "editor", "--password-stdin"], "no password"),
        (["ada@example.org"], "required"),
    ],
)
def test_create_user_refuses(
    customer: Customer, monkeypatch: pytest.MonkeyPatch, arguments: list[str], says: str
) -> None:
    monkeypatch.setattr("sys.stdin", io.StringIO(""))
    with pytest.raises(CommandError, match=says):
        _run("create_user", *arguments)
    assert not User.objects.exists()


def test_create_user_refuses_a_weak_password(customer: Customer, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.stdin", io.StringIO("12345678\n"))
    with pytest.raises(CommandError, match="too common"):
        _run("create_user", "ada@example.org", "--customer", "acme", "--role", "editor", "--password-stdin")


def test_create_user_twice(editor: User, other_customer: Customer, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(CommandError, match="already"):
        _run("create_user", "ada@example.org", "--customer", "acme", "--role", "viewer")
    _run("create_user", "ADA@example.org", "--customer", "globex", "--role", "viewer")
    assert Membership.objects.filter(user=editor).count() == 2
    monkeypatch.setattr("sys.stdin", io.StringIO("a stolen account\n"))
    with pytest.raises(CommandError, match="for new ones"):
        _run("create_user", "ada@example.org", "--customer", "globex", "--role", "viewer", "--password-stdin")
    assert User.objects.get(pk=editor.pk).check_password(PASSWORD)


def test_create_api_key(editor: User) -> None:
    out, err = _run("create_api_key", "ADA@example.org", "--customer", "acme", "--name", "script")
    actor = actor_for_key(out.splitlines()[-1])
    assert actor is not None and actor.user == editor
    assert out.strip() not in err
    with pytest.raises(CommandError, match="already"):
        _run("create_api_key", "ada@example.org", "--customer", "acme", "--name", "script")
    _run("create_api_key", "ada@example.org", "--customer", "acme")
    assert ApiKey.objects.count() == 2


def test_create_api_key_refuses(editor: User, stranger: User) -> None:
    with pytest.raises(CommandError, match="no user"):
        _run("create_api_key", "nobody@example.org", "--customer", "acme")
    with pytest.raises(CommandError, match="not a member"):
        _run("create_api_key", "hank@example.org", "--customer", "acme")


def test_sign_in_link(client: Client, editor: User) -> None:
    out, _ = _run("sign_in_link", "ada@example.org")
    link = out.splitlines()[-1]
    assert client.get(link.removeprefix(settings.BASE_URL)).status_code == 302
    assert client.get("/account/").status_code == 200


def test_sign_in_link_refuses(editor: User) -> None:
    with pytest.raises(CommandError, match="no user"):
        _run("sign_in_link", "nobody@example.org")
    set_user_status(editor, UserStatus.SUSPENDED)
    with pytest.raises(CommandError, match="suspended"):
        _run("sign_in_link", "ada@example.org")
