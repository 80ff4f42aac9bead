from datetime import UTC, datetime, timedelta

import jwt
import pytest
from django.conf import LazySettings, settings
from django.db import transaction
from django.utils import timezone

from accounts_app.choices import Role, UserStatus
from accounts_app.errors import BadSignInLink, BadToken
from accounts_app.members import add_member, set_password, set_user_status
from accounts_app.models import Customer, Membership, User
from accounts_app.tokens import (
    issue_access_token,
    issue_websocket_token,
    read_access_token,
    read_websocket_token,
    sign_in_link,
    user_for_link,
)


def test_an_access_token_is_its_user(editor: User, customer: Customer) -> None:
    issued = issue_access_token(editor)
    actor = read_access_token(issued.token)
    assert (actor.user, actor.door, actor.roles) == (editor, "api", {customer.pk: Role.EDITOR})
    assert issued.expires_in == settings.ACCESS_TOKEN_SECONDS
    assert issued.expires_at > datetime.now(UTC)


def test_tokens_run_out(editor: User) -> None:
    now = datetime.now(UTC)
    access = issue_access_token(editor, now=now - timedelta(seconds=settings.ACCESS_TOKEN_SECONDS + 1))
    socket = issue_websocket_token(editor, now=now - timedelta(seconds=settings.WEBSOCKET_TOKEN_SECONDS + 1))
    with pytest.raises(BadToken):
        read_access_token(access.token)
    with pytest.raises(BadToken):
        read_websocket_token(socket.token)


def test_one_kind_of_token_is_not_the_other(editor: User) -> None:
    with pytest.raises(BadToken):
        read_access_token(issue_websocket_token(editor).token)
    with pytest.raises(BadToken):
        read_websocket_token(issue_access_token(editor).token)
    assert read_websocket_token(issue_websocket_token(editor).token).door == "socket"


@pytest.mark.parametrize("token", ["", "x", "a.b.c", "é" * 10, "a" * 10_000])
def test_what_is_no_token_is_refused(db: None, token: str) -> None:
    with pytest.raises(BadToken):
        read_access_token(token)


def test_forged_tokens_are_refused(editor: User) -> None:
    claims = jwt.decode(issue_access_token(editor).token, options={"verify_signature": False})
    with pytest.raises(BadToken):
        read_access_token(jwt.encode(claims, settings.SECRET_KEY.ljust(64), "HS256"))
    with pytest.raises(BadToken):
        read_access_token(jwt.encode(claims, "", "none"))


def test_a_token_can_be_limited_to_a_customer(editor: User, other_customer: Customer) -> None:
    membership = add_member(user=editor, customer=other_customer, role=Role.VIEWER)
    token = issue_access_token(editor, customer_id=other_customer.pk).token
    assert read_access_token(token).roles == {other_customer.pk: Role.VIEWER}
    membership.delete()
    with pytest.raises(BadToken):
        read_access_token(token)


def test_suspended_and_deleted_users_are_refused(editor: User, stranger: User) -> None:
    token, other = issue_access_token(editor).token, issue_access_token(stranger).token
    set_user_status(editor, UserStatus.SUSPENDED)
    stranger.delete()
    for refused in (token, other):
        with pytest.raises(BadToken):
            read_access_token(refused)


def test_a_new_password_ends_all_tokens(editor: User) -> None:
    token = issue_access_token(editor).token
    set_password(editor, "another good one")
    with pytest.raises(BadToken):
        read_access_token(token)


def test_a_membership_taken_away_counts_at_once(editor: User) -> None:
    token = issue_access_token(editor).token
    Membership.objects.filter(user=editor).delete()
    assert read_access_token(token).roles == {}


def _parts(link: str) -> tuple[str, str]:
    uid, token = link.rstrip("/").split("/")[-2:]
    return uid, token


def test_a_sign_in_link_finds_its_user(editor: User) -> None:
    link = sign_in_link(editor)
    assert link.startswith(settings.BASE_URL + "/sign-in/link/")
    with transaction.atomic():
        assert user_for_link(*_parts(link)) == editor


def test_a_sign_in_link_dies_with_the_next_sign_in_and_password(editor: User) -> None:
    link = sign_in_link(editor)
    editor.last_login = timezone.now()
    editor.save()
    with pytest.raises(BadSignInLink):
        user_for_link(*_parts(link))
    link = sign_in_link(editor)
    editor.last_login += timedelta(microseconds=1)  # even within the same second
    editor.save()
    with pytest.raises(BadSignInLink):
        user_for_link(*_parts(link))
    link = sign_in_link(editor)
    set_password(editor, "another good one")
    with pytest.raises(BadSignInLink):
        user_for_link(*_parts(link))


def test_a_sign_in_link_runs_out(editor: User, settings: LazySettings) -> None:
    link = sign_in_link(editor)
    settings.SIGN_IN_LINK_SECONDS = -1
    with pytest.raises(BadSignInLink):
        user_for_link(*_parts(link))


def test_a_sign_in_link_of_a_suspended_user(editor: User) -> None:
    link = sign_in_link(editor)
    set_user_status(editor, UserStatus.SUSPENDED)
    with pytest.raises(BadSignInLink):
        user_for_link(*_parts(link))


@pytest.mark.parametrize("uid", ["", "x", "é", "AAAA", "0" * 32])
@pytest.mark.parametrize("token", ["", "x", "x-y", "abc-" + "0" * 32])
def test_what_is_no_link_is_refused(db: None, uid: str, token: str) -> None:
    with pytest.raises(BadSignInLink):
        user_for_link(uid, token)
