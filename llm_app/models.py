"""Providers and their prices, what was paid, what may be paid, and answers kept for the next time.

Written by: ``ledger`` (entries, balances), ``rates`` (buckets), ``answers`` (kept answers); providers, prices and
customers' caps by administrators.
"""

from __future__ import annotations

import uuid
from decimal import Decimal
from typing import Any, ClassVar

from django.core.validators import MinValueValidator, RegexValidator
from django.db import models
from django.db.models import Q
from django.db.models.functions import Now

from accounts_app.access import CustomerOwnedQuerySet
from accounts_app.ids import uuid7
from accounts_app.models import Customer
from jobs_app.models import Job
from llm_app.choices import CacheUse, EntryStatus, Role, Scope

MILLION = 1_000_000


def _usd(**options: Any) -> models.DecimalField[Any, Any]:
    return models.DecimalField(max_digits=14, decimal_places=6, validators=[MinValueValidator(0)], **options)


def _tokens() -> models.PositiveIntegerField[int, int]:
    return models.PositiveIntegerField(default=0)


class Provider(models.Model):
    """One configured language model. Read for every call, so that a change counts from the next one on."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    name = models.SlugField(max_length=60, unique=True, help_text="In requests and in the ledger; do not change it.")
    display_name = models.CharField(max_length=100)
    model = models.CharField(max_length=200, help_text="The model as its maker calls it.")
    litellm_model = models.CharField(
        "LiteLLM model", max_length=200, help_text="With the wire format before it: anthropic/…, openai/…, gemini/…"
    )
    base_url = models.CharField(
        "base URL",
        max_length=300,
        blank=True,
        # Looser than Django's own field, which knows no host names without a dot.
        validators=[RegexValidator(r"^https?://[^\s/]+\S*$", "An address begins with http:// or https://.")],
        help_text="Only for another server than the maker's own: …/v1 for openai/ models.",
    )
    api_key_variable = models.CharField(
        "API key variable",
        max_length=100,
        blank=True,
        # Whoever may edit this row must not be able to send other secrets of the environment to an address of theirs.
        validators=[RegexValidator(r"^(?!ADMIN_)[A-Z][A-Z0-9_]*_API_KEY$", "The name must end with _API_KEY.")],
        help_text="Name of the environment variable that holds the key, such as ANTHROPIC_API_KEY; never the key.",
    )
    price_name = models.CharField(
        max_length=200, blank=True, help_text="Under which name its price stands; empty: the LiteLLM model."
    )
    max_input_tokens = models.PositiveIntegerField(
        null=True, blank=True, help_text="Longer requests go to another provider. Empty: whatever the model takes."
    )
    max_tokens = models.PositiveIntegerField(
        default=4096, validators=[MinValueValidator(1)], help_text="Of one answer, at most."
    )
    enabled = models.BooleanField(default=True)
    default_parser = models.BooleanField(default=False, editable=False)
    default_reviewer = models.BooleanField(default=False, editable=False)
    default_generator = models.BooleanField(default=False, editable=False)
    default_chat = models.BooleanField(default=False, editable=False)
    fallback_order = models.PositiveSmallIntegerField(
        null=True, blank=True, help_text="Asked in this order when another one fails. Empty: never asked instead."
    )
    requests_per_minute = models.PositiveIntegerField(null=True, blank=True, validators=[MinValueValidator(1)])
    tokens_per_minute = models.PositiveIntegerField(null=True, blank=True, validators=[MinValueValidator(1)])
    timeout_seconds = models.PositiveIntegerField(
        default=120, validators=[MinValueValidator(1)], help_text="For one whole answer."
    )
    has_tools = models.BooleanField("takes tools", default=True)
    has_json_schema = models.BooleanField("takes a JSON schema", default=True)
    has_vision = models.BooleanField("sees pictures", default=False)
    has_streaming = models.BooleanField("streams", default=True)
    created_at = models.DateTimeField(db_default=Now(), editable=False)

    class Meta:
        ordering: ClassVar = ["display_name"]
        constraints: ClassVar = [
            models.UniqueConstraint(fields=[role.column], condition=Q(**{role.column: True}), name=f"one_{role.column}")
            for role in Role
        ]

    def __str__(self) -> str:
        return self.display_name

    @property
    def price_key(self) -> str:
        return self.price_name or self.litellm_model

    @property
    def roles(self) -> list[Role]:
        """Those it is the default for."""
        return [role for role in Role if getattr(self, role.column)]


class Price(models.Model):
    """What a model costs from a moment on, in USD per million tokens. The latest row before a call counts for it."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    model = models.CharField(max_length=200, help_text="The provider's price name: anthropic/claude-…, openai/gpt-…")
    valid_from = models.DateTimeField()
    input_usd = _usd(verbose_name="input")
    output_usd = _usd(verbose_name="output")
    cached_input_usd = _usd(verbose_name="cached input", null=True, blank=True, help_text="Empty: as input.")
    cache_write_usd = _usd(verbose_name="cache write", null=True, blank=True, help_text="Empty: as input.")
    reasoning_usd = _usd(verbose_name="reasoning", null=True, blank=True, help_text="Empty: as output.")
    is_free = models.BooleanField("costs nothing, on purpose", default=False, help_text="For models of your own.")

    class Meta:
        ordering: ClassVar = ["model", "-valid_from"]
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["model", "valid_from"], name="one_price_at_a_time"),
            models.CheckConstraint(
                condition=Q(is_free=True, input_usd=0, output_usd=0) | Q(is_free=False, input_usd__gt=0),
                name="price_is_zero_only_on_purpose",
                violation_error_message="A price of zero needs the mark “costs nothing, on purpose”, and only then.",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.model} from {self.valid_from:%Y-%m-%d}"


class LedgerEntry(models.Model):
    """One request to a provider: reserved before it is sent, booked or released after it. Figures, never content.

    The names of provider and model are copied: entries outlive both, and the customer too.
    """

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    customer = models.ForeignKey(Customer, models.SET_NULL, null=True, blank=True, related_name="+", db_index=False)
    job = models.ForeignKey(Job, models.SET_NULL, null=True, blank=True, related_name="ledger_entries")
    root_job_id = models.UUIDField(null=True, blank=True, editable=False)
    lease_number = models.PositiveBigIntegerField(null=True, blank=True, editable=False)
    attempt = models.PositiveIntegerField(null=True, blank=True)
    workflow = models.CharField(max_length=100, blank=True)
    step_key = models.CharField(max_length=300, blank=True)
    provider = models.CharField(max_length=60)
    model = models.CharField(max_length=200)
    price = models.ForeignKey(Price, models.SET_NULL, null=True, blank=True, related_name="+", db_index=False)
    status = models.CharField(max_length=10, choices=EntryStatus, default=EntryStatus.RESERVED)
    estimated = models.BooleanField(default=False, help_text="The provider did not say; counted here.")
    reserved_usd = _usd()
    cost_usd = _usd(default=Decimal(0))
    # While it is reserved: the most they can be.
    input_tokens = _tokens()
    output_tokens = _tokens()
    total_tokens = _tokens()
    cached_input_tokens = _tokens()
    cache_write_tokens = _tokens()
    reasoning_tokens = _tokens()
    streamed = models.BooleanField(default=False)
    cache = models.CharField(max_length=4, choices=CacheUse, blank=True, default=CacheUse.NONE)
    prompt_hash = models.CharField(max_length=64, blank=True)
    idempotency_key = models.CharField(max_length=400, blank=True)
    error_code = models.CharField(max_length=60, blank=True)
    duration_ms = models.PositiveIntegerField(null=True, blank=True)
    metadata = models.JSONField(default=dict, blank=True)
    period = models.CharField(max_length=7, help_text="The month it counts for, as 2026-11.")
    created_at = models.DateTimeField(db_default=Now(), editable=False)
    deadline_at = models.DateTimeField(help_text="Reserved beyond this, its process has died.")
    settled_at = models.DateTimeField(null=True, blank=True)

    objects = CustomerOwnedQuerySet["LedgerEntry"].as_manager()

    class Meta:
        ordering: ClassVar = ["-created_at", "-id"]
        verbose_name_plural = "ledger entries"
        indexes: ClassVar = [
            models.Index(fields=["customer", "created_at"], name="ledger_by_customer"),
            models.Index(fields=["created_at"], name="ledger_by_time"),
            models.Index(fields=["created_at"], name="ledger_open", condition=Q(status=EntryStatus.RESERVED)),
        ]

    def __str__(self) -> str:
        return f"{self.provider} {self.created_at:%Y-%m-%d %H:%M:%S}"


class LedgerBalance(models.Model):
    """What a job, a customer in a month, or the installation in a month has spent and reserved.

    The sum of the ledger's entries, kept beside them so that a reservation is one conditional UPDATE.
    """

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    scope = models.CharField(max_length=12, choices=Scope)
    owner_id = models.UUIDField(help_text="The customer, or the job that others were started by.")
    period = models.CharField(max_length=7, blank=True)
    spent_usd = _usd(default=Decimal(0))
    reserved_usd = _usd(default=Decimal(0))
    warned_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering: ClassVar = ["-period", "scope"]
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["scope", "owner_id", "period"], name="one_balance"),
            models.CheckConstraint(condition=Q(reserved_usd__gte=0), name="reserved_is_not_negative"),
        ]

    def __str__(self) -> str:
        return f"{self.scope} {self.owner_id} {self.period}".strip()


class CustomerCap(models.Model):
    """Limits of one customer that differ from the installation's. An empty one is as the installation's."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    customer = models.OneToOneField(Customer, models.CASCADE, related_name="cap")
    call_usd = _usd(verbose_name="per call", null=True, blank=True)
    job_usd = _usd(verbose_name="per job", null=True, blank=True)
    month_usd = _usd(verbose_name="per month", null=True, blank=True)

    class Meta:
        ordering: ClassVar = ["customer"]

    def __str__(self) -> str:
        return f"Limits of {self.customer}"


class RateBucket(models.Model):
    """How much a provider may be asked at this moment; refilled with time, shared by all processes."""

    provider = models.OneToOneField(Provider, models.CASCADE, primary_key=True, related_name="+")
    requests = models.FloatField()
    tokens = models.FloatField()
    refilled_at = models.DateTimeField()

    class Meta:
        ordering: ClassVar = ["provider"]

    def __str__(self) -> str:
        return str(self.provider_id)


class CachedAnswer(models.Model):
    """An answer kept for the same request of the same customer. Content: erasable, and gone when it expires."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    customer = models.ForeignKey(Customer, models.CASCADE, related_name="+", db_index=False)
    job = models.ForeignKey(Job, models.SET_NULL, null=True, blank=True, related_name="+")
    request_hash = models.CharField(max_length=64)
    answer = models.JSONField()
    hits = models.PositiveIntegerField(default=0)
    created_at = models.DateTimeField(db_default=Now(), editable=False)
    expires_at = models.DateTimeField(db_index=True)

    objects = CustomerOwnedQuerySet["CachedAnswer"].as_manager()

    class Meta:
        ordering: ClassVar = ["-created_at"]
        constraints: ClassVar = [models.UniqueConstraint(fields=["customer", "request_hash"], name="one_cached_answer")]

    def __str__(self) -> str:
        return self.request_hash


NOBODY = uuid.UUID(int=0)
"""The owner of the installation's balances."""
