"""What this app has of a customer or a job that is erased; called by ``jobs_app.erasing``, in its transaction."""

from __future__ import annotations

import uuid
from collections.abc import Sequence

from templates_app.models import (
    Correction,
    Document,
    Finding,
    Review,
    Template,
    TemplateField,
    TemplateSection,
    TemplateVersion,
)


def erase_of_customer(customer_id: uuid.UUID) -> None:
    """Documents, reviews, templates and what hangs on them; the files go with the customer's artifacts."""
    owned = (Document, Finding, Review, Correction, TemplateVersion, TemplateField, TemplateSection, Template)
    for model in owned:
        model._default_manager.filter(customer_id=customer_id).delete()


def erase_of_jobs(job_ids: Sequence[uuid.UUID]) -> None:
    """Documents and reviews these jobs made. A template is no product of the job that read it: it stays as it is."""
    Document.objects.filter(job_id__in=job_ids).delete()
    Review.objects.filter(job_id__in=job_ids).delete()
