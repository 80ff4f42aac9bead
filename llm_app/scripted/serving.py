"""Each request to the end it was scripted for."""

from __future__ import annotations

import asyncio
import json
import time
from typing import Any

from .connection import Connection, Request
from .control import control
from .demo import LABEL
from .playback import Call, Playback
from .questions import Question, Refused
from .replies import Reply, Usage, compose
from .script import Answer, Failure, FailureKind, count_tokens
from .wires import WIRES, Wire, sse

_KEY_HEADERS = {"authorization", "x-api-key", "x-goog-api-key", "api-key"}


async def serve(playback: Playback, connection: Connection, request: Request) -> None:
    wire = next((wire for wire in WIRES if wire.fits(request.path)), None)
    if wire and request.method == "POST":
        await _Exchange(playback, connection, wire, request).run()
    elif request.path.startswith("/_control/"):
        connection.respond(*control(playback, request))
    elif request.path in {"/v1/models", "/v1beta/models"}:
        connection.respond(200, _models(playback, request.path))
    else:
        connection.respond(404, {"error": {"message": f"{LABEL}: there is nothing at {request.path}"}})


def _models(playback: Playback, path: str) -> dict[str, Any]:
    names = playback.script.models
    if path == "/v1beta/models":
        return {"models": [{"name": f"models/{name}", "displayName": f"{name}: {LABEL}"} for name in names]}
    entries = [{"id": name, "object": "model", "created": 0, "owned_by": "scripted"} for name in names]
    return {"object": "list", "data": entries}


class _Exchange:
    """One call and its answer."""

    def __init__(self, playback: Playback, connection: Connection, wire: Wire, request: Request) -> None:
        self.playback, self.connection, self.wire, self.request = playback, connection, wire, request
        self.question: Question | None = None
        self.call = playback.record(
            Call(
                number=0,
                wire=wire.name,
                path=request.path,
                headers={name: value for name, value in request.headers.items() if name not in _KEY_HEADERS},
                body={},
                key_was_right=playback.is_right_key(wire.key(request.headers, request.query)),
                connected_at=connection.connected_at,
            )
        )
        connection.on_client_closed.append(lambda at: setattr(self.call, "client_closed_at", at))

    async def run(self) -> None:
        try:
            question = self._read()
            answer = self.playback.decide(question, self.call)
        except Refused as refusal:
            self._refuse(Failure(kind=refusal.kind, message=refusal.message))
            return
        await asyncio.sleep(answer.delay_seconds)
        if answer.failure:
            self._refuse(answer.failure)
        else:
            await self._give(question, answer)

    def _read(self) -> Question:
        if not self.call.key_was_right:
            raise Refused("", FailureKind.UNAUTHORIZED)
        self.call.body = _parsed(self.request.body)
        try:
            self.question = question = self.wire.read(self.request.path, self.request.query, self.call.body)
        except (AttributeError, LookupError, TypeError) as error:
            raise Refused(f"The request has not the form of the format: {error}") from error
        self.call.model, self.call.streaming = question.model, question.streaming
        return question

    def _refuse(self, failure: Failure) -> None:
        status, body = self.wire.refuse(failure, self.question)
        wait = failure.retry_after_seconds
        self._ended(status)
        self.connection.respond(status, body, [("retry-after", str(wait))] if wait is not None else None)

    def _ended(self, status: int) -> None:
        self.call.status, self.call.answered_at = status, time.time()

    async def _give(self, question: Question, answer: Answer) -> None:
        reply = compose(question, answer, self.call.number)
        if answer.billed_then_cut:
            self.playback.bill(self.call, reply.usage)
            self.playback.remember(self.call, answer)
            self._drop()
        elif question.streaming:
            await self._stream(question, answer, reply)
        else:
            self._whole(answer, reply)

    def _drop(self) -> None:
        self.call.dropped_at = time.time()
        self.connection.drop()

    def _whole(self, answer: Answer, reply: Reply) -> None:
        body = json.dumps(self.wire.whole(reply), ensure_ascii=False).encode()
        self.playback.bill(self.call, reply.usage)
        if answer.cut_after_chunks is not None:
            self.call.status, self.call.dropped_at = 200, time.time()
            self.connection.respond_half(body)
            return
        self.playback.remember(self.call, answer)
        self._ended(200)
        self.connection.respond(200, body[: len(body) // 2] if answer.malformed else body)

    async def _stream(self, question: Question, answer: Answer, reply: Reply) -> None:
        """Bills what was sent, chunk by chunk; the whole answer's figures at its end."""
        self.call.status = 200
        self.connection.start(200, [("content-type", "text/event-stream"), ("transfer-encoding", "chunked")])
        characters = chunks = 0
        for event in self.wire.stream(question, reply):
            if event.characters:
                if chunks == answer.ended_after_chunks:
                    break
                if chunks in {answer.cut_after_chunks, answer.fail_after_chunks}:
                    self._break_off(failing=chunks == answer.fail_after_chunks)
                    return
                await asyncio.sleep(answer.chunk_delay_seconds)
                chunks, characters = chunks + 1, characters + event.characters
                self.playback.bill(self.call, _so_far(reply.usage, characters))
            self.connection.send(event.data[: len(event.data) // 2] + b"\n\n" if answer.malformed else event.data)
        else:
            self.playback.bill(self.call, reply.usage)
        self.playback.remember(self.call, answer)
        self.call.answered_at = time.time()
        self.connection.finish()

    def _break_off(self, *, failing: bool) -> None:
        if failing:
            _, body = self.wire.refuse(Failure(kind=FailureKind.OVERLOADED), self.question)
            self.connection.send(sse(body, name=self.wire.failing).data)
        self._drop()


def _parsed(body: bytes) -> dict[str, Any]:
    try:
        parsed = json.loads(body)
    except ValueError as error:
        raise Refused("We could not parse the JSON body of your request.") from error
    if not isinstance(parsed, dict):
        raise Refused("The body of your request is no JSON object.")
    return parsed


def _so_far(usage: Usage, characters: int) -> Usage:
    return Usage(
        input=usage.input,
        output=min(count_tokens(characters), usage.output),
        cached=usage.cached,
        cache_write=usage.cache_write,
    )
