"""``/metrics`` in the text form of Prometheus, read from the database at each scrape: every process tells the same."""

from __future__ import annotations

import hmac
from collections.abc import Iterator
from datetime import timedelta
from ipaddress import ip_address

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.views.decorators.http import require_safe
from prometheus_client import CONTENT_TYPE_LATEST, CollectorRegistry, generate_latest
from prometheus_client.core import GaugeMetricFamily as Gauge
from prometheus_client.registry import Collector

from jobs_app import operations
from llm_app.health import provider_health

_RECENT = timedelta(hours=1)


class JobsCollector(Collector):
    """Everything an operator's alarm may hang on."""

    def describe(self) -> list[Gauge]:
        """Nothing: registering must not read the database."""
        return []

    def collect(self) -> Iterator[Gauge]:
        yield _labelled("dna_jobs", "Unfinished jobs by status.", "status", operations.unfinished_by_status())
        yield from _queue()
        yield from _workers()
        yield from _recent()
        yield _providers()
        yield Gauge("dna_alerts_open", "Alerts that are open.", len(operations.open_alerts()))
        yield Gauge("dna_dead_letters", "Failed jobs neither retried nor dismissed.", operations.dead_letters())
        yield Gauge("dna_stored_bytes", "Bytes of all files kept.", operations.stored_bytes())
        yield _labelled(
            "dna_chore_finished_timestamp_seconds",
            "When a chore was last done.",
            "chore",
            {chore.name: chore.finished_at.timestamp() for chore in operations.chores() if chore.finished_at},
        )


def _queue() -> Iterator[Gauge]:
    lanes = operations.queue_lanes()
    depth = Gauge("dna_queue_jobs", "Jobs that could run, with a ticket or in line.", labels=["priority", "place"])
    for lane in lanes:
        depth.add_metric([str(lane.priority), "next"], lane.next)
        depth.add_metric([str(lane.priority), "in_line"], lane.in_line)
    yield depth
    age = operations.queue_age_seconds()
    yield Gauge("dna_queue_age_seconds", "How long the oldest job with a ticket waits.", age)
    yield Gauge("dna_queue_stuck_tickets", "Tickets of workers that died.", operations.stuck_tickets())


def _providers() -> Gauge:
    health = Gauge(
        "dna_provider_up", "Whether a provider that is switched on can be used and answers.", labels=["provider", "why"]
    )
    for one in provider_health():
        health.add_metric([one.name, one.error_code or one.lack], 0 if one.error_code or one.lack else 1)
    return health


def _workers() -> Iterator[Gauge]:
    workers = operations.live_workers()
    alive = [worker for worker in workers if not worker.lost]
    yield Gauge("dna_workers", "Workers that say they live.", len(alive))
    yield Gauge("dna_workers_lost", "Workers that fell silent without stopping.", len(workers) - len(alive))
    places = sum(worker.worker.concurrency for worker in alive)
    yield Gauge("dna_worker_places", "Jobs the living workers can run at once.", places)
    yield Gauge("dna_worker_jobs", "Jobs they are running.", sum(len(w.running) for w in alive))


def _recent() -> Iterator[Gauge]:
    """Of the jobs made in the last hour; gauges, because old jobs are not counted for ever."""
    figures = operations.workflow_figures(_RECENT)
    made = Gauge("dna_recent_jobs", "Jobs made in the last hour.", labels=["workflow", "status"])
    mean = Gauge("dna_recent_job_seconds", "Mean duration of those completed.", labels=["workflow"])
    rate = Gauge("dna_recent_error_ratio", "Share of the ended ones that failed.", labels=["workflow"])
    cost = Gauge("dna_recent_cost_usd", "What they cost.", labels=["workflow"])
    for one in figures:
        open_ones = one.made - one.completed - one.failed
        for status, count in (("completed", one.completed), ("failed", one.failed), ("other", open_ones)):
            made.add_metric([one.workflow, status], count)
        mean.add_metric([one.workflow], one.mean_seconds)
        rate.add_metric([one.workflow], one.error_rate)
        cost.add_metric([one.workflow], one.cost_usd)
    yield from (made, mean, rate, cost)


def _labelled(name: str, help: str, label: str, values: dict[str, float] | dict[str, int]) -> Gauge:
    gauge = Gauge(name, help, labels=[label])
    for key, value in values.items():
        gauge.add_metric([key], value)
    return gauge


_registry = CollectorRegistry(auto_describe=False)
_registry.register(JobsCollector())


@require_safe
def metrics(request: HttpRequest) -> HttpResponse:
    """With METRICS_TOKEN for who sends it; without, for this machine only."""
    if refused := _refusal(request):
        return HttpResponse(f"{refused}\n", status=401 if settings.METRICS_TOKEN else 403, content_type="text/plain")
    return HttpResponse(generate_latest(_registry), content_type=CONTENT_TYPE_LATEST)


def _refusal(request: HttpRequest) -> str:
    if settings.METRICS_TOKEN:
        sent = request.headers.get("Authorization", "").removeprefix("Bearer ").encode()
        right = hmac.compare_digest(sent, settings.METRICS_TOKEN.encode())
        return "" if right else "Send METRICS_TOKEN as a bearer token."
    return "" if _is_this_machine(request) else "Set METRICS_TOKEN to read this from another machine."


def _is_this_machine(request: HttpRequest) -> bool:
    """A reverse proxy on this machine speaks for others, and says so in these headers."""
    if "Forwarded" in request.headers or "X-Forwarded-For" in request.headers:
        return False
    try:
        return ip_address(request.META.get("REMOTE_ADDR", "")).is_loopback
    except ValueError:
        return False
