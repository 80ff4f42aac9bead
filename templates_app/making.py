"""The generate job, version 2: drafts decided by a person → Word → PDF → a look at the result."""

from __future__ import annotations

import logging
import uuid
from collections.abc import Sequence
from typing import Literal

from pydantic import BaseModel, Field

from jobs_app import steps
from jobs_app.models import Question
from jobs_app.runs import Run
from jobs_app.workflows import workflow
from llm_app import gateway
from llm_app.choices import Role
from llm_app.errors import NO_ANSWER
from llm_app.providers import choose_provider
from templates_app.choices import Author, DraftStatus
from templates_app.drafting import (
    REFUSAL_SAID,
    DraftAnswer,
    DraftQuestion,
    ask_for_texts,
    check_draft,
    count_reasons,
    gather_known,
    tell_of_refused,
)
from templates_app.facts import facts_of
from templates_app.finishing import finish_file
from templates_app.generation import GENERATE_WORKFLOW
from templates_app.models import Document, Draft, Fact
from templates_app.origins import Origin, Source
from templates_app.parsing import read_parse
from templates_app.pinning import fields_of, reading_of
from templates_app.preflight import check_all_filled, check_nothing_missing

DRAFTS_QUESTION = "drafts"
"""Key of the step that waits for a person; ``drafts`` answers it when the last text is decided."""

logger = logging.getLogger(__name__)


class GenerationRequest(BaseModel):
    """``draft``: keys of the fields a language model writes a text for. ``partial``: required fields may stay empty.

    ``refuse``: none may stay empty, required or not.
    """

    document_id: uuid.UUID
    list_unfilled: bool = True
    partial: bool = False
    refuse: bool = False
    pdf: bool = False
    draft: list[str] = []
    provider: str = ""


class DraftPlan(BaseModel):
    questions: list[DraftQuestion]
    notes: list[str]


class DraftReply(BaseModel):
    """What became of one question: an answer, or why there is none (its code, and a sentence)."""

    answer: DraftAnswer | None = None
    provider: str = ""
    model: str = ""
    code: str = ""
    failure: str = ""


class DraftsKept(BaseModel):
    """How many texts wait for a decision; why others are left out, as codes for the log."""

    open: int
    reasons: list[str]


class DraftsDecided(BaseModel):
    """To go on is all there is to answer: who does not want the document cancels its job, and nothing is lost."""

    go_on: Literal[True] = Field(title="Go on; texts that are still undecided are rejected")


class GenerationResult(BaseModel):
    document_id: uuid.UUID
    sha256: str
    unfilled: list[str]
    pdf_sha256: str = ""
    findings_count: int = 0
    notes: list[str] = []


@workflow(GENERATE_WORKFLOW, version=2, title="Make a document", arguments=GenerationRequest, expected_seconds=3)
async def make_document(run: Run, request: GenerationRequest) -> GenerationResult:
    if request.draft:
        await _draft_texts(run, request)
        if request.refuse:
            await run.step("preflight", check_all_filled, request.document_id)
        elif not request.partial:
            await run.step("preflight", check_nothing_missing, request.document_id)
    await run.progress(50, "Filling the template")
    finished = await finish_file(run, request.document_id, list_unfilled=request.list_unfilled, pdf=request.pdf)
    return GenerationResult(document_id=request.document_id, **finished.model_dump())


async def _draft_texts(run: Run, request: GenerationRequest) -> None:
    """Ask for the texts, keep those that can stand, and wait until a person has decided about each."""
    await run.progress(5, "Asking for texts", done=0, total=len(request.draft))
    plan = await run.step("plan", plan_drafts, request.document_id, request.draft, request.provider)
    replies = await run.gather("draft", _ask, plan.questions, item_key=lambda question: question.key)
    kept = await run.options(atomic=True).step("keep-drafts", keep_drafts, request.document_id, plan, replies)
    await run.progress(40, f"{kept.open} texts drafted, {count_reasons(kept.reasons)}")
    if kept.open:
        question = (
            "A language model wrote texts for this document. Accept, change or reject each on its page; to go on here "
            "rejects those that are still undecided. Cancel the job if the document should not be made."
        )
        await run.ask(DRAFTS_QUESTION, question, DraftsDecided)
    await run.options(atomic=True).step("take-drafts", take_drafts, request.document_id)


async def _ask(run: Run, question: DraftQuestion) -> DraftReply:
    """One paid call. Without an answer this text is left out; the others, and the document, go on."""
    try:
        answer = await gateway.complete(run, "answer", question.request, schema=DraftAnswer)
    except NO_ANSWER as error:
        logger.warning("draft: no answer for %s (%s)", question.key, error.code)
        return DraftReply(code=error.code, failure=error.user_message)
    text = DraftAnswer.model_validate(answer.data)
    return DraftReply(answer=text, provider=answer.provider, model=answer.model)


def plan_drafts(document_id: uuid.UUID, keys: Sequence[str], provider: str) -> DraftPlan:
    """What is asked about each field; nothing where no language model can be used. Reads only."""
    document = Document.objects.select_related("template__parsed_file", "template_form").get(id=document_id)
    chosen = provider or _chosen_provider()
    if not chosen:
        return DraftPlan(questions=[], notes=["No language model can be used, so no text was drafted."])
    fields, reading = fields_of(document), reading_of(document)
    assert reading is not None  # noqa: S101 - only what was read is filled
    known = gather_known(_facts(document), document.values, fields)
    wanted = [one for one in fields if one.key in keys]
    outline = read_parse(reading).outline
    return DraftPlan(questions=ask_for_texts(document.template, wanted, outline, known, provider=chosen), notes=[])


def _chosen_provider() -> str:
    found = choose_provider(Role.GENERATOR)
    return found.name if found else ""


def _facts(document: Document) -> list[Fact]:
    return list(facts_of(document.customer_id))


def keep_drafts(document_id: uuid.UUID, plan: DraftPlan, replies: Sequence[DraftReply]) -> DraftsKept:
    """Check each answer, keep the texts that can stand, and note on the document why there are no others."""
    document = Document.objects.select_for_update(no_key=True).get(id=document_id)
    drafts, reasons, refused = [], [], {}
    for question, reply in zip(plan.questions, replies, strict=True):
        draft = Draft(customer_id=document.customer_id, document=document, field_key=question.key, label=question.label)
        if reply.answer is None:
            reasons.append(reply.code)
            refused[question.label] = reply.failure.rstrip(".")
            continue
        checked = check_draft(question, reply.answer)
        reasons += ["invented_source"] * len(checked.invented)
        if checked.refusal is not None:
            reasons.append(checked.refusal)
            refused[question.label] = f"the model answered, but {REFUSAL_SAID[checked.refusal]}"
            continue
        draft.text, draft.sources, draft.invented = checked.text, checked.sources, checked.invented
        draft.provider, draft.model = reply.provider, reply.model
        drafts.append(draft)
    Draft.objects.bulk_create(drafts)
    document.notes = [*document.notes, *plan.notes, *tell_of_refused(refused)]
    prompts = {one.request.prompt_name: one.request.prompt_hash for one in plan.questions}
    document.made_with = document.made_with | {"prompts": prompts}
    document.save(update_fields=["notes", "made_with"])
    return DraftsKept(open=len(drafts), reasons=reasons)


def take_drafts(document_id: uuid.UUID) -> int:
    """Put the accepted texts into the document, with who accepted them; who went on without the rest rejected it."""
    document = Document.objects.select_for_update(no_key=True).get(id=document_id)
    went_on = Question.objects.filter(job_id=steps.current_job_id(), key=DRAFTS_QUESTION).first()
    if went_on is not None:
        decided = {"decided_by": went_on.answered_by_id, "decided_at": went_on.answered_at}
        document.drafts.filter(status=DraftStatus.OPEN).update(status=DraftStatus.REJECTED, **decided)
    accepted = [draft for draft in document.drafts.all() if draft.chosen_text]
    for draft in accepted:
        is_as_written = draft.status == DraftStatus.ACCEPTED
        origin = Origin(
            source=Source.DRAFT,
            author=Author.MODEL if is_as_written else Author.PERSON,
            by=str(draft.decided_by_id or ""),
            detail=f"{draft.provider} {draft.model}".strip(),
            sources=draft.sources if is_as_written else [],
        )
        document.values[draft.field_key] = draft.chosen_text
        document.origins[draft.field_key] = origin.model_dump(mode="json", exclude_defaults=True)
    document.save(update_fields=["values", "origins"])
    return len(accepted)
