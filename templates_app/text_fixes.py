"""Texts that findings propose: written into the Word file as tracked changes, then accepted or rejected."""

from __future__ import annotations

import uuid
from collections.abc import Sequence

from django.db import transaction

from accounts_app.access import Actor, record_audit
from accounts_app.choices import Role
from accounts_app.errors import NotFound
from jobs_app.jobs import submit_job
from jobs_app.models import Job
from templates_app.choices import FindingStatus, TextDecision
from templates_app.errors import NothingToDecide
from templates_app.models import Finding, Review, Template
from templates_app.parsing import read_parse
from templates_app.revising import REVISE_WORKFLOW, Proposal, ReviseRequest
from templates_app.templates import check_not_archived, check_not_busy, locked_template

GONE = "The text has changed since the review. Review again."
TWICE = "Another finding changes the same text. Apply this one after that is decided."


Refused = dict[uuid.UUID, str]
"""Why a finding's text cannot be written, by the finding's id."""


def propose_texts(template: Template, findings: Sequence[Finding], *, actor: Actor) -> tuple[Job | None, Refused]:
    """Start writing tracked changes for those that can be, and say why the others cannot.

    The caller holds the lock of the template's row. Raises ``TemplateBusy``.
    """
    check_not_busy(template)
    proposals, refused = _placed(template, findings)
    if not proposals:
        return None, refused
    for one in proposals:
        record_audit(actor, "finding.text_proposed", template, finding=str(one.finding_id))
    return _submit(template, TextDecision.PROPOSE, actor=actor, proposals=proposals), refused


def _placed(template: Template, findings: Sequence[Finding]) -> tuple[list[Proposal], Refused]:
    """Where each text stands in the file as it is now: at its place, or where else it stands alone."""
    assert template.parsed_file is not None  # noqa: S101 - a review was made of it
    paragraphs = {(one.part, one.p): one.text for one in read_parse(template.parsed_file).outline.paragraphs}
    proposals: list[Proposal] = []
    refused: Refused = {}
    for one in findings:
        place = _place(one, paragraphs)
        if place is None:
            refused[one.id] = GONE
        elif any(_overlap(place, other) for other in proposals):
            refused[one.id] = TWICE
        else:
            proposals.append(place)
    return proposals, refused


def _place(one: Finding, paragraphs: dict[tuple[str, int], str]) -> Proposal | None:
    fix = one.fix
    about = f"{one.standard_title}, clause {one.clause}: " if one.clause else ""
    told = {"finding_id": one.id, "old": fix["old"], "new": fix["new"], "comment": f"{about}{one.sentence}"}
    if paragraphs.get((fix["part"], fix["p"]), "")[fix["start"] : fix["end"]] == fix["old"]:
        return Proposal(part=fix["part"], p=fix["p"], start=fix["start"], end=fix["end"], **told)
    elsewhere = [address for address, text in paragraphs.items() if text.count(fix["old"]) == 1]
    if len(elsewhere) != 1:
        return None
    (part, p), start = elsewhere[0], paragraphs[elsewhere[0]].index(fix["old"])
    return Proposal(part=part, p=p, start=start, end=start + len(fix["old"]), **told)


def _overlap(one: Proposal, other: Proposal) -> bool:
    return (one.part, one.p) == (other.part, other.p) and one.start < other.end and other.start < one.end


def decide_texts(
    review_id: uuid.UUID, chosen: Sequence[uuid.UUID] | None, decision: TextDecision, *, actor: Actor
) -> Job:
    """Accept or reject the tracked changes of findings, of all that have some where none is chosen.

    Raises ``NotAllowed``, ``NotFound``, ``TemplateArchived``, ``TemplateBusy`` and ``NothingToDecide``.
    """
    with transaction.atomic():
        review = Review.objects.get_for(actor, id=review_id)
        template = locked_template(review.template_id, actor=actor, role=Role.EDITOR)
        check_not_archived(template)
        check_not_busy(template)
        found = list(review.findings.exclude(tracked=[]).filter(status=FindingStatus.APPLIED))
        if chosen is not None:
            wanted = set(chosen)
            if not wanted <= set(review.findings.values_list("id", flat=True)):
                raise NotFound("There is no such finding in this review.")
            found = [one for one in found if one.id in wanted]
        if not found:
            raise NothingToDecide()
        for one in found:
            record_audit(actor, f"finding.text_{decision.value}ed", template, finding=str(one.id))
        return _submit(template, decision, actor=actor, findings=found)


def _submit(
    template: Template,
    decision: TextDecision,
    *,
    actor: Actor,
    proposals: Sequence[Proposal] = (),
    findings: Sequence[Finding] = (),
) -> Job:
    request = ReviseRequest(
        template_id=template.id,
        file_id=template.file_id,
        decision=decision,
        proposals=list(proposals),
        finding_ids=[one.id for one in findings],
        change_ids=[number for one in findings for number in one.tracked],
        author=str(actor.user),
        user_id=actor.user.pk,
    )
    job = submit_job(
        workflow=REVISE_WORKFLOW, arguments=request, customer_id=template.customer_id, actor=actor, subject=template
    )
    template.parse_job = job
    template.save(update_fields=["parse_job"])
    return job
