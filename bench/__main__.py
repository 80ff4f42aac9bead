"""All of it: Word files (score, report, filling, PDFs, revisions, losses, odd, speed), jobs, streams, models, agents.

Each in a process of its own: a child's peak memory is never less than that of the process it was forked from.
"""

from __future__ import annotations

import subprocess
import sys

from . import corpus

WORD_FILES = (
    ("bench.score",),
    ("bench.report",),
    ("bench.fill_check", "--validate"),
    ("bench.pdf_check",),
    ("bench.revise", "--validate"),
    ("bench.accounting",),
    ("bench.robustness",),
    ("bench.speed",),
)
RUNTIME = (("bench.jobs",), ("bench.streams", "--hold", "30"), ("bench.gateway",), ("bench.agents",))


def main() -> int:
    chosen = (*_word_files(), *RUNTIME)
    return max(_measure(*arguments) for arguments in chosen)


def _word_files() -> tuple[tuple[str, ...], ...]:
    try:
        corpus.folder()
    except corpus.NoCorpus as error:
        sys.stdout.write(f"{error}\n")
        return ()
    return WORD_FILES


def _measure(*arguments: str) -> int:
    sys.stdout.flush()
    return subprocess.run([sys.executable, "-m", *arguments], check=False, cwd=corpus.ROOT).returncode  # noqa: S603


if __name__ == "__main__":
    sys.exit(main())
