"""Customers at work: they submit orders, answer questions, cancel, retry, redo, and note down what was acknowledged."""

from __future__ import annotations

import asyncio
import random
from dataclasses import dataclass, field
from typing import Any

import httpx

from tests.chaos.fleet import Fleet

_PATIENCE_SECONDS = 40.0
_ORDERS_PER_SECOND = 2.0

Customer = dict[str, str]


@dataclass(slots=True)
class Acknowledged:
    """What the web process said yes to."""

    submitted: dict[str, str] = field(default_factory=dict)  # tag -> job id
    customers: dict[str, str] = field(default_factory=dict)  # job id -> customer id
    answered: dict[str, int] = field(default_factory=dict)  # question id -> amount
    cancelled: list[str] = field(default_factory=list)
    retried: list[str] = field(default_factory=list)
    redone: list[str] = field(default_factory=list)
    crossed: list[str] = field(default_factory=list)
    """What a stranger asked for a job of somebody else and was not told 404."""

    def reopened(self, job_id: str) -> int:
        """How many new attempts at it were acknowledged."""
        return self.retried.count(job_id) + self.redone.count(job_id)


class Load:
    """All customers of one run."""

    def __init__(self, fleet: Fleet, seed: int) -> None:
        self._fleet = fleet
        self._choice = random.Random(seed + 1)
        self._pause_seconds = len(fleet.customers) / _ORDERS_PER_SECOND
        self.said = Acknowledged()
        self.submitting = True

    async def run(self) -> None:
        """Until cancelled."""
        async with asyncio.TaskGroup() as group:
            for customer in self._fleet.customers:
                for part in (self._keep_submitting, self._keep_answering, self._meddle, self._intrude):
                    group.create_task(part(customer))

    async def submit(self, customer: Customer, tag: str, **order: Any) -> str | None:
        """The id of the job that was acknowledged."""
        answer = await self._insist(customer, "/chaos/orders", {"tag": tag, **order})
        if answer is None or answer.status_code != 200:
            return None
        job_id: str = answer.json()["id"]
        self.said.submitted[tag] = job_id
        self.said.customers[job_id] = customer["id"]
        return job_id

    async def _keep_submitting(self, customer: Customer) -> None:
        number = 0
        while self.submitting:
            number += 1
            await asyncio.sleep(self._choice.uniform(0.5, 1.5) * self._pause_seconds)
            await self.submit(customer, f"{customer['slug']}-{number}", **self._order())

    def _order(self) -> dict[str, Any]:
        wait = self._choice.choice(("", "ask", "child", "sleep"))
        return {"n": self._choice.randint(1, 4), "wait": wait, "refuse": self._choice.random() < 0.1}

    async def _insist(self, customer: Customer, path: str, body: dict[str, Any]) -> httpx.Response | None:
        """The same request again and again until it is answered: it must be safe."""
        for _ in range(int(_PATIENCE_SECONDS / 0.5)):
            answer = await self._ask("POST", customer["key"], path, body)
            if answer is not None and answer.status_code < 500:
                return answer
            await asyncio.sleep(0.5)
        return None

    async def _ask(self, method: str, key: str, path: str, body: dict[str, Any] | None = None) -> httpx.Response | None:
        """None when there was no answer."""
        try:
            async with httpx.AsyncClient(base_url=self._fleet.base_url, trust_env=False, timeout=5) as client:
                return await client.request(method, path, json=body, headers={"X-API-Key": key})
        except httpx.HTTPError:
            return None

    async def _keep_answering(self, customer: Customer) -> None:
        """Two people answer every question at once; exactly one may be told yes."""
        while True:
            await asyncio.sleep(0.7)
            listed = await self._ask("GET", customer["key"], "/chaos/questions")
            if listed is None or listed.status_code != 200:
                continue
            for question in listed.json():
                await asyncio.gather(self._say(customer, question), self._say(customer, question))

    async def _say(self, customer: Customer, question: str) -> None:
        amount = self._choice.randint(1, 1_000_000)
        answer = await self._ask("POST", customer["key"], f"/chaos/questions/{question}", {"amount": amount})
        if answer is not None and answer.status_code == 200:
            # A second yes is kept too, under a name that no question has: the check will not find it.
            known = question in self.said.answered
            self.said.answered[f"{question} again" if known else question] = amount

    async def _meddle(self, customer: Customer) -> None:
        """Cancel a job now and then, retry one that failed or was cancelled, redo one that ended."""
        deeds = (self._cancel, self._retry, self._retry, self._redo)
        while self.submitting:
            await asyncio.sleep(self._choice.uniform(0.5, 2.5))
            if mine := [job for job, owner in self.said.customers.items() if owner == customer["id"]]:
                await self._choice.choice(deeds)(customer, self._choice.choice(mine[-8:]))

    async def _cancel(self, customer: Customer, job: str) -> None:
        answer = await self._ask("POST", customer["key"], f"/api/v1/jobs/{job}/cancel")
        if answer is not None and answer.status_code == 200:
            self.said.cancelled.append(job)

    async def _retry(self, customer: Customer, job: str) -> None:
        answer = await self._ask("POST", customer["key"], f"/api/v1/jobs/{job}/retry")
        if answer is not None and answer.status_code == 202:
            self.said.retried.append(job)

    async def _redo(self, customer: Customer, job: str) -> None:
        """From any step that finished; only administrators may."""
        log = await self._ask("GET", customer["key"], f"/api/v1/jobs/{job}/events")
        if log is None or log.status_code != 200:
            return
        keys = [event["data"]["key"] for event in log.json()["events"] if event["type"] == "step.completed"]
        if not keys:
            return
        body = {"from_key": self._choice.choice(keys)}
        answer = await self._ask("POST", customer["staff_key"], f"/chaos/jobs/{job}/redo", body)
        if answer is not None and answer.status_code == 200:
            self.said.redone.append(job)

    async def _intrude(self, customer: Customer) -> None:
        """Ask for what belongs to somebody else: nothing of it may be found."""
        while self.submitting:
            await asyncio.sleep(self._choice.uniform(1, 4))
            if not (theirs := [job for job, owner in self.said.customers.items() if owner != customer["id"]]):
                continue
            job, verb = self._choice.choice(theirs[-8:]), self._choice.choice(("cancel", "retry", "events", "redo"))
            method, path = ("GET", "/api/v1/jobs") if verb == "events" else ("POST", "/api/v1/jobs")
            path, body = ("/chaos/jobs", {"from_key": "plan"}) if verb == "redo" else (path, None)
            answer = await self._ask(method, customer["staff_key"], f"{path}/{job}/{verb}", body)
            if answer is not None and answer.status_code != 404 and answer.status_code < 500:
                self.said.crossed.append(f"{customer['slug']}: {verb} {job}: {answer.status_code} {answer.text[:200]}")
