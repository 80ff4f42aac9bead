"""python -m bench.gateway: what a model call costs beside the model, and what LiteLLM costs a process that has it.

The provider is the scripted server, in a process of its own, and answers at once. In turns, the same question is asked
by bare HTTP (httpx), by LiteLLM alone and by the gateway, so that whatever else the machine does hits all three alike:
figures are medians, and shares the differences of medians. Processor time says the same when others use the machine.
What LiteLLM does after its answer (its own record of the call, which the gateway leaves out) is waited for between the
turns. A fourth way makes the gateway's three hops to the database with nothing but two commits in them: what no code of
ours could save while the intent is durable before the call and the booking after it. All of it on this machine.
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
from pathlib import Path
from statistics import median
from typing import IO, Any, cast

import httpx

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
    from asgiref.sync import sync_to_async

    from llm_app.lite import litellm

    customer_id = await sync_to_async(_prepare)(url)
    lite = await asyncio.to_thread(litellm)
    async with httpx.AsyncClient(headers={"Authorization": f"Bearer {_KEY}"}) as client:
        ways: dict[str, Callable[[], Awaitable[Any]]] = {
            "bare HTTP": lambda: _bare(client, url),
            "LiteLLM": lambda: _by_litellm(lite, url),
            "gateway": lambda: _by_gateway(customer_id),
            "bare commits": _bare_commits,
        }
        times = await _in_turns(ways)
    await lite.close_litellm_async_clients()
    _report(times)


def _prepare(url: str) -> Any:
    from accounts_app.customers import create_customer
    from llm_app.models import Provider

    Provider.objects.filter(name="openai").update(base_url=url)
    return create_customer(slug="bench", name="Bench").id


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


async def _by_gateway(customer_id: Any) -> str:
    from llm_app.exchange import Message, Request
    from llm_app.gateway import complete_now

    message = Message(role="user", content=QUESTION)
    request = Request(messages=(message,), provider="openai", fallbacks=False, max_tokens=64)
    return (await complete_now(request, customer_id=customer_id)).text


async def _until_litellm_is_done() -> None:
    from litellm.litellm_core_utils.logging_worker import GLOBAL_LOGGING_WORKER

    await asyncio.sleep(0)
    await GLOBAL_LOGGING_WORKER.flush()


async def _bare_commits() -> str:
    """One read and two transactions that each change a row, each in a hop of its own."""
    from jobs_app.db import run_sync

    await run_sync(_read_row)
    await run_sync(_change_row)
    await run_sync(_change_row)
    return ANSWER


def _read_row() -> None:
    from django.db import connection

    with connection.cursor() as cursor:
        cursor.execute("SELECT max_tokens FROM llm_app_provider WHERE name = 'openai'")
        cursor.fetchone()


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
        _say(
            f"of a call of the gateway, LiteLLM takes {lite:.1f} ms and ours {ours:.1f} ms, of which bare commits"
            f" {figures['bare commits']:.1f} ms ({what}; wanted: ours under 5)"
        )


def _say(text: str) -> None:
    sys.stdout.write(f"{text}\n")
    sys.stdout.flush()


if __name__ == "__main__":
    sys.exit(main())
