"""The seeded prices beside the table that LiteLLM brings along: what differs, differs on purpose."""

from __future__ import annotations

import json
from decimal import Decimal
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import pytest

PRICES: dict[str, tuple[str | None, ...]] = import_module("llm_app.migrations.0002_first_rows").PRICES
COLUMNS = (
    "input_cost_per_token", "output_cost_per_token", "cache_read_input_token_cost", "cache_creation_input_token_cost",
)
# Under another name there: the same model at the same price, sold by somebody else.
ELSEWHERE = {
    "anthropic/claude-opus-4-1-20250805": "anthropic.claude-opus-4-1-20250805-v1:0",
    "openrouter/anthropic/claude-sonnet-4.5": "anthropic/claude-sonnet-4-5-20250929",
    "openrouter/openai/gpt-4o": "gpt-4o",
}
# Not there at all: as OpenRouter lists it.
UNLISTED = {"openrouter/meta-llama/llama-3.3-70b-instruct"}


@pytest.fixture(scope="module")
def table() -> dict[str, Any]:
    """Read as a file: to compare prices nobody needs the library loaded."""
    spec = find_spec("litellm")
    assert spec is not None and spec.origin is not None
    text = Path(spec.origin).with_name("model_prices_and_context_window_backup.json").read_text()
    found: dict[str, Any] = json.loads(text)
    return found


@pytest.mark.parametrize("model", sorted(PRICES.keys() - UNLISTED))
def test_a_seeded_price_is_the_one_in_the_table(model: str, table: dict[str, Any]) -> None:
    names = (model, model.partition("/")[2], ELSEWHERE.get(model, ""), ELSEWHERE.get(model, "").partition("/")[2])
    row = next(table[name] for name in names if name in table)
    theirs = [None if row.get(column) is None else Decimal(str(row[column])) * 1_000_000 for column in COLUMNS]
    assert [None if ours is None else Decimal(ours) for ours in PRICES[model]] == theirs


def test_what_is_said_to_be_unlisted_is(table: dict[str, Any]) -> None:
    assert not UNLISTED & table.keys() and not ELSEWHERE.keys() & table.keys()
