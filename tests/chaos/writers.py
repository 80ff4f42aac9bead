"""Who may write for a job: judged by what the witness in the database saw, row by row, in the order of the writing."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from tests.chaos.evidence import Evidence, Row
from tests.chaos.fleet import LEASE_SECONDS

# What the holder of a job says. Others may only wake, answer, cancel or retry.
_OF_THE_HOLDER = {
    "job.started", "job.progressed", "job.waited", "job.released", "job.completed", "step.completed", "step.failed",
    "question.asked", "artifact.created",
}  # fmt: skip
_ENDED = {"completed", "failed", "cancelled"}
_FINISHED = "completed_at"
# With two cores and a dozen processes that want them, a renewal may come too late now and then.
_FEW_LAPSES, _SHARE_OF_LAPSES = 3, 0.05


@dataclass(slots=True)
class _Scene:
    """How the jobs and tickets stand at one moment of the witness's account."""

    evidence: Evidence
    holders: dict[str, str | None] = field(default_factory=dict)
    """Ids of workers by job."""
    left: dict[str, tuple[str | None, int]] = field(default_factory=dict)
    """Who held a job before, and the transaction that changed it."""
    ended: set[str] = field(default_factory=set)
    fetched: dict[int, str] = field(default_factory=dict)
    """Who took a ticket from the queue."""

    def is_worker(self, row: Row) -> bool:
        return str(row["writer"]).startswith("worker")

    def is_holder(self, row: Row, worker_id: str | None) -> bool:
        """Whether the process that wrote the row is the one that this worker runs in."""
        return worker_id is not None and self.evidence.workers.get(worker_id) == self.evidence.writers[row["writer"]]

    def look(self, row: Row) -> None:
        """Go on to the moment after this row."""
        after = row["after"] or {}
        if row["relation"] == "jobs_app_job":
            self.left[after["id"]] = row["before"]["worker_id"], row["transaction_id"]
            self.holders[after["id"]] = after["worker_id"]
            (self.ended.add if after["status"] in _ENDED else self.ended.discard)(after["id"])
        elif row["relation"] == "procrastinate_jobs" and after.get("status") == "doing":
            self.fetched.setdefault(after["id"], row["writer"])


@dataclass(frozen=True, slots=True)
class Lapse:
    """A lease that ran out, whose job another claim took over."""

    job_id: str
    process_id: int
    ran_out: float


def lapses(evidence: Evidence) -> Iterator[Lapse]:
    """As the witness saw them."""
    for row in evidence.witnessed:
        before, after = row["before"], row["after"]
        if row["relation"] != "jobs_app_job" or before["worker_id"] is None or before["status"] != "processing":
            continue
        if after["worker_id"] is not None and after["lease_number"] > before["lease_number"]:
            ran_out = datetime.fromisoformat(before["lease_expires_at"]).timestamp()
            yield Lapse(after["id"], evidence.workers.get(before["worker_id"], 0), ran_out)


def unprovoked_lapses(evidence: Evidence) -> list[Lapse]:
    """Of workers to which nothing was done in the lease before, nor to the database: the machine held them up."""

    def provoked(lapse: Lapse) -> bool:
        return any(
            deed.started <= lapse.ran_out and deed.ended >= lapse.ran_out - 2 * LEASE_SECONDS
            for deed in evidence.deeds
            if deed.process_id == lapse.process_id or deed.kind in ("restart_postgres", "terminate_backends")
        )

    return [lapse for lapse in lapses(evidence) if not provoked(lapse)]


def living_workers_keep_their_jobs(evidence: Evidence) -> Iterator[str]:
    """Leases run out only of workers to which something was done, but for a few on a machine with too much to do"""
    lost = unprovoked_lapses(evidence)
    claims = sum(event["type"] == "job.started" for events in evidence.events.values() for event in events)
    if len(lost) > max(_FEW_LAPSES, claims * _SHARE_OF_LAPSES):
        yield f"{len(lost)} of {claims} claims: {lost}"


def zombies_write_nothing(evidence: Evidence) -> Iterator[str]:
    """What is written for a job is written by the worker that holds it: events, results, domain rows, state, tickets"""
    scene = _Scene(evidence)
    for row in evidence.witnessed:
        if scene.is_worker(row) and not _MAY_WRITE[row["relation"]](scene, row):
            yield f"{_told(scene, row)}"
        scene.look(row)


def leases_are_kept(evidence: Evidence) -> Iterator[str]:
    """What a step returns says the process and the lease that held the job when it was recorded"""
    values = {(row["job_id"], row["key"]): row["value"] for row in evidence.results}
    for job_id, events in evidence.events.items():
        last = {event["payload"]["key"]: event for event in events if event["type"] == "step.completed"}
        holder, lease = "", 0
        for event in events:
            holder, lease = _hold(event, holder, lease)
            key = event["payload"].get("key")
            value = values.get((job_id, key))
            if event is not last.get(key) or not isinstance(value, dict) or "lease" not in value:
                continue  # redone since, or a step of the runtime itself, such as an answer
            if (value["lease"], value["process_id"]) != (lease, evidence.workers.get(holder)):
                yield (
                    f"job {job_id}, event {event['number']} {key}: done by process {value['process_id']} under lease"
                    f" {value['lease']}, held by process {evidence.workers.get(holder)} under lease {lease}"
                )


def nothing_finished_changes(evidence: Evidence) -> Iterator[str]:
    """Nothing that was finished is written again, and no event is ever touched"""
    for row in evidence.witnessed:
        before = row["before"]
        if before is None:
            continue
        touched = row["relation"] in ("jobs_app_event", "chaos_effect")
        rewritten = row["relation"] == "jobs_app_stepresult" and row["verb"] == "UPDATE" and before[_FINISHED]
        if touched or rewritten:
            yield f"{row['writer']}: {row['verb']} {row['relation']} {before} to {row['after']}"


def _hold(event: Row, holder: str, lease: int) -> tuple[str, int]:
    """Who holds the job after this event, and under which lease: it rises with every claim and every retry."""
    if event["type"] == "job.started":
        return event["payload"]["worker_id"], lease + 1
    given_up = event["type"] == "job.failed" and event["payload"]["code"] == "abandoned"
    if event["type"] == "job.retried" or given_up:
        return "", lease + 1
    return holder, lease


def _may_write_event(scene: _Scene, row: Row) -> bool:
    event = row["after"]
    if event is None or event["type"] not in _OF_THE_HOLDER:
        return True
    if event["type"] == "job.started":
        return scene.is_holder(row, event["payload"]["worker_id"])
    before, transaction_id = scene.left.get(event["job_id"], (None, 0))
    lets_go = transaction_id == row["transaction_id"] and scene.is_holder(row, before)
    return lets_go or scene.is_holder(row, scene.holders.get(event["job_id"]))


def _may_write_result(scene: _Scene, row: Row) -> bool:
    return scene.is_holder(row, scene.holders.get((row["after"] or row["before"])["job_id"]))


def _may_write_job(scene: _Scene, row: Row) -> bool:
    """The holder; who takes over after the lease; and the sweep, which gives a ticket to a job whose lease is over."""
    before, after = row["before"], row["after"]
    if before["worker_id"] is None or before["status"] in _ENDED:
        return after["worker_id"] is None or scene.is_holder(row, after["worker_id"])
    if scene.is_holder(row, before["worker_id"]):
        return True
    is_over = datetime.fromisoformat(before["lease_expires_at"]).timestamp() <= row["at"]
    is_sweep = all(before[name] == after[name] for name in ("status", "lease_number", "worker_id"))
    return is_over and (is_sweep or scene.is_holder(row, after["worker_id"]))


def _may_write_ticket(scene: _Scene, row: Row) -> bool:
    """A ticket is put away by who took it; what a dead worker left of an ended job by anybody."""
    ticket, after = row["before"], row["after"]
    if ticket is None or ticket["status"] in ("todo", (after or {}).get("status")):
        return True
    return scene.fetched.get(ticket["id"]) == row["writer"] or ticket["args"]["job_id"] in scene.ended


_MAY_WRITE: dict[str, Callable[[_Scene, Row], bool]] = {
    "jobs_app_event": _may_write_event,
    "jobs_app_stepresult": _may_write_result,
    "chaos_effect": _may_write_result,
    "jobs_app_job": _may_write_job,
    "procrastinate_jobs": _may_write_ticket,
}


def _told(scene: _Scene, row: Row) -> str:
    about: dict[str, Any] = row["after"] or row["before"]
    job_id = about.get("job_id") or (about.get("args") or {}).get("job_id") or about["id"]
    return (
        f"{row['writer']} (process {scene.evidence.writers.get(row['writer'])}): {row['verb']} {row['relation']} of job"
        f" {job_id}, held by process {scene.evidence.workers.get(scene.holders.get(job_id) or '')}: {row['before']} to"
        f" {row['after']}"
    )


WRITERS: list[Callable[[Evidence], Iterator[str]]] = [
    zombies_write_nothing,
    leases_are_kept,
    nothing_finished_changes,
    living_workers_keep_their_jobs,
]
