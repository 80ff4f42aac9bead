"""The examples of docs/api.md do what they say."""

from __future__ import annotations

import asyncio
import os
import re
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from django.test import Client
from playwright.async_api import async_playwright

from accounts_app.api_keys import create_api_key
from accounts_app.models import Customer, User
from jobs_app import events, jobs
from jobs_app.choices import EventType, JobStatus
from jobs_app.db import run_sync
from jobs_app.models import Job
from jobs_app.payloads import Ended, Progressed
from tests.jobs_app.web import CHROMIUM, CHROMIUM_OPTIONS, Web

GUIDE = Path(__file__).resolve().parent.parent.parent / "docs" / "api.md"
pytestmark = pytest.mark.django_db(transaction=True)


def examples(language: str) -> list[str]:
    return re.findall(rf"```{language}\n(.*?)```", GUIDE.read_text(), re.DOTALL)


@pytest.fixture
async def job(submit: Callable[..., Job]) -> Job:
    return await run_sync(submit, "test.wait")


@pytest.fixture
async def key(editor: User, customer: Customer) -> str:
    return (await run_sync(create_api_key, user=editor, customer=customer, name="guide"))[1]


def finish(job: Job) -> None:
    events.append(job.id, EventType.JOB_PROGRESSED, Progressed(progress=40, step="Working"), progress=40)
    changes: dict[str, Any] = {"status": JobStatus.COMPLETED.value, "result": {"total": 7}}
    jobs.end_job(job.id, EventType.JOB_COMPLETED, Ended(), **changes)


@pytest.mark.skipif(shutil.which("curl") is None, reason="no curl here")
async def test_curl(web: Web, job: Job, key: str) -> None:
    (example,) = examples("bash")
    await run_sync(finish, job)
    environment = os.environ | {"DNA_API_KEY": key, "DNA_URL": web.url, "JOB_ID": str(job.id)}
    ran = await asyncio.to_thread(
        subprocess.run, ["bash", "-c", example], env=environment, capture_output=True, text=True, timeout=20
    )
    names = [line.removeprefix("event: ") for line in ran.stdout.splitlines() if line.startswith("event: ")]
    assert names == ["job.created", "job.progressed", "job.completed", "completion"]


async def test_python(web: Web, job: Job, key: str) -> None:
    (example,) = examples("python")
    module: dict[str, Any] = {}
    exec(compile(example, str(GUIDE), "exec"), module)  # noqa: S102 - our own text
    await run_sync(finish, job)
    came = await asyncio.to_thread(lambda: list(module["follow"](web.url, key, str(job.id))))
    assert [message.get("number") for message in came] == [1, 2, 3, None]
    assert came[-1]["result"] == {"total": 7}


@pytest.mark.skipif(CHROMIUM is None, reason="no Chromium here: apt-get install chromium")
@pytest.mark.parametrize(("place", "said"), [(0, ["40 % Working", "completed {total: 7}"]), (1, ["completed"])])
async def test_typescript(
    web: Web, job: Job, editor: User, signed_in: Callable[[User], Client], place: int, said: list[str]
) -> None:
    """They use nothing that JavaScript does not have, so the browser takes them as they are."""
    client = await run_sync(signed_in, editor)
    heard: list[str] = []
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=CHROMIUM, args=CHROMIUM_OPTIONS)
        context = await browser.new_context()
        await context.add_cookies([{"name": "sessionid", "value": client.cookies["sessionid"].value, "url": web.url}])
        page = await context.new_page()
        page.on("console", lambda message: heard.append(message.text))
        await page.goto(f"{web.url}/jobs/{job.id}/")
        csrf = re.search(r"X-CSRFToken&quot;: ?&quot;(\w+)|X-CSRFToken\": ?\"(\w+)", await page.content())
        assert csrf is not None
        example = examples("typescript")[place].replace("JOB_ID", str(job.id))
        await page.add_script_tag(content=example.replace("CSRF_TOKEN", csrf[1] or csrf[2]), type="module")
        await run_sync(finish, job)
        async with asyncio.timeout(10):
            while [line for line in heard if line in said] != said:
                await asyncio.sleep(0.05)
        await browser.close()
