"""The parse job: rules read the file, a language model corrects what they found, code checks each correction.

Without a model, and whenever one fails, the rules' reading is saved and the template says so.
"""

from __future__ import annotations

import logging
import uuid
from collections import Counter
from collections.abc import Sequence
from enum import StrEnum
from typing import cast

from django.conf import settings
from pydantic import BaseModel

from jobs_app.db import run_sync
from jobs_app.models import Artifact
from jobs_app.runs import Run
from jobs_app.workflows import workflow
from llm_app import gateway
from llm_app.choices import Role
from llm_app.errors import NO_ANSWER, NoProvider, UnknownProvider
from llm_app.providers import check_provider, choose_provider
from templates_app.choices import CorrectionAct, CorrectionRefusal, FieldType
from templates_app.correction.answers import Checker, CorrectionAnswer, Source
from templates_app.correction.corrections import Judged, make_corrections
from templates_app.correction.questions import Question, as_request, ask_in_parts
from templates_app.docx.model import Anchor, Parse
from templates_app.models import Template
from templates_app.parsing import (
    PARSE_WORKFLOW,
    Correcting,
    ParsedFile,
    ParseRequest,
    ParseResult,
    keep_parse,
    parse_bytes,
    read_parse,
    read_word_file,
    save_parse,
)
from templates_app.versions import edited_places

# More questions than this nobody answers; for the others the better reading is taken.
_MOST_QUESTIONS = 5
# Where in the job's progress the model's part begins and ends.
_MODEL_FROM, _MODEL_TO = 86, 96

logger = logging.getLogger(__name__)


class Plan(BaseModel):
    """What is left to ask a model of what the rules read, and what the person said about it."""

    provider: str = ""
    rules: str = ""
    questions: list[Question] = []
    may_ask_person: bool = False
    notes: list[str] = []


class Reply(BaseModel):
    """What became of one question: an answer, or why there is none."""

    answer: CorrectionAnswer | None = None
    provider: str = ""
    model: str = ""
    failure: str = ""


class Keep(StrEnum):
    """A person's word on two readings."""

    CHANGE = "change it"
    LEAVE = "leave it as it is"


class Doubt(BaseModel):
    """Two readings that score about the same, as a question to a person; ``default`` is the one that scores better."""

    key: str
    question: str
    default: Keep


class Checked(BaseModel):
    """Every correction with what became of it, and those that a person may decide."""

    judged: list[Judged]
    doubts: list[Doubt]


@workflow(
    PARSE_WORKFLOW,
    version=2,
    title="Read a template",
    arguments=ParseRequest,
    expected_seconds=3,
    size_argument="size_bytes",
)
async def read_template(run: Run, request: ParseRequest) -> ParseResult:
    await run.progress(5, "Loading document")
    parsed = await run.step("read", read_word_file, request.file_id, request.template_id)
    plan = await run.step("plan", plan_questions, request.template_id, parsed)
    corrected, correcting = parsed, Correcting(notes=plan.notes)
    if plan.questions:
        replies = await _ask_model(run, plan)
        checked = await run.step("check", check_replies, parsed, plan, replies)
        answers = await _ask_person(run, checked)
        await run.progress(_MODEL_TO, "Making corrections")
        corrected = await run.step("correct", correct_parse, parsed, checked, answers, request.template_id)
        correcting = sum_up(plan, replies, decide(checked, answers))
    await run.progress(97, "Saving sections and fields", done=corrected.fields_count, total=corrected.fields_count)
    save = run.options(atomic=True)
    return await save.step("save", save_parse, request.template_id, corrected, correcting, request.file_id)


def plan_questions(template_id: uuid.UUID, parsed: ParsedFile) -> Plan:
    """Whom to ask, and what; reads only."""
    template = Template.objects.get(id=template_id)
    rules = template.custom_rules.strip()
    provider, note = _provider_for(template)
    if not provider:
        unused = ["Your hints for reading need a language model and were not used."] if rules else []
        return Plan(notes=[note, *unused])
    questions, is_cut = ask_in_parts(read_parse(Artifact.objects.get(id=parsed.artifact_id)), has_rules=bool(rules))
    notes = ["The template is long: the language model saw a part of it."] if is_cut else []
    if not questions:
        notes = ["There was nothing to ask the language model: no place to fill in was found or suspected."]
    return Plan(
        provider=provider, rules=rules, questions=questions, may_ask_person=template.allow_questions, notes=notes
    )


def _provider_for(template: Template) -> tuple[str, str]:
    """The one asked for, else the default for parsing; empty, with a sentence, where none can be used."""
    if not template.provider:
        found = choose_provider(Role.PARSER)
        return (found.name, "") if found else ("", "No language model can be used, so rules alone read this file.")
    try:
        check_provider(template.provider)
    except (UnknownProvider, NoProvider) as lack:
        return "", f"Rules alone read this file. {lack.user_message}"
    return template.provider, ""


async def _ask_model(run: Run, plan: Plan) -> list[Reply]:
    total, done = sum(one.sections for one in plan.questions), Counter[str]()
    await run.progress(_MODEL_FROM, "Asking about sections", done=0, total=total)

    async def ask(part: Run, question: Question) -> Reply:
        reply = await _ask(part, plan, question)
        done["sections"] += question.sections
        percent = _MODEL_FROM + (_MODEL_TO - _MODEL_FROM) * done["sections"] // max(1, total)
        await run.progress(percent, "Asking about sections", done=done["sections"], total=total)
        return reply

    return await run.gather("model", ask, plan.questions, item_key=lambda question: question.key)


async def _ask(run: Run, plan: Plan, question: Question) -> Reply:
    """One paid call. Without an answer that can be used the reading goes on."""
    request = as_request(question, rules=plan.rules, provider=plan.provider)
    try:
        answer = await gateway.complete(run, "answer", request, schema=CorrectionAnswer)
    except NO_ANSWER as error:
        logger.warning("reading: no answer to %s (%s)", question.key, error.code)
        return Reply(failure=error.user_message)
    data = CorrectionAnswer.model_validate(answer.data)
    return Reply(answer=data, provider=answer.provider, model=answer.model)


def check_replies(parsed: ParsedFile, plan: Plan, replies: list[Reply]) -> Checked:
    """Each correction against the file and a person's edits. Why one is refused goes to the log, what it said not."""
    artifact = Artifact.objects.get(id=parsed.artifact_id)
    parse = read_parse(artifact)
    edited = _edited_before(parse, cast(uuid.UUID, artifact.entity_id))
    checker = Checker(parse, plan.rules, float(settings.PARSE_QUESTION_MARGIN), edited)
    for question, reply in zip(plan.questions, replies, strict=True):
        if reply.answer is not None:
            checker.check(question, reply.answer, Source(reply.provider, reply.model))
    for reason, count in _refusals(checker.judged).items():
        logger.warning("reading: %d corrections refused (%s)", count, reason)
    contested = [one for one in checker.judged if one.contested and one.correction is not None]
    asked = contested[:_MOST_QUESTIONS] if plan.may_ask_person else []
    for one in asked:
        one.was_asked = True
    return Checked(judged=checker.judged, doubts=[_as_doubt(one, parse) for one in asked])


def _edited_before(parse: Parse, template_id: uuid.UUID) -> dict[str, frozenset[Anchor]]:
    """Where the fields of this reading are that people edited after an earlier one, by key."""
    template = Template.objects.select_related("parsed_file").get(id=template_id)
    kept = list(template.fields.all())
    if template.parsed_file is None or all(one.edited_at is None for one in kept):
        return {}
    return edited_places(parse, read_parse(template.parsed_file), kept)


def _as_doubt(one: Judged, parse: Parse) -> Doubt:
    """In words for whoever uploaded the file."""
    field = next(field for field in parse.fields if field.key == one.field_keys[0])
    section = parse.outline.sections[field.section].heading if field.section is not None else ""
    where = f" in “{section}”" if section else ""
    if one.act == CorrectionAct.DROP:
        asked = f"“{field.label}”{where} was read as a place to fill in; it may be none. Leave it out?"
    else:
        kinds = FieldType(field.type).label.lower(), FieldType(str(one.said["type"]).strip().lower()).label.lower()
        asked = f"“{field.label}”{where} was read as {kinds[0]}; it may be {kinds[1]}. Change it?"
    default = Keep.LEAVE if one.refusal else Keep.CHANGE
    return Doubt(key=one.key, question=asked, default=default)


async def _ask_person(run: Run, checked: Checked) -> dict[str, Keep]:
    """All questions at once; those not answered in time are decided by the better score."""

    async def ask(part: Run, doubt: Doubt) -> Keep:
        limit = settings.PARSE_QUESTION_SECONDS
        return await part.ask("keep", doubt.question, Keep, timeout_seconds=limit, default=doubt.default)

    answers = await run.gather("person", ask, checked.doubts, item_key=lambda doubt: doubt.key)
    return {doubt.key: answer for doubt, answer in zip(checked.doubts, answers, strict=True)}


def decide(checked: Checked, answers: dict[str, Keep]) -> list[Judged]:
    """With a person's word where there is one; else with the better score."""
    return [_decided(one, answers[one.key]) if one.key in answers else one for one in checked.judged]


def _decided(one: Judged, answer: Keep) -> Judged:
    refusal = None if answer is Keep.CHANGE else CorrectionRefusal.KEPT_BY_PERSON
    return one.model_copy(update={"refusal": refusal})


async def correct_parse(
    parsed: ParsedFile, checked: Checked, answers: dict[str, Keep], template_id: uuid.UUID
) -> ParsedFile:
    """The reading with its corrections made, kept beside the rules' own; that one where there are none."""
    made = [one.correction for one in decide(checked, answers) if one.correction is not None and one.refusal is None]
    if not made:
        return parsed

    def correct() -> ParsedFile:
        source = Artifact.objects.get(id=parsed.artifact_id)
        return keep_parse(parse_bytes(make_corrections(read_parse(source), made)), source.customer_id, template_id)

    return await run_sync(correct)


def sum_up(plan: Plan, replies: Sequence[Reply], judged: Sequence[Judged]) -> Correcting:
    """For the template: who was asked, what became of it, what a reader must know."""
    providers = sorted({reply.provider for reply in replies if reply.provider})
    return Correcting(providers=providers, notes=[*plan.notes, *_notes_on(replies), *_notes_on_refused(judged)],
                      judged=list(judged))


def _notes_on(replies: Sequence[Reply]) -> list[str]:
    failures = Counter(reply.failure for reply in replies if reply.failure)
    if not failures:
        return []
    why = " ".join(failures)
    if failures.total() == len(replies):
        return [f"The language model gave no answer that could be used, so rules alone read this file. {why}"]
    return [f"On {failures.total()} of {len(replies)} parts the language model gave no usable answer. {why}"]


def _notes_on_refused(judged: Sequence[Judged]) -> list[str]:
    refused = _refusals(judged)
    if not refused:
        return []
    notes = [f"{refused.total()} of the language model's {len(judged)} corrections were refused."]
    if CorrectionRefusal.PART_GIVES_ORDERS in refused:
        notes.append("The file holds text that gives orders to language models. Look at who wrote it.")
    return notes


def _refusals(judged: Sequence[Judged]) -> Counter[CorrectionRefusal]:
    return Counter(one.refusal for one in judged if one.refusal is not None)
