"""The first providers and prices, for administrators to change; and references that stay within one customer."""

from datetime import datetime, timezone
from decimal import Decimal

from django.db import migrations

from accounts_app.constraints import same_customer

# name, display name, model, LiteLLM model, base URL, key variable, most input tokens, most output tokens,
# defaults, fallback order, sees pictures
PROVIDERS = (
    ("claude", "Claude", "claude-sonnet-4-5-20250929", "anthropic/claude-sonnet-4-5-20250929", "",
     "ANTHROPIC_API_KEY", 200_000, 4096, ("parser", "generator", "chat"), 1, True),
    ("openai", "OpenAI GPT-4o", "gpt-4o", "openai/gpt-4o", "", "OPENAI_API_KEY", 128_000, 4096, ("reviewer",), 2, True),
    # Beyond 200,000 tokens Gemini has other prices: such requests go elsewhere.
    ("gemini", "Gemini", "gemini-2.5-pro", "gemini/gemini-2.5-pro", "", "GEMINI_API_KEY", 200_000, 8192, (), 3, True),
    ("openrouter", "OpenRouter", "anthropic/claude-sonnet-4.5", "openrouter/anthropic/claude-sonnet-4.5", "",
     "OPENROUTER_API_KEY", 200_000, 4096, (), 4, False),
    # Ollama's own address; vLLM, LM Studio and llama.cpp speak the same. Off until somebody has one.
    ("local", "Local server", "llama3.3", "openai/llama3.3", "http://127.0.0.1:11434/v1", "", None, 4096, (), None, False),
)

# USD per million tokens as their makers list them: input, output, cached input, cache write.
PRICES = {
    "anthropic/claude-sonnet-4-5-20250929": ("3", "15", "0.30", "3.75"),
    "anthropic/claude-haiku-4-5-20251001": ("1", "5", "0.10", "1.25"),
    "anthropic/claude-opus-4-5-20251101": ("5", "25", "0.50", "6.25"),
    "anthropic/claude-opus-4-1-20250805": ("15", "75", "1.50", "18.75"),
    "openai/gpt-4o": ("2.50", "10", "1.25", None),
    "openai/gpt-4o-mini": ("0.15", "0.60", "0.075", None),
    "openai/gpt-4.1": ("2", "8", "0.50", None),
    "openai/gpt-4.1-mini": ("0.40", "1.60", "0.10", None),
    "openai/gpt-5": ("1.25", "10", "0.125", None),
    "openai/gpt-5-mini": ("0.25", "2", "0.025", None),
    "openai/o4-mini": ("1.10", "4.40", "0.275", None),
    "gemini/gemini-2.5-pro": ("1.25", "10", "0.125", None),
    "gemini/gemini-2.5-flash": ("0.30", "2.50", "0.03", None),
    "gemini/gemini-2.5-flash-lite": ("0.10", "0.40", "0.01", None),
    "openrouter/anthropic/claude-sonnet-4.5": ("3", "15", "0.30", "3.75"),
    "openrouter/openai/gpt-4o": ("2.50", "10", "1.25", None),
    "openrouter/meta-llama/llama-3.3-70b-instruct": ("0.13", "0.39", None, None),
    "together_ai/meta-llama/Llama-3.3-70B-Instruct-Turbo": ("1.04", "1.04", None, None),
}
FREE = ("openai/llama3.3",)
# Before the first call of any installation.
BEGINNING = datetime(2025, 1, 1, tzinfo=timezone.utc)


def add_rows(apps, schema_editor):
    Provider, Price = apps.get_model("llm_app", "Provider"), apps.get_model("llm_app", "Price")
    for name, display, model, litellm_model, url, variable, into, out, roles, order, sees in PROVIDERS:
        Provider.objects.create(
            name=name, display_name=display, model=model, litellm_model=litellm_model, base_url=url,
            api_key_variable=variable, max_input_tokens=into, max_tokens=out, fallback_order=order, has_vision=sees,
            enabled=name != "local", has_json_schema=name in ("claude", "openai", "gemini"),
            **{f"default_{role}": True for role in roles},
        )
    for model, amounts in PRICES.items():
        given = [None if amount is None else Decimal(amount) for amount in amounts]
        Price.objects.create(
            model=model, valid_from=BEGINNING, input_usd=given[0], output_usd=given[1], cached_input_usd=given[2],
            cache_write_usd=given[3],
        )
    for model in FREE:
        Price.objects.create(model=model, valid_from=BEGINNING, input_usd=0, output_usd=0, is_free=True)


def remove_rows(apps, schema_editor):
    names = [row[0] for row in PROVIDERS]
    apps.get_model("llm_app", "Provider").objects.filter(name__in=names).delete()
    prices = apps.get_model("llm_app", "Price").objects
    prices.filter(model__in=[*PRICES, *FREE], valid_from=BEGINNING).delete()


class Migration(migrations.Migration):
    dependencies = [("llm_app", "0001_initial")]

    operations = [
        migrations.RunPython(add_rows, remove_rows),
        same_customer("llm_app_ledgerentry", "job_id", "jobs_app_job"),
        same_customer("llm_app_cachedanswer", "job_id", "jobs_app_job"),
    ]
