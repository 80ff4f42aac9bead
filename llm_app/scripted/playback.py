"""Which answer a call gets, and the record of every call: what came, what it cost, who ended the connection."""

from __future__ import annotations

import hashlib
import json
import threading
import time
from collections import Counter
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from .demo import demo_answer
from .questions import Question, Refused
from .replies import Usage
from .script import Answer, Rule, Script, WireName


@dataclass
class Call:
    """One request for an answer. Times are seconds since the epoch; the sent key is not kept, only whether it fits."""

    number: int
    wire: WireName
    path: str
    headers: dict[str, str]
    body: dict[str, Any]
    key_was_right: bool
    connected_at: float
    model: str = ""
    streaming: bool = False
    received_at: float = field(default_factory=time.time)
    status: int | None = None
    usage: Usage = field(default_factory=Usage)
    cost_usd: Decimal = Decimal(0)
    replayed: bool = False
    """Answered from memory by its idempotency key, and free."""
    answered_at: float | None = None
    """When the last byte of a whole answer was sent."""
    dropped_at: float | None = None
    """When the provider let the connection drop."""
    client_closed_at: float | None = None
    """When the client closed the connection that the call came by."""

    @property
    def abandoned(self) -> bool:
        """Whether the client went before it had the answer."""
        return self.client_closed_at is not None and self.answered_at is None and self.dropped_at is None


class Playback:
    """The script and what became of it. Safe to use from any thread."""

    def __init__(self, script: Script) -> None:
        self._lock = threading.Lock()
        self.set_script(script)

    def set_script(self, script: Script) -> None:
        """Answer by another script from the next call on, with nothing remembered."""
        with self._lock:
            self.script = script
            self.forget()

    def forget(self) -> None:
        """Begin anew with the same script."""
        self._calls: list[Call] = []
        self._fitting: Counter[int] = Counter()
        self._bought: dict[str, tuple[str, Answer]] = {}

    @property
    def calls(self) -> list[Call]:
        with self._lock:
            return list(self._calls)

    @property
    def cost_usd(self) -> Decimal:
        return sum((call.cost_usd for call in self.calls), Decimal(0))

    def record(self, call: Call) -> Call:
        with self._lock:
            call.number = len(self._calls) + 1
            self._calls.append(call)
        return call

    def is_right_key(self, key: str) -> bool:
        return self.script.key is None or key == self.script.key

    def decide(self, question: Question, call: Call) -> Answer:
        """The answer of the first rule that fits, or what was bought before with the same idempotency key."""
        key, digest = call.headers.get("idempotency-key", ""), _digest(call.body)
        with self._lock:
            if key in self._bought:
                known, answer = self._bought[key]
                if known != digest:
                    raise Refused("This idempotency key was used with another request.")
                call.replayed = True
                return answer
            return self._choose(question)

    def _choose(self, question: Question) -> Answer:
        for index, rule in enumerate(self.script.rules):
            if not _fits(rule, question):
                continue
            self._fitting[index] += 1
            if rule.nth is None or rule.nth == self._fitting[index]:
                return rule.answer
        return demo_answer(question)

    def bill(self, call: Call, usage: Usage) -> None:
        if call.replayed:
            return
        call.usage = usage
        call.cost_usd = usage.cost_usd(self.script.prices)

    def remember(self, call: Call, answer: Answer) -> None:
        """A whole answer was paid: the same idempotency key gets it again, this time without mishaps."""
        if key := call.headers.get("idempotency-key"):
            calm = answer.model_copy(
                update={"billed_then_cut": False, "cut_after_chunks": None, "malformed": False, "delay_seconds": 0}
            )
            with self._lock:
                self._bought[key] = (_digest(call.body), calm)


def _fits(rule: Rule, question: Question) -> bool:
    return (
        rule.wire in {None, question.wire}
        and rule.model in {None, question.model}
        and (rule.contains is None or rule.contains in question.last)
    )


def _digest(body: dict[str, Any]) -> str:
    return hashlib.sha256(json.dumps(body, sort_keys=True).encode()).hexdigest()
