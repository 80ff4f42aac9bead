"""How providers fare, as their last calls ended: read from the ledger. Looking asks nobody and costs nothing."""

from __future__ import annotations

from dataclasses import dataclass

from django.db import connection

from llm_app.errors import (
    ProviderAuthenticationFailed,
    ProviderRateLimited,
    ProviderSaidNothing,
    ProviderTimedOut,
    ProviderUnavailable,
)
from llm_app.models import Provider
from llm_app.providers import why_unavailable

_LAST_CALLS = 3
# Whoever has not been asked for so long is as well as anybody knows.
_WITHIN = "1 hour"
# Those that are the provider's; what a request itself was refused for says nothing of its health.
_FAULTS = [
    ProviderAuthenticationFailed.code,
    ProviderRateLimited.code,
    ProviderSaidNothing.code,
    ProviderTimedOut.code,
    ProviderUnavailable.code,
]
_OUTCOMES = """
    SELECT provider.name, min(last.error_code)
      FROM llm_app_provider AS provider
      CROSS JOIN LATERAL (
          SELECT error_code FROM llm_app_ledgerentry AS entry
           WHERE entry.provider = provider.name AND entry.created_at > now() - %(within)s::interval
             AND entry.status IN ('booked', 'released') AND entry.cache <> 'hit'
             AND (entry.error_code = '' OR entry.error_code = ANY(%(faults)s))
           ORDER BY entry.created_at DESC LIMIT %(calls)s
      ) AS last
     WHERE provider.enabled
     GROUP BY provider.name
    HAVING bool_and(last.error_code <> '')"""


@dataclass(frozen=True, slots=True)
class ProviderHealth:
    """One that is switched on: what it lacks to be used, or with what error all its last calls ended."""

    name: str
    lack: str
    error_code: str


def provider_health() -> list[ProviderHealth]:
    """Of every provider that is switched on, in two queries. Well is who lacks nothing and has no error."""
    with connection.cursor() as cursor:
        cursor.execute(_OUTCOMES, {"within": _WITHIN, "faults": _FAULTS, "calls": _LAST_CALLS})
        failing = dict(cursor.fetchall())
    enabled = Provider.objects.filter(enabled=True).order_by("name")
    return [ProviderHealth(one.name, why_unavailable(one), failing.get(one.name, "")) for one in enabled]
