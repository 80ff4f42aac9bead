"""The doors of language models: admin, API, page, command; each works, refuses, and is safe twice."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.core.management import call_command
from django.db import IntegrityError, connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from accounts_app.choices import Role as MemberRole
from accounts_app.customers import create_customer
from accounts_app.errors import DnaError
from accounts_app.members import create_user
from accounts_app.models import AuditEntry, Customer, User
from jobs_app.erasing import erase_customer
from llm_app.exchange import Request
from llm_app.gateway import complete_now
from llm_app.models import CachedAnswer, CustomerCap, LedgerBalance, LedgerEntry, Price, Provider
from llm_app.scripted.provider import ScriptedProvider
from llm_app.scripted.script import Answer, Failure, FailureKind, answering
from tests.llm_app.conftest import KEY
from tests.llm_app.test_gateway import asking

Ask = Callable[[Any], Any]
SignIn = Callable[[User], Client]


@pytest.fixture
def admin(db: None, customer: Customer, signed_in: SignIn) -> Client:
    return signed_in(User.objects.create_superuser("chief@example.org"))


@pytest.fixture
def manager(customer: Customer) -> User:
    return create_user(email="boss@example.org", customer=customer, role=MemberRole.MANAGER)


def act(client: Client, name: str, what: str) -> Any:
    provider = Provider.objects.get(name=name)
    return client.post(reverse("admin:llm_app_provider_act", args=[provider.pk]), {"what": what}, follow=True)


# --- admin


def test_the_seeded_providers_and_prices(scripted: ScriptedProvider) -> None:
    assert set(Provider.objects.values_list("name", flat=True)) == {
        "claude", "openai", "gemini", "openrouter", "local",
    }
    claude = Provider.objects.get(default_parser=True)
    assert (claude.model, claude.api_key_variable) == ("claude-sonnet-4-5-20250929", "ANTHROPIC_API_KEY")
    priced = set(Price.objects.values_list("model", flat=True))
    assert len(priced) >= 13 and {p.price_key for p in Provider.objects.all()} <= priced


def test_another_default_is_asked_from_the_next_call_on(
    scripted: ScriptedProvider, ask: Ask, admin: Client, customer: Customer
) -> None:
    request = Request(messages=asking().messages)
    assert ask(complete_now(request, customer_id=customer.id)).provider == "claude"
    assert "is the default chat" in act(admin, "gemini", "chat").content.decode()
    act(admin, "gemini", "chat")
    assert ask(complete_now(request, customer_id=customer.id)).provider == "gemini"
    assert Provider.objects.filter(default_chat=True).count() == 1
    assert AuditEntry.objects.filter(action="provider.made_default").count() == 1


def test_no_role_has_two_defaults(scripted: ScriptedProvider) -> None:
    with pytest.raises(IntegrityError):
        Provider.objects.update(default_chat=True)


def test_the_test_button_makes_one_real_call(scripted: ScriptedProvider, admin: Client) -> None:
    scripted.set_script(answering("ready"))
    page = act(admin, "claude", "test").content.decode()
    entry = LedgerEntry.objects.get()
    assert "“ready” after" in page and f"{entry.cost_usd} USD" in page
    assert entry.customer is None and len(scripted.calls) == 1
    scripted.set_script(answering(Answer(failure=Failure(kind=FailureKind.UNAUTHORIZED, message=f"bad key {KEY}"))))
    page = act(admin, "claude", "test").content.decode()
    assert "does not accept its key" in page and KEY not in page


def test_only_administrators_press_the_buttons(
    scripted: ScriptedProvider, editor: User, signed_in: SignIn, admin: Client
) -> None:
    provider = Provider.objects.get(name="claude")
    address = reverse("admin:llm_app_provider_act", args=[provider.pk])
    assert signed_in(editor).post(address, {"what": "test"}).status_code in (302, 403)
    assert admin.get(address).status_code == 403
    assert admin.post(address, {"what": "nonsense"}).status_code == 403
    assert not scripted.calls


def test_the_lists_and_forms_of_the_admin(
    scripted: ScriptedProvider, admin: Client, ask: Ask, customer: Customer
) -> None:
    ask(complete_now(asking(provider="openai", keep_seconds=60), customer_id=customer.id))
    CustomerCap.objects.create(customer=customer, month_usd=Decimal(1))
    for model in (Provider, Price, LedgerEntry, LedgerBalance, CustomerCap, CachedAnswer):
        name = model._meta.model_name
        assert admin.get(reverse(f"admin:llm_app_{name}_changelist")).status_code == 200
        row = model._default_manager.first()
        assert row is not None
        page = admin.get(reverse(f"admin:llm_app_{name}_change", args=[row.pk]))
        assert page.status_code == 200 and "Madrid" not in page.content.decode()
    listed = admin.get(reverse("admin:llm_app_provider_changelist")).content.decode()
    assert "claude-sonnet-4-5-20250929" in listed
    assert "USD per million, in / out" in listed and re.search(r">\s*3 / 15\s*<", listed)


@pytest.mark.parametrize("address", [
    "/usage/", "/api/v1/usage", "/api/v1/providers", "/admin/llm_app/provider/", "/admin/llm_app/price/",
    "/admin/llm_app/ledgerentry/", "/admin/llm_app/ledgerbalance/", "/admin/llm_app/customercap/",
    "/admin/llm_app/cachedanswer/",
])
def test_no_list_asks_more_for_more_rows(scripted: ScriptedProvider, admin: Client, address: str) -> None:
    def add(number: int) -> None:
        owner = create_customer(slug=f"owner-{number}", name="Owner")
        Provider.objects.create(name=f"model-{number}", litellm_model=f"openai/model-{number}")
        LedgerEntry.objects.create(
            customer=owner, workflow=f"some.workflow{number}", provider=f"model-{number}", reserved_usd=1, cost_usd=1,
            status="booked", period="2026-11", deadline_at=timezone.now(),
        )
        LedgerBalance.objects.create(scope="customer", owner_id=owner.id, period="2026-11")
        CustomerCap.objects.create(customer=owner)
        CachedAnswer.objects.create(customer=owner, request_hash="0" * 64, answer={}, expires_at=timezone.now())

    def queries() -> int:
        with CaptureQueriesContext(connection) as asked:
            assert admin.get(address).status_code == 200
        return len(asked)

    add(1)
    queries()
    few = queries()
    for number in range(2, 8):
        add(number)
    assert queries() == few < 20


def test_a_key_variable_may_not_name_another_secret(scripted: ScriptedProvider, admin: Client) -> None:
    provider = Provider.objects.get(name="claude")
    address = reverse("admin:llm_app_provider_change", args=[provider.pk])
    for name in ("SECRET_KEY", "DATABASE_URL", "ADMIN_API_KEY", "sk-live-0123456789"):
        page = admin.post(address, {"api_key_variable": name})
        assert page.status_code == 200 and "must end with _API_KEY" in page.content.decode()
    provider.refresh_from_db()
    assert provider.api_key_variable == "ANTHROPIC_API_KEY"


def test_a_price_of_zero_must_be_meant(admin: Client) -> None:
    data = {"model": "openai/mine", "valid_from_0": "2026-01-01", "valid_from_1": "00:00"}
    data |= {"input_usd": "0", "output_usd": "0"}
    page = admin.post(reverse("admin:llm_app_price_add"), data).content.decode()
    assert "on purpose" in page and not Price.objects.filter(model="openai/mine").exists()
    admin.post(reverse("admin:llm_app_price_add"), {**data, "is_free": "on"})
    assert Price.objects.get(model="openai/mine").is_free


# --- API


def test_the_api_lists_providers_and_why_they_cannot_be_used(
    scripted: ScriptedProvider, editor: User, signed_in: SignIn, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("OPENROUTER_API_KEY", raising=False)
    answer = signed_in(editor).get("/api/v1/providers")
    found = {one["name"]: one for one in answer.json()}
    assert "local" not in found and found["claude"]["available"] and found["claude"]["default_for"] == [
        "parser", "generator", "chat",
    ]
    assert found["openrouter"]["reason"] == "The variable OPENROUTER_API_KEY is not set."
    assert KEY not in answer.content.decode() and "base_url" not in found["claude"]
    assert Client().get("/api/v1/providers").status_code == 401


def test_usage_adds_up_the_ledger(
    scripted: ScriptedProvider, ask: Ask, customer: Customer, other_customer: Customer, manager: User, signed_in: SignIn
) -> None:
    for name in ("claude", "openai"):
        ask(complete_now(asking(provider=name), customer_id=customer.id))
    ask(complete_now(asking(provider="openai"), customer_id=other_customer.id))
    body = signed_in(manager).get("/api/v1/usage").json()
    own = LedgerEntry.objects.filter(customer=customer)
    assert Decimal(str(body["cost_usd"])) == sum(entry.cost_usd for entry in own)
    assert (body["calls"], body["total_tokens"]) == (2, sum(entry.total_tokens for entry in own))
    assert {part["name"] for part in body["by_provider"]} == {"claude", "openai"}
    assert [part["name"] for part in body["by_workflow"]] == [""]
    assert body["customer"] == "acme" and Decimal(str(body["month"]["limit_usd"])) == 100
    assert signed_in(manager).get("/api/v1/usage?from=9999-12-31&to=9999-12-31").json()["calls"] == 0
    empty = signed_in(manager).get("/api/v1/usage?from=2026-01-01&to=2026-01-31").json()
    assert (empty["calls"], empty["from"], empty["to"]) == (0, "2026-01-01", "2026-01-31")


def test_usage_is_for_managers_and_staff(
    scripted: ScriptedProvider, customer: Customer, editor: User, stranger: User, staff: User, signed_in: SignIn
) -> None:
    assert signed_in(editor).get("/api/v1/usage").status_code == 403
    assert signed_in(stranger).get("/api/v1/usage?customer=acme").status_code == 404
    assert signed_in(staff).get("/api/v1/usage?customer=acme").status_code == 200
    chief = User.objects.create_superuser("chief@example.org")
    assert signed_in(chief).get("/api/v1/usage").json()["customer"] is None
    for period in ("from=2026-02-01&to=2026-01-01", "from=2020-01-01&to=2026-01-01", "from=never"):
        assert signed_in(staff).get(f"/api/v1/usage?{period}").status_code == 422


def test_health_says_whose_last_calls_failed_and_calls_nobody(
    scripted: ScriptedProvider, ask: Ask, customer: Customer, settings: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings.LLM_ATTEMPTS = 1
    monkeypatch.delenv("OPENROUTER_API_KEY", raising=False)

    def check() -> dict[str, Any]:
        found: dict[str, Any] = Client().get("/api/v1/health").json()["checks"]["providers"]
        return found

    def fail(kind: FailureKind) -> None:
        scripted.set_script(answering(Answer(failure=Failure(kind=kind))))
        with pytest.raises(DnaError):
            ask(complete_now(asking(provider="openai"), customer_id=customer.id))

    assert (check()["status"], check()["detail"]) == ("ok", "3 of 4 can be used") and not scripted.calls
    fail(FailureKind.BAD_REQUEST)
    assert check()["status"] == "ok", "a request's own fault says nothing of the provider"
    fail(FailureKind.OVERLOADED)
    assert (check()["status"], check()["detail"]) == ("warning", "3 of 4 can be used; 1 of them failing")
    told = Client().get("/metrics").content.decode()
    assert 'dna_provider_up{provider="openai",why="provider_unavailable"} 0.0' in told
    assert 'dna_provider_up{provider="claude",why=""} 1.0' in told
    scripted.set_script(answering("Madrid."))
    ask(complete_now(asking(provider="openai"), customer_id=customer.id))
    assert check()["status"] == "ok"


def test_staff_see_which_provider_fails_and_since_when(
    scripted: ScriptedProvider, ask: Ask, customer: Customer, settings: Any, admin: Client
) -> None:
    settings.LLM_ATTEMPTS = 1
    provider = Provider.objects.get(name="openai")
    pages = [
        reverse("admin:llm_app_provider_changelist"), reverse("admin:llm_app_provider_change", args=[provider.pk]),
    ]

    def shown(address: str) -> str:
        return admin.get(address).content.decode()

    assert not any("failing since" in html or "calls failed" in html for html in map(shown, pages))
    scripted.set_script(answering(Answer(failure=Failure(kind=FailureKind.OVERLOADED))))
    for minutes in (20, 0):
        with pytest.raises(DnaError):
            ask(complete_now(asking(provider="openai"), customer_id=customer.id))
        LedgerEntry.objects.filter(id=LedgerEntry.objects.latest("id").id).update(
            created_at=timezone.now() - timedelta(minutes=minutes)
        )
    first = f"{timezone.localtime(LedgerEntry.objects.earliest('created_at').created_at):%H:%M}"
    listed, page = map(shown, pages)
    assert f"failing since {first}" in listed
    assert f"All its last calls failed, since {first}, the last time at" in page and "out of order" in page


# --- page


def test_the_page_says_what_was_used(
    scripted: ScriptedProvider, ask: Ask, customer: Customer, manager: User, editor: User, signed_in: SignIn
) -> None:
    ask(complete_now(asking(provider="claude"), customer_id=customer.id))
    page = signed_in(manager).get("/usage/").content.decode()
    assert "claude" in page and f"{LedgerEntry.objects.get().cost_usd}" in page and "of 100.00 USD" in page
    assert signed_in(editor).get("/usage/").status_code == 403
    assert signed_in(manager).get("/usage/?first=soon").status_code == 422
    assert Client().get("/usage/").status_code == 302


# --- erasing


def test_a_customer_goes_and_the_figures_stay(scripted: ScriptedProvider, ask: Ask, customer: Customer) -> None:
    ask(complete_now(asking(provider="openai", keep_seconds=60, prompt_hash="0" * 64), customer_id=customer.id))
    CustomerCap.objects.create(customer=customer)
    cost = LedgerEntry.objects.get().cost_usd
    erase_customer(customer.pk, actor=None)
    entry = LedgerEntry.objects.get()
    assert (entry.customer, entry.cost_usd, entry.metadata, entry.prompt_hash) == (None, cost, {}, "")
    assert not CachedAnswer.objects.exists() and not CustomerCap.objects.exists()
    assert [balance.scope for balance in LedgerBalance.objects.all()] == ["installation"]
    call_command("check_ledger")
