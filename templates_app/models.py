"""Templates as parsed, the documents made of them, and what reviews found in them.

A template's sections and fields are written by the save step of its parse job and edited by people; the Word file
itself is an artifact that never changes.
"""

from __future__ import annotations

from typing import ClassVar

from django.db import models
from django.db.models.functions import Now

from accounts_app.access import CustomerOwnedQuerySet
from accounts_app.ids import uuid7
from accounts_app.models import Customer, User
from jobs_app.choices import JobStatus
from jobs_app.models import Artifact, Job
from templates_app.choices import (
    FACT_TYPES,
    Author,
    CorrectionAct,
    CorrectionRefusal,
    DraftStatus,
    FieldType,
    FindingKind,
    FindingSource,
    FindingStatus,
    ReviewMode,
    Severity,
    VersionKind,
)
from templates_app.standards.catalogue import DocumentType, Standard, catalogue, document_type_of


class Template(models.Model):
    """A Word template of a customer, tied to the original file. Its status is that of its latest parse job."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    customer = models.ForeignKey(Customer, models.CASCADE, related_name="templates")
    name = models.CharField(max_length=200)
    standard = models.CharField(max_length=60, blank=True, help_text="For instance iso-9001-2015.")
    custom_rules = models.TextField(blank=True, help_text="Hints for reading, such as “section headers are H1”.")
    provider = models.CharField(max_length=100, blank=True, help_text="Language model asked for; empty: the default.")
    allow_questions = models.BooleanField(
        default=False, db_default=False, help_text="Whether its readers may ask a person where two readings are close."
    )
    file = models.ForeignKey(Artifact, models.PROTECT, related_name="+")
    file_sha256 = models.CharField(max_length=64)
    parse_job = models.ForeignKey(Job, models.SET_NULL, null=True, blank=True, related_name="+")
    parsed_at = models.DateTimeField(null=True, blank=True)
    parsed_file = models.ForeignKey(
        Artifact, models.PROTECT, null=True, blank=True, related_name="+", help_text="Outline and fields as read, JSON."
    )
    title = models.CharField(max_length=500, blank=True)
    language = models.CharField(max_length=20, blank=True)
    notes = models.JSONField(default=list, blank=True, help_text="What was odd about the file, one sentence each.")
    losses = models.JSONField(
        default=list, db_default=[], blank=True, help_text="What was not read or is not seen, by kind, with places."
    )
    read_by = models.JSONField(
        default=list, db_default=[], blank=True, help_text="Language models that corrected it; empty: rules alone."
    )
    reading_notes = models.JSONField(
        default=list, db_default=[], blank=True, help_text="What a reader must know of the reading, a sentence each."
    )
    document_type = models.CharField(max_length=60, blank=True, db_default="", help_text="Empty: not known.")
    document_type_by_hand = models.BooleanField(default=False, db_default=False)
    standards = models.JSONField(default=list, db_default=[], blank=True, help_text="Ids, such as iso-9001-2015.")
    standards_by_hand = models.BooleanField(default=False, db_default=False)
    recognition = models.JSONField(
        default=dict, db_default={}, blank=True, editable=False, help_text="What its words spoke for, with scores."
    )
    created_by = models.ForeignKey(User, models.SET_NULL, null=True, blank=True, related_name="+")
    created_at = models.DateTimeField(db_default=Now(), editable=False)
    archived_at = models.DateTimeField(null=True, blank=True)

    objects = CustomerOwnedQuerySet["Template"].as_manager()

    class Meta:
        ordering: ClassVar = ["-created_at", "-id"]
        constraints: ClassVar = [models.UniqueConstraint(fields=["customer", "id"], name="template_of_customer")]
        indexes: ClassVar = [
            models.Index(fields=["customer", "-created_at"], name="template_by_customer"),
            models.Index(fields=["customer", "file_sha256"], name="template_by_file"),
        ]

    def __str__(self) -> str:
        return self.name

    @property
    def status(self) -> JobStatus:
        """A copy made for another customer was read by no job of its own."""
        if self.parse_job is None:
            return JobStatus.COMPLETED if self.is_ready else JobStatus.PENDING
        return JobStatus(self.parse_job.status)

    @property
    def kind(self) -> DocumentType | None:
        return document_type_of(self.document_type)

    @property
    def known_standards(self) -> list[Standard]:
        """Those it is reviewed against; ids that the catalogue does not have (any more) are left out."""
        known = catalogue().standards
        return [known[one] for one in self.standards if one in known]

    @property
    def is_busy(self) -> bool:
        """A job is reading or changing the Word file."""
        return self.parse_job is not None and not self.parse_job.is_terminal

    @property
    def is_ready(self) -> bool:
        """It was parsed once; a failed second reading takes nothing away."""
        return self.parsed_at is not None


class TemplateSection(models.Model):
    """A heading of a template, in reading order."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    customer = models.ForeignKey(Customer, models.CASCADE, related_name="+", db_index=False)
    template = models.ForeignKey(Template, models.CASCADE, related_name="sections", db_index=False)
    ordinal = models.PositiveIntegerField()
    part = models.CharField(max_length=255)
    p = models.PositiveIntegerField(help_text="Ordinal of the paragraph in its part.")
    level = models.PositiveSmallIntegerField()
    number = models.CharField(max_length=60, blank=True)
    heading = models.TextField()

    class Meta:
        ordering: ClassVar = ["template", "ordinal"]
        constraints: ClassVar = [models.UniqueConstraint(fields=["template", "ordinal"], name="section_order")]

    def __str__(self) -> str:
        return f"{self.number} {self.heading}".strip()


class TemplateField(models.Model):
    """Something to fill in: one value, one or more places in the Word file.

    ``parsed`` keeps what the reading said of label, type, required and options; the columns may be edited.
    """

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    customer = models.ForeignKey(Customer, models.CASCADE, related_name="+", db_index=False)
    template = models.ForeignKey(Template, models.CASCADE, related_name="fields", db_index=False)
    ordinal = models.PositiveIntegerField()
    section = models.ForeignKey(TemplateSection, models.SET_NULL, null=True, blank=True, related_name="fields")
    key = models.CharField(max_length=200)
    label = models.CharField(max_length=500)
    type = models.CharField(max_length=10, choices=FieldType)
    required = models.BooleanField(default=False)
    options = models.JSONField(default=list, blank=True)
    hint = models.TextField(blank=True)
    confidence = models.FloatField(default=1.0)
    places = models.JSONField(help_text="Anchors: part, p, start, end.")
    marker = models.TextField(blank=True, help_text="What stands at the first place.")
    detector = models.CharField(max_length=60, blank=True)
    columns = models.JSONField(default=list, blank=True, help_text="Of a table: key, label, type, options.")
    date_format = models.CharField(max_length=60, blank=True)
    parsed = models.JSONField(default=dict, editable=False)
    edited_at = models.DateTimeField(null=True, blank=True, editable=False)
    edited_by = models.ForeignKey(User, models.SET_NULL, null=True, blank=True, related_name="+", editable=False)

    class Meta:
        ordering: ClassVar = ["template", "ordinal"]
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["template", "key"], name="one_field_per_key"),
            models.UniqueConstraint(fields=["template", "ordinal"], name="field_order"),
        ]

    def __str__(self) -> str:
        return self.label


class Correction(models.Model):
    """What a language model said of the rules' reading, and what became of it. Replaced by the next reading."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    customer = models.ForeignKey(Customer, models.CASCADE, related_name="+", db_index=False)
    template = models.ForeignKey(Template, models.CASCADE, related_name="corrections", db_index=False)
    ordinal = models.PositiveIntegerField()
    act = models.CharField(max_length=20, choices=CorrectionAct)
    field_keys = models.JSONField(default=list, help_text="The fields it is about, as the rules named them.")
    said = models.JSONField(default=dict, help_text="Label, type and options that it proposed.")
    quote = models.TextField(blank=True, help_text="Its evidence, as it said it.")
    why = models.TextField(blank=True)
    provider = models.CharField(max_length=100)
    model = models.CharField(max_length=200)
    refusal = models.CharField(max_length=30, choices=CorrectionRefusal, blank=True, help_text="Empty: it was made.")
    was_asked = models.BooleanField(default=False, help_text="A person was asked about it.")

    class Meta:
        ordering: ClassVar = ["template", "ordinal"]
        constraints: ClassVar = [models.UniqueConstraint(fields=["template", "ordinal"], name="correction_order")]

    def __str__(self) -> str:
        return f"{self.get_act_display()} {', '.join(self.field_keys)}".strip()

    @property
    def proposal(self) -> str:
        """In words: the label and the type it wanted."""
        kind = FieldType(self.said["type"]).label if self.said.get("type") in FieldType.values else ""
        return ", ".join(filter(None, [self.said.get("label", ""), kind, *self.said.get("options", [])]))


class TemplateVersion(models.Model):
    """A step in the history of a template: a Word file, an edit of a field or a reading that changed fields.

    By whom and when; never changed. Numbered from 1 without gaps, under the lock of the template's row.
    """

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    customer = models.ForeignKey(Customer, models.CASCADE, related_name="+", db_index=False)
    template = models.ForeignKey(Template, models.CASCADE, related_name="versions", db_index=False)
    number = models.PositiveIntegerField()
    kind = models.CharField(max_length=20, choices=VersionKind)
    file = models.ForeignKey(Artifact, models.PROTECT, related_name="+", help_text="The Word file as it was then.")
    differences = models.JSONField(
        default=list, blank=True, help_text="Of the fields from the version before: what, key, label, before, after."
    )
    texts = models.JSONField(default=list, blank=True, help_text="Of tracked changes: old and new text, and why.")
    created_by = models.ForeignKey(User, models.SET_NULL, null=True, blank=True, related_name="+")
    created_at = models.DateTimeField(db_default=Now(), editable=False)

    class Meta:
        ordering: ClassVar = ["template", "-number"]
        constraints: ClassVar = [models.UniqueConstraint(fields=["template", "number"], name="version_order")]

    def __str__(self) -> str:
        return f"Version {self.number} of {self.template}"


class Batch(models.Model):
    """One template filled many times, a document for each row of a table. Written by its job, once."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    customer = models.ForeignKey(Customer, models.CASCADE, related_name="+", db_index=False)
    template = models.ForeignKey(Template, models.PROTECT, related_name="batches", db_index=False)
    name = models.CharField(max_length=200)
    filename = models.CharField(max_length=255, help_text="Of the table.")
    job = models.ForeignKey(Job, models.SET_NULL, null=True, blank=True, related_name="+")
    refused = models.JSONField(default=list, blank=True, help_text="Rows that no document is made of, and why.")
    file = models.ForeignKey(
        Artifact, models.PROTECT, null=True, blank=True, related_name="+", help_text="All documents, zipped."
    )
    created_by = models.ForeignKey(User, models.SET_NULL, null=True, blank=True, related_name="+")
    created_at = models.DateTimeField(db_default=Now(), editable=False)
    completed_at = models.DateTimeField(null=True, blank=True)

    objects = CustomerOwnedQuerySet["Batch"].as_manager()

    class Meta:
        ordering: ClassVar = ["-created_at", "-id"]
        verbose_name_plural = "batches"
        constraints: ClassVar = [models.UniqueConstraint(fields=["customer", "id"], name="batch_of_customer")]
        indexes: ClassVar = [
            models.Index(fields=["customer", "-created_at"], name="batch_by_customer"),
            models.Index(fields=["template"], name="batch_by_template"),
        ]

    def __str__(self) -> str:
        return self.name

    @property
    def status(self) -> JobStatus:
        return JobStatus(self.job.status) if self.job else JobStatus.PENDING


class Document(models.Model):
    """A finished file generated from a template and values. Values and file never change once it is made."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    customer = models.ForeignKey(Customer, models.CASCADE, related_name="documents")
    template = models.ForeignKey(Template, models.PROTECT, related_name="documents")
    template_sha256 = models.CharField(max_length=64, help_text="Of the Word file it was made from.")
    template_file = models.ForeignKey(
        Artifact, models.PROTECT, null=True, blank=True, related_name="+", help_text="The Word file it is made from."
    )
    template_form = models.ForeignKey(
        Artifact,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        help_text="The template's fields as they were when it was asked for, JSON.",
    )
    name = models.CharField(max_length=200)
    values = models.JSONField(default=dict, help_text="By field key.")
    origins = models.JSONField(
        default=dict, db_default={}, blank=True, help_text="By field key: who gave the value, and out of what."
    )
    job = models.ForeignKey(Job, models.SET_NULL, null=True, blank=True, related_name="+")
    file = models.ForeignKey(Artifact, models.PROTECT, null=True, blank=True, related_name="+")
    unfilled = models.JSONField(default=list, blank=True, help_text="Keys of fields left as they stand.")
    pdf = models.ForeignKey(Artifact, models.PROTECT, null=True, blank=True, related_name="+")
    notes = models.JSONField(
        default=list, db_default=[], blank=True, help_text="What a reader must know, one sentence each."
    )
    checks = models.JSONField(
        default=dict, db_default={}, blank=True, help_text="What was found in the finished file, and its pages."
    )
    made_with = models.JSONField(
        default=dict, db_default={}, blank=True, help_text="Workflow with its version, prompts with their SHA-256."
    )
    batch = models.ForeignKey(Batch, models.SET_NULL, null=True, blank=True, related_name="documents")
    row = models.PositiveIntegerField(null=True, blank=True, help_text="Of the batch's table.")
    round = models.UUIDField(
        null=True, blank=True, editable=False, help_text="Shared by documents asked for at once for several customers."
    )
    failure = models.CharField(
        max_length=1000, blank=True, db_default="", help_text="Why this document of a batch could not be made."
    )
    created_by = models.ForeignKey(User, models.SET_NULL, null=True, blank=True, related_name="+")
    created_at = models.DateTimeField(db_default=Now(), editable=False)
    completed_at = models.DateTimeField(null=True, blank=True)

    objects = CustomerOwnedQuerySet["Document"].as_manager()

    class Meta:
        ordering: ClassVar = ["-created_at", "-id"]
        constraints: ClassVar = [models.UniqueConstraint(fields=["customer", "id"], name="document_of_customer")]
        indexes: ClassVar = [
            models.Index(fields=["customer", "-created_at"], name="document_by_customer"),
            models.Index(fields=["round"], name="document_by_round", condition=models.Q(round__isnull=False)),
        ]

    def __str__(self) -> str:
        return self.name

    @property
    def status(self) -> JobStatus:
        return JobStatus(self.job.status) if self.job else JobStatus.PENDING


class Draft(models.Model):
    """A text that a language model wrote for one field of a document. No document holds it until a person accepts."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    customer = models.ForeignKey(Customer, models.CASCADE, related_name="+", db_index=False)
    document = models.ForeignKey(Document, models.CASCADE, related_name="drafts", db_index=False)
    field_key = models.CharField(max_length=200)
    label = models.CharField(max_length=500)
    text = models.TextField(help_text="As the model wrote it.")
    sources = models.JSONField(default=list, blank=True, help_text="What it rests on, in words; empty: no source.")
    invented = models.JSONField(default=list, blank=True, help_text="Sources it named that do not exist.")
    provider = models.CharField(max_length=100, blank=True)
    model = models.CharField(max_length=200, blank=True)
    status = models.CharField(max_length=10, choices=DraftStatus, default=DraftStatus.OPEN)
    edited_text = models.TextField(blank=True)
    decided_by = models.ForeignKey(User, models.SET_NULL, null=True, blank=True, related_name="+")
    decided_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering: ClassVar = ["document", "id"]
        constraints: ClassVar = [models.UniqueConstraint(fields=["document", "field_key"], name="one_draft_per_field")]

    def __str__(self) -> str:
        return self.label

    @property
    def chosen_text(self) -> str:
        """What goes into the document; empty while nobody has accepted it."""
        if self.status == DraftStatus.EDITED:
            return self.edited_text
        return self.text if self.status == DraftStatus.ACCEPTED else ""


class Review(models.Model):
    """One look at a template as it was then. Written by its job, once; scores never change, findings get decided."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    customer = models.ForeignKey(Customer, models.CASCADE, related_name="+", db_index=False)
    template = models.ForeignKey(Template, models.CASCADE, related_name="reviews", db_index=False)
    job = models.ForeignKey(Job, models.SET_NULL, null=True, blank=True, related_name="+")
    mode = models.CharField(max_length=10, choices=ReviewMode)
    provider = models.CharField(max_length=100, blank=True, help_text="Language model asked for; empty: chosen by DNA.")
    asked_providers = models.JSONField(default=list, blank=True, help_text="Language models that answered.")
    document_type = models.CharField(max_length=60, blank=True)
    standards = models.JSONField(default=list, blank=True)
    overall = models.PositiveSmallIntegerField(null=True, blank=True, help_text="0 to 100; empty: not judged.")
    completeness = models.PositiveSmallIntegerField(null=True, blank=True)
    compliance = models.PositiveSmallIntegerField(null=True, blank=True)
    soundness = models.PositiveSmallIntegerField(null=True, blank=True)
    refused = models.JSONField(default=dict, blank=True, help_text="Findings of a model left out, counted by reason.")
    notes = models.JSONField(default=list, blank=True, help_text="What a reader must know, one sentence each.")
    created_by = models.ForeignKey(User, models.SET_NULL, null=True, blank=True, related_name="+")
    created_at = models.DateTimeField(db_default=Now(), editable=False)
    completed_at = models.DateTimeField(null=True, blank=True)

    objects = CustomerOwnedQuerySet["Review"].as_manager()

    class Meta:
        ordering: ClassVar = ["-created_at", "-id"]
        constraints: ClassVar = [models.UniqueConstraint(fields=["customer", "id"], name="review_of_customer")]
        indexes: ClassVar = [
            models.Index(fields=["template", "-created_at"], name="review_by_template"),
            models.Index(fields=["customer", "-created_at"], name="review_by_customer"),
        ]

    def __str__(self) -> str:
        return f"Review of {self.template}"

    @property
    def status(self) -> JobStatus:
        return JobStatus(self.job.status) if self.job else JobStatus.PENDING

    @property
    def kind(self) -> DocumentType | None:
        return document_type_of(self.document_type)


class Finding(models.Model):
    """One thing that is wrong with a template, with evidence. Only the decision about it ever changes.

    It says where by words and addresses of its own, since sections and fields are replaced by the next reading.
    """

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    customer = models.ForeignKey(Customer, models.CASCADE, related_name="+", db_index=False)
    review = models.ForeignKey(Review, models.CASCADE, related_name="findings", db_index=False)
    ordinal = models.PositiveIntegerField()
    kind = models.CharField(max_length=30, choices=FindingKind)
    severity = models.CharField(max_length=10, choices=Severity)
    source = models.CharField(max_length=10, choices=FindingSource)
    standard = models.CharField(max_length=60, blank=True)
    clause = models.CharField(max_length=20, blank=True)
    section = models.CharField(max_length=500, blank=True, help_text="Heading of the section, with its number.")
    field_key = models.CharField(max_length=200, blank=True)
    name = models.CharField(max_length=500, blank=True, help_text="Of the section or field it is about or that lacks.")
    place = models.JSONField(null=True, blank=True, help_text="Paragraph: part and p.")
    quote = models.TextField(blank=True, help_text="Evidence, as it stands in the file.")
    sentence = models.TextField()
    suggestion = models.TextField(blank=True)
    change = models.JSONField(default=dict, blank=True, help_text="Of the field: what to set to what; empty: no data.")
    fix = models.JSONField(
        default=dict, db_default={}, blank=True, help_text="Of the text: part, p, start, end, old and new; empty: none."
    )
    tracked = models.JSONField(
        default=list, db_default=[], blank=True, help_text="Ids of its tracked changes in the Word file, undecided."
    )
    status = models.CharField(max_length=10, choices=FindingStatus, default=FindingStatus.OPEN)
    reason = models.CharField(max_length=500, blank=True, help_text="Why it is ignored.")
    decided_by = models.ForeignKey(User, models.SET_NULL, null=True, blank=True, related_name="+")
    decided_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering: ClassVar = ["review", "ordinal"]
        constraints: ClassVar = [models.UniqueConstraint(fields=["review", "ordinal"], name="finding_order")]

    def __str__(self) -> str:
        return self.sentence[:100]

    @property
    def can_be_applied(self) -> bool:
        return bool(self.change or self.fix) and self.status != FindingStatus.APPLIED

    @property
    def standard_title(self) -> str:
        known = catalogue().standards.get(self.standard)
        return known.title if known else self.standard


class Fact(models.Model):
    """What is known of a customer under one key, from a moment on. Written once: another row takes its place.

    The row without ``replaced_at`` counts; the others are its history.
    """

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    customer = models.ForeignKey(Customer, models.CASCADE, related_name="facts", db_index=False)
    key = models.CharField(max_length=60)
    label = models.CharField(max_length=200)
    type = models.CharField(max_length=10, choices=[(one.value, one.label) for one in FACT_TYPES])
    value = models.JSONField(help_text="As documents keep the value of a field of this type.")
    source = models.CharField(max_length=500, blank=True, help_text="Where it is from, in words.")
    author = models.CharField(max_length=10, choices=Author, default=Author.PERSON)
    created_by = models.ForeignKey(User, models.SET_NULL, null=True, blank=True, related_name="+")
    created_at = models.DateTimeField(db_default=Now(), editable=False)
    replaced_at = models.DateTimeField(null=True, blank=True, help_text="Empty: it counts.")
    replaced_by = models.ForeignKey(User, models.SET_NULL, null=True, blank=True, related_name="+")

    objects = CustomerOwnedQuerySet["Fact"].as_manager()

    class Meta:
        ordering: ClassVar = ["label", "key", "-created_at", "-id"]
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["customer", "key"], condition=models.Q(replaced_at=None), name="one_fact_counts"
            )
        ]
        indexes: ClassVar = [models.Index(fields=["customer", "key", "-created_at"], name="fact_by_customer")]

    def __str__(self) -> str:
        return self.label


class FactLink(models.Model):
    """A person's word on one field of a template: filled from this fact, whatever it is called, or from none."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    customer = models.ForeignKey(Customer, models.CASCADE, related_name="+", db_index=False)
    template = models.ForeignKey(Template, models.CASCADE, related_name="fact_links", db_index=False)
    field_key = models.CharField(max_length=200)
    fact_key = models.CharField(max_length=60, blank=True, help_text="Empty: from no fact.")
    created_by = models.ForeignKey(User, models.SET_NULL, null=True, blank=True, related_name="+")
    created_at = models.DateTimeField(db_default=Now(), editable=False)

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["template", "field_key"], name="one_link_per_field"),
        ]

    def __str__(self) -> str:
        return f"{self.field_key} ← {self.fact_key or 'no fact'}"
