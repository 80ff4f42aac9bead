"""``/api/v1/auth``: tokens, who am I, API keys."""

from __future__ import annotations

import uuid
from datetime import datetime
from typing import Literal

from django.http import HttpRequest
from ninja import Router, Schema, Status
from pydantic import Field

from accounts_app import api_keys
from accounts_app.access import Actor, actor_for
from accounts_app.choices import Role
from accounts_app.http import actor_of, error_responses
from accounts_app.models import ApiKey, Customer
from accounts_app.sign_in import check_credentials
from accounts_app.tokens import issue_access_token, issue_websocket_token

router = Router()


class TokenRequest(Schema):
    email: str = Field(max_length=254)
    password: str = Field(max_length=4096)
    customer: str | None = Field(None, description="Slug of the one customer the token is to be good for.")


class TokenAnswer(Schema):
    access_token: str
    token_type: Literal["Bearer"] = "Bearer"  # noqa: S105 - the word of RFC 6750
    expires_in: int = Field(description="Seconds.")


class WebsocketTokenAnswer(Schema):
    token: str = Field(description="For `?token=` of a WebSocket address.")
    expires_in: int = Field(description="Seconds.")


class CustomerAnswer(Schema):
    id: uuid.UUID
    slug: str
    name: str


class MembershipAnswer(Schema):
    customer: CustomerAnswer
    role: Role


class UserAnswer(Schema):
    id: uuid.UUID
    email: str
    name: str
    is_staff: bool


class MeAnswer(Schema):
    user: UserAnswer
    memberships: list[MembershipAnswer]
    customer: CustomerAnswer | None = Field(description="Whom requests act for unless X-Customer names another.")


class KeyRequest(Schema):
    name: str = Field("", max_length=100)


class KeyAnswer(Schema):
    id: uuid.UUID
    name: str
    prefix: str
    customer: CustomerAnswer
    created_at: datetime
    last_used_at: datetime | None
    expires_at: datetime | None


class NewKeyAnswer(KeyAnswer):
    key: str = Field(description="The key itself. It is shown this once.")


@router.post("/token", auth=None, response={200: TokenAnswer, **error_responses(429)})
def create_token(request: HttpRequest, credentials: TokenRequest) -> TokenAnswer:
    """An access token for `Authorization: Bearer`."""
    user = check_credentials(request, email=credentials.email, password=credentials.password)
    customer_id = actor_for(user).customer_id(credentials.customer) if credentials.customer else None
    issued = issue_access_token(user, customer_id=customer_id)
    return TokenAnswer(access_token=issued.token, expires_in=issued.expires_in)


@router.post("/websocket-token", response={200: WebsocketTokenAnswer, **error_responses()})
def create_websocket_token(request: HttpRequest) -> WebsocketTokenAnswer:
    """A short-lived token for a WebSocket, which can send no header."""
    actor = actor_of(request)
    only = next(iter(actor.roles)) if len(actor.roles) == 1 else None
    issued = issue_websocket_token(actor.user, customer_id=only)
    return WebsocketTokenAnswer(token=issued.token, expires_in=issued.expires_in)


@router.get("/me", response={200: MeAnswer, **error_responses()})
def get_me(request: HttpRequest) -> MeAnswer:
    """Who you are and whom you act for."""
    return _me(actor_of(request))


@router.get("/keys", response={200: list[KeyAnswer], **error_responses()})
def list_keys(request: HttpRequest) -> list[ApiKey]:
    """Your API keys that still open something."""
    return list(api_keys.keys_of(actor_of(request)))


@router.post("/keys", response={201: NewKeyAnswer, **error_responses(409)})
def create_key(request: HttpRequest, wanted: KeyRequest) -> Status[NewKeyAnswer]:
    """A new key for the customer you act for, in your role. The answer is the only place where it is shown."""
    actor = actor_of(request)
    customer = Customer.objects.get(pk=actor.customer_id())
    key, secret = api_keys.create_api_key(user=actor.user, customer=customer, name=wanted.name, actor=actor)
    return Status(201, NewKeyAnswer(key=secret, **KeyAnswer.from_orm(key).dict()))


@router.delete("/keys/{uuid:key_id}", response={204: None, **error_responses()})
def revoke_key(request: HttpRequest, key_id: uuid.UUID) -> Status[None]:
    """Revoke one of your keys, at once."""
    api_keys.revoke_own_key(actor_of(request), key_id)
    return Status(204, None)


def _me(actor: Actor) -> MeAnswer:
    memberships = actor.user.memberships.filter(customer_id__in=list(actor.roles)).select_related("customer")
    answers = [MembershipAnswer.from_orm(membership) for membership in memberships.order_by("customer__name")]
    current = next((answer.customer for answer in answers if answer.customer.id == actor.current), None)
    return MeAnswer(user=UserAnswer.from_orm(actor.user), memberships=answers, customer=current)
