"""Templates: uploaded, found, read again, archived. What a person may do with one of their fields is in ``fields``."""

from __future__ import annotations

import uuid
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import asdict, dataclass
from pathlib import PurePath
from typing import Any, cast

from django.core.files.base import File
from django.db import transaction
from django.db.models import Count, IntegerField, OuterRef, Prefetch, Q, QuerySet, Subquery
from django.db.models.functions import Coalesce
from django.utils import timezone

from accounts_app.access import Actor, record_audit
from accounts_app.choices import Role
from accounts_app.errors import BadInput, NotFound
from accounts_app.ids import uuid7
from accounts_app.models import User
from jobs_app import artifacts
from jobs_app.choices import TERMINAL, JobStatus
from jobs_app.jobs import DEFAULT_PRIORITY, cancel_job, submit_job
from jobs_app.models import Artifact, Job
from llm_app.errors import NoProvider
from llm_app.providers import check_provider
from templates_app.choices import VersionKind
from templates_app.errors import TemplateArchived, TemplateBusy, TemplateNotReady
from templates_app.models import Correction, Fact, FactLink, Template, TemplateField, TemplateSection
from templates_app.names import cleaned_name, is_name, is_text, one_line
from templates_app.once import make_once
from templates_app.parsing import PARSE_WORKFLOW, ParseRequest
from templates_app.standards.catalogue import (
    Standard,
    catalogue,
    check_document_type,
    check_standards,
    find_standard,
)
from templates_app.versions import add_version
from templates_app.word_files import WordFile, receive_word_file

TEMPLATE_ENTITY = "template"
_MAX_PRIORITY = 10
_OF_READING = frozenset({"custom_rules", "provider", "allow_questions"})
_MAX_NAME_CHARACTERS = 200
_MAX_STANDARD_CHARACTERS = 60
_MAX_PROVIDER_CHARACTERS = 100
_MAX_RULES_CHARACTERS = 20_000


@dataclass(frozen=True, slots=True)
class _Details:
    """What the uploader says of a file, checked."""

    name: str
    standard: str
    custom_rules: str
    provider: str
    priority: int
    allow_questions: bool


def upload_template(
    *,
    actor: Actor | None,
    customer_id: uuid.UUID,
    file: File[Any],
    name: str = "",
    standard: str = "",
    custom_rules: str = "",
    provider: str = "",
    priority: int = DEFAULT_PRIORITY,
    allow_questions: bool = False,
    idempotency_key: str | None = None,
) -> Template:
    """Keep a Word file and start reading it. The file, the template and its job come to be together or not at all.

    Without an actor it is whoever runs the installation who asks. Raises ``NotAllowed``, ``TooLarge``,
    ``WordFileRefused``, ``BadInput``, ``UnknownProvider`` and ``IdempotencyConflict``.
    """
    if actor is not None:
        actor.check(Role.EDITOR, customer_id)
    word_file = receive_word_file(file)
    name = one_line(name) or cleaned_name(PurePath(word_file.filename).stem, _MAX_NAME_CHARACTERS)
    told = _Details(name, standard.strip(), custom_rules.strip(), provider.strip(), priority, allow_questions)
    details = _checked_details(told)
    kept: list[Template] = []

    def keep() -> Job:
        kept.append(template := _keep(word_file, details, actor=actor, customer_id=customer_id))
        return cast(Job, template.parse_job)

    job = make_once(
        keep,
        actor=actor,
        customer_id=customer_id,
        operation="template.upload",
        key=idempotency_key,
        inputs={"sha256": word_file.sha256, **asdict(details)},
    )
    if kept and kept[0].parse_job == job:
        return kept[0]
    return Template.objects.select_related("parse_job").get(id=cast(uuid.UUID, job.subject_id))


def _checked_details(details: _Details) -> _Details:
    _check_settings(asdict(details))
    if not 0 <= details.priority <= _MAX_PRIORITY:
        raise BadInput(f"Priority is a number from 0 to {_MAX_PRIORITY}.", field="priority")
    return details


def _check_settings(told: Mapping[str, Any]) -> None:
    """Name, standard, hints and provider, as far as they are told; None is not."""
    for field, limit in {"standard": _MAX_STANDARD_CHARACTERS, "provider": _MAX_PROVIDER_CHARACTERS}.items():
        if len(told[field] or "") > limit:
            raise BadInput(f"{field.capitalize()} has at most {limit} characters.", field=field)
    if told["name"] is not None:
        _check_name(told["name"])
    if told["custom_rules"]:
        _check_rules(told["custom_rules"])
    _named_standard(told["standard"] or "")
    if told["provider"]:
        with suppress(NoProvider):  # it lacks its key, say: then rules read the file, and the template says why
            check_provider(told["provider"])


def _check_name(name: str) -> None:
    if not name:
        raise BadInput("Give the template a name.", field="name")
    if not is_name(name, _MAX_NAME_CHARACTERS):
        raise BadInput(f"A template's name has at most {_MAX_NAME_CHARACTERS} printable characters.", field="name")


def _check_rules(rules: str) -> None:
    if not is_text(rules, _MAX_RULES_CHARACTERS):
        limit = f"{_MAX_RULES_CHARACTERS:,}"
        raise BadInput(f"Hints for reading have at most {limit} printable characters.", field="custom_rules")


def _keep(word_file: WordFile, details: _Details, *, actor: Actor | None, customer_id: uuid.UUID) -> Template:
    template_id = uuid7()
    artifact = _keep_file(word_file, template_id, actor=actor, customer_id=customer_id)
    named = _named_standard(details.standard)
    template = Template(
        id=template_id,
        customer_id=customer_id,
        name=details.name,
        standard=details.standard,
        standards=[named.id] if named else [],
        standards_by_hand=named is not None,
        custom_rules=details.custom_rules,
        provider=details.provider,
        allow_questions=details.allow_questions,
        file=artifact,
        file_sha256=word_file.sha256,
        created_by=actor.user if actor else None,
    )
    template.parse_job = _submit_parse(template, artifact, actor=actor, priority=details.priority)
    template.save(force_insert=True)
    record_audit(actor, "template.uploaded", template, sha256=word_file.sha256)
    add_version(template, VersionKind.UPLOADED, user=template.created_by, is_first=True)
    return template


def _keep_file(
    word_file: WordFile, template_id: uuid.UUID, *, actor: Actor | None, customer_id: uuid.UUID
) -> Artifact:
    return artifacts.store_bytes(
        word_file.data,
        customer_id=customer_id,
        filename=word_file.filename,
        media_type=word_file.media_type,
        entity_type=TEMPLATE_ENTITY,
        entity_id=template_id,
        created_by_id=actor.user.pk if actor else None,
    )


def _submit_parse(template: Template, file: Artifact, *, actor: Actor | None, priority: int) -> Job:
    request = ParseRequest(
        template_id=template.id,
        file_id=file.id,
        file_sha256=file.blob_id,
        size_bytes=file.blob.size_bytes,
    )
    return submit_job(
        workflow=PARSE_WORKFLOW,
        arguments=request,
        customer_id=template.customer_id,
        actor=actor,
        subject=template,
        priority=priority,
    )


def reparse_template(template_id: uuid.UUID, *, actor: Actor | None) -> Template:
    """Read the file again; edited fields keep their edits. While it is being read, that reading is the answer.

    Without an actor it is whoever runs the installation who asks. Raises ``TemplateBusy`` while its
    texts are changed, ``TemplateArchived``, ``NotAllowed`` and ``NotFound``.
    """
    with transaction.atomic():
        template = locked_template(template_id, actor=actor)
        check_not_archived(template)
        job = template.parse_job
        if job is not None and job.workflow == PARSE_WORKFLOW and not job.is_terminal:
            return template
        check_not_busy(template)
        record_audit(actor, "template.reparsed", template)
        template.parse_job = _submit_parse(template, template.file, actor=actor, priority=DEFAULT_PRIORITY)
        template.save(update_fields=["parse_job"])
    return template


def replace_file(template_id: uuid.UUID, *, actor: Actor, file: File[Any]) -> Template:
    """Start reading a changed Word file of a template; once it is read, it takes the old one's place as a new version.

    Until then, and if it cannot be read, all stays as it is. The file that it has already does nothing, unless no job
    of its own has read it. Raises
    ``TooLarge``, ``WordFileRefused``, ``TemplateBusy``, ``TemplateArchived``, ``NotAllowed`` and ``NotFound``.
    """
    known = Template.objects.get_for(actor, id=template_id)
    actor.check(Role.EDITOR, known.customer_id)
    word_file = receive_word_file(file)
    with transaction.atomic():
        template = locked_template(template_id, actor=actor)
        check_not_archived(template)
        check_not_busy(template)
        if word_file.sha256 != template.file_sha256 or template.parse_job is None:
            artifact = _keep_file(word_file, template.id, actor=actor, customer_id=template.customer_id)
            record_audit(actor, "template.replaced", template, sha256=word_file.sha256)
            template.parse_job = _submit_parse(template, artifact, actor=actor, priority=DEFAULT_PRIORITY)
            template.save(update_fields=["parse_job"])
    return template


def duplicate_template(template_id: uuid.UUID, *, actor: Actor, name: str = "") -> Template:
    """A template of its own: the same Word file, fields, fact links and settings; no reviews, documents or history.

    Raises ``TemplateNotReady``, ``TemplateBusy``, ``BadInput``, ``NotAllowed`` and ``NotFound``.
    """
    with transaction.atomic():
        template = locked_template(template_id, actor=actor)
        check_not_busy(template)
        if not template.is_ready:
            raise TemplateNotReady()
        name = one_line(name) or f"{cleaned_name(template.name, 190)} (copy)"
        _check_name(name)
        return _duplicate(template, template.customer_id, name, actor=actor)


def own_copy(template: Template, customer_id: uuid.UUID, *, actor: Actor | None) -> Template:
    """A customer's own template of the same Word file: the latest it has, else one that it gets now, fields and all.

    Documents and facts of one customer are never in another's template. Raises ``NotAllowed``, and ``TemplateBusy``
    where one would have to be made while a job reads or changes the file.
    """
    if actor is not None:
        actor.check(Role.EDITOR, customer_id)
    if customer_id == template.customer_id:
        return template
    if (known := find_parsed_copy(customer_id, template.file_sha256)) is not None:
        return known
    with transaction.atomic():
        source = Template.objects.select_for_update(no_key=True, of=("self",)).select_related("parse_job")
        locked = source.get(id=template.id)
        if (known := find_parsed_copy(customer_id, template.file_sha256)) is not None:
            return known  # somebody else made it while we waited for the lock
        check_not_busy(locked)
        return _duplicate(locked, customer_id, locked.name, actor=actor)


def _duplicate(template: Template, customer_id: uuid.UUID, name: str, *, actor: Actor | None) -> Template:
    """The caller holds the lock of the template's row; the object becomes the copy. No job of its own has read it."""
    sections, fields = list(template.sections.all()), list(template.fields.all())
    corrections, links = list(template.corrections.all()), list(template.fact_links.all())
    source, made, user = template.id, template, actor.user if actor else None
    made.pk, made.name, made.created_by, made.archived_at = uuid7(), name, user, None
    made.created_at, made.parse_job = timezone.now(), None
    if customer_id != made.customer_id:
        _hand_over(made, customer_id)
        links = _understood(links, customer_id)
    made.save(force_insert=True)
    _copy_rows(made, sections, fields)
    _copy_words(made, corrections, links, user)
    add_version(made, VersionKind.DUPLICATED, user=user, is_first=True)
    record_audit(actor, "template.duplicated", made, source=str(source))
    return made


def _hand_over(made: Template, customer_id: uuid.UUID) -> None:
    """Files are one customer's."""
    made.file = artifacts.copy_to(made.file, customer_id=customer_id, entity_id=made.pk)
    if made.parsed_file is not None:
        made.parsed_file = artifacts.copy_to(made.parsed_file, customer_id=customer_id, entity_id=made.pk)
    made.customer_id = customer_id


def _understood(links: Sequence[FactLink], customer_id: uuid.UUID) -> list[FactLink]:
    """Those to facts that the customer has, and to none; for the other fields keys, labels and concepts decide."""
    facts = set(Fact.objects.filter(customer_id=customer_id, replaced_at=None).values_list("key", flat=True))
    return [one for one in links if not one.fact_key or one.fact_key in facts]


def _copy_rows(template: Template, sections: list[TemplateSection], fields: list[TemplateField]) -> None:
    new_ids = {one.pk: uuid7() for one in sections}
    for section in sections:
        section.pk, section.template, section.customer_id = new_ids[section.pk], template, template.customer_id
    for field in fields:
        field.pk, field.template, field.customer_id = uuid7(), template, template.customer_id
        field.section_id = new_ids[field.section_id] if field.section_id else None
    TemplateSection.objects.bulk_create(sections)
    TemplateField.objects.bulk_create(fields, batch_size=500)


def _copy_words(
    template: Template, corrections: Sequence[Correction], links: Sequence[FactLink], user: User | None
) -> None:
    """What a model said of the fields, and from which facts a person wants them filled."""
    for one in corrections:
        one.pk, one.template, one.customer_id = uuid7(), template, template.customer_id
    for link in links:
        link.pk, link.template, link.customer_id = uuid7(), template, template.customer_id
        link.created_by, link.created_at = user, template.created_at
    Correction.objects.bulk_create(corrections)
    FactLink.objects.bulk_create(links)


def check_not_busy(template: Template) -> None:
    """Only one job at a time may read or change the Word file."""
    if template.is_busy:
        raise TemplateBusy()


def archive_template(template_id: uuid.UUID, *, actor: Actor) -> Template:
    """Put a template away: no longer listed, filled or edited; its documents stay. Safe to call twice."""
    with transaction.atomic():
        template = locked_template(template_id, actor=actor, role=Role.MANAGER)
        if template.archived_at is not None:
            return template
        template.archived_at = timezone.now()
        template.save(update_fields=["archived_at"])
        record_audit(actor, "template.archived", template)
        if template.parse_job is not None and template.parse_job.status not in TERMINAL:
            cancel_job(template.parse_job.id, actor=actor)
    return template


def restore_template(template_id: uuid.UUID, *, actor: Actor) -> Template:
    """Take an archived template back into use. Safe to call twice."""
    with transaction.atomic():
        template = locked_template(template_id, actor=actor, role=Role.MANAGER)
        if template.archived_at is not None:
            template.archived_at = None
            template.save(update_fields=["archived_at"])
            record_audit(actor, "template.restored", template)
    return template


def change_template(
    template_id: uuid.UUID,
    *,
    actor: Actor | None,
    name: str | None = None,
    standard: str | None = None,
    custom_rules: str | None = None,
    provider: str | None = None,
    allow_questions: bool | None = None,
    document_type: str | None = None,
    standards: Sequence[str] | None = None,
) -> Template:
    """By hand; what is None stays as it is, empty means that there is none. The same again does nothing.

    How the file is read counts from the next reading on. Without an actor it is whoever runs the installation.
    Raises ``BadInput`` for what cannot be, ``UnknownProvider``, ``TemplateBusy`` for how it is read while it is read,
    ``TemplateArchived``, ``NotAllowed`` and ``NotFound``.
    """
    wanted = {
        "name": None if name is None else one_line(name),
        "standard": None if standard is None else standard.strip(),
        "custom_rules": None if custom_rules is None else custom_rules.strip(),
        "provider": None if provider is None else provider.strip(),
        "allow_questions": allow_questions,
    }
    _check_settings(wanted)
    about: dict[str, object] = {}
    if (named := _named_standard(standard or "")) is not None:
        about |= {"standards": [named.id], "standards_by_hand": True}
    if document_type is not None:
        about |= {"document_type": check_document_type(document_type), "document_type_by_hand": True}
    if standards is not None:
        about |= {"standards": check_standards(list(standards)), "standards_by_hand": True}
    with transaction.atomic():
        template = locked_template(template_id, actor=actor)
        check_not_archived(template)
        told = {field: value for field, value in wanted.items() if value is not None}
        if any(told[field] != getattr(template, field) for field in _OF_READING & told.keys()):
            check_not_busy(template)
        changed = _set(template, told)
        if changed:
            record_audit(actor, "template.changed", template, changed=list(changed))
        if before := _set(template, about):
            after = {field: about[field] for field in before}
            record_audit(actor, "template.classified", template, before=before, after=after)
    return template


def _named_standard(said: str) -> Standard | None:
    """The standard that is meant, None where none is said. Raises ``BadInput`` for one the catalogue does not have."""
    said = said.strip()
    if said and find_standard(said) is None:
        known = ", ".join(catalogue().standards)
        raise BadInput(f"There is no standard {said!r}; known are {known}.", field="standard")
    return find_standard(said)


def _set(template: Template, wanted: Mapping[str, object]) -> dict[str, object]:
    """What it was before, of the columns that it changes."""
    before = {field: getattr(template, field) for field in wanted if getattr(template, field) != wanted[field]}
    for field in before:
        setattr(template, field, wanted[field])
    if before:
        template.save(update_fields=list(before))
    return before


def locked_template(template_id: uuid.UUID, *, actor: Actor | None, role: Role = Role.EDITOR) -> Template:
    """The template with its row locked until the transaction ends, for an actor who holds the role, or a command."""
    rows = Template.objects.select_for_update(no_key=True, of=("self",)).select_related("parse_job")
    if actor is None:
        return rows.get(id=template_id)
    template = rows.get_for(actor, id=template_id)
    actor.check(role, template.customer_id)
    return template


def usable_template(template_id: uuid.UUID, *, actor: Actor | None) -> Template:
    """A template that can be filled or reviewed now. Raises as ``workable_template``, and as ``check_usable``."""
    template = workable_template(template_id, actor=actor)
    check_usable(template)
    return template


def workable_template(template_id: uuid.UUID, *, actor: Actor | None) -> Template:
    """For who may fill and review it; without an actor for whoever runs the installation.

    Raises ``NotFound`` and ``NotAllowed``.
    """
    found = Template.objects.all() if actor is None else Template.objects.visible_to(actor)
    template = found.filter(id=template_id).first()
    if template is None:
        raise NotFound("There is no such template, or you may not see it.")
    if actor is not None:
        actor.check(Role.EDITOR, template.customer_id)
    return template


def check_usable(template: Template) -> None:
    """Raises ``TemplateArchived`` and ``TemplateNotReady``."""
    check_not_archived(template)
    if not template.is_ready:
        raise TemplateNotReady()


def check_not_archived(template: Template) -> None:
    if template.archived_at is not None:
        raise TemplateArchived()


def find_parsed_copy(customer_id: uuid.UUID, sha256: str) -> Template | None:
    """The customer's latest template made of this very file, if it was read."""
    copies = Template.objects.filter(customer_id=customer_id, file_sha256=sha256, archived_at=None)
    return copies.exclude(parsed_at=None).first()


def search_templates(
    actor: Actor, *, q: str = "", status: str | None = None, standard: str = "", archived: bool = False
) -> QuerySet[Template]:
    """Visible templates, newest first, with ``sections_count`` and ``fields_count``; ready to be paged."""
    found = Template.objects.visible_to(actor).filter(archived_at__isnull=not archived)
    if q := q.strip():
        found = found.filter(
            Q(name__icontains=q) | Q(title__icontains=q) | Q(standard__icontains=q) | Q(file__filename__icontains=q)
        )
    if status:
        read_elsewhere = Q(parse_job=None, parsed_at__isnull=False) if status == JobStatus.COMPLETED else Q()
        found = found.filter(Q(parse_job__status=status) | read_elsewhere)
    if standard:
        found = found.filter(standard__iexact=standard)
    return _presentable(found)


def get_whole_template(template_id: uuid.UUID, *, actor: Actor) -> Template:
    """One visible template with its sections and fields, in a fixed number of queries."""
    fields = Prefetch("fields", TemplateField.objects.select_related("section"))
    found = Template.objects.visible_to(actor).filter(id=template_id)
    template = _presentable(found).prefetch_related("sections", fields, "corrections").first()
    if template is None:
        raise NotFound("There is no such template, or you may not see it.")
    return template


def _presentable(templates: QuerySet[Template]) -> QuerySet[Template]:
    """With all that the API and the pages show of a template itself."""
    counts = {"sections_count": _count_of(TemplateSection), "fields_count": _count_of(TemplateField)}
    return templates.select_related("parse_job", "file__blob", "created_by").annotate(**counts)


def _count_of(model: type[TemplateSection] | type[TemplateField]) -> Coalesce:
    rows = model._default_manager.filter(template=OuterRef("pk")).order_by().values("template")
    return Coalesce(Subquery(rows.annotate(count=Count("pk")).values("count"), output_field=IntegerField()), 0)


def standards_in_use(actor: Actor) -> list[str]:
    """For the filter over the list."""
    known = Template.objects.visible_to(actor).filter(archived_at=None).exclude(standard="")
    return list(known.order_by("standard").values_list("standard", flat=True).distinct())
