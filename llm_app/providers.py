"""Providers: which can be used, which one is asked, and who comes next when it fails."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, TypeVar

from django.conf import settings
from django.db import connection, transaction
from django.db.models import Model, Q

from accounts_app.access import Actor, record_audit
from accounts_app.errors import DnaError, NotAllowed
from llm_app.choices import Role
from llm_app.errors import NoProvider, UnknownPrice, UnknownProvider
from llm_app.exchange import Request
from llm_app.models import Price, Provider
from llm_app.prices import unknown_price, untracked

M = TypeVar("M", bound=Model)


def _fields(model: type[Model]) -> list[str]:
    return [field.attname for field in model._meta.concrete_fields]


def _columns(model: type[Model], alias: str) -> str:
    return ", ".join(f"{alias}.{name}" for name in _fields(model))


def _object(model: type[M], values: Sequence[Any]) -> M:
    return model.from_db("default", _fields(model), values)


# Who may be asked, in order, with prices; the primary key comes first among the columns of both.
_IN_ORDER = f"""
    SELECT llm_app_askable_version(%(name)s, %(role)s, %(fallbacks)s), is_first,
           {_columns(Provider, "(provider)")}, {_columns(Price, "(price)")}
      FROM llm_app_askable(%(name)s, %(role)s, %(fallbacks)s)"""  # noqa: S608 - only fixed fragments are put together

logger = logging.getLogger(__name__)


class ProvidersChanged(Exception):
    """Other providers or prices count by now than those a reservation was to be made on."""


@dataclass(frozen=True, slots=True)
class Seen:
    """What a choice was made of that was read some time ago; a reservation is refused once it is no longer so."""

    name: str
    role: str
    fallbacks: bool
    version: str


@dataclass(frozen=True, slots=True)
class Candidate:
    """A provider that may be asked, with the price that counts now; with ``seen`` where that was read some time ago."""

    provider: Provider
    price: Price
    seen: Seen | None = None


@dataclass(frozen=True, slots=True)
class _Askable:
    """The first one and the fallbacks, each with its price, as the tables had it under this version."""

    rows: tuple[tuple[Provider, Price | None], ...]
    version: str


# What was read last, by what was asked for. Nothing goes by it that the database has not found unchanged.
_read: dict[tuple[str, str, bool], _Askable] = {}


def api_key(provider: Provider) -> str:
    """From the environment; empty when the variable is not set, or the provider needs none."""
    return str(settings.READ_SECRET(provider.api_key_variable)) if provider.api_key_variable else ""


def why_unavailable(provider: Provider) -> str:
    """In words, for people; empty when it can be used."""
    if not provider.enabled:
        return "It is switched off."
    if provider.api_key_variable and not api_key(provider):
        return f"The variable {provider.api_key_variable} is not set."
    return ""


def is_any_available() -> bool:
    return bool(usable_providers())


def usable_providers(*, also: str = "") -> list[Provider]:
    """Those that can be asked, for a person to choose from, and the one chosen before."""
    known = Provider.objects.filter(Q(enabled=True) | Q(name=also)).order_by("display_name")
    return [provider for provider in known if provider.name == also or not why_unavailable(provider)]


def default_provider(role: Role) -> Provider | None:
    return Provider.objects.filter(**{role.column: True}).first()


def choose_provider(role: Role, *, other_than: str = "") -> Provider | None:
    """The default for a role, or one that stands in for it where that is the one to avoid; None when none can be used.

    Nobody should judge their own work; but where there is nobody else, they do.
    """
    stand_ins = Provider.objects.filter(enabled=True, fallback_order__isnull=False).order_by("fallback_order", "name")
    default = default_provider(role)
    usable = [one for one in ([default] if default else []) + list(stand_ins) if not why_unavailable(one)]
    return next((one for one in usable if one.name != other_than), usable[0] if usable else None)


def check_provider(name: str) -> None:
    """Raise ``UnknownProvider``, or ``NoProvider`` with what it lacks, for one that somebody named."""
    provider = Provider.objects.filter(name=name).first()
    if provider is None:
        raise UnknownProvider(f"There is no provider {name!r}.")
    if lack := why_unavailable(provider):
        raise NoProvider(f"{provider.display_name} cannot be used: {lack}")


def candidates(request: Request) -> list[Candidate]:
    """Who may be asked, in order: the one named or the default for the role, then the fallbacks.

    Raises ``UnknownProvider``, ``NoProvider`` and ``UnknownPrice`` where nobody is left, with what the first lacks.
    """
    return _usable(_look_up(request).rows, request)


def known_candidates(request: Request) -> list[Candidate]:
    """The same by what this process read last; empty where that does not do and only a look at the tables helps."""
    key = _key(request)
    known = _read.get(key)
    if known is None:
        return []
    try:
        return _usable(known.rows, request, Seen(*key, known.version))
    except (NoProvider, UnknownPrice):
        return []


def _key(request: Request) -> tuple[str, str, bool]:
    return request.provider, request.role.value, request.fallbacks


def _look_up(request: Request) -> _Askable:
    """As the tables have it at this moment; kept for the next call."""
    name, role, fallbacks = key = _key(request)
    with connection.cursor() as cursor:
        cursor.execute(_IN_ORDER, {"name": name, "role": role, "fallbacks": fallbacks})
        rows = cursor.fetchall()
    if name and not any(is_first for _, is_first, *_ in rows):
        raise UnknownProvider(f"There is no provider {name!r}.")
    found = _Askable(tuple(_provider_and_price(row[2:]) for row in rows), rows[0][0] if rows else "")
    if rows:
        _read[key] = found
    return found


def _provider_and_price(values: Sequence[Any]) -> tuple[Provider, Price | None]:
    width = len(_fields(Provider))
    return _object(Provider, values[:width]), _object(Price, values[width:]) if values[width] else None


def _usable(
    rows: Sequence[tuple[Provider, Price | None]], request: Request, seen: Seen | None = None
) -> list[Candidate]:
    found: list[Candidate] = []
    first_lack: DnaError | None = None
    for provider, price in rows:
        try:
            found.append(Candidate(provider, _price(provider, price, request), seen))
        except (NoProvider, UnknownPrice) as lack:
            first_lack = first_lack or lack
            logger.debug("provider %s is left out: %s", provider.name, lack)
    # A missing price is a mistake to be mended, not a reason to ask somebody else in silence.
    if isinstance(first_lack, UnknownPrice) or not found:
        raise first_lack or NoProvider()
    return found


def _price(provider: Provider, price: Price | None, request: Request) -> Price:
    """That of a provider which can be asked this. Raises ``NoProvider`` and ``UnknownPrice``."""
    if lack := why_unavailable(provider) or _missing_ability(provider, request):
        raise NoProvider(f"{provider.display_name} cannot be used: {lack}")
    if not settings.ENABLE_COST_TRACKING:
        return untracked(provider)
    if price is None:
        raise unknown_price(provider)
    return price


def _missing_ability(provider: Provider, request: Request) -> str:
    if request.tools and not provider.has_tools:
        return "It takes no tools."
    if request.has_pictures and not provider.has_vision:
        return "It sees no pictures."
    return ""


def make_default(provider: Provider, role: Role, *, actor: Actor) -> None:
    """Make it the default for a role, in place of the one that is. Safe to call twice."""
    if not actor.is_staff:
        raise NotAllowed("Only administrators choose the default providers.")
    with transaction.atomic():
        locked = {one.pk: one for one in Provider.objects.select_for_update().order_by("pk")}
        if getattr(locked[provider.pk], role.column):
            return
        Provider.objects.filter(**{role.column: True}).update(**{role.column: False})
        Provider.objects.filter(pk=provider.pk).update(**{role.column: True})
        record_audit(actor, "provider.made_default", provider, role=role.value)


