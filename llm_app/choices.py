"""The closed sets of this app."""

from __future__ import annotations

from django.db.models import TextChoices


class Role(TextChoices):
    """What a provider is asked for. Each has one default provider."""

    PARSER = "parser", "Parser"
    REVIEWER = "reviewer", "Reviewer"
    GENERATOR = "generator", "Generator"
    CHAT = "chat", "Chat"

    @property
    def column(self) -> str:
        """Of ``Provider``: whether it is the default."""
        return f"default_{self.value}"


class EntryStatus(TextChoices):
    """Where a ledger entry stands. Reserved: the call is under way, or its process died before booking it."""

    RESERVED = "reserved", "Reserved"
    BOOKED = "booked", "Booked"
    RELEASED = "released", "Released"


class Scope(TextChoices):
    """Whose spending a balance adds up, in the order in which balances are locked."""

    INSTALLATION = "installation", "Installation"
    CUSTOMER = "customer", "Customer"
    JOB = "job", "Job"


class CacheUse(TextChoices):
    """Whether a call asked for a kept answer, and found one."""

    NONE = "", "Not asked"
    MISS = "miss", "Not found"
    HIT = "hit", "Found"
