"""What must hold whatever was done to the processes. Each check yields a sentence with the rows for every breach."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from itertools import pairwise
from math import inf
from typing import Any

from tests.chaos.evidence import Evidence, Row
from tests.chaos.fleet import LEASE_SECONDS
from tests.chaos.writers import WRITERS, lapses

_TERMINAL = ("job.completed", "job.failed", "job.cancelled")
_STATUS = {"completed", "failed", "cancelled"}
_LEAST_COMPLETED = 5
# From the delivery of a paid answer to the commit that remembers it, on a machine with too much to do.
_COMMIT_SECONDS = 2.0
# What may interrupt a paid call: the death or the freezing of its process; and the loss of the database, which makes a
# worker let go of its jobs. A cut connection is none of them, and SIGTERM is none: the answer must survive both.
_FATAL = {"kill_worker", "freeze_worker"}
# Thirty seconds are promised with the lease of 15 s that is usual; with ours as many leases.
_TAKE_OVER_SECONDS = 2.0 * LEASE_SECONDS


def breaches(evidence: Evidence) -> dict[str, list[str]]:
    """By invariant, what broke it; empty when all hold."""
    found = {check.__doc__ or check.__name__: list(check(evidence)) for check in CHECKS}
    return {name: rows for name, rows in found.items() if rows}


def numbers_are_gapless(evidence: Evidence) -> Iterator[str]:
    """Event numbers are 1..n, as many as the job's row says"""
    for job_id, job in evidence.jobs.items():
        numbers = [event["number"] for event in evidence.events.get(job_id, [])]
        if numbers != list(range(1, job["last_event_number"] + 1)):
            yield f"job {job_id} says {job['last_event_number']} and has {numbers}"


def no_row_changes(evidence: Evidence) -> Iterator[str]:
    """No event is changed or lost once it was seen"""
    yield from evidence.changed_rows


def acknowledged_calls_have_events(evidence: Evidence) -> Iterator[str]:
    """Every acknowledged call has its event, and made no second job"""
    for tag, job_id in evidence.said.submitted.items():
        made = [job["id"] for job in evidence.jobs.values() if job["tag"] == tag]
        if made != [job_id] or _types(evidence, job_id)[:1] != ["job.created"]:
            yield f"order {tag} was acknowledged as job {job_id}; there are {made}, {_types(evidence, job_id)}"
    for question_id, amount in evidence.said.answered.items():
        question = evidence.questions.get(question_id)
        settled = [e for e in _all(evidence, "question.answered") if e["payload"]["question_id"] == question_id]
        if question is None or question["answer"] != {"amount": amount} or len(settled) != 1:
            yield f"answer {amount} to {question_id} was acknowledged; it has {question} and {settled}"
    for job_id in evidence.said.cancelled:
        if not {"job.cancelled", "job.cancel_requested"} & set(_types(evidence, job_id)):
            yield f"cancelling {job_id} was acknowledged: {_types(evidence, job_id)}"
    for job_id in {*evidence.said.retried, *evidence.said.redone}:
        kinds = Counter(bool(e["payload"].get("redo_from")) for e in _events(evidence, job_id, "job.retried"))
        wanted = evidence.said.retried.count(job_id), evidence.said.redone.count(job_id)
        if kinds[False] < wanted[0] or kinds[True] < wanted[1]:
            yield f"job {job_id} was retried and redone {wanted} times: {_types(evidence, job_id)}"


def readers_saw_the_log(evidence: Evidence) -> Iterator[str]:
    """Each reader's sequence equals the log"""
    for reader in evidence.readers:
        if not reader.awaits_end:
            continue
        log = [(e["number"], e["type"], e["payload"]) for e in evidence.events[reader.job_id]]
        told = [(e["number"], e["type"], e["data"]) for e in reader.events]
        if told != log[: len(told)]:
            numbers = [number for number, _, _ in told]
            yield f"reader of {reader.job_id} was told {numbers} of {len(log)} after {reader.resumes} resumes"
        elif len(told) < len(log) and (reader.completion is None or told[-1][1] not in _TERMINAL):
            yield f"reader of {reader.job_id} was told only {len(told)} of {len(log)} after {reader.resumes} resumes"
        elif reader.completion is not None and reader.completion["status"] not in _STATUS:
            yield f"reader of {reader.job_id} was told of an end as {reader.completion}"
        elif reader.completion is None and evidence.jobs[reader.job_id]["status"] in _STATUS:
            yield f"reader of {reader.job_id} was never told that it ended"


def feeds_are_read_whole(evidence: Evidence) -> Iterator[str]:
    """Each reader of a feed is told all of it, numbered from 1"""
    for reader in evidence.readers:
        if reader.job_id:
            continue
        feed = [
            (row["number"], row["type"], row["data"]) for row in evidence.feeds.get(reader.customer["editor_id"], [])
        ]
        told = [(e["number"], e["type"], e["data"]) for e in reader.events]
        if told != feed or [number for number, _, _ in feed] != list(range(1, len(feed) + 1)):
            numbers = [number for number, _, _ in told]
            yield f"{reader.customer['slug']} was told {numbers} of {len(feed)} after {reader.resumes} resumes"


def attempts_end_once(evidence: Evidence) -> Iterator[str]:
    """One terminal event per attempt, nothing after it but job.retried, and the row says the same"""
    for job_id, events in evidence.events.items():
        types = [event["type"] for event in events]
        for before, after in pairwise(types):
            if (before in _TERMINAL) != (after == "job.retried"):
                yield f"job {job_id}: {types}"
                break
        status = evidence.jobs[job_id]["status"]
        if (types[-1] in _TERMINAL) != (status in _STATUS) or (status in _STATUS and types[-1] != f"job.{status}"):
            yield f"job {job_id} is {status}: {types}"
        attempts = [event["attempt"] for event in events]
        if attempts != [1 + types[: at + 1].count("job.retried") for at in range(len(types))]:
            yield f"job {job_id} has attempts {attempts}: {types}"


@dataclass(frozen=True, slots=True)
class _Work:
    """From one redo to the next: when a step was finished that stays finished."""

    begun: float
    dropped: float
    completed: list[Row]

    def covers(self, at: float) -> bool:
        return self.begun <= at < self.dropped


def _works(evidence: Evidence, job_id: str, key: str) -> list[_Work]:
    """A redo from a step on drops what finished at or after it, in the order of the log; the step is done anew then."""
    works = [_Work(0.0, inf, [])]
    standing: dict[str, int] = {}
    for event in evidence.events[job_id]:
        if event["type"] == "step.completed":
            standing[event["payload"]["key"]] = event["number"]
            if event["payload"]["key"] == key:
                works[-1].completed.append(event)
        elif event["type"] == "job.retried" and (redone := event["payload"].get("redo_from")):
            dropped = {name for name, number in standing.items() if number >= standing.get(redone, inf)}
            if key in dropped:
                works[-1] = replace(works[-1], dropped=event["at"])
                works.append(_Work(event["at"], inf, []))
            standing = {name: number for name, number in standing.items() if name not in dropped}
    return works


def steps_complete_once(evidence: Evidence) -> Iterator[str]:
    """No step is completed twice, but where somebody wanted it redone"""
    for job_id, events in evidence.events.items():
        for key in {event["payload"]["key"] for event in events if event["type"] == "step.completed"}:
            for work in _works(evidence, job_id, key):
                if len(work.completed) > 1:
                    yield f"step {key} of job {job_id} was completed {len(work.completed)} times: {work.completed}"


def paid_once(evidence: Evidence) -> Iterator[str]:
    """Each (job, step) is paid at most once, unless the process died inside the paid call"""
    by_step: defaultdict[tuple[str, str], list[Row]] = defaultdict(list)
    for call in evidence.calls:
        job_id, _, key = call["key"].split("/", 2)
        by_step[job_id, key].append(call)
    for (job_id, key), calls in by_step.items():
        for work in _works(evidence, job_id, key):
            now = [call for call in calls if work.covers(call["started"])]
            through = [call for call in now if not _was_interrupted(evidence, job_id, call)]
            late = [call for call in now if _was_paid_late(evidence, call, work.completed)]
            if len(through) > 1 or late:
                yield f"step {key} of job {job_id} was paid {len(now)} times, {len(late)} after it was finished: {now}"


def _was_interrupted(evidence: Evidence, job_id: str, call: Row) -> bool:
    """Whether the caller died, froze, lost database or lease, or was told to cancel while the call was under way."""
    until = (call["ended"] or inf) + _COMMIT_SECONDS
    if any(asked <= until and call["started"] <= ended for asked, ended in _cancellings(evidence, job_id)):
        return True
    # It lets go of a job when three quarters of the lease are over, so as to have stopped at its end.
    ran_out = [one.ran_out for one in lapses(evidence) if (one.job_id, one.process_id) == (job_id, call["process_id"])]
    if any(call["started"] <= at and at - LEASE_SECONDS / 4 <= until for at in ran_out):
        return True
    return any(
        deed.started <= until and deed.ended >= call["started"] - _COMMIT_SECONDS
        for deed in evidence.deeds
        if deed.kind == "restart_postgres" or (deed.kind in _FATAL and deed.process_id == call["process_id"])
    )


def _cancellings(evidence: Evidence, job_id: str) -> Iterator[tuple[float, float]]:
    """From each request to cancel to the end that came of it."""
    ends = [event["at"] for event in evidence.events[job_id] if event["type"] in _TERMINAL]
    for asked in _events(evidence, job_id, "job.cancel_requested"):
        yield asked["at"], min((at for at in ends if at > asked["at"]), default=inf)


def _was_paid_late(evidence: Evidence, call: Row, completed: list[Row]) -> bool:
    """Whether the step stood as finished already. A process frozen right before it paid cannot know."""
    if not any(event["at"] < call["started"] for event in completed):
        return False
    frozen = [d for d in evidence.deeds if d.kind == "freeze_worker" and d.process_id == call["process_id"]]
    return not any(deed.started <= call["started"] <= deed.ended + _COMMIT_SECONDS for deed in frozen)


def atomic_steps_happen_once(evidence: Evidence) -> Iterator[str]:
    """Atomic steps write their rows exactly once, with their event"""
    written = Counter((effect["job_id"], effect["key"]) for effect in evidence.effects)
    done = Counter(
        (event["job_id"], event["payload"]["key"])
        for event in _all(evidence, "step.completed")
        if event["payload"].get("atomic")
    )
    for step in written.keys() | done.keys():
        if written[step] != done[step]:
            rows = [effect for effect in evidence.effects if (effect["job_id"], effect["key"]) == step]
            yield f"atomic step {step} wrote {written[step]} times and has {done[step]} events: {rows}"


def taken_over_in_time(evidence: Evidence) -> Iterator[str]:
    """A job whose worker was killed or frozen is gone on with by another in time"""
    for deed in evidence.deeds:
        for job_id in deed.jobs:
            after = [event["at"] - deed.started for event in _events(evidence, job_id, "job.started")]
            if not any(0 < seconds < _TAKE_OVER_SECONDS for seconds in after):
                yield f"job {job_id}, held by process {deed.process_id}, was not taken over: {deed}, {after}"


def customers_are_apart(evidence: Evidence) -> Iterator[str]:
    """Nothing crosses customers"""
    owners = {job_id: job["customer_id"] for job_id, job in evidence.jobs.items()}
    rows = [*evidence.results, *evidence.effects, *evidence.questions.values()]
    rows += [event for events in evidence.events.values() for event in events]
    rows += [row | {"job_id": row["data"]["job_id"]} for feed in evidence.feeds.values() for row in feed]
    rows += [{"job_id": call["key"].split("/")[0], "customer_id": call["customer"]} for call in evidence.calls]
    for row in rows:
        if owners.get(row["job_id"]) != row["customer_id"]:
            yield f"{row} belongs to a job of customer {owners.get(row['job_id'])}"
    for job in evidence.jobs.values():
        if job["parent_id"] and owners[job["parent_id"]] != job["customer_id"]:
            yield f"job {job} has a parent of another customer"
    yield from evidence.said.crossed
    for job_id, customer_id in evidence.said.customers.items():
        if owners.get(job_id) != customer_id:
            yield f"job {job_id} of customer {customer_id} is owned by {owners.get(job_id)}"
    for reader in evidence.readers:
        if reader.foreign and (reader.events or reader.completion):
            yield f"customer {reader.customer['slug']} was told of job {reader.job_id}: {reader.events[:2]}"


def nothing_is_left_behind(evidence: Evidence) -> Iterator[str]:
    """After quiet every job has ended or waits for something that can still come"""
    for job_id, job in evidence.jobs.items():
        if job["status"] not in _STATUS and not _waits_rightly(evidence, job):
            yield f"job {job} was left behind: {_types(evidence, job_id)}"
    for ticket in evidence.tickets:
        yield f"a ticket was left behind: {ticket}"


def _waits_rightly(evidence: Evidence, job: Row) -> bool:
    if job["status"] != "waiting" or job["overslept"] or job["cancel_requested_at"]:
        return False
    return not any(_has_come(evidence, condition) for condition in job["waiting_for"] or [])


def _has_come(evidence: Evidence, condition: dict[str, Any]) -> bool:
    if condition["kind"] == "question":
        return evidence.questions[condition["id"]]["answered_at"] is not None
    return condition["kind"] == "child" and evidence.jobs[condition["id"]]["status"] in _STATUS


def no_job_fails_of_it(evidence: Evidence) -> Iterator[str]:
    """No job fails through what was done to the processes"""
    for event in _all(evidence, "job.failed"):
        if event["payload"]["code"] != "bad_input":
            yield f"job {event['job_id']} failed: {event['payload']}, {_types(evidence, event['job_id'])}"


def work_was_done(evidence: Evidence) -> Iterator[str]:
    """The run was one: orders were completed and paid, questions answered, readers cut off"""
    completed = sum(job["status"] == "completed" for job in evidence.jobs.values())
    resumes = sum(reader.resumes for reader in evidence.readers)
    if completed < _LEAST_COMPLETED or not evidence.calls or not evidence.said.answered or not resumes:
        yield f"{completed} jobs completed, {len(evidence.calls)} calls paid, {resumes} resumes"


def processes_stay_up(evidence: Evidence) -> Iterator[str]:
    """No process ends that was not ended"""
    yield from evidence.surprises


def _events(evidence: Evidence, job_id: str, event_type: str) -> list[Row]:
    return [event for event in evidence.events.get(job_id, []) if event["type"] == event_type]


def _types(evidence: Evidence, job_id: str) -> list[str]:
    return [event["type"] for event in evidence.events.get(job_id, [])]


def _all(evidence: Evidence, event_type: str) -> list[Row]:
    return [event for events in evidence.events.values() for event in events if event["type"] == event_type]


CHECKS: list[Callable[[Evidence], Iterator[str]]] = [
    numbers_are_gapless,
    no_row_changes,
    acknowledged_calls_have_events,
    readers_saw_the_log,
    feeds_are_read_whole,
    attempts_end_once,
    steps_complete_once,
    paid_once,
    atomic_steps_happen_once,
    taken_over_in_time,
    *WRITERS,
    customers_are_apart,
    nothing_is_left_behind,
    no_job_fails_of_it,
    work_was_done,
    processes_stay_up,
]
