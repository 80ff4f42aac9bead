"""What accounts and audit entries say of somebody who is erased. Called by ``jobs_app.erasing``, in its transaction."""

from __future__ import annotations

import uuid

from django.contrib.admin.models import LogEntry
from django.db.models import Q

from accounts_app.models import AuditEntry, User


def forget_user(user: User) -> None:
    """Remove the account with its memberships and keys; audit entries say what was done, and by nobody in particular.

    Sessions of the account open nothing any more and go with the expired ones.
    """
    AuditEntry.objects.filter(actor_id=user.pk).update(actor_name="")
    keys = [str(key_id) for key_id in user.api_keys.values_list("pk", flat=True)]
    members = [str(membership_id) for membership_id in user.memberships.values_list("pk", flat=True)]
    of_the_user = Q(subject_type="user", subject_id=str(user.pk)) | Q(data__user=user.email) | Q(data__email=user.email)
    of_theirs = Q(subject_type="apikey", subject_id__in=keys) | Q(subject_type="membership", subject_id__in=members)
    AuditEntry.objects.filter(of_the_user | of_theirs).exclude(action="erase").update(data={})
    LogEntry.objects.filter(content_type__app_label="accounts_app", object_id=str(user.pk)).update(object_repr="")
    user.delete()


def forget_customer_audits(customer_id: uuid.UUID) -> None:
    """What happened for the customer stays on record, without names and details."""
    AuditEntry.objects.filter(customer_id=customer_id).exclude(action="erase").update(data={}, actor_name="")
