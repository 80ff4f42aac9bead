from __future__ import annotations

from pathlib import Path

import pytest

from bench.corpus import NoCorpus, folder


@pytest.fixture
def corpus() -> Path:
    """The folder with real templates and labels; tests that need it are skipped without it."""
    try:
        return folder()
    except NoCorpus as missing:
        pytest.skip(str(missing))
