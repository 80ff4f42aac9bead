"""python -m bench.jobs: submission, pick-up and throughput of the runtime against real processes, Celery beside it.

Everything runs on this machine, load generator included. Times of events are the database's.
"""

from __future__ import annotations

import asyncio
import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
import uuid
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from statistics import median

import httpx

ROOT = Path(__file__).resolve().parent.parent
CLIENTS, SECONDS = 50, 15
WEB_PROCESSES = (1, 2)  # alone, and one per core
ONE_BY_ONE, AT_ONCE = 200, 600
_READY_SECONDS = 60


def main() -> int:
    with tempfile.TemporaryDirectory(prefix="dna-bench-") as folder:
        Path(folder).chmod(0o755)  # the account that Postgres runs as must reach it
        _point_at(Path(folder, "home"))
        from dna import env
        from dna.embedded import embedded_database

        with embedded_database(["bench"]):
            _say(f"database of {env.BASE_DIR.name} under {folder}")
            _measure()
    _measure_celery()
    return 0


def _point_at(home: Path) -> None:
    port = _free_port()
    for name in ("DATABASE_URL", "DATABASE_OWNER_URL", "DB_HOST"):
        os.environ.pop(name, None)
    os.environ |= {"DNA_HOME": str(home), "PORT": str(port), "DJANGO_SETTINGS_MODULE": "bench.workload.settings"}
    os.environ |= {"WORKER_CONCURRENCY": "10", "WORKER_THREAD_POOL": "5", "LOG_LEVEL": "WARNING"}


def _measure() -> None:
    import django

    django.setup()
    from dna.installation import prepare_installation

    prepare_installation(say=_say)
    key = _api_key()
    for processes in WEB_PROCESSES:
        with _process("web", "--processes", str(processes)):
            _wait_for_web()
            asyncio.run(_submit(key, f"{processes} web process{'es' if processes > 1 else ''}"))
        _forget_jobs()
    with _process("worker"):
        _pick_up()
        _throughput("workload.noop")
        _throughput("workload.three_steps")


def _api_key() -> str:
    from accounts_app.api_keys import create_api_key
    from accounts_app.models import Customer, User

    _, secret = create_api_key(user=User.objects.get(), customer=Customer.objects.get(), name="bench")
    return secret


async def _submit(key: str, served_by: str) -> None:
    """No worker runs. Each client uploads the sample once a second, starting at its own moment."""
    from templates_app.sample import sample_template

    sample, times = sample_template(), []
    limits = httpx.Limits(max_connections=CLIENTS)
    url = f"http://127.0.0.1:{os.environ['PORT']}/api/v1/templates/upload"
    async with httpx.AsyncClient(headers={"X-API-Key": key}, limits=limits, timeout=30) as client:

        async def one(number: int) -> None:
            await asyncio.sleep(number / CLIENTS)
            for _ in range(SECONDS):
                started = time.perf_counter()
                answer = await client.post(url, files={"file": ("sample.docx", sample)})
                took = time.perf_counter() - started
                answer.raise_for_status()
                times.append(took * 1000)
                await asyncio.sleep(max(0.0, 1 - took))

        await asyncio.gather(*(one(number) for number in range(CLIENTS)))
    what = f"{CLIENTS} clients, one upload a second each, {len(times)} accepted by {served_by}"
    _report("submission", times, what)


def _forget_jobs() -> None:
    from django.db import connection

    with connection.cursor() as cursor:
        cursor.execute("DELETE FROM procrastinate_jobs")
        cursor.execute("UPDATE jobs_app_job SET status = 'cancelled' WHERE status = 'pending'")


def _pick_up() -> None:
    """One job at a time: from the event that it exists to the event that a worker has it."""
    from jobs_app.models import Event

    for _ in range(5):  # let the worker warm up
        _run_one()
    jobs = [_run_one() for _ in range(ONE_BY_ONE)]
    waits = []
    for job_id in jobs:
        times = Event.objects.filter(job_id=job_id).order_by("number").values_list("created_at", flat=True)
        created, started = times[:2]
        waits.append((started - created).total_seconds() * 1000)
    _report("pick-up", waits, f"{ONE_BY_ONE} jobs, one at a time")


def _run_one() -> uuid.UUID:
    from jobs_app.models import Job

    job = _submit_job("workload.noop")
    while not Job.objects.filter(id=job, completed_at__isnull=False).exists():
        time.sleep(0.002)
    return job


def _submit_job(name: str) -> uuid.UUID:
    from accounts_app.models import Customer
    from bench.workload.workflows import Nothing
    from jobs_app.jobs import submit_job

    return submit_job(workflow=name, arguments=Nothing(), customer_id=Customer.objects.get().id, actor=None).id


def _throughput(name: str) -> None:
    from jobs_app.models import Job

    started = time.monotonic()
    jobs = [_submit_job(name) for _ in range(AT_ONCE)]
    submitted = time.monotonic() - started
    while Job.objects.filter(id__in=jobs, completed_at=None).exists():
        time.sleep(0.05)
    took = time.monotonic() - started
    _say(f"{name}: {AT_ONCE / took:.0f} jobs/s with one worker ({AT_ONCE} jobs; submitted in {submitted:.1f} s)")


def _measure_celery() -> None:
    if shutil.which("redis-server") is None:
        _say("Celery: not measured, redis-server is not installed")
        return
    port = _free_port()
    environment = os.environ | {"PEER_REDIS": f"redis://127.0.0.1:{port}/0"}
    redis = ["redis-server", "--port", str(port), "--bind", "127.0.0.1", "--save", "", "--appendonly", "no"]
    celery = [sys.executable, "-m", "celery", "-A", "bench.celery_peer"]
    worker = [*celery, "worker", "-c", "10", "-P", "threads", "-l", "ERROR"]
    with _running(redis, environment), _running(worker, environment):
        counts = [str(ONE_BY_ONE), str(AT_ONCE)]
        said = subprocess.run(  # noqa: S603 - our own module
            [sys.executable, "-m", "bench.celery_peer", *counts],
            env=environment, cwd=ROOT, capture_output=True, text=True, check=True, timeout=180,
        )  # fmt: skip
    found = json.loads(said.stdout)
    _say(
        f"Celery on Redis: pick-up p50 {found['p50']:.1f}, p95 {found['p95']:.1f} ms; {found['rate']:.0f} no-op tasks/s"
        " with one worker (nothing durable but the message)"
    )


@contextmanager
def _process(*command: str) -> Iterator[None]:
    with _running([sys.executable, "manage.py", *command], dict(os.environ)):
        yield


@contextmanager
def _running(command: Sequence[str], environment: dict[str, str]) -> Iterator[None]:
    process = subprocess.Popen(  # noqa: S603 - fixed programs
        command, cwd=ROOT, env=environment, stdout=subprocess.DEVNULL
    )
    try:
        yield
    finally:
        process.send_signal(signal.SIGTERM)
        process.wait(timeout=30)


def _wait_for_web() -> None:
    deadline = time.monotonic() + _READY_SECONDS
    while time.monotonic() < deadline:
        try:
            httpx.get(f"http://127.0.0.1:{os.environ['PORT']}/api/v1/health", timeout=5)
            return
        except httpx.TransportError:
            time.sleep(0.1)
    raise RuntimeError("web does not answer")


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _report(name: str, times_ms: list[float], what: str) -> None:
    ordered = sorted(times_ms)
    p95 = ordered[int(len(ordered) * 0.95)]
    _say(f"{name}: p50 {median(ordered):.1f}, p95 {p95:.1f}, max {ordered[-1]:.1f} ms ({what})")


def _say(text: str) -> None:
    sys.stdout.write(f"{text}\n")
    sys.stdout.flush()


if __name__ == "__main__":
    sys.exit(main())
