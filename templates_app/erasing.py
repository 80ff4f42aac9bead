"""What this app has of a customer or a job that is erased; called by ``jobs_app.erasing``, in its transaction."""

from __future__ import annotations

import uuid
from collections.abc import Sequence

from templates_app.models import (
    Batch,
    Correction,
    Document,
    Draft,
    Fact,
    FactLink,
    Finding,
    Review,
    Template,
    TemplateField,
    TemplateSection,
    TemplateVersion,
)


def erase_of_customer(customer_id: uuid.UUID) -> None:
    """Facts, documents, reviews, templates and what hangs on them; the files go with the customer's artifacts."""
    made = (Fact, FactLink, Draft, Document, Batch, Finding, Review)
    for model in (*made, Correction, TemplateVersion, TemplateField, TemplateSection, Template):
        model._default_manager.filter(customer_id=customer_id).delete()


def erase_of_jobs(job_ids: Sequence[uuid.UUID]) -> None:
    """Documents, batches and reviews these jobs made. A template is no product of the job that read it: it stays."""
    Document.objects.filter(job_id__in=job_ids).delete()
    Batch.objects.filter(job_id__in=job_ids).delete()
    Review.objects.filter(job_id__in=job_ids).delete()
