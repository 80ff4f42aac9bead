"""python -m bench.agents: what reading with a language model costs in tokens, money and time, template by template.

Tokens are those of the prompts, counted as the gateway counts them, beside a naive prompt: the same task put to the
model once, with the whole text, every paragraph with its address. Times are those of whole jobs through a real worker,
three at once: by rules alone, and with a scripted provider in a process of its own that answers after 0, 1 and 5
seconds. It answers that nothing is to be corrected, so the cost is that of the questions.
"""

from __future__ import annotations

import argparse
import asyncio
import sys
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from statistics import median
from typing import Any

import httpx

from . import corpus
from .gateway import _database, _say, _scripted
from .streams import _set_up_django

LATENCIES = (0, 1, 5)
NAIVE = """Find every place in this Word template where a value will be filled in. For each give a key, a label, its
type (text, long_text, date, number, choice with its options, checkbox, person, signature, table or image), whether it
is required, and its place as the address of the paragraph with the text that stands there now."""
PROVIDER = "openai"


@dataclass(slots=True)
class Row:
    """One template. ``seconds`` by what it was read with: rules, or a latency."""

    path: Path
    fields: int = 0
    calls: int = 0
    tokens: int = 0
    naive_tokens: int = 0
    cost_usd: str = ""
    seconds: dict[str, float] = field(default_factory=dict)


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="python -m bench.agents", description=__doc__)
    parser.add_argument("what", nargs="?", choices=["all", "tokens"], default="all")
    parser.add_argument("--only", default="", metavar="TEXT", help="templates whose name has it")
    options = parser.parse_args(arguments)
    try:
        paths = [path for path in corpus.templates() if options.only in path.name]
    except corpus.NoCorpus as error:
        _say(str(error))
        return 0
    with tempfile.TemporaryDirectory(prefix="dna-bench-") as folder:
        Path(folder).chmod(0o755)  # the account that Postgres runs as must reach it
        with _database(Path(folder, "home")):
            _set_up_django()
            rows = [_count(path) for path in paths]
            if options.what == "all":
                asyncio.run(_measure(rows))
    _report(rows)
    return 0


def _count(path: Path) -> Row:
    from llm_app.exchange import Message, Request, form_of
    from llm_app.tokens import count_input
    from templates_app.correction.answers import CorrectionAnswer
    from templates_app.correction.questions import as_request, ask_in_parts
    from templates_app.docx.parse import parse

    found = parse(path.read_bytes())
    questions, _ = ask_in_parts(found, has_rules=False)
    form = form_of(CorrectionAnswer)
    requests = [as_request(one, rules="", provider="").model_copy(update={"form": form}) for one in questions]
    lines = [f"[{Path(one.part).stem}:{one.p}] {one.text}" for one in found.outline.paragraphs if one.text.strip()]
    whole = Message(role="user", content="\n".join([NAIVE, *lines]))
    naive = Request(messages=(whole,), form=form_of(_naive_form()))
    tokens = sum(map(count_input, requests))
    return Row(path, len(found.fields), len(questions), tokens, count_input(naive))


def _naive_form() -> Any:
    from pydantic import BaseModel

    class Found(BaseModel):
        key: str
        label: str
        type: str
        required: bool
        options: list[str]
        paragraph: str
        marker: str

    class Reading(BaseModel):
        fields: list[Found]

    return Reading


async def _measure(rows: Sequence[Row]) -> None:
    from asgiref.sync import sync_to_async

    from llm_app.lite import close_clients, load

    await load()
    customer_id = await sync_to_async(_customer)()
    await _read_all(rows, customer_id, "rules", provider="")
    with _scripted() as url:
        await sync_to_async(_point_at)(url)
        for latency in LATENCIES:
            answer = {"data": {"corrections": []}, "delay_seconds": latency}
            script = {"rules": [{"answer": answer}]}
            httpx.put(f"{url.removesuffix('/v1')}/_control/script", json=script).raise_for_status()
            await _read_all(rows, customer_id, f"{latency} s", provider=PROVIDER)
    await close_clients()


def _customer() -> Any:
    from accounts_app.customers import create_customer

    return create_customer(slug="bench", name="Bench").id


def _point_at(url: str) -> None:
    from llm_app.models import Provider

    Provider.objects.filter(name=PROVIDER).update(base_url=url, requests_per_minute=None, tokens_per_minute=None)


async def _read_all(rows: Sequence[Row], customer_id: Any, name: str, *, provider: str) -> None:
    from asgiref.sync import sync_to_async

    from jobs_app.worker import JobWorker

    made = await sync_to_async(_upload)(rows, customer_id, provider)
    worker = JobWorker()
    working = asyncio.create_task(worker.run())
    while await sync_to_async(_unfinished)():
        await asyncio.sleep(0.2)
    worker.stop()
    await working
    await sync_to_async(_take_over)(rows, made, name)


def _upload(rows: Sequence[Row], customer_id: Any, provider: str) -> list[Any]:
    from django.core.files.base import File

    from llm_app.models import Provider
    from templates_app.models import Template
    from templates_app.templates import upload_template

    Provider.objects.filter(name=PROVIDER).update(enabled=bool(provider))  # where rules read, none must step in
    made: list[Template] = []
    for row in rows:
        with row.path.open("rb") as source:
            file = File(source, row.path.name)
            made.append(upload_template(actor=None, customer_id=customer_id, file=file, provider=provider))
    return [one.id for one in made]


def _unfinished() -> bool:
    from jobs_app.choices import UNFINISHED
    from jobs_app.models import Job

    return Job.objects.filter(status__in=UNFINISHED).exists()


def _take_over(rows: Sequence[Row], made: Sequence[Any], name: str) -> None:
    from templates_app.models import Template

    for row, template_id in zip(rows, made, strict=True):
        template = Template.objects.select_related("parse_job").get(id=template_id)
        job = template.parse_job
        if job is None or job.duration_ms is None or template.parsed_at is None:
            raise ValueError(f"{row.path.name} was not read: {job and job.error_message}")
        row.seconds[name], row.cost_usd = job.duration_ms / 1000, f"{job.cost_usd:.4f}"


def _report(rows: Sequence[Row]) -> None:
    names = list(rows[0].seconds) if rows else []
    heads = "".join(f"{name:>8}" for name in names)
    _say(f"{'template':44} fields calls  tokens   naive  share   cost{heads}  (seconds)")
    for row in rows:
        seconds = "".join(f"{row.seconds[name]:8.1f}" for name in names)
        share = row.tokens / row.naive_tokens
        figures = f"{row.fields:6} {row.calls:5} {row.tokens:7} {row.naive_tokens:7} {share:6.2f}"
        _say(f"{row.path.name[:44]:44} {figures} {row.cost_usd or '-':>6}{seconds}")
    tokens, naive = sum(row.tokens for row in rows), sum(row.naive_tokens for row in rows)
    shares = [row.tokens / row.naive_tokens for row in rows]
    below = sum(share <= 1 / 3 for share in shares)
    _say(f"tokens {tokens:,} beside {naive:,} of naive prompts: {tokens / naive:.3f} (wanted: at most 0.333)")
    _say(f"median share {median(shares):.2f}, {below} of {len(rows)} templates at most a third")
    for name in names[1:]:
        some = [row for row in rows if row.calls > 1]
        one_by_one = sum(row.calls * float(name.split()[0]) for row in some)
        took = sum(row.seconds[name] for row in some)
        _say(f"{len(some)} templates of several calls, answers after {name}: {took:.0f} s; one by one {one_by_one:.0f}")


if __name__ == "__main__":
    sys.exit(main())
