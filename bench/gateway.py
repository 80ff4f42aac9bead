"""python -m bench.gateway: what a model call costs beside the model, and what LiteLLM costs a process that has it.

The provider is the scripted server, in a process of its own, and answers at once. In turns, the same question is asked
by bare HTTP (httpx), by LiteLLM alone, by the gateway and as a paid step of a job, so that whatever else the machine
does hits all of them alike: figures are medians, and shares the differences of medians. Processor time says the same
when others use the machine. What LiteLLM does after its answer (its own record of the call, which the gateway leaves
out) is waited for between the turns. A fifth way makes two hops to the database with nothing but a commit in each: what
no code of ours could save while the intent is durable before the call and the booking after it. All of it on this
machine, and all of it inside a job, whose worker renews its lease meanwhile.
"""

from __future__ import annotations

import argparse
import asyncio
import os
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from functools import partial
from itertools import count
from pathlib import Path
from statistics import median
from typing import IO, Any, cast

import httpx
from pydantic import BaseModel

from .streams import ROOT, Web, _free_port, _set_up_django, _wait_until_ready

CALLS, WARM_UP, STARTS = 200, 20, 3
MODEL, QUESTION, ANSWER = "gpt-4o", "Which city is the capital of Spain?", "Madrid."
_VARIANTS = ("web", "web-with-litellm")
_KEY = "sk-bench-0123456789abcdef"


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("what", nargs="?", choices=["all", "starts", "calls", *_VARIANTS], default="all")
    what = parser.parse_args().what
    if what in _VARIANTS:
        return _serve(with_litellm=what == "web-with-litellm")
    with tempfile.TemporaryDirectory(prefix="dna-bench-") as folder:
        Path(folder).chmod(0o755)  # the account that Postgres runs as must reach it
        with _database(Path(folder, "home")):
            if what in ("all", "starts"):
                for variant in _VARIANTS:
                    _say(_starts(variant))
            if what in ("all", "calls"):
                with _scripted() as url:
                    _set_up_django()
                    asyncio.run(_calls(url))
    return 0


def _serve(*, with_litellm: bool) -> int:
    """The web process, as it is and with LiteLLM imported before it listens."""
    _set_up_django()
    from django.core.management import call_command

    if with_litellm:
        from llm_app.lite import litellm

        litellm()
    call_command("web")
    return 0


@contextmanager
def _database(home: Path) -> Iterator[None]:
    os.environ |= {"DNA_HOME": str(home), "SECRET_KEY": "only-for-measuring-" + "x" * 40, "OPENAI_API_KEY": _KEY}
    os.environ |= {"LOG_LEVEL": "WARNING"}
    from dna import env
    from dna.postgres import ensure_running

    server = ensure_running(home)
    env.set_databases(app=server.app_url, owner=server.owner_url)
    try:
        subprocess.run([sys.executable, "manage.py", "migrate", "-v0"], cwd=ROOT, check=True)
        yield
    finally:
        server.release()


def _starts(variant: str) -> str:
    """From the start of the process to its first answer, and its memory then."""
    seconds, processor, megabytes = [], [], []
    for _ in range(STARTS):
        os.environ["PORT"] = str(_free_port())
        started = time.perf_counter()
        process = subprocess.Popen([sys.executable, "-m", "bench.gateway", variant], cwd=ROOT)  # noqa: S603
        try:
            web = Web(int(os.environ["PORT"]), process)
            _wait_until_ready(web)
            seconds.append(time.perf_counter() - started)
            processor.append(_processor_seconds(process.pid))
            megabytes.append(web.megabytes)
        finally:
            process.send_signal(signal.SIGTERM)
            process.wait(timeout=30)
    figures = f"{median(seconds):.1f} s ({median(processor):.1f} s of processor), {median(megabytes):.0f} MB"
    return f"{variant.replace('-', ' ')}: first answer after {figures} (medians of {STARTS} starts)"


def _processor_seconds(process_id: int) -> float:
    """User's and system's, of all threads."""
    fields = Path(f"/proc/{process_id}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


@contextmanager
def _scripted() -> Iterator[str]:
    """A server of scripted answers; yields its address for OpenAI's format."""
    from llm_app.scripted.script import answering

    command = [sys.executable, "-m", "llm_app.scripted", "--port", "0"]
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True) as process:  # noqa: S603
        url = cast("IO[str]", process.stdout).readline().split()[1]
        try:
            script = answering(ANSWER).model_dump_json()
            httpx.put(f"{url.removesuffix('/v1')}/_control/script", content=script).raise_for_status()
            yield url
        finally:
            process.terminate()


async def _calls(url: str) -> None:
    """All ways in the body of one job, for a paid step needs one."""
    from asgiref.sync import sync_to_async

    from jobs_app.db import Writing, writing
    from jobs_app.runs import Run
    from jobs_app.worker import JobWorker
    from jobs_app.workflows import workflow
    from llm_app.lite import close_clients, litellm

    lite = await asyncio.to_thread(litellm)
    worker = JobWorker()
    times: dict[str, list[tuple[float, float]]] = {}

    @workflow("bench.gateway", arguments=_Nothing)
    async def body(run: Run, _: _Nothing) -> _Nothing:
        async with httpx.AsyncClient(headers={"Authorization": f"Bearer {_KEY}"}) as client:
            ways: dict[str, Callable[[], Awaitable[Any]]] = {
                "bare HTTP": lambda: _bare(client, url),
                "LiteLLM": lambda: _by_litellm(lite, url),
                "gateway": lambda: _by_gateway(run.customer_id),
                "paid step": partial(_by_step, run, count()),
                "bare commits": _bare_commits,
            }
            with writing(Writing.FREE):
                times.update(await _in_turns(ways))
        worker.stop()
        return _Nothing()

    await sync_to_async(_prepare)(url)
    await worker.run()
    await close_clients()
    _report(times)


class _Nothing(BaseModel):
    """Neither arguments nor a result."""


def _prepare(url: str) -> None:
    from accounts_app.customers import create_customer
    from jobs_app.jobs import submit_job
    from llm_app.models import Provider

    Provider.objects.filter(name="openai").update(base_url=url)
    customer = create_customer(slug="bench", name="Bench")
    submit_job(workflow="bench.gateway", arguments=_Nothing(), customer_id=customer.id, actor=None)


async def _in_turns(ways: dict[str, Callable[[], Awaitable[Any]]]) -> dict[str, list[tuple[float, float]]]:
    """Milliseconds of each call: on the clock, and of this process's processor time."""
    times: dict[str, list[tuple[float, float]]] = {name: [] for name in ways}
    for number in range(WARM_UP + CALLS):
        for name, ask in ways.items():
            started, worked = time.perf_counter(), time.process_time()
            answer = await ask()
            took = time.perf_counter() - started, time.process_time() - worked
            if answer != ANSWER:
                raise ValueError(f"{name} answered {answer!r}")
            await _until_litellm_is_done()
            if number >= WARM_UP:
                times[name].append((took[0] * 1000, took[1] * 1000))
    return times


async def _bare(client: httpx.AsyncClient, url: str) -> Any:
    body = {"model": MODEL, "messages": [{"role": "user", "content": QUESTION}], "max_tokens": 64}
    answer = await client.post(f"{url}/chat/completions", json=body)
    return answer.json()["choices"][0]["message"]["content"]


async def _by_litellm(lite: Any, url: str) -> Any:
    messages = [{"role": "user", "content": QUESTION}]
    answer = await lite.acompletion(
        model=f"openai/{MODEL}", messages=messages, max_tokens=64, api_base=url, api_key=_KEY, max_retries=0
    )
    return answer.choices[0].message.content


def _question() -> Any:
    from llm_app.exchange import Message, Request

    return Request(
        messages=(Message(role="user", content=QUESTION),), provider="openai", fallbacks=False, max_tokens=64
    )


async def _by_gateway(customer_id: Any) -> str:
    from llm_app.gateway import complete_now

    return (await complete_now(_question(), customer_id=customer_id)).text


async def _by_step(run: Any, numbers: Iterator[int]) -> str:
    from llm_app.gateway import complete

    return (await complete(run, f"ask-{next(numbers)}", _question())).text


async def _until_litellm_is_done() -> None:
    from litellm.litellm_core_utils.logging_worker import GLOBAL_LOGGING_WORKER

    await asyncio.sleep(0)
    await GLOBAL_LOGGING_WORKER.flush()


async def _bare_commits() -> str:
    """Two transactions that each change a row, each in a hop of its own."""
    from jobs_app.db import run_sync

    await run_sync(_change_row)
    await run_sync(_change_row)
    return ANSWER


def _change_row() -> None:
    from django.db import connection, transaction

    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("UPDATE llm_app_provider SET max_tokens = max_tokens WHERE name = 'openai'")


def _report(times: dict[str, list[tuple[float, float]]]) -> None:
    clock = {name: [took for took, _ in values] for name, values in times.items()}
    worked = {name: median(cpu for _, cpu in values) for name, values in times.items()}
    middle = {name: median(values) for name, values in clock.items()}
    for name, values in clock.items():
        p95 = sorted(values)[int(len(values) * 0.95)]
        ratio = middle[name] / middle["bare HTTP"]
        _say(
            f"{name}: p50 {middle[name]:.1f} p95 {p95:.1f} ms, {ratio:.1f} times bare HTTP; "
            f"{worked[name]:.1f} ms of processor ({len(values)} calls)"
        )
    for what, figures in (("p50", middle), ("processor", worked)):
        lite, ours = figures["LiteLLM"] - figures["bare HTTP"], figures["gateway"] - figures["LiteLLM"]
        step = figures["paid step"] - figures["gateway"]
        _say(
            f"of a call of the gateway, LiteLLM takes {lite:.1f} ms and ours {ours:.1f} ms, of which bare commits"
            f" {figures['bare commits']:.1f} ms; a job's memory of it {step:.1f} ms more ({what}; wanted: ours under 5)"
        )


def _say(text: str) -> None:
    sys.stdout.write(f"{text}\n")
    sys.stdout.flush()


if __name__ == "__main__":
    sys.exit(main())
