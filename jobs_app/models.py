"""Jobs, their append-only log, what their steps returned, and the files they keep.

Written by: ``events.append`` (events and a job's summary), ``claims`` (leases), ``steps`` (results), ``artifacts``.
"""

from __future__ import annotations

from typing import ClassVar

from django.contrib.postgres.fields import ArrayField
from django.contrib.postgres.indexes import GinIndex
from django.core.validators import MaxValueValidator
from django.db import models
from django.db.models.functions import Now

from accounts_app.access import CustomerOwnedQuerySet
from accounts_app.ids import uuid7
from accounts_app.models import Customer, User
from jobs_app.choices import IN_LINE, UNFINISHED, AlertKind, EventType, FeedType, JobStatus
from jobs_app.workflows import workflow_title


class Job(models.Model):
    """One piece of work somebody asked for.

    Status, progress, step, cost and the number of the last event are a summary of the log, written by
    ``events.append`` alone. The lease columns say which worker may write for the job and until when.
    """

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    customer = models.ForeignKey(Customer, models.CASCADE, related_name="jobs")
    workflow = models.CharField(max_length=100)
    workflow_version = models.PositiveIntegerField(default=1)
    arguments = models.JSONField(default=dict)
    priority = models.PositiveSmallIntegerField(default=5, validators=[MaxValueValidator(10)])
    created_by = models.ForeignKey(User, models.SET_NULL, null=True, blank=True, related_name="+")
    subject_type = models.CharField(max_length=60, blank=True)
    subject_id = models.UUIDField(null=True, blank=True)
    root = models.ForeignKey("self", models.CASCADE, null=True, blank=True, related_name="descendants")
    parent = models.ForeignKey("self", models.CASCADE, null=True, blank=True, related_name="children")
    parent_key = models.CharField(max_length=300, blank=True, help_text="Key of the step in the parent that waits.")

    status = models.CharField(max_length=10, choices=JobStatus, default=JobStatus.PENDING)
    attempt = models.PositiveIntegerField(default=1)
    progress = models.PositiveSmallIntegerField(default=0)
    current_step = models.CharField(max_length=200, blank=True)
    eta_seconds = models.PositiveIntegerField(null=True, blank=True)
    result = models.JSONField(null=True, blank=True)
    error_code = models.CharField(max_length=60, blank=True)
    error_message = models.TextField(blank=True)
    errored = models.BooleanField(default=False, help_text="Failed through a fault of ours, not of the input.")
    provider = models.CharField(max_length=100, blank=True)
    model = models.CharField(max_length=200, blank=True)
    input_tokens = models.PositiveBigIntegerField(default=0)
    output_tokens = models.PositiveBigIntegerField(default=0)
    cost_usd = models.DecimalField(max_digits=14, decimal_places=6, default=0)
    last_event_number = models.PositiveIntegerField(default=0)
    last_event_at = models.DateTimeField(null=True, blank=True)

    created_at = models.DateTimeField(db_default=Now(), editable=False)
    started_at = models.DateTimeField(null=True, blank=True, help_text="First pick-up of the current attempt.")
    completed_at = models.DateTimeField(null=True, blank=True, help_text="End of the current attempt.")
    deadline_at = models.DateTimeField(null=True, blank=True)
    erased_at = models.DateTimeField(
        null=True, blank=True, help_text="Since when this is a shell: log and figures without content."
    )

    wake_at = models.DateTimeField(null=True, blank=True, help_text="Not to be run before.")
    waiting_for = models.JSONField(null=True, blank=True, help_text="The question, child or time it waits for.")
    cancel_requested_at = models.DateTimeField(null=True, blank=True)
    lease_number = models.PositiveBigIntegerField(default=0, help_text="Fencing token: rises with every claim.")
    lease_expires_at = models.DateTimeField(null=True, blank=True)
    worker_id = models.UUIDField(null=True, blank=True)
    claims = models.PositiveIntegerField(default=0, help_text="Pick-ups in this attempt; too many end it.")
    ticket_id = models.BigIntegerField(null=True, blank=True, help_text="The latest procrastinate row for this job.")

    objects = CustomerOwnedQuerySet["Job"].as_manager()

    class Meta:
        ordering: ClassVar = ["-created_at", "-id"]
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["customer", "id"], name="job_of_customer"),
            models.UniqueConstraint(
                fields=["parent", "parent_key"], name="one_child_per_step", condition=models.Q(parent__isnull=False)
            ),
            models.CheckConstraint(condition=models.Q(progress__lte=100), name="job_progress_is_a_percentage"),
            models.CheckConstraint(condition=models.Q(priority__lte=10), name="job_priority_is_0_to_10"),
        ]
        # Columns that change with every event have no index, so that updates stay in their page (fillfactor 70).
        indexes: ClassVar = [
            models.Index(fields=["customer", "-created_at"], name="job_by_customer"),
            models.Index(fields=["subject_type", "subject_id"], name="job_by_subject"),
            # Status changes four times in a job's life, not with every event; the sweep must not read the finished.
            models.Index(fields=["status"], name="job_unfinished", condition=models.Q(status__in=UNFINISHED)),
            models.Index(
                fields=["customer", "-priority", "created_at"],
                name="job_in_line",
                condition=models.Q(status__in=IN_LINE),
            ),
            models.Index(fields=["-completed_at"], name="job_failed", condition=models.Q(status=JobStatus.FAILED)),
        ]

    def __str__(self) -> str:
        return f"{self.workflow} {self.id}"

    @property
    def title(self) -> str:
        """What it does, for people."""
        return workflow_title(self.workflow)

    @property
    def state(self) -> JobStatus:
        return JobStatus(self.status)

    @property
    def is_terminal(self) -> bool:
        return self.state.is_terminal

    @property
    def duration_ms(self) -> int | None:
        """Of the current attempt, once it ended."""
        if self.started_at is None or self.completed_at is None:
            return None
        return max(0, round((self.completed_at - self.started_at).total_seconds() * 1000))


class DeadLetter(Job):
    """A failed job, for the list in which staff retry it, redo part of it, or dismiss it."""

    class Meta:
        proxy = True
        ordering: ClassVar = ["-completed_at"]


class Dismissal(models.Model):
    """Staff looked at a failed attempt and let it rest, for a reason. Another failed attempt is another matter."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    job = models.ForeignKey(Job, models.CASCADE, related_name="dismissals", db_index=False)
    attempt = models.PositiveIntegerField()
    reason = models.CharField(max_length=500)
    dismissed_by = models.ForeignKey(User, models.SET_NULL, null=True, blank=True, related_name="+")
    dismissed_at = models.DateTimeField(db_default=Now(), editable=False)

    class Meta:
        ordering: ClassVar = ["-dismissed_at"]
        constraints: ClassVar = [models.UniqueConstraint(fields=["job", "attempt"], name="one_dismissal_per_attempt")]

    def __str__(self) -> str:
        return self.reason


class Event(models.Model):
    """One immutable row of a job's history, numbered from 1 without gaps. Holds no content, so it may live for ever.

    A trigger refuses every UPDATE, and every DELETE outside ``erase``.
    """

    pk = models.CompositePrimaryKey("job_id", "number")
    job = models.ForeignKey(Job, models.CASCADE, related_name="events", db_index=False)
    number = models.PositiveIntegerField()
    customer = models.ForeignKey(Customer, models.CASCADE, related_name="+", db_index=False)
    attempt = models.PositiveIntegerField()
    type = models.CharField(max_length=60, choices=EventType)
    version = models.PositiveSmallIntegerField(default=1)
    payload = models.JSONField(default=dict)
    duration_ms = models.PositiveIntegerField(null=True)
    created_at = models.DateTimeField()

    objects = CustomerOwnedQuerySet["Event"].as_manager()

    class Meta:
        ordering: ClassVar = ["job_id", "number"]

    def __str__(self) -> str:
        return f"{self.job_id} #{self.number} {self.type}"


class StepResult(models.Model):
    """What one step of one job returned, so that it is never done twice. Unredacted, erasable, expiring.

    Without ``completed_at`` it records only attempts (and, for a paid step, the intent).
    """

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    job = models.ForeignKey(Job, models.CASCADE, related_name="step_results", db_index=False)
    customer = models.ForeignKey(Customer, models.CASCADE, related_name="+", db_index=False)
    key = models.CharField(max_length=300)
    version = models.PositiveIntegerField(default=1)
    inputs_hash = models.CharField(max_length=64)
    value = models.JSONField(null=True)
    artifact = models.ForeignKey("Artifact", models.PROTECT, null=True, related_name="+")
    digest = models.CharField(max_length=64, blank=True)
    attempts = models.PositiveIntegerField(default=0)
    next_attempt_at = models.DateTimeField(null=True)
    idempotency_key = models.CharField(max_length=100, blank=True)
    intended_at = models.DateTimeField(null=True)
    created_at = models.DateTimeField(db_default=Now(), editable=False)
    completed_at = models.DateTimeField(null=True)
    duration_ms = models.PositiveIntegerField(null=True)
    expires_at = models.DateTimeField(null=True)

    class Meta:
        ordering: ClassVar = ["job_id", "created_at"]
        constraints: ClassVar = [models.UniqueConstraint(fields=["job", "key"], name="one_result_per_step")]

    def __str__(self) -> str:
        return f"{self.job_id} {self.key}"


class Question(models.Model):
    """Something a run asked a person. Whoever answers first answers; nothing is changed afterwards."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    job = models.ForeignKey(Job, models.CASCADE, related_name="questions")
    customer = models.ForeignKey(Customer, models.CASCADE, related_name="+", db_index=False)
    key = models.CharField(max_length=300)
    text = models.TextField()
    schema = models.JSONField(help_text="JSON Schema of the answer.")
    default = models.JSONField(null=True, blank=True)
    has_default = models.BooleanField(default=False)
    asked_at = models.DateTimeField(db_default=Now(), editable=False)
    expires_at = models.DateTimeField(null=True, blank=True)
    answer = models.JSONField(null=True, blank=True)
    answered_at = models.DateTimeField(null=True, blank=True)
    answered_by = models.ForeignKey(User, models.SET_NULL, null=True, blank=True, related_name="+")
    timed_out = models.BooleanField(default=False)

    objects = CustomerOwnedQuerySet["Question"].as_manager()

    class Meta:
        ordering: ClassVar = ["-asked_at"]
        constraints: ClassVar = [models.UniqueConstraint(fields=["job", "key"], name="one_question_per_step")]

    def __str__(self) -> str:
        return self.text


class IdempotentRequest(models.Model):
    """A request that named an Idempotency-Key, and the job it made: the same request again gets the same job."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    customer = models.ForeignKey(Customer, models.CASCADE, related_name="+", db_index=False)
    actor_id = models.UUIDField()
    operation = models.CharField(max_length=60)
    key = models.CharField(max_length=255)
    inputs_hash = models.CharField(max_length=64)
    job = models.ForeignKey(Job, models.CASCADE, related_name="+")
    created_at = models.DateTimeField(db_default=Now(), editable=False)

    class Meta:
        ordering: ClassVar = ["-created_at"]
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["customer", "actor_id", "operation", "key"], name="one_job_per_request")
        ]

    def __str__(self) -> str:
        return f"{self.operation} {self.key}"


class Worker(models.Model):
    """One process that runs jobs, and when it last said so."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    host = models.CharField(max_length=255)
    process_id = models.PositiveIntegerField()
    concurrency = models.PositiveIntegerField()
    workflows = models.JSONField(default=dict, help_text="Workflow names with the versions it has.")
    started_at = models.DateTimeField(db_default=Now(), editable=False)
    heartbeat_at = models.DateTimeField(db_default=Now())
    stopped_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering: ClassVar = ["-started_at"]

    def __str__(self) -> str:
        return f"{self.host}:{self.process_id}"


class Blob(models.Model):
    """The bytes of artifacts, once per SHA-256. Never shown: two customers with one file know nothing of each other."""

    sha256 = models.CharField(primary_key=True, max_length=64)
    size_bytes = models.PositiveBigIntegerField()
    created_at = models.DateTimeField(db_default=Now(), editable=False)
    unused_since = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering: ClassVar = ["sha256"]

    def __str__(self) -> str:
        return self.sha256


class Artifact(models.Model):
    """An immutable file a customer has: a name and a purpose for a blob."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    customer = models.ForeignKey(Customer, models.CASCADE, related_name="artifacts")
    blob = models.ForeignKey(Blob, models.PROTECT, related_name="artifacts")
    job = models.ForeignKey(Job, models.SET_NULL, null=True, blank=True, related_name="artifacts")
    filename = models.CharField(max_length=255)
    media_type = models.CharField(max_length=150)
    entity_type = models.CharField(max_length=60)
    entity_id = models.UUIDField(null=True, blank=True)
    tags = ArrayField(models.CharField(max_length=60), default=list, blank=True)
    created_by = models.ForeignKey(User, models.SET_NULL, null=True, blank=True, related_name="+")
    created_at = models.DateTimeField(db_default=Now(), editable=False)

    objects = CustomerOwnedQuerySet["Artifact"].as_manager()

    class Meta:
        ordering: ClassVar = ["-created_at", "-id"]
        constraints: ClassVar = [models.UniqueConstraint(fields=["customer", "id"], name="artifact_of_customer")]
        indexes: ClassVar = [
            models.Index(fields=["entity_type", "entity_id"], name="artifact_by_entity"),
            GinIndex(fields=["tags"], name="artifact_by_tag"),
        ]

    def __str__(self) -> str:
        return self.filename


class Alert(models.Model):
    """Something operators should look at, opened and closed by ``alerts``. At most one is open per job and kind."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    kind = models.CharField(max_length=30, choices=AlertKind)
    job = models.ForeignKey(Job, models.CASCADE, related_name="alerts")
    customer = models.ForeignKey(Customer, models.CASCADE, related_name="+", db_index=False)
    detail = models.CharField(max_length=300, blank=True)
    opened_at = models.DateTimeField(db_default=Now(), editable=False)
    closed_at = models.DateTimeField(null=True, blank=True)

    objects = CustomerOwnedQuerySet["Alert"].as_manager()

    class Meta:
        ordering: ClassVar = ["-opened_at"]
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["job", "kind"], name="one_open_alert_per_job", condition=models.Q(closed_at=None)
            )
        ]

    def __str__(self) -> str:
        return f"{self.get_kind_display()}: {self.detail}"


class Chore(models.Model):
    """A piece of upkeep that is due now and then, and when it was last done. Written by ``upkeep`` alone."""

    name = models.CharField(primary_key=True, max_length=60)
    started_at = models.DateTimeField(null=True, blank=True)
    finished_at = models.DateTimeField(null=True, blank=True)
    outcome = models.JSONField(default=dict, blank=True)

    class Meta:
        ordering: ClassVar = ["name"]

    def __str__(self) -> str:
        return self.name


class Feed(models.Model):
    """A log that people follow: a user's own, or that of a topic several work on (a project). Its id is theirs.

    Written by ``feeds`` alone, which allocates numbers under this row's lock.
    """

    id = models.UUIDField(primary_key=True, editable=False)
    user = models.OneToOneField(User, models.CASCADE, null=True, blank=True, related_name="+")
    topic = models.CharField(max_length=60, blank=True, help_text="Kind of the topic; empty for a user's own feed.")
    last_number = models.PositiveIntegerField(default=0)

    class Meta:
        ordering: ClassVar = ["id"]
        constraints: ClassVar = [
            models.CheckConstraint(
                condition=models.Q(topic="") ^ models.Q(user=None), name="feed_of_a_user_or_of_a_topic"
            )
        ]

    def __str__(self) -> str:
        return f"{self.topic or 'user'} {self.id}"


class FeedEntry(models.Model):
    """Something people are told, numbered from 1 without gaps in its feed. Written once, never changed.

    It may hold content, unlike an event. Who does not act for its customer is not shown it.
    """

    pk = models.CompositePrimaryKey("feed_id", "number")
    feed = models.ForeignKey(Feed, models.CASCADE, related_name="entries", db_index=False)
    number = models.PositiveIntegerField()
    customer = models.ForeignKey(Customer, models.CASCADE, null=True, related_name="+")
    type = models.CharField(max_length=60, choices=FeedType)
    data = models.JSONField(default=dict)
    created_at = models.DateTimeField()

    class Meta:
        ordering: ClassVar = ["feed_id", "number"]

    def __str__(self) -> str:
        return f"{self.feed_id} #{self.number} {self.type}"
