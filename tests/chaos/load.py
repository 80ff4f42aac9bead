"""Customers at work: they submit orders, answer questions, cancel, retry, and note down what was acknowledged."""

from __future__ import annotations

import asyncio
import random
from dataclasses import dataclass, field
from typing import Any

import httpx

from tests.chaos.fleet import Fleet

_PATIENCE_SECONDS = 40.0


@dataclass(slots=True)
class Acknowledged:
    """What the web process said yes to."""

    submitted: dict[str, str] = field(default_factory=dict)  # tag -> job id
    customers: dict[str, str] = field(default_factory=dict)  # job id -> customer id
    answered: dict[str, int] = field(default_factory=dict)  # question id -> amount
    cancelled: list[str] = field(default_factory=list)
    retried: list[str] = field(default_factory=list)


class Load:
    """All customers of one run."""

    def __init__(self, fleet: Fleet, seed: int, *, pace: float, orders_per_second: float) -> None:
        self._fleet = fleet
        self._choice = random.Random(seed + 1)
        self._pace = pace
        self._pause_seconds = len(fleet.customers) / orders_per_second
        self.said = Acknowledged()
        self.submitting = True

    async def run(self) -> None:
        """Until cancelled."""
        async with asyncio.TaskGroup() as group:
            for customer in self._fleet.customers:
                group.create_task(self._submit(customer))
                group.create_task(self._answer(customer))
                group.create_task(self._meddle(customer))

    async def _submit(self, customer: dict[str, str]) -> None:
        number = 0
        while self.submitting:
            number += 1
            await asyncio.sleep(self._choice.uniform(0.5, 1.5) * self._pause_seconds)
            tag = f"{customer['slug']}-{number}"
            answer = await self._insist(customer, "/chaos/orders", self._order(tag))
            if answer is not None and answer.status_code == 200:
                self.said.submitted[tag] = answer.json()["id"]
                self.said.customers[answer.json()["id"]] = customer["id"]

    def _order(self, tag: str) -> dict[str, Any]:
        wait = self._choice.choice(("", "ask", "child", "sleep"))
        refuse = self._choice.random() < 0.1
        return {"tag": tag, "n": self._choice.randint(1, 4), "pace": self._pace, "wait": wait, "refuse": refuse}

    async def _insist(self, customer: dict[str, str], path: str, body: dict[str, Any]) -> httpx.Response | None:
        """The same request again and again until it is answered: it must be safe."""
        for _ in range(int(_PATIENCE_SECONDS / 0.5)):
            answer = await self._ask("POST", customer, path, body)
            if answer is not None and answer.status_code < 500:
                return answer
            await asyncio.sleep(0.5)
        return None

    async def _ask(
        self, method: str, customer: dict[str, str], path: str, body: dict[str, Any] | None = None
    ) -> httpx.Response | None:
        """None when there was no answer."""
        try:
            async with httpx.AsyncClient(base_url=self._fleet.base_url, trust_env=False, timeout=5) as client:
                return await client.request(method, path, json=body, headers={"X-API-Key": customer["key"]})
        except httpx.HTTPError:
            return None

    async def _answer(self, customer: dict[str, str]) -> None:
        """Two people answer every question at once; exactly one may be told yes."""
        while True:
            await asyncio.sleep(0.7)
            listed = await self._ask("GET", customer, "/chaos/questions")
            if listed is None or listed.status_code != 200:
                continue
            for question in listed.json():
                await asyncio.gather(self._say(customer, question), self._say(customer, question))

    async def _say(self, customer: dict[str, str], question: str) -> None:
        amount = self._choice.randint(1, 1_000_000)
        answer = await self._ask("POST", customer, f"/chaos/questions/{question}", {"amount": amount})
        if answer is not None and answer.status_code == 200:
            # A second yes is kept too, under a name that no question has: the check will not find it.
            known = question in self.said.answered
            self.said.answered[f"{question} again" if known else question] = amount

    async def _meddle(self, customer: dict[str, str]) -> None:
        """Cancel a job now and then, and retry one that failed or was cancelled."""
        while self.submitting:
            await asyncio.sleep(self._choice.uniform(1, 3))
            mine = [job for job, owner in self.said.customers.items() if owner == customer["id"]]
            if not mine:
                continue
            job, verb = self._choice.choice(mine[-8:]), self._choice.choice(("cancel", "retry", "retry"))
            answer = await self._ask("POST", customer, f"/api/v1/jobs/{job}/{verb}")
            if answer is not None and answer.status_code in (200, 202):
                (self.said.cancelled if verb == "cancel" else self.said.retried).append(job)
