"""Small workflows that ask a model, registered once."""

from __future__ import annotations

from pydantic import BaseModel

from jobs_app.runs import Run
from jobs_app.workflows import workflow
from llm_app.exchange import Message, Request
from llm_app.gateway import complete, complete_as


class Question(BaseModel):
    text: str
    streamed: bool = False
    times: int = 1
    keep_seconds: int = 0


class Said(BaseModel):
    text: str


class City(BaseModel):
    city: str


async def _hear(text: str) -> None:
    """Somebody wants the text as it comes."""


def _request(question: Question, text: str) -> Request:
    message = Message(role="user", content=text)
    return Request(messages=(message,), fallbacks=False, keep_seconds=question.keep_seconds)


@workflow("test.ask_model", arguments=Question)
async def ask_model(run: Run, question: Question) -> Said:
    said = []
    for number in range(question.times):
        request = _request(question, f"{question.text} {number}")
        listener = _hear if question.streamed else None
        said.append((await complete(run, f"ask-{number}", request, on_text=listener)).text)
    return Said(text=" ".join(said))


@workflow("test.ask_at_once", arguments=Question)
async def ask_at_once(run: Run, question: Question) -> Said:
    """As many questions as ``times``, side by side."""

    async def ask(run: Run, number: int) -> str:
        return (await complete(run, "ask", _request(question, f"{question.text} {number}"))).text

    said = await run.gather("part", ask, range(question.times), item_key=str)
    return Said(text=" ".join(said))


@workflow("test.ask_for_city", arguments=Question)
async def ask_for_city(run: Run, question: Question) -> Said:
    return Said(text=(await complete_as(run, "ask", _request(question, question.text), City)).city)


@workflow("test.ask_child", arguments=Question)
async def ask_child(run: Run, question: Question) -> Said:
    return await run.child("child", "test.ask_model", question, Said)
