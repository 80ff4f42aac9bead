"""LiteLLM takes seconds and 200 MB: it is loaded by the first call and by nothing else, and reaches out to nobody."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest
from django.db import connection
from psycopg.conninfo import make_conninfo

ROOT = Path(__file__).resolve().parent.parent.parent
pytestmark = pytest.mark.django_db(transaction=True)

# Any look at the network but for the database and this machine ends the process.
_WATCHED = """
import sys
def watch(event, arguments):
    if event == "socket.getaddrinfo" and arguments[0] not in (None, "", "localhost", "127.0.0.1"):
        sys.exit(f"looked up {arguments[0]}")
    if event == "socket.connect" and isinstance(arguments[1], tuple) and not arguments[1][0].startswith("127."):
        sys.exit(f"connected to {arguments[1]}")
sys.addaudithook(watch)
import django
django.setup()
"""
_UNLOADED = """
found = [name for name in sys.modules if name.split(".")[0] in ("litellm", "openai", "tiktoken", "tokenizers")]
sys.exit(f"loaded: {found[:3]}" if found else 0)
"""
_WEB = """
from dna.asgi import application
from django.test import Client
assert Client(headers={"host": "127.0.0.1"}).get("/api/v1/health").status_code in (200, 503)
"""
_ADMIN = """
from django.contrib.auth import get_user_model
from django.test import Client
from llm_app.models import Provider
client = Client(headers={"host": "127.0.0.1"})
client.force_login(get_user_model().objects.create_superuser("loader@example.org"))
for page in ("provider", "price", "ledgerentry"):
    assert client.get(f"/admin/llm_app/{page}/").status_code == 200
assert client.get("/usage/").status_code == 200 and client.get("/api/v1/providers").status_code == 200
"""
_COMMANDS = """
from django.core.management import call_command
call_command("check"); call_command("check_ledger"); call_command("check_jobs")
call_command("migrate", verbosity=0)
"""
_PARSING = """
import asyncio
from django.core.files.uploadedfile import SimpleUploadedFile
from accounts_app.access import actor_for
from accounts_app.choices import Role
from accounts_app.customers import create_customer
from accounts_app.members import create_user
from templates_app.models import Template
from templates_app.sample import SAMPLE_FILENAME, sample_template
from templates_app.templates import upload_template
from tests.conftest import run_jobs_until_idle
customer = create_customer(slug="loader", name="Loader")
actor = actor_for(create_user(email="parser@example.org", customer=customer, role=Role.EDITOR))
file = SimpleUploadedFile(SAMPLE_FILENAME, sample_template())
upload_template(actor=actor, customer_id=customer.id, file=file, name="Mine")
asyncio.run(run_jobs_until_idle())
assert Template.objects.get(name="Mine").is_ready
"""
_LOADING = """
from llm_app.lite import litellm
assert litellm().suppress_debug_info
from llm_app.tokens import count_text
assert count_text("Which city is the capital of Spain? <|endoftext|>") > 8
"""
# The import fails in its middle once, and is asked for again; then somebody is cancelled while it goes on.
_INTERRUPTED = """
import asyncio, sys
from llm_app import lite
class Interrupting:
    done = False
    def find_spec(self, name, path=None, target=None):
        if name == "litellm.main" and not self.done:
            self.done = True
            raise MemoryError(name)
sys.meta_path.insert(0, Interrupting())
async def load():
    try:
        await lite.load()
    except MemoryError:
        pass
    assert Interrupting.done is False and not lite.is_loaded()
    assert not [name for name in sys.modules if name.partition(".")[0] == "litellm"]
    impatient = asyncio.create_task(lite.load())
    await asyncio.sleep(0.5)
    impatient.cancel()
    module = await lite.load()
    return await module.acompletion(
        model="openai/gpt-4o", messages=[{"role": "user", "content": "Which city?"}], mock_response="Madrid."
    )
assert asyncio.run(load()).choices[0].message.content == "Madrid."
"""


def run(program: str, tmp_path: Path) -> tuple[int, str]:
    """Exit code and all that was said: an assertion that failed in there, say."""
    url = make_conninfo(os.environ["DATABASE_URL"], dbname=connection.settings_dict["NAME"])
    keys = ("ANTHROPIC_API_KEY", "OPENAI_API_KEY", "GEMINI_API_KEY", "OPENROUTER_API_KEY")
    environment = {name: value for name, value in os.environ.items() if name not in keys} | {
        "DATABASE_URL": url,
        "DATABASE_DIRECT_URL": url,
        "DJANGO_SETTINGS_MODULE": "dna.settings",
        "ARTIFACT_ROOT": str(tmp_path),
    }
    done = subprocess.run(
        [sys.executable, "-W", "ignore", "-c", program], cwd=ROOT, env=environment, capture_output=True, text=True,
        timeout=120,
    )
    return done.returncode, done.stdout + done.stderr


@pytest.mark.parametrize("part", ["web", "admin", "commands", "parsing"])
def test_what_asks_no_model_loads_none(part: str, tmp_path: Path) -> None:
    program = {"web": _WEB, "admin": _ADMIN, "commands": _COMMANDS, "parsing": _PARSING}[part]
    code, said = run(_WATCHED + program + _UNLOADED, tmp_path)
    assert code == 0, said


def test_loading_it_reaches_out_to_nobody(tmp_path: Path) -> None:
    code, said = run(_WATCHED + _LOADING, tmp_path)
    assert code == 0, said


def test_an_import_that_was_interrupted_is_made_whole_by_the_next(tmp_path: Path) -> None:
    code, said = run(_WATCHED + _INTERRUPTED, tmp_path)
    assert code == 0, said
