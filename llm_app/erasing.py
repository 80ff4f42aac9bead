"""What this app has of a customer or of jobs that are erased; called by ``jobs_app.erasing``, in its transaction.

The ledger's figures stay: what was spent was spent, and the installation's limit counts it.
"""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from typing import Any

from jobs_app.models import Job
from llm_app.choices import Scope
from llm_app.models import CachedAnswer, CustomerCap, LedgerBalance, LedgerEntry

# What an entry says beside its figures.
FORGOTTEN: dict[str, Any] = {"metadata": {}, "step_key": "", "prompt_hash": "", "idempotency_key": ""}


def erase_of_customer(customer_id: uuid.UUID) -> None:
    """Kept answers, limits and balances go; entries stay as figures of nobody."""
    CachedAnswer.objects.filter(customer_id=customer_id).delete()
    CustomerCap.objects.filter(customer_id=customer_id).delete()
    jobs = Job.objects.filter(customer_id=customer_id).values("id")
    LedgerBalance.objects.filter(scope=Scope.JOB, owner_id__in=jobs).delete()
    LedgerBalance.objects.filter(scope=Scope.CUSTOMER, owner_id=customer_id).delete()
    entries = LedgerEntry.objects.filter(customer_id=customer_id)
    entries.update(**FORGOTTEN, customer=None, job=None, root_job_id=None, workflow="")


def forget_content(job_ids: Sequence[uuid.UUID]) -> None:
    """Answers these jobs left for others to find, and which steps and prompts their calls were for."""
    CachedAnswer.objects.filter(job_id__in=job_ids).delete()
    LedgerEntry.objects.filter(job_id__in=job_ids).update(**FORGOTTEN)
