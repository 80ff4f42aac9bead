"""What is due now and then for this app: dead reservations are booked, what is old goes."""

from __future__ import annotations

import logging
from datetime import datetime, timedelta
from typing import Any

from django.utils import timezone

from jobs_app.retention import Rule, delete_all
from jobs_app.upkeep import Task
from llm_app.erasing import FORGOTTEN
from llm_app.ledger import find_orphans, settle_orphans
from llm_app.models import CachedAnswer, LedgerEntry

logger = logging.getLogger(__name__)


def _settle() -> dict[str, Any]:
    """Reservations of dead processes would count against the limits for ever."""
    for entry in find_orphans():
        logger.error("ledger: %s was sent by a process that died; booked as an estimate", entry.id)
    return {"booked as estimates": len(settle_orphans())}


def _ledger_metadata(before: datetime) -> int:
    old = LedgerEntry.objects.filter(created_at__lt=before, settled_at__isnull=False)
    return old.exclude(metadata={}, step_key="", prompt_hash="", idempotency_key="").update(**FORGOTTEN)


def _cached_answers(before: datetime) -> int:
    """Each carries the moment it expires."""
    return delete_all(CachedAnswer.objects.filter(expires_at__lt=timezone.now()))


CHORES = (Task("ledger", timedelta(hours=1), _settle),)
RULES = (
    Rule("details of ledger entries", "LEDGER_METADATA_DAYS", _ledger_metadata),
    Rule("kept answers", "ANSWER_CACHE_DAYS", _cached_answers),
)
