"""How providers fare, as their last calls ended: read from the ledger. Looking asks nobody and costs nothing."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from django.db import connection
from django.utils import timezone

from llm_app.errors import (
    ProviderAuthenticationFailed,
    ProviderError,
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
_FAULTS: dict[str, type[ProviderError]] = {
    fault.code: fault
    for fault in (
        ProviderAuthenticationFailed,
        ProviderRateLimited,
        ProviderSaidNothing,
        ProviderTimedOut,
        ProviderUnavailable,
    )
}
_FAILING = """
    WITH call AS MATERIALIZED (
        SELECT provider, error_code, created_at,
               row_number() OVER (PARTITION BY provider ORDER BY created_at DESC) AS ago,
               max(created_at) FILTER (WHERE error_code = '') OVER (PARTITION BY provider) AS well_at
          FROM llm_app_ledgerentry
         WHERE created_at > now() - %(within)s::interval
           AND status IN ('booked', 'released') AND cache <> 'hit'
           AND (error_code = '' OR error_code = ANY(%(faults)s))
    )
    SELECT provider, min(created_at), max(created_at), max(error_code) FILTER (WHERE ago = 1)
      FROM call
     WHERE well_at IS NULL OR created_at > well_at
     GROUP BY provider
    HAVING count(*) >= %(calls)s OR max(well_at) IS NULL"""


@dataclass(frozen=True, slots=True)
class Failing:
    """That all the last calls of a provider ended with an error of its own: since when, when last, and with which."""

    since: datetime
    last_at: datetime
    error_code: str

    @property
    def words(self) -> str:
        """For people, with what to do."""
        since, last_at = (f"{timezone.localtime(at):%H:%M}" for at in (self.since, self.last_at))
        when = f"since {since}, the last time at {last_at}" if since != last_at else f"at {since}"
        return f"All its last calls failed, {when}: {(_FAULTS[self.error_code].__doc__ or '').strip()}"


@dataclass(frozen=True, slots=True)
class ProviderHealth:
    """One that is switched on: what it lacks to be used, or with what error all its last calls ended."""

    name: str
    lack: str
    error_code: str


def failing_providers() -> dict[str, Failing]:
    """By name, in one query."""
    with connection.cursor() as cursor:
        cursor.execute(_FAILING, {"within": _WITHIN, "faults": list(_FAULTS), "calls": _LAST_CALLS})
        return {name: Failing(*rest) for name, *rest in cursor.fetchall()}


def provider_health() -> list[ProviderHealth]:
    """Of every provider that is switched on, in two queries. Well is who lacks nothing and has no error."""
    codes = {name: one.error_code for name, one in failing_providers().items()}
    enabled = Provider.objects.filter(enabled=True).order_by("name")
    return [ProviderHealth(one.name, why_unavailable(one), codes.get(one.name, "")) for one in enabled]
