"""The gateway: the one way to a language model. ``complete`` for jobs, ``complete_now`` for everybody else.

Every request is reserved against the caps before it is sent and booked after it (``calls``, ``ledger``); a job's answer
is a remembered step and is never bought twice.
"""

from __future__ import annotations

import asyncio
import json
import logging
import random
import time
import uuid
from contextlib import suppress
from dataclasses import replace
from decimal import Decimal
from functools import cached_property
from typing import Any, TypeVar

from django.conf import settings
from pydantic import BaseModel, ValidationError

from jobs_app import steps
from jobs_app.canonical import digest_of
from jobs_app.db import persisted, run_sync
from jobs_app.runs import Run
from jobs_app.steps import NEVER, Retry
from llm_app import answers, ledger, providers, rates
from llm_app.calls import Call, Reply, make_call
from llm_app.caps import is_held_by_own_calls
from llm_app.choices import CacheUse
from llm_app.errors import (
    BadModelAnswer,
    CapReached,
    ContentRefused,
    ContextTooLong,
    ProviderError,
    ProviderRateLimited,
)
from llm_app.exchange import Answer, Message, Request, Usage, form_of
from llm_app.ledger import Payer
from llm_app.lite import load
from llm_app.models import Provider
from llm_app.providers import Candidate, ProvidersChanged
from llm_app.tokens import count_input, worst_input
from llm_app.wire import OnText

M = TypeVar("M", bound=BaseModel)

# Between tries without a Retry-After: 1, 2, 4 … seconds, with jitter.
_BACKOFF_SECONDS = 1.0
# While other calls of the same job hold what is left under its cap.
_LOOK_AGAIN_SECONDS = 0.5
# Counting so many characters holds up the event loop for less than changing to a thread and back.
_COUNTED_AT_ONCE = 2000

logger = logging.getLogger(__name__)


class Order:
    """A request with what cannot be written down: the form to check an answer by, and who wants to hear it early.

    As the input of a step it goes by its hash, which is the request's alone; how long its answer is kept is not asked.
    """

    def __init__(
        self, request: Request, *, schema: type[BaseModel] | None = None, on_text: OnText | None = None
    ) -> None:
        self.request = request.model_copy(update={"form": form_of(schema)}) if schema else request
        self.schema = schema
        self.on_text = on_text
        self.was_heard = False

    @cached_property
    def sha256(self) -> str:
        return digest_of(self.request.model_copy(update={"keep_seconds": 0}))

    async def hear(self, text: str) -> None:
        self.was_heard = True
        if self.on_text is not None:
            await self.on_text(text)

    @property
    def listener(self) -> OnText | None:
        return self.hear if self.on_text is not None else None


async def complete(
    run: Run,
    key: str,
    request: Request,
    *,
    schema: type[BaseModel] | None = None,
    on_text: OnText | None = None,
    retry: Retry = NEVER,
) -> Answer:
    """A paid step: the answer to a request, bought once however often the job is taken up.

    With a ``schema``, ``data`` of the answer fits it. ``on_text`` gets the text as it comes, the first time only.
    """
    order = Order(request, schema=schema, on_text=on_text)
    return await run.options(paid=True, retry=retry).step(key, buy_answer, order)


async def complete_as(run: Run, key: str, request: Request, schema: type[M], *, retry: Retry = NEVER) -> M:
    """``complete``, as an object of this model."""
    return schema.model_validate((await complete(run, key, request, schema=schema, retry=retry)).data)


async def complete_now(
    request: Request,
    *,
    customer_id: uuid.UUID | None,
    schema: type[BaseModel] | None = None,
    on_text: OnText | None = None,
    idempotency_key: str = "",
) -> Answer:
    """The same without a job: for chat and for trying a provider. Without a customer the installation pays."""
    order = Order(request, schema=schema, on_text=on_text)
    return await _answer(order, Payer(customer_id=customer_id, idempotency_key=idempotency_key))


async def buy_answer(order: Order) -> Answer:
    """The step itself; its name is part of what finished steps are known by."""
    call = steps.current_call.get()
    return await _answer(order, Payer(call.customer_id, call.lease, call.key, call.idempotency_key))


async def _answer(order: Order, payer: Payer) -> Answer:
    """By what is known of the providers, if the first reservation finds it unchanged; else by what the tables say."""
    if known := _known_candidates(order.request, payer):
        counted_tokens = await _counted(order.request)
        if _fits(known[0].provider, counted_tokens):
            with suppress(ProvidersChanged):
                return await _ask_in_turn(order, payer, known, counted_tokens)
    candidates, kept = await run_sync(_look_up, order.request, payer)
    if kept is not None:
        if order.listener is not None:
            await order.listener(kept.text)
        return kept
    answer = await _ask_in_turn(order, payer, candidates, await _counted(order.request))
    if _may_be_kept(order.request, payer):
        await persisted(_keep, order.request, candidates, answer, payer)
    return answer


def _may_be_kept(request: Request, payer: Payer) -> bool:
    return bool(request.keep_seconds) and payer.customer_id is not None


def _known_candidates(request: Request, payer: Payer) -> list[Candidate]:
    """Empty where something has to be read before the reservation: a kept answer, or limits per minute."""
    if _may_be_kept(request, payer):
        return []
    known = providers.known_candidates(request)
    return [] if any(rates.is_limited(candidate.provider) for candidate in known) else known


def _look_up(request: Request, payer: Payer) -> tuple[list[Candidate], Answer | None]:
    """Who may be asked, and a kept answer if there is one."""
    found = providers.candidates(request)
    if _may_be_kept(request, payer) and payer.customer_id is not None:
        kept = answers.find_answer(request, found[0].provider, payer.customer_id)
        if kept is not None:
            ledger.note_hit(payer, provider=kept.provider, model=kept.model, prompt_hash=request.prompt_hash)
            return found, kept
    return found, None


async def _counted(request: Request) -> int:
    """Tokens of the input. Long texts take their time, so they are counted in a thread."""
    await load()
    if request.characters <= _COUNTED_AT_ONCE:
        return count_input(request)
    return await asyncio.to_thread(count_input, request)


def _keep(request: Request, found: list[Candidate], answer: Answer, payer: Payer) -> None:
    """Under the provider that answered."""
    provider = next(one.provider for one in found if one.provider.name == answer.provider)
    if payer.customer_id is not None:
        answers.keep_answer(request, provider, answer, customer_id=payer.customer_id, job_id=payer.job_id)


async def _ask_in_turn(
    order: Order, payer: Payer, candidates: list[Candidate], counted_tokens: int
) -> Answer:
    """The first provider that answers. Once somebody has heard text, a failure is final: it cannot be unsaid."""
    failure: ProviderError | None = None
    for candidate in candidates:
        try:
            return await _ask_one(order, payer, candidate, counted_tokens)
        except (ContentRefused, BadModelAnswer):
            raise
        except ProviderError as error:
            if order.was_heard:
                raise
            logger.warning("provider %s failed (%s): %s", candidate.provider.name, error.code, error)
            failure = failure or error
    raise failure or ProviderError()


async def _ask_one(order: Order, payer: Payer, candidate: Candidate, counted_tokens: int) -> Answer:
    provider = candidate.provider
    if not _fits(provider, counted_tokens):
        raise ContextTooLong(f"{provider.display_name}: {ContextTooLong.__doc__}")
    request = order.request if provider.has_json_schema else _with_instruction(order.request)
    cache = CacheUse.MISS if _may_be_kept(request, payer) else CacheUse.NONE
    call = Call(request, candidate, payer, counted_tokens, cache, order.listener)
    reply = await _tried(order, call)
    if order.schema is None:
        return _as_answer([reply], candidate)
    return await _in_form(order.schema, order, call, reply)


def _fits(provider: Provider, counted_tokens: int) -> bool:
    return provider.max_input_tokens is None or worst_input(counted_tokens) <= provider.max_input_tokens


async def _tried(order: Order, call: Call) -> Reply:
    """Again after what passes by itself (429, 5xx, time-outs), when the provider says or after a growing wait."""
    for made in range(1, settings.LLM_ATTEMPTS + 1):
        await _wait_for_turn(call)
        try:
            return await _within_caps(call)
        except ProviderError as error:
            wait = error.details.get("retry_after_seconds", _backoff_seconds(made))
            last = made == settings.LLM_ATTEMPTS or wait > settings.LLM_WAIT_SECONDS
            if not error.retryable or isinstance(error, BadModelAnswer) or last or order.was_heard:
                raise
            logger.info("%s: try %d failed (%s), next in %.1f s", call.candidate.provider.name, made, error.code, wait)
            await asyncio.sleep(wait)
    raise ProviderError()


async def _within_caps(call: Call) -> Reply:
    """Parts of one job that are asked about side by side shall not refuse each other: what one of them has reserved is
    mostly free again when it ends, and the others wait for that, as long as a call may take at most."""
    give_up_at = time.monotonic() + call.candidate.provider.timeout_seconds
    while True:
        try:
            return await make_call(call)
        except CapReached as refusal:
            if not is_held_by_own_calls(refusal) or time.monotonic() > give_up_at:
                raise
        await asyncio.sleep(_LOOK_AGAIN_SECONDS)


def _backoff_seconds(made: int) -> float:
    return _BACKOFF_SECONDS * float(2 ** (made - 1)) * random.uniform(0.5, 1)  # noqa: S311 - spreads load, hides nothing


async def _wait_for_turn(call: Call) -> None:
    """Until the provider's limits per minute let the request through; ``ProviderRateLimited`` when that takes long."""
    provider, waited = call.candidate.provider, 0.0
    if not rates.is_limited(provider):
        return
    while (wait := await run_sync(rates.take, provider, call.worst_usage.total_tokens)) > 0:
        if waited + wait > settings.LLM_WAIT_SECONDS:
            raise ProviderRateLimited(
                f"{provider.display_name} is asked as often as its limits per minute allow. Try again in"
                f" {round(wait)} seconds, or raise the limits in the admin.",
                retry_after_seconds=wait,
            )
        await asyncio.sleep(wait)
        waited += wait


async def _in_form(schema: type[BaseModel], order: Order, call: Call, reply: Reply) -> Answer:
    """The answer in the form asked for; asked again once, with what is wrong, when it is not."""
    try:
        return _as_answer([reply], call.candidate, data=_parsed(schema, reply.text))
    except (ValueError, ValidationError) as wrong:
        again = await _tried(order, await _asked_again(call, reply, wrong))
    try:
        return _as_answer([reply, again], call.candidate, data=_parsed(schema, again.text))
    except (ValueError, ValidationError) as wrong:
        raise BadModelAnswer(f"{call.candidate.provider.display_name}: {BadModelAnswer.__doc__}") from wrong


def _parsed(schema: type[BaseModel], text: str) -> Any:
    """The JSON of an answer, checked and as it is after checking. Raises ``ValueError``."""
    return _without_nul(schema.model_validate_json(_json_in(text)).model_dump(mode="json"))


def _without_nul(value: Any) -> Any:
    """No model means that character, and Postgres stores no text that has it."""
    match value:
        case str():
            return value.replace("\0", "")
        case list():
            return [_without_nul(one) for one in value]
        case dict():
            return {_without_nul(name): _without_nul(one) for name, one in value.items()}
    return value


def _json_in(text: str) -> str:
    """Without the fence some models put around it."""
    text = text.strip()
    if text.startswith("```"):
        text = text.split("\n", 1)[-1].rsplit("```", 1)[0]
    return text


async def _asked_again(call: Call, reply: Reply, wrong: Exception) -> Call:
    said = Message(role="assistant", content=reply.text or "(nothing)")
    told = Message(role="user", content=f"That answer does not fit the schema: {wrong}\nAnswer again, with JSON only.")
    request = call.request.model_copy(update={"messages": (*call.request.messages, said, told)})
    payer = replace(call.payer, idempotency_key=f"{call.payer.idempotency_key}/again" if call.payer.lease else "")
    candidate = replace(call.candidate, seen=None)  # who answered once is asked again, whatever has changed by now
    counted_tokens = await _counted(request)
    return replace(
        call, request=request, candidate=candidate, payer=payer, counted_tokens=counted_tokens, on_text=None
    )


def _with_instruction(request: Request) -> Request:
    """For a provider that takes no schema: the form in words, at the head of the conversation."""
    if request.form is None:
        return request
    schema = json.dumps(request.form.json_schema)
    told = Message(role="system", content=f"Answer with JSON only, no fence around it, that fits this schema: {schema}")
    return request.model_copy(update={"messages": (told, *request.messages)})


def _as_answer(replies: list[Reply], candidate: Candidate, *, data: Any = None) -> Answer:
    """The last reply, with the tokens and the cost of all."""
    last = replies[-1]
    return Answer(
        text=_without_nul(last.text),
        tool_calls=last.tool_calls,
        data=data,
        finish_reason=last.finish_reason,
        provider=candidate.provider.name,
        model=candidate.provider.litellm_model,
        usage=_sum_usage([reply.usage for reply in replies]),
        cost_usd=f"{sum((reply.cost_usd for reply in replies), Decimal(0)):.6f}",
        duration_ms=sum(reply.duration_ms for reply in replies),
    )


def _sum_usage(usages: list[Usage]) -> Usage:
    return Usage(**{name: sum(getattr(usage, name) for usage in usages) for name in Usage.model_fields})


