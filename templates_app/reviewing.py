"""The review job: rules look at the whole template, a language model at its parts where there is one; code scores."""

from __future__ import annotations

import logging
import uuid
from collections import Counter
from collections.abc import Mapping, Sequence
from functools import partial

from django.utils import timezone
from pydantic import BaseModel

from jobs_app.runs import Run
from jobs_app.workflows import workflow
from llm_app import gateway
from llm_app.choices import Role
from llm_app.errors import NO_ANSWER
from llm_app.providers import choose_provider
from templates_app.choices import FieldType, ReviewMode
from templates_app.fields import types_for
from templates_app.models import Finding, Review, Template, TemplateField
from templates_app.parsing import read_parse
from templates_app.review.answers import Checked, ReviewAnswer, check_answer, merge_findings
from templates_app.review.content import Content, FieldFacts, read_homes, read_numbers, read_sections
from templates_app.review.findings import Found
from templates_app.review.questions import Question, as_request, ask_briefly, ask_in_parts
from templates_app.review.rules import find_by_rules, what_was_not_judged
from templates_app.review.scores import Basis, compute_scores, read_basis

REVIEW_WORKFLOW = "template.review"

logger = logging.getLogger(__name__)


class ReviewRequest(BaseModel):
    review_id: uuid.UUID


class Plan(BaseModel):
    """What the rules found, and what is left to ask."""

    findings: list[Found]
    basis: Basis
    notes: list[str]
    provider: str
    questions: list[Question]
    document_type: str
    standards: list[str]


class Reply(BaseModel):
    """What became of one question: an answer, or why there is none."""

    answer: ReviewAnswer | None = None
    provider: str = ""
    failure: str = ""


class ReviewResult(BaseModel):
    """Scores from 0 to 100, None where not judged; findings of the model that were refused, counted by reason."""

    review_id: uuid.UUID
    template_id: uuid.UUID
    overall: int | None
    completeness: int | None
    compliance: int | None
    findings_count: int
    refused: dict[str, int]
    notes: list[str]


@workflow(REVIEW_WORKFLOW, title="Review a template", arguments=ReviewRequest, expected_seconds=5)
async def review_template(run: Run, request: ReviewRequest) -> ReviewResult:
    await run.progress(5, "Looking by rules")
    plan = await run.step("rules", look_by_rules, request.review_id)
    await run.progress(15, "Asking about sections", done=0, total=len(plan.questions))
    answered: list[str] = []
    ask = partial(_ask, run, plan, answered)
    replies = await run.gather("model", ask, plan.questions, item_key=lambda question: question.key)
    await run.progress(90, "Checking and saving findings")
    result = await run.options(atomic=True).step("save", save_review, request.review_id, plan, replies)
    refused = sum(result.refused.values())
    await run.progress(99, f"{result.findings_count} findings, {refused} of the model's refused")
    return result


async def _ask(whole: Run, plan: Plan, answered: list[str], run: Run, question: Question) -> Reply:
    """One paid call. Without an answer that can be used the review goes on."""
    request = as_request(question, provider=plan.provider)
    try:
        answer = await gateway.complete(run, "answer", request, schema=ReviewAnswer)
        reply = Reply(answer=ReviewAnswer.model_validate(answer.data), provider=answer.provider)
    except NO_ANSWER as error:
        logger.warning("review: no answer to %s (%s)", question.key, error.code)
        reply = Reply(failure=error.user_message)
    answered.append(question.key)
    percent = 15 + 75 * len(answered) // len(plan.questions)
    await whole.progress(percent, "Asking about sections", done=len(answered), total=len(plan.questions))
    return reply


def look_by_rules(review_id: uuid.UUID) -> Plan:
    """Everything that needs no model; reads only."""
    review = Review.objects.select_related("template__parsed_file").get(id=review_id)
    content = read_content(review.template)
    provider = review.provider or _chosen_provider(review.template)
    questions, notes = _questions(content, ReviewMode(review.mode)) if provider else ([], [])
    if not provider:
        notes = ["No language model can be used, so this review is by rules alone."]
    return Plan(
        findings=find_by_rules(content),
        basis=read_basis(content),
        notes=[*what_was_not_judged(content), *notes],
        provider=provider,
        questions=questions,
        document_type=content.kind.id if content.kind else "",
        standards=[one.id for one in content.standards],
    )


def _chosen_provider(template: Template) -> str:
    """Another one than read the template, where there is one."""
    read_by = template.provider or next(iter(template.read_by), "")
    found = choose_provider(Role.REVIEWER, other_than=read_by)
    return found.name if found else ""


def _questions(content: Content, mode: ReviewMode) -> tuple[list[Question], list[str]]:
    if not content.standards:
        return [], ["The language model was not asked: it reports against clauses, and no standard is set."]
    questions, is_cut = ask_briefly(content) if mode == ReviewMode.QUICK else ask_in_parts(content)
    asked = [one for one in questions if one.clauses]  # without a clause there is nothing that could be reported
    if questions and not asked:
        return [], ["The language model was not asked: the text touches no clause of the standards that are set."]
    return asked, ["The template is long: the language model saw a part of it."] if is_cut else []


def read_content(template: Template) -> Content:
    """The template as it was read, with its fields as they are now."""
    assert template.parsed_file is not None  # noqa: S101 - only what was read is reviewed
    outline = read_parse(template.parsed_file).outline
    fields, homes = template.fields.select_related("section").order_by("ordinal"), read_homes(outline)
    return Content(
        title=template.title,
        language=template.language,
        sections=read_sections(outline),
        fields=[_facts(one, homes) for one in fields],
        numbers=read_numbers(outline),
        kind=template.kind,
        standards=template.known_standards,
    )


def _facts(one: TemplateField, homes: Mapping[tuple[str, int], tuple[str, int]]) -> FieldFacts:
    first = one.places[0] if one.places else None
    return FieldFacts(
        key=one.key,
        label=one.label,
        type=FieldType(one.type),
        required=one.required,
        options=tuple(one.options),
        columns=tuple(column["label"] for column in one.columns),
        section=str(one.section) if one.section else "",
        places=tuple((place["part"], place["p"], place["start"], place["end"]) for place in one.places),
        types=tuple(types_for(one)),
        home=homes.get((first["part"], first["p"])) if first else None,
    )


def save_review(review_id: uuid.UUID, plan: Plan, replies: Sequence[Reply]) -> ReviewResult:
    """Check what the model said, compute the scores, keep both."""
    review = Review.objects.select_for_update(no_key=True).get(id=review_id)
    checked = _checked(plan.questions, replies)
    findings = [*plan.findings, *merge_findings(checked.found)]
    providers = sorted({reply.provider for reply in replies if reply.provider})
    scores = compute_scores(plan.basis, findings)
    review.document_type, review.standards = plan.document_type, plan.standards
    review.overall, review.completeness = scores.overall, scores.completeness
    review.compliance, review.soundness = scores.compliance, scores.soundness
    review.asked_providers, review.refused = providers, dict(checked.refused)
    review.notes = [*plan.notes, *_notes_on(replies), *_notes_on_refused(checked.refused)]
    review.completed_at = timezone.now()
    review.save()
    Finding.objects.bulk_create(_row(review, ordinal, one) for ordinal, one in enumerate(findings))
    return ReviewResult(
        review_id=review.id,
        template_id=review.template_id,
        overall=scores.overall,
        completeness=scores.completeness,
        compliance=scores.compliance,
        findings_count=len(findings),
        refused=review.refused,
        notes=review.notes,
    )


def _checked(questions: Sequence[Question], replies: Sequence[Reply]) -> Checked:
    """All answers together. Why something was refused goes to the log, what was said does not."""
    whole = Checked()
    for question, reply in zip(questions, replies, strict=True):
        if reply.answer is None:
            continue
        part = check_answer(question, reply.answer)
        whole.found += part.found
        whole.refused += part.refused
        for reason, count in part.refused.items():
            logger.warning("review: %d findings on %s refused (%s)", count, question.key, reason)
    return whole


def _notes_on(replies: Sequence[Reply]) -> list[str]:
    """For the person: what the model did not look at, and why."""
    failures = Counter(reply.failure for reply in replies if reply.failure)
    if not failures:
        return []
    why = " ".join(failures)
    if failures.total() == len(replies):
        return [f"The language model gave no answer that could be used; this review is by rules alone. {why}"]
    return [f"On {failures.total()} of {len(replies)} parts the language model gave no usable answer. {why}"]


def _notes_on_refused(refused: Counter[str]) -> list[str]:
    if not refused:
        return []
    reasons = ", ".join(f"{reason.replace('_', ' ')} {count}" for reason, count in sorted(refused.items()))
    return [f"Of what the language model said, {refused.total()} could not be shown and was left out: {reasons}."]


def _row(review: Review, ordinal: int, one: Found) -> Finding:
    told = one.model_dump(mode="json", exclude={"fix"})
    fix = one.fix.model_dump() if one.fix else {}
    return Finding(customer_id=review.customer_id, review=review, ordinal=ordinal, fix=fix, **told)
